"""Conv2DTranspose: the adjoint of a convolution over an image."""

from __future__ import annotations

from maju.layers.conv_transpose import ConvolutionTranspose
from maju.layers.registry import layer

__all__ = ["Conv2DTransposeLayer"]


@layer
class Conv2DTransposeLayer(ConvolutionTranspose):
    """The adjoint of a convolution over an image.

    Shapes:
        x: (batch, height, width, channels), or channels first. bias: (filters,).
        kernel: (kernel height, kernel width, filters, channels).
        y: (batch, rows, columns, filters), or channels first.

    Source: Dumoulin & Visin, 2016, and `keras.layers.Conv2DTranspose`.
    """

    keras_class = "Conv2DTranspose"
    rank = 2
