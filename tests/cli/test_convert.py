"""`maju convert`."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import maju
from cli.fixtures import Maju, Models
from formats.keras1 import Keras1
from formats.keras2 import save_keras2
from parity.compare import PROBABILITIES, assert_same, random, scramble

X = random(5, 4)


@pytest.fixture
def model() -> Any:
    keras.utils.clear_session()
    body = [layers.Dense(6, activation="tanh"), layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((4,)), *body, layers.Dense(3, activation="softmax")])
    scramble(model)
    return model


@pytest.fixture
def old(model: Any, tmp_path: Path) -> Path:
    return Keras1().save(model, tmp_path / "old.h5")


def test_an_old_file_becomes_one_of_today(cli: Maju, model: Any, old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.keras"
    result = cli("convert", old, new)
    assert result.code == 0
    assert result.stdout.splitlines() == [
        f"{old}: legacy HDF5 (.h5), Keras 1.2.2",
        f"{new}: written for Keras 3: 4 layers, 75 parameters",
    ]
    assert result.stderr == ""
    expected = model(X).numpy()
    assert_same(keras.saving.load_model(new)(X), expected, PROBABILITIES)


@pytest.mark.parametrize(
    ("suffix", "said"),
    [
        (".h5", "for Keras 3"),
        (".hdf5", "for Keras 3"),
        (".safetensors", "for maju"),
        (".weights.h5", "the weights alone, for Keras 3's load_weights"),
    ],
)
def test_every_ending(cli: Maju, model: Any, old: Path, tmp_path: Path, suffix: str, said: str) -> None:
    new = tmp_path / f"new{suffix}"
    assert cli("convert", old, new).stdout.splitlines()[1].startswith(f"{new}: written {said}: ")
    if suffix == ".weights.h5":
        model.load_weights(new)
    architecture = old if suffix == ".weights.h5" else None
    assert_same(maju.load(new, architecture=architecture).predict(X), model(X).numpy(), PROBABILITIES)


def test_json(cli: Maju, old: Path, tmp_path: Path) -> None:
    assert cli("convert", old, tmp_path / "new.keras", "--json").json == {
        "read": str(old),
        "format": "legacy HDF5 (.h5)",
        "keras_version": "1.2.2",
        "written": str(tmp_path / "new.keras"),
        "layers": 4,
        "parameters": 75,
    }


def test_nothing_is_written_over(cli: Maju, old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.keras"
    new.write_bytes(b"mine")
    said = f"Invalid value for 'NEW': {new} is there already; --force writes over it"
    assert cli("convert", old, new).error == f"{said} (maju convert --help tells more)"
    assert new.read_bytes() == b"mine"
    assert cli("convert", old, new, "--force").code == 0
    maju.load(new)


def test_a_file_can_become_itself(cli: Maju, model: Any, old: Path) -> None:
    assert cli("convert", old, old, "--force").code == 0
    assert_same(keras.saving.load_model(old)(X), model(X).numpy(), PROBABILITIES)


def test_other_endings(cli: Maju, old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.pb"
    endings = ".keras, .weights.h5, .h5, .safetensors, .onnx"
    said = f"Invalid value for 'NEW': {new}: the name must end in one of {endings}"
    assert cli("convert", old, new).error == f"{said} (maju convert --help tells more)"
    assert not new.exists()


def test_weights_alone(cli: Maju, model: Any, tmp_path: Path) -> None:
    weights = Keras1().save_weights(model, tmp_path / "weights.h5")
    architecture = Keras1().to_json(model, tmp_path / "model.json")
    new = tmp_path / "new.keras"
    said = f"{weights}: weights alone; give the layers with --architecture FILE"
    assert cli("convert", weights, new).error == said
    assert cli("convert", weights, new, "--architecture", architecture).code == 0
    assert_same(keras.saving.load_model(new)(X), model(X).numpy(), PROBABILITIES)


def test_the_version_of_a_file_that_does_not_say_it(cli: Maju, old: Path, tmp_path: Path) -> None:
    result = cli("convert", old, tmp_path / "new.keras", "--keras-version", "1.1.0")
    assert result.stdout.splitlines()[0] == f"{old}: legacy HDF5 (.h5), Keras 1.1.0"
    message = cli("convert", old, tmp_path / "other.keras", "--keras-version", "old").error
    assert message == "old.h5: no version of Keras: 'old'"


def test_what_is_not_supported_is_named(cli: Maju, models: Models, tmp_path: Path) -> None:
    result = cli("convert", models.path("unsupported"), tmp_path / "new.keras")
    assert result.code == 2
    assert "layer 'double' (Lambda)" in result.stderr
    assert "layer 'same' (Lambda)" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_classifier_stays_one(cli: Maju, models: Models, tmp_path: Path) -> None:
    marked, new = tmp_path / "marked.keras", tmp_path / "new.h5"
    maju.CNNFromScratch.load(models.path("plain")).save_weights(marked)
    assert cli("convert", marked, new).code == 0
    assert maju.formats.read(new).kind == "CNNFromScratch"


def in_keras2_spelling(path: Path, optimizer: dict[str, Any]) -> None:
    """A compiled `.h5` of Keras 3 with the training as Keras 2.9 wrote it."""
    mean = {"name": "accuracy", "dtype": "float32", "fn": "categorical_accuracy"}
    config = {
        "optimizer_config": optimizer,
        "loss": {"class_name": "CategoricalCrossentropy", "config": {"reduction": "auto", "name": "c"}},
        "metrics": [[{"class_name": "MeanMetricWrapper", "config": mean}]],
        "weighted_metrics": None,
        "loss_weights": None,
    }
    with h5py.File(path, "r+") as file:
        for holder in (file, file["model_weights"]):
            holder.attrs["keras_version"] = b"2.9.0"
        file.attrs["training_config"] = json.dumps(config).encode()
        if "optimizer_weights" in file:
            del file["optimizer_weights"]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_how_keras_2_compiled_is_brought_up_or_left_out(
    cli: Maju, model: Any, tmp_path: Path, suffix: str
) -> None:
    old, new = save_keras2(model, tmp_path / "old.h5"), tmp_path / f"new{suffix}"
    known = {"class_name": "Adam", "config": {"name": "Adam", "learning_rate": 0.25, "decay": 0.0}}
    in_keras2_spelling(old, known)
    assert cli("convert", old, new).code == 0
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Skipping variable loading")  # the file holds none
        reopened = keras.saving.load_model(new)
    assert float(reopened.optimizer.learning_rate.numpy()) == 0.25
    y = keras.utils.to_categorical([0, 1, 2, 1, 0], 3)
    loss, accuracy = reopened.evaluate(X, y, verbose=0)
    expected = model(X).numpy()
    assert abs(accuracy - np.mean(expected.argmax(-1) == y.argmax(-1))) < 1e-6
    assert abs(loss + np.mean(np.log(expected[y == 1]))) < 1e-5
    # The momentum of Keras 2's Nadam rises by another rule.
    in_keras2_spelling(old, {"class_name": "Nadam", "config": {"lr": 0.25, "schedule_decay": 0.004}})
    assert cli("convert", old, new, "--force").code == 0
    assert getattr(keras.saving.load_model(new), "optimizer", None) is None
    assert_same(maju.load(new).predict(X), expected, PROBABILITIES)


def test_how_keras_3_compiled_is_kept(cli: Maju, model: Any, tmp_path: Path) -> None:
    model.compile(keras.optimizers.Adam(0.25), "mse", run_eagerly=True)
    model.train_on_batch(X, random(5, 3))
    model.save(tmp_path / "old.keras")
    assert cli("convert", tmp_path / "old.keras", tmp_path / "new.keras").code == 0
    reopened = keras.saving.load_model(tmp_path / "new.keras")
    for found, variable in zip(reopened.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(found.numpy(), variable.numpy())


def test_quantized_weights_become_no_h5(cli: Maju, tmp_path: Path) -> None:
    layer = layers.TimeDistributed(layers.Dense(4, name="dense"), name="steps")
    model = keras.Sequential([keras.Input((5, 4)), layer])
    layer.layer.quantize("int8")
    model.save(tmp_path / "old.keras")
    result = cli("convert", tmp_path / "old.keras", tmp_path / "new.h5")
    said = "layer 'steps' (TimeDistributed): quantized weights in a legacy .h5 (save as .keras)"
    assert said in result.stderr.replace("\n", " ")
