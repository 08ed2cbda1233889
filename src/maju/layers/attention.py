"""Attention: each query gets a blend of the values whose keys fit it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from maju.errors import InputError
from maju.layers.attending import causal, checked_masks, checked_tensors, softmax_back, softmax_over
from maju.layers.base import Array, Backward, Config, Gradients, Layer, Shape
from maju.layers.dropout import DropoutLayer
from maju.layers.dtypes import as_float
from maju.layers.registry import layer

__all__ = ["AttentionLayer"]


@layer
class AttentionLayer(Layer):
    """Blend the values for each query, each weighted by how well its key fits: Y = softmax(S)·V.

    S[n, i, j] = scale · Σ_d q[n, i, d] · k[n, j, d]                      for score_mode "dot"
    S[n, i, j] = concat_score_weight · Σ_d tanh(scale · (q[n, i, d] + k[n, j, d]))    for "concat"

    Where the value's mask is False, or the call is causal and j > i, 10⁹ is taken from S before the softmax:
    in a row that has nothing else, as in Keras, all weights stay as the scores make them (to rounding).
    Where the query's mask is False, y is 0. In training some weights are dropped.

    Shapes:
        x: a list of query (batch, queries, d), value (batch, keys, values) and, where it is not the value,
            key (batch, keys, d). mask: one for each, (batch, queries) and (batch, keys).
        scale: (), with ``use_scale``. concat_score_weight: (), with "concat".
        y: (batch, queries, values), with ``return_attention_scores`` a list of it and the weights,
            (batch, queries, keys).

    Attributes:
        causal: whether every call is causal, as a hyper-parameter of Keras 2 says.

    Source: Luong et al., 2015, and `keras.layers.Attention`.
    """

    keras_class = "Attention"
    masking = "uses"
    call_arguments = ("mask", "training", "return_attention_scores", "use_causal_mask")
    hyper_parameters: ClassVar[tuple[str, ...]] = ("use_scale", "score_mode", "dropout", "seed", "causal")
    derived = frozenset({"use_scale"})
    choices = {"use_scale": (False, True), "score_mode": ("dot", "concat"), "causal": (False, True)}
    beyond_keras = {"causal": False}
    #: What ``use_scale`` is where a config does not say.
    scaled: ClassVar[bool] = False

    def __init__(
        self,
        scale: Array | None = None,
        concat_score_weight: Array | None = None,
        *,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        causal: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.scale = scale
        self.concat_score_weight = concat_score_weight
        self.score_mode = score_mode
        self.dropout = dropout
        self.seed = seed
        self.causal = causal
        self._dropout = DropoutLayer(dropout, seed=seed)

    @property
    def use_scale(self) -> bool:
        """Whether the scores are scaled by a weight."""
        return self.scale is not None

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"scale": ()} if config.get("use_scale", cls.scaled) else {}
        if config.get("score_mode") == "concat":
            shapes["concat_score_weight"] = ()
        return shapes

    def forward(
        self,
        x: Any,
        training: bool = False,
        mask: Any = None,
        *,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        options = {"return_attention_scores": return_attention_scores, "use_causal_mask": use_causal_mask}
        return self.vjp(x, training, mask, **options)[0]

    def vjp(
        self,
        x: Any,
        training: bool = True,
        mask: Any = None,
        *,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[Any, Backward]:
        query, value, key = (as_float(tensor) for tensor in checked_tensors(self, x, self._fit))
        query_mask, value_mask, _ = checked_masks(self, mask)
        scores, scores_backward = self._scores(query, key)
        kept = self._kept(scores, value_mask, use_causal_mask or self.causal)
        if kept is not None:
            scores = np.where(kept, scores, scores - (65504 if scores.dtype == np.float16 else 1e9))
        probabilities = softmax_over(scores)
        weights, dropout_backward = self._dropout.vjp(probabilities, training)
        y = weights @ value
        if query_mask is not None:
            query_mask = self._rows(query_mask, y)
            y = np.where(query_mask, y, 0)

        def backward(dy: Any) -> tuple[list[Array], Gradients]:
            dy, dweights = dy if return_attention_scores else (dy, 0)
            if query_mask is not None:
                dy = np.where(query_mask, dy, 0)
            dvalue = weights.swapaxes(-1, -2) @ dy
            dprobabilities, _ = dropout_backward(dy @ value.swapaxes(-1, -2) + dweights)
            dquery, dkey, gradients = scores_backward(softmax_back(probabilities, dprobabilities))
            return [dquery, dvalue, dkey] if len(x) == 3 else [dquery, dvalue + dkey], gradients

        return [y, weights] if return_attention_scores else y, backward

    def _scores(self, query: Array, key: Array) -> tuple[Array, Any]:
        """S, and the function from dS to the gradients of the query, the key and the weights."""
        scale = np.ones((), query.dtype) if self.scale is None else self.scale
        if self.score_mode == "dot":
            fits = query @ key.swapaxes(-1, -2)  # (batch, queries, keys)

            def dot_backward(ds: Array) -> tuple[Array, Array, Gradients]:
                gradients = {} if self.scale is None else {"scale": np.asarray((ds * fits).sum())}
                return scale * (ds @ key), scale * (ds.swapaxes(-1, -2) @ query), gradients

            return fits * scale, dot_backward
        weight = self.concat_score_weight
        assert weight is not None
        both = query[..., :, np.newaxis, :] + key[..., np.newaxis, :, :]  # (batch, queries, keys, d)
        bent = np.tanh(scale * both)
        fits = bent.sum(axis=-1)

        def concat_backward(ds: Array) -> tuple[Array, Array, Gradients]:
            dboth = weight * ds[..., np.newaxis] * (1 - bent**2)
            gradients = {} if self.scale is None else {"scale": np.asarray((dboth * both).sum())}
            gradients["concat_score_weight"] = np.asarray((ds * fits).sum())
            return scale * dboth.sum(axis=-2), scale * dboth.sum(axis=-3), gradients

        return weight * fits, concat_backward

    def _kept(self, scores: Array, value_mask: Array | None, use_causal_mask: bool) -> Array | None:
        """Which scores count, in a shape that broadcasts against them; None where all do."""
        kept = causal(*scores.shape[-2:]) if use_causal_mask else None
        if value_mask is not None:
            value_mask = value_mask[..., np.newaxis, :]
            if value_mask.ndim != scores.ndim or value_mask.shape[-1] != scores.shape[-1]:
                where = f"layer {self.name!r} ({self.keras_class})"
                raise InputError(
                    f"{where}: the value's mask of shape {value_mask[..., 0, :].shape} does not fit "
                    f"scores of shape {scores.shape}"
                )
            kept = value_mask if kept is None else kept & value_mask
        return kept

    def _rows(self, query_mask: Array, y: Array) -> Array:
        """The query's mask in a shape that broadcasts against y."""
        if query_mask.shape != y.shape[:-1]:
            where = f"layer {self.name!r} ({self.keras_class})"
            raise InputError(
                f"{where}: the query's mask has shape {query_mask.shape}, expected {y.shape[:-1]}"
            )
        return query_mask[..., np.newaxis]

    def _fit(self, tensors: list[Array]) -> bool:
        query, value, key = tensors
        return (
            query.ndim == value.ndim == key.ndim >= 3
            and query.shape[-1] == key.shape[-1]
            and query.shape[:-2] == key.shape[:-2] == value.shape[:-2]
            and value.shape[-2] == key.shape[-2]
        )

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return None if mask is None else mask[0]

    def output_shape(
        self, input_shape: Any, *, return_attention_scores: bool = False, use_causal_mask: bool = False
    ) -> Any:
        query, value = input_shape[:2]
        y = (*query[:-1], value[-1])
        return [y, (*query[:-1], value[-2])] if return_attention_scores else y
