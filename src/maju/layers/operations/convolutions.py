"""Convolutions and poolings whose kernels come as arguments: the layers of the same names, called once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from maju.layers.adaptive_average_pooling1d import AdaptiveAveragePooling1DLayer
from maju.layers.adaptive_average_pooling2d import AdaptiveAveragePooling2DLayer
from maju.layers.adaptive_average_pooling3d import AdaptiveAveragePooling3DLayer
from maju.layers.adaptive_max_pooling1d import AdaptiveMaxPooling1DLayer
from maju.layers.adaptive_max_pooling2d import AdaptiveMaxPooling2DLayer
from maju.layers.adaptive_max_pooling3d import AdaptiveMaxPooling3DLayer
from maju.layers.average_pooling1d import AveragePooling1DLayer
from maju.layers.average_pooling2d import AveragePooling2DLayer
from maju.layers.average_pooling3d import AveragePooling3DLayer
from maju.layers.base import Array, Layer
from maju.layers.conv1d import Conv1DLayer
from maju.layers.conv2d import Conv2DLayer
from maju.layers.conv3d import Conv3DLayer
from maju.layers.depthwise_conv1d import DepthwiseConv1DLayer
from maju.layers.depthwise_conv2d import DepthwiseConv2DLayer
from maju.layers.max_pooling1d import MaxPooling1DLayer
from maju.layers.max_pooling2d import MaxPooling2DLayer
from maju.layers.max_pooling3d import MaxPooling3DLayer
from maju.layers.operations.function import move_back, operation
from maju.layers.operations.types import tensor, tensors
from maju.layers.separable_conv1d import SeparableConv1DLayer
from maju.layers.separable_conv2d import SeparableConv2DLayer
from maju.layers.windows import Windows, channels_last, from_channels_last

__all__: list[str] = []

Lengths = int | Sequence[int]
FORMATS = {"data_format": (None, "channels_last", "channels_first")}
PADDED = {**FORMATS, "padding": ("valid", "same")}

#: The layers of each kind, by the number of axes that their windows slide along.
CONVOLUTIONS: dict[int, Any] = {1: Conv1DLayer, 2: Conv2DLayer, 3: Conv3DLayer}
DEPTHWISE: dict[int, Any] = {1: DepthwiseConv1DLayer, 2: DepthwiseConv2DLayer}
SEPARABLE: dict[int, Any] = {1: SeparableConv1DLayer, 2: SeparableConv2DLayer}
MAX: dict[int, Any] = {1: MaxPooling1DLayer, 2: MaxPooling2DLayer, 3: MaxPooling3DLayer}
AVERAGE: dict[int, Any] = {1: AveragePooling1DLayer, 2: AveragePooling2DLayer, 3: AveragePooling3DLayer}
ADAPTIVE_MAX: dict[int, Any] = {
    1: AdaptiveMaxPooling1DLayer,
    2: AdaptiveMaxPooling2DLayer,
    3: AdaptiveMaxPooling3DLayer,
}
ADAPTIVE_AVERAGE: dict[int, Any] = {
    1: AdaptiveAveragePooling1DLayer,
    2: AdaptiveAveragePooling2DLayer,
    3: AdaptiveAveragePooling3DLayer,
}


def _layer(kinds: dict[int, Any], x: Array, *kernels: Any, **settings: Any) -> Layer:
    """The layer for x with these kernels; None among the settings is the layer's default."""
    given = {key: value for key, value in settings.items() if value is not None}
    made: Layer = kinds[x.ndim - 2](*kernels, **given)
    return made


def _back(layer: Layer, dy: Any, x: Array) -> tuple[Any, dict[str, Array]]:
    return layer.vjp(x)[1](dy)


