"""Watching one number of the logs: whether it got better."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np

from maju.callbacks.callback import Callback, Logs
from maju.errors import InputError
from maju.schedules.checked import real

__all__ = ["Monitoring"]

MODES = ("auto", "min", "max")


class Monitoring(Callback):
    """A callback that watches a number of the logs.

    Args:
        monitor: the name of the number, as ``"val_loss"``.
        mode: ``"min"`` where less is better, ``"max"`` where more is, ``"auto"`` for what the metric says.
        min_delta: by how much it must get better to count.

    Attributes:
        best: the best so far; None before the first.

    Source: `keras.callbacks.MonitorCallback`.
    """

    def __init__(self, monitor: str = "val_loss", mode: str = "auto", min_delta: float = 0.0) -> None:
        if not isinstance(monitor, str) or not monitor:
            raise InputError(f"{self._class}: monitor={monitor!r}; expected a name, as 'val_loss'")
        if mode not in MODES:
            raise InputError(f"{self._class}: mode={mode!r}; expected 'auto', 'min' or 'max'")
        self.monitor = monitor
        self.mode = mode
        self.min_delta = abs(real(self._class, "min_delta", min_delta))
        self.best: float | None = None

    @property
    def _class(self) -> str:
        return type(self).__name__

    @property
    def direction(self) -> Literal["min", "max"]:
        """Whether less or more of the number is better.

        Raises:
            InputError: neither `mode` nor the metric says it.
        """
        if self.mode == "auto":
            name = self.monitor.removeprefix("val_")
            metric = self.model.trainer.scores.by_name().get(name)
            if name == "loss" or name.endswith("_loss"):
                return "min"
            if metric is None or metric.direction is None:
                raise InputError(
                    f"{self._class}: whether more or less of {self.monitor!r} is better is not known; "
                    "give mode='max' or mode='min'"
                )
            return "max" if metric.direction == "up" else "min"
        return "min" if self.mode == "min" else "max"

    def monitored(self, logs: Logs | None, what_for: str) -> float | None:
        """The number in these logs; None, with a warning, where it is not there.

        Raises:
            InputError: it is not one number but an array.
        """
        value: Any = (logs or {}).get(self.monitor)
        if value is None:
            known = ", ".join(logs or {})
            warnings.warn(
                f"{what_for} needs {self.monitor!r}, which is not among {known or 'the logs'}", stacklevel=4
            )
            return None
        if np.ndim(value):
            raise InputError(f"{self._class}: {self.monitor!r} has {np.size(value)} values; one is needed")
        return float(value)

    def improves(self, value: float, on: float | None) -> bool:
        """Whether a value is better than another by more than `min_delta`, as numbers of float32."""
        direction = self.direction
        if on is None:
            return True
        if direction == "min":
            return bool(np.float32(value + self.min_delta) < np.float32(on))
        return bool(np.float32(value - self.min_delta) > np.float32(on))
