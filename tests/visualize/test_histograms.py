"""Histograms, with dead ReLUs and saturated gates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import maju
from maju.errors import InputError
from maju.visualize import activation_histograms, gates, weight_histograms
from visualize.fixtures import Pairs, image

TEXTS = ["saya tidak suka", "enak dan ramah sekali", ""]


def test_weights(pairs: Pairs) -> None:
    pair = pairs["image_classifier"]
    found = {histogram.name: histogram for histogram in weight_histograms(pair.maju)}
    assert list(found) == [
        "first/kernel",
        "first/bias",
        "last/kernel",
        "last/bias",
        "classes/kernel",
        "classes/bias",
    ]
    kernel = pair.keras.get_layer("last").kernel.numpy().astype(float)
    last = found["last/kernel"]
    counts, edges = np.histogram(kernel, 50)
    np.testing.assert_array_equal(last.counts, counts)
    np.testing.assert_allclose(last.edges, edges)
    assert last.mean == pytest.approx(kernel.mean())
    assert last.deviation == pytest.approx(kernel.std())
    assert (last.shape, last.finding, last.zeros) == ((3, 3, 6, 5), "", 0)
    inner = [histogram.name for histogram in weight_histograms(pairs["nested"].maju, "deep")]
    assert inner == ["inner/deep/kernel", "inner/deep/bias"]


def test_activations_and_dead_relus(pairs: Pairs) -> None:
    model = maju.load(pairs["image_classifier"].keras)
    model["first"].bias[[0, 5]] = -1e3  # type: ignore[attr-defined]
    x = image(4, 12, 10, 3)
    found = {histogram.name: histogram for histogram in activation_histograms(model, x)}
    assert list(found) == ["scale", "first", "pool", "last", "classes"]
    assert (found["first"].dead, found["first"].finding) == ((0, 5), "2 of 6 dead: 0, 5")
    assert found["last"].dead == ()  # it is a tanh
    values = model.activations(x)["first"].astype(float)
    np.testing.assert_array_equal(found["first"].counts, np.histogram(values, 50)[0])
    assert found["first"].zeros == pytest.approx((values == 0).mean())


def test_gates_and_steps_that_a_mask_leaves_out(pairs: Pairs) -> None:
    model = maju.load(pairs["text"].keras)
    cell: Any = model["both"].forward_layer.cell  # type: ignore[attr-defined]
    cell.bf[[1, 2]] = 50.0
    cell.bi[3] = -50.0
    found = {histogram.name: histogram for histogram in activation_histograms(model, TEXTS)}
    assert found["both, forward forget gate f"].saturated == (1, 2)
    assert found["both, forward input gate i"].saturated == (3,)
    assert found["both, forward forget gate f"].finding == "2 of 4 saturated: 1, 2"
    values = [gates(model, TEXTS, row=row).tracks["forward"]["forget gate f"] for row in range(3)]
    seen = np.concatenate(values)
    assert found["both, forward forget gate f"].counts.sum() == (~np.isnan(seen)).sum() == (3 + 4) * 4
    assert found["table"].counts.sum() == 7 * 5
    assert "gru, update gate z" in found


def test_weights_that_are_all_0_huge_or_not_finite(pairs: Pairs) -> None:
    model = maju.load(pairs["binary"].keras)
    model["conv"].kernel[...] = 0  # type: ignore[attr-defined]
    model["p"].kernel[...] = 3e38  # type: ignore[attr-defined]
    model["p"].kernel[1] = np.nan  # type: ignore[attr-defined]
    found = {histogram.name: histogram for histogram in weight_histograms(model)}
    assert (found["conv/kernel"].zeros, found["conv/kernel"].deviation) == (1, 0)
    assert (found["p/kernel"].not_finite, found["p/kernel"].finding) == (1, "1 not finite")
    assert np.isfinite(found["p/kernel"].deviation)


def test_nothing_to_count(pairs: Pairs) -> None:
    with pytest.raises(InputError, match="'pool' has no weights"):
        weight_histograms(pairs["image_classifier"].maju, "pool")
    with pytest.raises(InputError, match="'words' gives no floating-point numbers for x"):
        activation_histograms(pairs["text"].maju, ["enak"], "words")
