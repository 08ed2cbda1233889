"""Conv3DTranspose: the adjoint of a convolution over a volume."""

from __future__ import annotations

from maju.layers.conv_transpose import ConvolutionTranspose
from maju.layers.registry import layer

__all__ = ["Conv3DTransposeLayer"]


@layer
class Conv3DTransposeLayer(ConvolutionTranspose):
    """The adjoint of a convolution over a volume.

    Shapes:
        x: (batch, depth, height, width, channels), or channels first. bias: (filters,).
        kernel: (kernel depth, kernel height, kernel width, filters, channels).
        y: (batch, planes, rows, columns, filters), or channels first.

    Source: `keras.layers.Conv3DTranspose`.
    """

    keras_class = "Conv3DTranspose"
    rank = 3
