"""Activations, and other layers that take each value by itself: what a function makes of a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.explore.workings.working import Line, Note, Part, Place, Working, explain, products
from maju.layers import activations
from maju.layers.activation import ActivationLayer
from maju.layers.activations import Activation
from maju.layers.base import Array
from maju.layers.elu import ELULayer
from maju.layers.leaky_relu import LeakyReLULayer
from maju.layers.prelu import PReLULayer
from maju.layers.relu import ReLULayer
from maju.layers.rescaling import RescalingLayer
from maju.layers.softmax import SoftmaxLayer
from maju.layers.thresholded_relu import ThresholdedReLULayer
from maju.visualize.probe import Call

__all__ = ["activated", "named"]

#: What the usual activations are, with the gaps that `Line.numbers` fills.
FORMULAS = {
    "relu": "max(0, z)",
    "sigmoid": "1 / (1 + e^{−z})",
    "tanh": "tanh(z)",
    "elu": "z if z > 0, else e^{z} − 1",
    "softplus": "log(1 + e^{z})",
    "softsign": "z / (1 + |z|)",
    "silu": "z · σ(z)",
    "exponential": "e^{z}",
    "hard_sigmoid": "max(0, min(1, z / 6 + ½))",
    "relu6": "min(6, max(0, z))",
}


def named(activation: Activation) -> str:
    """What an activation is called in a formula."""
    return activation.name if isinstance(activation.name, str) else "φ"


def activated(symbol: str, activation: Activation, z: Array, at: int) -> list[Part]:
    """The steps from a sum to the value that an activation makes of it; none where it makes nothing of it.

    Args:
        symbol: what the value is called.
        z: the sums of all values that the activation sees together, (values,).
        at: which of them is worked out.
    """
    name = named(activation)
    if name == "linear":
        return []
    own = float(z[at])
    if name == "softmax":
        return softmax(symbol, z, at)
    value = float(np.asarray(activation(z.astype(np.float64)))[at])
    if activation.slope is None:
        return [Note("over_all", {"name": name, "count": len(z)}), Line(symbol, f"{name}(z)", [own], value)]
    formula = FORMULAS.get(name, f"{name}(z)")
    return [Line(symbol, formula, [f"{name}(", own, ")"], value)]


def softmax(symbol: str, z: Array, at: int) -> list[Part]:
    """The steps of softmax: e^z of this value beside those of all others."""
    shifted = np.exp(z.astype(np.float64) - float(z.max()))
    above, below = float(shifted[at]), float(shifted.sum())
    return [
        Note("softmax", {"count": len(z)}),
        Line("e^{z − max z}", "e^{z − max z}", ["e^(", float(z[at]), " − ", float(z.max()), ")"], above),
        products("Σ", "Σ e^{z_{j} − max z}", ("e^{z_{j} − max z}", "1"), shifted, np.ones_like(shifted)),
        Line(symbol, "e^{z − max z} / Σ", [above, " / ", below], above / below),
    ]


def _alone(call: Call, place: Place, line: Line) -> Working:
    return Working(line.value, [line])


def _x(call: Call, place: Place) -> float:
    return float(call.x[0][place.at])


@explain(
    ActivationLayer,
    formula="y = φ(x)",
    english="Applies a function to every value.",
    indonesian="Menerapkan sebuah fungsi pada setiap nilai.",
)
def activation(call: Call, place: Place) -> Working:
    """Of an Activation."""
    *before, at = place.at if place.at else (0,)
    z = np.atleast_1d(call.x[0])[tuple(before)]
    steps: list[Part] = activated("y", activations.get(call.layer.activation), z, at)  # type: ignore[attr-defined]
    if not steps:
        steps = [Line("y", "x", [float(z[at])], float(z[at]))]
    return Working(_value(steps), steps)


def _value(parts: Sequence[Part]) -> float:
    last = parts[-1]
    assert not isinstance(last, Note)
    return last.value


@explain(
    SoftmaxLayer,
    formula="y_{i} = e^{x_{i}} / Σ_{j} e^{x_{j}}",
    english="Turns values into probabilities: positive numbers that sum to 1.",
    indonesian="Mengubah nilai menjadi peluang: bilangan positif yang berjumlah 1.",
)
def softmax_layer(call: Call, place: Place) -> Working:
    """Of a Softmax over one axis."""
    layer: Any = call.layer
    x: Array = call.x
    if call.mask is not None or not isinstance(layer.axis, int):
        value = float(call.y[0][place.at])
        return Working(value, [Note("masked_softmax"), Line("y", "softmax(x)", [_x(call, place)], value)])
    axis = layer.axis % x.ndim - 1
    around = list(place.at)
    at = around[axis]
    row = x[0][(*around[:axis], slice(None), *around[axis + 1 :])]
    steps = softmax("y", row, at)
    return Working(_value(steps), steps)


@explain(
    ReLULayer,
    formula="y = max(0, x)",
    english="Lets positive values pass, and turns the others into 0.",
    indonesian="Meneruskan nilai positif dan mengubah yang lain menjadi 0.",
)
def relu(call: Call, place: Place) -> Working:
    """Of a ReLU, with whatever slope, limit or threshold it has."""
    layer: Any = call.layer
    x, top = _x(call, place), layer.max_value
    slope, threshold = float(layer.negative_slope), float(layer.threshold)
    if top is not None and x >= top:
        return _alone(
            call, place, Line("y", f"min({top:g}, x)", ["min(", float(top), ", ", x, ")"], float(top))
        )
    if x >= threshold:
        return _alone(call, place, Line("y", "max(0, x)", ["max(0, ", x, ")"], x))
    if slope:
        line = Line(
            "y", "slope · (x − threshold)", [slope, " · (", x, " − ", threshold, ")"], slope * (x - threshold)
        )
        return _alone(call, place, line)
    return _alone(call, place, Line("y", "max(0, x)", ["max(0, ", x, ")"], 0.0))


@explain(
    LeakyReLULayer,
    formula="y = x if x > 0, else α · x",
    english="Lets positive values pass, and makes the others small.",
    indonesian="Meneruskan nilai positif dan memperkecil yang lain.",
)
def leaky_relu(call: Call, place: Place) -> Working:
    """Of a LeakyReLU."""
    x, slope = _x(call, place), float(call.layer.negative_slope)  # type: ignore[attr-defined]
    if x > 0:
        return _alone(call, place, Line("y", "x", [x], x))
    return _alone(call, place, Line("y", "α · x", [slope, " · ", x], slope * x))


@explain(
    PReLULayer,
    formula="y = x if x > 0, else α · x",
    english="Lets positive values pass, and scales the others by what was learned.",
    indonesian="Meneruskan nilai positif dan menskalakan yang lain dengan bobot yang dipelajari.",
)
def prelu(call: Call, place: Place) -> Working:
    """Of a PReLU."""
    layer: Any = call.layer
    x = _x(call, place)
    if x > 0:
        return _alone(call, place, Line("y", "x", [x], x))
    alpha = float(np.broadcast_to(layer.alpha, call.x.shape[1:])[place.at])
    return _alone(call, place, Line("y", "α · x", [alpha, " · ", x], alpha * x))


@explain(
    ELULayer,
    formula="y = x if x > 0, else α · (e^{x} − 1)",
    english="Lets positive values pass, and bends the others towards −α.",
    indonesian="Meneruskan nilai positif dan melengkungkan yang lain menuju −α.",
)
def elu(call: Call, place: Place) -> Working:
    """Of an ELU."""
    x, alpha = _x(call, place), float(call.layer.alpha)  # type: ignore[attr-defined]
    if x > 0:
        return _alone(call, place, Line("y", "x", [x], x))
    line = Line("y", "α · (e^{x} − 1)", [alpha, " · (e^", x, " − 1)"], alpha * float(np.expm1(x)))
    return _alone(call, place, line)


@explain(
    ThresholdedReLULayer,
    formula="y = x if x > θ, else 0",
    english="Lets values above a threshold pass.",
    indonesian="Meneruskan nilai di atas sebuah ambang.",
)
def thresholded_relu(call: Call, place: Place) -> Working:
    """Of a ThresholdedReLU."""
    x, theta = _x(call, place), float(call.layer.theta)  # type: ignore[attr-defined]
    kept = x > theta
    return _alone(call, place, Line("y", "x" if kept else "0", [x if kept else 0.0], x if kept else 0.0))


@explain(
    RescalingLayer,
    formula="y = x · scale + offset",
    english="Brings the values to another scale, as pixels from 0…255 to 0…1.",
    indonesian="Membawa nilai ke skala lain, misalnya piksel dari 0…255 ke 0…1.",
)
def rescaling(call: Call, place: Place) -> Working:
    """Of a Rescaling."""
    layer: Any = call.layer
    shape = call.x.shape[1:]
    scale, offset = (
        float(np.broadcast_to(np.asarray(part, np.float32), shape)[place.at])
        for part in (layer.scale, layer.offset)
    )
    x = _x(call, place)
    line = Line("y", "x · scale + offset", [x, " · ", scale, " + ", offset], x * scale + offset)
    return _alone(call, place, line)
