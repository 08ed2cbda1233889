"""DepthwiseConv1D: each channel of a sequence is convolved by itself."""

from __future__ import annotations

from maju.layers.depthwise_conv import DepthwiseConvolution
from maju.layers.registry import layer

__all__ = ["DepthwiseConv1DLayer"]


@layer
class DepthwiseConv1DLayer(DepthwiseConvolution):
    """Each channel of a sequence is convolved by itself.

    Shapes:
        x: (batch, steps, channels), or channels first. kernel: (kernel size, channels, multiplier).
        bias: (channels · multiplier,). y: (batch, new steps, channels · multiplier), or channels first.

    Source: `keras.layers.DepthwiseConv1D`.
    """

    keras_class = "DepthwiseConv1D"
    rank = 1
