from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from experiments.rows import IMPOSSIBLE, SMALL
from maju.errors import MajuError
from maju.experiments.child import Trained, train_in_child
from maju.experiments.data import DataChoice, load


@dataclass(frozen=True)
class Run:
    """A whole training: its folder, its events, and what came of it."""

    folder: Path
    events: list[dict[str, Any]]
    trained: Trained


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder, events = tmp_path_factory.mktemp("training"), list[dict[str, Any]]()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "keras.py").write_text("raise SystemExit('the wrong keras')")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(elsewhere)  # what lies in the user's folder must not be imported
        trained = train_in_child(SMALL, folder, on_event=events.append)
    return Run(folder, events, trained)


@pytest.mark.slow
def test_training_leaves_the_model_the_history_and_the_probabilities(run: Run) -> None:
    assert {path.name for path in run.folder.iterdir()} - {"small.log"} == {
        "small.keras",
        "small.history.json",
        "small.keras-probabilities.npy",
    }
    model = keras.models.load_model(run.folder / "small.keras")
    expected = model.predict(load(SMALL.data).test.x, verbose=0)
    np.testing.assert_allclose(run.trained.probabilities, expected, rtol=0, atol=1e-6)
    assert run.trained.parameters == model.count_params()
    assert run.trained.history == json.loads((run.folder / "small.history.json").read_text())
    assert {name: len(values) for name, values in run.trained.history.items()} == {
        "loss": 2,
        "val_loss": 2,
        "accuracy": 2,
        "val_accuracy": 2,
    }
    assert run.trained.train_seconds > 0 < run.trained.keras_seconds
    assert run.trained.versions["keras"] == keras.__version__


@pytest.mark.slow
def test_training_tells_what_it_does(run: Run) -> None:
    started, built, *_ = run.events
    names = [event["event"] for event in run.events]
    assert names[:2] == ["started", "built"]
    assert names[-2:] == ["predicting", "done"]
    assert started["pid"] != os.getpid()
    assert built["batches"] == 2 * 64 / 16
    epochs = [event for event in run.events if event["event"] == "epoch"]
    assert [event["epoch"] for event in epochs] == [1, 2]
    assert epochs[-1]["done"] == built["batches"]
    assert [event["logs"]["val_loss"] for event in epochs] == run.trained.history["val_loss"]


@pytest.mark.slow
def test_the_seed_decides_the_training(run: Run, tmp_path: Path) -> None:
    other = replace(SMALL, training=replace(SMALL.training, seed=4))
    first = run.trained.probabilities
    again, another = (train_in_child(row, tmp_path).probabilities for row in (SMALL, other))
    np.testing.assert_allclose(first, again, rtol=0, atol=1e-5)
    assert np.abs(first - another).max() > 0.01


@pytest.mark.slow
def test_what_keras_refuses_is_the_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(MajuError, match=r"^ValueError: .*zero or negative") as caught:
        train_in_child(IMPOSSIBLE, tmp_path)
    assert "\n" not in str(caught.value)
    assert "Traceback" in (tmp_path / "impossible.log").read_text()
    assert not (tmp_path / "impossible.keras").exists()


def test_a_killed_child_is_named_with_its_log(tmp_path: Path) -> None:
    def kill(event: dict[str, Any]) -> None:
        if event["event"] == "started":
            os.kill(event["pid"], signal.SIGKILL)

    log = tmp_path / "small.log"
    with pytest.raises(
        MajuError, match=f"^the training process was killed by SIGKILL; its last words are in {log}$"
    ):
        train_in_child(SMALL, tmp_path, on_event=kill)
    assert [path.name for path in tmp_path.iterdir()] == ["small.log"]


def test_a_child_that_ends_early_is_named_with_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tensorflow.py").write_text("import os; os._exit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(MajuError, match=r"^the training process ended early with the exit code 3; its last"):
        train_in_child(SMALL, tmp_path)


def test_the_child_does_not_outlive_an_interruption(tmp_path: Path) -> None:
    pids: list[int] = []

    def interrupt(event: dict[str, Any]) -> None:
        pids.append(event["pid"])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_in_child(SMALL, tmp_path, on_event=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_the_child_reads_from_the_data_folder(tmp_path: Path) -> None:
    experiment = replace(SMALL, data=DataChoice("cifar10"))
    with pytest.raises(MajuError, match=f"^{tmp_path} does not hold CIFAR-10"):
        train_in_child(experiment, tmp_path, data_dir=tmp_path)
