"""SeparableConv2D: a depthwise convolution over an image, then a mixing of the channels of each place."""

from __future__ import annotations

from maju.layers.registry import layer
from maju.layers.separable_conv import SeparableConvolution

__all__ = ["SeparableConv2DLayer"]


@layer
class SeparableConv2DLayer(SeparableConvolution):
    """A depthwise convolution over an image, then a mixing of the channels of each place.

    Shapes:
        x: (batch, height, width, channels), or channels first. bias: (filters,).
        depthwise_kernel D: (kernel height, kernel width, channels, multiplier).
        pointwise_kernel P: (1, 1, channels · multiplier, filters).
        y: (batch, rows, columns, filters), or channels first.

    Source: Chollet, 2017, and `keras.layers.SeparableConv2D`.
    """

    keras_class = "SeparableConv2D"
    rank = 2
