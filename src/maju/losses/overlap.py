"""What the losses of overlapping areas share."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["axes_of"]


def axes_of(axis: int | Iterable[int] | None, ndim: int) -> tuple[int, ...]:
    """The axes that a setting means; None means all."""
    if axis is None:
        return tuple(range(ndim))
    return (axis,) if isinstance(axis, int) else tuple(axis)
