"""How large the tensors of a graph may get: a bound that no number in a file can lift."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from maju.layers.base import Layer
from maju.layers.operations import Operation
from maju.layers.operations.products import spelled

__all__ = ["LIFTED_BY", "Room", "values_in", "values_of_layer", "values_of_operation"]

#: So many values may be in all tensors that a graph makes of one row together (256 MiB of float32) ...
MAX_VALUES = 1 << 26
#: ... or so many for each value of its weights and of the row, where that is more.
MAX_RATIO = 1000
#: The variable of the environment that gives another number in the place of the first.
LIFTED_BY = "MAJU_MAX_VALUES"

#: What comes of numbers and shapes that do not fit together; the computation itself says it better.
BROKEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

Made = Callable[[Mapping[str, Any], int], int]


class Room:
    """How many values a graph may still make; a length that is not known counts as 1.

    Args:
        given: how many values the weights of the model and its inputs have.
        rows: how many rows it is computed for.
    """

    def __init__(self, given: int, rows: int = 1) -> None:
        self.limit = max(int(os.environ.get(LIFTED_BY, MAX_VALUES)) * max(rows, 1), MAX_RATIO * given)
        self.left = self.limit

    def take(self, values: int) -> str | None:
        """Count what is about to be made; the text says why it is too much, and is None where it is not."""
        self.left -= values
        if self.left >= 0:
            return None
        together = _shown(self.limit - self.left)
        return (
            f"it would make {_shown(values)} values, and all tensors together {together} "
            f"where {self.limit:,} are allowed (the variable {LIFTED_BY} of the environment allows more)"
        )


def _shown(values: int) -> str:
    return f"{values:,}" if values < 10**18 else "over 10**18"


def values_in(shapes: Any) -> int:
    """How many values arrays of these shapes have, which may be nested in lists and dicts."""
    if isinstance(shapes, Mapping):
        shapes = list(shapes.values())
    if isinstance(shapes, list):
        return sum(map(values_in, shapes))
    return math.prod(1 if n is None else n for n in shapes or ())


def values_of_layer(layer: Layer, x: Any, options: Mapping[str, Any]) -> int:
    """How many values a layer makes of x; `options` holds what else it is given, with shapes for arrays."""
    try:
        return values_in(layer.output_shape(_shapes_of(x), **options))
    except BROKEN:
        return 0


def _shapes_of(x: Any) -> Any:
    if isinstance(x, Mapping):
        return {key: _shapes_of(value) for key, value in x.items()}
    return [_shapes_of(value) for value in x] if isinstance(x, (list, tuple)) else np.shape(x)


def values_of_operation(operation: Operation, args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """How many values an operation makes at most, with arrays for its tensors.

    Most make no more than they are given, or stretch their arguments to one shape; `GROWING` has the others.
    """
    try:
        given = {**operation.function.call.bind(*args, **kwargs).arguments, **operation.hyper_parameters}
        arrays = _arrays_in(list(given.values()))
        values = sum(int(array.size) for array in arrays)
        made = GROWING.get(operation.keras_class)
        if made is not None:
            return max(values, int(made(given, values)))
        if operation.function.elementwise:
            return math.prod(np.broadcast_shapes(*(array.shape for array in arrays)))
        return values
    except BROKEN:
        return 0


def _arrays_in(structure: Any) -> list[Any]:
    if isinstance(structure, Mapping):
        structure = list(structure.values())
    if isinstance(structure, (list, tuple)):
        return [array for item in structure for array in _arrays_in(item)]
    return [structure] if isinstance(structure, np.ndarray) else []


def _times(*keys: str) -> Made:
    """Everything that is given as often as the product of some hyper-parameters says."""
    return lambda a, given: max(given, 1) * math.prod(abs(_product(a[key])) or 1 for key in keys)


def _of_shape(key: str) -> Made:
    """An array of the shape that a hyper-parameter gives."""
    return lambda a, given: abs(_product(a[key]))


def _product(numbers: Any) -> int:
    """The product of a number or of several, in whole numbers of any size."""
    return math.prod(int(n) for n in np.ravel(np.asarray(numbers if numbers is not None else 1, object)))


def _free(array: Any, contracted: Any) -> int:
    """How many values an array has without the axes that a product takes away."""
    axes = {axis % array.ndim for axis in np.ravel(contracted)}
    return math.prod(n for axis, n in enumerate(array.shape) if axis not in axes)


def _tensordot(a: Mapping[str, Any], given: int) -> int:
    x1, x2, axes = a["x1"], a["x2"], a["axes"]
    if isinstance(axes, int):
        count = min(axes, x1.ndim)
        axes = range(x1.ndim - count, x1.ndim), range(count)
    first, second = axes
    return _free(x1, list(first)) * _free(x2, list(second))


def _dot(a: Mapping[str, Any], given: int) -> int:
    x1, x2 = a["x1"], a["x2"]
    return _free(x1, -1) * _free(x2, -1 if x2.ndim == 1 else -2) if x1.ndim and x2.ndim else given


def _inner(a: Mapping[str, Any], given: int) -> int:
    x1, x2 = a["x1"], a["x2"]
    return _free(x1, -1) * _free(x2, -1) if x1.ndim and x2.ndim else given


def _matmul(a: Mapping[str, Any], given: int) -> int:
    x1, x2 = a["x1"], a["x2"]
    if min(x1.ndim, x2.ndim) < 2:
        return given
    return int(math.prod(np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])) * x1.shape[-2] * x2.shape[-1])


def _einsum(a: Mapping[str, Any], given: int) -> int:
    arrays = _arrays_in(list(a.values()))
    terms, output = spelled(a["subscripts"], [array.ndim for array in arrays])
    lengths: dict[str, int] = {}
    for term, array in zip(terms, arrays, strict=True):
        lengths |= {
            letter: max(n, lengths.get(letter, 1)) for letter, n in zip(term, array.shape, strict=False)
        }
    return math.prod(lengths[letter] for letter in output)


def _pairs(a: Mapping[str, Any], given: int) -> int:
    """Every value of each argument with every one of the others."""
    return math.prod(array.size for array in _arrays_in(list(a.values())))


def _distances(a: Mapping[str, Any], given: int) -> int:
    return int(_free(a["x"], -1) * a["y"].shape[-2])


def _attention(a: Mapping[str, Any], given: int) -> int:
    return int(_free(a["query"], -1) * a["key"].shape[1])


def _padded(a: Mapping[str, Any], given: int) -> int:
    widths = np.broadcast_to(np.asarray(a["pad_width"], object), (a["x"].ndim, 2))
    return math.prod(n + int(sum(ends)) for n, ends in zip(a["x"].shape, widths, strict=True))


def _padded_image(a: Mapping[str, Any], given: int) -> int:
    first = a["data_format"] == "channels_first"
    height, width = a["images"].shape[-2:] if first else a["images"].shape[-3:-1]
    sides = (
        ("target_height", "top_padding", "bottom_padding", height),
        ("target_width", "left_padding", "right_padding", width),
    )
    tall, wide = ((a[t] or 0) + abs(a[b] or 0) + abs(a[e] or 0) + n for t, b, e, n in sides)
    return int(given // max(height * width, 1) * tall * wide)


def _resized(a: Mapping[str, Any], given: int) -> int:
    first = a["data_format"] == "channels_first"
    height, width = a["images"].shape[-2:] if first else a["images"].shape[-3:-1]
    return int(given // max(height * width, 1) * abs(_product(a["size"])))


def _pooled(a: Mapping[str, Any], given: int) -> int:
    """A number for each window in place of the axes of space."""
    n, *space, channels = a["inputs"].shape
    if a["data_format"] == "channels_first":
        channels = space[0]
    sizes = np.broadcast_to(np.asarray(a["output_size"], object), len(space))
    return int(n * channels * abs(_product(sizes)))


def _folded(a: Mapping[str, Any], given: int) -> int:
    sizes, margins = (np.broadcast_to(np.asarray(a[key], object), 2) for key in ("output_size", "padding"))
    return given * math.prod(abs(int(n)) + 2 * abs(int(m)) for n, m in zip(sizes, margins, strict=True))


def _diagonal(a: Mapping[str, Any], given: int) -> int:
    return (given + abs(int(a["k"]))) ** 2


def _segments(a: Mapping[str, Any], given: int) -> int:
    return int(math.prod(a["data"].shape[1:]) * abs(int(a["num_segments"] or 1)))


def _taken(a: Mapping[str, Any], given: int) -> int:
    x, axis = a["x"], a["axis"]
    return np.size(a["indices"]) * (1 if axis is None or not x.ndim else _free(x, axis))


def _convolved(a: Mapping[str, Any], given: int) -> int:
    kernel = a["kernel"] if "kernel" in a else a["pointwise_kernel"]
    return int(a["inputs"].size // max(kernel.shape[-2], 1) * kernel.shape[-1])


def _convolved_by_channel(a: Mapping[str, Any], given: int) -> int:
    return int(a["inputs"].size * a["kernel"].shape[-1])


def _convolved_back(a: Mapping[str, Any], given: int) -> int:
    *sizes, filters, channels = a["kernel"].shape
    strides, dilation = (
        np.broadcast_to(np.asarray(a[key], object), len(sizes)) for key in ("strides", "dilation_rate")
    )
    longer = math.prod(
        max(int(s), (k - 1) * int(d) + 1) for k, s, d in zip(sizes, strides, dilation, strict=True)
    )
    return int(a["inputs"].size // max(channels, 1) * filters * longer)


def _windows(size: str, strides: str) -> Made:
    """Everything as often as windows see it."""
    return lambda a, given: given * max(1, abs(_product(a[size]) // (_product(a[strides] or a[size]) or 1)))


def _transformed(a: Mapping[str, Any], given: int) -> int:
    """As many pieces as before, or where they overlap as there are strides, of another length."""
    length = max(abs(int(a[key] or 0)) for key in ("fft_length", "sequence_length") if key in a)
    piece = int(a.get("sequence_stride") or _arrays_in([a["x"]])[0].shape[-1])
    return 2 * given * length // max(piece, 1)


def _unfolded(a: Mapping[str, Any], given: int) -> int:
    n, channels, *lengths = a["x"].shape
    size, step, margin = (
        np.broadcast_to(np.asarray(a[key], object), 2) for key in ("kernel_size", "stride", "padding")
    )
    windows = [
        (length + 2 * int(p)) // max(int(s), 1) + 1
        for length, p, s in zip(lengths, margin, step, strict=True)
    ]
    return int(n * channels * abs(_product(size)) * abs(_product(windows)))


#: The operations that can make more of what they are given, by the name of the class in Keras.
GROWING: dict[str, Made] = {
    "AdaptiveAveragePool": _pooled,
    "AdaptiveMaxPool": _pooled,
    "Bincount": lambda a, given: given * abs(int(a["minlength"] or 1)),
    "BroadcastTo": _of_shape("shape"),
    "CDist": _distances,
    "Conv": _convolved,
    "ConvTranspose": _convolved_back,
    "DepthwiseConv": _convolved_by_channel,
    "Diag": _diagonal,
    "Diagflat": _diagonal,
    "Dot": _dot,
    "DotProductAttention": _attention,
    "Einsum": _einsum,
    "ExtractPatches": _windows("size", "strides"),
    "ExtractSequences": _windows("sequence_length", "sequence_stride"),
    "Fold": _folded,
    "Full": _of_shape("shape"),
    "Geomspace": _times("num"),
    "IRFFT": _transformed,
    "ISTFT": lambda a, given: given * abs(_product(a["sequence_stride"])),
    "Inner": _inner,
    "Kron": _pairs,
    "Linspace": _times("num"),
    "Logspace": _times("num"),
    "Matmul": _matmul,
    "Meshgrid": lambda a, given: len(_arrays_in(list(a.values()))) * _pairs(a, given),
    "MultiHot": _times("num_classes"),
    "OneHot": _times("num_classes"),
    "Outer": _pairs,
    "Pad": _padded,
    "PadImages": _padded_image,
    "RFFT": _transformed,
    "Repeat": lambda a, given: given * max(abs(int(n)) for n in np.ravel(np.asarray(a["repeats"], object))),
    "Resize": _resized,
    "SSIM": lambda a, given: given + _product(a["filter_size"]) ** 2,
    "STFT": _transformed,
    "Scatter": _of_shape("shape"),
    "SegmentMax": _segments,
    "SegmentMin": _segments,
    "SegmentProd": _segments,
    "SegmentSum": _segments,
    "SeparableConv": _convolved,
    "Slice": _of_shape("shape"),
    "Take": _taken,
    "Tensordot": _tensordot,
    "Tile": _times("repeats"),
    "Unfold": _unfolded,
    "Vander": lambda a, given: given * abs(int(a["N"] or given)),
}
