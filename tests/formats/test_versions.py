"""What each version of Keras meant, where versions disagree; and what of it is refused."""

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
from formats.keras1 import Keras1
from formats.keras2 import OLDER, save_keras2, save_keras2_archive
from maju.errors import ModelFormatError, UnsupportedModelError
from maju.formats.config import read_architecture
from maju.formats.versions import Version, modern
from parity.compare import PROBABILITIES, assert_same, random, scramble

Config = dict[str, Any]
LAST = {"data_format": "channels_last"}


def brought_up(version: str, class_name: str, **config: Any) -> tuple[str, Config]:
    return modern(class_name, config, Version(version))


@pytest.mark.parametrize(
    ("version", "class_name", "config", "expected"),
    [
        ("1.2.2", "Convolution2D", {"nb_row": 3, "nb_col": 2}, ("Conv2D", {"kernel_size": [3, 2]})),
        ("1.2.2", "AtrousConvolution1D", {"atrous_rate": 2}, ("Conv1D", {"dilation_rate": 2})),
        ("1.2.2", "TimeDistributedDense", {"output_dim": 3}, ("Dense", {"units": 3})),
        ("1.2.2", "Embedding", {"output_dim": 3, "dropout": 0.5}, ("Embedding", {"output_dim": 3})),
        ("1.2.2", "GRU", {"output_dim": 3}, ("GRU", {"units": 3, "reset_after": False})),
        ("1.2.2", "GaussianNoise", {"sigma": 0.5}, ("GaussianNoise", {"stddev": 0.5})),
        ("1.2.2", "ZeroPadding2D", {"padding": [1, 2]}, ("ZeroPadding2D", {"padding": [1, 2], **LAST})),
        (
            "1.2.2",
            "ZeroPadding2D",
            {"padding": {"top_pad": 1, "right_pad": 2}},
            ("ZeroPadding2D", {"padding": [[1, 0], [0, 2]], **LAST}),
        ),
        (
            "1.2.2",
            "ZeroPadding1D",
            {"padding": {"left_pad": 1, "right_pad": 2}},
            ("ZeroPadding1D", {"padding": [1, 2]}),
        ),
        ("1.2.2", "BatchNormalization", {"mode": 0}, ("BatchNormalization", {})),
        ("1.2.2", "BatchNormalization", {"mode": 2}, ("BatchNormalization", {"mode": 2})),
        ("2.1.0", "GRU", {"units": 3}, ("GRU", {"units": 3, "reset_after": False})),
        ("2.4.0", "GRU", {"reset_after": True}, ("GRU", {"reset_after": True})),
        ("3.0.0", "GRU", {"units": 3}, ("GRU", {"units": 3})),
        ("2.1.0", "Dense", {"units": 3, "dtype": "int32"}, ("Dense", {"units": 3})),
        ("2.2.4-tf", "Dense", {"dtype": "float64"}, ("Dense", {"dtype": "float64"})),
        ("2.9.0", "Discretization", {"trainable": True, "dtype": "int64"}, ("Discretization", {})),
        ("2.4.0", "ThresholdedReLU", {"theta": 0.5}, ("ReLU", {"threshold": 0.5})),
        ("2.4.0", "DepthwiseConv2D", {"groups": 1}, ("DepthwiseConv2D", {})),
        ("2.4.0", "DepthwiseConv2D", {"groups": 2}, ("DepthwiseConv2D", {"groups": 2})),
        ("2.4.0", "Attention", {"causal": True}, ("Attention", {"causal": True})),
        ("2.4.0", "LSTM", {"implementation": 2, "time_major": True}, ("LSTM", {"time_major": True})),
        (
            "2.2.4",
            "CuDNNGRU",
            {},
            (
                "GRU",
                {
                    "activation": "tanh",
                    "recurrent_activation": "sigmoid",
                    "use_bias": True,
                    "reset_after": True,
                },
            ),
        ),
        ("3.0.0", "LSTM", {"implementation": 2}, ("LSTM", {"implementation": 2})),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_layers_of_older_versions(
    version: str, class_name: str, config: Config, expected: tuple[str, Config]
) -> None:
    assert brought_up(version, class_name, **config) == expected


#: A number as Keras 2.0 to 2.2 wrote those of NumPy.
HALF = {"type": "ndarray", "value": 0.5}


def test_what_only_training_needs_is_kept_where_keras_3_has_it() -> None:
    _, config = brought_up(
        "2.2.4",
        "Dense",
        kernel_regularizer={
            "class_name": "L1L2",
            "config": {"l1": 0.0, "l2": HALF},
        },
        bias_regularizer={"class_name": "Mine", "config": {}},
        kernel_initializer={
            "class_name": "VarianceScaling",
            "config": {"scale": 2.0, "distribution": "normal"},
        },
        bias_initializer={"class_name": "Zeros", "config": {"dtype": "float32"}},
        kernel_constraint={"class_name": "MaxNorm", "config": {"max_value": 2}},
    )
    assert config == {
        "kernel_regularizer": {
            "module": "keras.regularizers",
            "class_name": "L1L2",
            "config": {"l1": 0.0, "l2": 0.5},
            "registered_name": None,
        },
        "bias_initializer": {
            "module": "keras.initializers",
            "class_name": "Zeros",
            "config": {},
            "registered_name": None,
        },
    }


def test_whole_numbers_that_a_graph_makes_itself() -> None:
    """Before Keras 3.6 bilinear upsampling cut what it made of them."""
    x = keras.Input((3, 4, 5))
    ids = keras.ops.expand_dims(keras.ops.argmax(x, axis=-1), axis=-1)
    longer = [layers.UpSampling2D(2, interpolation="bilinear", name=name) for name in ("of_ids", "of_x")]
    model = keras.Model(x, [longer[0](ids), longer[1](x)])
    for version, expected in (("3.5.0", "truncated"), ("3.6.0", None)):
        spec = read_architecture(json.loads(model.to_json()), version, "old.json")
        found = {layer.name: layer.config.get("integers") for layer in spec.layers}
        assert (found["of_ids"], found["of_x"]) == (expected, None)


# Refusals


def small(*body: Any, shape: tuple[int, ...] = (9, 8, 3)) -> Any:
    keras.utils.clear_session()
    model = keras.Sequential([keras.Input(shape), *body])
    scramble(model)
    return model


def refusal(path: Path, **arguments: Any) -> list[str]:
    with pytest.raises(UnsupportedModelError) as error:
        maju.load(path, **arguments)
    return [str(problem) for problem in error.value.problems]


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    """The file with another architecture."""
    with h5py.File(path, "r+") as file:
        document = json.loads(file.attrs["model_config"])
        change(document)
        file.attrs["model_config"] = json.dumps(document).encode()
    return path


@pytest.mark.parametrize("backend", ["theano", "cntk"])
def test_padding_as_only_tensorflow_computes_it(backend: str, tmp_path: Path) -> None:
    model = small(
        layers.Conv2D(2, (3, 4), padding="same", name="even"),
        layers.Conv2D(2, 3, padding="same", name="odd"),
        layers.Conv2D(2, 1, strides=2, padding="same", name="single"),
        layers.Conv2D(2, 3, strides=2, padding="same", name="strides"),
        layers.MaxPooling2D(2, padding="same", name="pool"),
        layers.AveragePooling2D((2, 1), name="valid"),
    )
    path = save_keras2(model, tmp_path / "old.h5", version="2.2.4", backend=backend)
    said = f"padding='same' as {backend} computes it for this kernel and these strides"
    assert refusal(path) == [
        f"layer 'even' (Conv2D): {said}",
        f"layer 'strides' (Conv2D): {said}",
        f"layer 'pool' (MaxPooling2D): {said}",
    ]


def test_a_backend_of_no_known_name(tmp_path: Path) -> None:
    path = save_keras2(small(layers.Conv2D(2, 3)), tmp_path / "old.h5", backend="mxnet")
    assert refusal(path) == ["the file: its backend is 'mxnet', which maju does not know"]


def test_keras_1_where_nothing_tells_theano_from_tensorflow(tmp_path: Path) -> None:
    model = small(layers.Conv2D(2, 3))
    path = Keras1(backend="theano", order="tf").save(model, tmp_path / "old.h5")
    (problem,) = refusal(path)
    assert problem == (
        "the file (old.h5): it does not say whether Theano trained it, which turns kernels around: the names "
        "of the weights speak for it, the order of the images' axes against it (write it into the file with "
        "h5py: file.attrs['backend'] = 'theano' or 'tensorflow')"
    )
    with h5py.File(path, "r+") as file:
        file.attrs["backend"] = "theano"
    x = random(2, 9, 8, 3)
    assert_same(maju.load(path).predict(x), model(x), tolerance=1e-5)


def test_a_model_of_keras_1_whose_layers_disagree_about_images(tmp_path: Path) -> None:
    path = Keras1().save(small(layers.Conv2D(2, 3), layers.Conv2D(2, 3)), tmp_path / "old.h5")

    def disagree(document: Any) -> None:
        document["config"][0]["config"]["dim_ordering"] = "th"

    said = ["old.h5: its layers differ in dim_ordering, and not all of them say theirs"]
    assert refusal(changed(path, disagree)) == said


def missing(class_name: str) -> str:
    """What is said of a layer that maju does not have."""
    way_out = f"write it as a layer of maju's, under @maju.register({class_name!r})"
    return f"layer 'old' ({class_name}): a layer that maju does not have ({way_out})"


@pytest.mark.parametrize(
    ("class_name", "config", "said"),
    [
        ("MaxoutDense", {}, missing("MaxoutDense")),
        ("Highway", {}, missing("Highway")),
        ("SReLU", {}, missing("SReLU")),
        (
            "BatchNormalization",
            {"mode": 1},
            "layer 'old' (BatchNormalization): unknown hyper-parameter mode=1",
        ),
        ("Merge", {"mode": "cos"}, missing("Merge(mode='cos')")),
        (
            "Lambda",
            {"function": "f"},
            "layer 'old' (Lambda): runs Python code of its author's, which maju never does "
            "(give what computes it, load(path, replace={'old': layer}), or replace it by layers of Keras "
            "and save again)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_layers_of_keras_1_that_went(class_name: str, config: Config, said: str, tmp_path: Path) -> None:
    path = Keras1().save(small(layers.Dense(2), layers.Dense(3), shape=(4,)), tmp_path / "old.h5")

    def change(document: Any) -> None:
        document["config"][1] = {"class_name": class_name, "config": {"name": "old", **config}}

    assert refusal(changed(path, change)) == [said]


# What real files of those years look like


def without_version(path: Path) -> Path:
    """The file as tools leave it that drop the version and the backend."""
    with h5py.File(path, "r+") as file:
        for holder in (file, file["model_weights"]):
            del holder.attrs["keras_version"], holder.attrs["backend"]
    return path


def test_a_file_of_keras_2_without_its_version(tmp_path: Path) -> None:
    """Read as one of Keras 1 the kernel of as many filters as channels would be turned around."""
    images = small(layers.Conv2DTranspose(3, 2), layers.PReLU(), layers.SeparableConv2D(3, 2))
    sequences = small(layers.GRU(3, return_sequences=True), layers.LSTM(2), shape=(6, 5))
    for model in (images, sequences):
        x = random(2, *model.input_shape[1:])
        path = without_version(save_keras2(model, tmp_path / "old.h5"))
        assert_same(maju.load(path).predict(x), model(x), tolerance=1e-5)


@pytest.mark.parametrize(
    ("name", "version", "today"),
    [
        ("identity", "2.4.0", "linear"),
        ("softmax_v2", "2.2.4-tf", "softmax"),
        ("log_softmax_v2", "2.15.0", "log_softmax"),
        ("relu6", "2.1.5", "relu6"),
        ("swish", "2.2.4", "swish"),
        ("gelu", "2.4.0", "gelu"),
        ("gelu", "2.3.0-tf", None),
        ("gelu", "2.3.1", None),
    ],
)
def test_functions_that_were_given_as_activations(
    name: str, version: str, today: str | None, tmp_path: Path
) -> None:
    model = small(layers.Dense(2, name="dense"), shape=(4,))

    def change(document: Any) -> None:
        document["config"]["layers"][-1]["config"]["activation"] = name

    path = changed(save_keras2(model, tmp_path / "old.h5", version=version), change)
    if today is None:
        (said,) = refusal(path)
        assert f"{name}', an activation that maju does not know" in said
        return
    x = random(3, 4)
    expected = keras.activations.get(today)(model(x))
    assert_same(maju.load(path).predict(x), expected, tolerance=1e-6)


def test_an_activation_that_keras_had_not_yet_can_be_registered(tmp_path: Path) -> None:
    """Users of older Keras wrote gelu in two ways."""
    model = small(layers.Dense(2, activation="gelu"), shape=(4,))
    path = save_keras2(model, tmp_path / "old.h5", version="2.2.4")
    x = random(3, 4)
    before = model.layers[-1]
    z = x @ before.kernel.numpy() + before.bias.numpy()
    maju.register("gelu")(lambda x: 3 * x)
    try:
        assert_same(maju.load(path).predict(x), 3 * z, tolerance=1e-6)
    finally:
        maju.unregister("gelu")


# Damage


def test_a_version_that_is_none(tmp_path: Path) -> None:
    path = save_keras2(small(layers.Dense(2), shape=(4,)), tmp_path / "old.h5", version="two")
    with pytest.raises(ModelFormatError, match=r"^old\.h5: no version of Keras: 'two'$"):
        maju.load(path)
    maju.load(path, keras_version="2.9.0")


def test_too_few_arrays_in_a_nested_model(tmp_path: Path) -> None:
    keras.utils.clear_session()
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)], name="inner")
    path = save_keras2(keras.Sequential([keras.Input((4,)), inner]), tmp_path / "old.h5")
    with h5py.File(path, "r+") as file:
        group = file["model_weights/inner"]
        group.attrs["weight_names"] = group.attrs["weight_names"][:3]
    said = r"^old\.h5: layer 'inner' \(Sequential\) needs 4 arrays, the file holds 3$"
    with pytest.raises(ModelFormatError, match=said):
        maju.load(path)


@pytest.mark.parametrize("broken", [{"kernel_size": "x", "padding": "same"}, {"kernel_size": None}], ids=repr)
def test_broken_kernels_of_theano(broken: Config, tmp_path: Path) -> None:
    model = small(layers.Conv2D(2, 3))
    path = save_keras2(model, tmp_path / "old.h5", version="2.2.4", backend="theano")

    def change(document: Any) -> None:
        document["config"]["layers"][-1]["config"] |= broken

    with pytest.raises(ModelFormatError, match=r"^old\.h5: "):
        maju.load(changed(path, change))


def test_weights_of_the_older_archives_that_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "old.weights.h5"
    model = small(layers.Dense(2, name="one"), layers.Dense(2, name="two"), shape=(4,))
    with h5py.File(path, "w") as file:
        file.create_group(f"{OLDER}/dense/vars").create_dataset("0", data=np.zeros((4, 2), np.float32))
    (tmp_path / "model.json").write_text(model.to_json())
    with pytest.raises(
        ModelFormatError, match=r"layer 'one' \(Dense\) needs 2 arrays, the file holds 1 there"
    ):
        maju.load(path, architecture=tmp_path / "model.json")


def test_a_file_of_another_version_than_it_says(tmp_path: Path) -> None:
    """The layout of the weights tells itself."""
    model = small(layers.Dense(4), layers.Dense(5), layers.Dense(3, activation="softmax"), shape=(4,))
    x = random(5, 4)
    for said, true in (("2.12.0", "2.14.0"), ("2.14.0", "2.13.1"), ("2.15.0", "2.12.0")):
        path = save_keras2_archive(model, tmp_path / "old.keras", true)
        assert_same(maju.load(path, keras_version=said).predict(x), model(x), PROBABILITIES)


def test_a_version_without_all_its_parts_is_the_newest_of_them() -> None:
    assert Version("3").numbers > Version("3.15.1").numbers
    assert Version("2").numbers > Version("2.15.0").numbers
    assert not Version("2").many_backends
    assert Version("2.2").many_backends
    assert Version("3.4").numbers < Version("3.10.0").numbers


def test_a_json_architecture_of_keras_3_which_tells_no_version_is_of_today(tmp_path: Path) -> None:
    """Maximum computes with masks since Keras 3.4."""
    ids = keras.Input((4,), dtype="int32")
    tokens = [layers.Embedding(6, 3, mask_zero=True)(ids) for _ in range(2)]
    model = keras.Model(ids, layers.Maximum()(tokens))
    (tmp_path / "model.json").write_text(model.to_json())
    model.save_weights(tmp_path / "model.weights.h5")
    x = np.array([[1, 0, 2, 3], [0, 4, 5, 0]])
    mine = maju.load(tmp_path / "model.weights.h5", architecture=tmp_path / "model.json")
    assert_same(mine.predict(x), model.predict(x, verbose=0))


@pytest.mark.parametrize(
    ("version", "class_name", "theirs"),
    [
        ("2.2.4", "LayerNormalization", True),
        ("1.2.2", "Attention", True),
        ("2.3.1", "ReLU", False),
        ("2.3.0-tf", "LayerNormalization", False),
        ("2.4.0", "LayerNormalization", False),
        ("3.0.0", "LayerNormalization", False),
    ],
)
def test_a_class_whose_name_keras_took_later_is_its_authors(
    version: str, class_name: str, theirs: bool, tmp_path: Path
) -> None:
    entry = {"class_name": class_name, "config": {"name": "one", "trainable": True}}
    config = {"name": "s", "layers": [entry], "build_input_shape": [None, 3]}
    document = {"class_name": "Sequential", "keras_version": version, "config": config}
    spec = read_architecture(document, version, "old.json")
    assert spec.layers[-1].custom is theirs
    assert (spec.layers[-1].cls is None) is theirs


@pytest.mark.parametrize(
    ("version", "factor", "expected"),
    [("2.15.0", 0.3, [0.3, 0.3]), ("2.15.0", [0.1, 0.2], [0.1, 0.2]), ("3.0.0", 0.3, 0.3)],
)
def test_a_contrast_is_drawn_on_both_sides_in_keras_2(version: str, factor: Any, expected: Any) -> None:
    _, config = modern("RandomContrast", {"name": "c", "factor": factor}, Version(version))
    assert config["factor"] == expected
