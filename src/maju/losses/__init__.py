"""Losses under Keras's names.

::

    from maju import losses

    loss = losses.get("sparse_categorical_crossentropy")
    value, backward = loss.vjp([2, 0], [[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]])
    backward()  # d value / d y_pred

A loss of your own is two functions,

::

    def quartic(y_true, y_pred):
        return ((y_pred - y_true) ** 4).mean(axis=-1)  # the value of each row

    def slope(y_true, y_pred):
        return 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]  # by each prediction

    loss = losses.from_functions(quartic, slope)

or a subclass with one method, to which sample weights, masks and reductions come for nothing:

::

    class Quartic(losses.Loss):
        def call(self, y_true, y_pred):
            error = y_pred - y_true
            slope = 4 * error**3 / error.shape[-1]
            return (error**4).mean(axis=-1), lambda dvalues: dvalues[..., None] * slope
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maju.lookup import Lookup
from maju.losses.binary_crossentropy import BinaryCrossentropy
from maju.losses.binary_focal_crossentropy import BinaryFocalCrossentropy
from maju.losses.categorical_crossentropy import CategoricalCrossentropy
from maju.losses.categorical_focal_crossentropy import CategoricalFocalCrossentropy
from maju.losses.categorical_hinge import CategoricalHinge
from maju.losses.cosine_similarity import CosineSimilarity
from maju.losses.dice import Dice
from maju.losses.hinge import Hinge
from maju.losses.huber import Huber
from maju.losses.kl_divergence import KLDivergence
from maju.losses.log_cosh import LogCosh
from maju.losses.loss import ElementwiseLoss, Loss
from maju.losses.mean_absolute_error import MeanAbsoluteError
from maju.losses.mean_absolute_percentage_error import MeanAbsolutePercentageError
from maju.losses.mean_squared_error import MeanSquaredError
from maju.losses.mean_squared_logarithmic_error import MeanSquaredLogarithmicError
from maju.losses.own import from_functions
from maju.losses.poisson import Poisson
from maju.losses.sparse_categorical_crossentropy import SparseCategoricalCrossentropy
from maju.losses.squared_hinge import SquaredHinge
from maju.losses.targets import kind_of_targets
from maju.losses.tversky import Tversky

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Dice",
    "ElementwiseLoss",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "deserialize",
    "for_shapes",
    "from_functions",
    "get",
    "serialize",
]

_CLASSES: tuple[type[Loss], ...] = (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Dice,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
    Tversky,
)
_OTHER_NAMES: dict[str, type[Loss]] = {
    "bce": BinaryCrossentropy,
    "kld": KLDivergence,
    "kullback_leibler_divergence": KLDivergence,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}
_LOOKUP: Lookup[Loss] = Lookup("loss", Loss, _CLASSES, "keras.losses", _OTHER_NAMES)
_CROSSENTROPIES: dict[str, type[Loss]] = {
    "binary": BinaryCrossentropy,
    "sparse": SparseCategoricalCrossentropy,
    "categorical": CategoricalCrossentropy,
}


def get(identifier: Any) -> Loss | None:
    """The loss that is meant.

    Args:
        identifier: a loss or its class; its name as ``"mse"``, ``"mean_squared_error"`` or
            ``"MeanSquaredError"``; what `serialize` or Keras has made of one; or None, which is given back.

    Raises:
        InputError: there is no such loss.
    """
    if isinstance(identifier, str) and identifier not in _LOOKUP.classes:
        # Keras has a function of this name, and calls the loss as it is asked for.
        loss = _LOOKUP.named(identifier)()
        loss.name = identifier
        return loss
    return _LOOKUP.get(identifier)


def for_shapes(identifier: Any, y_true_shape: Sequence[int], y_pred_shape: Sequence[int]) -> Loss | None:
    """The loss that Keras's `compile` makes of what it is given.

    ``"crossentropy"`` and ``"ce"`` are the binary one where a prediction is one number, the sparse one where
    the targets are numbers of categories, and else the categorical one.
    """
    if isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce"):
        return _CROSSENTROPIES[kind_of_targets(y_true_shape, y_pred_shape)](name=identifier)
    return get(identifier)


def serialize(loss: Loss) -> dict[str, Any]:
    """The loss as Keras 3 writes it."""
    return _LOOKUP.serialize(loss)


def deserialize(config: Mapping[str, Any] | str) -> Loss:
    """The loss that `serialize`, Keras 3 or Keras 2 has written."""
    return _LOOKUP.deserialize(config)
