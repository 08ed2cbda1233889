"""Every layer that tf_keras has, through the files that it writes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from maju.errors import UnsupportedModelError
from maju.layers.base import Array
from parity.compare import assert_same, random
from parity.keras2 import FILES, computed, load_from, scramble, tf_keras

layers = tf_keras.layers

IDS = np.array([[3, 1, 4, 1, 5], [2, 6, 0, 0, 0], [5, 3, 5, 8, 0]])
INPUTS: dict[str, Array] = {
    "rows": random(3, 6, seed="rows"),
    "more_rows": random(3, 6, seed="more rows"),
    "steps": random(3, 7, 4, seed="steps"),
    "more_steps": random(3, 5, 4, seed="more steps"),
    "images": random(3, 9, 8, 4, seed="images"),
    "volumes": random(3, 6, 5, 7, 2, seed="volumes"),
    "films": random(3, 4, 6, 5, 2, seed="films"),
    "ids": IDS,
    "words": np.array([["a", "b"], ["c", "zz"], ["b", ""]]),
    "texts": np.array([["the cat sat"], ["a dog, a cat!"], ["nothing"]]),
}
#: A layer of each class on one of the inputs, or on several of them.
CASES: dict[str, tuple[str | list[str], Callable[[], Any]]] = {
    "Activation": ("rows", lambda: layers.Activation("hard_sigmoid")),
    "ActivityRegularization": ("rows", lambda: layers.ActivityRegularization(0.1)),
    "Add": (["rows", "more_rows"], layers.Add),
    "AdditiveAttention": (["steps", "more_steps"], layers.AdditiveAttention),
    "AlphaDropout": ("rows", lambda: layers.AlphaDropout(0.3)),
    "Attention": (["steps", "more_steps"], lambda: layers.Attention(use_scale=True)),
    "Average": (["rows", "more_rows"], layers.Average),
    "AveragePooling1D": ("steps", lambda: layers.AveragePooling1D(3, 2, "same")),
    "AveragePooling2D": ("images", lambda: layers.AveragePooling2D((3, 2), 2, "same")),
    "AveragePooling3D": ("volumes", lambda: layers.AveragePooling3D((3, 2, 2))),
    "BatchNormalization": ("images", lambda: layers.BatchNormalization(axis=1, epsilon=0.1)),
    "Bidirectional": ("steps", lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True))),
    "CategoryEncoding": ("ids", lambda: layers.CategoryEncoding(10, output_mode="count")),
    "CenterCrop": ("images", lambda: layers.CenterCrop(4, 3)),
    "Concatenate": (["steps", "more_steps"], lambda: layers.Concatenate(axis=1)),
    "Conv1D": ("steps", lambda: layers.Conv1D(3, 2, padding="causal", dilation_rate=2)),
    "Conv1DTranspose": ("steps", lambda: layers.Conv1DTranspose(3, 3, strides=3, output_padding=1)),
    "Conv2D": ("images", lambda: layers.Conv2D(6, (3, 2), strides=2, padding="same", groups=2)),
    "Conv2DTranspose": ("images", lambda: layers.Conv2DTranspose(3, 3, strides=2, padding="same")),
    "Conv3D": ("volumes", lambda: layers.Conv3D(3, (2, 3, 2), activation="gelu")),
    "Conv3DTranspose": ("volumes", lambda: layers.Conv3DTranspose(2, 2, strides=2)),
    "ConvLSTM1D": ("images", lambda: layers.ConvLSTM1D(2, 3, padding="same")),
    "ConvLSTM2D": ("films", lambda: layers.ConvLSTM2D(2, (3, 2), return_sequences=True)),
    "ConvLSTM3D": ("films3d", lambda: layers.ConvLSTM3D(2, 2)),
    "Cropping1D": ("steps", lambda: layers.Cropping1D((0, 2))),
    "Cropping2D": ("images", lambda: layers.Cropping2D(((1, 2), (0, 3)), "channels_first")),
    "Cropping3D": ("volumes", lambda: layers.Cropping3D(((1, 2), (0, 3), (1, 0)))),
    "Dense": ("steps", lambda: layers.Dense(3, "softmax", kernel_regularizer="l2")),
    "DepthwiseConv1D": ("steps", lambda: layers.DepthwiseConv1D(3, depth_multiplier=2)),
    "DepthwiseConv2D": ("images", lambda: layers.DepthwiseConv2D(3, 2, "same", 2)),
    "Discretization": ("rows", lambda: layers.Discretization([0.0, 0.5, 1.0])),
    "Dot": (["steps", "more_steps"], lambda: layers.Dot(2, normalize=True)),
    "Dropout": ("steps", lambda: layers.Dropout(0.3, noise_shape=(None, 1, 4))),
    "ELU": ("rows", lambda: layers.ELU(0.4)),
    "EinsumDense": ("steps", lambda: layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d")),
    "Embedding": ("ids", lambda: layers.Embedding(9, 4, input_length=5)),
    "Flatten": ("images", lambda: layers.Flatten("channels_first")),
    "GRU": ("steps", lambda: layers.GRU(3, reset_after=False, recurrent_activation="hard_sigmoid")),
    "GaussianDropout": ("rows", lambda: layers.GaussianDropout(0.3)),
    "GaussianNoise": ("rows", lambda: layers.GaussianNoise(0.3)),
    "GlobalAveragePooling1D": ("steps", lambda: layers.GlobalAveragePooling1D(keepdims=True)),
    "GlobalAveragePooling2D": ("images", lambda: layers.GlobalAveragePooling2D("channels_first")),
    "GlobalAveragePooling3D": ("volumes", layers.GlobalAveragePooling3D),
    "GlobalMaxPooling1D": ("steps", layers.GlobalMaxPooling1D),
    "GlobalMaxPooling2D": ("images", lambda: layers.GlobalMaxPooling2D(keepdims=True)),
    "GlobalMaxPooling3D": ("volumes", layers.GlobalMaxPooling3D),
    "GroupNormalization": ("images", lambda: layers.GroupNormalization(2)),
    "HashedCrossing": (["word", "id"], lambda: layers.HashedCrossing(6, output_mode="one_hot")),
    "Hashing": ("words", lambda: layers.Hashing(7, salt=[133, 137])),
    "Identity": ("rows", layers.Identity),
    "IntegerLookup": ("ids", lambda: layers.IntegerLookup(vocabulary=[2, 5, 3], output_mode="multi_hot")),
    "LSTM": ("steps", lambda: layers.LSTM(3, go_backwards=True, return_sequences=True)),
    "LayerNormalization": ("images", lambda: layers.LayerNormalization([1, 2], epsilon=0.1)),
    "LeakyReLU": ("rows", lambda: layers.LeakyReLU(0.2)),
    "LocallyConnected1D": ("steps", lambda: layers.LocallyConnected1D(3, 2, strides=2)),
    "LocallyConnected2D": ("images", lambda: layers.LocallyConnected2D(3, (3, 2), strides=(2, 1))),
    "Masking": ("steps", lambda: layers.Masking(0.5)),
    "MaxPooling1D": ("steps", lambda: layers.MaxPooling1D(2, 3, "same")),
    "MaxPooling2D": ("images", lambda: layers.MaxPooling2D((2, 3), 2)),
    "MaxPooling3D": ("volumes", lambda: layers.MaxPooling3D(2, 1, "same")),
    "Maximum": (["rows", "more_rows"], layers.Maximum),
    "Minimum": (["rows", "more_rows"], layers.Minimum),
    "MultiHeadAttention": ("steps", lambda: attending),
    "Multiply": (["rows", "more_rows"], layers.Multiply),
    "Normalization": ("rows", lambda: adapted(layers.Normalization())),
    "PReLU": ("images", lambda: layers.PReLU(shared_axes=[1, 2])),
    "Permute": ("images", lambda: layers.Permute((3, 1, 2))),
    "RNN": ("steps", lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2), layers.SimpleRNNCell(4)])),
    "RandomBrightness": ("images", lambda: layers.RandomBrightness(0.2)),
    "RandomContrast": ("images", lambda: layers.RandomContrast(0.2)),
    "RandomCrop": ("images", lambda: layers.RandomCrop(5, 4)),
    "RandomFlip": ("images", layers.RandomFlip),
    "RandomHeight": ("images", lambda: layers.RandomHeight(0.2)),
    "RandomRotation": ("images", lambda: layers.RandomRotation(0.2)),
    "RandomTranslation": ("images", lambda: layers.RandomTranslation(0.2, 0.3)),
    "RandomWidth": ("images", lambda: layers.RandomWidth(0.3)),
    "RandomZoom": ("images", lambda: layers.RandomZoom(0.2)),
    "ReLU": ("rows", lambda: layers.ReLU(1.0, 0.2, 0.3)),
    "RepeatVector": ("rows", lambda: layers.RepeatVector(3)),
    "Rescaling": ("images", lambda: layers.Rescaling([0.1, 0.2, 0.3, 0.4], 0.5)),
    "Reshape": ("images", lambda: layers.Reshape((-1, 2))),
    "Resizing": ("images", lambda: layers.Resizing(5, 12, "lanczos3", crop_to_aspect_ratio=True)),
    "SeparableConv1D": ("steps", lambda: layers.SeparableConv1D(3, 2, depth_multiplier=2)),
    "SeparableConv2D": ("images", lambda: layers.SeparableConv2D(3, 3, dilation_rate=2)),
    "SimpleRNN": ("steps", lambda: layers.SimpleRNN(3, unroll=True, dropout=0.2)),
    "Softmax": ("images", lambda: layers.Softmax([1, 2])),
    "SpatialDropout1D": ("steps", lambda: layers.SpatialDropout1D(0.2)),
    "SpatialDropout2D": ("images", lambda: layers.SpatialDropout2D(0.2, "channels_first")),
    "SpatialDropout3D": ("volumes", lambda: layers.SpatialDropout3D(0.2)),
    "SpectralNormalization": ("images", lambda: layers.SpectralNormalization(layers.Conv2D(3, 2))),
    "StringLookup": ("words", lambda: layers.StringLookup(vocabulary=["a", "b"], num_oov_indices=2)),
    "Subtract": (["rows", "more_rows"], layers.Subtract),
    "TextVectorization": ("texts", lambda: layers.TextVectorization(vocabulary=["cat", "dog"])),
    "ThresholdedReLU": ("rows", lambda: layers.ThresholdedReLU(0.4)),
    "TimeDistributed": ("films", lambda: layers.TimeDistributed(layers.Conv2D(2, 3))),
    "UnitNormalization": ("images", lambda: layers.UnitNormalization([1, 2])),
    "UpSampling1D": ("steps", lambda: layers.UpSampling1D(2)),
    "UpSampling2D": ("images", lambda: layers.UpSampling2D((2, 3), interpolation="bicubic")),
    "UpSampling3D": ("volumes", lambda: layers.UpSampling3D(2)),
    "ZeroPadding1D": ("steps", lambda: layers.ZeroPadding1D((1, 2))),
    "ZeroPadding2D": ("images", lambda: layers.ZeroPadding2D(((1, 2), (0, 3)), "channels_first")),
    "ZeroPadding3D": ("volumes", lambda: layers.ZeroPadding3D(((1, 2), (0, 3), (1, 0)))),
}
INPUTS |= {
    "films3d": random(3, 2, 3, 4, 3, 2, seed="films of volumes"),
    "word": INPUTS["words"][:, :1],
    "id": IDS[:, :1],
}
#: What no model has by itself: bases of other classes, cells (in the cases of RNN), and the entrance.
NOT_ALONE = {
    *("AbstractRNNCell", "GRUCell", "InputLayer", "InputSpec", "LSTMCell", "Layer"),
    *("SimpleRNNCell", "StackedRNNCells", "Wrapper"),
}
#: What is refused, with the reason.
REFUSED = {
    "DenseFeatures": "its columns are functions of TensorFlow's, of which no file holds more than a name",
    "Lambda": "runs Python code of its author's, which maju never does",
}


def adapted(layer: Any) -> Any:
    layer.adapt(INPUTS["rows"])
    return layer


def attending(steps: Any) -> Any:
    return layers.MultiHeadAttention(2, 3, value_dim=4)(steps, steps, use_causal_mask=True)


def classes() -> set[str]:
    """The names of the classes that tf_keras offers, each once."""
    found = inspect.getmembers(layers, inspect.isclass)
    return {cls.__name__ for _, cls in found}


def test_nothing_is_forgotten() -> None:
    assert classes() == set(CASES) | NOT_ALONE | set(REFUSED)


@pytest.fixture(scope="module")
def model() -> Any:
    """All the layers side by side."""
    tf_keras.backend.clear_session()
    inputs = {
        name: tf_keras.Input(x.shape[1:], dtype="string" if x.dtype.kind == "U" else x.dtype, name=name)
        for name, x in INPUTS.items()
    }
    outputs = {}
    for name, (source, make) in CASES.items():
        x = [inputs[one] for one in source] if isinstance(source, list) else inputs[source]
        outputs[name] = make()(x)
    made = tf_keras.Model(inputs, outputs)
    scramble(made)
    return made


@pytest.fixture(scope="module")
def expected(model: Any) -> Any:
    return computed(model, INPUTS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
def test_each_layer(kind: str, model: Any, expected: Any, tmp_path: Path) -> None:
    found = load_from(kind, model, tmp_path).forward(INPUTS)
    for name in CASES:
        one, other = np.asarray(found[name]), expected[name]
        assert_same(one.astype(other.dtype), other)


#: Those that Keras 3 has not, and whose conversion is refused therefore.
GONE = ("LocallyConnected1D", "LocallyConnected2D", "RandomHeight", "RandomWidth")


@pytest.mark.slow
def test_each_layer_is_brought_to_keras_3(model: Any, expected: Any, tmp_path: Path) -> None:
    kept = {name: output for name, output in zip(CASES, model.outputs, strict=True) if name not in GONE}
    load_from(".keras", tf_keras.Model(model.input, kept), tmp_path).save(tmp_path / "new.keras")
    given = {name: tf.constant(x) for name, x in INPUTS.items()}
    found = keras.models.load_model(tmp_path / "new.keras", compile=False)(given, training=False)
    for name in kept:
        assert_same(found[name].numpy().astype(expected[name].dtype), expected[name])


def test_what_runs_code_is_refused(tmp_path: Path) -> None:
    x = tf_keras.Input((2,))
    made = tf_keras.Model(x, layers.Lambda(lambda value: value * 2, name="twice")(x))
    with pytest.raises(UnsupportedModelError, match=rf"'twice' \(Lambda\): {REFUSED['Lambda']}"):
        load_from("JSON", made, tmp_path)


def test_columns_of_features_are_refused(tmp_path: Path) -> None:
    column = tf.feature_column.numeric_column("age")
    x = {"age": tf_keras.Input((1,), name="age")}
    columns = layers.DenseFeatures([column], name="columns")(x)
    with pytest.raises(UnsupportedModelError, match=r"'columns' \(DenseFeatures\): "):
        load_from("JSON", tf_keras.Model(x, layers.Dense(1)(columns)), tmp_path)
