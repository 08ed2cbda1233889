"""Every layer under Keras's name: Keras's arguments, Keras's config, and a file that Keras runs alike."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import maju
from layers.examples import EXAMPLES
from maju import initializers, layers, regularizers
from maju.errors import InputError, UnsupportedModelError
from maju.formats.specification import refs_in
from maju.models import blueprints

KERAS: Any = keras.layers
MAJU: Any = layers
#: Configs where the layer's example has none, or one that Keras does not run on a CPU.
CONFIGS: dict[str, dict[str, Any]] = {
    "AdaptiveAveragePooling3D": {"output_size": (3, 5, 2)},
    "AdaptiveMaxPooling3D": {"output_size": (3, 5, 2)},
    "Conv3DTranspose": {"filters": 2, "kernel_size": (2, 1, 3), "strides": 2},
    "Equalization": {},
    "MaxNumBoundingBoxes": {"max_number": 3},
    "RandomCrop": {"height": 3, "width": 2, "seed": 3},
    "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.2},
    "RandomZoom": {"height_factor": 0.1},
    **{
        f"Random{name}": {"factor": 0.2}
        for name in (
            "Brightness",
            "ColorDegeneration",
            "Contrast",
            "Hue",
            "Rotation",
            "Saturation",
            "Sharpness",
        )
    },
    "RandomPosterization": {"factor": 4},
}
#: What Keras takes as one number and stores as a range.
RANGES = {"factor", "scale", "sigma", "kernel_size", "x_factor", "y_factor"}
#: Keys that one of the two writes at a value that says nothing.
SILENT: dict[str, tuple[Any, ...]] = {
    "data_format": ("channels_last",),
    "dtype": ("float32",),
    "renorm": (False,),
    "renorm_momentum": (0.99,),
    "fill_value": (-1,),
    "seed": (3,),
    "sparse": (False,),
    "unroll": (False,),
}
#: Layers whose own graph Keras takes for a circle.
CIRCLES = {"Equalization"}
#: Layers that Keras runs on bounding boxes alone.
NOT_RUN = {"MaxNumBoundingBoxes"}


def test_every_layer_of_keras_is_there() -> None:
    known = set(maju.layers.registry.known())
    names = {name for name, thing in vars(KERAS).items() if inspect.isclass(thing)}
    names = {n for n in names if known & {n, getattr(KERAS, n).__name__}} - {"InputLayer"}
    assert set(blueprints.__all__) == names
    assert set(layers.__all__) >= names


@pytest.mark.parametrize("name", blueprints.__all__)
def test_signature(name: str) -> None:
    ours, theirs = (
        [(p.name, p.default, p.kind) for p in inspect.signature(getattr(lib, name)).parameters.values()]
        for lib in (blueprints, KERAS)  # layers.GRUCell and its like also take weights
    )
    assert ours == theirs
    assert getattr(MAJU, name).__doc__


def arguments(config: dict[str, Any], library: Any) -> dict[str, Any]:
    """A config with layers in place of what a file holds of them."""

    def made(value: Any) -> Any:
        if isinstance(value, dict) and "class_name" in value:
            return getattr(library, value["class_name"])(**arguments(value["config"], library))
        held = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
        return [made(item) for item in value] if held else value

    lists = ("kernel_size", "strides", "pool_size", "output_size", "dilation_rate")
    return {k: tuple(v) if k in lists and isinstance(v, list) else made(v) for k, v in config.items()}


def said(value: Any) -> Any:
    """A config without what says nothing."""
    if isinstance(value, dict):
        if value.get("class_name") == "DTypePolicy":
            return value["config"]["name"]
        kept = {
            k: said(v) for k, v in value.items() if k not in ("registered_name", "module", "build_config")
        }
        return {k: v for k, v in kept.items() if v is not None and not any(v == s for s in SILENT.get(k, ()))}
    if isinstance(value, (list, tuple)):
        return [said(item) for item in value]
    return value


def called(name: str, layer: Any, tensors: list[Any]) -> Any:
    if name in ("MultiHeadAttention", "GroupQueryAttention"):
        return layer(*tensors)
    if name == "StackedRNNCells":
        return layer(tensors[0], [tensors[1], tensors[2:]])
    if name.endswith("Cell"):
        states = tensors[1:]
        return layer(tensors[0], states[0] if name == "GRUCell" else states)
    return layer(tensors if len(tensors) > 1 else tensors[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(blueprints.__all__) & EXAMPLES.keys() - CIRCLES))
def test_keras_makes_and_runs_the_same_layer(name: str, tmp_path: Path) -> None:
    config = CONFIGS.get(name, dict(EXAMPLES[name].config))
    x = EXAMPLES[name].x
    xs = x if isinstance(x, list) else [x[..., :3] if name.startswith("Random") else x]
    types = [{"U": "string", "i": "int32"}.get(part.dtype.kind, "float32") for part in xs]
    layer = getattr(MAJU, name)(**arguments(config, MAJU), name="it")
    inputs = [maju.Input(part.shape[1:], dtype=kind) for part, kind in zip(xs, types, strict=True)]
    model = maju.Model(inputs, called(name, layer, inputs))
    theirs = getattr(KERAS, name)(**arguments(config, KERAS), name="it")
    keras_inputs = [keras.Input(part.shape[1:], dtype=kind) for part, kind in zip(xs, types, strict=True)]
    outputs = called(name, theirs, keras_inputs)
    mine, keras_s = said(layer.get_config()), said(theirs.get_config())
    if name == "HashedCrossing":
        (
            mine.pop("trainable"),
            mine.pop("name"),
            mine.pop("dtype", None),
            keras_s.pop("name", None),
            keras_s.pop("dtype", None),
        )
    if name in ("StringLookup", "TextVectorization", "IntegerLookup"):
        mine.pop("vocabulary"), keras_s.pop("vocabulary")
    for key in RANGES & mine.keys() if name.startswith(("Random", "AugMix", "CutMix", "RandAug")) else set():
        mine.pop(key), keras_s.pop(key)
    if name == "Solarization":
        for key in ("addition_factor", "threshold_factor"):
            mine.pop(key), keras_s.pop(key)
    assert mine == keras_s
    assert sorted(w.shape for w in layer.weights.values()) == sorted(
        tuple(w.shape) for w in theirs.weights if "seed_generator" not in w.path
    )
    shapes = [model.shapes[ref] for ref in refs_in(model.spec.outputs)]
    if name != "RandomCrop":  # which hands whole images on in inference, whatever Keras says of their shape
        for shape, tensor in zip(shapes, keras.tree.flatten(outputs), strict=True):
            assert shape is not None
            told = [n if m is None else m for n, m in zip(shape, tensor.shape, strict=True)]
            assert told == list(shape)  # of an EinsumDense, Keras does not tell all
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    if "string" not in types and name not in NOT_RUN:
        ours = keras.tree.flatten(model.predict(xs))
        for one, other in zip(ours, keras.tree.flatten(again.predict(xs, verbose=0)), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-4)


LARGE: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "Dense": (lambda lib: lib.Dense(300), (200,)),
    "Conv2D, in groups": (lambda lib: lib.Conv2D(80, (3, 5), groups=2), (8, 9, 60)),
    "Conv2DTranspose": (lambda lib: lib.Conv2DTranspose(60, 3), (8, 9, 50)),
    "DepthwiseConv2D": (lambda lib: lib.DepthwiseConv2D(11, depth_multiplier=4), (30, 30, 90)),
    "SeparableConv1D": (lambda lib: lib.SeparableConv1D(200, 9, depth_multiplier=5), (30, 90)),
    "Embedding": (lambda lib: lib.Embedding(500, 60), (5,)),
    "LSTM": (lambda lib: lib.LSTM(90), (7, 130)),
    "GRU": (lambda lib: lib.GRU(90), (7, 130)),
    "EinsumDense": (lambda lib: lib.EinsumDense("abc,cde->abde", (None, 20, 40), bias_axes="de"), (3, 90)),
    "MultiHeadAttention": (lambda lib: lib.MultiHeadAttention(5, 60, value_dim=30), (7, 130)),
    "GroupQueryAttention": (lambda lib: lib.GroupQueryAttention(60, 6, 2), (7, 130)),
    "AdditiveAttention": (lambda lib: lib.AdditiveAttention(), (7, 30000)),
    "BatchNormalization": (lambda lib: lib.BatchNormalization(), (7, 130)),
    "PReLU": (lambda lib: lib.PReLU("he_uniform"), (90, 130)),
    "Bidirectional": (lambda lib: lib.Bidirectional(lib.LSTM(60)), (7, 130)),
    "RNN of cells": (lambda lib: lib.RNN([lib.LSTMCell(80), lib.GRUCell(60)]), (7, 130)),
    "SpectralNormalization": (lambda lib: lib.SpectralNormalization(lib.Dense(30000)), (3,)),
    "STFTSpectrogram": (lambda lib: lib.STFTSpectrogram(frame_length=60), (90, 1)),
}


@pytest.mark.parametrize("case", LARGE)
def test_weights_start_as_keras_s_do(case: str) -> None:
    make, shape = LARGE[case]
    maju.set_random_seed(2)
    keras.utils.set_random_seed(2)
    several = "Attention" in case
    ours, theirs = make(MAJU), make(KERAS)
    inputs = [maju.Input(shape)] * 2 if several else [maju.Input(shape)]
    keras_inputs = [keras.Input(shape)] * 2 if several else [keras.Input(shape)]
    listed = case == "AdditiveAttention"
    ours(inputs) if listed else ours(*inputs)
    theirs(keras_inputs) if listed else theirs(*keras_inputs)
    paths = {weight.path.split("/", 1)[-1]: np.asarray(weight) for weight in theirs.weights}
    found = {path: array for path, array in ours.layer.weights.items() if array.size > 1}
    keras_s = sorted(
        (array for array in paths.values() if array.size > 1 and array.dtype.kind == "f"), key=key
    )
    for array, other in zip(sorted(found.values(), key=key), keras_s, strict=True):
        assert array.shape == other.shape
        spread = other.std()
        assert array.std() == pytest.approx(spread, rel=0.05, abs=1e-6)
        assert array.mean() == pytest.approx(other.mean(), abs=1e-6 + 8 * spread / np.sqrt(other.size))


def key(array: Any) -> tuple[Any, ...]:
    return (*array.shape, round(float(array.mean()), 2))


def test_the_forget_gate_begins_open() -> None:
    bias = {flag: layers.LSTM(3, unit_forget_bias=flag) for flag in (True, False)}
    for blueprint in bias.values():
        blueprint.build((None, 4, 2))
    assert bias[True].cell.bias.tolist() == [0] * 3 + [1] * 3 + [0] * 6
    assert bias[False].cell.bias.tolist() == [0] * 12


def test_before_and_after_the_first_call() -> None:
    maju.clear_session()
    dense = layers.Dense(3, activation="relu", kernel_regularizer=regularizers.L2(0.1), dtype="float64")
    assert (dense.name, dense.units, dense.activation) == ("dense", 3, "relu")
    assert dense.config["kernel_regularizer"]["class_name"] == "L2"
    assert repr(dense) == "layers.Dense(units=3, activation='relu', use_bias=True, name='dense')"
    with pytest.raises(
        AttributeError, match="has no attribute 'kernel'; it has no weights before its first call"
    ):
        _ = dense.kernel
    y = dense(np.ones((2, 5)))
    assert (y.shape, dense.kernel.shape, dense.kernel.dtype) == ((2, 3), (5, 3), np.float64)
    dense.trainable = False
    assert dense.layer is not None
    assert dense.layer.trainable is False
    assert layers.Dense(1).name == "dense_1"
    assert layers.Dense(1, name="mine").name == "mine"


def test_weights_that_are_given() -> None:
    table = np.arange(12.0).reshape(4, 3)
    embedding = layers.Embedding(4, 3, weights=[table], trainable=False)
    assert embedding(np.array([[2]])).tolist() == [[[6, 7, 8]]]
    by_array = layers.Dense(3, kernel_initializer=initializers.Constant(table.tolist()))
    by_array.build((None, 4))
    np.testing.assert_array_equal(by_array.kernel, table)
    with pytest.raises(InputError, match=r"weights of shapes \[\(2, 2\)\] were given, expected \[\(4, 3\)\]"):
        layers.Embedding(4, 3, weights=[np.ones((2, 2))])(np.array([[2]]))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: MAJU.Dense("64"), r"'dense' \(Dense\): units='64'; expected whole numbers from 1 to"),
        (
            lambda: MAJU.Dense(),
            "layers.Dense: missing a required argument: 'units'; its arguments are units, ",
        ),
        (
            lambda: MAJU.Dense(3, actvation="relu"),
            "layers.Dense has no argument 'actvation'; near it are activation",
        ),
        (
            lambda: MAJU.Dense(3, kernel_initializer="he_norml"),
            "kernel_initializer: no initializer 'he_norml'",
        ),
        (lambda: MAJU.Dense(3, kernel_regularizer="l3"), "kernel_regularizer: no regularizer 'l3'"),
        (lambda: MAJU.Dense(3, lora_rank=2), "lora_rank is known in files alone"),
        (lambda: MAJU.Dense(3, dtype="float12"), "float12"),
        (lambda: MAJU.Dropout(1.5)(maju.Input((3,))), "rate is a probability between 0 and 1, not 1.5"),
        (
            lambda: MAJU.Conv2D(3, 3)(maju.Input((4,))),
            r"expected 4 axes, the batch's among them, got shape \(None, 4\)",
        ),
        (lambda: MAJU.Conv2D(3, 3)(maju.Input((2, 2, 1))), "is too small, nothing is left of it"),
        (lambda: MAJU.LSTM(3)(maju.Input((4,))), r"'lstm' \(LSTM\) expected 3 axes"),
        (
            lambda: MAJU.Dense(3)(maju.Input((None,))),
            r"does not tell how large kernel is; give maju.Input the lengths",
        ),
        (lambda: MAJU.Dense(3)(3), r"shape \(\) of its input does not tell how large kernel is"),
        (
            lambda: MAJU.TimeDistributed(layers.DenseLayer(np.ones((2, 2)))),
            "layer must be a new layer, as layers.Dense",
        ),
        (lambda: MAJU.MultiHeadAttention(2, 3)(maju.Input((4, 2))), "multi_head_attention"),
    ],
)
def test_wrong_use(wrong: Any, message: str) -> None:
    maju.clear_session()
    with pytest.raises((InputError, UnsupportedModelError), match=message):
        wrong()


def test_a_layer_has_one_place() -> None:
    dense = layers.Dense(3, name="shared")
    wrapper = layers.TimeDistributed(dense)
    with pytest.raises(
        InputError, match=r"'shared' .* belongs to 'time_distributed.*', and cannot be called by itself"
    ):
        dense(maju.Input((4,)))
    with pytest.raises(InputError, match=r"'shared' .* belongs to 'time_distributed.*' already"):
        layers.TimeDistributed(dense)
    assert wrapper(maju.Input((5, 4))).shape == (None, 5, 3)


def test_a_layer_keeps_to_its_shape() -> None:
    dense = layers.Dense(3, name="d")
    dense(maju.Input((4,)))
    with pytest.raises(
        InputError, match=r"'d' .* weights for another shape: kernel of shape \(4, 3\), .* \(5, 3\)"
    ):
        dense(maju.Input((5,)))


def relu(x: Any) -> Any:
    return 7 * x


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (np.tanh, "tanh"),
        (keras.activations.silu, "silu"),
        (layers.activations.get("relu"), "relu"),
        (layers.LeakyReLU(0.1), None),
    ],
    ids=["ufunc", "of keras", "of maju", "layer"],
)
def test_what_can_be_an_activation(given: Any, name: str | None) -> None:
    made = layers.Dense(3, activation=given)
    assert made.config["activation"] == name or made.config["activation"]["class_name"] == "LeakyReLU"
    assert made(np.ones((2, 4), np.float32)).shape == (2, 3)


@pytest.mark.parametrize(
    "given",
    [relu, lambda x: x, 3, maju.initializers.Ones(), layers.PReLU(), layers.ReLU, layers.Dense(3)],
    ids=["named as one", "lambda", "number", "initializer", "with weights", "class", "another layer"],
)
def test_what_can_be_no_activation(given: Any) -> None:
    message = r"activation: expected the name of an activation, as 'relu', or a layer of one, .*\(\), got "
    with pytest.raises(InputError, match=message):
        layers.Dense(3, activation=given)


def test_an_activation_of_the_user_s_own_by_its_function() -> None:
    maju.register("sevenfold", gradient=lambda x, y, dy: 7 * dy)(sevenfold)
    try:
        assert layers.Dense(3, activation=sevenfold).config["activation"] == "sevenfold"
    finally:
        maju.unregister("sevenfold")


def sevenfold(x: Any) -> Any:
    return 7 * x


def test_a_function_is_no_initializer_that_a_file_can_hold() -> None:
    with pytest.raises(
        InputError, match=r"kernel_initializer: no file can hold array\(\[\[1., 1.\], \[1., 1.\]\]\)"
    ):
        layers.Dense(2, kernel_initializer=np.ones((2, 2)))  # type: ignore[arg-type]


# What is learned from data

TEXTS = [
    "makanannya enak sekali",
    "mahal dan tempatnya kotor",
    "Enak, dan murah!",
    "pelayanannya ramah dan enak",
]


@pytest.mark.parametrize(
    "config",
    [
        {"max_tokens": 6, "output_sequence_length": 5},
        {"output_mode": "tf_idf"},
        {"output_mode": "multi_hot", "max_tokens": 5, "pad_to_max_tokens": True},
        {"output_mode": "count", "ngrams": 2, "standardize": "lower"},
    ],
    ids=lambda config: config.get("output_mode", "int"),
)
def test_a_vocabulary_is_learned_as_keras_learns_it(config: dict[str, Any]) -> None:
    theirs, mine = keras.layers.TextVectorization(**config), layers.TextVectorization(**config)
    for layer in (theirs, mine):
        layer.adapt(TEXTS)
    # Tokens as frequent as others stand in an order of Keras's own: from the end of the alphabet.
    assert mine.get_vocabulary() == theirs.get_vocabulary()
    new = ["enak dan enak", "tidak ramah", ""]
    np.testing.assert_allclose(mine(new), theirs(new).numpy(), rtol=1e-6)


def test_texts_are_learned_trained_on_and_saved(tmp_path: Path) -> None:
    words = layers.TextVectorization(max_tokens=20, output_sequence_length=6)
    words.adapt(TEXTS)
    stack = [maju.Input((), dtype="string"), words, layers.Embedding(20, 4, mask_zero=True), layers.LSTM(3)]
    model = maju.Sequential([*stack, layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(TEXTS, np.array([1, 0, 1, 1]), epochs=1, verbose=0)
    model.save(tmp_path / "texts.keras")
    theirs = keras.saving.load_model(tmp_path / "texts.keras")
    expected = theirs.predict(keras.ops.convert_to_tensor(TEXTS), verbose=0)
    np.testing.assert_allclose(model.predict(TEXTS), expected, atol=1e-6)


def test_without_a_vocabulary_there_are_no_ids() -> None:
    words = layers.TextVectorization(name="words")
    for call in (lambda: words(["satu"]), lambda: maju.Sequential([maju.Input((), dtype="string"), words])):
        with pytest.raises(
            InputError, match=r"layer 'words' \(TextVectorization\) has no vocabulary yet: call"
        ):
            call()
    with pytest.raises(InputError, match="learns the vocabulary of TextVectorization alone"):
        layers.Normalization().adapt([1.0])
