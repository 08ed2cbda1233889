"""The random input of `maju verify`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import maju
from cli.fixtures import Models
from maju.cli.sample_input import SENTENCES, sample_input


def sample(models: Models, name: str, rows: int = 50, seed: int = 0) -> Any:
    return sample_input(maju.load(models.path(name)), rows, seed)


def test_images_are_between_0_and_1(models: Models) -> None:
    x = sample(models, "plain")
    assert x.shape == (50, 6, 5, 3)
    assert 0 <= x.min() < 0.01
    assert 0.99 < x.max() <= 1


@pytest.mark.parametrize("name", ["rescaling", "nested_rescaling"])
def test_pixels_go_up_to_255_before_a_rescaling(models: Models, name: str, tmp_path_factory: Any) -> None:
    from keras import Input, Sequential

    path = models.path("rescaling")
    if name == "nested_rescaling":
        path = tmp_path_factory.mktemp("nested") / "model.keras"
        Sequential([Input((6, 5, 3)), models["rescaling"]]).save(path)
    x = sample_input(maju.load(path), 50)
    assert set(np.unique(x)) == set(range(256))


def test_lengths_that_are_open(models: Models) -> None:
    assert sample(models, "any_size").shape == (50, 32, 32, 3)
    assert sample(models, "ids").shape == (50, 12)


def test_ids_are_in_the_table_and_end_in_padding(models: Models) -> None:
    ids = sample(models, "ids", rows=200)
    assert set(np.unique(ids)) == set(range(20))
    assert (ids[0] != 0).all()
    assert (ids[:, 0] != 0).all()
    assert ((ids == 0).sum(axis=1) > 0).mean() > 0.8
    padded = ids == 0
    assert (np.sort(padded, axis=1) == padded).all(), "zeros stand at the end alone"


def test_texts_are_sentences_and_words_of_the_model(models: Models) -> None:
    texts = sample(models, "sentiment", rows=16)
    assert texts.shape == (16,)
    assert set(texts[::2]) <= set(SENTENCES)
    known = set(maju.load(models.path("sentiment")).layers[1].vocabulary) - {"", "[UNK]"}  # type: ignore[attr-defined]
    assert set(" ".join(texts[1::2]).split()) == known


def test_several_inputs(models: Models) -> None:
    left, right = sample(models, "two")
    assert left.shape == right.shape == (50, 4)
    assert (left != right).all()
    assert left.min() < 0 < left.max()


def test_integers(models: Models) -> None:
    x = sample(models, "bytes")
    assert x.dtype == np.uint8
    assert len(np.unique(x)) > 5


def test_a_batch_of_fixed_size(tmp_path_factory: Any) -> None:
    from keras import Input, Sequential, layers

    path = tmp_path_factory.mktemp("fixed") / "model.keras"
    Sequential([Input((4,), batch_size=3), layers.Dense(2)]).save(path)
    assert sample_input(maju.load(path), 8).shape == (3, 4)


def test_the_seed_decides(models: Models) -> None:
    assert (sample(models, "plain", seed=1) == sample(models, "plain", seed=1)).all()
    assert (sample(models, "plain", seed=1) != sample(models, "plain", seed=2)).any()
