"""What the files of a training are called."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from maju.errors import MajuError

__all__ = ["RowFiles", "made_folder"]


def made_folder(path: str | os.PathLike[str]) -> Path:
    """The folder at a path, made where it is missing.

    Raises:
        MajuError: it cannot be made.
    """
    folder = Path(path).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MajuError(f"{folder} cannot be made: {error.strerror}") from error
    return folder


@dataclass(frozen=True)
class RowFiles:
    """The files of one training, which all begin with its name."""

    folder: Path
    name: str

    @property
    def model(self) -> Path:
        """The trained model."""
        return self.folder / f"{self.name}.keras"

    @property
    def history(self) -> Path:
        """Loss, accuracy and seconds, a list a metric, a number an epoch."""
        return self.folder / f"{self.name}.history.json"

    @property
    def probabilities(self) -> Path:
        """Keras's probabilities, (test rows, classes)."""
        return self.folder / f"{self.name}.keras-probabilities.npy"

    @property
    def result(self) -> Path:
        """The scores, or the error."""
        return self.folder / f"{self.name}.result.json"

    @property
    def plot(self) -> Path:
        """The plot of the losses."""
        return self.folder / f"{self.name}.png"

    @property
    def log(self) -> Path:
        """What the process that trained it printed."""
        return self.folder / f"{self.name}.log"

    @property
    def lock(self) -> Path:
        """Locked by the one process that may write the others."""
        return self.folder / f"{self.name}.lock"

    def checkpoint(self, epoch: int) -> Path:
        """The model with its optimizer, as it was after so many epochs; gone when training is done."""
        return self.folder / f"{self.name}.epoch-{epoch}.keras"

    def checkpoints(self) -> dict[int, Path]:
        """The checkpoints that are there, by their epoch."""
        pattern = re.compile(re.escape(self.name) + r"\.epoch-(\d+)\.keras")
        found = {path: pattern.fullmatch(path.name) for path in self.folder.iterdir()}
        return {int(match[1]): path for path, match in found.items() if match}

    def read_history(self) -> dict[str, list[float]]:
        """The history that training wrote."""
        return cast(dict[str, list[float]], json.loads(self.history.read_text(encoding="utf-8")))

    def remove(self) -> None:
        """Remove all but the lock, so that what an earlier run left is not taken for this one's."""
        written = (self.model, self.history, self.probabilities, self.result, self.plot, self.log)
        for path in written:
            path.unlink(missing_ok=True)
        self.remove_checkpoints()

    def remove_checkpoints(self) -> None:
        """Remove the checkpoints, and what a killed process left of files that it was saving."""
        for path in self.checkpoints().values():
            path.unlink(missing_ok=True)
        for unfinished in self.folder.glob(f".{self.name}.*keras.*"):
            shutil.rmtree(unfinished)
