"""Collected: the rows of an output, put together part by part."""

from __future__ import annotations

import threading

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array

__all__ = ["Collected"]


class Collected:
    """What the parts of the samples give for one output; they may come in any order, from several threads.

    Args:
        name: of the output, for messages.
        rows: how many samples there are; None where that shows only at the end.
        out: an array to be filled, such as a memory-mapped file's.
    """

    def __init__(self, name: str, rows: int | None, out: Array | None = None) -> None:
        self.name = name
        self.rows = rows
        self.out = out
        self._seen = 0
        self._array: Array | None = None
        self._parts: dict[int, Array] = {}
        self._lock = threading.Lock()

    def put(self, start: int, stop: int, value: Array) -> None:
        """Take a copy of what came of the samples from `start` to `stop`.

        Raises:
            InputError: it is a single number, or does not fit `out`.
        """
        if value.ndim == 0:
            reason = "is one number for all rows, which depends on the batch; use forward"
            raise InputError(f"output {self.name!r} {reason}")
        of_samples = len(value) == stop - start  # else its first axis is another one
        with self._lock:
            self._seen = max(self._seen, stop)
            if not of_samples or (self.rows is None and self.out is None):
                self._parts[start] = value.copy()
                return
            if self._array is None:
                self._array = self._room(value)
        if stop > len(self._array):
            raise self._misfit(value, stop)
        self._array[start:stop] = value

    def whole(self) -> Array:
        """The output for all samples.

        Raises:
            InputError: it does not fill `out`.
        """
        if self._parts:
            whole = np.concatenate([self._parts[start] for start in sorted(self._parts)])
            if self.out is None:
                return whole
            self._check(whole, len(whole))
            self.out[...] = whole
            return self.out
        assert self._array is not None
        if self._seen != len(self._array):
            raise self._misfit(self._array, self._seen)
        return self._array

    def _room(self, value: Array) -> Array:
        if self.out is None:
            assert self.rows is not None
            return np.empty((self.rows, *value.shape[1:]), value.dtype)
        self._check(value, len(self.out) if self.rows is None else self.rows)
        return self.out

    def _check(self, value: Array, rows: int) -> None:
        assert self.out is not None
        if self.out.shape != (rows, *value.shape[1:]) or self.out.dtype != value.dtype:
            raise self._misfit(value, rows)

    def _misfit(self, value: Array, rows: int) -> InputError:
        assert self.out is not None
        shape = (rows, *value.shape[1:])
        return InputError(
            f"out: output {self.name!r} has shape {shape} and dtype {value.dtype}, "
            f"the array for it {self.out.shape} and {self.out.dtype}"
        )
