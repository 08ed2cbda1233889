"""What a loaded data set is: three splits of samples and their classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dataset", "Split"]


class Split(NamedTuple):
    """Samples and the class of each.

    Shapes:
        x: (samples, …). y: (samples,), int64, positions in `Dataset.classes`.
    """

    x: NDArray[Any]
    y: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in three splits; iterating gives them as train, validation, test.

    Args:
        name: what it is called, as ``"CIFAR-10"``.
        train: what a model learns from.
        validation: what training is watched on.
        test: what the finished model is judged on.
        classes: the names of the classes; y holds positions in it.
        source: the file or folder that it was read from.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    source: str

    def __iter__(self) -> Iterator[Split]:
        return iter((self.train, self.validation, self.test))
