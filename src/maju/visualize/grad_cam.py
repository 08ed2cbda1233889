"""Grad-CAM and Grad-CAM++: which places of an image speak for a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array
from maju.layers.convolution import AnyConvolution
from maju.models import Model
from maju.visualize.feature_maps import channels_before
from maju.visualize.image import as_picture, channels_are_first, draw_picture, image_input
from maju.visualize.probe import Call, find_layer, gradient_at, watched_calls
from maju.visualize.sample import Sample, sample_of
from maju.visualize.style import (
    COLOURS,
    axes_for,
    colour_bar,
    colours,
    finish,
    headline,
    panels,
    shape_text,
    title,
)
from maju.visualize.target import Index, Target, target_of
from maju.visualize.tokens import draw_padding, label_steps, steps_of, tokens_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["GradCAM", "grad_cam", "plot_grad_cam"]


@dataclass(frozen=True, eq=False)
class GradCAM:
    """How much each place of a layer's output speaks for a class.

    Attributes:
        layer: the layer's path.
        kind: its Keras class.
        target: what the places speak for.
        weights: of each channel, (channels,).
        map: (places...): 0 where nothing speaks for it; larger numbers mean nothing beyond their proportions.
        sample: what it was computed for.
        plus_plus: whether the weights are those of Grad-CAM++.
    """

    layer: str
    kind: str
    target: Target
    weights: Array
    map: Array
    sample: Sample
    plus_plus: bool


def grad_cam(
    model: Model,
    x: Any,
    layer: str | None = None,
    *,
    target: Index = None,
    output: int | str | None = None,
    row: int = 0,
    plus_plus: bool = False,
) -> GradCAM:
    """Grad-CAM of row `row` of x.

    With A_k the map of channel k of a layer, S the score of the class before the last softmax or sigmoid, and
    g = ∂S/∂A::

        map = relu( Σ_k w_k A_k ),   w_k = the mean of g_k over all places
        Grad-CAM++:                  w_k = Σ α_k relu(g_k),   α_k = g_k² / (2 g_k² + (Σ A_k) g_k³)

    Args:
        layer: by default the last convolution that gives more than one place.
        target: the class; by default the one that the model finds. For a single sigmoid 0 or 1.
        output: which of several outputs; by default the first.
        plus_plus: whether to weigh the channels as Grad-CAM++ does.

    Raises:
        InputError: the layer has no maps, or there is no such class.
        GradientError: there is no way back from the class to the layer.

    Source: Selvaraju et al., 2017; Chattopadhay et al., 2018.
    """
    sample = sample_of(model, x, row)
    aim = target_of(model, sample, target, output)
    path = _last_convolution(model, sample) if layer is None else find_layer(model, layer)[0]
    before, score = aim.before_activation(model)
    _, call = gradient_at(before, sample.inputs, path, score.back_from)
    maps = channels_before(call.layer, path, call.y)[0].astype(np.float64)
    slopes = np.zeros_like(call.y) if call.dy is None else call.dy
    g = channels_before(call.layer, path, slopes)[0].astype(np.float64)  # (channels, places...)
    if not (np.isfinite(g).all() and np.isfinite(maps).all()):
        raise InputError(f"layer {path!r}: its maps, or their gradients, are not finite for this input")
    places = tuple(range(1, g.ndim))
    if plus_plus:
        below = 2 * g**2 + maps.sum(axis=places, keepdims=True) * g**3
        alpha = np.divide(g**2, below, out=np.zeros_like(g), where=below != 0)
        weights = (alpha * np.maximum(g, 0)).sum(axis=places)
    else:
        weights = g.mean(axis=places)
    cam = np.maximum(np.tensordot(weights, maps, axes=1), 0)
    return GradCAM(path, call.layer.keras_class, aim, weights, cam, sample, plus_plus)


def _last_convolution(model: Model, sample: Sample) -> str:
    calls = watched_calls(model, sample.inputs, lambda _, layer: isinstance(layer, AnyConvolution))
    if not calls:
        raise InputError(f"{model.name!r} has no convolution; name another layer that gives maps")
    wide = [path for path, made in calls.items() if _places(made[0], path) > 1]
    return (wide or list(calls))[-1]


def _places(call: Call, path: str) -> int:
    """At how many places a layer gives something."""
    return int(np.prod(channels_before(call.layer, path, call.y).shape[2:]))


def plot_grad_cam(
    model: Model,
    x: Any,
    layer: str | None = None,
    *,
    target: Index = None,
    output: int | str | None = None,
    row: int = 0,
    plus_plus: bool = False,
    classes: Sequence[str] | None = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw an image, and over it which places speak for a class; `grad_cam` says how that is found.

    Of a volume the middle slice is drawn, and of a sequence a line.

    Args:
        layer, target, output, row, plus_plus: see `grad_cam`.
        classes: the classes' names.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.
    """
    found = grad_cam(model, x, layer, target=target, output=output, row=row, plus_plus=plus_plus)
    cam, places = found.map, found.map.shape
    largest = cam.max()
    shown = cam / largest if largest > 0 else cam
    method = "Grad-CAM++" if plus_plus else "Grad-CAM"
    heading = f"{method} for {found.target.name(classes)} ({found.target.value:.3g}) at {found.layer}"
    notes = [
        f"{found.kind} of {shape_text(places)}",
        found.sample.where,
        "nothing speaks for it" if largest == 0 else "",
    ]
    if cam.ndim == 1:
        figure, axes = axes_for(ax, 7, 2.6)
        steps = steps_of(len(shown), tokens_of(model, found.sample))
        axes.bar(np.arange(len(steps.places)), shown[steps.places], width=1, color=COLOURS[0])
        draw_padding(axes, steps, skipped=False)
        label_steps(axes, steps)
        axes.set(ylim=(0, 1.05), xlabel=steps.what, ylabel="share of the largest")
        title(axes, heading, *notes, "padding hatched" if steps.padding.any() else "")
        return finish(figure, save)
    if cam.ndim == 3:
        notes.append(f"the middle slice of {places[0]}")
        shown = shown[places[0] // 2]
    picture = _picture(model, found.sample)
    wide = max(0.6, min(2.0, picture.shape[1] / picture.shape[0]))
    figure, (left, right) = panels(ax, 1, 2, 1.6 + 5.4 * wide, 3.5)
    draw_picture(left, picture, "input")
    draw_picture(right, picture if picture.ndim == 2 else picture.mean(axis=-1), "what speaks for it")
    height, width = picture.shape[:2]
    drawn = right.imshow(
        shown,
        cmap=colours(False),
        vmin=0,
        vmax=1,
        alpha=0.1 + 0.65 * shown,
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
        interpolation="bilinear",
    )
    colour_bar(figure, drawn, right, "share of the largest")
    headline(figure, ax, heading, *notes)
    return finish(figure, save)


def _picture(model: Model, sample: Sample) -> Array:
    """The sample's image; of a volume its middle slice."""
    volumes = [value for value in sample.inputs.values() if value.ndim == 5]
    first = channels_are_first(model)
    if volumes:
        image = volumes[0][0]
        image = image[:, image.shape[1] // 2] if first else image[image.shape[0] // 2]
    else:
        image = sample.inputs[image_input(model, sample)][0]
    return as_picture(image, first)
