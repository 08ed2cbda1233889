"""What `fit`, `evaluate` and `predict` are given beside data, checked before anything is computed."""

from __future__ import annotations

import inspect
import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import InputError

if TYPE_CHECKING:
    from maju.callbacks import Callback

__all__ = [
    "augmentation",
    "callback_list",
    "check_verbose",
    "count",
    "count_or_none",
    "epochs_of_validation",
    "finite_weights",
    "for_keras",
    "number",
    "share",
]


def count(name: str, value: Any, least: int = 1) -> int:
    """A whole number.

    Raises:
        InputError: it is none, or smaller than `least`.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def count_or_none(name: str, value: Any) -> int | None:
    """A whole number of at least 1, or None where nothing is said."""
    return None if value is None else count(name, value)


def share(name: str, value: Any) -> float:
    """A share from 0 to less than 1; None stands for 0."""
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if value is not None and not (number and 0 <= value < 1):
        raise InputError(f"{name}={value!r}; expected a share of the rows, from 0 to less than 1")
    return float(value or 0)


def callback_list(callbacks: Any) -> list[Callback]:
    """Callbacks: none, one, or several in a list."""
    from maju.callbacks import Callback

    if callbacks is None:
        return []
    given = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
    for callback in given:
        if isinstance(callback, type) and issubclass(callback, Callback):
            name = callback.__name__
            raise InputError(f"callbacks: write callbacks=[{name}()], not the class {name} itself")
        if not isinstance(callback, Callback):
            raise InputError(f"callbacks: expected maju.callbacks.Callback objects, got {callback!r}")
    return given


def check_verbose(verbose: Any) -> None:
    """Refuse what `verbose` may not be.

    Raises:
        InputError: it is neither 0, 1, 2 nor "auto".
    """
    if verbose not in ("auto", 0, 1, 2):
        raise InputError(f"verbose={verbose!r}; expected 0, 1, 2 or 'auto'")


def epochs_of_validation(validation_freq: Any) -> int | Collection[int]:
    """After how many epochs validation comes, or the numbers of those epochs, from 1."""
    if isinstance(validation_freq, (list, tuple, set, frozenset, range)):
        return {count("an epoch in validation_freq", epoch) for epoch in validation_freq}
    if isinstance(validation_freq, (bool, float, str)) or validation_freq is None:
        raise InputError(
            f"validation_freq={validation_freq!r}; expected a whole number of at least 1, or a list of epochs"
        )
    return count("validation_freq", validation_freq)


def augmentation(augment: Any) -> None:
    """Refuse what is no function of x and rng."""
    if augment is None:
        return
    try:
        inspect.signature(augment).bind(None, None)
    except TypeError:
        raise InputError(f"augment: expected a function of x and rng, got {augment!r}") from None
    except ValueError:
        pass  # one that is not written in Python does not tell its arguments


def finite_weights(weights: Any, what: str) -> None:
    """Refuse weights of samples that are below zero, infinite or no numbers."""
    wrong = ~(np.isfinite(weights) & (np.asarray(weights) >= 0))
    if wrong.any():
        place = np.argwhere(wrong)[0]
        raise InputError(
            f"{what}: expected finite numbers of at least 0, got {weights[tuple(place)]} in row {place[0]}"
        )


def number(name: str, value: Any) -> float:
    """A finite number."""
    known = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not known or not math.isfinite(value):
        raise InputError(f"{name}: expected a finite number, got {value!r}")
    return float(value)


def for_keras(
    run_eagerly: Any, steps_per_execution: Any, jit_compile: Any, auto_scale_loss: Any
) -> dict[str, Any]:
    """What `compile` is given of how Keras is to compute, as a file of Keras 3 holds it.

    "auto" becomes False, by which Keras computes as it does where it compiles nothing.
    """
    for name, value, others in (
        ("run_eagerly", run_eagerly, ()),
        ("jit_compile", jit_compile, ("auto",)),
        ("auto_scale_loss", auto_scale_loss, ()),
    ):
        if not isinstance(value, bool) and value is not None and value not in others:
            auto = " or 'auto'" if others else ""
            raise InputError(f"compile: {name}={value!r}; expected True or False{auto}")
    return {
        "run_eagerly": bool(run_eagerly),
        "steps_per_execution": count("steps_per_execution", steps_per_execution),
        "jit_compile": jit_compile is True,
    }
