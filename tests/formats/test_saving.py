from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import maju
from formats.archives import members
from formats.samples import SAMPLES, Sample
from maju.errors import InputError, ModelFormatError, UnsupportedModelError
from maju.formats import OPENED
from maju.models import Classifier
from parity.compare import PROBABILITIES, assert_same

Saved = Callable[..., Path]

KINDS: dict[str, type[Classifier]] = {
    "cnn": maju.CNNFromScratch,
    "rnn": maju.RNNFromScratch,
    "lstm": maju.LSTMFromScratch,
}
WHOLE = (".keras", ".h5", ".safetensors")


@pytest.fixture(params=list(SAMPLES.values()), ids=list(SAMPLES))
def sample(request: pytest.FixtureRequest) -> Sample:
    found: Sample = request.param
    return found


# Through maju and back, bit for bit


def every_sample_as(*suffixes: str) -> pytest.MarkDecorator:
    """Every sample in every format that can hold it."""
    pairs = [(s, suffix) for s in SAMPLES.values() for suffix in suffixes]
    return pytest.mark.parametrize(("sample", "suffix"), pairs, ids=[f"{s.name}{e}" for s, e in pairs])


@every_sample_as(*WHOLE)
def test_what_maju_saves_it_opens_bit_for_bit(
    sample: Sample, suffix: str, saved: Saved, tmp_path: Path
) -> None:
    model = maju.load(saved(sample.name))
    path = tmp_path / f"again{suffix}"
    model.save(path)
    again = maju.load(path)
    assert_same(again.predict(sample.x), model.predict(sample.x), tolerance=0)
    assert again.summary(print_fn=None) == model.summary(print_fn=None)
    assert [layer.get_config() for layer in again.layers] == [layer.get_config() for layer in model.layers]


def test_weights_alone_go_back_into_the_same_layers(sample: Sample, saved: Saved, tmp_path: Path) -> None:
    model = maju.load(saved(sample.name))
    expected = model.predict(sample.x)
    path = tmp_path / "only.weights.h5"
    model.save(path)
    for weight in model.weights.values():
        weight[...] = 0
    assert_same(model.load_weights(path).predict(sample.x), expected, tolerance=0)
    assert_same(maju.load(path, architecture=saved(sample.name)).predict(sample.x), expected, tolerance=0)


def test_weights_alone_from_keras_go_into_the_layers_of_maju(sample: Sample, saved: Saved) -> None:
    model = maju.load(saved(sample.name))
    expected = model.predict(sample.x)
    for weight in model.weights.values():
        weight[...] = 0
    model.load_weights(saved(sample.name, ".weights.h5"))
    assert_same(model.predict(sample.x), expected, tolerance=0)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("suffix", OPENED)
def test_save_weights_and_load_weights_of_a_classifier(
    name: str, suffix: str, saved: Saved, tmp_path: Path
) -> None:
    kind, sample = KINDS[name], SAMPLES[name]
    model = kind().load_keras_model(saved(name))
    path = tmp_path / f"model{suffix}"
    model.save_weights(path)
    again = kind()
    if suffix == ".weights.h5":
        with pytest.raises(InputError, match=r"model\.weights\.h5: weights alone; load the model that they"):
            again.load_weights(path)
        again.load_keras_model(saved(name))
        for weight in again.weights.values():
            weight[...] = 0
    assert again.load_weights(path) is again
    np.testing.assert_array_equal(again.predict_proba(sample.x), model.predict_proba(sample.x))
    np.testing.assert_array_equal(again.predict(sample.x), model.predict(sample.x))
    assert_same(again.predict_proba(sample.x), sample.expected, PROBABILITIES)


def test_a_live_keras_model_is_taken_over(tmp_path: Path) -> None:
    sample = SAMPLES["cnn"]
    model = maju.CNNFromScratch().load_keras_model(sample.keras_model)
    assert_same(model.predict_proba(sample.x), sample.expected, PROBABILITIES)


def test_weights_that_were_changed_are_what_is_saved(saved: Saved, tmp_path: Path) -> None:
    model = maju.load(saved("lstm"))
    model["lstm"].weights["cell/bias"][2] = 7.5
    model.save(tmp_path / "changed.keras")
    assert maju.load(tmp_path / "changed.keras")["lstm"].weights["cell/bias"][2] == 7.5
    reopened = keras.models.load_model(tmp_path / "changed.keras")
    assert reopened.get_layer("lstm").cell.bias.numpy()[2] == 7.5


# Through maju to Keras


