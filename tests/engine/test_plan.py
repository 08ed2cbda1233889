from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import maju
from maju import layers
from maju.engine import Plan
from maju.engine.arena import Arena
from maju.engine.fingerprint import fingerprint
from maju.engine.running import Runner
from maju.formats.specification import refs_in
from maju.layers.base import Array
from maju.models.inputs import bind


def scrambled(model: Any, seed: int = 0) -> Any:
    """The model with random weights, none of which is 0 or 1, and variances above 0."""
    rng = np.random.default_rng(seed)
    for path, weight in model.weights.items():
        size = max(int(np.prod(weight.shape[:-1])), 1)
        spread = rng.uniform(0.3, 2, weight.shape) if "variance" in path else rng.normal(size=weight.shape)
        weight[...] = spread if "variance" in path else spread / np.sqrt(size)
    return model


def readable(model: Any, x: Any) -> list[Array]:
    """What the readable layers give, all rows at once."""
    y = model.forward(x)
    return [np.asarray(part) for part in (y if isinstance(y, list) else [y])]


def planned(model: Any, x: Any, tile: int) -> list[Array]:
    runner = Runner(model)
    runner.plan.tile = tile
    found = runner.run(bind(model.spec, x), tile)
    return [found[ref] for ref in refs_in(model.spec.outputs)]


def assert_same(model: Any, x: Any, tile: int) -> None:
    for expected, found in zip(readable(model, x), planned(model, x, tile), strict=True):
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        scale = max(1.0, float(np.abs(expected).max(initial=0)))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * scale)


RNG = np.random.default_rng(3)
IMAGES = RNG.normal(size=(7, 13, 10, 3)).astype(np.float32)
IDS = RNG.integers(1, 20, (7, 9))
IDS[np.arange(9) >= RNG.integers(0, 10, (7, 1))] = 0
HOLES = RNG.integers(0, 20, (7, 9)) * RNG.integers(0, 2, (7, 9))


def images(*stack: Any) -> tuple[Any, Array]:
    return maju.Sequential([layers.Input(IMAGES.shape[1:]), *stack]), IMAGES


def texts(*stack: Any, mask: bool = True, ids: Array = IDS) -> tuple[Any, Array]:
    embedding = layers.Embedding(20, 6, mask_zero=mask)
    return maju.Sequential([layers.Input((9,), dtype="int32"), embedding, *stack]), ids


def residual() -> tuple[Any, Array]:
    x = maju.Input(IMAGES.shape[1:])
    h = layers.Conv2D(4, 3, padding="same")(x)
    h = layers.BatchNormalization()(h)
    skip = layers.ReLU()(h)
    h = layers.DepthwiseConv2D(3, padding="same", strides=1)(skip)
    h = layers.BatchNormalization()(h)
    h = layers.ReLU(max_value=6)(h)
    h = layers.Conv2D(4, 1)(h)
    h = layers.Activation("tanh")(layers.Add()([h, skip, skip]))
    pooled = layers.GlobalAveragePooling2D()(h)
    return maju.Model(x, [layers.Dense(3, activation="softmax")(pooled), pooled]), IMAGES


def nested() -> tuple[Any, Array]:
    inner = maju.Sequential(
        [
            layers.Input((13, 10, 4)),
            layers.Conv2D(5, 3, strides=2),
            layers.LeakyReLU(),
            layers.MaxPooling2D(),
        ]
    )
    x = maju.Input(IMAGES.shape[1:])
    h = inner(layers.Conv2D(4, 1)(x))
    return maju.Model(x, [h, inner(layers.Conv2D(4, 3, padding="same", activation="elu")(x))]), IMAGES


def shared() -> tuple[Any, Array]:
    dense = layers.Dense(4, activation="relu")
    x = maju.Input((4,))
    h = dense(dense(x))
    return maju.Model(x, layers.Concatenate()([h, dense(h), x])), RNG.normal(size=(7, 4))