def _convolution(x: Array, kernel: Array, settings: dict[str, Any]) -> Layer:
    channels = x.shape[1 if settings["data_format"] == "channels_first" else -1]
    return _layer(CONVOLUTIONS, x, kernel, groups=channels // kernel.shape[-2], **settings)


def _conv_gradient(dy: Any, y: Any, inputs: Any, kernel: Any, **settings: Any) -> Any:
    x, kernel = tensors(inputs, kernel)
    dx, gradients = _back(_convolution(x, kernel, settings), dy, x)
    return dx, gradients["kernel"]


@operation("Conv", module="nn", gradient=_conv_gradient, choices=PADDED)
def conv(
    inputs: Any,
    kernel: Any,
    *,
    strides: Lengths = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Lengths = 1,
) -> Any:
    """Slide a kernel over x, in as many groups as make the kernel's channels those of x: see `Conv2DLayer`.

    Shapes:
        inputs: (batch, ..., channels). kernel: (window ..., channels of a group, filters).
    """
    x, kernel = tensors(inputs, kernel)
    settings = {
        "strides": strides,
        "padding": padding,
        "data_format": data_format,
        "dilation_rate": dilation_rate,
    }
    return _convolution(x, kernel, settings).forward(x)


def _depthwise_gradient(dy: Any, y: Any, inputs: Any, kernel: Any, **settings: Any) -> Any:
    x, kernel = tensors(inputs, kernel)
    dx, gradients = _back(_layer(DEPTHWISE, x, kernel, **settings), dy, x)
    return dx, gradients["kernel"]


@operation("DepthwiseConv", module="nn", gradient=_depthwise_gradient, choices=PADDED)
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    *,
    strides: Lengths = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Lengths = 1,
) -> Any:
    """Slide kernels of its own over each channel: see `DepthwiseConv2DLayer`."""
    x, kernel = tensors(inputs, kernel)
    layer = _layer(
        DEPTHWISE,
        x,
        kernel,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
    )
    return layer.forward(x)


def _separable_gradient(
    dy: Any, y: Any, inputs: Any, depthwise_kernel: Any, pointwise_kernel: Any, **settings: Any
) -> Any:
    x, depthwise, pointwise = tensors(inputs, depthwise_kernel, pointwise_kernel)
    dx, gradients = _back(_layer(SEPARABLE, x, depthwise, pointwise, **settings), dy, x)
    return dx, gradients["depthwise_kernel"], gradients["pointwise_kernel"]


@operation("SeparableConv", module="nn", gradient=_separable_gradient, choices=PADDED)
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    *,
    strides: Lengths = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Lengths = 1,
) -> Any:
    """Each channel by itself, then all channels at each place: see `SeparableConv2DLayer`."""
    x, depthwise, pointwise = tensors(inputs, depthwise_kernel, pointwise_kernel)
    layer = _layer(
        SEPARABLE,
        x,
        depthwise,
        pointwise,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
    )
    return layer.forward(x)


# Pooling


def _pool_gradient(kinds: dict[int, Any]) -> Callable[..., Any]:
    """The way back through the pooling of these layers, one for each rank."""
    return lambda dy, y, inputs, **settings: _back(_layer(kinds, inputs, **settings), dy, inputs)[0]


