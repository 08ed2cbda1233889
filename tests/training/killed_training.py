"""A small training with all that remembers anything, which another process may kill; see test_resume."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import maju
from maju import callbacks, layers, metrics, optimizers, random
from maju.callbacks import Callback
from maju.layers.base import Array

EPOCHS = 9
BATCHES = 7  # of an epoch


def data() -> tuple[Array, Array]:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(80, 6)).astype(np.float32)
    return x, (x[:, 0] + rng.normal(size=80) > 0).astype(np.int64)


def model(seed: int = 3, units: int = 5) -> maju.Model:
    random.set_random_seed(seed)
    made = maju.Sequential(
        [
            maju.Input((6,)),
            layers.Dense(units, activation="tanh", kernel_regularizer="l2"),
            layers.BatchNormalization(momentum=0.7),
            layers.Dropout(0.4, seed=seed),
            layers.GaussianNoise(0.1, seed=seed),
            layers.Dense(2, activation="softmax"),
        ]
    )
    made.compile(
        optimizers.Adam(0.02, use_ema=True, ema_overwrite_frequency=5, amsgrad=True, clipnorm=1.0),
        "sparse_categorical_crossentropy",
        metrics=["accuracy", metrics.SparseTopKCategoricalAccuracy(1)],
    )
    return made


def noisy(x: Array, rng: np.random.Generator) -> Array:
    return np.asarray(x + rng.normal(scale=0.1, size=x.shape).astype(x.dtype))


def fit(made: maju.Model, folder: Path, save_freq: Any, *others: Callback) -> dict[str, Any]:
    """Train, and tell all that must be the same however often the training was cut off."""
    x, y = data()
    stopping = callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    history = made.fit(
        x,
        y,
        batch_size=10,
        epochs=EPOCHS,
        verbose=0,
        validation_split=0.125,
        augment=noisy,
        callbacks=[
            callbacks.BackupAndRestore(folder / "backup", save_freq),
            stopping,
            callbacks.ReduceLROnPlateau(patience=0, factor=0.5, monitor="loss", min_delta=0.02),
            callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
            callbacks.CSVLogger(folder / "log.csv"),
            *others,
        ],
    )
    # By number: the names of layers count on in a process.
    found: dict[str, Any] = {f"weight {n}": array for n, array in enumerate(made.weights.values())}
    found |= {f"slot {n}": array for n, array in enumerate(made.optimizer.variables.values())}
    found |= {f"history {name}": np.array(values) for name, values in history.history.items()}
    found["epochs"] = np.array(history.epoch)
    found["stopped"] = np.array([stopping.stopped_epoch, stopping.best_epoch, stopping.wait])
    found["csv"] = np.frombuffer((folder / "log.csv").read_bytes(), np.uint8)
    found["next seed"] = np.array(random.generator().integers(1 << 62))
    return found


def say_batch(batch: int, logs: Any) -> None:
    sys.stdout.write(f"{batch}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    to = Path(sys.argv[1])
    told = callbacks.LambdaCallback(on_train_batch_begin=say_batch)
    np.savez(to / "found.npz", **fit(model(), to, int(sys.argv[2]), told))