MODELS: dict[str, Callable[[], tuple[Any, Array]]] = {
    "convolution, activation, pooling": lambda: images(
        layers.Conv2D(4, 3, padding="same", activation="relu"), layers.MaxPooling2D(), layers.Flatten()
    ),
    "an activation that falls, and pooling": lambda: images(
        layers.Conv2D(4, 3, activation="gelu"), layers.MaxPooling2D((2, 3))
    ),
    "average pooling": lambda: images(
        layers.Conv2D(4, (2, 3), activation="relu"), layers.AveragePooling2D(2), layers.Dropout(0.5)
    ),
    "normalization, then activation, then pooling": lambda: images(
        layers.Conv2D(4, 5, strides=(2, 1), padding="same", use_bias=False),
        layers.BatchNormalization(scale=False),
        layers.Dropout(0.2),
        layers.Activation("sigmoid"),
        layers.MaxPooling2D(2, padding="same"),
    ),
    "pooling that overlaps": lambda: images(
        layers.Conv2D(4, 1, activation="relu"), layers.MaxPooling2D(3, strides=2)
    ),
    "dilation and groups": lambda: images(
        layers.Conv2D(6, 3, dilation_rate=2), layers.Conv2D(4, 3, groups=2, activation="relu6")
    ),
    "channels first": lambda: images(
        layers.Conv2D(6, 2, data_format="channels_first"),
        layers.BatchNormalization(axis=1),
        layers.MaxPooling2D(data_format="channels_first"),
    ),
    "normalization first": lambda: images(
        layers.BatchNormalization(), layers.ReLU(), layers.Dense(4), layers.BatchNormalization()
    ),
    "one axis": lambda: (
        maju.Sequential(
            [
                layers.Input((13, 30)),
                layers.Conv1D(5, 3, padding="causal", activation="relu"),
                layers.MaxPooling1D(2),
                layers.DepthwiseConv1D(3, padding="same", activation="tanh"),
                layers.GlobalMaxPooling1D(),
            ]
        ),
        IMAGES.reshape(7, 13, 30),
    ),
    "three axes": lambda: (
        maju.Sequential(
            [
                layers.Input((13, 5, 2, 3)),
                layers.Conv3D(5, (3, 2, 1), padding="same", activation="relu"),
                layers.MaxPooling3D((2, 2, 1)),
            ]
        ),
        IMAGES.reshape(7, 13, 5, 2, 3),
    ),
    "residual": residual,
    "nested": nested,
    "shared": shared,
    "SimpleRNN, masked": lambda: texts(layers.SimpleRNN(5), layers.Dense(2)),
    "SimpleRNN, not masked": lambda: texts(layers.SimpleRNN(5, use_bias=False), mask=False),
    "LSTM, a mask with holes": lambda: texts(
        layers.LSTM(5, return_sequences=True), layers.LSTM(4), ids=HOLES
    ),
    "LSTM backwards": lambda: texts(layers.LSTM(5, go_backwards=True, return_sequences=True), ids=HOLES),
    "GRU": lambda: texts(layers.Dropout(0.3), layers.GRU(5, return_sequences=True), layers.GRU(4), ids=HOLES),
    "GRU, reset before": lambda: texts(layers.GRU(5, reset_after=False), ids=HOLES),
    "GRU without bias": lambda: texts(layers.GRU(5, use_bias=False)),
    "another activation": lambda: texts(layers.LSTM(5, activation="relu")),
    "another recurrent activation": lambda: texts(layers.LSTM(5, recurrent_activation="hard_sigmoid")),
    "states": lambda: texts(layers.LSTM(5, return_state=True)),
    **{
        f"Bidirectional, {mode}": lambda mode=mode: texts(  # type: ignore[misc]
            layers.Bidirectional(layers.LSTM(5, return_sequences=True), merge_mode=mode),
            layers.Bidirectional(layers.GRU(4), merge_mode=mode),
            ids=HOLES,
        )
        for mode in ("concat", "sum", "mul", "ave")
    },
    "Bidirectional in two": lambda: texts(layers.Bidirectional(layers.LSTM(5), merge_mode=None)),  # type: ignore[arg-type]
    "a shared embedding": lambda: texts(layers.Masking(), layers.SimpleRNN(3)),
}


@pytest.mark.parametrize("tile", [2, 7])
@pytest.mark.parametrize("name", MODELS)
def test_a_plan_gives_what_the_readable_layers_give(name: str, tile: int) -> None:
    model, x = MODELS[name]()
    assert_same(scrambled(model), x, tile)


@pytest.mark.parametrize("policy", ["float64", "float16", "mixed_float16", "bfloat16", "mixed_bfloat16"])
def test_other_types_of_number_run_as_they_read(policy: str) -> None:
    model = maju.Sequential(
        [
            layers.Input((13, 10, 3)),
            layers.Conv2D(4, 3, activation="relu", dtype=policy),
            layers.MaxPooling2D(dtype=policy),
            layers.Flatten(),
            layers.Dense(2, dtype=policy),
            layers.Dense(2),
        ]
    )
    scrambled(model)
    for expected, found in zip(readable(model, IMAGES), planned(model, IMAGES, 3), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_numbers_that_are_not_finite_stay_so() -> None:
    model, x = images(
        layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3)
    )
    scrambled(model)
    x = x.copy()
    x[2, 3, 3], x[4, 5, 5, 1] = np.nan, np.inf
    (expected,), (found,) = readable(model, x), planned(model, x, 7)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    assert np.isnan(expected).any()
    np.testing.assert_allclose(found[[0, 1, 3]], expected[[0, 1, 3]], atol=1e-5)


