"""Keras layers that TensorFlow computes on a CPU only after XLA has compiled them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import tensorflow as tf

from parity.compare import Case

__all__ = ["CompiledCase"]


class CompiledCase(Case):
    """A case for channels first, or for a transposed convolution with dilation."""

    @cached_property
    def expected(self) -> Any:
        layer = self.keras_layer
        return tf.function(lambda x: layer(x), jit_compile=True)(tf.constant(self.x))
