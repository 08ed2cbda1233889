"""maju.Model(inputs, outputs): graphs that are put together here, and that Keras opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import maju
from layers.examples import values
from maju.errors import InputError

X, Z = values(3, 4), values(3, 4) + 1
TOKENS = np.array([[3, 1, 0, 0], [2, 2, 5, 0], [1, 0, 0, 0]], np.int32)


def shared(lib: Any) -> Any:
    a, b = lib.Input((4,), name="a"), lib.Input((4,), name="b")
    dense = lib.layers.Dense(3, activation="tanh")
    joined = lib.layers.Concatenate()([dense(a), dense(b), dense(dense_in(lib, a))])
    return lib.Model([a, b], [lib.layers.Dense(2)(joined), joined])


def dense_in(lib: Any, x: Any) -> Any:
    return lib.layers.Dense(4)(x)


def dicts(lib: Any) -> Any:
    inputs = {"b": lib.Input((4,), name="b"), "a": lib.Input((4,), name="a")}
    y = lib.layers.Add()([inputs["a"], inputs["b"]])
    return lib.Model(inputs, {"sum": y, "row": lib.layers.Dense(1)(y)})


def nested(lib: Any) -> Any:
    a, b = lib.Input((4,), name="a"), lib.Input((4,), name="b")
    x = lib.Input((4,))
    inner = lib.Model(x, lib.layers.Dense(4)(lib.layers.Dense(5, activation="relu")(x)), name="inner")
    stack = lib.Sequential([inner, lib.layers.Dense(2)], name="stack")
    return lib.Model([a, b], lib.layers.Add()([stack(a), stack(b)]))


def operators(lib: Any) -> Any:
    a, b = lib.Input((4,), name="a"), lib.Input((4,), name="b")
    far = (a > 0) & (b <= 1) | ~(a < b)
    return lib.Model([a, b], [far, a >= b, b**2 / a, 2 - a, a // b, abs(a) % 0.7])


def arithmetic(lib: Any) -> Any:
    a, b = lib.Input((4,), name="a"), lib.Input((4,), name="b")
    y = (1 - a) * b / 2 + 3**b - abs(-a) @ np.eye(4, dtype=np.float32)
    return lib.Model(
        [a, b], [y[:, 1:], y[:, 0], lib.layers.Dense(2)(y[..., ::2] % 2 + 1.5 // (b[:, :2] + 9))]
    )


def attention(lib: Any) -> Any:
    a, b = lib.Input((4,), name="a"), lib.Input((4,), name="b")
    left, right = (lib.layers.Reshape((2, 2))(x) for x in (a, b))
    y, scores = lib.layers.MultiHeadAttention(2, 3)(left, right, return_attention_scores=True)
    return lib.Model([a, b], [y, scores])


PAIRS = [shared, dicts, nested, arithmetic, operators, attention]


def masks(lib: Any) -> Any:
    x = lib.Input((None,), dtype="int32")
    h = lib.layers.Embedding(6, 3, mask_zero=True)(x)
    h = lib.layers.Bidirectional(lib.layers.LSTM(4, return_sequences=True))(h)
    h, *states = lib.layers.GRU(3, return_state=True, return_sequences=True)(h)
    h = lib.layers.LSTM(2)(lib.layers.TimeDistributed(lib.layers.Dense(3))(h))
    return lib.Model(x, [lib.layers.Dense(2, activation="softmax")(h), *states])


def steps(lib: Any) -> Any:
    x = lib.Input((None,), dtype="int32")
    h = lib.layers.Embedding(6, 4)(x)
    inner = lib.Sequential([lib.layers.Input((4,)), lib.layers.Dense(3), lib.layers.Dense(2)])
    h = lib.layers.TimeDistributed(inner)(lib.layers.Masking(0.5)(h))
    h = lib.layers.RNN([lib.layers.GRUCell(3), lib.layers.LSTMCell(2)])(h)
    return lib.Model(x, h)


@pytest.mark.parametrize("make", [*PAIRS, masks, steps])
def test_keras_makes_and_runs_the_same_model(make: Callable[[Any], Any], tmp_path: Path) -> None:
    ours, theirs = make(maju), make(keras)
    x: Any = [X, Z] if make in PAIRS else TOKENS
    x = {"a": X, "b": Z} if make is dicts else x
    ours.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    mine, keras_s = maju.models.inputs.flat(ours.predict(x)), keras.tree.flatten(again.predict(x, verbose=0))
    for one, other in zip(mine, keras_s, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    # Keras's order of layers is that of its weights in optimizers and in legacy files.
    assert [type(layer).__name__ for layer in theirs.layers] == [
        layer.spec.kind if isinstance(layer, maju.Model) else layer.keras_class for layer in ours.layers
    ]
    assert [tuple(w.shape) for w in theirs.weights] == [w.shape for w in ours.weights.values()]
    for variable, array in zip(theirs.weights, ours.weights.values(), strict=True):
        variable.assign(array)
    for one, other in zip(mine, keras.tree.flatten(theirs.predict(x, verbose=0)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_two_models_share_their_layers() -> None:
    x = maju.Input((4,))
    h = maju.layers.Dense(3, name="h")(x)
    first, second = maju.Model(x, h), maju.Model(x, maju.layers.Dense(2)(h))
    first["h"].weights["kernel"][...] = 0
    assert not second["h"].weights["kernel"].any()
    assert second["h"] is first["h"]


def test_layers_of_a_loaded_model_go_into_a_new_one(tmp_path: Path) -> None:
    maju.Sequential([maju.Input((4,)), maju.layers.Dense(3, name="h"), maju.layers.Dense(2)]).save(
        tmp_path / "m.keras"
    )
    base = maju.load(tmp_path / "m.keras")
    x = maju.Input((4,))
    head = maju.Model(x, maju.layers.Dense(5)(base["h"](x)))
    np.testing.assert_allclose(head.activations(X)["h"], base.activations(X)["h"], atol=1e-6)
    around = maju.Sequential([base, maju.layers.Dense(1)])
    around.layers[1].trainable = False
    assert list(around.trainable_weights) == [
        f"{around.layers[2].name}/kernel",
        f"{around.layers[2].name}/bias",
    ]
    np.testing.assert_allclose(around.predict(X).shape, (3, 1))


def test_names_are_counted_as_keras_counts_them() -> None:
    maju.clear_session()
    keras.utils.clear_session()
    for make in (shared, shared, masks):
        ours, theirs = make(maju), make(keras)
        assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
        assert ours.name == theirs.name


def test_what_tensors_are() -> None:
    x = maju.Input((4, None, 2), batch_size=3, name="pixels")
    assert x.shape == (3, 4, None, 2)
    assert repr(x) == "<SymbolicTensor of shape (3, 4, None, 2) from 'pixels'>"
    assert (x[:, 1:] * 2).shape == (3, 3, None, 2)
    assert maju.Input(batch_shape=(None, 3)).shape == (None, 3)
    assert maju.Input(7).shape == (None, 7)


def _unconnected() -> Any:
    return maju.Model(maju.Input((3,), name="x"), maju.layers.Dense(2)(maju.Input((3,), name="y")))


def _named_alike() -> Any:
    x = maju.Input((3,))
    return maju.Model(x, maju.layers.Dense(2, name="d")(maju.layers.Dense(2, name="d")(x)))


def _from_the_middle() -> Any:
    h = maju.layers.Dense(3, name="h")(maju.Input((3,)))
    return maju.Model(h, maju.layers.Dense(3)(h))


def _twice() -> Any:
    x = maju.Input((3,))
    return maju.Model([x, x], maju.layers.Dense(3)(x))


def _at_two_levels() -> Any:
    x = maju.Input((3,))
    h = maju.layers.Dense(3, name="h")
    inner = maju.Model(x, h(x), name="inner")
    y = maju.Input((3,))
    return maju.Model(y, h(inner(y)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            _unconnected,
            r"not connected: the outputs need the input 'y', which is not among the inputs",
        ),
        (_named_alike, "two layers are named 'd'; give each a name of its own, as name='d_b'"),
        (
            _from_the_middle,
            "inputs of a model are what maju.Input gives; .* from 'h'> is none",
        ),
        (_twice, "the same input is given twice"),
        (
            lambda: maju.Model(maju.Input((3,)), np.ones(3)),
            "outputs of a model are tensors .* not a ndarray",
        ),
        (lambda: maju.Model([], []), "a model without inputs"),
        (lambda: maju.Input(), "Input takes shape=.* got neither"),
        (lambda: maju.Input((3,), batch_shape=(1, 3)), "got both"),
        (
            lambda: maju.Input("3"),  # type: ignore[arg-type]
            "a shape of whole numbers and None, as .* got '3'",
        ),
        (lambda: maju.Input((3, -1)), r"got \(3, -1\)"),
        (lambda: bool(maju.Input((3,)) > 1), "has no values yet, so it is neither true nor false"),
        (lambda: np.tanh(maju.Input((3,))), "no values yet|not supported|ufunc"),
        (lambda: np.asarray(maju.Input((3,))), "has no values yet; give it to a layer"),
        (lambda: list(maju.Input((3,))), "there is nothing to go through"),
        (lambda: maju.Input((3,)) + maju.Input((4,)), r"shapes \(None, 3\) and \(None, 4\) together"),
        (_at_two_levels, "layer 'h' stands in 'inner' and in this model, and can be in one"),
    ],
)
def test_wrong_use(wrong: Callable[[], Any], message: str) -> None:
    maju.clear_session()
    with pytest.raises((InputError, TypeError), match=message):
        wrong()
