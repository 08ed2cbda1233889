"""What prepares data, with Keras's arguments; each has the docstring of the layer that it makes."""

# ruff: noqa: D101
# fmt: off
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maju.models.blueprint import Blueprint

__all__ = [
    "AutoContrast",
    "CategoryEncoding",
    "CenterCrop",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Discretization",
    "Equalization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "MelSpectrogram",
    "Normalization",
    "Pipeline",
    "Rescaling",
    "Resizing",
    "STFTSpectrogram",
    "Solarization",
    "StringLookup",
    "TextVectorization",
]


class AutoContrast(Blueprint):
    def __init__(self, value_range: Sequence[float] = (0, 255), **kwargs: Any) -> None: ...


class CategoryEncoding(Blueprint):
    def __init__(
        self, num_tokens: Any = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None: ...


class CenterCrop(Blueprint):
    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any) -> None: ...


class ContrastLimitedAdaptiveHistogramEqualization(Blueprint):
    def __init__(
        self, value_range: Sequence[float] = (0, 255), clip_limit: float = 4.0,
        tile_grid_size: Any = (8, 8), data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class Discretization(Blueprint):
    def __init__(
        self, bin_boundaries: Any = None, num_bins: Any = None, epsilon: float = 0.01,
        output_mode: str = "int", sparse: bool = False, dtype: Any = None, name: str | None = None
    ) -> None: ...


class Equalization(Blueprint):
    def __init__(
        self, value_range: Sequence[float] = (0, 255), bins: int = 256, data_format: str | None = None,
        **kwargs: Any
    ) -> None: ...


class HashedCrossing(Blueprint):
    def __init__(
        self, num_bins: Any, output_mode: str = "int", sparse: bool = False, name: str | None = None,
        dtype: Any = None, **kwargs: Any
    ) -> None: ...


class Hashing(Blueprint):
    def __init__(
        self, num_bins: Any, mask_value: Any = None, salt: Any = None, output_mode: str = "int",
        sparse: bool = False, **kwargs: Any
    ) -> None: ...


class IntegerLookup(Blueprint):
    def __init__(
        self, max_tokens: Any = None, num_oov_indices: int = 1, mask_token: Any = None, oov_token: int = -1,
        vocabulary: Any = None, vocabulary_dtype: str = "int64", idf_weights: Any = None,
        invert: bool = False, output_mode: str = "int", sparse: bool = False,
        pad_to_max_tokens: bool = False, oov_method: str = "floormod", salt: Any = None,
        name: str | None = None, **kwargs: Any
    ) -> None: ...


class MelSpectrogram(Blueprint):
    def __init__(
        self, fft_length: int = 2048, sequence_stride: int = 512, sequence_length: Any = None,
        window: Any = "hann", sampling_rate: int = 16000, num_mel_bins: int = 128, min_freq: float = 20.0,
        max_freq: Any = None, power_to_db: bool = True, top_db: float = 80.0, mag_exp: float = 2.0,
        min_power: float = 1e-10, ref_power: float = 1.0, **kwargs: Any
    ) -> None: ...


class Normalization(Blueprint):
    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ) -> None: ...


class Pipeline(Blueprint):
    def __init__(self, layers: Any, name: str | None = None) -> None: ...


class Rescaling(Blueprint):
    def __init__(self, scale: Any, offset: float = 0.0, **kwargs: Any) -> None: ...


class Resizing(Blueprint):
    def __init__(
        self, height: int, width: int, interpolation: str = "bilinear", crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False, fill_mode: str = "constant", fill_value: float = 0.0,
        antialias: bool = False, data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class STFTSpectrogram(Blueprint):
    def __init__(
        self, mode: str = "log", frame_length: int = 256, frame_step: Any = None, fft_length: Any = None,
        window: Any = "hann", periodic: bool = False, scaling: str = "density", padding: str = "valid",
        expand_dims: bool = False, data_format: str | None = None, **kwargs: Any
    ) -> None: ...


class Solarization(Blueprint):
    def __init__(
        self, addition_factor: float = 0.0, threshold_factor: float = 0.0,
        value_range: Sequence[float] = (0, 255), seed: int | None = None, **kwargs: Any
    ) -> None: ...


class StringLookup(Blueprint):
    def __init__(
        self, max_tokens: Any = None, num_oov_indices: int = 1, mask_token: Any = None,
        oov_token: str = "[UNK]", vocabulary: Any = None, idf_weights: Any = None, invert: bool = False,
        output_mode: str = "int", pad_to_max_tokens: bool = False, sparse: bool = False,
        encoding: str = "utf-8", name: str | None = None, salt: Any = None, **kwargs: Any
    ) -> None: ...


class TextVectorization(Blueprint):
    def __init__(
        self, max_tokens: Any = None, standardize: str = "lower_and_strip_punctuation",
        split: str = "whitespace", ngrams: Any = None, output_mode: str = "int",
        output_sequence_length: Any = None, pad_to_max_tokens: bool = False, vocabulary: Any = None,
        idf_weights: Any = None, sparse: bool = False, ragged: bool = False, encoding: str = "utf-8",
        name: str | None = None, **kwargs: Any
    ) -> None: ...
