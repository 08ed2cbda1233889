"""`Model.predict`: by the engine, never by a plan that no longer holds."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import maju
from engine.test_plan import scrambled
from layers.examples import EXAMPLES, build
from maju import layers
from maju.callbacks import LambdaCallback
from maju.engine.fingerprint import fingerprint
from maju.errors import InputError
from maju.layers.base import Array

X = np.random.default_rng(5).normal(size=(70, 8, 6, 3)).astype(np.float32)


def small() -> Any:
    model = maju.Sequential(
        [
            layers.Input((8, 6, 3)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.Flatten(),
            layers.Dense(5, activation="softmax", name="head"),
        ]
    )
    return scrambled(model)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    small().save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def double(array: Array) -> None:
    array *= 2


def freeze_of(model: Any) -> None:
    model["norm"].epsilon = 0.5


def retrain(model: Any) -> None:
    model.compile(maju.optimizers.SGD(0.5), "sparse_categorical_crossentropy")
    model.fit(X, np.arange(70) % 5, epochs=1, verbose=0)


CHANGES: dict[str, Callable[[Any], None]] = {
    "a weight by the layer's name": lambda model: double(model["conv"].kernel),
    "a weight of layers": lambda model: double(model.layers[-1].kernel),
    "a weight of get_layer": lambda model: double(model.get_layer("conv").bias),
    "a weight of weights": lambda model: double(model.weights["norm/gamma"]),
    "a moving average": lambda model: double(model["norm"].moving_variance),
    "one number of a weight": lambda model: double(model["head"].kernel[3:4, 2:3]),
    "another array": lambda model: setattr(model["head"], "bias", np.ones(5, np.float32)),
    "a hyper-parameter": freeze_of,
    "an activation": lambda model: setattr(model["conv"], "activation", "tanh"),
    "set_weights": lambda model: model.set_weights([2 * w for w in model.get_weights()]),
    "training": retrain,
    "a layer of a tensor": lambda model: double(model.output.call.node.kernel),
    "a node": lambda model: double(model.nodes["conv"].kernel),
    "a copy": lambda model: double(copy.copy(model)["conv"].kernel),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("loaded", [True, False], ids=["loaded", "built"])
def test_what_is_changed_shows(change: str, loaded: bool, path: Path) -> None:
    model = maju.load(path) if loaded else small()
    before = model.predict(X)
    CHANGES[change](model)
    after = model.predict(X)
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, model.forward(X), atol=1e-6)


def test_weights_that_are_loaded_show(path: Path, tmp_path: Path) -> None:
    model = maju.load(path)
    before = model.predict(X)
    scrambled(small(), seed=9).save_weights(tmp_path / "other.weights.h5")
    model.load_weights(tmp_path / "other.weights.h5")
    assert np.abs(model.predict(X) - before).max() > 1e-3
    np.testing.assert_allclose(model.predict(X), model.forward(X), atol=1e-6)


def test_a_layer_in_the_place_of_the_file_s_may_be_changed(path: Path) -> None:
    mine: Any = maju.load(path)["head"]
    model = maju.load(path, replace={"head": mine})
    before = model.predict(X)
    double(mine.kernel)
    assert np.abs(model.predict(X) - before).max() > 1e-3


@pytest.mark.parametrize(
    "how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"]
)
def test_a_copy_predicts_alike(how: Callable[[Any], Any], path: Path) -> None:
    model = maju.load(path)
    before = model.predict(X)
    np.testing.assert_array_equal(how(model).predict(X), before)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_number_of_a_layer_is_in_its_fingerprint(name: str) -> None:
    layer = build(name)
    before = fingerprint(layer)
    assert fingerprint(layer) == before
    for weight in layer.weights.values():
        if weight.size and weight.dtype.kind == "f":
            place = np.unravel_index(weight.size // 2, weight.shape)
            held = weight[place]
            weight[place] = held + 1
            assert fingerprint(layer) != before
            weight[place] = held
    assert fingerprint(layer) == before


# What goes in, and what comes out


def batches(size: int = 30) -> Any:
    return (X[start : start + size] for start in range(0, len(X), size))


@pytest.mark.parametrize("given", [lambda: X, batches, lambda: ((part, None) for part in batches())])
def test_outputs_go_into_an_array_of_ones_own(given: Callable[[], Any], path: Path, tmp_path: Path) -> None:
    model = maju.load(path)
    file = np.lib.format.open_memmap(tmp_path / "y.npy", "w+", np.float32, (70, 5))
    assert model.predict(given(), out=file) is file
    file.flush()
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), model.forward(X), atol=1e-6)


def test_a_memory_mapped_array_is_taken_as_it_lies(path: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    model = maju.load(path)
    y = model.predict(np.load(tmp_path / "x.npy", mmap_mode="r"))
    np.testing.assert_array_equal(y, model.predict(X))


def test_several_outputs_go_into_several_arrays() -> None:
    x = maju.Input((3,))
    parts = {"a": layers.Dense(2)(x), "b": layers.Dense(4)(x)}
    model = maju.Model(x, parts)
    values = np.ones((9, 3), np.float32)
    out = {"a": np.empty((9, 2), np.float32), "b": np.empty((9, 4), np.float32)}
    assert model.predict(values, out=out) is out
    for name, expected in model.predict(values).items():
        np.testing.assert_array_equal(out[name], expected)
    with pytest.raises(InputError, match="out: expected a dict of a, b"):
        model.predict(values, out=[out["a"], out["b"]])


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (np.empty((70, 4), np.float32), r"'head' has shape \(70, 5\) .* the array for it \(70, 4\)"),
        (np.empty((70, 5)), "dtype float32, the array for it .* float64"),
        (np.empty((71, 5), np.float32), r"\(70, 5\) .*\(71, 5\)"),
        ([[0] * 5] * 70, "expected an array that can be written, got list"),
        (np.broadcast_to(np.float32(0), (70, 5)), "can be written"),
    ],
)
def test_an_array_that_does_not_fit_is_refused(out: Any, message: str, path: Path) -> None:
    with pytest.raises(InputError, match=message):
        maju.load(path).predict(X, out=out)


def test_a_stream_must_fill_its_array(path: Path) -> None:
    model = maju.load(path)
    with pytest.raises(InputError, match=r"has shape \(70, 5\) .* the array for it \(80, 5\)"):
        model.predict(batches(), out=np.empty((80, 5), np.float32))
    with pytest.raises(InputError, match=r"has shape \(70, 5\) .* the array for it \(65, 5\)"):
        model.predict(batches(), out=np.empty((65, 5), np.float32))


def test_classes_go_into_an_array(path: Path) -> None:
    model = maju.CNNFromScratch.load(path)
    out = np.empty(70, np.int64)
    assert model.predict(X, out=out) is out
    np.testing.assert_array_equal(out, model.predict_proba(X).argmax(axis=1))
    with pytest.raises(InputError, match="out: expected an array for 70 class ids"):
        model.predict(X, out=np.empty((70, 5)))


def test_threads_change_not_one_bit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = maju.load(path)
    found = []
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("MAJU_NUM_THREADS", threads)
        found.append(model.predict(np.tile(X, (20, 1, 1, 1))))
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])


def test_callbacks_hear_of_every_batch(path: Path) -> None:
    seen: list[Any] = []
    told = LambdaCallback(on_predict_batch_end=lambda batch, logs: seen.append(logs["outputs"]))
    model = maju.load(path)
    y = model.predict(X, callbacks=[told])
    assert [len(part) for part in seen] == [32, 32, 6]
    np.testing.assert_array_equal(np.concatenate(seen), y)


def test_steps_end_it(path: Path) -> None:
    model = maju.load(path)
    assert len(model.predict(X, batch_size=20, steps=2)) == 40
    assert len(model.predict(X, batch_size=20, steps=9)) == 70


class OverRows(maju.layers.Layer):
    """What each row is more than the mean of those that are computed with it."""

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        return x - x.mean(axis=0)


@pytest.mark.parametrize("batch_size", [None, 7, 70])
def test_rows_that_are_computed_together_are_those_of_a_batch(batch_size: int | None) -> None:
    maju.register("OverRows")(OverRows)
    model = maju.Sequential([layers.Input((3,)), OverRows(name="over")])
    maju.unregister("OverRows")
    x = X[:, 0, 0]
    size = batch_size or 32
    expected = [part - part.mean(axis=0) for part in np.split(x, range(size, 70, size))]
    np.testing.assert_allclose(model.predict(x, batch_size), np.concatenate(expected), atol=1e-6)
    stream = (x[start : start + size] for start in range(0, 70, size))
    np.testing.assert_allclose(model.predict(stream), np.concatenate(expected), atol=1e-6)


@pytest.mark.parametrize("batch_size", [None, 7, 70])
def test_the_first_axis_may_be_of_more_than_the_rows(batch_size: int | None) -> None:
    x = keras.Input((4, 3))
    model = maju.load(keras.Model(x, keras.ops.reshape(x, (-1, 3)) * 2))
    given = X[:, :4, 0]
    out = np.empty((280, 3), np.float32)
    for y in (model.predict(given, batch_size), model.predict(given, batch_size, out=out)):
        np.testing.assert_array_equal(y, 2 * given.reshape(-1, 3))


# Whatever is called, and however


def test_a_layer_may_be_given_constants_and_states_in_a_list() -> None:
    x, state = keras.Input((5, 4)), keras.Input((3,))
    constant = keras.ops.convert_to_tensor(np.arange(20, dtype=np.float32).reshape(1, 5, 4))
    h = keras.layers.Add()([x, constant])
    model = maju.load(keras.Model([x, state], keras.layers.SimpleRNN(3)(h, initial_state=state)))
    given = [X[:, :5, 0, :1] * np.arange(4, dtype=np.float32), X[:, 0, 0]]
    np.testing.assert_allclose(model.predict(given), model.forward(given), atol=1e-6)


@pytest.mark.parametrize(
    "stretch",
    [
        lambda x: x * np.arange(70, dtype=np.float32)[:, np.newaxis],
        lambda x: keras.layers.Add()([x, keras.ops.convert_to_tensor(np.eye(70, 3, dtype=np.float32))]),
        lambda x: x * keras.ops.take(keras.ops.sum(x, axis=1), np.array([0, 1, 2])),
        lambda x: keras.ops.where(np.arange(70)[:, np.newaxis] % 2 == 0, x, -x),
    ],
)
def test_rows_that_are_stretched_to_those_of_a_constant_stay_together(stretch: Any) -> None:
    x = keras.Input((3,))
    model = maju.load(keras.Model(x, stretch(x)))
    given = X[:, 0, 0]
    np.testing.assert_allclose(model.predict(given, batch_size=70), model.forward(given), atol=1e-6)


def test_rows_are_kept_apart_where_a_constant_has_none() -> None:
    x = keras.Input((3,))
    y = keras.ops.maximum(2 * x + np.arange(3, dtype=np.float32), np.ones((1, 3), np.float32))
    assert maju.load(keras.Model(x, y)).plan(print_fn=None).tile is not None
