"""The way through a layer, and back, with a batch cut into slices that several threads take."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from maju.layers.base import Array, Backward, Gradients
from maju.threads import each

__all__ = ["vjp_in_slices"]

#: How many values a slice may hold, in and out, if one sample has not more: so few that they stay in the
#: processor's cache from one operation to the next, and so many that Python's part in it is small.
AT_A_TIME = 1 << 20


def vjp_in_slices(
    vjp: Callable[[Array], tuple[Array, Backward]], x: Array, values: int
) -> tuple[Array, Backward]:
    """The `Layer.vjp` of a layer that takes each sample by itself, from that of some samples at a time.

    How the batch is cut follows from its shape alone, and what the slices send to a weight is added in their
    order: so the outcome is the same to the last bit, however many threads there are.

    Args:
        vjp: x -> (y, backward), for any number of samples.
        values: how many values one sample holds, in and out.
    """
    step = max(1, AT_A_TIME // max(1, values))
    slices = [slice(start, start + step) for start in range(0, len(x), step)]
    if len(slices) < 2:
        return vjp(x)
    y = _Whole(len(x))

    def ahead(some: slice) -> Backward:
        part, back = vjp(x[some])
        y.put(some, part)
        return back

    ways_back = list(zip(slices, each(ahead, slices), strict=True))

    def backward(dy: Array) -> tuple[Any, Gradients]:
        dx = _Whole(len(x))

        def of_slice(way_back: tuple[slice, Backward]) -> Gradients:
            some, back = way_back
            part, gradients = back(dy[some])
            dx.put(some, part)
            return gradients

        total, *others = each(of_slice, ways_back)
        for gradients in others:
            for name, gradient in gradients.items():
                total[name] += gradient
        return dx.array, total

    return y.array, backward


class _Whole:
    """An array that is put together from slices; the first that comes tells its shape."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.array: Any = None
        self._lock = threading.Lock()

    def put(self, some: slice, part: Array | None) -> None:
        """Copy a part to its place; None leaves no array at all."""
        if part is None:
            return
        with self._lock:
            if self.array is None:
                self.array = np.empty((self.rows, *part.shape[1:]), part.dtype)
        self.array[some] = part
