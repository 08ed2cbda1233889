from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.fixtures import Maju
from maju.experiments.study import GRID

STUDY = """
title = "Mine"
question = "Does it run?"

[data]
name = "digits"
train_rows = 64
validation_rows = 32

[model]
kind = "convolutional"
blocks = [[3]]
dense = [5]

[training]
epochs = 1

[[rows]]
name = "plain"
label = "plain"
"""
TWICE = """
[[rows]]
name = "twice"
label = "twice"
seeds = [1, 2]
"""
FAILS = """
[[rows]]
name = "deep"
label = "too deep"
model.blocks = [[3], [3], [3], [3], [3]]
"""


def test_the_help_says_what_it_needs_and_that_it_can_be_stopped(cli: Maju) -> None:
    text = " ".join(cli("reproduce", "--help").stdout.split())
    assert "Needs Keras: pip install 'maju[experiments]'." in text
    assert "goes on after the last finished epoch" in text
    options = {
        "--quick",
        "--train-with",
        "--seeds",
        "--data-dir",
        "--out",
        "--executor",
        "--address",
        "--list",
    }
    assert options < set(re.findall(r"--[a-z-]+", text))


def test_the_list_has_every_study_with_its_question(cli: Maju) -> None:
    lines = cli("reproduce", "--list").stdout.splitlines()[2:]
    assert [line.split()[0] for line in lines[: len(GRID)]] == list(GRID)
    assert all(line.endswith("?") for line in lines[: len(GRID)])


def test_an_unknown_study_is_one_line_with_those_there_are(cli: Maju, tmp_path: Path) -> None:
    result = cli("reproduce", "cnn-layer", "--out", tmp_path / "out")
    assert result.error.startswith("there is no study 'cnn-layer'; there are cnn-layers, cnn-filters, ")
    assert not (tmp_path / "out").exists()


