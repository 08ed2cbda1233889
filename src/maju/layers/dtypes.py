"""Which number type a layer computes in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["as_float"]


def as_float(x: Any) -> npt.NDArray[Any]:
    """X itself where it holds floating-point numbers, else as float32, Keras's default."""
    array: npt.NDArray[Any] = np.asarray(x)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float32)
