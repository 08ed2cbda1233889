"""AdditiveAttention: attention whose scores are sums, not products."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.layers.attention import AttentionLayer
from maju.layers.base import Array, Config, Gradients, Shape
from maju.layers.registry import layer

__all__ = ["AdditiveAttentionLayer"]


@layer
class AdditiveAttentionLayer(AttentionLayer):
    """Blend the values for each query, weighted by S[n, i, j] = Σ_d scale_d · tanh(q[n, i, d] + k[n, j, d]).

    All else is as in `AttentionLayer`.

    Shapes:
        scale: (d,), with ``use_scale``; else 1.

    Source: Bahdanau et al., 2015, and `keras.layers.AdditiveAttention`.
    """

    keras_class = "AdditiveAttention"
    hyper_parameters = ("use_scale", "dropout", "seed", "causal")
    scaled = True

    def __init__(
        self,
        scale: Array | None = None,
        *,
        dropout: float = 0.0,
        seed: int | None = None,
        causal: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(scale, dropout=dropout, seed=seed, causal=causal, name=name)

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        width = input_shape[0][-1] if input_shape else None
        return {"scale": (width,)} if config.get("use_scale", cls.scaled) else {}

    def _scores(self, query: Array, key: Array) -> tuple[Array, Any]:
        scale = np.ones((), query.dtype) if self.scale is None else self.scale
        bent = np.tanh(query[..., :, np.newaxis, :] + key[..., np.newaxis, :, :])  # (batch, queries, keys, d)

        def backward(ds: Array) -> tuple[Array, Array, Gradients]:
            dbent = ds[..., np.newaxis]
            dboth = scale * dbent * (1 - bent**2)
            others = tuple(range(bent.ndim - 1))
            gradients = {} if self.scale is None else {"scale": (dbent * bent).sum(axis=others)}
            return dboth.sum(axis=-2), dboth.sum(axis=-3), gradients

        return np.asarray((scale * bent).sum(axis=-1)), backward
