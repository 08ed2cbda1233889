"""Convolutions: the working of a window times a kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from maju.explore.workings.functions import activated, named
from maju.explore.workings.working import (
    MOST_CHANNELS,
    Grid,
    Line,
    Part,
    Place,
    Products,
    Windowed,
    Working,
    explain,
    products,
)
from maju.layers import activations
from maju.layers.base import Array
from maju.layers.conv_transpose import ConvolutionTranspose
from maju.layers.convolution import AnyConvolution, Convolution
from maju.layers.depthwise_conv import DepthwiseConvolution
from maju.layers.dtypes import as_float
from maju.layers.separable_conv import SeparableConvolution
from maju.layers.windows import Windows, channels_last
from maju.visualize.probe import Call

__all__ = ["Letters", "rows_of", "seen_at", "split_place"]


def split_place(layer: Any, at: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """The place along the axes of space, and the channel, of a value in a layer's own data format."""
    return (at[:-1], at[-1]) if layer.data_format == "channels_last" else (at[1:], at[0])


def seen_at(x: Array, windows: Windows, where: tuple[int, ...], fill: float) -> tuple[Array, Array, Any]:
    """What one window sees.

    Args:
        x: (lengths ..., channels).
        where: which window.
        fill: what stands in the padding.

    Returns:
        the values, (places of the window ..., channels); which places lie within x, (places ...); and the
        place in x of the window's first element.
    """
    lengths = x.shape[:-1]
    margins = windows.margins(lengths)
    origin = tuple(i * s - left for i, s, (left, _) in zip(where, windows.strides, margins, strict=True))
    seen = np.full((*windows.size, x.shape[-1]), fill, np.float64)
    inside = np.zeros(windows.size, bool)
    for place in np.ndindex(*windows.size):
        source = tuple(o + a * d for o, a, d in zip(origin, place, windows.dilation, strict=True))
        if all(0 <= i < n for i, n in zip(source, lengths, strict=True)):
            seen[place], inside[place] = x[source], True
    return seen, inside, origin


def rows_of(values: Array, inside: Array | None = None) -> list[list[Any]]:
    """A window's values as rows for the page; None where it looks beyond the edge.

    A sequence has one row, and of a volume the slices stand below each other.
    """
    wide = values.shape[-1] if values.ndim else 1
    rows: list[list[Any]] = values.reshape(-1, wide).astype(np.float64).tolist()
    if inside is not None:
        here = inside.reshape(-1, wide)
        rows = [[v if here[r, c] else None for c, v in enumerate(row)] for r, row in enumerate(rows)]
    return rows


def _windowed(
    formula: str, seen: Array, inside: Array, kernel: Array, channels: list[int], origin: tuple[int, ...]
) -> Windowed:
    """A window times a kernel, both (places ..., channels), summed; `channels` are what these are called."""
    each = (seen * kernel).reshape(-1, seen.shape[-1]).sum(axis=0)
    order = np.argsort(-np.abs(np.nan_to_num(each)), kind="stable")
    grids = [
        Grid(channels[c], rows_of(seen[..., c], inside), rows_of(kernel[..., c]), None, float(each[c]))
        for c in order[:MOST_CHANNELS].tolist()
    ]
    rest = each[order[MOST_CHANNELS:]]
    total = float(each.sum())
    return Windowed("Σ", formula, origin, 0.0, grids, (len(rest), float(rest.sum())), total)


def _finished(layer: AnyConvolution, sums: Array, channel: int, before: list[Part], total: float) -> Working:
    """The bias and the activation after the sum of a channel.

    Args:
        sums: those of all channels at the place, in case that the activation sees them together.
    """
    activation = activations.get(layer.activation)
    linear = named(activation) == "linear"
    parts = list(before)
    z = total
    if layer.bias is not None:
        bias = float(layer.bias[channel])
        z = total + bias
        parts.append(Line("y" if linear else "z", "Σ + b", [total, " + ", bias], z))
        sums = sums + layer.bias
    steps: list[Any] = activated("y", activation, sums, channel)
    return Working(steps[-1].value if steps else z, [*parts, *steps])


