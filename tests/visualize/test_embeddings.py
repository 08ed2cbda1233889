"""Embeddings in two dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA

import maju
from maju.errors import InputError
from maju.visualize import embeddings, word_embeddings
from visualize.fixtures import WORDS, Pairs, image

UNKNOWN: Any = "umap"


def test_words(pairs: Pairs) -> None:
    pair = pairs["text"]
    found = word_embeddings(pair.maju)
    assert (found.layer, found.names, found.length) == ("table", tuple(WORDS), 5)
    table = pair.keras.get_layer("table").embeddings.numpy()[2:].astype(float)
    expected = PCA(2, svd_solver="full").fit(table)
    np.testing.assert_allclose(found.points, expected.transform(table), rtol=1e-5, atol=1e-6)
    assert found.shares == pytest.approx(tuple(expected.explained_variance_ratio_), rel=1e-5)
    some = word_embeddings(pair.maju, words=["suka", "enak"])
    assert some.names == ("suka", "enak")
    between = np.linalg.norm(table[WORDS.index("suka")] - table[WORDS.index("enak")])
    assert np.linalg.norm(some.points[0] - some.points[1]) == pytest.approx(between, rel=1e-5)


def test_rows(pairs: Pairs) -> None:
    pair, x = pairs["image_classifier"], image(20, 12, 10, 3)
    found = embeddings(pair.maju, x, "last", labels=np.arange(20) % 3)
    vectors = pair.maju.activations(x)["last"].reshape(20, -1).astype(float)
    np.testing.assert_allclose(
        found.points, PCA(2, svd_solver="full").fit_transform(vectors), rtol=1e-4, atol=1e-5
    )
    assert (found.labels[:4], found.length) == ((0, 1, 2, 0), 60)


def test_tsne_is_the_same_every_time(pairs: Pairs) -> None:
    x = image(12, 12, 10, 3)
    one, other = (embeddings(pairs["image_classifier"].maju, x, "last", method="tsne") for _ in range(2))
    assert one.points.shape == (12, 2)
    np.testing.assert_array_equal(one.points, other.points)
    assert one.shares is None


def test_vectors_that_are_all_the_same(pairs: Pairs) -> None:
    model, x = pairs["image_classifier"].maju, np.repeat(image(1, 12, 10, 3), 3, axis=0)
    assert not embeddings(model, x, "last").points.any()
    with pytest.raises(InputError, match="t-SNE needs vectors that differ"):
        embeddings(model, x, "last", method="tsne")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda m: word_embeddings(m, words=["enak", "pedas"]), "the vocabulary does not have 'pedas'"),
        (
            lambda m: word_embeddings(m, "gru"),
            "layer 'gru' (GRU) is no Embedding: it has no table of vectors",
        ),
        (lambda m: embeddings(m, ["enak"], "gru"), "expected at least two vectors to compare, got 1"),
        (lambda m: embeddings(m, ["enak", "suka"], "gru", labels=[1]), "1 labels for 2 rows"),
        (
            lambda m: embeddings(m, ["enak", "suka"], "gru", method=UNKNOWN),
            "method='umap'; expected 'pca' or 'tsne'",
        ),
    ],
    ids=["word", "layer", "one-row", "labels", "method"],
)
def test_what_does_not_fit_is_told(pairs: Pairs, draw: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        draw(pairs["text"].maju)
    assert str(caught.value) == message


def test_no_embedding(pairs: Pairs) -> None:
    model: maju.Model = pairs["binary"].maju
    with pytest.raises(InputError, match="has no Embedding; give inputs, and name a layer"):
        word_embeddings(model)
