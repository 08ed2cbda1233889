from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread
from pydantic import ValidationError

from experiments.rows import IMPOSSIBLE, SMALL, failed
from maju.errors import MajuError, MissingExtraError
from maju.experiments.demo import compare, demo_experiments, describe_data, run, write_results
from maju.experiments.experiment import Training
from maju.models import CNNFromScratch, LSTMFromScratch, RNNFromScratch

TITLES = {
    "cnn": "CNN",
    "simple-rnn": "SimpleRNN",
    "lstm": "LSTM",
    "bidirectional-lstm": "Bidirectional LSTM",
}
DIVERGING = Training(epochs=2, batch_size=16, learning_rate=1e30)
SCRIPT = """
import sys
from maju.experiments.demo import run
demo = run(sys.argv[1], seed=5, sample=True, epochs=1)
print([name for name in ("keras", "tensorflow") if name in sys.modules], demo.exit_code)
"""


@pytest.fixture
def nothing_local(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MAJU_DATA_DIR", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "caches" / project)


@pytest.fixture
def real_folders(tmp_path: Path) -> Path:
    """A data folder that looks as if it held the real data sets."""
    (tmp_path / "data" / "cifar-10-batches-bin").mkdir(parents=True)
    (tmp_path / "data" / "nusax" / "indonesian").mkdir(parents=True)
    return tmp_path / "data"


# What it chooses


def test_what_is_on_the_machine_is_used(nothing_local: None, real_folders: Path) -> None:
    real = demo_experiments(data_dir=real_folders)
    assert [row.data.name for row in real] == ["cifar10", "nusax", "nusax", "nusax"]
    assert [row.data.name for row in demo_experiments(data_dir=real_folders, sample=True)] == [
        "digits",
        *["sentences"] * 3,
    ]
    (real_folders / "cifar-10-batches-bin").rmdir()
    mixed = demo_experiments(data_dir=real_folders)
    assert [row.data.name for row in mixed] == ["digits", "nusax", "nusax", "nusax"]


def test_nothing_on_the_machine_is_no_reason_to_download(nothing_local: None, tmp_path: Path) -> None:
    rows = demo_experiments()
    assert [row.data.name for row in rows] == ["digits", "sentences", "sentences", "sentences"]
    assert describe_data(rows).splitlines() == [
        "CNN: scikit-learn's digits; 1,077 training rows, 360 validation rows, all 360 test rows "
        "(CIFAR-10 is not on this machine; `maju data` fetches it)",
        "SimpleRNN, LSTM, Bidirectional LSTM: Indonesian sentences written for maju; 150 training rows, "
        "30 validation rows, all 60 test rows "
        "(NusaX-Sentiment is not on this machine; `maju data` fetches it)",
    ]
    assert f"(CIFAR-10 is not in {tmp_path}; `maju data`" in describe_data(rows, tmp_path)
    assert not (tmp_path / "caches").exists()


def test_a_part_of_the_data_is_called_a_part(nothing_local: None) -> None:
    assert "64 of 1,077 training rows, 32 of 360 validation rows, all 360 test rows" in describe_data([SMALL])


def test_the_four_models() -> None:
    rows = demo_experiments(seed=9, sample=True)
    assert {row.name: row.title for row in rows} == TITLES
    assert [row.architecture.from_scratch for row in rows] == [
        CNNFromScratch,
        RNNFromScratch,
        LSTMFromScratch,
        LSTMFromScratch,
    ]
    assert {row.training.seed for row in rows} == {9}
    assert all(getattr(row.architecture, "mask_zero", True) for row in rows)
    assert {row.training.epochs for row in demo_experiments(sample=True, epochs=2)} == {2}


def test_no_epochs_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"epochs\n  Input should be greater than or equal to 1"):
        demo_experiments(sample=True, epochs=0)


