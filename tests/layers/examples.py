"""One small example of every layer: its config, and data that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from maju.layers import registry
from maju.layers.base import Array, Layer
from maju.layers.image_augmentation import ImageAugmentation

__all__ = ["EXAMPLES", "Example", "build"]


def values(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).normal(0.1, 1, shape).astype(np.float32)


def half(keras_class: str, **config: Any) -> dict[str, Any]:
    return {"class_name": keras_class, "config": {"name": keras_class.lower(), "units": 3, **config}}


def within(keras_class: str, **config: Any) -> dict[str, Any]:
    return {"class_name": keras_class, "config": {"name": keras_class.lower(), **config}}


@dataclass(frozen=True)
class Example:
    """What a layer is built from, and what it is given: an array or a list of them."""

    config: Mapping[str, Any]
    x: Any
    mask: Any = field(default=None)


IMAGES = values(4, 6, 5, 4)
VOLUMES = values(4, 3, 5, 4, 2)
STEPS = values(4, 5, 6)
ROWS = values(4, 6)
MASK = np.array([[1, 1, 0, 1, 1], [0, 1, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], bool)
SOME = MASK | np.array([[0], [0], [0], [1]], bool)  # at least one step of every row

TWO_MASKS: Any = [MASK, MASK[:, ::-1]]
WORDS = np.array([["satu", "dua"], ["tiga", "empat"], ["", "dua"], ["satu", "satu"]])
IDS = np.array([[3, 1], [2, 0], [7, 3], [1, 1]])

EXAMPLES: dict[str, Example] = {
    "AdditiveAttention": Example({"dropout": 0.1}, [STEPS, STEPS[:, ::-1].copy()], TWO_MASKS),
    "Attention": Example({"use_scale": True, "score_mode": "concat", "seed": 3}, [STEPS, STEPS], TWO_MASKS),
    "GroupQueryAttention": Example(
        {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2, "use_gate": True},
        [0.1 * STEPS, 0.1 * STEPS[:, :3]],
    ),
    "MultiHeadAttention": Example(
        {"num_heads": 3, "key_dim": 2, "value_dim": 4, "output_shape": [5], "attention_axes": [1]},
        [0.1 * STEPS, 0.1 * STEPS[:, ::-1]],
        TWO_MASKS,
    ),
    "AutoContrast": Example({"value_range": [0, 1]}, IMAGES),
    "CategoryEncoding": Example({"num_tokens": 9, "output_mode": "count"}, IDS),
    "CenterCrop": Example({"height": 3, "width": 4}, IMAGES),
    "Discretization": Example({"bin_boundaries": [-0.5, 0.1, 0.7], "output_mode": "one_hot"}, ROWS),
    "HashedCrossing": Example({"num_bins": 40}, [WORDS[:, :1], IDS[:, :1]]),
    "Hashing": Example({"num_bins": 40, "salt": [3, 4], "mask_value": "dua"}, WORDS),
    "IntegerLookup": Example({"vocabulary": [-1, 3, 1, 7]}, IDS),
    "Normalization": Example({"axis": [2], "mean": [0.5] * 6, "variance": [2.0] * 6}, STEPS),
    "Resizing": Example({"height": 3, "width": 7, "interpolation": "bicubic", "antialias": True}, IMAGES),
    "StringLookup": Example({"vocabulary": ["", "[UNK]", "satu", "dua"], "mask_token": ""}, WORDS),
    **{
        name: Example({"seed": 3}, IMAGES)
        for name, layer_class in registry.known().items()
        if issubclass(layer_class, ImageAugmentation)
    },
    "RandomBrightness": Example({"factor": [-0.1, 0.2], "value_range": [0, 1], "seed": 3}, IMAGES),
    "RandomContrast": Example(
        {"factor": [0.2, 0.4], "value_range": [0, 9], "data_format": "channels_first"}, IMAGES
    ),
    "RandomCrop": Example({"height": 6, "width": 5, "seed": 3}, IMAGES),
    "RandomRotation": Example({"factor": 0.1, "fill_mode": "constant", "fill_value": 2.0}, IMAGES),
    "RandomTranslation": Example({"height_factor": 0.2, "width_factor": [0.1, 0.3]}, IMAGES),
    "RandomZoom": Example({"height_factor": 0.2, "interpolation": "nearest"}, IMAGES),
    "AdaptiveAveragePooling1D": Example({"output_size": [3]}, STEPS),
    "AdaptiveAveragePooling2D": Example({"output_size": [4, 2], "data_format": "channels_first"}, IMAGES),
    "AdaptiveAveragePooling3D": Example({"output_size": [2, 3, 1]}, VOLUMES),
    "AdaptiveMaxPooling1D": Example({"output_size": [2], "data_format": "channels_first"}, STEPS),
    "AdaptiveMaxPooling2D": Example({"output_size": [4, 2]}, IMAGES),
    "AdaptiveMaxPooling3D": Example({"output_size": [2, 1, 3]}, VOLUMES),
    "AveragePooling1D": Example({"pool_size": [3], "strides": [2], "padding": "same"}, STEPS),
    "AveragePooling3D": Example({"pool_size": [2, 1, 2], "padding": "same"}, VOLUMES),
    "ContrastLimitedAdaptiveHistogramEqualization": Example(
        {"value_range": [-4, 4], "tile_grid_size": [2, 3], "clip_limit": 30.0}, IMAGES
    ),
    "GRUCell": Example({"units": 3, "reset_after": False}, [ROWS, ROWS[:, :3].copy()]),
    "LSTMCell": Example({"units": 3, "use_bias": False}, [ROWS, ROWS[:, :3].copy(), ROWS[:, 3:].copy()]),
    "LocallyConnected1D": Example(
        {"filters": 3, "kernel_size": [2], "padding": "same", "implementation": 2, "strides": [2]}, STEPS
    ),
    "LocallyConnected2D": Example(
        {"filters": 3, "kernel_size": [3, 2], "data_format": "channels_first", "activation": "tanh"}, IMAGES
    ),
    "MelSpectrogram": Example(
        {"fft_length": 8, "sequence_stride": 3, "num_mel_bins": 4, "power_to_db": False}, values(4, 30)
    ),
    "Pipeline": Example(
        {
            "layers": [
                within("Rescaling", scale=2.0, offset=0.5),
                within("Cropping2D", cropping=[[1, 0], [0, 2]]),
            ]
        },
        IMAGES,
    ),
    "STFTSpectrogram": Example({"mode": "magnitude", "frame_length": 8, "frame_step": 3}, values(4, 30, 2)),
    "SimpleRNNCell": Example({"units": 3, "activation": "softsign"}, [ROWS, ROWS[:, :3].copy()]),
    "StackedRNNCells": Example(
        {"cells": [half("GRUCell"), half("LSTMCell", units=2)]},
        [ROWS, ROWS[:, :3].copy(), ROWS[:, :2].copy(), ROWS[:, 2:4].copy()],
    ),
    "Conv1D": Example(
        {"filters": 6, "kernel_size": [2], "dilation_rate": [2], "padding": "causal", "groups": 3}, STEPS
    ),
    "Conv1DTranspose": Example({"filters": 2, "kernel_size": [3], "strides": [2], "padding": "same"}, STEPS),
    "Conv2DTranspose": Example(
        {"filters": 2, "kernel_size": [3, 2], "strides": [2, 3], "output_padding": [1, 2]}, IMAGES
    ),
    "Conv3D": Example({"filters": 3, "kernel_size": [2, 1, 2], "strides": [1, 2, 1]}, VOLUMES),
    "Conv3DTranspose": Example(
        {"filters": 2, "kernel_size": [2, 1, 3], "data_format": "channels_first", "use_bias": False}, VOLUMES
    ),
    "DepthwiseConv1D": Example({"kernel_size": [3], "depth_multiplier": 2, "activation": "relu"}, STEPS),
    "DepthwiseConv2D": Example({"kernel_size": [3, 2], "strides": [2, 2], "padding": "same"}, IMAGES),
    "GlobalAveragePooling1D": Example({"keepdims": True}, STEPS, SOME),
    "GlobalAveragePooling3D": Example({"data_format": "channels_first"}, VOLUMES),
    "GlobalMaxPooling1D": Example({"data_format": "channels_first"}, STEPS),
    "GlobalMaxPooling3D": Example({"keepdims": True}, VOLUMES),
    "MaxPooling1D": Example({"pool_size": [2], "strides": [1], "data_format": "channels_first"}, STEPS),
    "MaxPooling3D": Example({"pool_size": [2, 1, 2], "strides": [1, 2, 1], "padding": "same"}, VOLUMES),
    "SeparableConv1D": Example(
        {"filters": 3, "kernel_size": [2], "depth_multiplier": 2, "dilation_rate": [2]}, STEPS
    ),
    "SeparableConv2D": Example(
        {"filters": 3, "kernel_size": [2, 3], "padding": "same", "use_bias": False}, IMAGES
    ),
    "ActivityRegularization": Example({"l1": 0.1, "l2": 0.3}, ROWS),
    "AlphaDropout": Example({"rate": 0.3, "noise_shape": [None, 1, 6], "seed": 3}, STEPS),
    "ConvLSTM1D": Example({"filters": 3, "kernel_size": [2], "go_backwards": True}, values(4, 5, 6, 2), MASK),
    "ConvLSTM2D": Example(
        {"filters": 2, "kernel_size": [3, 2], "strides": [2, 1], "padding": "same", "return_sequences": True},
        values(4, 2, 5, 4, 3),
    ),
    "ConvLSTM3D": Example(
        {"filters": 2, "kernel_size": [2, 1, 2], "data_format": "channels_first", "use_bias": False},
        values(4, 2, 2, 3, 4, 3),
    ),
    "Cropping1D": Example({"cropping": [1, 2]}, STEPS),
    "Cropping2D": Example({"cropping": [[1, 0], [0, 2]], "data_format": "channels_first"}, IMAGES),
    "Cropping3D": Example({"cropping": [[1, 0], [0, 2], [1, 1]]}, VOLUMES),
    "Dot": Example({"axes": [2, 1], "normalize": True}, [STEPS, STEPS.swapaxes(1, 2).copy()]),
    "EinsumDense": Example(
        {
            "equation": "abc,cd->adb",
            "output_shape": [3, None],
            "bias_axes": "d",
            "activation": "tanh",
        },
        STEPS,
    ),
    "GaussianDropout": Example({"rate": 0.3, "seed": 3}, ROWS),
    "GaussianNoise": Example({"stddev": 0.3, "seed": 3}, ROWS),
    "GroupNormalization": Example({"groups": 3, "axis": 1, "epsilon": 0.01, "center": False}, IMAGES),
    "Identity": Example({}, STEPS),
    "LayerNormalization": Example({"axis": [1, 3], "epsilon": 0.01, "scale": False}, IMAGES),
    "Masking": Example({"mask_value": 0.5}, STEPS),
    "Permute": Example({"dims": [3, 1, 2]}, IMAGES),
    "RNN": Example({"cell": half("LSTMCell", use_bias=False), "return_sequences": True}, STEPS, MASK),
    "RMSNormalization": Example({"axis": [2, 3], "epsilon": 0.01}, IMAGES),
    "RepeatVector": Example({"n": 3}, ROWS),
    "ReversibleEmbedding": Example(
        {"input_dim": 7, "output_dim": 3, "tie_weights": False, "logit_soft_cap": 2.0},
        np.arange(20).reshape(4, 5) % 7,
    ),
    "SpatialDropout1D": Example({"rate": 0.3, "seed": 3}, STEPS),
    "SpatialDropout2D": Example({"rate": 0.3, "data_format": "channels_first"}, IMAGES),
    "SpatialDropout3D": Example({"rate": 0.3, "seed": 3}, VOLUMES),
    "SpectralNormalization": Example({"layer": half("Dense"), "power_iterations": 2}, ROWS),
    "TimeDistributed": Example({"layer": half("Dense", activation="tanh")}, STEPS, MASK),
    "ThresholdedReLU": Example({"theta": 0.4}, ROWS),
    "UnitNormalization": Example({"axis": [1, 2]}, STEPS),
    "UpSampling1D": Example({"size": 3}, STEPS),
    "UpSampling2D": Example({"size": [2, 3], "interpolation": "bicubic"}, IMAGES),
    "UpSampling3D": Example({"size": [2, 1, 3], "data_format": "channels_first"}, VOLUMES),
    "ZeroPadding1D": Example({"padding": [1, 2], "data_format": "channels_first"}, STEPS),
    "ZeroPadding2D": Example({"padding": [[1, 0], [0, 2]]}, IMAGES),
    "ZeroPadding3D": Example({"padding": [[1, 0], [0, 2], [1, 1]]}, VOLUMES),
    "Activation": Example({"activation": "tanh"}, ROWS),
    "Add": Example({}, [ROWS, ROWS[:, ::-1].copy()]),
    "Average": Example({}, [ROWS, ROWS[:, ::-1].copy()]),
    "AveragePooling2D": Example({"pool_size": [2, 3], "strides": [1, 2], "padding": "same"}, IMAGES),
    "BatchNormalization": Example({"axis": -1, "epsilon": 0.01, "momentum": 0.9, "scale": False}, IMAGES),
    "Bidirectional": Example(
        {
            "layer": half("LSTM", return_sequences=True),
            "backward_layer": half("GRU", return_sequences=True, go_backwards=True, reset_after=False),
            "merge_mode": "ave",
        },
        STEPS,
        MASK,
    ),
    "Concatenate": Example({"axis": 1}, [STEPS, STEPS[:, :2].copy()]),
    "Conv2D": Example(
        {
            "filters": 6,
            "kernel_size": [3, 2],
            "strides": [2, 1],
            "padding": "same",
            "groups": 2,
            "activation": "relu",
        },
        IMAGES,
    ),
    "Dense": Example({"units": 3, "activation": "softmax", "use_bias": False}, ROWS),
    "Dropout": Example({"rate": 0.3, "noise_shape": [None, 1, 6], "seed": 3}, STEPS),
    "ELU": Example({"alpha": 0.6}, ROWS),
    "Embedding": Example(
        {"input_dim": 7, "output_dim": 3, "mask_zero": True}, np.arange(20).reshape(4, 5) % 7
    ),
    "Flatten": Example({"data_format": "channels_first"}, IMAGES),
    "GRU": Example({"units": 3, "go_backwards": True, "reset_after": False}, STEPS, MASK),
    "GlobalAveragePooling2D": Example({"keepdims": True}, IMAGES),
    "GlobalMaxPooling2D": Example({"data_format": "channels_first"}, IMAGES),
    "InputLayer": Example({"batch_shape": [None, 6], "dtype": "float32"}, ROWS),
    "LSTM": Example({"units": 3, "recurrent_activation": "hard_sigmoid", "use_bias": False}, STEPS, MASK),
    "LeakyReLU": Example({"negative_slope": 0.15}, ROWS),
    "MaxPooling2D": Example({"pool_size": [3, 2], "data_format": "channels_first"}, IMAGES),
    "Maximum": Example({}, [ROWS, ROWS[:, ::-1].copy()]),
    "Minimum": Example({}, [ROWS, ROWS[:, ::-1].copy()]),
    "Multiply": Example({}, [ROWS, ROWS[:, ::-1].copy()]),
    "PReLU": Example({"shared_axes": [1, 2]}, IMAGES),
    "ReLU": Example({"max_value": 1.5, "negative_slope": 0.2, "threshold": 0.1}, ROWS),
    "Rescaling": Example({"scale": 2.5, "offset": -1.0}, IMAGES),
    "Reshape": Example({"target_shape": [2, -1]}, ROWS),
    "SimpleRNN": Example({"units": 3, "return_sequences": True, "zero_output_for_mask": True}, STEPS, MASK),
    "Softmax": Example({"axis": 1}, STEPS),
    "CustomScaleLayer": Example({"scale": 0.3}, [ROWS, ROWS[:, ::-1].copy()]),
    "LayerScale": Example({"init_values": 0.1, "projection_dim": 4}, IMAGES),
    "StochasticDepth": Example({"drop_path_rate": 0.5}, IMAGES),
    "Subtract": Example({}, [ROWS, ROWS[:, ::-1].copy()]),
    "TextVectorization": Example(
        {"vocabulary": ["satu", "dua", "tiga"], "output_sequence_length": 4},
        np.array(["satu dua empat", "Tiga!", "", "dua dua dua dua dua"]),
    ),
}


def build(keras_class: str) -> Layer:
    """The example's layer, with random weights."""
    example = EXAMPLES[keras_class]
    layer_class = registry.find(keras_class)
    assert layer_class is not None
    config = {"name": f"my_{keras_class.lower()}", **example.config}
    many = isinstance(example.x, list)
    shape = [x.shape for x in example.x] if many else example.x.shape
    rng = np.random.default_rng(len(keras_class))
    weights = {
        name: rng.uniform(0.2, 1, [n or 0 for n in lengths]).astype(np.float32)
        for name, lengths in layer_class.weight_shapes(config, shape).items()
    }
    return layer_class.from_config(config, weights)
