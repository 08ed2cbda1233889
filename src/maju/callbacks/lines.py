"""The lines that callbacks print."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["duration", "results", "say"]


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def results(logs: Mapping[str, Any] | None) -> str:
    """Loss and metrics in one line: ``"loss 0.1234, accuracy 0.9500"``."""
    return ", ".join(f"{name} {_number(value)}" for name, value in (logs or {}).items())


def duration(seconds: float) -> str:
    """A time as it is read: ``"0.42 s"``, ``"12 s"``, ``"3 min 05 s"``, ``"2 h 07 min"``."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def _number(value: Any) -> str:
    if np.ndim(value):
        return f"[{' '.join(map(_number, value))}]"
    number = float(value)
    return f"{number:.4f}" if number == 0 or abs(number) >= 1e-3 else f"{number:.4e}"
