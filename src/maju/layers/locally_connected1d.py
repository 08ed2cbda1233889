"""LocallyConnected1D: a convolution of sequences with another kernel at each place."""

from __future__ import annotations

from maju.errors import Problem
from maju.layers.base import Config
from maju.layers.locally_connected import LocallyConnected
from maju.layers.registry import layer

__all__ = ["LocallyConnected1DLayer"]


@layer
class LocallyConnected1DLayer(LocallyConnected):
    """A convolution of sequences with another kernel at each place: see `LocallyConnected`.

    Shapes:
        x: (batch, length, channels). y: (batch, places, filters);
        with ``data_format`` "channels_first" the channels and the filters stand behind the batch.

    Source: `keras.layers.LocallyConnected1D` of Keras 1 and 2.
    """

    keras_class = "LocallyConnected1D"
    rank = 1

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        if config.get("data_format") == "channels_first" and "implementation" not in config:
            # Where Keras did not yet write an implementation, it wrote a data format that it did not heed.
            found.append(Problem(where, "data_format='channels_first' as Keras before 2.3 wrote it"))
        return found
