"""Files of Keras 1 and 2 against the live model of Keras 3 that they were written from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import maju
from formats.keras1 import MERGE, Keras1
from formats.keras2 import hard_sigmoid, save_keras2, save_keras2_archive
from parity.compare import PROBABILITIES, assert_same, random, scramble

IDS = np.random.default_rng(5).integers(1, 9, (6, 7))
for _row, _length in enumerate([7, 3, 1, 5, 0, 2]):
    IDS[_row, _length:] = 0
IMAGES = random(3, 9, 8, 3)
ROWS = random(5, 4)
SEQUENCES = random(4, 11, 3)

Make = Callable[[], Any]


def made(make: Make) -> Any:
    """A model of Keras 3 with random weights."""
    keras.utils.clear_session()  # the layers get the same names whatever ran before in this process
    model = make()
    scramble(model, make.__name__)
    return model


def run(model: Any, x: Any) -> Any:
    """What a model of Keras computes."""
    outputs = model(keras.tree.map_structure(keras.ops.convert_to_tensor, x))
    return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)


def check(loaded: Any, expected: Any, x: Any, folder: Path) -> None:
    """The same predictions from scratch, and in Keras 3 after converting."""
    found = loaded.predict(x)
    assert_same(found, expected, PROBABILITIES)
    loaded.save(folder / "new.keras")
    rescued = keras.saving.load_model(folder / "new.keras")
    assert_same(run(rescued, x), expected, PROBABILITIES)
    assert_same(maju.load(folder / "new.keras").predict(x), found, tolerance=0)


# What each Keras could build


def mlp() -> Any:
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(6, activation="tanh", name="first"),
            layers.BatchNormalization(epsilon=2e-3, name="norm"),
            layers.Dropout(0.3),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dense(5, use_bias=False),
            layers.ELU(alpha=0.7),
            layers.Dense(5, activation="softsign"),
            layers.GaussianNoise(0.1),
            layers.Activation(hard_sigmoid),
            layers.Dense(3, activation="softmax"),
        ]
    )


def cnn() -> Any:
    return keras.Sequential(
        [
            keras.Input((9, 8, 3)),
            layers.ZeroPadding2D(((1, 2), (0, 3))),
            layers.Conv2D(4, (3, 2), strides=(1, 2), activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(5, 3, padding="same"),
            layers.UpSampling2D((2, 1)),
            layers.Conv2D(3, (2, 3), dilation_rate=(2, 1)),
            layers.Cropping2D(((1, 0), (1, 0))),
            layers.MaxPooling2D((2, 1)),
            layers.AveragePooling2D((3, 1), strides=(2, 1)),
            layers.Conv2DTranspose(4, (3, 2), strides=2),
            layers.GlobalMaxPooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def padded_cnn() -> Any:
    """Padding "same" as only TensorFlow computes it, and layers that Theano had not."""
    return keras.Sequential(
        [
            keras.Input((9, 8, 3)),
            layers.SeparableConv2D(4, (3, 2), padding="same", depth_multiplier=2),
            layers.Conv2D(4, (4, 3), strides=2, padding="same", activation="elu"),
            layers.MaxPooling2D(2, padding="same"),
            layers.Flatten(),
            layers.Reshape((4, -1)),
            layers.Permute((2, 1)),
            layers.GlobalMaxPooling1D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def conv1d() -> Any:
    return keras.Sequential(
        [
            keras.Input((11, 3)),
            layers.Conv1D(5, 3, activation="relu"),
            layers.MaxPooling1D(2, strides=1),
            layers.ZeroPadding1D(1),
            layers.Conv1D(4, 2, strides=2),
            layers.UpSampling1D(3),
            layers.Conv1D(3, 2, dilation_rate=2),
            layers.AveragePooling1D(3),
            layers.Flatten(),
            layers.RepeatVector(2),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def conv3d() -> Any:
    head = [layers.Flatten(), layers.Dense(2, activation="softmax")]
    return keras.Sequential(
        [keras.Input((5, 4, 6, 2)), layers.Conv3D(3, (2, 3, 4), activation="tanh"), *head]
    )


def rnn() -> Any:
    return keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.SpatialDropout1D(0.2),
            layers.LSTM(5, return_sequences=True, recurrent_activation=hard_sigmoid),
            layers.GRU(4, return_sequences=True, reset_after=False, recurrent_activation=hard_sigmoid),
            layers.SimpleRNN(3, return_sequences=True, go_backwards=True),
            layers.Bidirectional(layers.LSTM(3, activation="relu", recurrent_activation="sigmoid")),
            layers.Dense(3, activation="softmax"),
        ]
    )


def merged() -> Any:
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = layers.Dense(4, activation="tanh", name="shared")
    one, two = shared(left), shared(shared(right))
    both = [
        layers.Add()([one, two]),
        layers.Multiply()([one, right]),
        layers.Average()([left, two]),
        layers.Maximum()([one, two]),
        layers.Dot(1)([one, two]),
    ]
    y = layers.Concatenate()(both)
    return keras.Model([right, left], [layers.Dense(3, activation="softmax")(y), both[0]])


def nested() -> Any:
    """Models within models; some of their layers were frozen, so that their weights come later."""
    deep = keras.Sequential([keras.Input((5,)), layers.Dense(5), layers.BatchNormalization()], name="deep")
    chain = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5, activation="relu", name="first"),
            layers.BatchNormalization(name="norm"),
            deep,
            layers.Dense(5, name="second"),
            layers.BatchNormalization(name="other_norm"),
        ],
        name="chain",
    )
    x = keras.Input((5,))
    graph = keras.Model(x, [layers.Dense(5, name="a")(x), layers.Dense(5, name="b")(x)], name="graph")
    entrance = keras.Input((4,))
    left, right = graph(chain(entrance))
    return keras.Model(entrance, layers.Dense(3, activation="softmax")(layers.Concatenate()([right, left])))


# Keras 1

EACH = [
    (mlp, ROWS),
    (cnn, IMAGES),
    (padded_cnn, IMAGES),
    (conv1d, SEQUENCES),
    (conv3d, random(3, 5, 4, 6, 2)),
    (rnn, IDS),
    (merged, [ROWS, random(5, 4, seed="other")]),
    (nested, ROWS),
]
NAMES = [make.__name__ for make, _ in EACH]


@pytest.mark.parametrize("version", ["1.1.0", "1.2.2"])
@pytest.mark.parametrize(("make", "x"), EACH, ids=NAMES)
def test_keras_1(make: Make, x: Any, version: str, tmp_path: Path) -> None:
    model = made(make)
    loaded = maju.load(Keras1(version).save(model, tmp_path / "old.h5"))
    check(loaded, run(model, x), x, tmp_path)


def test_keras_1_with_one_array_for_all_gates(tmp_path: Path) -> None:
    model = made(rnn)
    check(maju.load(Keras1(one_kernel=True).save(model, tmp_path / "old.h5")), run(model, IDS), IDS, tmp_path)


def test_keras_1_that_does_not_say_its_version(tmp_path: Path) -> None:
    model = made(rnn)
    path = Keras1(version=None).save(model, tmp_path / "old.h5")
    check(maju.load(path), run(model, IDS), IDS, tmp_path)


@pytest.mark.parametrize(
    ("make", "x"), [(mlp, ROWS), (rnn, IDS), (conv1d, SEQUENCES)], ids=["mlp", "rnn", "conv1d"]
)
def test_weights_of_keras_1_with_a_json_architecture(make: Make, x: Any, tmp_path: Path) -> None:
    model, writer = made(make), Keras1()
    weights = writer.save_weights(model, tmp_path / "weights.h5")
    architecture = writer.to_json(model, tmp_path / "model.json")
    check(maju.load(weights, architecture=architecture), run(model, x), x, tmp_path)


def channels_first_cnn() -> Any:
    """What of `cnn` does not depend on the order of the axes in its weights."""
    return keras.Sequential(
        [
            keras.Input((9, 8, 3)),
            layers.ZeroPadding2D(((1, 2), (0, 3))),
            layers.Conv2D(4, (3, 2), strides=(1, 2), activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(5, 3, padding="same"),
            layers.UpSampling2D((2, 1)),
            layers.Conv2DTranspose(4, (3, 2), strides=2),
            layers.MaxPooling2D((2, 1)),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


@pytest.mark.parametrize("backend", ["theano", "tensorflow"])
def test_channels_first_of_keras_1(backend: str, tmp_path: Path) -> None:
    """Theano turns kernels around, TensorFlow does not; the names of the weights tell which it was."""
    model = made(channels_first_cnn)
    loaded = maju.load(Keras1(backend=backend, order="th").save(model, tmp_path / "old.h5"))
    x = IMAGES.transpose(0, 3, 1, 2)
    assert_same(loaded.predict(x), run(model, IMAGES), PROBABILITIES)


def test_a_sequential_of_keras_1_that_begins_with_a_merge(tmp_path: Path) -> None:
    keras.utils.clear_session()
    left, right = keras.Input((4,), name="dense_1_input"), keras.Input((3,), name="dense_3_input")
    one = layers.Dense(5, activation="relu", name="dense_2")(layers.Dense(6, name="dense_1")(left))
    two = layers.Dense(2, name="dense_3")(right)
    y = layers.Dense(3, activation="softmax", name="dense_4")(layers.Concatenate()([one, two]))
    model = keras.Model([left, right], y)
    scramble(model)

    writer, path = Keras1(), tmp_path / "merged.h5"

    def branch(*names: str) -> dict[str, Any]:
        entries = [writer.entry(model.get_layer(name)) for name in names]
        entries[0]["config"]["batch_input_shape"] = [None, model.get_layer(names[0]).input.shape[1]]
        return {"class_name": "Sequential", "config": entries}

    branches = [branch("dense_1", "dense_2"), branch("dense_3")]
    merge = {**MERGE, "name": "merge_1", "mode": "concat", "layers": branches}
    entries = [{"class_name": "Merge", "config": merge}, writer.entry(model.get_layer("dense_4"))]
    writer.save(model, path)
    with h5py.File(path, "r+") as file:
        root = file["model_weights"]
        root.attrs["layer_names"] = [f"dense_{number}".encode() for number in (1, 2, 3, 4)]
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": entries}).encode()
    x = [ROWS, random(5, 3, seed="right")]
    check(maju.load(path), run(model, x), x, tmp_path)


def test_nested_sequentials_of_keras_1_have_no_names_in_the_architecture(tmp_path: Path) -> None:
    def lists() -> Any:
        first = keras.Sequential([keras.Input((4,)), layers.Dense(4), layers.BatchNormalization()], name="z")
        second = keras.Sequential([keras.Input((4,)), layers.Dense(4), layers.BatchNormalization()], name="a")
        return keras.Sequential([keras.Input((4,)), first, second, layers.Dense(3, activation="softmax")])

    model = made(lists)
    check(maju.load(Keras1().save(model, tmp_path / "old.h5")), run(model, ROWS), ROWS, tmp_path)


# Keras 2


def many_layers() -> Any:
    """A CNN with what Keras 2 added."""
    return keras.Sequential(
        [
            keras.Input((9, 8, 3)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(max_value=6.0),
            layers.DepthwiseConv2D((3, 2), padding="same", strides=2, depth_multiplier=2),
            layers.LeakyReLU(negative_slope=0.1),
            layers.PReLU(shared_axes=[1, 2]),
            layers.SeparableConv2D(5, 2),
            layers.Conv2DTranspose(3, 3, strides=2, padding="same"),
            layers.LayerNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def functional_rnn() -> Any:
    ids = keras.Input((7,), name="ids")
    vectors = layers.Embedding(9, 4, mask_zero=True)(ids)
    ahead = layers.LSTM(4, recurrent_activation=hard_sigmoid)(layers.Dropout(0.2)(vectors))
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True, reset_after=False))(vectors)
    y = layers.Concatenate()([ahead, layers.GRU(2)(both), layers.GlobalAveragePooling1D()(both)])
    return keras.Model(ids, layers.Dense(3, activation="softmax")(y))


KERAS_2 = [
    (mlp, ROWS),
    (many_layers, IMAGES),
    (conv1d, SEQUENCES),
    (rnn, IDS),
    (functional_rnn, IDS + (IDS.sum(axis=1, keepdims=True) == 0)),  # no row of padding alone: its mean is NaN
    (merged, [ROWS, random(5, 4, seed="other")]),
    (nested, ROWS),
]
NAMES_2 = [make.__name__ for make, _ in KERAS_2]


@pytest.mark.parametrize(("make", "x"), KERAS_2, ids=NAMES_2)
def test_legacy_h5_of_keras_2(make: Make, x: Any, tmp_path: Path) -> None:
    model = made(make)
    check(maju.load(save_keras2(model, tmp_path / "old.h5")), run(model, x), x, tmp_path)


@pytest.mark.parametrize(("make", "x"), KERAS_2, ids=NAMES_2)
@pytest.mark.parametrize("version", ["2.12.0", "2.13.1", "2.14.0", "2.15.0"])
def test_archives_of_keras_2(make: Make, x: Any, version: str, tmp_path: Path) -> None:
    model = made(make)
    check(maju.load(save_keras2_archive(model, tmp_path / "old.keras", version)), run(model, x), x, tmp_path)


@pytest.mark.parametrize("frozen", ["first", "norm", "second", "deep", "chain", "graph"])
@pytest.mark.parametrize("suffix", [".keras 2", ".keras 3"])
def test_frozen_layers_in_nested_models(frozen: str, suffix: str, tmp_path: Path) -> None:
    """A legacy .h5 holds first what training changes, of all layers, and then what it does not."""
    model = made(nested)
    found = [model, *model.layers, *model.get_layer("chain").layers]
    next(layer for layer in found if layer.name == frozen).trainable = False
    path = tmp_path / "frozen.h5"
    if suffix == ".keras 2":
        save_keras2(model, path)
    else:
        model.save(path)
    check(maju.load(path), run(model, ROWS), ROWS, tmp_path)


def test_frozen_layers_of_which_the_file_does_not_tell(tmp_path: Path) -> None:
    """As of a model that was saved, and whose config was written when its layers were not frozen."""
    model = made(nested)
    path = save_keras2(model, tmp_path / "old.h5")
    with h5py.File(path, "r") as file:
        config = file.attrs["model_config"]
    model.get_layer("chain").get_layer("norm").trainable = False
    model.get_layer("chain").get_layer("first").trainable = False
    save_keras2(model, path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = config
    with pytest.raises(maju.ModelFormatError) as error:
        maju.load(path)
    assert str(error.value) == (
        "old.h5: layer 'chain' (Sequential): the names of its arrays fit none of the orders of Keras"
    )


@pytest.mark.parametrize("backend", ["theano", "cntk"])
def test_other_backends_of_keras_2(backend: str, tmp_path: Path) -> None:
    model = made(cnn)
    expected = run(model, IMAGES)
    if backend == "theano":
        for layer in model.layers:
            if type(layer).__name__ in ("Conv2D", "Conv2DTranspose"):
                layer.kernel.assign(layer.kernel.numpy()[::-1, ::-1])
    path = save_keras2(model, tmp_path / "old.h5", version="2.2.4", backend=backend)
    check(maju.load(path), expected, IMAGES, tmp_path)


def cudnn(layer: str, weights: list[Any]) -> list[Any]:
    """The weights of an LSTM or a GRU as cuDNN lays them out."""
    gates = 4 if layer == "LSTM" else 3
    kernel, recurrent_kernel, bias = weights
    kernel = np.hstack([part.reshape(part.shape[::-1], order="F").T for part in np.hsplit(kernel, gates)])
    recurrent_kernel = np.hstack([part.T for part in np.hsplit(recurrent_kernel, gates)])
    if layer == "LSTM":
        of_input = random(*bias.shape, seed="of the input")
        return [kernel, recurrent_kernel, np.concatenate([of_input, bias - of_input])]
    return [kernel, recurrent_kernel, bias.ravel()]


@pytest.mark.parametrize("layer", ["LSTM", "GRU"])
def test_cudnn_layers(layer: str, tmp_path: Path) -> None:
    """In layers of their own and in both halves of a Bidirectional."""

    def recurrent() -> Any:
        cls = getattr(layers, layer)
        first = cls(4, return_sequences=True, name="alone")
        head = layers.Dense(3, activation="softmax")
        return keras.Sequential(
            [keras.Input((11, 3)), first, layers.Bidirectional(cls(3), name="both"), head]
        )

    model = made(recurrent)
    path = save_keras2(model, tmp_path / "old.h5", version="2.2.4")
    with h5py.File(path, "r+") as file:
        document = json.loads(file.attrs["model_config"])
        alone, both = (
            entry for entry in document["config"]["layers"] if entry["config"]["name"] in ("alone", "both")
        )
        for entry in (alone, both["config"]["layer"]):
            entry["class_name"] = f"CuDNN{layer}"
            for key in ("activation", "recurrent_activation", "reset_after", "dropout", "use_bias", "unroll"):
                entry["config"].pop(key, None)
        file.attrs["model_config"] = json.dumps(document).encode()
        for name in ("alone", "both"):
            group = file["model_weights"][name]
            names = list(group.attrs["weight_names"])
            for start in range(0, len(names), 3):
                part = names[start : start + 3]
                for weight, array in zip(part, cudnn(layer, [group[n][()] for n in part]), strict=True):
                    del group[weight]
                    group[weight] = array
    check(maju.load(path), run(model, SEQUENCES), SEQUENCES, tmp_path)


def test_weights_of_keras_2_in_another_model_of_the_same_kind(tmp_path: Path) -> None:
    """Keras puts weights in by their order, whatever the layers are called."""
    weights = save_keras2(made(mlp), tmp_path / "weights.h5", weights_only=True)

    def renamed() -> Any:
        def clone(layer: Any) -> Any:
            return type(layer).from_config({**layer.get_config(), "name": f"my_{layer.name}"})

        return keras.models.clone_model(mlp(), clone_function=clone)

    other = made(renamed)
    architecture = save_keras2(other, tmp_path / "other.h5")
    check(maju.load(weights, architecture=architecture), run(made(mlp), ROWS), ROWS, tmp_path)


def test_made_on_windows(tmp_path: Path) -> None:
    model = made(many_layers)
    path = tmp_path / "windows.weights.h5"
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        for name in list(file["layers"]):
            file.copy(f"layers/{name}", f"layers\\{name}")
        del file["layers"]
    (tmp_path / "model.json").write_text(model.to_json())
    loaded = maju.load(path, architecture=tmp_path / "model.json")
    check(loaded, run(model, IMAGES), IMAGES, tmp_path)


def test_the_version_that_the_caller_names_counts(tmp_path: Path) -> None:
    """A hard sigmoid is steeper in Keras 2 than in Keras 3."""
    model = made(mlp)
    path = save_keras2(model, tmp_path / "old.h5", version="3.0.0")
    wrong = maju.load(path, keras_version="2.9.0")
    check(wrong, run(model, ROWS), ROWS, tmp_path)
