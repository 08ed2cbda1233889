"""The pictures of a whole data set: confusion, reliability, mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from maju.errors import InputError
from maju.visualize import confusion, mistakes, reliability
from maju.visualize.confusion import plot_confusion
from maju.visualize.mistakes import plot_mistakes

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 4, 200)
P = RNG.dirichlet(np.ones(4), 200) + 0.6 * np.eye(4)[np.where(RNG.random(200) < 0.6, TRUTH, 0)]
P /= P.sum(axis=1, keepdims=True)


def test_confusion_is_that_of_scikit_learn() -> None:
    expected = confusion_matrix(TRUTH, P.argmax(axis=1), labels=range(4))
    np.testing.assert_array_equal(confusion(TRUTH, P), expected)
    np.testing.assert_array_equal(confusion(TRUTH, P.argmax(axis=1)), expected)
    np.testing.assert_array_equal(confusion(np.eye(4)[TRUTH], P), expected)
    p = P[:, :1]
    np.testing.assert_array_equal(
        confusion(TRUTH == 0, p), confusion_matrix(TRUTH == 0, p[:, 0] > 0.5, labels=[False, True])
    )
    assert confusion([0, 1], [1, 1], count=3).shape == (3, 3)


def test_reliability_by_hand() -> None:
    p = np.array([[0.95, 0.05], [0.85, 0.15], [0.82, 0.18], [0.4, 0.6], [0.5, 0.5]])
    found = reliability([0, 1, 0, 1, 1], p)
    assert found.counts.tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 2, 1]
    assert found.right[[4, 5, 8, 9]].tolist() == [0, 1, 0.5, 1]
    assert found.sure[[4, 5, 8, 9]] == pytest.approx([0.5, 0.6, 0.835, 0.95])
    assert np.isnan(found.right[0])
    assert found.error == pytest.approx((0.5 + 0.4 + 2 * 0.335 + 0.05) / 5)
    assert found.edges.tolist() == pytest.approx(np.linspace(0, 1, 11).tolist())


def test_reliability_of_one_column_and_of_what_is_never_sure() -> None:
    one = reliability([1, 0], np.array([0.9, 0.2]))
    two = reliability([1, 0], np.array([[0.1, 0.9], [0.8, 0.2]]))
    assert one.error == pytest.approx(two.error)
    assert reliability(TRUTH, P, bins=1).error == pytest.approx(
        abs(P.max(axis=1).mean() - (P.argmax(axis=1) == TRUTH).mean())
    )


def test_mistakes_come_in_the_order_of_their_wrongness() -> None:
    found = mistakes(TRUTH, P, most=7)
    wrong = [i for i in range(200) if P[i].argmax() != TRUTH[i]]
    worst = sorted(wrong, key=lambda i: P[i, TRUTH[i]])[:7]
    assert found.rows.tolist() == worst
    assert (found.total, found.count) == (len(wrong), 200)
    assert found.truth.tolist() == TRUTH[worst].tolist()
    assert found.predicted.tolist() == P[worst].argmax(axis=1).tolist()
    assert found.of_truth.tolist() == [P[i, TRUTH[i]] for i in worst]
    assert found.of_predicted.tolist() == P[worst].max(axis=1).tolist()
    assert mistakes([0, 1], np.eye(2)).rows.tolist() == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: confusion([0, 1], [0, 1, 1]), "expected 3 true classes, one for each row, got shape (2,)"),
        (lambda: confusion([0, 4], P[:2]), "expected true classes from 0 to 3"),
        (lambda: confusion([0, -1], P[:2]), "expected true classes from 0 to 3"),
        (lambda: confusion([], []), "expected at least one row, got none"),
        (
            lambda: reliability(TRUTH, 5 * P),
            "expected probabilities from 0 to 1; the model's output is something else",
        ),
        (
            lambda: reliability(TRUTH, P * np.nan),
            "expected probabilities from 0 to 1; the model's output is something else",
        ),
        (
            lambda: mistakes(TRUTH, P[:, :, np.newaxis]),
            "expected probabilities of shape (rows, classes), got (200, 4, 1)",
        ),
        (lambda: plot_confusion(TRUTH, P, classes=["a", "b"]), "2 names for 4 classes"),
        (lambda: plot_mistakes(np.zeros((9, 2, 2)), TRUTH, P), "9 inputs for 200 predictions"),
        (
            lambda: plot_mistakes(np.zeros((200, 2)), TRUTH, P),
            "expected images or texts to show, got values of shape (2,) each",
        ),
    ],
)
def test_what_does_not_fit_is_told(call: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == message
