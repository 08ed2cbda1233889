"""Conv1DTranspose: the adjoint of a convolution along a sequence."""

from __future__ import annotations

from maju.layers.conv_transpose import ConvolutionTranspose
from maju.layers.registry import layer

__all__ = ["Conv1DTransposeLayer"]


@layer
class Conv1DTransposeLayer(ConvolutionTranspose):
    """The adjoint of a convolution along a sequence.

    Shapes:
        x: (batch, steps, channels), or channels first. kernel: (kernel size, filters, channels).
        bias: (filters,). y: (batch, new steps, filters), or channels first.

    Source: `keras.layers.Conv1DTranspose`.
    """

    keras_class = "Conv1DTranspose"
    rank = 1
