"""Training in a child process, so that Keras is never imported in this one, and either can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maju.errors import MajuError
from maju.experiments.experiment import Experiment
from maju.experiments.files import RowFiles
from maju.layers.base import Array

__all__ = ["OnEvent", "Predicted", "Trained", "ignore", "train_in_child"]

OnEvent = Callable[[dict[str, Any]], None]


def ignore(event: dict[str, Any]) -> None:
    """Do nothing with an event."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """What Keras makes of the test rows.

    Args:
        probabilities: (rows, classes).
        seconds: for `predict`, once it is compiled.
    """

    probabilities: Array
    seconds: float


@dataclass(frozen=True, eq=False)
class Trained:
    """What training gave.

    Args:
        parameters: how many there are, as Keras counts them.
        history: loss, accuracy and seconds, a list a metric, a number an epoch.
        keras: what Keras predicts, where it trained the model.
        versions: Keras's and TensorFlow's, where they did.
    """

    parameters: int
    history: dict[str, list[float]]
    keras: Predicted | None
    versions: dict[str, str]


def train_in_child(
    experiment: Experiment,
    folder: Path,
    data_dir: str | os.PathLike[str] | None = None,
    on_event: OnEvent = ignore,
) -> Trained:
    """Train in a child process; `maju.experiments.training` says what it leaves in the folder.

    Args:
        on_event: is given every event of the training as it comes.

    Raises:
        MajuError: the training failed, or its process ended before it was done.
    """
    files = RowFiles(folder.resolve(), experiment.name)
    job = {
        "experiment": experiment.model_dump(mode="json"),
        "folder": str(files.folder),
        "data_dir": None if data_dir is None else str(Path(data_dir).expanduser().resolve()),
    }
    # TextVectorization inside a model needs TensorFlow, whose convolutions are up to three times faster with
    # oneDNN, which it uses by itself on some processors only.
    defaults = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
    environment = {**defaults, **os.environ, "KERAS_BACKEND": "tensorflow"}
    # -P keeps the user's folder off the path.
    command = [sys.executable, "-P", "-m", "maju.experiments.training"]
    events: dict[str, dict[str, Any]] = {}
    pipe = subprocess.PIPE
    with (
        files.log.open("wb") as log,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, env=environment) as process,
    ):
        assert process.stdin is not None  # both are pipes
        assert process.stdout is not None
        try:
            with suppress(BrokenPipeError):  # a process that died at once is reported below
                # The pipe stays open: that it closes tells the child that this process has ended.
                # Unbuffered, so that closing it has nothing left to write to a process that is dead.
                os.write(process.stdin.fileno(), json.dumps(job).encode() + b"\n")
            for line in process.stdout:
                event = json.loads(line)
                events[event["event"]] = event
                on_event(event)
        except BaseException:
            process.kill()
            raise
    if "failed" in events:
        raise MajuError(events["failed"]["error"])
    if "done" not in events:
        raise MajuError(
            f"the training process {_ending(process.returncode)}; its last words are in {files.log}"
        )
    if files.log.stat().st_size == 0:
        files.log.unlink()
    seconds = events["done"]["keras_seconds"]
    predicted = None
    if seconds is not None:
        predicted = Predicted(np.load(files.probabilities, allow_pickle=False), seconds)
    return Trained(
        parameters=events["built"]["parameters"],
        history=files.read_history(),
        keras=predicted,
        versions=events["done"]["versions"],
    )


def _ending(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended early with the exit code {code}"
