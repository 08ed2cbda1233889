"""Feature maps: what each channel of a layer gives at each place of an input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Layer
from maju.layers.convolution import AnyConvolution
from maju.models import Model
from maju.visualize.filters import MOST
from maju.visualize.probe import call_at, find_layer, layers_in
from maju.visualize.sample import sample_of
from maju.visualize.style import axes_for, colour_bar, colours, finish, limits, not_finite, shape_text, title
from maju.visualize.tiles import draw_tiles, tiles_size
from maju.visualize.tokens import draw_padding, label_steps, steps_of, tokens_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FeatureMaps", "channels_before", "feature_maps", "plot_feature_maps"]


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """What a layer gives for one sample.

    Attributes:
        layer: its path.
        kind: its Keras class.
        maps: (channels, ...), where the other axes are those of space: 1, 2 or 3 of them.
        where: which row of the input it is of.
    """

    layer: str
    kind: str
    maps: Array
    where: str

    @property
    def dead(self) -> list[int]:
        """The channels that are 0 at every place."""
        return [int(c) for c in np.flatnonzero(~self.maps.reshape(len(self.maps), -1).any(axis=1))]


def feature_maps(model: Model, x: Any, layer: str | None = None, *, row: int = 0) -> FeatureMaps:
    """The feature maps of a layer for row `row` of x.

    Args:
        layer: a layer whose output has places and channels; by default the first convolution.

    Raises:
        InputError: the layer has no such output, or the model has no convolution.
    """
    path, found = convolution_or(model, layer, last=False)
    sample = sample_of(model, x, row)
    y = call_at(model, sample.inputs, path).y
    return FeatureMaps(path, found.keras_class, channels_before(found, path, y)[0], sample.where)


def convolution_or(model: Model, layer: str | None, last: bool) -> tuple[str, Layer]:
    """The layer of that name, or the first or the last convolution.

    Raises:
        InputError: there is none.
    """
    if layer is not None:
        return find_layer(model, layer)
    found = [(path, each) for path, each in layers_in(model) if isinstance(each, AnyConvolution)]
    if not found:
        raise InputError(f"{model.name!r} has no convolution; name another layer with feature maps")
    return found[-1 if last else 0]


def channels_before(layer: Layer, path: str, y: Any) -> Array:
    """A layer's output with the channels before the axes of space: (batch, channels, ...).

    Raises:
        InputError: it has no axes of space, or is not one array.
    """
    if not isinstance(y, np.ndarray) or not 3 <= y.ndim <= 5:
        gives = f"shape {y.shape}" if isinstance(y, np.ndarray) else f"{len(y)} outputs"
        raise InputError(
            f"layer {path!r} ({layer.keras_class}) has no feature maps: it gives {gives}, "
            "not (batch, places, channels) with one to three axes of places"
        )
    return y if getattr(layer, "data_format", "") == "channels_first" else np.moveaxis(y, -1, 1)


def plot_feature_maps(
    model: Model,
    x: Any,
    layer: str | None = None,
    *,
    row: int = 0,
    channels: Sequence[int] | None = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw a layer's feature maps for row `row` of x as tiles in the same colours, the first 256 of more.

    A map that is 0 everywhere is crossed out. Of volumes the middle slice is drawn; of sequences one heat
    map, with a line for each channel.

    Args:
        layer: by default the first convolution.
        channels: which channels; by default the first 256.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.

    Raises:
        InputError: the layer has no feature maps, or not those channels.
    """
    found = feature_maps(model, x, layer, row=row)
    count, *places = found.maps.shape
    chosen = list(range(min(count, MOST))) if channels is None else list(channels)
    if not chosen or not all(0 <= channel < count for channel in chosen):
        raise InputError(f"channels={channels!r}: layer {found.layer!r} has the channels 0 to {count - 1}")
    maps = np.asarray(found.maps[chosen], np.float64)
    dead = found.dead
    notes = [found.where, f"{len(chosen)} of {count} channels" if len(chosen) < count else ""]
    if len(places) == 3:
        notes.append(f"the middle slice of {places[0]}")
        maps = maps[:, places[0] // 2]
    low, high, signed = limits(maps)
    notes += [f"0 everywhere: {len(dead)} (crossed)" if dead else "", not_finite(maps)]
    if len(places) == 1:
        steps = steps_of(places[0], tokens_of(model, sample_of(model, x, row)))
        notes.append("padding hatched" if steps.padding.any() else "")
        figure, axes = axes_for(ax, max(7.0, steps.width + 1.6), min(9, 2.2 + 0.05 * len(chosen)))
        drawn = axes.imshow(
            np.ma.masked_invalid(maps[:, steps.places]),
            cmap=colours(signed),
            vmin=low,
            vmax=high,
            aspect="auto",
            interpolation="nearest",
        )
        draw_padding(axes, steps, skipped=False)
        label_steps(axes, steps)
        axes.set_xlabel(steps.what)
        axes.set_ylabel("channel")
    else:
        figure, axes = axes_for(ax, *tiles_size(*maps.shape))
        crossed = [place for place, channel in enumerate(chosen) if channel in dead]
        drawn = draw_tiles(axes, maps, list(map(str, chosen)), colours(signed), low, high, crossed)
    colour_bar(figure, drawn, axes, "activation")
    title(axes, f"{found.layer} ({found.kind}): {count} maps of {shape_text(places)}", *notes)
    return finish(figure, save)
