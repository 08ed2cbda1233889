"""GroupQueryAttention: heads that share their keys and values in groups."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers.base import Array, Config, Shape
from maju.layers.multi_head import HeadsAttention
from maju.layers.registry import layer

__all__ = ["GroupQueryAttentionLayer"]


@layer
class GroupQueryAttentionLayer(HeadsAttention):
    """Attend with `num_query_heads` heads, each `num_query_heads` / `num_key_value_heads` with the same keys.

    All else is as in `HeadsAttention`, whose shapes are these here, m being the query's last axis:

    Shapes:
        query_dense/kernel and gate_dense/kernel: (m, query heads, head_dim). key_dense/kernel,
            value_dense/kernel: (channels, key heads, head_dim). output_dense/kernel: (query heads, head_dim,
            m). The biases: the same without the first axis, or the first two of the last.
        x: a list of (batch, queries, m), (batch, keys, channels) and, if it is not the value, the key.
        y: (batch, queries, m).

    Source: Ainslie et al., 2023, and `keras.layers.GroupQueryAttention`.
    """

    keras_class = "GroupQueryAttention"
    hyper_parameters = (
        "head_dim",
        "num_query_heads",
        "num_key_value_heads",
        "dropout",
        "use_bias",
        "use_gate",
        "sliding_window",
        "seed",
        "empty_rows",
    )
    derived = frozenset({"head_dim", "num_query_heads", "num_key_value_heads", "use_bias", "use_gate"})

    def __init__(self, *projections: Any, **shared: Any) -> None:
        super().__init__(*projections, **shared)
        if self.num_query_heads % self.num_key_value_heads:
            raise ValueError(
                f"num_query_heads={self.num_query_heads} is no multiple of "
                f"num_key_value_heads={self.num_key_value_heads}"
            )

    @property
    def head_dim(self) -> int:
        """How many numbers a head compares, and gives."""
        return int(self.query_dense.kernel.shape[2])

    @property
    def num_query_heads(self) -> int:
        """How many heads there are."""
        return int(self.query_dense.kernel.shape[1])

    @property
    def num_key_value_heads(self) -> int:
        """How many of them have keys and values of their own."""
        return int(self.key_dense.kernel.shape[1])

    @classmethod
    def projections(cls, config: Config, input_shape: Any) -> dict[str, tuple[Shape, Shape]]:
        query, value, key = cls._depths(input_shape)
        depth, heads, shared = (config[key] for key in ("head_dim", "num_query_heads", "num_key_value_heads"))
        return {
            "query_dense": ((query, heads, depth), (heads, depth)),
            "key_dense": ((key, shared, depth), (shared, depth)),
            "gate_dense": ((query, heads, depth), (heads, depth)),
            "value_dense": ((value, shared, depth), (shared, depth)),
            "output_dense": ((heads, depth, query), (query,)),
        }

    def _fit(self, tensors: list[Array]) -> bool:
        return super()._fit(tensors) and tensors[0].ndim == 3

    def _shared(self, x: Array) -> Array:
        return x.repeat(self.num_query_heads // self.num_key_value_heads, axis=2)

    def _shared_back(self, dy: Array) -> Array:
        groups = dy.reshape(*dy.shape[:2], self.num_key_value_heads, -1, dy.shape[3])
        return np.asarray(groups.sum(axis=3))

    def output_shape(
        self,
        input_shape: Any,
        *,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        query, value = input_shape[:2]
        scores = (query[0], self.num_query_heads, query[1], value[1])
        return [tuple(query), scores] if return_attention_scores else tuple(query)