def test_what_is_fused() -> None:
    model, _ = images(
        layers.Conv2D(4, 3, name="c"),
        layers.BatchNormalization(name="n"),
        layers.ReLU(name="r"),
        layers.MaxPooling2D(name="p"),
        layers.Flatten(name="f"),
        layers.Dense(4, name="d"),
        layers.BatchNormalization(name="dn"),
        layers.Dropout(0.1, name="drop"),
        layers.Activation("softmax", name="s"),
    )
    rows = model.plan(print_fn=None).steps
    assert [row.layers for row in rows] == [("c", "n", "r", "p"), ("f",), ("d", "dn", "drop", "s")]
    assert rows[0].output_shape == (None, 5, 4, 4)


def test_a_tensor_that_others_need_is_not_fused_away() -> None:
    x = maju.Input((5,))
    h = layers.Dense(4, name="d")(x)
    model = maju.Model(x, [layers.ReLU(name="r")(h), h])
    assert [row.layers for row in model.plan(print_fn=None).steps] == [("d",), ("r",)]
    assert_same(scrambled(model), RNG.normal(size=(5, 5)), 2)


def test_memory_is_that_of_a_tile_however_many_rows_there_are() -> None:
    model, _ = images(*(layers.Conv2D(8, 3, padding="same", activation="relu") for _ in range(6)))
    plan, sizes = Plan(scrambled(model)), []
    for rows in (4, 400):
        arena = Arena()
        for start in range(0, rows, 4):
            x = np.resize(IMAGES, (rows, *IMAGES.shape[1:]))[start : start + 4]
            plan.done_with(plan.run(bind(model.spec, x), arena))
        sizes.append(arena.size)
    assert sizes[0] == sizes[1]
    tensor, padded, rows_of_windows = 4 * 13 * 10 * 8, 4 * 15 * 12 * 8, 4 * 13 * 10 * 72
    assert sizes[0] < 1.5 * 4 * (2 * tensor + padded + rows_of_windows)


def test_the_same_bits_whatever_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = images(layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), layers.Dense(3))
    scrambled(model)
    x = np.resize(x, (50, *x.shape[1:]))
    found = []
    for threads in ("1", "3"):
        monkeypatch.setenv("MAJU_NUM_THREADS", threads)
        found += planned(model, x, 4)
    np.testing.assert_array_equal(found[0], found[1])


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_convolutions_of_any_form(data: st.DataObject) -> None:
    def draw(low: int, high: int) -> int:
        return data.draw(st.integers(low, high))

    padding = data.draw(st.sampled_from(["same", "valid"]))
    strided = data.draw(st.booleans())
    settings: dict[str, Any] = {"strides": (draw(1, 3), draw(1, 3))}
    if not strided:
        settings = {"dilation_rate": (draw(1, 2), draw(1, 3))}
    convolution = layers.Conv2D(
        draw(1, 9),
        (draw(1, 4), draw(1, 4)),
        padding=padding,
        **settings,
    )
    pooling = [layers.MaxPooling2D((draw(1, 3), draw(1, 2)))] if data.draw(st.booleans()) else []
    shape = (draw(10, 14), draw(10, 14), draw(1, 5))
    model = maju.Sequential([layers.Input(shape), convolution, layers.ReLU(), *pooling])
    rows = draw(1, 5)
    assert_same(scrambled(model, draw(0, 99)), RNG.normal(size=(rows, *shape)), draw(1, rows))


# Whether a plan is still of the model that it was made of


def test_every_change_of_a_layer_shows() -> None:
    model, _ = texts(
        layers.Bidirectional(layers.LSTM(5, return_sequences=True)),
        layers.Dense(3),
        layers.BatchNormalization(),
    )
    before = fingerprint(model)
    assert fingerprint(model) == before
    for weight in model.weights.values():
        old = weight.copy()
        flat = weight.reshape(-1)
        flat[-1] = np.nextafter(flat[-1], np.float32(9))
        assert fingerprint(model) != before
        weight[...] = old
        if weight.ndim > 1 and len(weight) > 1 and not np.array_equal(weight[0], weight[-1]):
            weight[[0, -1]] = weight[[-1, 0]]
            assert fingerprint(model) != before
            weight[...] = old
    assert fingerprint(model) == before
    model.layers[-1].epsilon = 0.5
    assert fingerprint(model) != before
