"""Whole trainings with callbacks, in maju and in Keras."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import maju
from maju import callbacks, layers, optimizers
from maju.callbacks import Callback
from maju.errors import InputError, NotFiniteError
from maju.layers.base import Array

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4)).astype(np.float32)
Y = (X[:, :1] + 0.5 * RNG.normal(size=(50, 1)) > 0).astype(np.float32)
SETTINGS: dict[str, Any] = {
    "batch_size": 8,
    "epochs": 12,
    "shuffle": False,
    "validation_split": 0.3,
    "verbose": 0,
}


def keras_model() -> Any:
    keras.utils.set_random_seed(1)
    made = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, activation="tanh"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    made.compile(keras.optimizers.SGD(0.6), "binary_crossentropy", metrics=["accuracy"])
    return made


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    made = keras_model()
    path = tmp_path_factory.mktemp("models") / "model.keras"
    made.save(path)
    return made, path


def own_model(path: Path) -> maju.Model:
    made = maju.load(path)
    made.compile(optimizers.SGD(0.6), "binary_crossentropy", metrics=["accuracy"])
    return made


def small() -> maju.Model:
    maju.random.set_random_seed(2)
    made = maju.Sequential([maju.Input((4,)), layers.Dense(1, activation="sigmoid")])
    made.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return made


def recording(base: Any, events: list[Any]) -> Any:
    """A callback that writes down what it is told."""

    def method(name: str) -> Any:
        def told(self: Any, *given: Any, **named: Any) -> None:
            logs = named.get("logs", given[-1] if given else None) or {}
            numbers = [value for value in given if isinstance(value, int)]
            events.append((name, numbers, sorted(logs)))

        return told

    names = [name for name in vars(Callback) if name.startswith("on_")]
    return type("Recording", (base,), {name: method(name) for name in names})()


@pytest.mark.slow
def test_as_in_keras(models: tuple[Any, Path], tmp_path: Path) -> None:
    theirs, path = models
    found = []
    for module, model in ((callbacks, own_model(path)), (keras.callbacks, theirs)):
        folder = tmp_path / module.__name__
        events: list[Any] = []
        given = [
            recording(module.Callback, events),
            module.ModelCheckpoint(str(folder / "{epoch:02d}-{accuracy:.2f}.keras"), save_best_only=True),
            module.EarlyStopping(patience=2, restore_best_weights=True, monitor="val_accuracy"),
            module.ReduceLROnPlateau(patience=0, factor=0.4, min_delta=0.05),
            module.CSVLogger(str(folder / "log.csv")),
            module.TensorBoard(
                str(folder / "logs"), update_freq=1, **({} if model is not theirs else {"write_graph": False})
            ),
        ]
        folder.mkdir()
        history = model.fit(X, Y, **SETTINGS, callbacks=given)
        model.evaluate(X, Y, verbose=0, callbacks=given[-1:])
        weights = model.get_weights() if model is theirs else list(model.weights.values())
        rows = [line.split(",") for line in (folder / "log.csv").read_text().splitlines()]
        saved = sorted(path.name for path in folder.glob("*.keras"))
        found.append((history, weights, rows, saved, events, scalars(folder / "logs")))
    (own, own_weights, own_rows, own_saved, own_events, own_scalars), expected = found
    assert sorted(own.history) == sorted(expected[0].history)
    assert own.epoch == expected[0].epoch
    assert len(own.epoch) < SETTINGS["epochs"]
    assert len(set(own.history["learning_rate"])) > 1
    for name, values in own.history.items():
        np.testing.assert_allclose(values, expected[0].history[name], rtol=2e-5, err_msg=name)
    for weight, their_weight in zip(own_weights, expected[1], strict=True):
        np.testing.assert_allclose(weight, their_weight, atol=2e-6)
    assert own_rows[0] == expected[2][0]
    np.testing.assert_allclose(np.array(own_rows[1:], float), np.array(expected[2][1:], float), rtol=2e-5)
    assert own_saved == expected[3]
    assert own_events == expected[4]
    assert own_scalars.keys() == expected[5].keys()
    for name, points in own_scalars.items():
        np.testing.assert_allclose(points, expected[5][name], rtol=2e-5, err_msg=name)


def scalars(folder: Path) -> dict[str, Array]:
    """(step, value) of each name, as TensorBoard reads it."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    found = {}
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        events = EventAccumulator(str(place), size_guidance={"scalars": 0, "tensors": 0})
        events.Reload()
        tags = events.Tags()
        for tag in tags["scalars"]:
            found[f"{place.name}/{tag}"] = np.array([(e.step, e.value) for e in events.Scalars(tag)])
        for tag in tags["tensors"]:
            points = [(e.step, float(make_ndarray(e.tensor_proto))) for e in events.Tensors(tag)]
            if not tag.startswith("keras"):
                found[f"{place.name}/{tag}"] = np.array(points)
    return found