@operation(
    "MaxPool",
    module="nn",
    gradient=_pool_gradient(MAX),
    choices=PADDED,
)
def max_pool(
    inputs: Any,
    *,
    pool_size: Lengths,
    strides: Lengths | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The largest value under each window."""
    x = tensor(inputs)
    settings = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
    return _layer(MAX, x, **settings).forward(x)


@operation(
    "AveragePool",
    module="nn",
    gradient=_pool_gradient(AVERAGE),
    choices=PADDED,
)
def average_pool(
    inputs: Any,
    *,
    pool_size: Lengths,
    strides: Lengths | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The mean under each window; padding does not count."""
    x = tensor(inputs)
    settings = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
    return _layer(AVERAGE, x, **settings).forward(x)


@operation(
    "AdaptiveMaxPool",
    module="nn",
    gradient=_pool_gradient(ADAPTIVE_MAX),
    choices=FORMATS,
)
def adaptive_max_pool(inputs: Any, *, output_size: Lengths, data_format: str | None = None) -> Any:
    """The largest value of each of so many parts: see `AdaptiveMaxPooling2DLayer`."""
    x = tensor(inputs)
    return _layer(ADAPTIVE_MAX, x, output_size=output_size, data_format=data_format).forward(x)


@operation(
    "AdaptiveAveragePool",
    module="nn",
    gradient=_pool_gradient(ADAPTIVE_AVERAGE),
    choices=FORMATS,
)
def adaptive_average_pool(inputs: Any, *, output_size: Lengths, data_format: str | None = None) -> Any:
    """The mean of each of so many parts: see `AdaptiveAveragePooling2DLayer`."""
    x = tensor(inputs)
    return _layer(ADAPTIVE_AVERAGE, x, output_size=output_size, data_format=data_format).forward(x)


# What the windows of a convolution see


def _patches(images: Array, windows: Windows, data_format: str | None) -> Array:
    """All that each window sees, on the axis of the channels: place by place, each with its channels."""
    x = channels_last(images, data_format or "channels_last")
    seen = [part for _, part in windows.views(windows.pad(x))]
    return from_channels_last(np.concatenate(seen, axis=-1), data_format or "channels_last")


def _extract_patches(images: Any, **settings: Any) -> Any:
    x = tensor(images)
    size = settings["size"]
    rank = len(size) if isinstance(size, (list, tuple)) else 2
    windows = Windows.of(
        rank, size, settings["strides"] or size, settings["dilation_rate"], settings["padding"]
    )
    if x.ndim == rank + 1:
        return _patches(x[np.newaxis], windows, settings["data_format"])[0]
    return _patches(x, windows, settings["data_format"])


def _patches_gradient(dy: Any, y: Any, images: Any, **settings: Any) -> Any:
    return move_back(lambda numbers: _extract_patches(numbers, **settings), dy, (images,))[0]


@operation("ExtractPatches", module="image", gradient=_patches_gradient, choices=PADDED)
def extract_patches(
    images: Any,
    *,
    size: Lengths,
    strides: Lengths | None = None,
    dilation_rate: Lengths = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """What each window sees, on the axis of the channels.

    Shapes:
        images: (batch, height, width, channels), or without the batch; volumes have one axis more, and their
        ``size`` three numbers. y: (batch, rows, columns, size · size · channels).
    """
    return _extract_patches(
        images,
        size=size,
        strides=strides,
        dilation_rate=dilation_rate,
        padding=padding,
        data_format=data_format,
    )


def _unfold(x: Any, kernel_size: Lengths, dilation: Lengths, padding: Lengths, stride: Lengths) -> Array:
    before = (padding, padding) if isinstance(padding, int) else tuple(padding)
    x = np.pad(x, [(0, 0), (0, 0), *((n, n) for n in before)])
    windows = Windows.of(2, kernel_size, stride, dilation)
    seen = np.stack([part for _, part in windows.views(np.moveaxis(x, 1, -1))], axis=-1)
    return np.moveaxis(seen, (-2, -1), (1, 2)).reshape(len(x), -1, seen.shape[1] * seen.shape[2])


@operation(
    "Unfold",
    module="nn",
    gradient=lambda dy, y, x, **settings: move_back(lambda n: _unfold(n, **settings), dy, (x,))[0],
)
def unfold(
    x: Any, *, kernel_size: Lengths, dilation: Lengths = 1, padding: Lengths = 0, stride: Lengths = 1
) -> Any:
    """What each window sees as a column: (batch, channels, h, w) to (batch, channels · window, windows)."""
    return _unfold(tensor(x), kernel_size, dilation, padding, stride)


def _fold_gradient(dy: Any, y: Any, x: Any, output_size: Lengths, **settings: Any) -> Any:
    return _unfold(dy, **settings)


@operation("Fold", module="nn", gradient=_fold_gradient)
def fold(
    x: Any,
    *,
    output_size: Lengths,
    kernel_size: Lengths,
    dilation: Lengths = 1,
    padding: Lengths = 0,
    stride: Lengths = 1,
) -> Any:
    """Columns of windows added up at their places: the adjoint of `unfold`."""
    x = tensor(x)
    rows, columns = (output_size, output_size) if isinstance(output_size, int) else output_size
    window = np.prod([kernel_size, kernel_size] if isinstance(kernel_size, int) else kernel_size)
    shape = (len(x), x.shape[1] // int(window), rows, columns)
    added = move_back(lambda n: _unfold(n, kernel_size, dilation, padding, stride), x, (np.zeros(shape),))[0]
    return added.astype(x.dtype)
