"""CustomScaleLayer: a residual connection whose branch is scaled, as Inception-ResNet has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from maju.layers.base import Array
from maju.layers.merging import Masks, MergingLayer
from maju.layers.registry import layer

__all__ = ["CustomScaleLayerLayer"]


@layer
class CustomScaleLayerLayer(MergingLayer):
    """Add a scaled branch to what it branched off from: y = x₁ + scale · x₂.

    Source: Szegedy et al., "Inception-v4", 2016, and `CustomScaleLayer` of
    `keras.applications.inception_resnet_v2`.
    """

    keras_class = "CustomScaleLayer"
    keras_module = "keras.src.applications.inception_resnet_v2"
    masking: ClassVar[Literal["uses", "passes", "drops"]] = "drops"
    hyper_parameters = ("scale",)
    choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    beyond_keras: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, scale: float, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.scale = scale

    def _merge(self, x: list[Array]) -> Array:
        first, second = x
        return np.asarray(first + second * np.asarray(self.scale, second.dtype))

    def _merge_back(self, x: list[Array], y: Array, dy: Array) -> list[Array]:
        return [dy, dy * self.scale]

    def compute_mask(self, x: list[Array], mask: Masks = None) -> None:
        return None
