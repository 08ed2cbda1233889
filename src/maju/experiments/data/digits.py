"""The handwritten digits that come with scikit-learn."""

from __future__ import annotations

import numpy as np

from maju.datasets import Dataset, Split
from maju.errors import MissingExtraError

__all__ = ["digits"]


def digits(seed: int = 0) -> Dataset:
    """Load 1,797 images of handwritten digits: 1,077 to train on, 360 to validate and 360 to test.

    The order is drawn from `seed`.

    Returns:
        Splits with x: (samples, 8, 8, 1), uint8, 0 to 255, and y: (samples,), int64.

    Source: `sklearn.datasets.load_digits`.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingExtraError("scikit-learn's digits", "experiments") from error
    images, labels = load_digits(return_X_y=True)  # (1797, 64), 0 to 16
    pixels = np.round(images * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    order = np.random.default_rng(seed).permutation(len(labels))
    train, validation, test = (
        Split(pixels[rows], labels[rows].astype(np.int64)) for rows in np.split(order, [1077, 1437])
    )
    classes = tuple(str(digit) for digit in range(10))
    return Dataset("scikit-learn's digits", train, validation, test, classes, "scikit-learn")
