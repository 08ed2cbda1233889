"""MultiHeadAttention: several heads, each of which attends to something else."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import Any

from maju.layers.base import Array, Config, Shape
from maju.layers.dropout import DropoutLayer
from maju.layers.einsum_dense import EinsumDenseLayer
from maju.layers.multi_head import HeadsAttention, per_head
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
    )
    derived = frozenset({"num_heads", "key_dim", "value_dim", "use_bias", "use_gate"})
    choices = {"use_bias": (True, False), "use_gate": (False, True), "empty_rows": ("zeros", "uniform")}

    def __init__(
        self,
        query_dense_kernel: Array,
        key_dense_kernel: Array,
        value_dense_kernel: Array,
        output_dense_kernel: Array,
        query_dense_bias: Array | None = None,
        key_dense_bias: Array | None = None,
        value_dense_bias: Array | None = None,
        output_dense_bias: Array | None = None,
        gate_dense_kernel: Array | None = None,
        gate_dense_bias: Array | None = None,
        *,
        dropout: float = 0.0,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        seed: int | None = None,
        empty_rows: str = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.query_dense = per_head("query", query_dense_kernel, query_dense_bias)
        self.key_dense = per_head("key", key_dense_kernel, key_dense_bias)
        self.gate_dense = None
        if gate_dense_kernel is not None:
            self.gate_dense = per_head("gate", gate_dense_kernel, gate_dense_bias, "sigmoid")
        self.value_dense = per_head("value", value_dense_kernel, value_dense_bias)
        outward = ascii_lowercase[2 : output_dense_kernel.ndim]
        self.output_dense = EinsumDenseLayer(
            output_dense_kernel,
            output_dense_bias,
            equation=f"...ab,ab{outward}->...{outward}",
            output_shape=output_dense_kernel.shape[2:],
            bias_axes=None if output_dense_bias is None else outward,
            name="attention_output",
        )
        #: ``output_shape``, under the name that it has in Keras: `output_shape` is a method.
        self.projected_shape = _numbers(output_shape)
        self.attention_axes = _numbers(attention_axes)
        self.sliding_window = sliding_window
        self.empty_rows = empty_rows
        self._dropout = DropoutLayer(dropout, seed=seed)

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
        query, value, key = (None, None, None)
        if input_shape:
            query, value, key = (shape[-1] for shape in (*input_shape, input_shape[1])[:3])
        heads, key_dim = config["num_heads"], config["key_dim"]
        value_dim = config.get("value_dim") or key_dim
        outward: Shape = _numbers(config.get("output_shape")) or (query,)
        found: dict[str, tuple[Shape, Shape]] = {
            "query_dense": ((query, heads, key_dim), (heads, key_dim)),
            "key_dense": ((key, heads, key_dim), (heads, key_dim)),
            "gate_dense": ((query, heads, value_dim), (heads, value_dim)),
            "value_dense": ((value, heads, value_dim), (heads, value_dim)),
            "output_dense": ((heads, value_dim, *outward), outward),
        }
        if not config.get("use_gate", False):
            del found["gate_dense"]
        return found

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
