from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
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
        "small.epoch-2.keras",
        "small.history.json",
        "small.keras-probabilities.npy",
    }
    model = keras.models.load_model(run.folder / "small.keras")
    expected = model.predict(load(SMALL.data).test.x, verbose=0)
    assert run.trained.keras is not None
    np.testing.assert_allclose(run.trained.keras.probabilities, expected, rtol=0, atol=1e-6)
    assert run.trained.parameters == model.count_params()
    assert run.trained.history == json.loads((run.folder / "small.history.json").read_text())
    assert {name: len(values) for name, values in run.trained.history.items()} == {
        "loss": 2,
        "val_loss": 2,
        "accuracy": 2,
        "val_accuracy": 2,
        "seconds": 2,
    }
    assert min(run.trained.history["seconds"]) > 0 < run.trained.keras.seconds
    assert run.trained.versions["keras"] == keras.__version__


@pytest.mark.slow
def test_by_default_it_is_adam_at_a_constant_rate(run: Run) -> None:
    model = keras.models.load_model(run.folder / "small.epoch-2.keras")
    assert type(model.optimizer) is keras.optimizers.Adam
    assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
    assert (model.optimizer.weight_decay, model.optimizer.global_clipnorm) == (None, None)
    assert int(model.optimizer.iterations) == 2 * 64 / 16
    assert model.loss == "sparse_categorical_crossentropy"


@pytest.mark.slow
def test_training_tells_what_it_does(run: Run) -> None:
    started, built, *_ = run.events
    names = [event["event"] for event in run.events]
    assert names[:2] == ["started", "built"]
    assert names[-2:] == ["predicting", "done"]
    assert started["pid"] != os.getpid()
    assert (built["batches"], built["done"]) == (2 * 64 / 16, 0)
    assert built["parameters"] == run.trained.parameters
    epochs = [event for event in run.events if event["event"] == "epoch"]
    assert [event["epoch"] for event in epochs] == [1, 2]
    assert epochs[-1]["done"] == built["batches"]
    assert [event["logs"]["val_loss"] for event in epochs] == run.trained.history["val_loss"]


@pytest.mark.slow
def test_the_process_ends_as_it_should(run: Run) -> None:
    log = run.folder / "small.log"
    assert not log.exists() or "Fatal" not in log.read_text()


@pytest.mark.slow
def test_the_seed_decides_the_training(run: Run, tmp_path: Path) -> None:
    training = SMALL.training.model_copy(update={"seed": 4})
    other = SMALL.model_copy(update={"name": "other", "training": training})
    first, again, another = (
        trained.keras.probabilities
        for trained in (run.trained, *(train_in_child(row, tmp_path) for row in (SMALL, other)))
        if trained.keras is not None
    )
    np.testing.assert_array_equal(first, again)
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


def test_a_child_that_dies_before_it_reads_its_job_is_named_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dead(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **settings: Any) -> None:
            super().__init__([sys.executable, "-S", "-c", "import os; os._exit(4)"], **settings)
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    monkeypatch.setattr(subprocess, "Popen", Dead)
    with pytest.raises(MajuError, match=r"^the training process ended early with the exit code 4; its last"):
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
    experiment = SMALL.model_copy(update={"data": DataChoice(name="cifar10")})
    with pytest.raises(MajuError, match=f"^{tmp_path} does not hold CIFAR-10"):
        train_in_child(experiment, tmp_path, data_dir=tmp_path)
