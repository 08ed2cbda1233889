"""Each callback beside Keras's own of the same arguments, both told the same."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from callbacks.driving import drive, keras_model_for, model_for
from maju import callbacks, metrics


def both(name: str, arguments: dict[str, Any], epochs: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    own, theirs = getattr(callbacks, name)(**arguments), getattr(keras.callbacks, name)(**arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a number that is missing
        return [
            drive(own, model_for(own), epochs),
            drive(theirs, keras_model_for(theirs), epochs),
        ]


def losses(seed: int, length: int = 14) -> list[float]:
    """Falling in steps, and then on a plateau, with repetitions and a NaN."""
    rng = np.random.default_rng(seed)
    values = (np.abs(np.cumsum(rng.normal(-0.15, 0.3, length)) + 2)).round(1)
    if seed % 4 == 3:
        values[length // 2] = np.nan
    return [float(value) for value in values]


def epochs_of(seed: int) -> list[dict[str, Any]]:
    found = [{"loss": loss, "val_loss": loss + 0.05} for loss in losses(seed)]
    if seed % 5 == 4:
        del found[3]["val_loss"]
    return found


STOPPING = [
    {"patience": patience, **others}
    for patience in (0, 2)
    for others in (
        {},
        {"restore_best_weights": True},
        {"min_delta": 0.25, "monitor": "loss"},
        {"min_delta": -0.25, "mode": "max", "restore_best_weights": True},
        {"baseline": 1.5, "restore_best_weights": True},
        {"start_from_epoch": 4, "restore_best_weights": True},
    )
]


@pytest.mark.parametrize("arguments", STOPPING, ids=str)
def test_early_stopping(arguments: dict[str, Any]) -> None:
    lengths = set()
    for seed in range(8):
        own, theirs = both("EarlyStopping", arguments, epochs_of(seed))
        np.testing.assert_equal(own, theirs)
        lengths.add(len(own))
    assert len(lengths) > 1


REDUCING = [
    {"patience": patience, "factor": factor, **others}
    for patience, factor in ((0, 0.3), (1, 0.5), (2, 0.0))
    for others in (
        {},
        {"min_delta": 0.3, "monitor": "loss"},
        {"cooldown": 2, "min_lr": 0.04},
        {"mode": "max", "cooldown": 1},
    )
]


@pytest.mark.parametrize("arguments", REDUCING, ids=str)
def test_reduce_lr_on_plateau(arguments: dict[str, Any]) -> None:
    rates: set[Any] = set()
    for seed in range(8):
        own, theirs = both("ReduceLROnPlateau", arguments, epochs_of(seed))
        np.testing.assert_equal(own, theirs)
        rates |= {epoch["rate"] for epoch in own[:-1]}
    assert len(rates) > 1


def test_learning_rate_scheduler() -> None:
    for schedule in (lambda epoch, rate: rate * 0.7 + epoch / 10, lambda epoch: 1 / (epoch + 1)):
        own, theirs = both("LearningRateScheduler", {"schedule": schedule}, epochs_of(0))
        np.testing.assert_equal(own, theirs)


SAVING = [
    {"filepath": "{epoch:02d}-{val_loss:.2f}.keras"},
    {"filepath": "m.keras", "save_best_only": True},
    {"filepath": "{epoch}.weights.h5", "save_best_only": True, "mode": "max", "save_weights_only": True},
    {"filepath": "{epoch}.h5", "save_best_only": True, "monitor": "loss", "initial_value_threshold": 1.2},
    {"filepath": "{epoch}-{batch}-{loss:.1f}.keras", "save_freq": 2},
    {
        "filepath": "{epoch}-{batch:03d}.keras",
        "save_freq": 4,
        "monitor": "loss",
        "save_best_only": True,
        "mode": "min",
    },
    {"filepath": "m.keras", "save_freq": 5},
]


@pytest.mark.parametrize("arguments", SAVING, ids=lambda given: ", ".join(map(str, given.values())))
def test_model_checkpoint(arguments: dict[str, Any], tmp_path: Path) -> None:
    arguments = {**arguments, "filepath": str(tmp_path / arguments["filepath"])}
    counts = []
    for seed in (0, 1, 2, 3):
        epochs = epochs_of(seed)
        keras_callback = keras.callbacks.ModelCheckpoint(**arguments)
        if "mode" in arguments and "save_freq" in arguments:
            keras_callback.set_model(keras_model_for(keras_callback))
            keras_callback._set_monitor_op()  # which it else does only at the end of the first epoch
        own = callbacks.ModelCheckpoint(**arguments)
        found = drive(own, model_for(own), epochs)
        np.testing.assert_equal(found, drive(keras_callback, keras_model_for(keras_callback), epochs))
        counts.append(len(found[-2]["saved"]))
    assert max(counts) > 1


@pytest.mark.parametrize("append", [False, True], ids=["anew", "appended"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_csv_logger(append: bool, separator: str, tmp_path: Path) -> None:
    histories: list[list[dict[str, Any]]] = [
        [{"loss": 0.5, "accuracy": 0.25, "val_loss": 0.1}, {"loss": 1e-9, "accuracy": float("nan")}],
        [{"loss": 2, "f1": np.array([0.5, 0.25])}, {"loss": np.float32(0.1), "f1": np.array([1.0, 0.0])}],
        [{}],
    ]
    for first, second in itertools.product(histories, histories):
        texts = []
        for module, model in ((callbacks, model_for), (keras.callbacks, keras_model_for)):
            path = tmp_path / "log.csv"
            path.unlink(missing_ok=True)
            for epochs in (first, second):
                callback = module.CSVLogger(str(path), separator=separator, append=append)
                drive(callback, model(callback), epochs)
            texts.append(path.read_bytes())
        assert texts[0] == texts[1]


def test_the_directions_of_metrics() -> None:
    compared = 0
    for name in metrics.__all__:
        theirs = getattr(keras.metrics, name, None)
        own = getattr(metrics, name)
        if not isinstance(theirs, type) or name in ("Metric", "Mean", "Sum"):
            continue
        one = (0.5,) if "At" in name else ()
        assert own.direction == getattr(theirs(*one), "_direction", None), name
        compared += 1
    assert compared > 30


def test_a_metric_that_says_its_direction() -> None:
    for metric, values, stops in (
        (metrics.AUC(name="it"), [0.5, 0.6, 0.4], 2),
        (metrics.MeanSquaredError(name="it"), [0.5, 0.4, 0.6], 2),
        (metrics.MeanSquaredError(name="it"), [0.5, 0.6, 0.4], 1),
    ):
        callback = callbacks.EarlyStopping("val_it")
        found = drive(callback, model_for(callback, {"it": metric}), [{"val_it": value} for value in values])
        assert [epoch["stops"] for epoch in found[:-1]] == [False] * stops + [True]
