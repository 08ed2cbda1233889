"""Every loss with truths and predictions that suit it, random and asymmetric."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["CASES", "EXTREMES", "Array", "Case"]

Array: TypeAlias = npt.NDArray[Any]
#: The class, its arguments, y_true, y_pred.
Case: TypeAlias = tuple[str, dict[str, Any], Any, Array]

_RNG = np.random.default_rng(20)


def _numbers(*shape: int) -> Array:
    return _RNG.normal(size=shape) * 2 + 0.3


def _shares(*shape: int) -> Array:
    x = _RNG.random(shape) + 0.02
    return np.asarray(x / x.sum(axis=-1, keepdims=True))


def _one_hot(*shape: int) -> Array:
    return np.eye(shape[-1])[_RNG.integers(0, shape[-1], shape[:-1])]


def _bits(*shape: int) -> Array:
    return (_RNG.random(shape) < 0.4).astype(np.float64)


_LABELS = _RNG.integers(0, 5, (4, 3))
_SOFT = _shares(4, 3, 5)

CASES: dict[str, Case] = {
    "mse": ("MeanSquaredError", {}, _numbers(7, 3), _numbers(7, 3)),
    "mse of sequences": ("MeanSquaredError", {}, _numbers(4, 3, 5), _numbers(4, 3, 5)),
    "mse, truth without last axis": ("MeanSquaredError", {}, _numbers(7), _numbers(7, 1)),
    "mse, prediction without last axis": ("MeanSquaredError", {}, _numbers(7, 1), _numbers(7)),
    "mse, last axis dropped": ("MeanSquaredError", {}, _numbers(4, 3), _numbers(4, 3, 1)),
    "mse, truth broadcast": ("MeanSquaredError", {}, _numbers(7, 1), _numbers(7, 3)),
    "mse, prediction broadcast": ("MeanSquaredError", {}, _numbers(7, 3), _numbers(7, 1)),
    "mae": ("MeanAbsoluteError", {}, _numbers(7, 3), _numbers(7, 3)),
    "mape": ("MeanAbsolutePercentageError", {}, _numbers(7, 3), _numbers(7, 3)),
    "msle": ("MeanSquaredLogarithmicError", {}, np.abs(_numbers(7, 3)), np.abs(_numbers(7, 3)) + 0.1),
    "huber": ("Huber", {}, _numbers(7, 3), _numbers(7, 3)),
    "huber, delta": ("Huber", {"delta": 2.5}, _numbers(7, 3), _numbers(7, 3)),
    "log cosh": ("LogCosh", {}, _numbers(7, 3), _numbers(7, 3)),
    "hinge of signs": ("Hinge", {}, 2 * _bits(7, 3) - 1, _numbers(7, 3)),
    "hinge of bits": ("Hinge", {}, _bits(7, 3), _numbers(7, 3)),
    "squared hinge of bits": ("SquaredHinge", {}, _bits(4, 3, 2), _numbers(4, 3, 2)),
    "categorical hinge": ("CategoricalHinge", {}, _one_hot(7, 4), _numbers(7, 4)),
    "kl": ("KLDivergence", {}, _shares(7, 4), _shares(7, 4)),
    "poisson": ("Poisson", {}, _RNG.integers(0, 6, (7, 3)), np.abs(_numbers(7, 3)) + 0.1),
    "cosine": ("CosineSimilarity", {}, _numbers(7, 3), _numbers(7, 3)),
    "cosine on axis 1": ("CosineSimilarity", {"axis": 1}, _numbers(4, 3, 5), _numbers(4, 3, 5)),
    "sparse": ("SparseCategoricalCrossentropy", {}, _RNG.integers(0, 4, 7), _shares(7, 4)),
    "sparse, labels with an axis": (
        "SparseCategoricalCrossentropy",
        {},
        _RNG.integers(0, 4, (7, 1)).astype(np.uint8),
        _shares(7, 4) * 1.7,
    ),
    "sparse of float labels": (
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        _LABELS.astype(np.float64),
        _numbers(4, 3, 5),
    ),
    "sparse without class 2": ("SparseCategoricalCrossentropy", {"ignore_class": 2}, _LABELS, _SOFT),
    "sparse without class -1": (
        "SparseCategoricalCrossentropy",
        {"ignore_class": -1, "from_logits": True},
        np.where(_LABELS == 3, -1, _LABELS),
        _numbers(4, 3, 5),
    ),
    "categorical": ("CategoricalCrossentropy", {}, _one_hot(7, 4), _shares(7, 4) * 1.3),
    "categorical, smoothed": (
        "CategoricalCrossentropy",
        {"label_smoothing": 0.2},
        _one_hot(4, 3, 5),
        _SOFT,
    ),
    "categorical on axis 1": ("CategoricalCrossentropy", {"axis": 1}, _one_hot(4, 3, 5), _SOFT),
    "categorical of logits": (
        "CategoricalCrossentropy",
        {"from_logits": True, "label_smoothing": 0.1},
        _one_hot(7, 4),
        _numbers(7, 4),
    ),
    "categorical of logits on axis 1": (
        "CategoricalCrossentropy",
        {"from_logits": True, "axis": 1},
        _shares(4, 5, 3).transpose(0, 2, 1),
        _numbers(4, 3, 5),
    ),
    "binary": ("BinaryCrossentropy", {}, _bits(7, 3), _shares(7, 3)),
    "binary, smoothed": ("BinaryCrossentropy", {"label_smoothing": 0.3, "axis": 1}, _bits(4, 3, 5), _SOFT),
    "binary of logits": ("BinaryCrossentropy", {"from_logits": True}, _bits(7), _numbers(7, 1)),
    "categorical focal": ("CategoricalFocalCrossentropy", {}, _one_hot(7, 4), _shares(7, 4) * 1.3),
    "categorical focal of logits": (
        "CategoricalFocalCrossentropy",
        {"from_logits": True, "alpha": 0.6, "gamma": 1.5, "label_smoothing": 0.1},
        _one_hot(4, 3, 5),
        _numbers(4, 3, 5),
    ),
    "binary focal": ("BinaryFocalCrossentropy", {}, _bits(7, 3), _shares(7, 3)),
    "binary focal, balanced": (
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "alpha": 0.7, "gamma": 1.5, "label_smoothing": 0.1},
        _bits(7, 3),
        _shares(7, 3),
    ),
    "binary focal of logits": (
        "BinaryFocalCrossentropy",
        {"from_logits": True, "apply_class_balancing": True},
        _bits(4, 3, 5),
        _numbers(4, 3, 5),
    ),
    "dice": ("Dice", {}, _bits(4, 3, 2), _shares(4, 3, 2)),
    "dice by rows": ("Dice", {"axis": (1, 2)}, _bits(4, 3, 2), _shares(4, 3, 2)),
    "tversky": ("Tversky", {"alpha": 0.3, "beta": 0.9}, _bits(4, 3, 2), _shares(4, 3, 2)),
    "tversky by axis 1": ("Tversky", {"axis": 1}, _bits(4, 3, 2), _shares(4, 3, 2)),
}

_EDGES = np.array([[0, 1, 0], [1, 0, 1], [1e-8, 0.5, 1], [1e-7, 1 - 1e-7, 0.3]])
_HUGE = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [0, 0, 0], [3, -1e4, 1e4]])
_FIRST = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]])
_FLAGS = np.array([[1.0, 0, 1], [1, 1, 0], [0, 0, 1], [1, 0, 1]])

#: Probabilities of 0 and 1, logits of ±10,000, errors of 0 and predictions at the kinks.
EXTREMES: dict[str, Case] = {
    "sparse at 0 and 1": ("SparseCategoricalCrossentropy", {}, np.array([0, 1, 2, 0]), _EDGES),
    "sparse of huge logits": (
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        np.array([1, 1, 2, 0]),
        _HUGE,
    ),
    "categorical at 0 and 1": ("CategoricalCrossentropy", {}, _FIRST, _EDGES),
    "categorical of huge logits": ("CategoricalCrossentropy", {"from_logits": True}, _FIRST, _HUGE),
    "binary at 0 and 1": ("BinaryCrossentropy", {}, _FLAGS, _EDGES),
    "binary of huge logits": ("BinaryCrossentropy", {"from_logits": True}, _FLAGS, _HUGE),
    "categorical focal at 0 and 1": ("CategoricalFocalCrossentropy", {}, _FIRST, _EDGES),
    "categorical focal of huge logits": (
        "CategoricalFocalCrossentropy",
        {"from_logits": True},
        _FIRST,
        _HUGE,
    ),
    "binary focal at 0 and 1": ("BinaryFocalCrossentropy", {}, _FLAGS, _EDGES),
    "binary focal of huge logits": ("BinaryFocalCrossentropy", {"from_logits": True}, _FLAGS, _HUGE),
    "kl at 0 and 1": ("KLDivergence", {}, _FIRST, _EDGES),
    "log cosh of huge errors": ("LogCosh", {}, _FLAGS, _HUGE),
    "huber at delta": ("Huber", {"delta": 1.0}, _FLAGS, np.array([[2.0, 0, 0]] * 4)),
    "mae without error": ("MeanAbsoluteError", {}, _FLAGS, _FLAGS),
    "mape of truth 0": ("MeanAbsolutePercentageError", {}, _FLAGS, _FLAGS[::-1]),
    "msle below 0": ("MeanSquaredLogarithmicError", {}, -_FLAGS, _HUGE / 1e4),
    "hinge at the margin": ("Hinge", {}, _FLAGS, 2 * _FLAGS - 1),
    "squared hinge at the margin": ("SquaredHinge", {}, _FLAGS, 2 * _FLAGS - 1),
    "categorical hinge with equals": ("CategoricalHinge", {}, _FIRST, _HUGE),
    "poisson at 0": ("Poisson", {}, _FLAGS, np.zeros((4, 3))),
    "dice of nothing": ("Dice", {}, np.zeros((4, 3)), np.zeros((4, 3))),
}
