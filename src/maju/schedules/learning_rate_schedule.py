"""What all schedules have in common."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from maju.errors import InputError

__all__ = ["Float", "LearningRateSchedule", "argument_problem"]

#: Keras computes schedules in this type, step by step, and so do these.
Float = np.float32


class LearningRateSchedule:
    """A learning rate that changes with the step: ``schedule(step)`` gives the one of that step.

    A schedule of one's own gives `value` for a step, and keeps each argument of its constructor as an
    attribute of the same name.
    """

    name: str

    def __call__(self, step: int) -> float:
        """The learning rate of a step.

        Args:
            step: how many steps were made before.
        """
        with np.errstate(all="ignore"):  # infinities and NaN come out as they do in Keras
            return float(self.value(Float(step)))

    def value(self, step: np.float32) -> Any:
        """The learning rate of a step, in float32."""
        raise NotImplementedError(f"the schedule {type(self).__name__} does not say its `value` at a step")

    def get_config(self) -> dict[str, Any]:
        """The arguments under their Keras names."""
        return {key: getattr(self, key) for key in inspect.signature(type(self)).parameters}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The schedule with these arguments.

        Raises:
            InputError: one is unknown, missing or wrong; names it.
        """
        given = {key: value for key, value in config.items() if key != "name" or value is not None}
        problem = argument_problem(cls, given)
        if problem:
            raise InputError(f"{cls.__name__}: {problem}")
        return cls(**given)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.get_config() == other.get_config()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in self.get_config().items() if key != "name")
        return f"{type(self).__name__}({shown})"


def argument_problem(cls: type, config: Mapping[str, Any], *more: str) -> str:
    """What is wrong with the names in a config for the constructor of a class; nothing for none.

    Args:
        more: names that the constructor takes without listing them.
    """
    parameters = {
        key: parameter
        for key, parameter in inspect.signature(cls).parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD
    }
    unknown = [key for key in config if key not in parameters and key not in more]
    if unknown:
        known = ", ".join([*parameters, *more])
        return f"unknown hyper-parameter {unknown[0]}={config[unknown[0]]!r}; there are {known}"
    missing = [k for k, p in parameters.items() if p.default is p.empty and k not in config]
    return f"the hyper-parameter {missing[0]} is missing" if missing else ""
