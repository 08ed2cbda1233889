from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import pytest
import tensorflow as tf

import maju
from maju.datasets import Dataset, Split
from maju.experiments.architectures import Architecture, ConvolutionalNetwork, RecurrentNetwork
from maju.experiments.data import DataChoice, load
from maju.models import CNNFromScratch, LSTMFromScratch, RNNFromScratch

WORDS = ["api", "bumi", "cahaya", "daun", "emas", "fajar", "gunung", "hujan", "ikan", "jalan"]


def images() -> Dataset:
    rng = np.random.default_rng(4)
    colours, noise = rng.uniform(0, 200, (9, 1, 1, 3)), rng.uniform(0, 55, (9, 7, 6, 3))
    x = (colours + noise).astype(np.uint8)
    split = Split(x, rng.integers(0, 4, 9))
    return Dataset("images", split, split, split, tuple("abcd"), "")


def texts() -> Dataset:
    rng = np.random.default_rng(5)
    lines = [" ".join(rng.choice(WORDS, rng.integers(1, 13))) for _ in range(20)]
    split = Split(np.array(lines), rng.integers(0, 3, 20))
    return Dataset("texts", split, split, split, ("x", "y", "z"), "")


def classes_of(model: Any) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def with_random_weights(model: Any, gain: float = 1.2) -> Any:
    rng = np.random.default_rng(6)
    for weight in model.weights:
        scale = gain / np.sqrt(np.prod(weight.shape[:-1])) if len(weight.shape) > 1 else 0.3
        values = rng.normal(0, scale, weight.shape)
        weight.assign(0.5 + abs(values) if weight.path.endswith("/moving_variance") else values)
    return model


def recurrent(
    cell: Literal["SimpleRNN", "LSTM", "GRU"], units: tuple[int, ...], **settings: Any
) -> RecurrentNetwork:
    small = {"max_tokens": 9, "output_sequence_length": 10, "embedding_dim": 5}
    return RecurrentNetwork(cell=cell, units=units, **{**small, **settings})


