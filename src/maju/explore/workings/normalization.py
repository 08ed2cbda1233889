"""Normalizations: the working of a value less a mean, over a deviation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from maju.explore.workings.working import Line, Note, Part, Place, Working, explain
from maju.layers.base import Array
from maju.layers.batch_normalization import BatchNormalizationLayer
from maju.layers.layer_normalization import LayerNormalizationLayer
from maju.layers.normalization import NormalizationLayer
from maju.visualize.probe import Call

__all__: list[str] = []


@explain(
    BatchNormalizationLayer,
    formula="y = γ · (x − μ) / √(σ² + ε) + β",
    english="Brings each channel near mean 0 and variance 1, by what it had in training, then scales and "
    "shifts it.",
    indonesian="Membawa setiap kanal ke sekitar rata-rata 0 dan ragam 1, menurut nilainya saat pelatihan, "
    "lalu menskalakan dan menggesernya.",
)
def batch(call: Call, place: Place) -> Working:
    """Of a BatchNormalization, with the averages that training left behind."""
    layer: Any = call.layer
    shape = call.x.shape

    def of_channel(weight: Array | None, missing: float) -> float:
        if weight is None:
            return missing
        return float(np.broadcast_to(layer._spread(weight, len(shape)), shape)[0][place.at])

    mean, variance = of_channel(layer.moving_mean, 0), of_channel(layer.moving_variance, 1)
    gamma, beta = of_channel(layer.gamma, 1), of_channel(layer.beta, 0)
    return _normalized(float(call.x[0][place.at]), mean, variance, layer.epsilon, gamma, beta, [])


def _normalized(
    x: float, mean: float, variance: float, epsilon: float, gamma: float, beta: float, before: list[Part]
) -> Working:
    deviation = math.sqrt(variance + epsilon)
    normal = (x - mean) / deviation
    y = gamma * normal + beta
    return Working(
        y,
        [
            *before,
            Line("√(σ² + ε)", "√(σ² + ε)", ["√(", variance, " + ", float(epsilon), ")"], deviation),
            Line("n", "(x − μ) / √(σ² + ε)", ["(", x, " − ", mean, ") / ", deviation], normal),
            Line("y", "γ · n + β", [gamma, " · ", normal, " + ", beta], y),
        ],
    )


@explain(
    LayerNormalizationLayer,
    formula="y = γ · (x − μ) / √(σ² + ε) + β",
    english="Brings the values of each row to mean 0 and variance 1, then scales and shifts them.",
    indonesian="Membawa nilai setiap baris ke rata-rata 0 dan ragam 1, lalu menskalakan dan menggesernya.",
)
def layer_normalization(call: Call, place: Place) -> Working:
    """Of a LayerNormalization."""
    layer: Any = call.layer
    x = call.x.astype(np.float64)
    axes = layer.axes_of(x)
    mean = 0.0 if layer.rms_scaling else x.mean(axis=axes, keepdims=True)
    variance = np.square(x - x.mean(axis=axes, keepdims=True)).mean(axis=axes, keepdims=True)

    def at(values: Any, missing: float) -> float:
        return missing if values is None else float(np.broadcast_to(values, x.shape)[0][place.at])

    gamma, beta = (layer._spread(weight, x, axes) for weight in (layer.gamma, layer.beta))
    count = math.prod(x.shape[axis] for axis in axes)
    note = Note("mean_over", {"count": count})
    return _normalized(
        float(x[0][place.at]), at(mean, 0), at(variance, 1), layer.epsilon, at(gamma, 1), at(beta, 0), [note]
    )


@explain(
    NormalizationLayer,
    formula="y = (x − μ) / √σ²",
    english="Takes a mean off and divides by a deviation, by what a data set had.",
    indonesian="Mengurangi rata-rata dan membagi dengan simpangan baku menurut suatu himpunan data.",
)
def normalization(call: Call, place: Place) -> Working:
    """Of a Normalization."""
    layer: Any = call.layer
    x = float(call.x[0][place.at])
    mean, deviation = (
        float(np.broadcast_to(part, call.x.shape)[0][place.at])
        for part in layer._stretched(call.x.astype(np.float64))
    )
    if layer.invert:
        line = Line("y", "μ + x · √σ²", [mean, " + ", x, " · ", deviation], mean + x * deviation)
    else:
        line = Line("y", "(x − μ) / √σ²", ["(", x, " − ", mean, ") / ", deviation], (x - mean) / deviation)
    return Working(line.value, [line])
