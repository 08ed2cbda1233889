from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
import pytest

from callbacks.driving import drive, model_for
from maju import callbacks, metrics
from maju.errors import InputError, MissingExtraError, NotFiniteError

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("EarlyStopping", {"monitor": ""}, "EarlyStopping: monitor=''; expected a name"),
    ("EarlyStopping", {"mode": "down"}, "EarlyStopping: mode='down'; expected 'auto', 'min' or 'max'"),
    ("EarlyStopping", {"patience": 1.5}, "patience=1.5; expected a whole number of 0 or more"),
    ("EarlyStopping", {"min_delta": "much"}, "min_delta='much'; expected a finite number"),
    ("EarlyStopping", {"baseline": float("nan")}, "baseline=nan; expected a finite number"),
    ("EarlyStopping", {"start_from_epoch": -1}, "start_from_epoch=-1; expected"),
    ("EarlyStopping", {"restore_best_weights": 1}, "restore_best_weights=1; expected True or False"),
    ("ReduceLROnPlateau", {"factor": 1}, "factor=1; expected a number from 0 to less than 1"),
    ("ReduceLROnPlateau", {"factor": -0.1}, "factor=-0.1; expected a number of 0 or more"),
    ("ReduceLROnPlateau", {"min_lr": None}, "min_lr=None; expected"),
    ("ReduceLROnPlateau", {"cooldown": "3"}, "cooldown='3'; expected"),
    (
        "ModelCheckpoint",
        {"filepath": "m"},
        "filepath='m'; expected it to end in .keras, .h5, .safetensors, or",
    ),
    ("ModelCheckpoint", {"filepath": "m.weights.h5"}, "or with save_weights_only=True in .weights.h5"),
    (
        "ModelCheckpoint",
        {"filepath": "m.keras", "save_weights_only": True},
        "filepath='m.keras'; weights alone go to a .weights.h5",
    ),
    ("ModelCheckpoint", {"filepath": "m.keras", "save_freq": True}, "save_freq=True; expected 'epoch' or"),
    ("CSVLogger", {"filename": "a", "separator": ", "}, "separator=', '; expected one letter"),
    ("LearningRateScheduler", {"schedule": 0.1}, "schedule=0.1; expected a function of the epoch"),
    ("LambdaCallback", {"on_epoch_end": 3}, "on_epoch_end=3; expected a function"),
    ("LambdaCallback", {"on_epoch": print}, "there is no on_epoch; there are on_train_begin, "),
    ("TensorBoard", {"update_freq": 0}, "update_freq=0; expected 'epoch', 'batch' or a whole number"),
    ("TensorBoard", {"update_freq": "step"}, "update_freq='step'; expected"),
]