# What it does


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder of a demo of one epoch, and what its process printed."""
    out = tmp_path_factory.mktemp("demo") / "out"
    environment = {name: value for name, value in os.environ.items() if name != "MAJU_DATA_DIR"}
    command = [sys.executable, "-c", SCRIPT, str(out)]
    process = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment, check=True
    )
    return out, process


@pytest.mark.slow
def test_the_process_that_compares_never_imports_keras(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    assert finished[1].stdout.splitlines()[-1] == "[] 0"


@pytest.mark.slow
def test_the_demo_prints_its_data_its_table_and_its_folder(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    out, process = finished
    lines = process.stdout.splitlines()
    assert lines[0].startswith("CNN: scikit-learn's digits; 1,077 training rows")
    assert lines[1].startswith(
        "SimpleRNN, LSTM, Bidirectional LSTM: Indonesian sentences written for maju; 150"
    )
    rows = {title: next(line for line in lines[3:] if line.startswith(title)) for title in TITLES.values()}
    assert "360/360" in rows["CNN"]
    assert all("60/60" in rows[title] for title in ("SimpleRNN", "LSTM", "Bidirectional LSTM"))
    assert any(
        line.startswith("Keras and maju give the same label for 540 of 540 test rows") for line in lines
    )
    assert lines[-2] == f"Models, plots and results are in {out}"
    assert [line.split(":")[0] for line in process.stderr.splitlines()] == list(TITLES.values())


@pytest.mark.slow
def test_the_demo_leaves_models_plots_and_results(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    out, _ = finished
    names = {path.name for path in out.iterdir() if path.suffix != ".log"}
    assert names == {
        "results.json",
        "results.md",
        "losses.png",
        *(f"{name}.keras" for name in TITLES),
        *(f"{name}.png" for name in TITLES),
        *(f"{name}.history.json" for name in TITLES),
        *(f"{name}.keras-probabilities.npy" for name in TITLES),
    }
    for name in (*TITLES, "losses"):
        assert imread(out / f"{name}.png").std() > 0.05
    assert CNNFromScratch.load(out / "cnn.keras").count_params() > 0


@pytest.mark.slow
def test_the_results_are_there_as_json(finished: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    document: dict[str, Any] = json.loads((finished[0] / "results.json").read_text(encoding="utf-8"))
    assert set(document["versions"]) == {"maju", "python", "numpy", "scikit-learn", "keras", "tensorflow"}
    assert len(document["data"]) == 2
    assert [row["experiment"]["name"] for row in document["results"]] == list(TITLES)
    assert {row["experiment"]["training"]["seed"] for row in document["results"]} == {5}
    for row in document["results"]:
        assert row["error"] is None
        scores = row["scores"]
        assert scores["agree"] == scores["rows"]
        keras, scratch = ({**scores[who], "seconds": 0} for who in ("keras", "scratch"))
        assert keras == scratch
        assert 0 < scores["max_difference"] < 1e-5


@pytest.mark.slow
def test_the_results_are_there_to_read(finished: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    text = (finished[0] / "results.md").read_text(encoding="utf-8")
    assert text.startswith("# maju demo\n\n- CNN: scikit-learn's digits; ")
    assert "\n| Bidirectional LSTM |" in text
    assert "\n- Keras and maju give the same label for 540 of 540 test rows" in text
    assert "Seed 5. maju " in text
    assert str(finished[0]) not in text


@pytest.mark.slow
def test_a_row_that_fails_is_never_a_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    diverging = SMALL.model_copy(update={"name": "diverging", "title": "Diverging", "training": DIVERGING})
    demo = compare([IMPOSSIBLE, diverging, SMALL], out)
    assert demo.exit_code == 1
    printed = capsys.readouterr().out
    row = next(line for line in printed.splitlines() if line.startswith("Impossible "))
    assert row.split() == ["Impossible", "failed", *"–––––––"]
    assert "Impossible failed: ValueError: " in printed
    assert "Diverging failed: the training diverged: the loss of epoch 1 is nan" in printed
    assert "give the same label for 360 of 360 test rows" in printed
    bad, diverged, good = json.loads((out / "results.json").read_text(encoding="utf-8"))["results"]
    assert bad["scores"] is None
    assert bad["error"].startswith("ValueError: ")
    assert diverged["scores"] is None
    assert good["error"] is None
    assert (out / "losses.png").exists()


def test_results_that_are_all_errors_leave_no_plot_of_an_earlier_run(tmp_path: Path) -> None:
    (tmp_path / "losses.png").write_text("of an earlier run")
    write_results([failed("A", "killed")], "some data", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.json", "results.md"]
    assert "\n- A failed: killed\n" in (tmp_path / "results.md").read_text(encoding="utf-8")


# What it needs


@pytest.mark.parametrize(
    "package", ["keras", "tensorflow", "sklearn", "matplotlib", "rich", "pydantic", "filelock", "jinja2"]
)
def test_a_missing_package_is_named_by_its_extra(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        MissingExtraError, match=r"^maju demo needs more than maju's core: pip install 'maju\[experiments\]'$"
    ):
        run(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MajuError, match=r"file/out cannot be made: Not a directory$"):
        compare([SMALL], tmp_path / "file" / "out")
