"""Numbers that a user gives to schedules and optimizers, checked."""

from __future__ import annotations

import math
import numbers
from typing import Any

from maju.errors import InputError

__all__ = ["flag", "real", "steps", "whole"]


def real(owner: str, name: str, value: Any, *, least: float = -math.inf, most: float = math.inf) -> float:
    """A finite number as a float.

    Args:
        owner: what it is given to, for the message.
        name: its name there.
        least: the smallest that it may be.
        most: the largest that it may be.

    Raises:
        InputError: it is no number, or lies outside.
    """
    if not _is_number(value) or not least <= value <= most:
        expected = "a finite number"
        if most < math.inf:
            expected = f"a number from {least:g} to {most:g}"
        elif least > -math.inf:
            expected = f"a number of {least:g} or more"
        raise InputError(f"{owner}: {name}={value!r}; expected {expected}")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def steps(owner: str, name: str, value: Any) -> float:
    """A positive number of steps, as an int where it is whole.

    Raises:
        InputError: it is no positive number.
    """
    if not _is_number(value) or value <= 0:
        raise InputError(f"{owner}: {name}={value!r}; expected a number above 0")
    return int(value) if value == int(value) else float(value)


def whole(owner: str, name: str, value: Any, *, least: int) -> int:
    """A whole number of at least `least`, as an int.

    Raises:
        InputError: it is no whole number, or smaller.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise InputError(f"{owner}: {name}={value!r}; expected a whole number of {least} or more")
    return int(value)


def flag(owner: str, name: str, value: Any) -> bool:
    """True or False.

    Raises:
        InputError: it is anything else.
    """
    if value is not True and value is not False:
        raise InputError(f"{owner}: {name}={value!r}; expected True or False")
    return value
