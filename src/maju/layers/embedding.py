"""Embedding: a vector for each id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Config, Gradients, Shape
from maju.layers.quantizable import QuantizableLayer
from maju.layers.quantization import Quantization, dequantized, groups_of, packed, unpacked
from maju.layers.registry import layer
from maju.layers.row_gradient import RowGradient

__all__ = ["EmbeddingLayer"]


@layer
class EmbeddingLayer(QuantizableLayer):
    """Look up the vector of each id: y[n, t] = E[x[n, t]].

    With ``mask_zero`` the id 0 is padding: the layers after it are told to leave those steps out.
    As in Keras, fractions of ids are cut off and negative ids count from the end of the table.

    Shapes:
        x: (batch, ...) of ids. embeddings E: (input_dim, output_dim). y: (batch, ..., output_dim).

    Raises:
        InputError: an id that the table does not have.

    Source: `keras.layers.Embedding`.
    """

    keras_class = "Embedding"
    masking = "uses"
    autocast = False
    hyper_parameters: ClassVar[tuple[str, ...]] = ("input_dim", "output_dim", "mask_zero")
    derived = frozenset({"input_dim", "output_dim"})
    choices = {"mask_zero": (False, True)}
    adapted = "embeddings"
    modes = ("int8", "int4")
    rounds_inputs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, embeddings: Array, *, mask_zero: bool = False, name: str | None = None) -> None:
        super().__init__(name)
        self.embeddings = embeddings
        self.mask_zero = mask_zero

    @property
    def input_dim(self) -> int:
        """How many ids the table has."""
        return int(self.embeddings.shape[0])

    @property
    def output_dim(self) -> int:
        """The length of each vector."""
        return int(self.embeddings.shape[1])

    @classmethod
    def plain_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        return {"embeddings": (config["input_dim"], config["output_dim"])}

    @classmethod
    def stored_shapes(
        cls, config: Config, quantization: Quantization, shapes: Mapping[str, Shape]
    ) -> dict[str, Shape]:
        ids, length = shapes["embeddings"]
        if quantization.mode == "int8":
            return {"embeddings": (ids, length), "embeddings_scale": (ids,)}
        table: dict[str, Shape] = {"embeddings": (ids, packed(length))}
        if quantization.group is None:
            return {**table, "embeddings_scale": (ids,)}
        of_groups = (ids, groups_of(length, quantization.group))
        return {**table, "embeddings_scale": of_groups, "embeddings_zero": of_groups, "g_idx": (length,)}

    @classmethod
    def plain_weights(
        cls, config: Config, quantization: Quantization, stored: Mapping[str, Array], input_shape: Any
    ) -> dict[str, Array]:
        table, scale = stored["embeddings"], stored["embeddings_scale"]
        if quantization.mode == "int4":
            table = unpacked(table, config["output_dim"], axis=-1)
        if quantization.group is None or quantization.mode == "int8":
            return {"embeddings": dequantized(table, scale[:, np.newaxis], None, None, axis=-1)}
        return {"embeddings": dequantized(table, scale, stored["embeddings_zero"], stored["g_idx"], axis=-1)}

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return np.asarray(self.embeddings[self._ids(x)])

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        self.no_gradient()
        ids = self._ids(x)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            rows = RowGradient(ids.reshape(-1), dy.reshape(-1, self.output_dim), self.embeddings.shape)
            return np.zeros(x.shape, dtype=dy.dtype), {"embeddings": rows}

        return np.asarray(self.embeddings[ids]), backward

    def _ids(self, x: Array) -> Array:
        if not np.issubdtype(x.dtype, np.number):
            raise InputError(f"layer {self.name!r} (Embedding): expected ids, got values of type {x.dtype}")
        if not np.isfinite(x).all():
            raise InputError(f"layer {self.name!r} (Embedding): expected ids, got values that are not finite")
        x = np.trunc(x)
        if x.size and (x.min() < -self.input_dim or x.max() >= self.input_dim):
            raise InputError(
                f"layer {self.name!r} (Embedding): the table has the ids 0 to {self.input_dim - 1}, "
                f"got {x.min():.0f} to {x.max():.0f}"
            )
        ids = x.astype(np.int64)
        return np.where(ids < 0, ids + self.input_dim, ids)

    def compute_mask(self, x: Array, mask: Array | None = None) -> Array | None:
        return x != 0 if self.mask_zero else None

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)
