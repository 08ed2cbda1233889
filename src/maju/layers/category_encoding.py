"""CategoryEncoding: ids to one number for each category."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer, Shape
from maju.layers.categories import encode, encoded_shape
from maju.layers.policies import Policy
from maju.layers.registry import layer

__all__ = ["CategoryEncodingLayer"]


@layer
class CategoryEncodingLayer(Layer):
    """Give one number for each of `num_tokens` categories: whether or how often a row has it.

    `maju.layers.categories.encode` says how. With ``count_weights`` in the call, of the shape of x, each id
    counts as much as its weight.

    Shapes:
        x: (batch, ids) of whole numbers. y: (batch, num_tokens), or (batch, ids, num_tokens) for one_hot.

    Source: `keras.layers.CategoryEncoding`.
    """

    keras_class = "CategoryEncoding"
    call_arguments = ("count_weights",)
    hyper_parameters = ("num_tokens", "output_mode")
    choices = {"output_mode": ("multi_hot", "one_hot", "count", "binary")}
    only = {"sparse": ...}  # Keras gives the same values as a SparseTensor

    def __init__(self, num_tokens: int, output_mode: str = "multi_hot", *, name: str | None = None) -> None:
        super().__init__(name)
        self.num_tokens = num_tokens
        self.output_mode = "multi_hot" if output_mode == "binary" else output_mode

    @property
    def output_policy(self) -> Policy | None:
        return self.dtype_policy and Policy(self.dtype_policy.variable)  # the type of weights that it has not

    def forward(
        self, x: Any, training: bool = False, mask: Any = None, *, count_weights: Array | None = None
    ) -> Array:
        where = f"layer {self.name!r} (CategoryEncoding)"
        ids = np.asarray(x).astype(np.int64)
        if count_weights is not None and self.output_mode != "count":
            raise InputError(f"{where}: count_weights are for output_mode='count', not {self.output_mode!r}")
        if count_weights is not None:
            count_weights = np.asarray(count_weights, np.float32)
            if count_weights.shape != ids.shape:
                raise InputError(f"{where}: count_weights of shape {count_weights.shape}, ids of {ids.shape}")
        try:
            return encode(ids, self.output_mode, self.num_tokens, np.float32, count_weights)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None

    def output_shape(self, input_shape: Shape, *, count_weights: Any = None) -> Shape:
        return encoded_shape(input_shape, self.output_mode, self.num_tokens)