def test_steps_per_second(tmp_path: Path) -> None:
    board = callbacks.TensorBoard(tmp_path, update_freq="batch", write_steps_per_second=True)
    small().fit(X, Y, epochs=2, verbose=0, callbacks=[board])
    found = scalars(tmp_path)
    assert found["train/batch_steps_per_second"][:, 0].tolist() == [1, 2, 3, 4]
    assert found["train/epoch_steps_per_second"][:, 0].tolist() == [0, 1]
    assert (found["train/epoch_steps_per_second"][:, 1] > 1).all()
    assert not (tmp_path / "validation").exists()


def test_the_saved_models_are_those_of_their_epochs(tmp_path: Path) -> None:
    model = small()
    kept: list[Array] = []
    model.fit(
        X,
        Y,
        epochs=3,
        verbose=0,
        callbacks=[
            callbacks.ModelCheckpoint(tmp_path / "new" / "{epoch}.keras"),
            callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True),
            callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.predict(X))),
        ],
    )
    for epoch, expected in enumerate(kept):
        loaded = maju.load(tmp_path / "new" / f"{epoch + 1}.keras")
        np.testing.assert_array_equal(loaded.predict(X), expected)
        np.testing.assert_array_equal(
            small().load_weights(tmp_path / f"{epoch + 1}.weights.h5").predict(X), expected
        )


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.keras"
    saving = callbacks.ModelCheckpoint(path)
    small().fit(X, Y, verbose=0, callbacks=[saving])
    before = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(maju.ModelFormatError, match=r"model\.keras: cannot be written \(No space left"):
        small().fit(X, Y, epochs=2, verbose=0, callbacks=[saving])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_history_holds_what_callbacks_put_into_the_logs() -> None:
    own = callbacks.History()
    scheduler = callbacks.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1))
    history = small().fit(X, Y, epochs=2, verbose=0, callbacks=[own, scheduler])
    assert history is own
    assert history.history["learning_rate"] == [0.5, 0.25]
    assert history.epoch == [0, 1]


def test_a_single_callback_need_not_be_in_a_list() -> None:
    seen: list[int] = []
    told = callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: seen.append(batch))
    small().fit(X, Y, verbose=0, callbacks=told)
    assert seen == [0, 1]


def test_callbacks_are_closed_when_a_training_ends_by_an_error() -> None:
    class Open(Callback):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    held = Open()
    bad = X.copy()
    bad[3] = np.inf
    with pytest.raises(NotFiniteError):
        small().fit(bad, Y, verbose=0, callbacks=[held])
    assert held.closed == 1
    with pytest.raises(InputError, match="there is no 'nothing'"):
        small().fit(X, Y, verbose=0, callbacks=[held, callbacks.ModelCheckpoint("{nothing}.keras")])
    assert held.closed == 2
    small().evaluate(X, Y, verbose=0, callbacks=[held])
    assert held.closed == 3


def test_nan_ends_a_training_by_itself() -> None:
    """TerminateOnNaN has nothing to do in maju's fit, which stops before the weights are harmed."""
    bad = X.copy()
    bad[40] = np.nan
    model = small()
    with pytest.raises(NotFiniteError, match="epoch 1, batch 2: the input"):
        model.fit(bad, Y, verbose=0, shuffle=False, callbacks=[callbacks.TerminateOnNaN()])
    assert all(np.isfinite(array).all() for array in model.weights.values())


def test_monitoring_what_is_not_there_warns_and_goes_on() -> None:
    with pytest.warns(
        UserWarning, match="early stopping needs 'val_loss', which is not among accuracy, loss|loss, accuracy"
    ):
        history = small().fit(X, Y, epochs=2, verbose=0, callbacks=[callbacks.EarlyStopping()])
    assert history.epoch == [0, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        callback = callbacks.ReduceLROnPlateau()
        small().fit(X, Y, epochs=2, verbose=0, callbacks=[callback])
    assert callback.best is None


def test_a_learning_rate_that_follows_a_schedule_cannot_be_set() -> None:
    model = small()
    model.compile(optimizers.SGD(maju.schedules.ExponentialDecay(0.1, 10, 0.5)), "binary_crossentropy")
    for callback in (callbacks.ReduceLROnPlateau(), callbacks.LearningRateScheduler(lambda epoch: 0.1)):
        with pytest.raises(InputError, match=r"the learning rate follows ExponentialDecay and cannot be set"):
            model.fit(X, Y, verbose=0, callbacks=[callback])
