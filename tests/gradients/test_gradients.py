"""The way back of every layer against central differences, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from maju.errors import GradientError
from maju.layers import registry
from maju.layers.base import Layer

Array = npt.NDArray[Any]
STEP = 1e-6
TOLERANCE = 1e-7

IMAGES = (2, 5, 6, 4)
SEQUENCE = (3, 5, 4)
MASK = np.array([[1, 1, 0, 1, 0], [0, 0, 1, 1, 1], [0, 0, 0, 0, 0]], bool)


def rnn(kind: str, units: int = 3, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": "half", "units": units, **config}}


# Keras class, config, shapes of the inputs, mask
CASES: dict[str, tuple[str, dict[str, Any], list[tuple[int, ...]], Array | None]] = {
    "activation": ("Activation", {"activation": "tanh"}, [(3, 4)], None),
    "activation-softmax": ("Activation", {"activation": "softmax"}, [(3, 4)], None),
    "relu": ("ReLU", {"max_value": 0.7, "negative_slope": 0.1, "threshold": 0.2}, [(3, 4)], None),
    "leaky-relu": ("LeakyReLU", {"negative_slope": 0.2}, [(3, 4)], None),
    "elu": ("ELU", {"alpha": 0.7}, [(3, 4)], None),
    "prelu": ("PReLU", {"shared_axes": [1]}, [(3, 4, 2)], None),
    "softmax": ("Softmax", {"axis": 1}, [(3, 4, 2)], None),
    "dense": ("Dense", {"units": 3, "activation": "sigmoid"}, [(4, 5)], None),
    "dense-of-sequence-no-bias": ("Dense", {"units": 3, "use_bias": False}, [(2, 4, 5)], None),
    "flatten": ("Flatten", {}, [(2, 3, 4)], None),
    "flatten-channels-first": ("Flatten", {"data_format": "channels_first"}, [(2, 3, 4, 2)], None),
    "reshape": ("Reshape", {"target_shape": (2, -1)}, [(3, 4, 2)], None),
    "rescaling": ("Rescaling", {"scale": [2.0, -3.0], "offset": 1.0}, [(3, 2)], None),
    "dropout-of-nothing": ("Dropout", {"rate": 0.0}, [(3, 2)], None),
    "conv": ("Conv2D", {"filters": 3, "kernel_size": 3, "activation": "tanh"}, [IMAGES], None),
    "conv-same-strides-even": (
        "Conv2D",
        {"filters": 3, "kernel_size": (2, 4), "padding": "same", "strides": (2, 3)},
        [IMAGES],
        None,
    ),
    "conv-dilation-groups": (
        "Conv2D",
        {
            "filters": 6,
            "kernel_size": 2,
            "padding": "same",
            "dilation_rate": 2,
            "groups": 2,
            "use_bias": False,
        },
        [IMAGES],
        None,
    ),
    "conv-channels-first": (
        "Conv2D",
        {"filters": 3, "kernel_size": 2, "data_format": "channels_first", "padding": "same"},
        [(2, 3, 5, 4)],
        None,
    ),
    "max-pooling": ("MaxPooling2D", {"pool_size": 2}, [IMAGES], None),
    "max-pooling-overlapping-same": (
        "MaxPooling2D",
        {"pool_size": (3, 2), "strides": (2, 1), "padding": "same"},
        [IMAGES],
        None,
    ),
    "max-pooling-channels-first": (
        "MaxPooling2D",
        {"pool_size": 2, "data_format": "channels_first"},
        [(2, 3, 5, 4)],
        None,
    ),
    "average-pooling": ("AveragePooling2D", {"pool_size": 2}, [IMAGES], None),
    "average-pooling-overlapping-same": (
        "AveragePooling2D",
        {"pool_size": 3, "strides": 2, "padding": "same"},
        [IMAGES],
        None,
    ),
    "global-average": ("GlobalAveragePooling2D", {}, [IMAGES], None),
    "global-average-keepdims": (
        "GlobalAveragePooling2D",
        {"keepdims": True, "data_format": "channels_first"},
        [IMAGES],
        None,
    ),
    "global-max": ("GlobalMaxPooling2D", {}, [IMAGES], None),
    "batch-normalization": ("BatchNormalization", {"epsilon": 0.1}, [(6, 3)], None),
    "batch-normalization-images": ("BatchNormalization", {"axis": 1, "scale": False}, [(3, 2, 4, 3)], None),
    "batch-normalization-masked": ("BatchNormalization", {"center": False}, [SEQUENCE], MASK),
    "simple-rnn": ("SimpleRNN", {"units": 3}, [SEQUENCE], None),
    "simple-rnn-masked-sequences": ("SimpleRNN", {"units": 3, "return_sequences": True}, [SEQUENCE], MASK),
    "simple-rnn-no-bias": ("SimpleRNN", {"units": 3, "use_bias": False}, [SEQUENCE], None),
    "lstm": ("LSTM", {"units": 3}, [SEQUENCE], None),
    "lstm-masked": ("LSTM", {"units": 3, "recurrent_activation": "softsign"}, [SEQUENCE], MASK),
    "lstm-masked-sequences-backwards": (
        "LSTM",
        {"units": 3, "return_sequences": True, "go_backwards": True, "use_bias": False},
        [SEQUENCE],
        MASK,
    ),
    "lstm-zero-output": (
        "LSTM",
        {"units": 3, "return_sequences": True, "zero_output_for_mask": True},
        [SEQUENCE],
        MASK,
    ),
    "gru": ("GRU", {"units": 3, "return_sequences": True}, [SEQUENCE], MASK),
    "gru-reset-before": ("GRU", {"units": 3, "reset_after": False}, [SEQUENCE], MASK),
    "gru-no-bias": ("GRU", {"units": 3, "use_bias": False}, [SEQUENCE], None),
    "add": ("Add", {}, [(3, 4), (3, 4), (3, 4)], None),
    "add-stretched": ("Add", {}, [(3, 4, 2), (3, 2), (3, 1, 2)], None),
    "subtract": ("Subtract", {}, [(3, 4), (3, 1)], None),
    "multiply": ("Multiply", {}, [(3, 4), (3, 4), (3, 1)], None),
    "average": ("Average", {}, [(3, 4), (3, 4), (3, 4)], None),
    "maximum": ("Maximum", {}, [(3, 4), (3, 4), (3, 1)], None),
    "minimum": ("Minimum", {}, [(3, 4), (3, 4)], None),
    "concatenate": ("Concatenate", {"axis": 1}, [(3, 4, 2), (3, 1, 2), (3, 2, 2)], None),
}
for mode in ("concat", "sum", "mul", "ave", None):
    for sequences in (False, True):
        half = rnn("LSTM" if sequences else "GRU", return_sequences=sequences, zero_output_for_mask=sequences)
        CASES[f"bidirectional-{mode}-{'sequences' if sequences else 'last'}"] = (
            "Bidirectional",
            {"layer": half, "merge_mode": mode},
            [SEQUENCE],
            MASK,
        )

#: Layers whose input is no real number, or that have no way back.
WITHOUT = {"InputLayer", "Embedding", "TextVectorization"}


def make(case: str) -> tuple[Layer, list[Array], Array | None]:
    kind, config, shapes, mask = CASES[case]
    rng = np.random.default_rng(len(case))
    inputs = [rng.normal(size=shape) for shape in shapes]
    cls = registry.find(kind)
    assert cls is not None
    config = {"name": "layer", **config}
    shape = inputs[0].shape if len(inputs) == 1 else [x.shape for x in inputs]
    weights = {
        name: np.abs(rng.normal(size=size)) + 0.3 if "variance" in name else rng.normal(size=size)
        for name, wanted in cls.weight_shapes(config, shape).items()
        for size in [[n for n in wanted if n is not None]]
    }
    return cls.from_config(config, weights), inputs, mask


def slope(function: Callable[[], float], array: Array) -> Array:
    """Central differences of a number with respect to every value of an array, in place."""
    found = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + STEP
        above = function()
        array[place] = kept - STEP
        below = function()
        array[place] = kept
        found[place] = (above - below) / (2 * STEP)
    return found


def leaves(value: Any) -> list[Array]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("case", CASES)
def test_against_central_differences(case: str, training: bool) -> None:
    layer, inputs, mask = make(case)
    x: Any = inputs if len(inputs) > 1 else inputs[0]
    y, backward = layer.vjp(x, training=training, mask=mask)
    rng = np.random.default_rng(1)
    dys = [rng.normal(size=part.shape) for part in leaves(y)]

    for part, expected in zip(leaves(y), leaves(layer.forward(x, training=training, mask=mask)), strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-12, atol=1e-12)

    def loss() -> float:
        parts = leaves(layer.forward(x, training=training, mask=mask))
        return float(sum((part * dy).sum() for part, dy in zip(parts, dys, strict=True)))

    dx, gradients = backward(dys if isinstance(y, (list, tuple)) else dys[0])
    trained = {name: w for name, w in layer.weights.items() if name not in layer.non_trainable}
    assert set(gradients) == set(trained)
    pairs = list(zip(leaves(dx), inputs, strict=True)) + [(gradients[n], w) for n, w in trained.items()]
    for found, array in pairs:
        expected = slope(loss, array)
        assert found.shape == expected.shape
        scale = max(1.0, float(np.abs(expected).max()))
        assert np.abs(found - expected).max() / scale <= TOLERANCE


def test_every_layer_has_a_case() -> None:
    assert {kind for kind, *_ in CASES.values()} == set(registry.known()) - WITHOUT


def test_embedding_adds_up_what_each_id_is_sent() -> None:
    from maju.layers import EmbeddingLayer

    layer = EmbeddingLayer(np.arange(12.0).reshape(4, 3))
    y, backward = layer.vjp(np.array([[1, 3, 1]]))
    assert y.shape == (1, 3, 3)
    dx, gradients = backward(np.ones_like(y) * np.array([1.0, 10.0, 100.0])[:, np.newaxis])
    np.testing.assert_array_equal(gradients["embeddings"], [[0] * 3, [101] * 3, [0] * 3, [10] * 3])
    np.testing.assert_array_equal(dx, np.zeros((1, 3)))


def test_a_layer_without_a_way_back_says_so() -> None:
    from maju.layers import TextVectorizationLayer

    layer = TextVectorizationLayer(vocabulary=["satu", "dua"], name="words")
    with pytest.raises(GradientError, match="layer 'words' \\(TextVectorization\\) has no backward"):
        layer.vjp(["satu"])


def test_dropout_sends_back_what_it_let_through() -> None:
    from maju.layers import DropoutLayer

    x = np.full((50, 40), 3.0)
    y, backward = DropoutLayer(0.25, seed=1).vjp(x)
    dx, _ = backward(np.ones_like(x))
    np.testing.assert_allclose(dx, y / x)
    assert set(np.unique(np.round(dx, 12))) == {0.0, np.round(1 / 0.75, 12)}
    assert abs((dx == 0).mean() - 0.25) < 0.04
