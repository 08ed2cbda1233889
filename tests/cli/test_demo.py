from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.fixtures import Maju
from experiments.rows import IMPOSSIBLE
from maju.experiments import demo


def test_the_help_says_what_it_needs_and_how_long_it_takes(cli: Maju) -> None:
    text = " ".join(cli("demo", "--help").stdout.split())
    assert "Needs Keras: pip install 'maju[experiments]'." in text
    assert "5 minutes" in text
    assert {"--out", "--seed", "--data-dir", "--sample", "--epochs"} < set(re.findall(r"--[a-z-]+", text))


def test_without_keras_one_line_names_the_extra(
    cli: Maju, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    result = cli("demo", "--out", tmp_path / "out")
    assert result.error == "maju demo needs more than maju's core: pip install 'maju[experiments]'"
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_data_set_is_one_line_with_a_way_out(cli: Maju, tmp_path: Path) -> None:
    (tmp_path / "data" / "nusax" / "indonesian").mkdir(parents=True)
    result = cli("demo", "--out", tmp_path / "out", "--data-dir", tmp_path / "data")
    assert re.fullmatch(r".*indonesian lacks train\.csv, .* and run `maju data`", result.error)


def test_a_seed_that_is_none(cli: Maju, tmp_path: Path) -> None:
    result = cli("demo", "--out", tmp_path / "out", "--sample", "--seed", str(2**32))
    assert result.error.startswith(
        "Invalid value for '--seed': Input should be less than or equal to 4294967295"
    )


@pytest.mark.slow
def test_a_row_that_fails_ends_in_exit_code_1(
    cli: Maju, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "demo_experiments", lambda *arguments: [IMPOSSIBLE])
    result = cli("demo", "--out", tmp_path / "out")
    assert result.code == 1
    assert "Impossible failed: ValueError: " in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.slow
def test_interrupted_it_stops_at_once_and_says_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "maju", "demo", "--sample", "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the data, after which the first model starts
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
