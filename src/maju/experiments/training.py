"""Training with Keras: the one module of this package that imports it, run in a process of its own.

`maju.experiments.child` starts it as ``python -m maju.experiments.training``. It reads a job, one JSON
document, from standard input, and writes events, one JSON document a line, to standard output.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from maju.datasets import Split
from maju.experiments.data import load
from maju.experiments.experiment import Experiment
from maju.experiments.failures import one_line
from maju.experiments.files import RowFiles
from maju.formats.atomic import replacing

__all__ = ["Event", "train"]

Event = dict[str, Any]

SECONDS_BETWEEN_EVENTS = 0.2


def train(experiment: Experiment, folder: Path, data_dir: str | None, send: Callable[[Event], None]) -> None:
    """Train, and write the model, its history and Keras's probabilities for every test row into a folder.

    Args:
        send: is given the events ``started``, ``built``, ``batch``, ``epoch``, ``predicting`` and ``done``.
    """
    send({"event": "started", "pid": os.getpid()})
    dataset = load(experiment.data, data_dir)
    import keras
    import tensorflow

    settings = experiment.training
    keras.utils.set_random_seed(settings.seed)
    model = experiment.architecture.build(dataset)
    model.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    batches = -(-len(dataset.train.y) // settings.batch_size)
    send({"event": "built", "parameters": model.count_params(), "batches": batches * settings.epochs})

    train_x, validation_x, test_x = (_tensor(split) for split in dataset)
    started = time.perf_counter()
    history = model.fit(
        train_x,
        dataset.train.y,
        validation_data=(validation_x, dataset.validation.y),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        callbacks=[_reporter(send, settings.epochs)],
        verbose=0,
    ).history
    train_seconds = time.perf_counter() - started

    send({"event": "predicting"})
    model.predict(test_x[:1], verbose=0)  # compiles, so that the seconds below are those of predicting
    started = time.perf_counter()
    probabilities = model.predict(test_x, batch_size=128, verbose=0)
    keras_seconds = time.perf_counter() - started

    files = RowFiles(folder, experiment.name)
    _save_model(model, files.model)
    with replacing(files.history) as path:
        path.write_text(json.dumps(history, indent=1), encoding="utf-8")
    with replacing(files.probabilities) as path, path.open("wb") as file:
        np.save(file, probabilities)
    versions = {"keras": keras.__version__, "tensorflow": tensorflow.__version__}
    send(
        {
            "event": "done",
            "train_seconds": train_seconds,
            "keras_seconds": keras_seconds,
            "versions": versions,
        }
    )


def _tensor(split: Split) -> Any:
    """The samples as Keras takes them; NumPy's strings it does not."""
    import tensorflow

    return tensorflow.constant(split.x.astype(object)) if split.x.dtype.kind == "U" else split.x


def _reporter(send: Callable[[Event], None], epochs: int) -> Any:
    """A Keras callback that sends an event an epoch, and one now and then between."""
    import keras

    class Reporter(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.done = 0
            self.sent = 0.0

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.done += 1
            if time.monotonic() - self.sent > SECONDS_BETWEEN_EVENTS:
                self.sent = time.monotonic()
                send({"event": "batch", "done": self.done})

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            losses = {name: float(value) for name, value in (logs or {}).items()}
            send({"event": "epoch", "epoch": epoch + 1, "epochs": epochs, "done": self.done, "logs": losses})

    return Reporter()


def _save_model(model: Any, path: Path) -> None:
    # Keras writes to names that end in .keras alone, so that the temporary file needs a folder.
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        whole = Path(folder) / path.name
        model.save(whole)
        whole.replace(path)


def main() -> int:
    """Do the job that standard input describes; on an error, send it as the event ``failed``."""
    # What TensorFlow prints must not come between the events: standard output becomes standard error.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(event: Event) -> None:
        events.write(json.dumps(event) + "\n")
        events.flush()

    try:
        job = json.load(sys.stdin.buffer)
        train(Experiment.from_json(job["experiment"]), Path(job["folder"]), job["data_dir"], send)
    except Exception as error:
        traceback.print_exc()
        send({"event": "failed", "error": one_line(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
