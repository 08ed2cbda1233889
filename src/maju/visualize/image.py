"""The image that a sample is, for the eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from maju.errors import InputError
from maju.formats.specification import TensorRef, refs_in
from maju.layers.base import Array
from maju.models import Model
from maju.visualize.probe import layers_in
from maju.visualize.sample import Sample
from maju.visualize.style import LARGEST

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["as_picture", "channels_are_first", "draw_picture", "image_input"]


#: From what on numbers are taken for bytes even if they are not whole.
LARGE = 20


def image_input(model: Model, sample: Sample) -> TensorRef:
    """The first input that is an image: (batch, height, width), with or without channels.

    Raises:
        InputError: there is none.
    """
    for ref in refs_in(model.spec.inputs):
        value = sample.inputs[ref]
        if value.dtype.kind in "biuf" and value.ndim in (3, 4) and (value.ndim == 4 or _is_plane(model, ref)):
            return ref
    shapes = ", ".join(f"{ref.layer} {value.shape[1:]}" for ref, value in sample.inputs.items())
    raise InputError(f"{model.name!r} takes no image, but {shapes}")


def _is_plane(model: Model, ref: TensorRef) -> bool:
    """Whether an input without channels is taken for an image: where no layer reads it as a sequence."""
    sequential = ("rnn", "lstm", "gru", "conv1d", "pooling1d", "attention")
    return not any(
        word in layer.keras_class.lower()
        for _, layer in layers_in(model)
        for word in (*sequential, "bidirectional")
    )


def channels_are_first(model: Model) -> bool:
    """Whether the model's images have their channels before the places."""
    return any(getattr(layer, "data_format", "") == "channels_first" for _, layer in layers_in(model))


def as_picture(image: Array, channels_first: bool = False) -> Array:
    """An image as numbers from 0 to 1, (height, width, 3) in colour, or (height, width) in grey.

    Args:
        image: (height, width), or with an axis of channels; of other than three of these the mean is shown.
            What lies in 0..1, or is whole or large and lies in 0..255, is taken for that; other ranges are
            stretched.
    """
    values = np.asarray(image, np.float64)
    if values.ndim == 3 and channels_first:
        values = np.moveaxis(values, 0, -1)
    if values.ndim == 3 and values.shape[-1] == 4:
        values = values[..., :3]
    if values.ndim == 3 and values.shape[-1] != 3:
        values = values.mean(axis=-1)
    finite = values[np.isfinite(values)]
    low, high = float(finite.min(initial=0)), float(finite.max(initial=0))
    if low >= 0 and 1 < high <= 255 and (high > LARGE or (finite == np.trunc(finite)).all()):
        values = values / 255
    elif low < 0 or high > 1:
        low, high = (max(-LARGEST, float(finite.min())), min(LARGEST, float(finite.max())))
        values = (values.clip(-LARGEST, LARGEST) - low) / ((high - low) or 1)
    return np.nan_to_num(values, nan=1.0, posinf=1.0, neginf=0.0).clip(0, 1)


def draw_picture(axes: Axes, picture: Array, heading: str = "") -> None:
    """Draw what `as_picture` gives."""
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(heading, fontsize=8.5, parse_math=False)
