"""Augmentation of images, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maju.models.blueprint import Blueprint
from maju.models.blueprints.arguments import Ints

__all__ = [
    "AugMix",
    "CutMix",
    "MaxNumBoundingBoxes",
    "MixUp",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
]


class AugMix(Blueprint):
    def __init__(
        self, value_range: Sequence[float] = (0, 255), num_chains: int = 3, chain_depth: int = 3,
        factor: Any = 0.3, alpha: float = 1.0, all_ops: bool = True, interpolation: str = "bilinear",
        seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class CutMix(Blueprint):
    def __init__(
        self, factor: Any = 1.0, seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class MaxNumBoundingBoxes(Blueprint):
    def __init__(self, max_number: Any, fill_value: int = -1, **kwargs: Any) -> None: ...


class MixUp(Blueprint):
    def __init__(
        self, alpha: float = 0.2, data_format: str | None = None, seed: int | None = None, **kwargs: Any
    ) -> None: ...


class RandAugment(Blueprint):
    def __init__(
        self, value_range: Sequence[float] = (0, 255), num_ops: int = 2, factor: Any = 0.5,
        interpolation: str = "bilinear", seed: int | None = None, data_format: str | None = None,
        **kwargs: Any
    ) -> None: ...


class RandomBrightness(Blueprint):
    def __init__(
        self, factor: Any, value_range: Sequence[float] = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None: ...


class RandomColorDegeneration(Blueprint):
    def __init__(
        self, factor: Any, value_range: Sequence[float] = (0, 255), data_format: str | None = None,
        seed: int | None = None, **kwargs: Any
    ) -> None: ...


class RandomColorJitter(Blueprint):
    def __init__(
        self, value_range: Sequence[float] = (0, 255), brightness_factor: Any = None,
        contrast_factor: Any = None, saturation_factor: Any = None, hue_factor: Any = None,
        seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class RandomContrast(Blueprint):
    def __init__(
        self, factor: Any, value_range: Sequence[float] = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None: ...


class RandomCrop(Blueprint):
    def __init__(
        self, height: int, width: int, seed: int | None = None, data_format: str | None = None,
        name: str | None = None, **kwargs: Any
    ) -> None: ...


class RandomElasticTransform(Blueprint):
    def __init__(
        self, factor: Any = 1.0, scale: Any = 1.0, interpolation: str = "bilinear",
        fill_mode: str = "reflect", fill_value: Any = 0.0, value_range: Sequence[float] = (0, 255),
        seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class RandomErasing(Blueprint):
    def __init__(
        self, factor: Any = 1.0, scale: Any = (0.02, 0.33), fill_value: Any = None,
        value_range: Sequence[float] = (0, 255), seed: int | None = None, data_format: str | None = None,
        **kwargs: Any
    ) -> None: ...


class RandomFlip(Blueprint):
    def __init__(
        self, mode: str = "horizontal_and_vertical", seed: int | None = None,
        data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class RandomGaussianBlur(Blueprint):
    def __init__(
        self, factor: Any = 1.0, kernel_size: Ints = 3, sigma: Any = 1.0,
        value_range: Sequence[float] = (0, 255), data_format: str | None = None, seed: int | None = None,
        **kwargs: Any
    ) -> None: ...


class RandomGrayscale(Blueprint):
    def __init__(
        self, factor: Any = 0.5, data_format: str | None = None, seed: int | None = None, **kwargs: Any
    ) -> None: ...


class RandomHue(Blueprint):
    def __init__(
        self, factor: Any, value_range: Sequence[float] = (0, 255), data_format: str | None = None,
        seed: int | None = None, **kwargs: Any
    ) -> None: ...


class RandomInvert(Blueprint):
    def __init__(
        self, factor: Any = 1.0, value_range: Sequence[float] = (0, 255), seed: int | None = None,
        data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class RandomPerspective(Blueprint):
    def __init__(
        self, factor: Any = 1.0, scale: Any = 1.0, interpolation: str = "bilinear", fill_value: Any = 0.0,
        seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class RandomPosterization(Blueprint):
    def __init__(
        self, factor: Any, value_range: Sequence[float] = (0, 255), data_format: str | None = None,
        seed: int | None = None, **kwargs: Any
    ) -> None: ...


class RandomRotation(Blueprint):
    def __init__(
        self, factor: Any, fill_mode: str = "reflect", interpolation: str = "bilinear",
        seed: int | None = None, fill_value: Any = 0.0, data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class RandomSaturation(Blueprint):
    def __init__(
        self, factor: Any, value_range: Sequence[float] = (0, 255), data_format: str | None = None,
        seed: int | None = None, **kwargs: Any
    ) -> None: ...


class RandomSharpness(Blueprint):
    def __init__(
        self, factor: Any, value_range: Sequence[float] = (0, 255), data_format: str | None = None,
        seed: int | None = None, **kwargs: Any
    ) -> None: ...


class RandomShear(Blueprint):
    def __init__(
        self, x_factor: Any = 0.0, y_factor: Any = 0.0, interpolation: str = "bilinear",
        fill_mode: str = "reflect", fill_value: Any = 0.0, data_format: str | None = None,
        seed: int | None = None, **kwargs: Any
    ) -> None: ...


class RandomTranslation(Blueprint):
    def __init__(
        self, height_factor: Any, width_factor: Any, fill_mode: str = "reflect",
        interpolation: str = "bilinear", seed: int | None = None, fill_value: Any = 0.0,
        data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class RandomZoom(Blueprint):
    def __init__(
        self, height_factor: Any, width_factor: Any = None, fill_mode: str = "reflect",
        interpolation: str = "bilinear", seed: int | None = None, fill_value: Any = 0.0,
        data_format: str | None = None, **kwargs: Any
    ) -> None: ...
