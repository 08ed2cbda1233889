"""The losses as metrics: the mean of their values over all samples."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from maju import losses
from maju.losses.loss import Loss
from maju.metrics.mean import MeanMetric
from maju.metrics.metric import Array, Metric

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "LossMetric",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
]


class LossMetric(MeanMetric):
    """The mean over all samples of a loss.

    Args:
        settings: the arguments of the loss.
    """

    direction = "down"
    loss_class: ClassVar[type[Loss]]

    def __init__(self, name: str | None = None, dtype: str | None = None, **settings: Any) -> None:
        super().__init__(name, dtype)
        self.loss = self.loss_class(name=self.name, dtype=self.dtype, **settings)

    def values(self, y_true: Array, y_pred: Array) -> tuple[Array, Array | None]:
        return self.loss.values(y_true, y_pred)

    def on_logits(self, activation: str | None, y_true: Any = None, y_pred: Any = None) -> Metric | None:
        loss = self.loss.on_logits(activation, y_true, y_pred)
        if loss is None:
            return None
        twin = copy.copy(self)
        twin.loss = loss
        twin.reset_state()
        return twin

    def get_config(self) -> dict[str, Any]:
        settings = {key: getattr(self.loss, key) for key in self.arguments}
        return {"name": self.name, "dtype": self.dtype, **settings}


class _Plain(LossMetric):
    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(name, dtype)


class MeanSquaredError(_Plain):
    """See `maju.losses.MeanSquaredError`."""

    loss_class = losses.MeanSquaredError


class MeanAbsoluteError(_Plain):
    """See `maju.losses.MeanAbsoluteError`."""

    loss_class = losses.MeanAbsoluteError


class MeanAbsolutePercentageError(_Plain):
    """See `maju.losses.MeanAbsolutePercentageError`."""

    loss_class = losses.MeanAbsolutePercentageError


class MeanSquaredLogarithmicError(_Plain):
    """See `maju.losses.MeanSquaredLogarithmicError`."""

    loss_class = losses.MeanSquaredLogarithmicError


class LogCoshError(_Plain):
    """See `maju.losses.LogCosh`."""

    loss_class = losses.LogCosh
    default_name = "logcosh"


class Hinge(_Plain):
    """See `maju.losses.Hinge`."""

    loss_class = losses.Hinge


class SquaredHinge(_Plain):
    """See `maju.losses.SquaredHinge`."""

    loss_class = losses.SquaredHinge


class CategoricalHinge(_Plain):
    """See `maju.losses.CategoricalHinge`."""

    loss_class = losses.CategoricalHinge


class KLDivergence(_Plain):
    """See `maju.losses.KLDivergence`."""

    loss_class = losses.KLDivergence


class Poisson(_Plain):
    """See `maju.losses.Poisson`."""

    loss_class = losses.Poisson


class BinaryCrossentropy(LossMetric):
    """See `maju.losses.BinaryCrossentropy`."""

    loss_class = losses.BinaryCrossentropy
    arguments = ("from_logits", "label_smoothing")

    def __init__(
        self,
        name: str | None = None,
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class CategoricalCrossentropy(LossMetric):
    """See `maju.losses.CategoricalCrossentropy`."""

    loss_class = losses.CategoricalCrossentropy
    arguments = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        name: str | None = None,
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


class SparseCategoricalCrossentropy(LossMetric):
    """See `maju.losses.SparseCategoricalCrossentropy`."""

    loss_class = losses.SparseCategoricalCrossentropy
    arguments = ("from_logits", "ignore_class", "axis")

    def __init__(
        self,
        name: str | None = None,
        dtype: str | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis)
