"""Training, with Keras or with maju, in a process of its own.

`maju.experiments.child` starts it as ``python -m maju.experiments.training``. It reads a job, one line of
JSON, from standard input, and writes events, one JSON document a line, to standard output.

After each epoch it writes the model with its optimizer. What an epoch does follows from that state, the seed
and the epoch's number alone, so that a training that was killed goes on to what it would have come to.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from maju.datasets import Dataset
from maju.errors import MajuError
from maju.experiments.augmentation import augmented
from maju.experiments.data import load
from maju.experiments.experiment import Experiment, Training
from maju.experiments.failures import one_line
from maju.experiments.files import RowFiles
from maju.experiments.programs import Trainer, trainer_of
from maju.formats.atomic import replacing
from maju.layers.base import Array

__all__ = ["Event", "train"]

Event = dict[str, Any]
Send = Callable[[Event], None]

SECONDS_BETWEEN_EVENTS = 0.2


def train(experiment: Experiment, folder: Path, data_dir: str | None, send: Send) -> None:
    """Train, and write the model and its history into a folder.

    Where the folder holds a checkpoint of this training, it goes on from there. Keras's probabilities for
    every test row are written too, where it trained the model.

    Args:
        send: is given the events ``started``, ``built``, ``batch``, ``epoch``, ``predicting`` and ``done``.

    Raises:
        MajuError: the loss became infinite or no number, or a checkpoint cannot be read.
    """
    send({"event": "started", "pid": os.getpid()})
    dataset = load(experiment.data, data_dir)
    trainer = trainer_of(experiment.train_with)
    with trainer.running(experiment):
        _train(experiment, dataset, trainer, RowFiles(folder, experiment.name), send)


def _train(experiment: Experiment, dataset: Dataset, trainer: Trainer, files: RowFiles, send: Send) -> None:
    training = experiment.training
    trainer.seed(training.seed)
    model, history = _resume(files, trainer)
    if model is None:
        model = experiment.architecture.build(dataset, trainer.package)
        _compile(model, training, len(dataset.train.y), trainer)
    done = len(history.get("loss", ()))
    batches = -(-len(dataset.train.y) // training.batch_size)
    send(
        {
            "event": "built",
            "parameters": model.count_params(),
            "batches": batches * training.epochs,
            "done": batches * done,
        }
    )
    for epoch in range(done, training.epochs):
        reporter = _reporter(trainer, send, batches * epoch)
        for name, value in _train_epoch(model, dataset, training, epoch, trainer, reporter).items():
            history.setdefault(name, []).append(value)
        if not np.isfinite(history["loss"][-1]):
            raise MajuError(f"the training diverged: the loss of epoch {epoch + 1} is {history['loss'][-1]}")
        _write_checkpoint(model, history, files, epoch + 1)
        logs = {name: values[-1] for name, values in history.items()}
        event = {"event": "epoch", "epoch": epoch + 1, "epochs": training.epochs, "logs": logs}
        send({**event, "done": batches * (epoch + 1)})

    send({"event": "predicting"})
    predicted = trainer.predicted(model, dataset.test.x)
    _save_model(model, files.model)
    if predicted is not None:
        with replacing(files.probabilities) as path, path.open("wb") as file:
            np.save(file, predicted.probabilities)
    seconds = predicted and predicted.seconds
    send({"event": "done", "keras_seconds": seconds, "versions": trainer.versions})


def _compile(model: Any, training: Training, rows: int, trainer: Trainer) -> None:
    """Give a model the optimizer and the loss that the settings describe."""
    package = trainer.package
    steps = -(-rows // training.batch_size)
    rate: Any = training.learning_rate
    if training.schedule == "cosine":
        warmup = steps * training.warmup_epochs
        rate = trainer.schedules.CosineDecay(
            0.0 if warmup else training.learning_rate,
            decay_steps=steps * training.epochs - warmup,
            warmup_target=training.learning_rate if warmup else None,
            warmup_steps=warmup,
        )
    loss: Any = "sparse_categorical_crossentropy"
    if training.label_smoothing:
        loss = package.losses.CategoricalCrossentropy(label_smoothing=training.label_smoothing)
    model.compile(
        optimizer=package.optimizers.Adam(
            rate,
            weight_decay=training.weight_decay or None,
            global_clipnorm=training.global_clipnorm,
        ),
        loss=loss,
        metrics=["accuracy"],
        **trainer.compiled,
    )


def _train_epoch(
    model: Any, dataset: Dataset, training: Training, epoch: int, trainer: Trainer, reporter: Any
) -> dict[str, float]:
    """Train for one epoch, validate, and return loss, accuracy, both on validation rows, and the seconds."""
    classes = len(dataset.classes) if training.label_smoothing else None
    rng = np.random.default_rng([training.seed, epoch])
    started = time.perf_counter()
    trainer.seed_dropout(model, rng)
    order = rng.permutation(len(dataset.train.y))
    x = augmented(dataset.train.x[order], training, rng)
    logs = model.fit(
        trainer.samples(x),
        _targets(dataset.train.y[order], classes),
        validation_data=(trainer.samples(dataset.validation.x), _targets(dataset.validation.y, classes)),
        batch_size=training.batch_size,
        shuffle=False,
        callbacks=[reporter],
        verbose=0,
    ).history
    seconds = time.perf_counter() - started
    return {**{name: float(values[0]) for name, values in logs.items()}, "seconds": seconds}


def _targets(y: Array, classes: int | None) -> Array:
    """Labels, or, where the number of classes is given, a row of 0 and 1 for each."""
    return y if classes is None else np.eye(classes, dtype=np.float32)[y]


def _reporter(trainer: Trainer, send: Send, done: int) -> Any:
    """A callback that sends an event now and then."""

    class Reporter(trainer.package.callbacks.Callback):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.done = done
            self.sent = 0.0

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.done += 1
            if time.monotonic() - self.sent > SECONDS_BETWEEN_EVENTS:
                self.sent = time.monotonic()
                send({"event": "batch", "done": self.done})

    return Reporter()


def _resume(files: RowFiles, trainer: Trainer) -> tuple[Any, dict[str, list[float]]]:
    """The model of the last checkpoint and the history up to it; None and an empty one if there is none."""
    checkpoints = files.checkpoints()
    if not checkpoints:
        return None, {}
    epoch, path = max(checkpoints.items())
    try:
        model = trainer.load(path)
        history = {name: values[:epoch] for name, values in files.read_history().items()}
    except Exception as error:
        raise MajuError(f"{path} cannot be continued; remove it to start anew ({one_line(error)})") from error
    return model, history


def _write_checkpoint(model: Any, history: dict[str, list[float]], files: RowFiles, epoch: int) -> None:
    # The history first: a checkpoint never lacks its history, and a longer one is cut to its epoch.
    with replacing(files.history) as path:
        path.write_text(json.dumps(history, indent=1), encoding="utf-8")
    _save_model(model, files.checkpoint(epoch))
    for earlier, path in files.checkpoints().items():
        if earlier < epoch:
            path.unlink()


def _save_model(model: Any, path: Path) -> None:
    # Keras writes to names that end in .keras alone, so that the temporary file needs a folder.
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        whole = Path(folder) / path.name
        model.save(whole)
        whole.replace(path)


def _end_with_parent() -> None:
    """End this process when the one that started it ends, however it does: its end of the pipe closes."""

    def watch() -> None:
        # Not sys.stdin.read: its lock, held here, makes the interpreter abort when it shuts down.
        while os.read(sys.stdin.fileno(), 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> int:
    """Do the job that standard input describes; on an error, send it as the event ``failed``."""
    # What TensorFlow prints must not come between the events: standard output becomes standard error.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(event: Event) -> None:
        events.write(json.dumps(event) + "\n")
        events.flush()

    try:
        job = json.loads(sys.stdin.buffer.readline())
        _end_with_parent()
        experiment = Experiment.model_validate_json(json.dumps(job["experiment"]))
        train(experiment, Path(job["folder"]), job["data_dir"], send)
    except Exception as error:
        traceback.print_exc()
        send({"event": "failed", "error": one_line(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
