"""Learning rate schedules under Keras's names: learning rates that change from step to step.

::

    from maju import optimizers, schedules

    schedule = schedules.CosineDecay(0.0, decay_steps=900, warmup_target=0.01, warmup_steps=100)
    optimizer = optimizers.Adam(schedule)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maju.errors import InputError
from maju.schedules.cosine_decay import CosineDecay
from maju.schedules.cosine_decay_restarts import CosineDecayRestarts
from maju.schedules.exponential_decay import ExponentialDecay
from maju.schedules.inverse_time_decay import InverseTimeDecay
from maju.schedules.learning_rate_schedule import LearningRateSchedule
from maju.schedules.piecewise_constant_decay import PiecewiseConstantDecay
from maju.schedules.polynomial_decay import PolynomialDecay
from maju.schedules.serialized import class_named, read_serialized, serialized

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "get",
    "serialize",
]

_CLASSES: tuple[type[LearningRateSchedule], ...] = (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
_KNOWN = {cls.__name__.lower(): cls for cls in _CLASSES}


def get(identifier: Any) -> LearningRateSchedule:
    """The schedule that is meant.

    Args:
        identifier: a schedule, or what `serialize` or Keras has made of one.

    Raises:
        InputError: it is neither; a name alone does not say how long and how deep.
    """
    if isinstance(identifier, LearningRateSchedule):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    raise InputError(f"expected a schedule as maju.schedules.CosineDecay(0.1, 1000), got {identifier!r}")


def serialize(schedule: LearningRateSchedule) -> dict[str, Any]:
    """The schedule as Keras 3 writes it."""
    if type(schedule) not in _CLASSES:
        raise InputError(f"{schedule!r} is not one of Keras's schedules, and no file can hold it")
    return serialized(schedule, "keras.optimizers.schedules")


def deserialize(config: Mapping[str, Any]) -> LearningRateSchedule:
    """The schedule that `serialize`, Keras 3 or Keras 2 has written."""
    name, arguments = read_serialized(config, "a schedule")
    return class_named(name, _KNOWN, "schedule").from_config(arguments)
