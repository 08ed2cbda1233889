"""The way back of every layer against central differences, in float64."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradients.check import Case, check
from maju.errors import GradientError
from maju.layers import registry

IMAGES = (2, 5, 6, 4)
SEQUENCE = (3, 5, 4)
MASK = np.array([[1, 1, 0, 1, 0], [0, 0, 1, 1, 1], [0, 0, 0, 0, 0]], bool)


def rnn(kind: str, units: int = 3, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": "half", "units": units, **config}}


CASES: dict[str, Case] = {
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
    "batch-normalization-masked-axis-1": ("BatchNormalization", {"axis": 1}, [SEQUENCE], MASK),
    "batch-normalization-axes": ("BatchNormalization", {"axes": [3, 1]}, [(3, 2, 4, 3)], None),
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
    "multiply-masked": ("Multiply", {}, [SEQUENCE] * 2, [MASK, MASK[:, ::-1]]),
    "multiply-one-masked": ("Multiply", {}, [SEQUENCE] * 3, [None, MASK, MASK[:, ::-1]]),
    "maximum-masked": ("Maximum", {}, [SEQUENCE] * 3, [MASK, MASK[:, ::-1], MASK]),
    "minimum-masked": ("Minimum", {}, [SEQUENCE] * 2, [MASK, None]),
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


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("case", CASES)
def test_against_central_differences(case: str, training: bool) -> None:
    check(case, CASES[case], training)


def test_every_layer_has_a_case_here_or_in_the_file_of_its_family() -> None:
    families = [
        importlib.import_module(f"gradients.{path.stem}") for path in Path(__file__).parent.glob("test_*.py")
    ]
    have = {kind for family in families for kind, *_ in getattr(family, "CASES", {}).values()}
    without = {kind for family in families for kind in getattr(family, "WITHOUT", ())}
    assert have | without == set(registry.known())


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
