"""A small Indonesian sentiment sample, written for maju; README.md beside it says what it is for."""

from __future__ import annotations

from importlib.resources import files

import numpy as np

from maju.datasets import Dataset, Split
from maju.datasets.nusax_csv import CLASSES, parse_csv

__all__ = ["sentences"]

FILE = "indonesian_sentiment.csv"


def sentences(seed: int = 0) -> Dataset:
    """Load 240 Indonesian sentences of three classes: 150 to train on, 30 to validate and 60 to test.

    Each split holds as many sentences of each class; which ones, and their order, is drawn from `seed`.

    Returns:
        Splits with x: (samples,), strings (``<U``), and y: (samples,), int64.
    """
    texts, labels = parse_csv(files(__package__).joinpath(FILE).read_bytes(), FILE)
    rng = np.random.default_rng(seed)
    # A row of (classes, 80) holds the places of one class's sentences, shuffled.
    by_class = np.array([rng.permutation(np.flatnonzero(labels == c)) for c in range(len(CLASSES))])
    train, validation, test = (
        Split(texts[rows], labels[rows])
        for rows in (rng.permutation(part.ravel()) for part in np.split(by_class, [50, 60], axis=1))
    )
    return Dataset("Indonesian sentences written for maju", train, validation, test, CLASSES, FILE)
