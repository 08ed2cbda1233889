"""Dense: the working of a sum over all inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.explore.workings.functions import activated, named
from maju.explore.workings.working import Line, Part, Place, Working, explain, products
from maju.layers import activations
from maju.layers.dense import DenseLayer
from maju.layers.dtypes import as_float
from maju.visualize.probe import Call

__all__: list[str] = []


@explain(
    DenseLayer,
    formula="y_{j} = φ( Σ_{i} x_{i} · W_{i,j} + b_{j} )",
    english="Every output sees every input: a weighted sum, a bias, and an activation.",
    indonesian="Setiap keluaran melihat semua masukan: jumlah berbobot, bias, lalu aktivasi.",
)
def dense(call: Call, place: Place) -> Working:
    """Of a Dense."""
    layer: Any = call.layer
    *before, unit = place.at
    x = as_float(call.x)[0][tuple(before)]  # (inputs,)
    activation = activations.get(layer.activation)
    linear = named(activation) == "linear"
    total = products("Σ", "Σ_{i} x_{i} · W_{i,j}", ("x_{i}", "W_{i,j}"), x, layer.kernel[:, unit])
    bias = 0.0 if layer.bias is None else float(layer.bias[unit])
    z = total.value + bias
    parts: list[Part] = [total]
    if layer.bias is not None:
        parts.append(Line("y" if linear else "z", "Σ + b_{j}", [total.value, " + ", bias], z))
    sums = np.asarray(x.astype(np.float64) @ layer.kernel.astype(np.float64))
    sums = sums if layer.bias is None else sums + layer.bias
    steps = activated("y", activation, sums, unit)
    last: Any = steps[-1] if steps else None
    return Working(z if last is None else last.value, [*parts, *steps])
