"""Which data an experiment uses, and how much of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from maju.datasets import Dataset, Split, cifar10, nusax
from maju.errors import DataError
from maju.experiments.checks import require_positive
from maju.experiments.data.digits import digits
from maju.experiments.data.sentences import sentences

__all__ = ["DATASETS", "DataChoice", "load"]

DataDir = str | os.PathLike[str] | None

DATASETS: dict[str, Callable[[DataDir], Dataset]] = {
    "cifar10": cifar10,
    "nusax": lambda data_dir: nusax("indonesian", data_dir),
    "digits": lambda data_dir: digits(),
    "sentences": lambda data_dir: sentences(),
}


@dataclass(frozen=True)
class DataChoice:
    """A data set by its name in `DATASETS`, whole or with fewer rows to learn from.

    Only training and validation can be cut: a model is always judged on every row of the test split.

    Args:
        name: one of `DATASETS`.
        train_rows: how many of the first training rows to use; all by default.
        validation_rows: the same of the validation rows.
    """

    name: str
    train_rows: int | None = None
    validation_rows: int | None = None

    def __post_init__(self) -> None:
        if self.name not in DATASETS:
            raise DataError(f"there is no data set {self.name!r}; there are {', '.join(DATASETS)}")
        require_positive(self, "train_rows", "validation_rows")


def load(choice: DataChoice, data_dir: DataDir = None) -> Dataset:
    """Load what a choice names; `data_dir` is as for `maju.datasets`."""
    whole = DATASETS[choice.name](data_dir)
    return replace(
        whole,
        train=_first(whole.train, choice.train_rows),
        validation=_first(whole.validation, choice.validation_rows),
    )


def _first(split: Split, rows: int | None) -> Split:
    return Split(split.x[:rows], split.y[:rows])
