"""LocallyConnected2D: a convolution of images with another kernel at each place."""

from __future__ import annotations

from maju.layers.locally_connected import LocallyConnected
from maju.layers.registry import layer

__all__ = ["LocallyConnected2DLayer"]


@layer
class LocallyConnected2DLayer(LocallyConnected):
    """A convolution of images with another kernel at each place: see `LocallyConnected`.

    Shapes:
        x: (batch, height, width, channels). y: (batch, rows, columns, filters);
        with ``data_format`` "channels_first" the channels and the filters stand behind the batch.

    Source: `keras.layers.LocallyConnected2D` of Keras 1 and 2.
    """

    keras_class = "LocallyConnected2D"
    rank = 2
