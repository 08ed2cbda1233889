"""ReversibleEmbedding: a vector for each id, and from vectors back to scores of the ids."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Config, Shape
from maju.layers.dtypes import as_float
from maju.layers.embedding import EmbeddingLayer
from maju.layers.policies import FLOAT32, BFloat16, Policy, widened
from maju.layers.quantization import Quantization, dequantized, groups_of, packed, unpacked
from maju.layers.registry import layer

__all__ = ["ReversibleEmbeddingLayer"]


@layer
class ReversibleEmbeddingLayer(EmbeddingLayer):
    """Look up the vector of each id, y[n, t] = E[x[n, t]]; called with ``reverse=True``, score every id.

    y = x·Eᵀ, or x·R with a matrix of its own (``tie_weights=False``); of that, with ``logit_soft_cap`` c,
    c · tanh(y / c)

    Shapes:
        x: (batch, ...) of ids; in reverse (batch, ..., output_dim). embeddings E: (input_dim, output_dim).
        reverse_embeddings R: (output_dim, input_dim).
        y: (batch, ..., output_dim); in reverse (batch, ..., input_dim).

    Source: Press & Wolf, 2016, and `keras.layers.ReversibleEmbedding`.
    """

    keras_class = "ReversibleEmbedding"
    call_arguments = ("reverse",)
    hyper_parameters = (*EmbeddingLayer.hyper_parameters, "tie_weights", "logit_soft_cap", "reverse_dtype")
    rounds_inputs = ("int8", "int4")
    derived = EmbeddingLayer.derived | {"tie_weights"}
    choices = {
        **EmbeddingLayer.choices,
        "tie_weights": (False, True),
        "reverse_dtype": (None, "float16", "bfloat16", "float32", "float64"),
    }

    def __init__(
        self,
        embeddings: Array,
        reverse_embeddings: Array | None = None,
        *,
        mask_zero: bool = False,
        logit_soft_cap: float | None = None,
        reverse_dtype: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(embeddings, mask_zero=mask_zero, name=name)
        self.reverse_embeddings = reverse_embeddings
        self.logit_soft_cap = logit_soft_cap
        self.reverse_dtype = reverse_dtype

    @property
    def tie_weights(self) -> bool:
        """Whether the way back is by the same matrix."""
        return self.reverse_embeddings is None

    @classmethod
    def plain_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        shapes = super().plain_shapes(config, input_shape)
        if not config.get("tie_weights", True):
            shapes["reverse_embeddings"] = (config["output_dim"], config["input_dim"])
        return shapes

    @classmethod
    def stored_shapes(
        cls, config: Config, quantization: Quantization, shapes: Mapping[str, Shape]
    ) -> dict[str, Shape]:
        stored = super().stored_shapes(config, quantization, shapes)
        if "reverse_embeddings" not in shapes:
            return stored
        length, ids = shapes["reverse_embeddings"]
        if quantization.mode == "int8":
            return {**stored, "reverse_embeddings": (length, ids), "reverse_embeddings_scale": (ids,)}
        stored["reverse_embeddings"] = (packed(length), ids)
        if quantization.group is None:
            return {**stored, "reverse_embeddings_scale": (ids,)}
        of_groups = (groups_of(length, quantization.group), ids)
        return {**stored, "reverse_embeddings_scale": of_groups, "reverse_embeddings_zero": of_groups}

    @classmethod
    def plain_weights(
        cls, config: Config, quantization: Quantization, stored: Mapping[str, Array], input_shape: Any
    ) -> dict[str, Array]:
        plain = super().plain_weights(config, quantization, stored, input_shape)
        if "reverse_embeddings" not in stored:
            return plain
        values, scale = stored["reverse_embeddings"], stored["reverse_embeddings_scale"]
        if quantization.mode == "int4":
            values = unpacked(values, config["output_dim"], axis=0)
        zero = stored.get("reverse_embeddings_zero")
        return {**plain, "reverse_embeddings": dequantized(values, scale, zero, stored.get("g_idx"), axis=0)}

    def forward(
        self, x: Array, training: bool = False, mask: Array | None = None, reverse: bool = False
    ) -> Array:
        return self._capped(self._scores(x)) if reverse else super().forward(x, training, mask)

    def __call__(self, x: Any, training: bool = False, mask: Any = None, **options: Any) -> Any:
        if not options.get("reverse"):
            return super().__call__(x, training, mask, **options)
        own = self.dtype_policy or FLOAT32
        policy = self._policy_in_reverse(own, isinstance(x, BFloat16) or x.dtype == np.float16)
        worker = self
        for rounding in (own, policy):
            worker = worker.at_work(rounding) if rounding.half else worker
        worker = copy.copy(worker)
        worker.dtype_policy = policy
        return policy.leaving(worker.forward(widened(x), training, mask, reverse=True))

    def _policy_in_reverse(self, own: Policy, half: bool) -> Policy:
        """The types of a call in reverse, whose input is not cast, but decides."""
        if self.reverse_dtype is not None and self.quantization is None:
            return Policy(self.reverse_dtype)
        kept = self.quantization
        if half or (kept is not None and kept.inputs is None and kept.group is None):
            return own
        return FLOAT32 if own.half else own

    def _scores(self, x: Array) -> Array:
        x = as_float(x)
        if x.shape[-1] != self.output_dim:
            where = f"layer {self.name!r} (ReversibleEmbedding)"
            raise InputError(
                f"{where}: expected {self.output_dim} values on the last axis, got shape {x.shape}"
            )
        back = self.embeddings.T if self.reverse_embeddings is None else self.reverse_embeddings
        return np.asarray(self.quantized(x, axes=(-1,)) @ back)

    def _capped(self, scores: Array) -> Array:
        if self.logit_soft_cap is None:
            return scores
        cap = np.asarray(self.logit_soft_cap, scores.dtype)
        return np.asarray(np.tanh(scores / cap) * cap)

    def vjp(
        self, x: Array, training: bool = True, mask: Array | None = None, reverse: bool = False
    ) -> tuple[Array, Backward]:
        self.no_gradient()
        if not reverse:
            y, table_backward = super().vjp(x, training, mask)

            def looked_up(dy: Array) -> tuple[Array, dict[str, Array]]:
                dx, gradients = table_backward(dy)
                if self.reverse_embeddings is not None:
                    gradients["reverse_embeddings"] = np.zeros_like(self.reverse_embeddings)
                return dx, gradients

            return y, looked_up
        y = self._capped(self._scores(x))

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            slope = 1 if self.logit_soft_cap is None else 1 - np.square(y / self.logit_soft_cap)
            d = dy * slope
            rows_x, rows_d = x.reshape(-1, x.shape[-1]), d.reshape(-1, d.shape[-1])
            if self.reverse_embeddings is None:
                return d @ self.embeddings, {"embeddings": rows_d.T @ rows_x}
            gradients = {
                "embeddings": np.zeros_like(self.embeddings),
                "reverse_embeddings": rows_x.T @ rows_d,
            }
            return d @ self.reverse_embeddings.T, gradients

        return y, backward

    def compute_mask(self, x: Array, mask: Array | None = None, reverse: bool = False) -> Array | None:
        return None if reverse else super().compute_mask(x, mask)

    def output_mask(self, x: Any, mask: Any, options: Mapping[str, Any]) -> Any:
        return self.compute_mask(x, mask, **options)

    def output_shape(self, input_shape: Shape, reverse: bool = False) -> Shape:
        return (*input_shape[:-1], self.input_dim) if reverse else super().output_shape(input_shape)
