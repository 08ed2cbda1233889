"""What `compile` is given, checked at once and not when training begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from maju import losses, metrics
from maju.errors import InputError
from maju.losses import Loss
from maju.metrics import Metric
from maju.training.arguments import number

__all__ = ["checked_loss_weights", "checked_losses", "checked_metrics"]

#: Names that stand for one loss or metric or another, by the shapes that come.
BY_SHAPES = ("accuracy", "acc", "crossentropy", "ce")


def checked_losses(given: Any) -> Any:
    """What `compile` is given as loss, of losses that there are.

    Raises:
        InputError: one is none.
    """
    for part in _leaves(given):
        if callable(part) and not isinstance(part, (type, Loss)):
            name = getattr(part, "__name__", repr(part))
            raise InputError(
                f"loss: the function {name} does not tell its gradient; maju.losses.from_functions(value, "
                "gradient) makes a loss of two functions"
            )
        if not _by_shapes(part):
            losses.get(part)
    return given


def checked_loss_weights(given: Any) -> Any:
    """What `compile` is given as loss_weights, of numbers.

    Raises:
        InputError: one is none, as where metrics stand in their place.
    """
    for part in _leaves(given):
        if isinstance(part, (str, Metric, type)):
            raise InputError(
                f"loss_weights: expected numbers, got {part!r}; metrics are given as metrics=[...]"
            )
        number("loss_weights", part)
    return given


def checked_metrics(what: str, given: Any) -> Any:
    """What `compile` is given as metrics, of metrics that there are.

    Raises:
        InputError: one is none, or they do not stand in a list or a dict.
    """
    if given is not None and not isinstance(given, (list, tuple, Mapping)):
        raise InputError(f"{what}: expected a list or a dict, as {what}=['accuracy'], got {given!r}")
    for part in _leaves(given):
        if not _by_shapes(part):
            metrics.get(part)
    return given


def _by_shapes(part: Any) -> bool:
    return isinstance(part, str) and part.lower() in BY_SHAPES


def _leaves(given: Any) -> Iterator[Any]:
    """What lies in a nesting of lists and dicts; the config of one thing is one, and None is nothing."""
    if isinstance(given, Mapping) and "class_name" not in given:
        given = list(given.values())
    if isinstance(given, (list, tuple)):
        for part in given:
            yield from _leaves(part)
    elif given is not None:
        yield given
