from __future__ import annotations

import io
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from experiments.rows import IMPOSSIBLE, SMALL
from maju.errors import MajuError
from maju.experiments.child import OnEvent
from maju.experiments.experiment import Experiment
from maju.experiments.failures import one_line
from maju.experiments.progress import RowProgress
from maju.experiments.runner import run_experiment, run_experiments


def test_a_killed_row_leaves_nothing_of_an_earlier_run(tmp_path: Path) -> None:
    for name in ("small.keras", "small.png", "small.history.json", "small.keras-probabilities.npy"):
        (tmp_path / name).write_text("of an earlier run")
    (tmp_path / "other.keras").write_text("of another row")

    def kill(event: dict[str, Any]) -> None:
        os.kill(event["pid"], signal.SIGKILL)

    class Killing(RowProgress):
        def row(self, experiment: Experiment) -> OnEvent:
            return kill

    (tmp_path / "small.epoch-1.keras").write_text("of an earlier run")
    (tmp_path / ".small.epoch-2.keras.x1y2").mkdir()
    (tmp_path / ".small.epoch-2.keras.x1y2" / "small.epoch-2.keras").write_text("half of it")
    (result,) = run_experiments([SMALL], tmp_path, progress=Killing([SMALL], Console(file=io.StringIO())))
    assert result.scores is None
    assert (result.error or "").startswith(
        "the training process was killed by SIGKILL; its last words are in "
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.keras", "small.log"]


def test_an_error_on_this_side_is_the_rows(tmp_path: Path) -> None:
    (tmp_path / "small.log").mkdir()
    result = run_experiment(SMALL, tmp_path)
    assert result.scores is None
    assert (result.error or "").startswith(("IsADirectoryError: ", "PermissionError: "))


def test_two_rows_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MajuError, match=r"^each experiment needs a name of its own for its files: small$"):
        run_experiments([SMALL, IMPOSSIBLE, SMALL], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_error_is_one_short_line() -> None:
    assert one_line(MajuError("a\n  b")) == "a b"
    assert one_line(ValueError("a\n\n\t\x1b[1mb\x1b[0m")) == "ValueError: a b"
    text = one_line(RuntimeError("word " * 500))
    assert text.startswith("RuntimeError: word word")
    assert text.endswith(" …")
    assert len(text) <= 300
