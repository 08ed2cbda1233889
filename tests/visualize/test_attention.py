"""Attention weights against those that Keras's own layers give out."""

from __future__ import annotations

import numpy as np
import pytest

from maju.errors import InputError
from maju.visualize import attention
from maju.visualize.attention import plot_attention
from visualize.fixtures import Pairs

IDS = np.array([[3, 7, 2, 10, 0, 0], [1, 2, 0, 0, 0, 0]])


@pytest.mark.parametrize("row", [0, 1])
def test_heads(pairs: Pairs, row: int) -> None:
    pair = pairs["attending"]
    found = attention(pair.maju, IDS, row=row)
    table = pair.keras.get_layer("table")
    h, mask = table(IDS), table.compute_mask(IDS)
    _, expected = pair.keras.get_layer("heads")(
        h, h, query_mask=mask, value_mask=mask, use_causal_mask=True, return_attention_scores=True
    )
    np.testing.assert_allclose(found.weights, expected.numpy()[row], rtol=1e-5, atol=1e-6)
    assert (found.layer, found.kind, found.weights.shape) == ("heads", "MultiHeadAttention", (2, 6, 6))
    assert found.tokens is not None
    assert found.tokens.padding.tolist() == (IDS[row] == 0).tolist()


@pytest.mark.parametrize(("layer", "before"), [("luong", "heads"), ("bahdanau", "luong")])
def test_one_head(pairs: Pairs, layer: str, before: str) -> None:
    pair = pairs["attending"]
    found = attention(pair.maju, IDS, layer)
    h = pair.maju.activations(IDS)[before]
    _, free = pair.keras.get_layer(layer)([h, h], return_attention_scores=True)
    masked = np.where(found.weights[0] == 0, 0, free.numpy()[0])
    expected = masked / masked.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(found.weights[0], expected, rtol=1e-4, atol=1e-6)
    # What the layer gives is the blend of the values by these weights; and 0 where the query is padding.
    y = pair.maju.activations(IDS)[layer][0]
    np.testing.assert_allclose((found.weights[0] @ h[0])[:4], y[:4], rtol=1e-4, atol=1e-5)


def test_what_does_not_fit_is_told(pairs: Pairs) -> None:
    model = pairs["attending"].maju
    with pytest.raises(InputError, match=r"layer 'table' \(Embedding\) is no attention layer"):
        attention(model, IDS, "table")
    with pytest.raises(InputError, match=f"'{pairs['text'].maju.name}' has no attention layer"):
        attention(pairs["text"].maju, ["enak"])
    with pytest.raises(InputError, match=r"heads=\[2\]: layer 'heads' has the heads 0 to 1"):
        plot_attention(model, IDS, heads=[2])
