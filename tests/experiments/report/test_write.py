from __future__ import annotations

import csv
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from experiments.report.fakes import (
    COLLAPSED,
    GOOD,
    MIDDLING,
    NEARLY,
    done,
    failed,
    missing,
    save,
    scored,
    seeded,
    study,
)
from maju.errors import MajuError
from maju.experiments.data import DataChoice
from maju.experiments.files import RowFiles
from maju.experiments.grid import runs_folder
from maju.experiments.report.outcomes import RowOutcome, StudyOutcome
from maju.experiments.report.write import Written, write_report
from maju.experiments.study import GRID, load_study

MARKUP = "<b>bold</b> | $x_1$ *star* `code`"
VOID = {"meta", "path", "use", "rect"}


class Page(HTMLParser):
    """What a page holds; fails on a tag that is closed by another."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, attribute: str) -> list[str]:
        return [value for _, found in self.tags if (value := found.get(attribute)) is not None]


def everything() -> StudyOutcome:
    return study(
        done("small", COLLAPSED, mask_zero=False, units=(2,), reference=0.1741),
        done("small-masked", GOOD, units=(2,)),
        done("odd", scored(MIDDLING, GOOD, agree=140, max_difference=2e-3), label=MARKUP, units=(3,)),
        seeded("seeds", [GOOD, NEARLY], target=0.787, units=(5,)),
        failed("broken", "ValueError: a | b <script>alert(1)</script>", units=(6,)),
        missing("later", units=(7,)),
        title="Mine & <i>yours</i>",
        title_id="Punyaku",
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = save(tmp_path_factory.mktemp("results"), everything())
    return write_report(folder)


@pytest.fixture(scope="module")
def page(written: Written) -> Page:
    return Page(written.html.read_text())


def test_the_page_needs_nothing_else(written: Written, page: Page) -> None:
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    links = [*page.values("href"), *page.values("xlink:href"), *page.values("src")]
    assert all(link.startswith("#") for link in links)
    text = written.html.read_text()
    assert "@import" not in text
    assert {target[0] for target in re.findall(r"url\((.)", text)} == {"#"}


def test_every_link_in_the_page_has_its_place(page: Page) -> None:
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    wanted = {link[1:] for link in [*page.values("href"), *page.values("xlink:href")]}
    wanted |= {match[1] for value in page.values("clip-path") if (match := re.match(r"url\(#(.*)\)", value))}
    wanted |= set(page.values("aria-labelledby"))
    assert wanted <= set(ids)


def test_markup_in_names_and_errors_is_text(page: Page) -> None:
    assert not {"b", "i", "script"} & {tag for tag, _ in page.tags}
    assert MARKUP in page.text
    assert "Mine & <i>yours</i>" in page.text
    assert "“broken” failed: ValueError: a | b <script>alert(1)</script>" in page.text


def test_tables_and_plots_tell_what_they_are(page: Page) -> None:
    tags = [tag for tag, _ in page.tags]
    assert tags.count("table") == tags.count("caption") == 6
    assert all(found.get("scope") in ("row", "col", "colgroup") for tag, found in page.tags if tag == "th")
    plots = [found for tag, found in page.tags if tag == "svg"]
    # The overview, two of the losses, a matrix for each row that has scores, and another where they differ.
    assert len(plots) == 1 + 2 + 5
    assert all(found["role"] == "img" and found["aria-label"] for found in plots)
    assert page.tags[0] == ("html", {"lang": "en"})


def test_a_row_without_scores_is_never_a_score(written: Written) -> None:
    lines = written.markdown.read_text().splitlines()
    (broken,) = [line for line in lines if line.startswith("| broken ")]
    (later,) = [line for line in lines if line.startswith("| later ")]
    assert set(re.sub(r"[|\s]", " ", broken).split()) == {"broken", "**failed**", "–"}
    assert re.sub(r"[|\s–]+", " ", later).strip() == "later not run yet"


def test_cells_of_markdown_tables_end_where_they_should(written: Written) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", written.markdown.read_text(), flags=re.MULTILINE)
    assert len(tables) == 6
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert r"\<b\>bold\</b\> \| \$x\_1\$ \*star\* \`code\`" in tables[1]


def test_markdown_finds_its_plots(written: Written) -> None:
    paths = re.findall(r"^!\[.*\]\((.*)\)$", written.markdown.read_text(), flags=re.MULTILINE)
    assert [written.markdown.parent / path for path in paths] == list(written.plots)
    for path in written.plots:
        assert ET.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    links = re.findall(r"\]\(#(.*?)\)", written.markdown.read_text())
    assert set(links) <= set(re.findall('<a id="(.*?)"></a>', written.markdown.read_text()))


def test_both_formats_have_the_same_sentences(written: Written, page: Page) -> None:
    text = re.sub(r"\\(.)", r"\1", written.markdown.read_text())
    said = re.findall(r"^- ([^*].*[.”])$", text, flags=re.MULTILINE)
    assert len(said) > 10
    assert [sentence for sentence in said if sentence not in page.text] == []


def test_the_spreadsheet_has_a_line_for_each_row_and_seed(written: Written) -> None:
    with written.csv.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["row"], line["seed"], line["state"]) for line in lines] == [
        ("small", "0", "finished"),
        ("small-masked", "0", "finished"),
        ("odd", "0", "finished"),
        ("seeds", "0", "finished"),
        ("seeds", "1", "finished"),
        ("broken", "0", "failed"),
        ("later", "0", "missing"),
    ]
    assert [lines[2]["keras_f1_neutral"], lines[2]["labels_that_agree"]] == ["0.2857142857142857", "140"]
    assert lines[5]["error"] == "ValueError: a | b <script>alert(1)</script>"
    assert {lines[5][name] for name in lines[5] if "f1" in name or "accuracy" in name} == {""}


def test_in_indonesian_it_has_names_of_its_own(tmp_path: Path) -> None:
    folder = save(tmp_path, everything())
    written = write_report(folder, language="id")
    assert [written.html.name, written.markdown.name] == ["report.id.html", "report.id.md"]
    page = Page(written.html.read_text())
    assert page.tags[0] == ("html", {"lang": "id"})
    assert "Punyaku" in page.text
    assert "0,7677" in page.text
    assert "belum dijalankan" in page.text
    assert "0.7677" not in page.text
    assert written.plots[0] == folder / "plots.id" / "overview.svg"


def test_the_same_results_make_the_same_report(tmp_path: Path) -> None:
    folder = save(tmp_path / "results", study(seeded("a", [GOOD, NEARLY]), done("b", units=(2,))))
    once, again = (write_report(folder, tmp_path / name) for name in ("once", "again"))
    assert once.html.read_bytes() == again.html.read_bytes()
    assert [path.read_bytes() for path in once.plots] == [path.read_bytes() for path in again.plots]


@pytest.mark.parametrize("name", ["mine.html", "mine.md"])
def test_a_file_gives_both_pages_their_name(name: str, tmp_path: Path) -> None:
    folder = save(tmp_path / "results", study(done()))
    written = write_report(folder, tmp_path / "new" / name)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "mine.html",
        "mine.md",
        "plots",
        "results.csv",
    ]
    assert written.html == tmp_path / "new" / "mine.html"


def test_studies_come_in_the_order_of_the_grid(tmp_path: Path) -> None:
    names = ["zebra", "rnn-units", "ant", "cnn-layers"]
    written = write_report(save(tmp_path, *(study(missing(), name=name) for name in names)))
    assert [outcome.study.name for outcome in written.outcomes] == ["cnn-layers", "rnn-units", "ant", "zebra"]


def test_a_part_of_the_data_is_no_benchmark(tmp_path: Path) -> None:
    part = done("a", data=DataChoice(name="nusax", train_rows=50))
    whole = study(done(), name="whole", title="Whole")
    text = write_report(save(tmp_path, study(part, title="Part"), whole)).markdown.read_text()
    assert "> **Not a benchmark: “Part” ran on a part of the data" in text
    assert "50 of 500 training rows" in text


def test_the_quick_form_of_a_study_is_no_benchmark(tmp_path: Path) -> None:
    whole = load_study("rnn-units")
    for name, one, warned in (("whole", whole, False), ("quick", whole.quick(), True)):
        rows = tuple(RowOutcome(row, missing().runs) for row in one.rows)
        folder = save(tmp_path / name, StudyOutcome(one, rows))
        text = write_report(folder).markdown.read_text()
        assert ("Not a benchmark: “RNN B: units” ran" in text) is warned


def test_the_summary_counts_shared_trainings_once(tmp_path: Path) -> None:
    first = study(done("a"), failed("b", units=(2,)), name="first")
    second = study(done("c"), missing("d", units=(3,)), name="second")
    text = write_report(save(tmp_path, first, second)).markdown.read_text()
    assert "- **Compared:** 4 rows of 2 studies\n" in text
    assert "3: 1 finished, 1 failed, 1 not run yet (rows with the same configuration share one)" in text
    assert "all 150 labels agree" in text
    assert "- **Time to train:** 12.3 s\n" in text
    assert "- **Versions:** maju 0.1.0, keras 3.15.1\n" in text


def test_every_shipped_study_can_be_reported_before_it_is_run(tmp_path: Path) -> None:
    outcomes = []
    for name in GRID:
        one = load_study(name)
        outcomes.append(StudyOutcome(one, tuple(RowOutcome(row, missing().runs) for row in one.rows)))
    text = write_report(save(tmp_path, *outcomes)).markdown.read_text()
    assert "No training is finished yet." in text
    assert "From scratch" not in text


def test_a_folder_without_results(tmp_path: Path) -> None:
    with pytest.raises(MajuError, match="holds no results of `maju reproduce`"):
        write_report(tmp_path)


def test_a_damaged_result_is_named(tmp_path: Path) -> None:
    row = done()
    save(tmp_path, study(row))
    path = RowFiles(runs_folder(tmp_path), row.runs[0].experiment.name).result
    path.write_text(path.read_text()[:-20])
    with pytest.raises(MajuError, match=re.escape(f"{path} cannot be read; remove it to train anew")):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("text", ["{", '{"loss": "low"}', "[1]"], ids=["cut", "words", "a list"])
def test_a_damaged_history_is_named(text: str, tmp_path: Path) -> None:
    row = done()
    save(tmp_path, study(row))
    path = RowFiles(runs_folder(tmp_path), row.runs[0].experiment.name).history
    path.write_text(text)
    with pytest.raises(MajuError, match=re.escape(f"{path} cannot be read: ")):
        write_report(tmp_path)


def test_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    folder = save(tmp_path / "results", study(missing()))
    (tmp_path / "file").touch()
    with pytest.raises(MajuError, match=r"overview\.svg cannot be written: Not a directory"):
        write_report(folder, tmp_path / "file" / "out")
