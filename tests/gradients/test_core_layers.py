"""The way back of Masking, EinsumDense, Dot, Identity, ReversibleEmbedding and ThresholdedReLU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradients.check import TOLERANCE, Case, check, slope
from maju.layers import MaskingLayer, ReversibleEmbeddingLayer

ROWS = (4, 5)
STEPS = (3, 4, 5)
IMAGES = (2, 3, 2, 4)


def einsum(equation: str, output_shape: Any, bias_axes: str | None = None, **config: Any) -> dict[str, Any]:
    return {"equation": equation, "output_shape": output_shape, "bias_axes": bias_axes, **config}


CASES: dict[str, Case] = {
    "masking": ("Masking", {"mask_value": 0.0}, [STEPS], None),
    "identity": ("Identity", {}, [STEPS], None),
    "layer-scale": ("LayerScale", {"projection_dim": 5}, [STEPS], None),
    "layer-scale-of-one": ("LayerScale", {"projection_dim": 1}, [STEPS], None),
    "stochastic-depth": ("StochasticDepth", {"drop_path_rate": 0.0}, [STEPS], None),
    "custom-scale": ("CustomScaleLayer", {"scale": 0.3}, [STEPS, (3, 4, 1)], None),
    "layer-as-activation": (
        "Dense",
        {"units": 3, "activation": {"class_name": "LeakyReLU", "config": {"negative_slope": 0.1}}},
        [ROWS],
        None,
    ),
    "thresholded-relu": ("ThresholdedReLU", {"theta": 0.3}, [STEPS], None),
    "einsum-of-rows": ("EinsumDense", einsum("ab,bc->ac", 3, "c", activation="tanh"), [ROWS], None),
    "einsum-of-steps": ("EinsumDense", einsum("abc,cd->abd", (None, 3), "d"), [STEPS], None),
    "einsum-two-bias-axes": ("EinsumDense", einsum("abc,cde->abde", (4, 2, 3), "bd"), [STEPS], None),
    "einsum-turned": ("EinsumDense", einsum("abc,dc->adb", (3, 4), "b"), [STEPS], None),
    "einsum-two-axes-away": ("EinsumDense", einsum("abcd,cde->abe", (None, 3), "e"), [IMAGES], None),
    "einsum-by-step": ("EinsumDense", einsum("abc,bcd->abd", (4, 3)), [STEPS], None),
    "einsum-summed-over-alone": ("EinsumDense", einsum("abcd,be->ade", (4, 3), "e"), [IMAGES], None),
    "einsum-ellipsis-before": ("EinsumDense", einsum("...c,cd->...d", 3, "d"), [IMAGES], None),
    "einsum-ellipsis-before-alone": ("EinsumDense", einsum("...bc,cd->...d", 3, "d"), [IMAGES], None),
    "einsum-ellipsis-behind": ("EinsumDense", einsum("ab...,bc->ac...", 3, "c"), [IMAGES], None),
    "dot-of-rows": ("Dot", {"axes": 1}, [ROWS, ROWS], None),
    "dot-of-steps": ("Dot", {"axes": (1, 2)}, [STEPS, (3, 2, 4)], None),
    "dot-of-rows-and-steps": ("Dot", {"axes": (1, 2)}, [(3, 5), STEPS], None),
    "dot-of-images": ("Dot", {"axes": (-1, 1)}, [IMAGES, (2, 4, 3)], None),
    "dot-cosine-of-rows": ("Dot", {"axes": 1, "normalize": True}, [ROWS, ROWS], None),
    "dot-cosine-of-images": ("Dot", {"axes": (2, 3), "normalize": True}, [IMAGES, (2, 1, 3, 2)], None),
}
#: Its input is no real number; in reverse it is.
WITHOUT = {"ReversibleEmbedding"}


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("case", CASES)
def test_against_central_differences(case: str, training: bool) -> None:
    check(case, CASES[case], training)


def test_what_masking_leaves_out_gets_no_gradient() -> None:
    x = np.array([[[1.0, 2.0], [3.0, 3.0], [3.0, 1.0]]])
    y, backward = MaskingLayer(3.0).vjp(x)
    np.testing.assert_array_equal(y, [[[1, 2], [0, 0], [3, 1]]])
    dx, _ = backward(np.full_like(x, 7))
    np.testing.assert_array_equal(dx, [[[7, 7], [0, 0], [7, 7]]])


@pytest.mark.parametrize("logit_soft_cap", [None, 0.7])
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "of its own"])
def test_a_reversible_embedding_in_reverse(tied: bool, logit_soft_cap: float | None) -> None:
    rng = np.random.default_rng(0)
    embeddings, own = rng.normal(size=(6, 3)), rng.normal(size=(3, 6))
    layer = ReversibleEmbeddingLayer(embeddings, None if tied else own, logit_soft_cap=logit_soft_cap)
    x = rng.normal(size=(2, 4, 3))
    y, backward = layer.vjp(x, reverse=True)
    np.testing.assert_array_equal(y, layer.forward(x, reverse=True))
    dy = rng.normal(size=y.shape)
    dx, gradients = backward(dy)
    assert set(gradients) == set(layer.weights)
    for found, array in [(dx, x), *((gradients[name], weight) for name, weight in layer.weights.items())]:
        expected = slope(lambda: float((layer.forward(x, reverse=True) * dy).sum()), array)
        assert np.abs(found - expected).max() <= TOLERANCE * max(1, np.abs(expected).max())


def test_a_reversible_embedding_forwards_sends_its_gradient_to_the_table() -> None:
    layer = ReversibleEmbeddingLayer(np.arange(12.0).reshape(4, 3), np.ones((3, 4)))
    y, backward = layer.vjp(np.array([[1, 3, 1]]))
    _, gradients = backward(np.ones_like(y))
    np.testing.assert_array_equal(gradients["embeddings"], [[0] * 3, [2] * 3, [0] * 3, [1] * 3])
    np.testing.assert_array_equal(gradients["reverse_embeddings"], np.zeros((3, 4)))