@every_sample_as(".keras", ".h5")
def test_keras_opens_what_maju_saves(sample: Sample, suffix: str, saved: Saved, tmp_path: Path) -> None:
    path = tmp_path / f"for-keras{suffix}"
    maju.load(saved(sample.name)).save(path)
    reopened = keras.models.load_model(path, compile=False)
    assert_same(sample.run(reopened), sample.expected, PROBABILITIES)
    assert [layer.name for layer in reopened.layers] == [layer.name for layer in sample.keras_model.layers]


def test_keras_loads_the_weights_that_maju_saves(sample: Sample, saved: Saved, tmp_path: Path) -> None:
    path = tmp_path / "for-keras.weights.h5"
    for name in ("model.keras", path.name):
        maju.load(saved(sample.name)).save(tmp_path / name)
    model = keras.models.load_model(tmp_path / "model.keras", compile=False)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(weight * 0)
    model.load_weights(path)
    assert_same(sample.run(model), sample.expected, tolerance=0)


@pytest.mark.parametrize("suffix", WHOLE)
def test_what_only_training_needs_is_kept(suffix: str, tmp_path: Path) -> None:
    kernel = {
        "kernel_initializer": keras.initializers.TruncatedNormal(stddev=0.123, seed=7),
        "kernel_regularizer": keras.regularizers.L1L2(0.01, 0.02),
        "kernel_constraint": keras.constraints.MaxNorm(2.5),
    }
    frozen = keras.Sequential([keras.Input((3,)), layers.Dense(3)], name="frozen")
    frozen.trainable = False
    middle = [layers.Dense(3, trainable=False, name="fixed", activity_regularizer="l2")]
    if suffix != ".h5":
        middle.append(frozen)
    entrance = keras.Input((5, 4))
    recurrent = layers.LSTM(3, recurrent_initializer="he_uniform", unit_forget_bias=False, dropout=0.1)
    x = layers.Dropout(0.3, seed=11)(layers.Bidirectional(recurrent, merge_mode="sum")(entrance))
    for layer in middle:
        x = layer(x)
    model = keras.Model(entrance, layers.Dense(2, name="regular", **kernel)(x))
    model.compile(keras.optimizers.SGD(0.5, momentum=0.9), "mse")
    model.save(tmp_path / "by-keras.keras")
    maju.load(tmp_path / "by-keras.keras").save(tmp_path / f"by-maju{suffix}")
    maju.load(tmp_path / f"by-maju{suffix}").save(tmp_path / "again.keras")
    reopened = keras.models.load_model(tmp_path / "again.keras", compile=False)
    by_keras = keras.models.load_model(tmp_path / "by-keras.keras", compile=False)
    for layer, other in zip(by_keras.layers, reopened.layers, strict=True):
        assert json.loads(json.dumps(other.get_config())) == json.loads(json.dumps(layer.get_config()))
    assert reopened.get_layer("fixed").trainable is False
    assert [weight.path for weight in reopened.trainable_weights] == [w.path for w in model.trainable_weights]


def test_a_model_that_is_frozen_as_a_whole_stays_frozen(tmp_path: Path) -> None:
    x = keras.Input((3,))
    model = keras.Model(x, layers.Dense(2)(x))
    model.trainable = False
    for suffix in (".keras", ".h5", ".safetensors"):
        maju.load(model).save(tmp_path / f"frozen{suffix}")
        maju.load(tmp_path / f"frozen{suffix}").save(tmp_path / "again.keras")
        reopened = keras.models.load_model(tmp_path / "again.keras")
        assert not reopened.trainable
        assert reopened.trainable_weights == []


@pytest.mark.parametrize("suffix", WHOLE)
def test_a_vocabulary_survives(suffix: str, saved: Saved, tmp_path: Path) -> None:
    model = maju.load(saved("texts"))
    vocabulary = SAMPLES["texts"].keras_model.layers[0].get_vocabulary()
    model.save(tmp_path / f"texts{suffix}")
    again: Any = maju.load(tmp_path / f"texts{suffix}")["text_vectorization"]
    assert again.vocabulary == vocabulary
    assert "é" in vocabulary


def test_the_vocabulary_that_keras_loses_in_an_h5_is_missed(saved: Saved) -> None:
    with pytest.raises(UnsupportedModelError) as error:
        maju.load(saved("texts", ".h5"))
    assert str(error.value) == (
        "not supported: layer 'text_vectorization' (TextVectorization): the file does not hold its "
        "vocabulary (save the model as .keras)"
    )


# What a format cannot hold


