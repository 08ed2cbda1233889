"""What the layers share that turn, shift and stretch images at random in training."""

from __future__ import annotations

from typing import Any

from maju.layers.base import Array
from maju.layers.operations.warping import warped, warped_back
from maju.layers.random_transformation import RandomTransformation

__all__ = ["RandomAffine"]


class RandomAffine(RandomTransformation):
    """In training each image goes through a map of the plane that is drawn for it.

    (x, y) takes what lies at (a₀x + a₁y + a₂, b₀x + b₁y + b₂), by its nearest pixel or by a mean of the four
    around it; beyond the edges that is what ``fill_mode`` makes of the image, or ``fill_value``.
    """

    hyper_parameters = (
        *RandomTransformation.hyper_parameters,
        "fill_mode",
        "interpolation",
        "fill_value",
    )
    choices = {
        **RandomTransformation.choices,
        "fill_mode": ("reflect", "wrap", "constant", "nearest"),
        "interpolation": ("nearest", "bilinear"),
    }

    def __init__(
        self,
        *,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.fill_mode = fill_mode
        self.interpolation = interpolation
        self.fill_value = fill_value

    def matrix(self, drawn: Array, height: int, width: int) -> Array:
        """The eight numbers a₀ a₁ a₂ b₀ b₁ b₂ 0 0 for each image, (batch, 8)."""
        raise NotImplementedError

    def transformed(self, images: Array, drawn: Array) -> Array:
        matrix = self.matrix(drawn, *images.shape[1:3])
        return warped(images, matrix, self.interpolation, self.fill_mode, self.fill_value)

    def transformed_back(self, dy: Array, images: Array, drawn: Array) -> Array:
        matrix = self.matrix(drawn, *images.shape[1:3])
        return warped_back(dy, matrix, self.interpolation, self.fill_mode)
