"""What the files of a row are called."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

__all__ = ["RowFiles"]


@dataclass(frozen=True)
class RowFiles:
    """The files of one row, which all begin with its name."""

    folder: Path
    name: str

    @property
    def model(self) -> Path:
        """The trained model."""
        return self.folder / f"{self.name}.keras"

    @property
    def history(self) -> Path:
        """Loss and accuracy, a list a metric, a number an epoch."""
        return self.folder / f"{self.name}.history.json"

    @property
    def probabilities(self) -> Path:
        """Keras's probabilities, (test rows, classes)."""
        return self.folder / f"{self.name}.keras-probabilities.npy"

    @property
    def plot(self) -> Path:
        """The plot of the losses."""
        return self.folder / f"{self.name}.png"

    @property
    def log(self) -> Path:
        """What the process that trained it printed."""
        return self.folder / f"{self.name}.log"

    def read_history(self) -> dict[str, list[float]]:
        """The history that training wrote."""
        return cast(dict[str, list[float]], json.loads(self.history.read_text(encoding="utf-8")))

    def remove(self) -> None:
        """Remove them, so that what an earlier run left is not taken for this one's."""
        for path in (self.model, self.history, self.probabilities, self.plot, self.log):
            path.unlink(missing_ok=True)
