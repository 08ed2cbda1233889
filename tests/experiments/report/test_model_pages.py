from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import maju
from experiments.report.fakes import GOOD, by_maju, done, missing, save, study
from experiments.report.test_write import Page as ReportPage
from maju import visualize
from maju.errors import InputError
from maju.experiments.architectures import ConvolutionalNetwork, RecurrentNetwork
from maju.experiments.data import DataChoice, load
from maju.experiments.experiment import Experiment
from maju.experiments.files import RowFiles
from maju.experiments.grid import runs_folder
from maju.experiments.report import model_pages, model_pictures
from maju.experiments.report.model_pictures import Judged, Picture, draw_pictures
from maju.experiments.report.outcomes import RowOutcome
from maju.experiments.report.words import LANGUAGES
from maju.experiments.report.write import write_report

EN = LANGUAGES["en"]
IMAGES = DataChoice(name="digits", test_rows=30)
TEXTS = DataChoice(name="sentences", test_rows=30)
#: Two convolutions, so that the first is not the last.
CNN = ConvolutionalNetwork(blocks=((3,), (2,)), dense=(4,))
LSTM = RecurrentNetwork(
    cell="LSTM", units=(2,), max_tokens=60, output_sequence_length=5, embedding_dim=3, dense=()
)


class Page(ReportPage):
    """A page that holds pictures too."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "img"):
            self.handle_startendtag(tag, attrs)
        else:
            super().handle_starttag(tag, attrs)


def cnn(name: str = "small", **changes: Any) -> RowOutcome:
    return done(name, **{"data": IMAGES, "model": CNN, **changes})


def lstm(name: str = "small", **changes: Any) -> RowOutcome:
    return done(name, **{"data": TEXTS, "model": LSTM, **changes})


def save_models(folder: Path, *rows: RowOutcome) -> None:
    """Put models beside the results, as training leaves them."""
    for experiment in (run.experiment for row in rows for run in (*row.runs, *row.by_maju)):
        untrained(experiment).save(RowFiles(runs_folder(folder), experiment.name).model)


def untrained(experiment: Experiment) -> Any:
    maju.set_random_seed(1)
    return experiment.architecture.build(load(experiment.data), maju)


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(judged: Judged, language: Any) -> list[Any]:
        return []

    monkeypatch.setattr(model_pages, "draw_pictures", draw)


@pytest.mark.slow  # fifteen pictures
def test_the_page_of_a_cnn_needs_nothing_else_and_the_report_leads_to_it(tmp_path: Path) -> None:
    row = cnn(label="small & <b>good</b>")
    save(tmp_path, study(row, done("other"), name="layers"))
    save_models(tmp_path, row)
    told: list[tuple[str, int, int]] = []
    written = write_report(tmp_path, models=True, progress=lambda *what: told.append(what))
    path = tmp_path / "models" / "layers.small.html"
    assert written.models == (path,)
    assert told == [("models/layers.small.html", 1, 2), ("models/layers.other.html", 2, 2)]

    text = path.read_text()
    page = Page(text)
    assert "Mine: small & <b>good</b>" in page.text
    assert "0.7677" in page.text
    assert "150/150 labels agree" in page.text
    shown = {
        "graph": 1,
        "losses": 1,
        "confusion": 1,
        "reliability": 1,
        "mistakes": 1,
        "filters": 2,
        "feature_maps": 2,
        "grad_cam": 2,
        "integrated_gradients": 2,
        "activations": 1,
    }
    assert pictures_of(text) == shown
    assert "could not be drawn" not in text
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    for source in page.values("src"):
        assert base64.b64decode(source.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert {link for link in page.values("href") if not link.startswith("#")} == {
        "../report.html",
        "../report.html#layers",
    }
    assert {link[1:] for link in page.values("href") if link.startswith("#")} <= set(page.values("id"))
    assert "url(" not in text
    assert "http" not in text

    report = Page(written.html.read_text())
    assert report.values("href").count("models/layers.small.html") == 1
    assert 'href="models/layers.other' not in written.html.read_text()
    assert r"[small & \<b\>good\</b\>](models/layers.small.html)".replace("& ", r"\& ") in (
        written.markdown.read_text()
    )


def pictures_of(text: str) -> dict[str, int]:
    """How many pictures each section of a page has."""
    sections = re.findall(r'<section aria-labelledby="(\w+)">(.*?)</section>', text, flags=re.DOTALL)
    return {name: section.count("<img ") for name, section in sections if name != "summary"}


def test_the_page_of_a_text_model_in_indonesian(tmp_path: Path) -> None:
    row = lstm(label_id="kecil")
    save(tmp_path / "results", study(row, title_id="Punyaku"))
    save_models(tmp_path / "results", row)
    written = write_report(tmp_path / "results", tmp_path / "laporan.html", "id", models=True)
    (path,) = written.models
    assert path == tmp_path / "models" / "mine.small.id.html"
    text = path.read_text()
    page = Page(text)
    assert page.tags[0] == ("html", {"lang": "id"})
    assert "Punyaku: kecil" in page.text
    assert "0,7677" in page.text
    assert "Tulisan di dalam gambar berbahasa Inggris." in page.text
    assert "../laporan.html" in page.values("href")
    found = pictures_of(text)
    assert (found["tokens"], found["gates"], found["activations"]) == (2, 2, 1)
    assert not {"filters", "grad_cam"} & set(found)
    assert 'href="models/mine.small.id.html"' in written.html.read_text()


@pytest.mark.parametrize(("cell", "shown"), [("SimpleRNN", "states"), ("GRU", "gates")])
def test_what_of_a_recurrent_layer_is_shown(cell: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = lstm(model=LSTM.model_copy(update={"cell": cell})).runs
    monkeypatch.setattr(model_pictures, "_picture", lambda figure, alt, label: Picture("", 1, 1, alt, label))
    data = load(TEXTS)
    p = np.eye(3)[data.test.y]
    sections = draw_pictures(Judged("mine", untrained(run.experiment), None, data, p), EN)
    # All are right, and there is no history.
    assert [(section.name, len(section.pictures)) for section in sections] == [
        *[(name, 1) for name in ("graph", "confusion", "reliability", "mistakes", "tokens", shown)],
        ("activations", 1),
    ]


def test_what_does_not_fit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise InputError("it does not fit")

    for name in visualize.__all__:
        if name.startswith("plot_"):
            monkeypatch.setattr(visualize, name, refuse)
    (run,) = lstm().runs
    data = load(TEXTS)
    p = np.eye(3)[(data.test.y + 1) % 3]
    sections = draw_pictures(Judged("mine", untrained(run.experiment), None, data, p), EN)
    assert {section.pictures for section in sections} == {()}
    assert {note for section in sections for note in section.notes} == {
        "A picture could not be drawn: it does not fit"
    }


@pytest.mark.usefixtures("no_pictures")
def test_rows_without_a_model_or_data_are_left_out(tmp_path: Path) -> None:
    without = lstm("without", seeds=(1,))
    elsewhere = done("elsewhere")
    damaged = lstm("damaged", seeds=(2,))
    there = lstm("there")
    save(tmp_path, study(without, elsewhere, damaged, there, missing()))
    save_models(tmp_path, there)
    for row in (elsewhere, damaged):
        RowFiles(runs_folder(tmp_path), row.runs[0].experiment.name).model.write_bytes(b"no model")
    written = write_report(tmp_path, models=True, data_dir=tmp_path)
    assert [path.name for path in written.models] == ["mine.there.html"]
    no_file, no_data, no_model = written.left_out
    assert no_file == f"the model's file is not in {tmp_path / 'runs'}"
    assert no_data == f"the data set nusax is not in {tmp_path}"
    assert damaged.runs[0].experiment.name in no_model
    assert set(written.left_out.values()) == {1}
    assert re.findall(r'href="(models/[^"]*)"', written.html.read_text()) == ["models/mine.there.html"]


def test_nothing_is_half_written_when_drawing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> None:
        raise MemoryError

    row = lstm()
    save(tmp_path, study(row))
    save_models(tmp_path, row)
    monkeypatch.setattr(model_pictures, "_picture", fail)
    with pytest.raises(MemoryError):
        write_report(tmp_path, models=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "studies"]


@pytest.mark.usefixtures("no_pictures")
def test_rows_share_a_page_and_what_maju_trained_has_its_own(tmp_path: Path) -> None:
    row = by_maju(lstm("first"), GOOD)
    save(tmp_path, study(row, name="a", title="A"), study(lstm("second"), name="b", title="B"))
    save_models(tmp_path, row)
    written = write_report(tmp_path, models=True)
    assert [path.name for path in written.models] == ["a.first.html", "a.first.maju.html"]
    links = re.findall(r'href="(models/[^"]*)"', written.html.read_text())
    assert links == ["models/a.first.html", "models/a.first.maju.html", "models/a.first.html"]
    text = written.models[0].read_text()
    assert '<a href="../report.html#a">A</a>: first<br><a href="../report.html#b">B</a>: second' in text
    assert "Trained from scratch by maju with seed 0" in written.models[1].read_text()


def test_probabilities_that_were_kept_are_not_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Judged] = []

    def draw(judged: Judged, language: Any) -> Sequence[Any]:
        seen.append(judged)
        return []

    monkeypatch.setattr(model_pages, "draw_pictures", draw)
    row = lstm()
    save(tmp_path, study(row))
    save_models(tmp_path, row)
    files = RowFiles(runs_folder(tmp_path), row.runs[0].experiment.name)
    kept = np.eye(3)[load(TEXTS).test.y]
    for probabilities, said in ((kept, True), (kept[:7], False)):
        np.save(files.probabilities, probabilities)
        (page,) = write_report(tmp_path, models=True).models
        assert ("the probabilities that Keras gave after training" in page.read_text()) is said
    np.testing.assert_array_equal(seen[0].probabilities, kept)
    # Those of other rows are not taken.
    np.testing.assert_array_equal(seen[1].probabilities, maju.load(files.model).predict(load(TEXTS).test.x))
