"""Layers that compute nothing and put values elsewhere: the working is where a value comes from."""

from __future__ import annotations

from typing import Any

import numpy as np

from maju.explore.workings.working import Line, Note, Place, Working, explain
from maju.layers.activity_regularization import ActivityRegularizationLayer
from maju.layers.base import Array
from maju.layers.concatenate import ConcatenateLayer
from maju.layers.cropping import Cropping
from maju.layers.dropout import DropoutLayer
from maju.layers.flatten import FlattenLayer
from maju.layers.identity import IdentityLayer
from maju.layers.input_layer import InputLayer
from maju.layers.noise import NoiseLayer
from maju.layers.permute import PermuteLayer
from maju.layers.repeat_vector import RepeatVectorLayer
from maju.layers.reshape import ReshapeLayer
from maju.layers.up_sampling import UpSampling
from maju.layers.zero_padding import ZeroPadding
from maju.visualize.probe import Call

__all__: list[str] = []


def _came_from(call: Call, place: Place) -> tuple[int, tuple[int, ...]] | None:
    """Which of the inputs a value was taken from, and its place in it; None where it was added as padding.

    Found by letting the layer move numbers that say where they stand.
    """
    given: list[Array] = list(call.x) if isinstance(call.x, (list, tuple)) else [call.x]
    ends = np.cumsum([x.size for x in given])
    numbered = [
        np.arange(end - x.size + 1, end + 1, dtype=np.float64).reshape(x.shape)
        for x, end in zip(given, ends, strict=True)
    ]
    moved = call.layer.forward(numbered if isinstance(call.x, (list, tuple)) else numbered[0])
    number = int(moved[0][place.at])
    if number == 0:
        return None
    source = int(np.searchsorted(ends, number))
    inside = number - 1 - (ends[source] - given[source].size)
    return source, tuple(int(i) for i in np.unravel_index(inside, given[source].shape)[1:])


def _moved(call: Call, place: Place) -> Working:
    value = float(call.y[0][place.at])
    found = _came_from(call, place)
    if found is None:
        return Working(value, [Note("added_zero"), Line("y", "0", [0.0], 0.0)])
    source, at = found
    several = isinstance(call.x, (list, tuple))
    x: Any = call.x[source] if several else call.x
    shown = ", ".join(map(str, at))
    note = (
        Note("moved_from", {"input": source + 1, "place": shown})
        if several
        else Note("moved", {"place": shown})
    )
    return Working(float(x[0][at]), [note, Line("y", f"x_{{{shown}}}", [float(x[0][at])], float(x[0][at]))])


@explain(
    FlattenLayer,
    ReshapeLayer,
    PermuteLayer,
    formula="y = the values of x, in another shape",
    english="Puts the values into another shape, and changes none.",
    indonesian="Menaruh nilai ke dalam bentuk lain tanpa mengubahnya.",
)
def reshaped(call: Call, place: Place) -> Working:
    """Of a Flatten, a Reshape or a Permute."""
    return _moved(call, place)


@explain(
    ZeroPadding,
    formula="y = x with zeros around it",
    english="Puts zeros around the input.",
    indonesian="Menaruh nol di sekeliling masukan.",
)
def padded(call: Call, place: Place) -> Working:
    """Of a ZeroPadding1D, ZeroPadding2D or ZeroPadding3D."""
    return _moved(call, place)


@explain(
    Cropping,
    formula="y = x without its margins",
    english="Cuts margins off.",
    indonesian="Memotong tepi masukan.",
)
def cropped(call: Call, place: Place) -> Working:
    """Of a Cropping1D, Cropping2D or Cropping3D."""
    return _moved(call, place)


@explain(
    RepeatVectorLayer,
    formula="y_{t} = x for every step t",
    english="Repeats a vector as the steps of a sequence.",
    indonesian="Mengulang sebuah vektor sebagai langkah-langkah deret.",
)
def repeated(call: Call, place: Place) -> Working:
    """Of a RepeatVector."""
    return _moved(call, place)


@explain(
    UpSampling,
    formula="y_{i,j,c} = x_{⌊i/s⌋, ⌊j/s⌋, c}",
    english="Makes the input larger by repeating values, or by blending neighbours.",
    indonesian="Memperbesar masukan dengan mengulang nilai atau memadukan tetangganya.",
)
def upsampled(call: Call, place: Place) -> Working:
    """Of an UpSampling1D, UpSampling2D or UpSampling3D."""
    if getattr(call.layer, "_blends", False):
        value = float(call.y[0][place.at])
        return Working(value, [Note("blended"), Line("y", "Σ x · weight", [value], value)])
    return _moved(call, place)


@explain(
    DropoutLayer,
    NoiseLayer,
    IdentityLayer,
    ActivityRegularizationLayer,
    formula="y = x",
    english="Acts in training alone; here it passes everything on.",
    indonesian="Hanya bekerja saat pelatihan; di sini semuanya diteruskan.",
)
def passed_on(call: Call, place: Place) -> Working:
    """Of a layer that does nothing outside of training."""
    return _moved(call, place)


@explain(
    InputLayer,
    formula="x",
    english="What goes into the model.",
    indonesian="Apa yang masuk ke dalam model.",
)
def entered(call: Call, place: Place) -> Working:
    """Of an InputLayer."""
    value = float(call.y[0][place.at])
    return Working(value, [Line("x", "x", [value], value)])


@explain(
    ConcatenateLayer,
    formula="y = [x_{1}, x_{2}, …]",
    english="Lays several inputs end to end.",
    indonesian="Menyambung beberapa masukan.",
)
def joined(call: Call, place: Place) -> Working:
    """Of a Concatenate."""
    return _moved(call, place)