@pytest.mark.parametrize(
    ("name", "arguments", "message"), WRONG, ids=[f"{n} {next(iter(a))}" for n, a, _ in WRONG]
)
def test_wrong_ones(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        getattr(callbacks, name)(**arguments)
    assert message in str(error.value)


def test_every_public_name_is_there_and_documented() -> None:
    for name in callbacks.__all__:
        assert getattr(callbacks, name).__doc__, name


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(
        MissingExtraError, match=r"the callback TensorBoard needs .* pip install 'maju\[tensorboard\]'"
    ):
        callbacks.TensorBoard()


def test_a_direction_that_nobody_says() -> None:
    for metric in ({}, {"it": metrics.FalsePositives(name="it")}):
        callback = callbacks.EarlyStopping("val_it")
        with pytest.raises(
            InputError, match="whether more or less of 'val_it' is better is not known; give mode="
        ):
            drive(callback, model_for(callback, metric), [{"val_it": 1.0}])
    callback = callbacks.EarlyStopping("val_a_loss")
    found = drive(callback, model_for(callback), [{"val_a_loss": value} for value in (1.0, 0.5, 0.7)])
    assert [epoch["stops"] for epoch in found[:-1]] == [False, False, True]


def test_an_array_cannot_be_monitored() -> None:
    callback = callbacks.EarlyStopping("val_f1", mode="max")
    with pytest.raises(InputError, match="'val_f1' has 2 values; one is needed"):
        drive(callback, model_for(callback), [{"val_f1": np.array([1.0, 2.0])}])


@pytest.mark.parametrize("path", ["{auc}.keras", "{}.keras", "{epoch:x.keras", "{loss:d}.keras"])
def test_a_path_that_cannot_be_filled_in(path: str) -> None:
    callback = callbacks.ModelCheckpoint(path)
    with pytest.raises(
        InputError, match=r"ModelCheckpoint: filepath=.* cannot be filled in: .*there are epoch, loss"
    ):
        drive(callback, model_for(callback), [{"loss": 1.0}])


def test_a_schedule_that_gives_no_number() -> None:
    callback = callbacks.LearningRateScheduler(lambda epoch: 1)
    with pytest.raises(InputError, match=r"schedule\(0\) gave 1; expected a float"):
        drive(callback, model_for(callback), [{}])


def test_a_csv_file_that_cannot_be_written(tmp_path: Any) -> None:
    callback = callbacks.CSVLogger(tmp_path / "none" / "log.csv")
    with pytest.raises(InputError, match=r"log\.csv cannot be written \(No such file or directory\)"):
        drive(callback, model_for(callback), [{}])


def test_terminate_on_nan(capsys: pytest.CaptureFixture[str]) -> None:
    callback = callbacks.TerminateOnNaN()
    found = drive(callback, model_for(callback), [{"loss": 1.0}, {"loss": float("nan")}, {"loss": 1.0}])
    assert [epoch["stops"] for epoch in found[:-1]] == [False, True]
    assert "batch 1: the loss is nan; the training ends\n" in capsys.readouterr().out
    raising = callbacks.TerminateOnNaN(raise_error=True)
    with pytest.raises(NotFiniteError, match="batch 1: the loss is inf"):
        drive(raising, model_for(raising), [{"loss": float("inf")}])


def test_lambda_callback_is_told_everything() -> None:
    seen: list[Any] = []
    events = [name for name in vars(callbacks.Callback) if name.startswith("on_")]

    def told(name: str) -> Any:
        return lambda *given, **named: seen.append(name)

    callback = callbacks.LambdaCallback(**{name: told(name) for name in events})
    for name in events:
        getattr(callback, name)(*([{}] if "train_" in name or "test_" in name else [0, {}]))
    assert seen == events


def test_what_verbose_callbacks_say(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    falling = [{"val_loss": value, "loss": value} for value in (0.5, 0.4, 0.6, 0.7)]
    for callback in (
        callbacks.EarlyStopping(patience=1, verbose=1, restore_best_weights=True),
        callbacks.ReduceLROnPlateau(patience=1, verbose=1),
        callbacks.LearningRateScheduler(lambda epoch: 0.5, verbose=1),
        callbacks.ModelCheckpoint(tmp_path / "m.keras", verbose=1, save_best_only=True),
    ):
        drive(callback, model_for(callback), falling)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "epoch 3: early stopping",
        "the weights of the best epoch, 2, are put back",
        "epoch 3: the learning rate is reduced to 0.01",
        "epoch 4: the learning rate is reduced to 0.001",
        *(f"epoch {epoch}: the learning rate is 0.5" for epoch in (1, 2, 3, 4)),
        f"epoch 1: saved {tmp_path / 'm.keras'}",
        f"epoch 2: saved {tmp_path / 'm.keras'}",
        "epoch 3: val_loss is not better than 0.40000",
        "epoch 4: val_loss is not better than 0.40000",
    ]


def test_importing_callbacks_needs_neither_rich_nor_tensorboard(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rich", "rich.progress", "tensorboardX"):
        monkeypatch.setitem(sys.modules, name, None)
    importlib.reload(callbacks)
