"""What each token adds: through the embedding, on the gradient tape; and against texts without the token."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maju
from maju.errors import InputError
from maju.layers.base import Array
from maju.visualize import token_contributions
from visualize.fixtures import WORDS, Pairs

TEXTS = ["enak", "saya tidak suka, mahal sekali"]


def after_table(model: Any, vectors: Any, mask: Array) -> Any:
    """The rest of the text model, from the embeddings on."""
    mask = tf.repeat(tf.constant(mask)[tf.newaxis], len(vectors), axis=0)
    h = model.get_layer("both")(vectors, mask=mask)
    return model.get_layer("classes")(model.get_layer("gru")(h, mask=mask))


@pytest.mark.parametrize("target", [0, 2])
def test_through_the_embedding(pairs: Pairs, target: int) -> None:
    pair = pairs["text"]
    found = token_contributions(pair.maju, TEXTS, row=1, target=target, steps=24)
    activations = pair.maju.activations(TEXTS[1:])
    vectors, mask = activations["table"][0], activations["words"][0] != 0
    total = np.zeros_like(vectors)
    for step in range(24):
        point = tf.constant((step + 0.5) / 24 * vectors)
        with tf.GradientTape() as tape:
            tape.watch(point)
            y = after_table(pair.keras, point[tf.newaxis], mask)[:, target]
        total += tape.gradient(y, point).numpy()
    expected = (vectors * total / 24).sum(axis=-1)
    np.testing.assert_allclose(found.values, expected, rtol=1e-3, atol=1e-6)
    assert not found.values[5:].any()
    ends = after_table(pair.keras, np.stack([0 * vectors, vectors]), mask).numpy()[:, target]
    assert found.nothing == pytest.approx(ends[0], rel=1e-5)
    assert found.whole == pytest.approx(ends[1], rel=1e-5)
    assert found.tokens.words == ("saya", "tidak", "suka", "mahal", "[sekali]", "", "", "")


def test_left_out_of_a_text(pairs: Pairs) -> None:
    pair = pairs["text"]
    found = token_contributions(pair.maju, TEXTS, row=1, method="leave_out")
    words = ["saya", "tidak", "suka", "mahal", "sekali"]
    without = [" ".join(words[:place] + words[place + 1 :]) for place in range(5)]
    p = pair.keras.predict(tf.constant([TEXTS[1], *without]), verbose=0)
    best = int(p[0].argmax())
    assert found.target.class_id == best
    np.testing.assert_allclose(found.values[:5], p[0, best] - p[1:, best], rtol=1e-4, atol=1e-6)
    assert np.isnan(found.values[5:]).all()
    assert found.whole == pytest.approx(p[0, best], rel=1e-5)
    assert found.nothing is None


@pytest.mark.parametrize(
    ("row", "without"),
    [
        ([3, 5, 8], [[5, 8], [3, 8], [3, 5]]),  # a length that is open, and no padding: it gets shorter
        ([3, 5, 0], [[5, 0, 0], [3, 0, 0]]),
        ([0, 3, 5], [[0, 0, 5], [0, 0, 3]]),
        ([3, 0, 5], [[0, 5], [3, 5], [3, 0]]),  # a 0 in the midst is no padding where no mask says so
    ],
    ids=["open", "padding-behind", "padding-before", "zero-within"],
)
def test_left_out_of_ids(pairs: Pairs, row: list[int], without: list[list[int]]) -> None:
    pair = pairs["ids"]
    found = token_contributions(pair.maju, [row], method="leave_out", target=1, vocabulary=None)
    whole = pair.keras.predict(np.array([row]), verbose=0)[0, 0]
    rest = pair.keras.predict(np.array(without), verbose=0)[:, 0]
    assert found.values[~found.tokens.padding] == pytest.approx(whole - rest, rel=1e-4, abs=1e-6)
    assert found.tokens.padding.sum() == len(row) - len(without)


def test_logits_and_class_0_of_a_sigmoid(pairs: Pairs) -> None:
    pair, x = pairs["ids"], np.array([[3, 5, 8, 2]])
    logit = np.log(pair.keras.predict(x, verbose=0)[0, 0] / (1 - pair.keras.predict(x, verbose=0)[0, 0]))
    for target, sign in ((1, 1), (0, -1)):
        found = token_contributions(pair.maju, x, target=target, logits=True)
        assert found.whole == pytest.approx(sign * logit, rel=1e-4)
        assert found.nothing is not None
        assert found.values.sum() == pytest.approx(found.whole - found.nothing, rel=0.011)


def test_padding_that_no_mask_leaves_out_adds_too(pairs: Pairs) -> None:
    found = token_contributions(pairs["ids"].maju, [[3, 5, 0, 0]], target=1)
    assert found.tokens.padding.tolist() == [False, False, True, True]
    assert np.abs(found.values[2:]).min() > 0


def test_two_embeddings_of_which_one_reads_places() -> None:
    from keras import Input, Model, layers, ops

    x = Input((5,), dtype="int32")
    places = layers.Embedding(5, 4)(ops.cumsum(ops.ones_like(x), axis=1) - 1)
    h = layers.Add()([layers.Embedding(9, 4, name="words")(x), places])
    model = maju.load(Model(x, layers.Dense(2, activation="softmax")(layers.Flatten()(h))))
    found = token_contributions(model, np.array([[1, 2, 3, 4, 5]]))
    assert found.tokens.readers == ("words",)
    assert abs(found.values.sum() - (found.whole - (found.nothing or 0))) <= 0.011 * abs(found.values).sum()


def test_tokens_that_the_model_does_not_read(pairs: Pairs) -> None:
    model = pairs["binary"].maju
    with pytest.raises(InputError) as caught:
        token_contributions(model, np.zeros((1, 9, 7, 1)))
    reason = "no Embedding reads ids from a TextVectorization or from an input"
    assert str(caught.value) == f"'{model.name}' reads no tokens: {reason}"
    with pytest.raises(InputError, match="row 1 holds no tokens, only padding"):
        token_contributions(pairs["text"].maju, ["enak", "..."], row=1)
    with pytest.raises(InputError, match="method='occlusion'; expected 'gradients' or 'leave_out'"):
        token_contributions(pairs["text"].maju, ["enak"], method="occlusion")  # type: ignore[arg-type]


def test_a_vocabulary_that_the_model_does_not_hold(pairs: Pairs) -> None:
    found = token_contributions(pairs["ids"].maju, [[2, 8, 7]], vocabulary={2: WORDS[0], 8: WORDS[6]})
    assert found.tokens.words == ("enak", "tidak", "[7]")