def test_a_broken_study_stops_all_before_it_starts(cli: Maju, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(STUDY.replace("epochs = 1", "epochs = 0"))
    result = cli("reproduce", "cnn-layers", path, "--out", tmp_path / "out")
    assert result.error == f"{path}: training.epochs: must be greater than or equal to 1, not 0"
    assert not (tmp_path / "out").exists()


def test_two_studies_of_one_name(cli: Maju, tmp_path: Path) -> None:
    path = tmp_path / "cnn-layers.toml"
    path.write_text(STUDY)
    result = cli("reproduce", "cnn-layers", path, "--out", tmp_path / "out")
    assert result.error == "each study needs a name of its own: cnn-layers"


def test_missing_data_stop_all_before_it_starts(cli: Maju, tmp_path: Path) -> None:
    result = cli("reproduce", "--data-dir", tmp_path, "--out", tmp_path / "out")
    assert "does not hold CIFAR-10" in result.error
    assert not (tmp_path / "out").exists()


def test_an_address_needs_ray(cli: Maju) -> None:
    assert "only --executor ray has an address" in cli("reproduce", "--address", "auto").error


@pytest.mark.parametrize("package", ["keras", "filelock"])
def test_without_what_it_needs_one_line_names_the_extra(
    cli: Maju, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    result = cli("reproduce", "cnn-layers")
    assert result.error == "maju reproduce needs more than maju's core: pip install 'maju[experiments]'"


def test_a_folder_that_cannot_be_made(cli: Maju, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(STUDY)
    (tmp_path / "file").touch()
    result = cli("reproduce", tmp_path / "mine.toml", "--out", tmp_path / "file" / "out")
    assert result.error == f"{tmp_path / 'file' / 'out'} cannot be made: Not a directory"


@pytest.mark.slow
def test_a_study_of_ones_own_runs_and_is_not_run_again(cli: Maju, tmp_path: Path) -> None:
    path, out = tmp_path / "mine.toml", tmp_path / "out"
    path.write_text(STUDY + TWICE)
    first = cli("reproduce", path, "--out", out)
    assert first.code == 0
    lines = first.stdout.splitlines()
    assert lines[0] == "scikit-learn's digits: 64 training rows, 32 validation rows, 360 test rows"
    assert "Mine" in lines
    for row in ("plain", "twice, seed 1", "twice, seed 2"):
        assert sum(line.startswith(f"{row} ") and "360/360" in line for line in lines) == 1
    assert f"`maju report {out}` writes the report." in lines[-1]
    assert len(list((out / "runs").glob("*.keras"))) == 3
    assert json.loads((out / "studies" / "mine.json").read_text())["title"] == "Mine"
    again = cli("reproduce", path, "--out", out)
    assert again.stdout == first.stdout
    assert again.stderr.splitlines() == [
        f"Mine, {row}: done before" for row in ("plain", "twice, seed 1", "twice, seed 2")
    ]


@pytest.mark.slow
def test_a_row_that_fails_is_no_score_and_ends_in_exit_code_1(cli: Maju, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(STUDY + FAILS)
    result = cli("reproduce", path, "--out", tmp_path / "out")
    assert result.code == 1
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("too deep ")]
    assert line.split()[2:] == ["failed", *"–––––––"]
    assert "Mine, too deep failed: ValueError: " in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.slow
def test_maju_trains_and_keras_need_not_be_there(
    cli: Maju, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("keras", "tensorflow"):
        monkeypatch.setitem(sys.modules, package, None)
    path, out = tmp_path / "mine.toml", tmp_path / "out"
    path.write_text(STUDY + FAILS)
    result = cli("reproduce", path, "--out", out, "--train-with", "maju", "--seeds", "2")
    assert result.code == 1  # of the row that fails
    trained, broken = (
        next(line.split() for line in result.stdout.splitlines() if line.startswith(row))
        for row in ("plain, seed 1 ", "too deep, seed 0 ")
    )
    assert [trained[4], trained[6], trained[9]] == ["–", "–", "–"]  # what Keras would have given
    assert broken[4:] == ["failed", *"–––––––"]
    assert "Keras and maju give" not in result.stdout
    assert len(list((out / "runs").glob("convolutional-maju-*.keras"))) == 2
    report = cli("report", out)
    assert report.code == 0
    text = (out / "report.md").read_text()
    assert "“too deep”, trained from scratch, seed 1, failed: layer " in text
    again = cli("reproduce", path, "--out", out, "--train-with", "maju", "--seeds", "1")
    assert "Mine, plain, seed 0: done before" in again.stderr


@pytest.mark.slow
def test_keras_and_maju_side_by_side(cli: Maju, tmp_path: Path) -> None:
    path, out = tmp_path / "mine.toml", tmp_path / "out"
    path.write_text(STUDY)
    for options in ((), ("--train-with", "maju")):
        assert cli("reproduce", path, "--out", out, "--quick", *options).code == 0
    assert {file.name for file in (out / "studies").iterdir()} == {"mine.json", "mine.maju.json"}
    assert cli("report", out).code == 0
    text = (out / "report.md").read_text()
    assert text.count("macro-F1: difference") == 1
    assert "In one row Keras or maju trained with one seed only" in text


def test_a_study_may_say_itself_that_maju_trains_it(cli: Maju, tmp_path: Path) -> None:
    path, out = tmp_path / "mine.toml", tmp_path / "out"
    path.write_text('train_with = "maju"\n' + STUDY)
    assert cli("reproduce", path, "--out", out).code == 0
    assert (out / "studies" / "mine.maju.json").exists()
    path.write_text('train_with = "pytorch"\n' + STUDY)
    error = cli("reproduce", path, "--out", out).error
    assert error == f"{path}: train_with: must be 'keras' or 'maju', not 'pytorch'"


@pytest.mark.slow
def test_interrupted_it_says_how_to_go_on(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(STUDY.replace("epochs = 1", "epochs = 500"))
    command = [sys.executable, "-m", "maju", "reproduce", str(path), "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the first epoch
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "note: stopped; the same command goes on from here"
    assert "Traceback" not in errors
