"""What kind of targets predictions are compared with, as Keras tells by their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

__all__ = ["kind_of_targets"]


def kind_of_targets(
    y_true_shape: Sequence[int], y_pred_shape: Sequence[int]
) -> Literal["binary", "sparse", "categorical"]:
    """``"binary"`` where predictions are one number, ``"sparse"`` where targets are numbers of categories.

    Source: `keras.src.trainers.compile_utils.is_binary_or_sparse_categorical`.
    """
    if y_pred_shape[-1] == 1:
        return "binary"
    fewer = len(y_true_shape) < len(y_pred_shape)
    return "sparse" if fewer or (y_true_shape[-1] == 1 and y_pred_shape[-1] > 1) else "categorical"
