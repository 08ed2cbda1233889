"""CSVLogger: the logs of every epoch in a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from maju.callbacks.callback import Callback, Logs
from maju.errors import InputError

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Write the logs of every epoch to a CSV file, a row an epoch.

    Args:
        filename: the file.
        separator: what stands between two values, one letter.
        append: whether what is in the file already stays.

    Source: `keras.callbacks.CSVLogger`.
    """

    def __init__(self, filename: str | Path, separator: str = ",", append: bool = False) -> None:
        if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n':
            raise InputError(f"CSVLogger: separator={separator!r}; expected one letter, as ',' or ';'")
        self.path = Path(filename)
        self.separator = separator
        self.append = append
        self.keys: list[str] | None = None
        self._started = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.keys = None
        self._started = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        # Not earlier: a training that goes on puts back what was in the file, in `set_state`.
        if not self._started:
            try:
                self.path.open("a" if self.append else "w").close()
            except OSError as error:
                raise InputError(f"CSVLogger: {self.path} cannot be written ({error.strerror})") from None
            self._started = True

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        begun = self.keys is not None
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file, delimiter=self.separator)
            if not begun and not file.tell():
                writer.writerow(["epoch", *self.keys])
            writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])

    def get_state(self) -> dict[str, Any]:
        size = self.path.stat().st_size if self._started and self.path.exists() else None
        return {"keys": self.keys, "size": size}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on after the last row that was written when the state was taken; later ones come again."""
        self.keys, size = state["keys"], state["size"]
        if size is None:
            return
        if not self.path.exists() or self.path.stat().st_size < size:
            self.keys = None  # the file is gone: a new one, with a header
            return
        with self.path.open("r+") as file:
            file.truncate(size)
        self._started = True


def _cell(value: Any) -> Any:
    return f'"[{", ".join(map(str, value))}]"' if np.ndim(value) else value