def test_every_suffix_is_checked(saved: Saved, tmp_path: Path) -> None:
    model = maju.load(saved("cnn"))
    for name in ("model", "model.pb", "model.tflite", "keras"):
        with pytest.raises(ModelFormatError, match=r"the suffix must be one of \.keras, \.weights\.h5, \.h5"):
            model.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def architecture(version: str, *entries: dict[str, Any], folder: Path) -> Path:
    """A JSON architecture of a Sequential without weights of its own."""
    path = folder / "model.json"
    document = {"class_name": "Sequential", "keras_version": version}
    path.write_text(json.dumps({**document, "config": {"name": "m", "layers": entries}}))
    return path


def test_what_keras_3_has_no_name_for_is_written_in_its_words(tmp_path: Path) -> None:
    """DenseNet's layers were called conv1/conv in Keras 2, whose hard_sigmoid was another function."""
    settings = {"batch_input_shape": [None, 4, 3], "sparse": False, "name": "x", "dtype": "float32"}
    entrance = {"class_name": "InputLayer", "config": settings}
    half = {"units": 2, "recurrent_activation": "hard_sigmoid", "reset_after": True, "name": "half"}
    both = {"name": "both", "layer": {"class_name": "GRU", "config": {**half, "return_sequences": True}}}
    json_file = architecture(
        "2.4.0",
        entrance,
        {"class_name": "Activation", "config": {"name": "block1/act", "activation": "hard_sigmoid"}},
        {"class_name": "Bidirectional", "config": both},
        folder=tmp_path,
    )
    weights = tmp_path / "old.h5"
    rng = np.random.default_rng(0)
    with h5py.File(weights, "w") as file:
        file.attrs["layer_names"] = np.array([b"x", b"block1/act", b"both"])
        file.create_group("x").attrs["weight_names"] = np.zeros(0)
        file.create_group("block1/act").attrs["weight_names"] = np.zeros(0)
        names = [f"{half}/{name}" for half in ("forward", "backward") for name in ("k", "r", "b")]
        both_group = file.create_group("both")
        both_group.attrs["weight_names"] = np.array([name.encode() for name in names])
        for name, shape in zip(names, [(3, 6), (2, 6), (2, 6)] * 2, strict=True):
            both_group.create_dataset(name, data=rng.normal(size=shape).astype(np.float32))
    model = maju.load(weights, architecture=json_file)
    x = rng.normal(size=(5, 4, 3)).astype(np.float32)
    for suffix in (".keras", ".h5", ".safetensors"):
        path = tmp_path / f"new{suffix}"
        model.save(path)
        again = maju.load(path)
        np.testing.assert_array_equal(again.predict(x), model.predict(x))
        first = "block1/act" if suffix == ".safetensors" else "block1_act"
        assert [layer.name for layer in again.layers] == ["x", first, "both"]
        assert again[first].get_config()["activation"] == "hard_sigmoid_keras2"
        if suffix != ".safetensors":
            found = keras.saving.load_model(path).predict(x, verbose=0)
            np.testing.assert_allclose(found, model.predict(x), rtol=0, atol=PROBABILITIES)


def test_the_mark_that_a_classifier_leaves(saved: Saved, tmp_path: Path) -> None:
    maju.LSTMFromScratch.load(saved("lstm")).save_weights(tmp_path / "marked.keras")
    assert json.loads(members(tmp_path / "marked.keras")["metadata.json"])["maju"] == {
        "class": "LSTMFromScratch"
    }
    maju.load(tmp_path / "marked.keras").save(tmp_path / "plain.keras")
    assert "maju" not in json.loads(members(tmp_path / "plain.keras")["metadata.json"])


# With no Keras anywhere

WITHOUT_KERAS = """
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("keras", "tensorflow", "tf_keras", "torch", "jax"):
            raise ImportError(f"{name} is not here")

sys.meta_path.insert(0, Nothing())
import numpy as np
import maju

source, folder, suffix = sys.argv[1:]
x = np.load(f"{folder}/x.npy")
model = maju.LSTMFromScratch.load(source)
path = f"{folder}/again{suffix}"
model.save_weights(path)
again = maju.LSTMFromScratch.load(source) if suffix == ".weights.h5" else maju.LSTMFromScratch()
again.load_weights(path)
assert (again.predict_proba(x) == model.predict_proba(x)).all()
np.save(f"{folder}/y.npy", again.predict_proba(x))
assert not [name for name in sys.modules if name.split(".")[0] in ("keras", "tensorflow")]
"""


@pytest.mark.parametrize("suffix", OPENED)
def test_a_round_trip_with_no_keras_anywhere(suffix: str, saved: Saved, tmp_path: Path) -> None:
    sample = SAMPLES["lstm"]
    np.save(tmp_path / "x.npy", sample.x)
    arguments = [str(saved("lstm")), str(tmp_path), suffix]
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_KERAS, *arguments], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert_same(np.load(tmp_path / "y.npy"), sample.expected, PROBABILITIES)