def _given(call: Call, layer: Any) -> Array:
    """The row, with its channels last."""
    return np.asarray(channels_last(as_float(call.x), layer.data_format)[0])


@dataclass(frozen=True)
class Letters:
    """What the formula of a layer that slides calls its axes.

    Attributes:
        where: the place of the output: ``i,j`` for an image.
        sums: over the places of the window.
        inside: the place in the window.
        seen: the place of the input.
    """

    where: str
    sums: str
    inside: str
    seen: str

    @classmethod
    def of(cls, layer: Any, dilated: bool = True) -> Letters:
        """For as many axes as a layer slides along."""
        outside, inside = "ijk"[: layer.rank], "abe"[: layer.rank]
        step = "·d" if dilated else ""
        seen = ", ".join(f"{i}·s+{a}{step}" for i, a in zip(outside, inside, strict=True))
        return cls(",".join(outside), " ".join(f"Σ_{{{a}}}" for a in inside), ",".join(inside), seen)


def _formula(layer: Any) -> str:
    at = Letters.of(layer)
    seen = f"{at.sums} Σ_{{c}} x_{{{at.seen}, c}} · K_{{{at.inside},c,f}}"
    return f"y_{{{at.where},f}} = φ( {seen} + b_{{f}} )"


def _formula_alone(layer: Any) -> str:
    at = Letters.of(layer)
    seen = f"{at.sums} x_{{{at.seen}, c}} · K_{{{at.inside},c,m}}"
    return f"y_{{{at.where},c·M+m}} = φ( {seen} + b_{{c·M+m}} )"


@explain(
    Convolution,
    formula=_formula,
    english="Slides a kernel over the input; each output is the window times the kernel, summed over all "
    "channels, with a bias and an activation.",
    indonesian="Menggeser kernel di atas masukan; setiap keluaran adalah jendela dikali kernel, dijumlahkan "
    "atas semua kanal, ditambah bias, lalu aktivasi.",
)
def convolution(call: Call, place: Place) -> Working:
    """Of a Conv1D, Conv2D or Conv3D."""
    layer: Any = call.layer
    where, channel = split_place(layer, place.at)
    x = _given(call, layer)
    seen, inside, origin = seen_at(x, layer.windows, where, 0.0)
    depth, in_group = layer.kernel.shape[-2], layer.filters // layer.groups
    first = channel // in_group * depth
    own, kernel = seen[..., first : first + depth], layer.kernel[..., channel].astype(np.float64)
    names = list(range(first, first + depth))
    total = _windowed("Σ x · K", own, inside, kernel, names, origin)
    flat = seen.reshape(-1, seen.shape[-1])
    matrix = layer.kernel.reshape(len(flat), depth, layer.filters).astype(np.float64)
    group = np.arange(layer.filters) // in_group * depth
    sums = np.array([(flat[:, g : g + depth] * matrix[..., f]).sum() for f, g in enumerate(group.tolist())])
    return _finished(layer, sums, channel, [total], total.value)


@explain(
    DepthwiseConvolution,
    formula=_formula_alone,
    english="Slides kernels over each channel by itself, and mixes none.",
    indonesian="Menggeser kernel di atas setiap kanal sendiri-sendiri, tanpa mencampurnya.",
)
def depthwise(call: Call, place: Place) -> Working:
    """Of a DepthwiseConv1D or DepthwiseConv2D."""
    layer: Any = call.layer
    where, channel = split_place(layer, place.at)
    seen, inside, origin = seen_at(_given(call, layer), layer.windows, where, 0.0)
    source, one = divmod(channel, layer.depth_multiplier)
    kernel = layer.kernel[..., source : source + 1, one].astype(np.float64)
    total = _windowed("Σ x · K", seen[..., source : source + 1], inside, kernel, [source], origin)
    sums = _each_alone(seen, layer.kernel)
    return _finished(layer, sums, channel, [total], total.value)


