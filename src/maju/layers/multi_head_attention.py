"""MultiHeadAttention: several heads, each of which attends to something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maju.layers.base import Config, Shape
from maju.layers.multi_head import HeadsAttention
from maju.layers.registry import layer

__all__ = ["MultiHeadAttentionLayer"]


@layer
class MultiHeadAttentionLayer(HeadsAttention):
    """Attend with `num_heads` heads, each with queries, keys and values of its own: see `HeadsAttention`.

    Shapes:
        query_dense/kernel, key_dense/kernel: (channels, heads, key_dim). value_dense/kernel and
            gate_dense/kernel: (channels, heads, value_dim). output_dense/kernel: (heads, value_dim,
            ``output_shape``). The biases: the same without the first axis, or the first two of the last.
        y: the query's, with ``output_shape`` in place of the last axis if it is given.

    ``attention_axes`` are the axes along which attention looks, all between the first and the last if None.

    Source: Vaswani et al., 2017, and `keras.layers.MultiHeadAttention`.
    """

    keras_class = "MultiHeadAttention"
    hyper_parameters = (
        "num_heads",
        "key_dim",
        "value_dim",
        "dropout",
        "use_bias",
        "use_gate",
        "output_shape",
        "attention_axes",
        "sliding_window",
        "seed",
        "empty_rows",
        "sees_masks",
    )
    choices = {**HeadsAttention.choices, "sees_masks": (True, False)}
    beyond_keras = {**HeadsAttention.beyond_keras, "sees_masks": True}
    derived = frozenset({"num_heads", "key_dim", "value_dim", "use_bias", "use_gate"})

    def __init__(
        self,
        *projections: Any,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        **shared: Any,
    ) -> None:
        super().__init__(*projections, **shared)
        #: ``output_shape``, under the name that it has in Keras: `output_shape` is a method.
        self.projected_shape = _numbers(output_shape)
        self.attention_axes = _numbers(attention_axes)

    @property
    def num_heads(self) -> int:
        """How many heads there are."""
        return int(self.query_dense.kernel.shape[1])

    @property
    def key_dim(self) -> int:
        """How many numbers a head compares."""
        return int(self.query_dense.kernel.shape[2])

    @property
    def value_dim(self) -> int:
        """How many numbers a head gives."""
        return int(self.value_dense.kernel.shape[2])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_shape": self.projected_shape}

    @classmethod
    def projections(cls, config: Config, input_shape: Any) -> dict[str, tuple[Shape, Shape]]:
        query, value, key = cls._depths(input_shape)
        heads, key_dim = config["num_heads"], config["key_dim"]
        value_dim = config.get("value_dim") or key_dim
        outward: Shape = _numbers(config.get("output_shape")) or (query,)
        return {
            "query_dense": ((query, heads, key_dim), (heads, key_dim)),
            "key_dense": ((key, heads, key_dim), (heads, key_dim)),
            "gate_dense": ((query, heads, value_dim), (heads, value_dim)),
            "value_dense": ((value, heads, value_dim), (heads, value_dim)),
            "output_dense": ((heads, value_dim, *outward), outward),
        }

    def _axes(self, rank: int) -> tuple[int, ...]:
        if self.attention_axes is None:
            return tuple(range(1, rank - 1))
        return tuple(axis % rank for axis in self.attention_axes)

    def output_shape(
        self,
        input_shape: Any,
        *,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        query, value = input_shape[:2]
        y = (*query[:-1], *(self.projected_shape or query[-1:]))
        if not return_attention_scores:
            return y
        along = self._axes(len(query))
        apart = [n for axis, n in enumerate(query[:-1]) if axis not in along]
        return [y, (*apart, self.num_heads, *(query[a] for a in along), *(value[a] for a in along))]


def _numbers(value: int | Sequence[int] | None) -> tuple[int, ...] | None:
    """One number or several as a tuple."""
    return None if value is None else (value,) if isinstance(value, int) else tuple(value)
