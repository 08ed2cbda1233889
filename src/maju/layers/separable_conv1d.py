"""SeparableConv1D: a depthwise convolution along a sequence, then a mixing of the channels of each step."""

from __future__ import annotations

from maju.layers.registry import layer
from maju.layers.separable_conv import SeparableConvolution

__all__ = ["SeparableConv1DLayer"]


@layer
class SeparableConv1DLayer(SeparableConvolution):
    """A depthwise convolution along a sequence, then a mixing of the channels of each step.

    Shapes:
        x: (batch, steps, channels), or channels first. bias: (filters,).
        depthwise_kernel D: (kernel size, channels, multiplier).
        pointwise_kernel P: (1, channels · multiplier, filters).
        y: (batch, new steps, filters), or channels first.

    Source: `keras.layers.SeparableConv1D`.
    """

    keras_class = "SeparableConv1D"
    rank = 1