def _each_alone(seen: Array, kernel: Array) -> Array:
    """What a depthwise kernel makes of what a window sees: (channels · multiplier,)."""
    axes = tuple(range(seen.ndim - 1))
    return np.asarray((seen[..., np.newaxis] * kernel).sum(axis=axes)).reshape(-1)


@explain(
    SeparableConvolution,
    formula="z_{q} = Σ x · D_{…,q}\ny_{f} = φ( Σ_{q} z_{q} · P_{q,f} + b_{f} )",
    english="Convolves each channel by itself, then mixes the channels at each place.",
    indonesian="Mengonvolusi setiap kanal sendiri-sendiri, lalu mencampur kanal di setiap tempat.",
)
def separable(call: Call, place: Place) -> Working:
    """Of a SeparableConv1D or SeparableConv2D."""
    layer: Any = call.layer
    where, channel = split_place(layer, place.at)
    seen, inside, origin = seen_at(_given(call, layer), layer.windows, where, 0.0)
    inner = _each_alone(seen, layer.depthwise_kernel)
    mixing = layer.pointwise_kernel.reshape(layer.pointwise_kernel.shape[-2:])
    mixed = products("Σ", "Σ_{q} z_{q} · P_{q,f}", ("z_{q}", "P_{q,f}"), inner, mixing[:, channel])
    weightiest = int(mixed.terms[0][0])
    source, one = divmod(weightiest, layer.depth_multiplier)
    kernel = layer.depthwise_kernel[..., source : source + 1, one].astype(np.float64)
    example = _windowed("Σ x · D", seen[..., source : source + 1], inside, kernel, [source], origin)
    shown: list[Part] = [replace(example, symbol=f"z_{{{weightiest}}}"), mixed]
    return _finished(layer, inner @ mixing.astype(np.float64), channel, shown, mixed.value)


@explain(
    ConvolutionTranspose,
    formula="y_{i,f} = φ( Σ x_{t,c} · K_{a,f,c} + b_{f} ),  t·s + a·d = i",
    english="Gives each window back what it saw: a convolution backwards, which makes the input larger.",
    indonesian="Mengembalikan kepada setiap jendela apa yang dilihatnya: konvolusi ke arah balik, yang "
    "memperbesar masukan.",
)
def transpose(call: Call, place: Place) -> Working:
    """Of a Conv1DTranspose, Conv2DTranspose or Conv3DTranspose."""
    layer: Any = call.layer
    where, channel = split_place(layer, place.at)
    x = _given(call, layer)
    lengths = [n or 0 for n in layer._output_lengths(x.shape[:-1])]
    windows: Windows = layer.windows
    margins = windows.margins(lengths)
    labels, left, right, sums = [], [], [], np.zeros(layer.filters)
    for step in np.ndindex(*windows.size):
        # The window at t has its element a at i: t·s + a·d − margin = i.
        reach = [
            i + before - a * d
            for i, (before, _), a, d in zip(where, margins, step, windows.dilation, strict=True)
        ]
        source = [r // s for r, s in zip(reach, windows.strides, strict=True)]
        fits = all(r % s == 0 for r, s in zip(reach, windows.strides, strict=True))
        if not fits or any(not 0 <= t < n for t, n in zip(source, x.shape[:-1], strict=True)):
            continue
        values = x[tuple(source)].astype(np.float64)
        sums += layer.kernel[step].astype(np.float64) @ values
        for c, value in enumerate(values.tolist()):
            labels.append(f"{', '.join(map(str, source))} | {c}")
            left.append(value)
            right.append(float(layer.kernel[(*step, channel, c)]))
    total: Products = products(
        "Σ", "Σ x_{t,c} · K_{a,f,c}", ("x_{t,c}", "K_{a,f,c}"), np.array(left), np.array(right), labels
    )
    return _finished(layer, sums, channel, [total], total.value)
