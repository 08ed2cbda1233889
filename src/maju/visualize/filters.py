"""The filters of a convolution: what each of them looks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer
from maju.layers.conv_transpose import ConvolutionTranspose
from maju.layers.convolution import AnyConvolution
from maju.layers.depthwise_conv import DepthwiseConvolution
from maju.layers.separable_conv import SeparableConvolution
from maju.models import Model
from maju.visualize.probe import find_layer, layers_in
from maju.visualize.style import axes_for, colour_bar, colours, finish, limits, not_finite, shape_text, title
from maju.visualize.tiles import draw_tiles, tiles_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MOST", "Filters", "filters", "is_convolution", "plot_filters"]

#: How many tiles a picture has at most.
MOST = 256


@dataclass(frozen=True, eq=False)
class Filters:
    """The kernels of a convolution.

    Attributes:
        layer: its path.
        kind: its Keras class.
        kernel: (filters, inputs, ...), where the other axes are the window's: 1, 2 or 3 of them. A filter of
            a depthwise convolution has one input.
    """

    layer: str
    kind: str
    kernel: Array


def filters(model: Model, layer: str | None = None) -> Filters:
    """The kernels of a convolution, by default the first.

    Raises:
        InputError: the layer is no convolution, or the model has none.
    """
    path, found = _convolution(model, layer)
    kernel = found.kernel  # (window..., channels, filters)
    if isinstance(found, ConvolutionTranspose):
        kernel = kernel.swapaxes(-1, -2)
    elif isinstance(found, (DepthwiseConvolution, SeparableConvolution)):
        kernel = kernel.reshape(*kernel.shape[:-2], 1, -1)  # (window..., 1, channels · multiplier)
    return Filters(path, found.keras_class, np.moveaxis(kernel, (-1, -2), (0, 1)))


def _convolution(model: Model, layer: str | None) -> tuple[str, AnyConvolution]:
    if layer is None:
        found = [(path, each) for path, each in layers_in(model) if isinstance(each, AnyConvolution)]
        if not found:
            raise InputError(f"{model.name!r} has no convolution, so there are no filters to show")
        return found[0]
    path, named = find_layer(model, layer)
    if not isinstance(named, AnyConvolution):
        raise InputError(f"layer {path!r} ({named.keras_class}) is no convolution: it has no filters")
    return path, named


def is_convolution(layer: Layer) -> bool:
    """Whether a layer has filters that can be shown."""
    return isinstance(layer, AnyConvolution)


def plot_filters(
    model: Model,
    layer: str | None = None,
    *,
    channel: int | None = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw the filters of a convolution as tiles, the first 256 of more.

    A filter has a window for each channel of its input. Of filters over colours (three channels) all three
    are shown as one coloured tile, where grey is 0; of others the channel that weighs most, named above the
    tile. A window along one axis is drawn with its channels below each other; of a volume's the middle slice.

    Args:
        layer: the convolution; by default the first.
        channel: the channel of the input whose windows are shown.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.

    Raises:
        InputError: there is no such convolution, or no such channel.
    """
    found = filters(model, layer)
    count, inputs, *window = found.kernel.shape
    if channel is not None and not 0 <= channel < inputs:
        raise InputError(f"channel={channel}: the filters of {found.layer!r} see channels 0 to {inputs - 1}")
    kernel = np.asarray(found.kernel[:MOST], np.float64)
    notes = [f"the first {MOST} of {count}"] if count > MOST else []
    labels = [str(number) for number in range(len(kernel))]
    if len(window) == 3:
        notes.append(f"the middle slice of {window[0]}")
        kernel = kernel[:, :, window[0] // 2]
    in_colour = False
    if len(window) == 1:
        tiles = kernel if channel is None else kernel[:, channel : channel + 1]
        notes.append("channels below each other" if tiles.shape[1] > 1 else "")
    elif channel is not None or inputs == 1:
        tiles = kernel[:, channel or 0]
        notes.append("" if channel is None else f"channel {channel} of the input")
    elif inputs == 3:
        low, high, _ = limits(kernel, signed=True)
        tiles, in_colour = np.nan_to_num((np.moveaxis(kernel, 1, -1) - low) / (high - low), nan=1.0), True
        notes.append(f"red, green and blue; grey is 0, full colour ±{high:.2g}")
    else:
        heaviest = np.abs(kernel).sum(axis=(2, 3)).argmax(axis=1)
        tiles = kernel[np.arange(len(kernel)), heaviest]
        labels = [f"{number}←{chosen}" for number, chosen in enumerate(heaviest)]
        notes.append("filter ← the channel of its input that weighs most")
    figure, axes = axes_for(ax, *tiles_size(*tiles.shape[:3]))
    low, high, _ = limits(tiles, signed=True)
    drawn = draw_tiles(axes, np.clip(tiles, 0, 1) if in_colour else tiles, labels, colours(True), low, high)
    if not in_colour:
        colour_bar(figure, drawn, axes, "weight")
    heading = f"{found.layer} ({found.kind}): {count} filters of {shape_text(window)} × {inputs}"
    title(axes, heading, *notes, not_finite(tiles))
    return finish(figure, save)
