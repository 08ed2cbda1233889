"""DepthwiseConv2D: each channel of an image is convolved by itself."""

from __future__ import annotations

from maju.layers.depthwise_conv import DepthwiseConvolution
from maju.layers.registry import layer

__all__ = ["DepthwiseConv2DLayer"]


@layer
class DepthwiseConv2DLayer(DepthwiseConvolution):
    """Each channel of an image is convolved by itself.

    Shapes:
        x: (batch, height, width, channels), or channels first. bias: (channels · multiplier,).
        kernel: (kernel height, kernel width, channels, multiplier).
        y: (batch, rows, columns, channels · multiplier), or channels first.

    Source: `keras.layers.DepthwiseConv2D`.
    """

    keras_class = "DepthwiseConv2D"
    rank = 2
