"""Attention by several heads at once: what `MultiHeadAttention` and `GroupQueryAttention` share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import Any, ClassVar, Self

import numpy as np

from maju.errors import InputError, Problem
from maju.layers.attending import causal, checked_masks, checked_tensors, softmax_back, softmax_over
from maju.layers.base import Array, Backward, Config, Gradients, Layer, Shape
from maju.layers.dropout import DropoutLayer
from maju.layers.dtypes import as_float
from maju.layers.einsum_dense import EinsumDenseLayer

__all__ = ["HeadsAttention", "per_head"]


class HeadsAttention(Layer):
    """Project query, key and value for each of several heads, let each attend, project what comes out.

    For each head: q = query·Wq + bq, k = key·Wk + bk, v = value·Wv + bv, y = softmax(q·kᵀ / √d)·v; then
    output = y·Wo + bo over all heads. With ``use_gate``, y is multiplied by σ(query·Wg + bg) before that.

    A key counts for a query where all of these are True that there are: the query's mask, the value's, the
    key's, ``attention_mask``, the causal mask (no key after the query's place) and the window (no key
    ``sliding_window`` places away or more). What a query gets for which nothing counts: every key alike, or,
    where dropout is in use or the scores are asked for or x has not three axes, nothing (as in Keras). With
    ``empty_rows`` "uniform" always every key alike, as in Keras before 3.10. Without ``sees_masks`` the
    tensors' own masks say nothing and end here, as in Keras before 2.10.

    Shapes:
        x: a list of query (batch, queries, ...), value (batch, keys, ...) and key, if it is not the value.
        mask: one for each, (batch, queries) and (batch, keys). attention_mask: (batch, queries, keys), or
            one that broadcasts against the scores.
        y: (batch, queries, ...); with ``return_attention_scores`` a list of it and the scores,
            (batch, heads, queries, keys).
    """

    masking = "passes"
    call_tensors = ("query", "value", "key")
    call_arguments = (
        "query_mask",
        "value_mask",
        "key_mask",
        "attention_mask",
        "return_attention_scores",
        "training",
        "use_causal_mask",
    )
    choices = {"use_bias": (True, False), "use_gate": (False, True), "empty_rows": ("zeros", "uniform")}
    beyond_keras: ClassVar[Mapping[str, Any]] = {"empty_rows": "zeros"}

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
        sliding_window: int | None = None,
        seed: int | None = None,
        empty_rows: str = "zeros",
        sees_masks: bool = True,
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
        self.sliding_window = sliding_window
        self.empty_rows = empty_rows
        self.sees_masks = sees_masks
        self._dropout = DropoutLayer(dropout, seed=seed)

    @property
    def dropout(self) -> float:
        """The share of the scores that training drops."""
        return self._dropout.rate

    @property
    def seed(self) -> int | None:
        """Where the choice of those begins."""
        return self._dropout.seed

    @property
    def use_bias(self) -> bool:
        """Whether the projections add a bias."""
        return self.query_dense.bias is not None

    @property
    def use_gate(self) -> bool:
        """Whether the query opens and closes what comes out of the heads."""
        return self.gate_dense is not None

    def _axes(self, rank: int) -> tuple[int, ...]:
        """The axes along which attention looks, of a query of so many axes."""
        return (1,)

    # Its weights: those of the projections

    @classmethod
    def projections(cls, config: Config, input_shape: Any) -> dict[str, tuple[Shape, Shape]]:
        """The shapes of the kernel and of the bias of each projection, in Keras's order.

        The gate's is there in any case; `weight_shapes` leaves it out where there is no gate.
        """
        raise NotImplementedError

    @staticmethod
    def _depths(input_shape: Any) -> tuple[int | None, int | None, int | None]:
        """The last lengths of query, value and key, which may be left out; None where they are unknown."""
        if not input_shape:
            return None, None, None
        query, value, key = (*input_shape, input_shape[1])[:3]
        return query[-1], value[-1], key[-1]

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {}
        for name, (kernel, bias) in cls.projections(config, input_shape).items():
            if name == "gate_dense" and not config.get("use_gate", False):
                continue
            shapes[f"{name}/kernel"] = kernel
            if config.get("use_bias", True):
                shapes[f"{name}/bias"] = bias
        return shapes

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        return super().problems({k: v for k, v in config.items() if k != "flash_attention"}, where)

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        cls.refuse(config)
        taken = {key: config[key] for key in cls.hyper_parameters if key in config and key not in cls.derived}
        arrays: dict[str, Any] = {path.replace("/", "_"): array for path, array in (weights or {}).items()}
        layer = cls(**arrays, **taken, name=config.get("name"))
        layer.keep_extra(config)
        return layer

    # Attending

    def forward(
        self,
        x: Any,
        training: bool = False,
        mask: Any = None,
        *,
        attention_mask: Array | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        return self.vjp(
            x,
            training,
            mask,
            attention_mask=attention_mask,
            return_attention_scores=return_attention_scores,
            use_causal_mask=use_causal_mask,
        )[0]

    def vjp(
        self,
        x: Any,
        training: bool = True,
        mask: Any = None,
        *,
        attention_mask: Array | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[Any, Backward]:
        query, value, key = (as_float(tensor) for tensor in checked_tensors(self, x, self._fit))
        q, q_backward = self.query_dense.vjp(query)
        k, k_backward = self.key_dense.vjp(key)
        v, v_backward = self.value_dense.vjp(value)
        gate, gate_backward = (1.0, None) if self.gate_dense is None else self.gate_dense.vjp(query)
        scale = np.asarray(np.float32(1 / np.sqrt(q.shape[-1])), q.dtype)  # a float32 in Keras, always

        folded = [self._folded(part) for part in (q, self._shared(k), self._shared(v))]
        scores = scale * folded[0] @ folded[1].swapaxes(-1, -2)  # (batch, ..., heads, queries, keys)
        open_shape = self._open_shape(q, k)
        masks = checked_masks(self, mask if self.sees_masks else None)
        kept = self._kept(query, value, masks, attention_mask, use_causal_mask, open_shape)
        if kept is not None:
            scores = np.where(kept, scores, 0.7 * np.finfo(scores.dtype).min)
        probabilities = softmax_over(scores)
        zeros = self.dropout > 0 or return_attention_scores or query.ndim != 3
        if kept is not None and zeros and self.empty_rows == "zeros":
            probabilities = np.where(kept, probabilities, 0)
        weights, dropout_backward = self._dropout.vjp(probabilities, training)
        heads = self._unfolded(weights @ folded[2], q)
        y, y_backward = self.output_dense.vjp(heads * gate)

        def backward(dy: Any) -> tuple[list[Array], Gradients]:
            dy, dscores = dy if return_attention_scores else (dy, None)
            dgated, gradients_y = y_backward(dy)
            dheads = self._folded(dgated * gate)
            dweights, _ = dropout_backward(dheads @ folded[2].swapaxes(-1, -2))
            if dscores is not None:
                dweights = dweights + dscores.reshape(dweights.shape)
            ds = scale * softmax_back(probabilities, dweights)
            if kept is not None:
                ds = np.where(kept, ds, 0)
            dv = self._shared_back(self._unfolded(weights.swapaxes(-1, -2) @ dheads, v))
            dk = self._shared_back(self._unfolded(ds.swapaxes(-1, -2) @ folded[0], k))
            dquery, gradients_q = q_backward(self._unfolded(ds @ folded[1], q))
            dkey, gradients_k = k_backward(dk)
            dvalue, gradients_v = v_backward(dv)
            parts = {"query": gradients_q, "key": gradients_k, "value": gradients_v, "output": gradients_y}
            if gate_backward is not None:
                through_gate, parts["gate"] = gate_backward(dgated * heads)
                dquery = dquery + through_gate
            gradients = {f"{part}_dense/{n}": g for part, own in parts.items() for n, g in own.items()}
            return [dquery, dvalue, dkey] if len(x) == 3 else [dquery, dvalue + dkey], gradients

        return [y, probabilities.reshape(open_shape)] if return_attention_scores else y, backward

    def _fit(self, tensors: list[Array]) -> bool:
        query, value, key = tensors
        widths = [dense.kernel.shape[0] for dense in (self.query_dense, self.value_dense, self.key_dense)]
        if not query.ndim == value.ndim == key.ndim >= 3 or value.shape[:-1] != key.shape[:-1]:
            return False
        axes = self._axes(query.ndim)
        rows = [[n for axis, n in enumerate(t.shape[:-1]) if axis not in axes] for t in (query, value)]
        return rows[0] == rows[1] and [tensor.shape[-1] for tensor in tensors] == widths

    def _shared(self, x: Array) -> Array:
        """Keys or values as each head of the query gets them."""
        return x

    def _shared_back(self, dy: Array) -> Array:
        """What dy on those sends back to the heads that they come from."""
        return dy

    def _folded(self, x: Array) -> Array:
        """(batch, ..., heads, d) -> (the axes without attention, heads, all axes with it as one, d)."""
        moved = x.transpose(self._order(x.ndim))
        apart = x.ndim - 1 - len(self._axes(x.ndim - 1))
        return moved.reshape(*moved.shape[:apart], math.prod(moved.shape[apart:-1]), x.shape[-1])

    def _unfolded(self, x: Array, like: Array) -> Array:
        """The way back to the axes of `like`, whose heads and channels may be other ones."""
        order = self._order(like.ndim)
        lengths = [like.shape[axis] for axis in order[:-1]]
        heads = like.ndim - 2 - len(self._axes(like.ndim - 1))
        lengths[heads] = x.shape[heads]
        return x.reshape(*lengths, x.shape[-1]).transpose(np.argsort(order))

    def _order(self, axes: int) -> list[int]:
        """The axes of a projection: those without attention, those with it, channels."""
        along = self._axes(axes - 1)
        return [*(axis for axis in range(axes - 1) if axis not in along), *along, axes - 1]

    def _open_shape(self, q: Array, k: Array) -> tuple[int, ...]:
        """The shape of the scores with an axis for each that attention looks along."""
        along = self._axes(q.ndim - 1)
        apart = [q.shape[axis] for axis in range(q.ndim - 1) if axis not in along]
        return (*apart, *(q.shape[axis] for axis in along), *(k.shape[axis] for axis in along))

    def _kept(
        self,
        query: Array,
        value: Array,
        masks: Sequence[Array | None],
        attention_mask: Array | None,
        use_causal_mask: bool,
        open_shape: tuple[int, ...],
    ) -> Array | None:
        """Which scores count, in the shape of the folded scores; None where all do."""
        query_mask, value_mask, key_mask = masks
        queries, keys = query.shape[1], value.shape[1]
        found = [] if attention_mask is None else [np.asarray(attention_mask, bool)]
        if query_mask is not None:
            found.append(query_mask[..., :, np.newaxis])
        found += [
            keys_mask[..., np.newaxis, :] for keys_mask in (value_mask, key_mask) if keys_mask is not None
        ]
        if use_causal_mask:
            found.append(causal(queries, keys))
        if self.sliding_window is not None:
            away = np.abs(np.arange(queries)[:, np.newaxis] - np.arange(keys))
            found.append((away < self.sliding_window)[np.newaxis])
        if not found:
            return None
        try:
            kept = found[0]
            for other in found[1:]:
                kept = kept & other
            behind = 2 * len(self._axes(query.ndim))
            missing = len(open_shape) - kept.ndim
            shape = kept.shape[:-behind] + (1,) * missing + kept.shape[-behind:]
            kept = np.broadcast_to(kept.reshape(shape), open_shape)
        except ValueError:
            where = f"layer {self.name!r} ({self.keras_class})"
            shapes = ", ".join(str(one.shape) for one in found)
            raise InputError(
                f"{where}: masks that do not fit scores of shape {open_shape}: {shapes}"
            ) from None
        queries, keys = open_shape[-behind : -behind // 2], open_shape[-behind // 2 :]
        return kept.reshape(*open_shape[:-behind], math.prod(queries), math.prod(keys))

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return None if mask is None or not self.sees_masks else mask[0]


def per_head(name: str, kernel: Array, bias: Array | None, activation: str | None = None) -> EinsumDenseLayer:
    """A projection to each head's channels."""
    return EinsumDenseLayer(
        kernel,
        bias,
        equation="...a,abc->...bc",
        output_shape=kernel.shape[1:],
        activation=activation,
        bias_axes=None if bias is None else "bc",
        name=name,
    )