ARCHITECTURES: dict[str, Architecture] = {
    "cnn": ConvolutionalNetwork(blocks=((5, 4), (3,)), dense=(6,)),
    "cnn, 5x5, average, dropout": ConvolutionalNetwork(
        blocks=((5,), (4,)), kernel_size=5, pooling="average", dense=(6,), dropout=0.5
    ),
    "cnn, normalized, global pooling, no dense": ConvolutionalNetwork(
        blocks=((5, 4), (6,)), batch_normalization=True, block_dropout=0.2, global_pooling=True, dense=()
    ),
    "cnn, two dense": ConvolutionalNetwork(blocks=((5,),), dense=(6, 4)),
    "SimpleRNN": recurrent("SimpleRNN", (6,)),
    "GRU": recurrent("GRU", (6,)),
    "LSTM, two layers": recurrent("LSTM", (6, 4)),
    "LSTM, two layers both ways": recurrent("LSTM", (6, 4), bidirectional=True),
    "LSTM, no mask": recurrent("LSTM", (6,), mask_zero=False),
    "LSTM, embedding dropout, no dense": recurrent("LSTM", (6,), embedding_dropout=0.4, dense=()),
    "GRU, two dense": recurrent("GRU", (6,), dense=(5, 4)),
    "GRU, mean of its outputs": recurrent("GRU", (6,), pooling="average"),
    "LSTM, two layers both ways, mean of its outputs": recurrent(
        "LSTM", (6, 4), bidirectional=True, pooling="average"
    ),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_saved_model_gives_the_same_probabilities_from_scratch(name: str, tmp_path: Path) -> None:
    architecture = ARCHITECTURES[name]
    convolutional = isinstance(architecture, ConvolutionalNetwork)
    dataset = images() if convolutional else texts()
    # A recurrent net with large weights is chaotic: it would enlarge the rounding of each step.
    model = with_random_weights(architecture.build(dataset, keras), gain=2.5 if convolutional else 1.2)
    x = dataset.test.x if convolutional else tf.constant(dataset.test.x.astype(object))
    expected = model.predict(x, verbose=0)
    assert expected.std(axis=0).max() > 0.01  # rows differ, so that equal outputs mean something
    model.save(tmp_path / "model.keras")
    ours = architecture.from_scratch.load(tmp_path / "model.keras")
    np.testing.assert_allclose(ours.predict_proba(dataset.test.x), expected, rtol=0, atol=1e-6)
    assert ours.count_params() == model.count_params()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_maju_builds_what_keras_builds(name: str, tmp_path: Path) -> None:
    architecture = ARCHITECTURES[name]
    dataset = images() if isinstance(architecture, ConvolutionalNetwork) else texts()
    theirs, ours = (architecture.build(dataset, package) for package in (keras, maju))
    ours.save(tmp_path / "model.keras")
    opened = keras.models.load_model(tmp_path / "model.keras")
    assert [layer.__class__ for layer in opened.layers] == [layer.__class__ for layer in theirs.layers]
    for one, other in zip(opened.layers, theirs.layers, strict=True):
        assert without_names(one.get_config()) == without_names(other.get_config())
        assert [weight.shape for weight in one.weights] == [weight.shape for weight in other.weights]


def without_names(config: Any) -> Any:
    if isinstance(config, dict):
        return {key: without_names(value) for key, value in config.items() if key != "name"}
    return config


def test_the_vocabulary_is_what_keras_learns() -> None:
    train = load(DataChoice(name="sentences")).train
    for size in (50, 10_000):
        learned = keras.layers.TextVectorization(max_tokens=size)
        learned.adapt(train.x)
        network = recurrent("GRU", (3,), max_tokens=size)
        model = network.build(load(DataChoice(name="sentences")), keras)
        assert model.layers[0].get_vocabulary() == learned.get_vocabulary()


def test_a_convolutional_network_has_its_layers() -> None:
    model = ConvolutionalNetwork(
        blocks=((5, 4), (3,)), kernel_size=5, pooling="average", dense=(6,), dropout=0.2
    ).build(images(), keras)
    assert classes_of(model) == [
        "Rescaling",
        "Conv2D",
        "Conv2D",
        "AveragePooling2D",
        "Conv2D",
        "AveragePooling2D",
        "Flatten",
        "Dropout",
        "Dense",
        "Dense",
    ]
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [5, 4, 3]
    assert {layer.kernel_size for layer in convolutions} == {(5, 5)}
    assert {layer.padding for layer in convolutions} == {"same"}
    assert "Dropout" not in classes_of(ConvolutionalNetwork(blocks=((5,),)).build(images(), keras))


def test_a_normalized_convolutional_network_has_its_layers() -> None:
    network = ConvolutionalNetwork(
        blocks=((5, 4), (3,)),
        batch_normalization=True,
        block_dropout=0.25,
        global_pooling=True,
        dense=(7, 6),
        dropout=0.5,
    )
    model = network.build(images(), keras)
    convolution = ["Conv2D", "BatchNormalization", "Activation"]
    assert classes_of(model) == [
        "Rescaling",
        *convolution,
        *convolution,
        "MaxPooling2D",
        "Dropout",
        *convolution,
        "MaxPooling2D",
        "Dropout",
        "GlobalAveragePooling2D",
        "Dropout",
        "Dense",
        "Dense",
        "Dense",
    ]
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert {(layer.use_bias, layer.activation.__name__) for layer in convolutions} == {(False, "linear")}
    assert {layer.activation.__name__ for layer in model.layers if "activation" in layer.name} == {"relu"}
    assert [layer.rate for layer in model.layers if "dropout" in layer.name] == [0.25, 0.25, 0.5]
    assert [layer.units for layer in model.layers[-3:]] == [7, 6, 4]


def test_a_recurrent_network_has_its_layers() -> None:
    model = RecurrentNetwork(cell="LSTM", units=(6, 4), bidirectional=True, max_tokens=9).build(
        texts(), keras
    )
    assert classes_of(model) == [
        "TextVectorization",
        "Embedding",
        "Bidirectional",
        "Dropout",
        "Bidirectional",
        "Dropout",
        "Dense",
        "Dropout",
        "Dense",
    ]
    assert [model.layers[i].return_sequences for i in (2, 4)] == [True, False]
    assert [model.layers[i].rate for i in (3, 5, 7)] == [0.3, 0.3, 0.5]


def test_what_the_last_recurrent_layer_gives_is_pooled_over_the_text() -> None:
    model = recurrent("GRU", (6, 5), pooling="average", dense=()).build(texts(), keras)
    assert classes_of(model) == [
        "TextVectorization",
        "Embedding",
        "GRU",
        "Dropout",
        "GRU",
        "GlobalAveragePooling1D",
        "Dropout",
        "Dense",
    ]
    assert [model.layers[i].return_sequences for i in (2, 4)] == [True, True]


def test_a_recurrent_network_of_other_settings_has_its_layers() -> None:
    model = recurrent("GRU", (6,), embedding_dropout=0.1, dropout=0.2, dense=(5, 4), dense_dropout=0.4).build(
        texts(), keras
    )
    assert classes_of(model) == [
        "TextVectorization",
        "Embedding",
        "Dropout",
        "GRU",
        "Dropout",
        "Dense",
        "Dropout",
        "Dense",
        "Dropout",
        "Dense",
    ]
    assert [model.layers[i].rate for i in (2, 4, 6, 8)] == [0.1, 0.2, 0.4, 0.4]
    assert [model.layers[i].units for i in (5, 7, 9)] == [5, 4, 3]


@pytest.mark.parametrize("masked", [True, False])
def test_with_a_mask_the_padding_changes_nothing(masked: bool) -> None:
    short = recurrent("LSTM", (6,), mask_zero=masked, output_sequence_length=12)
    long = recurrent("LSTM", (6,), mask_zero=masked, output_sequence_length=40)
    x = tf.constant(texts().test.x.astype(object))
    p, q = (with_random_weights(net.build(texts(), keras)).predict(x, verbose=0) for net in (short, long))
    assert (np.abs(p - q).max() < 1e-6) is np.bool_(masked)


def test_each_kind_opens_with_its_class() -> None:
    kinds = {name: architecture.from_scratch for name, architecture in ARCHITECTURES.items()}
    assert kinds["cnn"] is CNNFromScratch
    assert kinds["SimpleRNN"] is kinds["GRU"] is RNNFromScratch
    assert kinds["LSTM, no mask"] is LSTMFromScratch
