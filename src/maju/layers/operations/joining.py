"""Several arrays to one, and one to several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.layers.operations.axes import one_axis
from maju.layers.operations.function import moving
from maju.layers.operations.types import common, tensors

__all__: list[str] = []

Sections = int | Sequence[int]


@moving("Concatenate")
def concatenate(xs: Sequence[Any], *, axis: int = 0) -> Any:
    """The arrays one behind the other along an axis."""
    return np.concatenate(tensors(*xs), axis=axis)


@moving("Stack")
def stack(x: Sequence[Any], *, axis: int = 0) -> Any:
    """The arrays side by side along a new axis."""
    return np.stack(common(*x), axis=axis)


@moving("Append", tensors=2)
def append(x1: Any, x2: Any, *, axis: int | None = None) -> Any:
    """x₂ behind x₁ along an axis, or all values of both in a row."""
    x1, x2 = tensors(x1, x2)
    return np.append(x1, x2, axis=axis)


@moving("Hstack")
def hstack(xs: Sequence[Any]) -> Any:
    """The arrays one behind the other along axis 1; vectors along their only one."""
    return np.hstack(common(*xs))


@moving("Vstack")
def vstack(xs: Sequence[Any]) -> Any:
    """The arrays one behind the other along axis 0."""
    return np.concatenate(common(*xs), axis=0)


@moving("Dstack")
def dstack(xs: Sequence[Any]) -> Any:
    """The arrays one behind the other along axis 2."""
    return np.dstack(tensors(*xs))


@moving("Meshgrid", tensors=None, outputs=lambda *x, indexing: len(x), choices={"indexing": ("xy", "ij")})
def meshgrid(*x: Any, indexing: str = "xy") -> Any:
    """For each of several vectors, its values over the grid of all."""
    return np.meshgrid(*x, indexing=indexing)  # type: ignore[call-overload]


def _parts(x: Any, indices_or_sections: Sections, axis: int = 0) -> int:
    whole = isinstance(indices_or_sections, int)
    return int(indices_or_sections) if whole else len(indices_or_sections) + 1  # type: ignore[arg-type]


@moving("Split", outputs=_parts)
def split(x: Any, *, indices_or_sections: Sections, axis: int = 0) -> Any:
    """So many equal parts along an axis, or those between the places that are given."""
    return np.split(x, _places(indices_or_sections), axis=axis)


def _places(indices_or_sections: Sections) -> Any:
    return indices_or_sections if isinstance(indices_or_sections, int) else list(indices_or_sections)


@moving("ArraySplit", outputs=_parts)
def array_split(x: Any, *, indices_or_sections: int, axis: int = 0) -> Any:
    """So many parts along an axis, the first ones longer by one where they cannot be equal."""
    return np.array_split(x, indices_or_sections, axis=axis)


@moving("Hsplit", outputs=_parts)
def hsplit(x: Any, *, indices_or_sections: Sections) -> Any:
    """Parts along axis 1; of a vector along its only one."""
    return np.split(x, _places(indices_or_sections), axis=one_axis(min(1, np.ndim(x) - 1), np.ndim(x)))


@moving("Vsplit", outputs=_parts)
def vsplit(x: Any, *, indices_or_sections: Sections) -> Any:
    """Parts along axis 0."""
    return np.split(x, _places(indices_or_sections), axis=0)


@moving("Dsplit", outputs=_parts)
def dsplit(x: Any, *, indices_or_sections: Sections) -> Any:
    """Parts along axis 2."""
    return np.split(x, _places(indices_or_sections), axis=2)
