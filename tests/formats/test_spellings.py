"""What tells the layers and the versions of Keras where a file does not say it."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from formats.keras1 import Keras1
from formats.keras2 import keras2_document
from maju.errors import UnsupportedModelError
from maju.formats.config import assumed_version, read_architecture
from maju.formats.versions import Version, modern, plain
from maju.layers import operations
from parity.compare import assert_same, random, scramble

CLASSES: dict[str, Any] = {cls.__name__: cls for _, cls in inspect.getmembers(layers, inspect.isclass)}
#: Layers that bear the name of an operation, made with what they need.
LIKE_OPERATIONS: dict[str, Any] = {"Dot": {"axes": 1}, "Reshape": {"target_shape": (2,)}}


@pytest.mark.parametrize("name", sorted(set(CLASSES) & set(operations.known())))
def test_a_layer_that_bears_the_name_of_an_operation_says_whether_it_is_trained(name: str) -> None:
    """That is how a legacy .h5 of Keras 3, which holds no modules, tells the two."""
    assert "trainable" in CLASSES[name](**LIKE_OPERATIONS.get(name, {})).get_config()


@pytest.mark.parametrize("name", sorted(set(CLASSES) - set(operations.known())))
def test_no_other_layer_is_taken_for_an_operation(name: str) -> None:
    """What maju has not is refused under either name."""
    known = maju.layers.registry.find(name) is not None
    config: dict[str, Any] = {} if known else {"trainable": True}
    entrance = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 1]}}
    inside = {"class_name": "Dense", "config": {"units": 1}}
    entry = {"class_name": name, "config": {"name": "one", "layer": inside, "cell": inside, **config}}
    document = {"class_name": "Sequential", "config": {"name": "all", "layers": [entrance, entry]}}
    assert not read_architecture(document, "3.8.0", "a file").layers[-1].operation


def sequential() -> Any:
    return keras.Sequential([keras.Input((9, 8, 3)), layers.Conv2D(4, 3, padding="same"), layers.Flatten()])


@pytest.mark.parametrize("version", ["1.2.2", "2.15.0", "3"])
def test_an_architecture_that_says_no_version(version: str, tmp_path: Path) -> None:
    model = sequential()
    if version.startswith("1"):
        document = json.loads(Keras1().to_json(model, tmp_path / "old.json").read_text())
    elif version.startswith("2"):
        document = keras2_document(model)
    else:
        document = json.loads(model.to_json())
    document.pop("keras_version", None)
    assert assumed_version(document) == version
    scramble(model)
    (tmp_path / "model.json").write_text(json.dumps(document))
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = maju.load(tmp_path / "model.weights.h5", architecture=tmp_path / "model.json")
    x = random(2, 9, 8, 3)
    assert_same(loaded.predict(x), model.predict(x, verbose=0))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"type": "ndarray", "value": [0.5, 2.0]}, [0.5, 2.0]),
        ([{"type": "ndarray", "value": 1}, {"type": "ndarray", "value": 2}], [1, 2]),
        ({"class_name": "__tensor__", "config": {"value": [1.0, 2.0], "dtype": "float32"}}, [1.0, 2.0]),
        ({"class_name": "__tuple__", "items": [1, {"class_name": "__tuple__", "items": [2]}]}, [1, [2]]),
        ({"class_name": "TensorShape", "items": [None, 3]}, [None, 3]),
        ({"class_name": "Zeros", "config": {}}, {"class_name": "Zeros", "config": {}}),
    ],
)
def test_what_held_numbers_in_python(written: Any, meant: Any) -> None:
    assert plain(written) == meant
    assert modern("Rescaling", {"scale": written}, Version("2.13.1"))[1]["scale"] == meant


@pytest.mark.parametrize("version", ["2.2.4", "2.3.1", "2.1.6-tf", "2.2.4-tf", "2.3.0-tf", "2.9.0", "3.0.0"])
def test_bilinear_upsampling_is_what_the_tensorflow_of_its_time_did(version: str) -> None:
    _, config = modern("UpSampling2D", {"interpolation": "bilinear"}, Version(version))
    older = version in ("2.2.4", "2.3.1", "2.1.6-tf")
    told = config["interpolation"]
    if version == "2.2.4-tf":
        assert told == 'bilinear of TensorFlow 1 or 2 (load it with keras_version="2.2.4" or "2.3.0-tf")'
    else:
        assert told == ("bilinear_tf1" if older else "bilinear")


def upsampled(version: str) -> Any:
    entrance = {"batch_input_shape": [None, 2, 3, 1], "name": "x", "dtype": "float32"}
    document = {
        "class_name": "Sequential",
        "config": [
            {"class_name": "InputLayer", "config": entrance},
            {"class_name": "UpSampling2D", "config": {"name": "up", "size": 2, "interpolation": "bilinear"}},
        ],
    }
    spec = read_architecture(document, version, "a file")
    return maju.layers.registry.find("UpSampling2D").from_config(spec.layers[-1].config)  # type: ignore[union-attr]


def test_bilinear_upsampling_of_tensorflow_1_starts_at_the_upper_left() -> None:
    x = np.array([[[[0.0], [2.0], [4.0]], [[4.0], [6.0], [8.0]]]], np.float32)
    rows = upsampled("2.2.4").forward(x)[0, :, :, 0]
    np.testing.assert_allclose(rows[:3], [[0, 1, 2, 3, 4, 4], [2, 3, 4, 5, 6, 6], [4, 5, 6, 7, 8, 8]])
    with pytest.raises(UnsupportedModelError, match="bilinear of TensorFlow 1 or 2"):
        upsampled("2.2.4-tf")


@pytest.mark.parametrize("name", ["BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization"])
def test_batch_normalization_under_its_other_names(name: str) -> None:
    assert modern(name, {"axis": [3]}, Version("2.4.0"))[0] == "BatchNormalization"


def test_batch_normalization_of_several_axes_together() -> None:
    found = modern("BatchNormalization", {"axis": [1, 2]}, Version("2.4.0"))
    assert found == ("BatchNormalization", {"axes": [1, 2]})
