"""Which data an experiment uses, and how much of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pydantic import field_validator

from maju.datasets import NUSAX_LANGUAGES, Dataset, Split, cifar10, nusax
from maju.experiments.data.digits import digits
from maju.experiments.data.sentences import sentences
from maju.experiments.settings import Count, Settings

__all__ = ["DATASETS", "DataChoice", "load"]

DataDir = str | os.PathLike[str] | None

IMAGES: dict[str, Callable[[DataDir], Dataset]] = {
    "cifar10": cifar10,
    "digits": lambda data_dir: digits(),
}
TEXTS: dict[str, Callable[[DataDir], Dataset]] = {
    "nusax": partial(nusax, "indonesian"),
    **{f"nusax-{language}": partial(nusax, language) for language in NUSAX_LANGUAGES},
    "sentences": lambda data_dir: sentences(),
}
DATASETS = IMAGES | TEXTS


class DataChoice(Settings):
    """A data set by its name in `DATASETS`, whole or with fewer rows.

    Attributes:
        name: one of `DATASETS`; ``"nusax"`` is the Indonesian one.
        train_rows: how many of the first training rows to use; all by default.
        validation_rows: the same of the validation rows.
        test_rows: the same of the test rows; a model that is to be judged needs them all.
    """

    name: str
    train_rows: Count | None = None
    validation_rows: Count | None = None
    test_rows: Count | None = None

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in DATASETS:
            raise ValueError(f"there is no data set {name!r}; there are {', '.join(DATASETS)}")
        return name

    @property
    def images(self) -> bool:
        """Whether its samples are images, and not texts."""
        return self.name in IMAGES


def load(choice: DataChoice, data_dir: DataDir = None) -> Dataset:
    """Load what a choice names; `data_dir` is as for `maju.datasets`."""
    whole = DATASETS[choice.name](data_dir)
    return replace(
        whole,
        train=_first(whole.train, choice.train_rows),
        validation=_first(whole.validation, choice.validation_rows),
        test=_first(whole.test, choice.test_rows),
    )


def _first(split: Split, rows: int | None) -> Split:
    return Split(split.x[:rows], split.y[:rows])
