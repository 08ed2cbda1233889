"""What is given to a layer and does not fit it: the message names the layer, what it takes and what came."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from maju import layers
from maju.errors import InputError, MajuError
from maju.layers import Layer, registry


def ones(*shape: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.ones(shape, np.float32)


CONV = layers.Conv2DLayer(ones(3, 3, 2, 4), name="conv")
DENSE = layers.DenseLayer(ones(5, 2), name="head")
EMBEDDING = layers.EmbeddingLayer(ones(7, 2), name="words")
LSTM = layers.LSTMLayer(ones(3, 8), ones(2, 8), ones(8), name="read")
BOTH = layers.BidirectionalLSTMLayer(
    LSTM, layers.LSTMLayer(ones(3, 8), ones(2, 8), go_backwards=True, name="back"), name="both"
)
INPUT = layers.InputLayer((None, 5, 2), name="pixels")

CASES: dict[str, tuple[Layer, Any, Any, str]] = {
    "Conv2D, other channels": (
        CONV,
        ones(1, 6, 5, 3),
        None,
        "layer 'conv' (Conv2D): expected images of 2 channels, got shape (1, 6, 5, 3)",
    ),
    "Conv2D, one image": (
        CONV,
        ones(6, 5, 2),
        None,
        "layer 'conv' (Conv2D): expected images of 2 channels, got shape (6, 5, 2)",
    ),
    "Conv2D, groups": (
        layers.Conv2DLayer(ones(3, 3, 2, 4), groups=2, name="conv"),
        ones(1, 6, 5, 2),
        None,
        "layer 'conv' (Conv2D): expected images of 4 channels, got shape (1, 6, 5, 2)",
    ),
    "Conv2D, channels first": (
        layers.Conv2DLayer(ones(3, 3, 2, 4), data_format="channels_first", name="conv"),
        ones(1, 6, 5, 2),
        None,
        "layer 'conv' (Conv2D): expected images of 2 channels, got shape (1, 6, 5, 2)",
    ),
    "Conv2D, image too small": (
        CONV,
        ones(1, 2, 9, 2),
        None,
        "layer 'conv' (Conv2D): images of shape (2, 9, 2) are smaller than what the kernel covers",
    ),
    "Conv2D, image too small for the dilation": (
        layers.Conv2DLayer(ones(3, 3, 2, 4), dilation_rate=4, name="conv"),
        ones(1, 9, 8, 2),
        None,
        "layer 'conv' (Conv2D): images of shape (9, 8, 2) are smaller than what the kernel covers",
    ),
    "Conv1D, groups and channels first": (
        layers.Conv1DLayer(ones(3, 2, 4), groups=2, data_format="channels_first", name="conv"),
        ones(1, 6, 4),
        None,
        "layer 'conv' (Conv1D): expected sequences of 4 channels, got shape (1, 6, 4)",
    ),
    "Conv3D, image": (
        layers.Conv3DLayer(ones(1, 1, 1, 2, 4), name="conv"),
        ones(1, 6, 5, 2),
        None,
        "layer 'conv' (Conv3D): expected volumes of 2 channels, got shape (1, 6, 5, 2)",
    ),
    "Conv2DTranspose, filters for channels": (
        layers.Conv2DTransposeLayer(ones(3, 3, 2, 4), name="up"),
        ones(1, 6, 5, 2),
        None,
        "layer 'up' (Conv2DTranspose): expected images of 4 channels, got shape (1, 6, 5, 2)",
    ),
    "GlobalAveragePooling1D, mask": (
        layers.GlobalAveragePooling1DLayer(name="mean"),
        ones(4, 6, 3),
        np.ones((4, 5), bool),
        "layer 'mean' (GlobalAveragePooling1D): expected a mask of shape (4, 6), got (4, 5)",
    ),
    "AdaptiveMaxPooling2D, rows": (
        layers.AdaptiveMaxPooling2DLayer(3, name="pool"),
        ones(6, 5),
        None,
        "layer 'pool' (AdaptiveMaxPooling2D): expected 4 axes, got shape (6, 5)",
    ),
    "MaxPooling2D, one image": (
        layers.MaxPooling2DLayer(name="pool"),
        ones(6, 5, 2),
        None,
        "layer 'pool' (MaxPooling2D): expected 4 axes, got shape (6, 5, 2)",
    ),
    "AveragePooling2D, rows": (
        layers.AveragePooling2DLayer(name="pool"),
        ones(6, 5),
        None,
        "layer 'pool' (AveragePooling2D): expected 4 axes, got shape (6, 5)",
    ),
    "GlobalAveragePooling2D, one image": (
        layers.GlobalAveragePooling2DLayer(name="mean"),
        ones(6, 5, 2),
        None,
        "layer 'mean' (GlobalAveragePooling2D): expected 4 axes, got shape (6, 5, 2)",
    ),
    "GlobalMaxPooling2D, one image": (
        layers.GlobalMaxPooling2DLayer(name="peak"),
        ones(6, 5, 2),
        None,
        "layer 'peak' (GlobalMaxPooling2D): expected 4 axes, got shape (6, 5, 2)",
    ),
    "Dense, other width": (
        DENSE,
        ones(2, 4),
        None,
        "layer 'head' (Dense): expected 5 values on the last axis, got shape (2, 4)",
    ),
    "BatchNormalization, other channels": (
        layers.BatchNormalizationLayer(ones(7), ones(7), name="normal"),
        ones(4, 1),
        None,
        "layer 'normal' (BatchNormalization): expected 7 channels on axis -1, got shape (4, 1)",
    ),
    "BatchNormalization, no such axis": (
        layers.BatchNormalizationLayer(ones(7), ones(7), axis=3, name="normal"),
        ones(4, 7),
        None,
        "layer 'normal' (BatchNormalization): expected 7 channels on axis 3, got shape (4, 7)",
    ),
    "LayerNormalization, other length": (
        layers.LayerNormalizationLayer(ones(7), name="normal"),
        ones(4, 6),
        None,
        "layer 'normal' (LayerNormalization): expected (7,) values along axis -1, got shape (4, 6)",
    ),
    "LayerNormalization, no such axis": (
        layers.LayerNormalizationLayer(axis=[1, 2], name="normal"),
        ones(4, 6),
        None,
        "layer 'normal' (LayerNormalization): expected an axis (1, 2), got shape (4, 6)",
    ),
    "LayerNormalization, an axis twice": (
        layers.LayerNormalizationLayer(axis=[1, -1], name="normal"),
        ones(4, 6),
        None,
        "layer 'normal' (LayerNormalization): expected an axis (1, -1), got shape (4, 6)",
    ),
    "LayerNormalization, whole numbers": (
        layers.LayerNormalizationLayer(name="normal"),
        ones(4, 6).astype(np.int32),
        None,
        "layer 'normal' (LayerNormalization): expected floating-point numbers, got values of type int32",
    ),
    "GroupNormalization, other channels": (
        layers.GroupNormalizationLayer(ones(6), groups=3, name="normal"),
        ones(4, 5, 9),
        None,
        "layer 'normal' (GroupNormalization): expected 6 channels on axis -1, got shape (4, 5, 9)",
    ),
    "GroupNormalization, no whole groups": (
        layers.GroupNormalizationLayer(groups=3, name="normal"),
        ones(4, 5, 8),
        None,
        "layer 'normal' (GroupNormalization): expected a multiple of 3 channels on axis -1, "
        "got shape (4, 5, 8)",
    ),
    "UnitNormalization, no such axis": (
        layers.UnitNormalizationLayer(2, name="normal"),
        ones(4, 6),
        None,
        "layer 'normal' (UnitNormalization): expected an axis 2, got shape (4, 6)",
    ),
    "RMSNormalization, other length": (
        layers.RMSNormalizationLayer(ones(7), name="normal"),
        ones(4, 6),
        None,
        "layer 'normal' (RMSNormalization): expected (7,) as the last lengths, since scale lies along them, "
        "got shape (4, 6)",
    ),
    "RMSNormalization, scale along another axis": (
        layers.RMSNormalizationLayer(ones(5), axis=1, name="normal"),
        ones(4, 5, 6),
        None,
        "layer 'normal' (RMSNormalization): expected (5,) as the last lengths, since scale lies along them, "
        "got shape (4, 5, 6)",
    ),
    "Cropping1D, nothing left": (
        layers.Cropping1DLayer((2, 3), name="cut"),
        ones(4, 5, 6),
        None,
        "layer 'cut' (Cropping1D): nothing is left of shape (4, 5, 6) after cropping (2, 3)",
    ),
    "Cropping2D, one image": (
        layers.Cropping2DLayer(1, name="cut"),
        ones(6, 5, 2),
        None,
        "layer 'cut' (Cropping2D): expected 4 axes, got shape (6, 5, 2)",
    ),
    "ZeroPadding3D, images": (
        layers.ZeroPadding3DLayer(name="around"),
        ones(4, 6, 5, 2),
        None,
        "layer 'around' (ZeroPadding3D): expected 5 axes, got shape (4, 6, 5, 2)",
    ),
    "UpSampling2D, one image": (
        layers.UpSampling2DLayer(interpolation="bilinear", name="up"),
        ones(6, 5, 2),
        None,
        "layer 'up' (UpSampling2D): expected 4 axes, got shape (6, 5, 2)",
    ),
    "Permute, other axes": (
        layers.PermuteLayer((2, 1), name="turn"),
        ones(4, 5),
        None,
        "layer 'turn' (Permute): expected 3 axes, got shape (4, 5)",
    ),
    "RepeatVector, a sequence": (
        layers.RepeatVectorLayer(3, name="again"),
        ones(4, 5, 6),
        None,
        "layer 'again' (RepeatVector): expected 2 axes, got shape (4, 5, 6)",
    ),
    "SpatialDropout2D, a sequence": (
        layers.SpatialDropout2DLayer(0.5, name="drop"),
        ones(4, 5, 6),
        None,
        "layer 'drop' (SpatialDropout2D): expected 4 axes, got shape (4, 5, 6)",
    ),
    "EinsumDense, other width": (
        layers.EinsumDenseLayer(ones(5, 3), equation="ab,bc->ac", output_shape=3, name="sum"),
        ones(4, 6),
        None,
        "layer 'sum' (EinsumDense): shape (4, 6) does not fit 'ab,bc->ac' with a kernel of shape (5, 3) "
        "and an output of (3,)",
    ),
    "EinsumDense, other axes": (
        layers.EinsumDenseLayer(ones(5, 3), equation="ab,bc->ac", output_shape=3, name="sum"),
        ones(4, 6, 5),
        None,
        "layer 'sum' (EinsumDense): shape (4, 6, 5) does not fit 'ab,bc->ac' with a kernel of shape (5, 3) "
        "and an output of (3,)",
    ),
    "Dot, one tensor": (
        layers.DotLayer(1, name="angle"),
        ones(4, 6),
        None,
        "layer 'angle' (Dot): expected a list of two tensors",
    ),
    "Dot, shapes": (
        layers.DotLayer((1, 2), name="angle"),
        [ones(4, 6), ones(4, 6, 5)],
        None,
        "layer 'angle' (Dot): shapes that do not go together along axes (1, 2): (4, 6), (4, 6, 5)",
    ),
    "Dot, batches": (
        layers.DotLayer(1, name="angle"),
        [ones(4, 6), ones(1, 6)],
        None,
        "layer 'angle' (Dot): shapes that do not go together along axes (1, 1): (4, 6), (1, 6)",
    ),
    "Dot, the batch's axis": (
        layers.DotLayer(0, name="angle"),
        [ones(4, 4), ones(4, 4)],
        None,
        "layer 'angle' (Dot): shapes that do not go together along axes (0, 0): (4, 4), (4, 4)",
    ),
    "Embedding, text": (
        EMBEDDING,
        np.array([["satu"]]),
        None,
        "layer 'words' (Embedding): expected ids, got values of type <U4",
    ),
    "Embedding, NaN": (
        EMBEDDING,
        np.array([[1.0, np.nan]]),
        None,
        "layer 'words' (Embedding): expected ids, got values that are not finite",
    ),
    "Embedding, too large": (
        EMBEDDING,
        np.array([[1, 7]]),
        None,
        "layer 'words' (Embedding): the table has the ids 0 to 6, got 1 to 7",
    ),
    "LSTM, rows": (
        LSTM,
        ones(4, 3),
        None,
        "layer 'read' (LSTM): expected shape (batch, time, 3), got (4, 3)",
    ),
    "LSTM, other width": (
        LSTM,
        ones(4, 6, 2),
        None,
        "layer 'read' (LSTM): expected shape (batch, time, 3), got (4, 6, 2)",
    ),
    "LSTM, no steps": (
        LSTM,
        ones(4, 0, 3),
        None,
        "layer 'read' (LSTM): expected at least one step, got none",
    ),
    "LSTM, short mask": (
        LSTM,
        ones(4, 6, 3),
        np.ones((4, 5), bool),
        "layer 'read' (LSTM): expected a mask of shape (4, 6), got (4, 5)",
    ),
    "LSTM, mask of one row": (
        LSTM,
        ones(4, 6, 3),
        np.ones((1, 6), bool),
        "layer 'read' (LSTM): expected a mask of shape (4, 6), got (1, 6)",
    ),
    "Bidirectional, rows": (
        BOTH,
        ones(4, 3),
        None,
        "layer 'read' (LSTM): expected shape (batch, time, 3), got (4, 3)",
    ),
    "Reshape, other size": (
        layers.ReshapeLayer((3, 3), name="grid"),
        ones(2, 10),
        None,
        "layer 'grid' (Reshape): rows of shape (10,) do not fit (3, 3)",
    ),
    "Reshape, nothing is left over": (
        layers.ReshapeLayer((3, -1), name="grid"),
        ones(2, 10),
        None,
        "layer 'grid' (Reshape): rows of shape (10,) do not fit (3, -1)",
    ),
    "Add, one tensor": (
        registry.known()["Add"].from_config({"name": "sum"}),
        ones(2, 3),
        None,
        "layer 'sum' (Add): expected a list of tensors",
    ),
    "Concatenate, shapes": (
        registry.known()["Concatenate"].from_config({"name": "all"}),
        [ones(2, 3, 4), ones(2, 5, 4)],
        None,
        "layer 'all' (Concatenate): shapes that do not go together: (2, 3, 4), (2, 5, 4)",
    ),
    "Input, other shape": (
        INPUT,
        ones(4, 2, 5),
        None,
        "input 'pixels': expected shape (batch, 5, 2), got (4, 2, 5)",
    ),
    "Input, one sample": (
        INPUT,
        ones(5, 2),
        None,
        "input 'pixels': expected shape (batch, 5, 2), got (5, 2); "
        "for a single sample, add the batch axis: x[np.newaxis]",
    ),
    "Input, any length": (
        layers.InputLayer((None, None, 2), name="steps"),
        ones(4, 9, 3),
        None,
        "input 'steps': expected shape (batch, any, 2), got (4, 9, 3)",
    ),
    "Input, text for numbers": (
        INPUT,
        np.full((4, 5, 2), "satu"),
        None,
        "input 'pixels': expected numbers, got values of type <U4",
    ),
    "Input, numbers for text": (
        layers.InputLayer((None, 1), dtype="string", name="text"),
        ones(4, 1),
        None,
        "input 'text': expected text, got values of type float32",
    ),
}


@pytest.mark.parametrize(("layer", "x", "mask", "message"), CASES.values(), ids=CASES)
def test_forward(layer: Layer, x: Any, mask: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        layer.forward(x, mask=mask)
    assert str(caught.value) == message


@pytest.mark.parametrize(("layer", "x", "mask", "message"), CASES.values(), ids=CASES)
def test_vjp(layer: Layer, x: Any, mask: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        layer.vjp(x, mask=mask)
    assert str(caught.value) == message


def test_an_input_error_is_a_value_error_and_a_maju_error() -> None:
    with pytest.raises(ValueError, match="expected 5 values"):
        DENSE.forward(ones(1, 1))
    with pytest.raises(MajuError, match="expected 5 values"):
        DENSE.forward(ones(1, 1))


@pytest.mark.parametrize("mask", [[[1, 0, 1]], np.array([[1, 0, 1]]), np.array([[1.0, 0.0, 1.0]])], ids=str)
def test_a_mask_of_numbers_is_as_good_as_one_of_bool(mask: Any) -> None:
    x = np.random.default_rng(0).normal(size=(1, 3, 3)).astype(np.float32)
    expected = LSTM.forward(x, mask=np.array([[True, False, True]]))
    np.testing.assert_array_equal(LSTM.forward(x, mask=mask), expected)
    assert np.abs(LSTM.forward(x) - expected).max() > 1e-3


def test_prelu_refuses_what_would_stretch_silently() -> None:
    from maju.layers import PReLULayer

    layer = PReLULayer(np.ones((5, 4)), name="p")
    with pytest.raises(InputError, match=r"layer .p. .PReLU.: slopes of shape .5, 4. do not fit"):
        layer.forward(np.ones((2, 5, 1)))
