"""The architectures of different versions of Keras, brought to one form; and that form written again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import maju
from maju.errors import ModelFormatError
from maju.formats.config import read_architecture, write_architecture
from maju.formats.guards import Allowance, parse_json, shorten
from maju.formats.specification import LayerSpec, TensorRef


def entrance(name: str) -> dict[str, Any]:
    config = {
        "batch_input_shape": [None, 2],
        "dtype": "float32",
        "sparse": False,
        "ragged": False,
        "name": name,
    }
    return {"class_name": "InputLayer", "config": config, "name": name, "inbound_nodes": []}


def dense(name: str, *nodes: Any) -> dict[str, Any]:
    config = {"name": name, "trainable": True, "dtype": "float32", "units": 2, "activation": "linear"}
    return {"class_name": "Dense", "config": config, "name": name, "inbound_nodes": list(nodes)}


#: As Keras 2 writes it: the calls of both nested models count from 1, those of a layer from 0.
KERAS_2 = {
    "class_name": "Functional",
    "keras_version": "2.9.0",
    "backend": "tensorflow",
    "config": {
        "name": "outer",
        "layers": [
            entrance("j"),
            {
                "class_name": "Functional",
                "config": {
                    "name": "inner",
                    "layers": [entrance("i"), dense("p", [["i", 0, 0, {}]]), dense("q", [["i", 0, 0, {}]])],
                    "input_layers": [["i", 0, 0]],
                    "output_layers": [["p", 0, 0], ["q", 0, 0]],
                },
                "name": "inner",
                "inbound_nodes": [[["j", 0, 0, {}]]],
            },
            {
                "class_name": "Sequential",
                "config": {"name": "seq", "layers": [entrance("k"), dense("d")]},
                "name": "seq",
                "inbound_nodes": [[["inner", 1, 1, {}]], [["seq", 1, 0, {}]], [["j", 0, 0, {}]]],
            },
            dense("s", [["seq", 3, 0, {}]], [["s", 0, 0, {}]]),
        ],
        "input_layers": [["j", 0, 0]],
        "output_layers": [["seq", 2, 0], ["s", 1, 0], ["inner", 1, 0]],
    },
}


def matrix(seed: int) -> Any:
    return np.random.default_rng(seed).normal(size=(2, 2)).astype(np.float32)


def test_the_calls_of_nested_models_in_files_of_keras_2(tmp_path: Path) -> None:
    names = {"inner/p": 1, "inner/q": 2, "seq/d": 3, "s": 4}
    arrays = {f"{name}/kernel": matrix(seed) for name, seed in names.items()}
    arrays |= {f"{name}/bias": matrix(-seed + 9)[0] for name, seed in names.items()}
    save_file(arrays, tmp_path / "weights.safetensors")
    (tmp_path / "model.json").write_text(json.dumps(KERAS_2))
    model = maju.load(tmp_path / "weights.safetensors", architecture=tmp_path / "model.json")

    def layer(name: str, x: Any) -> Any:
        return x @ arrays[f"{name}/kernel"] + arrays[f"{name}/bias"]

    x = matrix(5)
    expected = [
        layer("seq/d", layer("seq/d", layer("inner/q", x))),
        layer("s", layer("s", layer("seq/d", x))),
        layer("inner/p", x),
    ]
    for found, wanted in zip(model.predict(x), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    model.save(tmp_path / "new.keras")
    for found, wanted in zip(maju.load(tmp_path / "new.keras").predict(x), model.predict(x), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_the_calls_that_keras_3_is_told_of() -> None:
    """It counts the calls of a functional model from 1 where they are outputs, and else from 0."""
    spec = read_architecture(KERAS_2, "2.9.0", "model.json")
    assert [call.args for call in spec.calls if call.layer == "seq"] == [
        (TensorRef("inner", 0, 1),),
        (TensorRef("seq", 0),),
        (TensorRef("j"),),
    ]
    assert spec.outputs == [TensorRef("seq", 1), TensorRef("s", 1), TensorRef("inner", 0, 0)]
    written = write_architecture(spec)["config"]
    assert written["output_layers"] == [["seq", 1, 0], ["s", 1, 0], ["inner", 1, 0]]
    (seq,) = [entry for entry in written["layers"] if entry["name"] == "seq"]
    assert seq["inbound_nodes"][0]["args"][0]["config"]["keras_history"] == ["inner", 0, 1]


def test_what_is_written_is_read_as_the_same() -> None:
    spec = read_architecture(KERAS_2, "2.9.0", "model.json")
    written = json.loads(json.dumps(write_architecture(spec)))
    again = read_architecture(written, "3.8.0", "model.json")
    assert again.calls == spec.calls
    assert (again.inputs, again.outputs) == (spec.inputs, spec.outputs)
    assert [layer.name for layer in again.layers] == [layer.name for layer in spec.layers]
    assert json.loads(json.dumps(write_architecture(again))) == written


def layer(version: str, class_name: str, **config: Any) -> LayerSpec:
    """One layer as a version of Keras wrote it."""
    first = {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "x"}}
    entry = {"class_name": class_name, "config": {"name": "one", **config}}
    document = {"class_name": "Sequential", "config": {"layers": [first, entry]}}
    return read_architecture(document, version, "model.json").layers[-1]


POLICY = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}


def test_old_and_new_spellings_are_one() -> None:
    assert (
        layer("2.4.0", "Activation", activation="hard_sigmoid").config["activation"] == "hard_sigmoid_keras2"
    )
    assert layer("3.0.0", "Activation", activation="hard_sigmoid").config["activation"] == "hard_sigmoid"
    assert layer("3.0.0", "Dense", dtype=POLICY).config["dtype"] == "mixed_float16"
    assert layer("2.4.0", "Dense", dtype="float64").config["dtype"] == "float64"
    assert layer("3.0.0", "BatchNormalization", axis=[-1]).config["axis"] == -1
    lstm = layer("2.4.0", "LSTM", implementation=2, time_major=False, units=3)
    assert lstm.config == {"name": "one", "units": 3}
    shape = {"class_name": "__tuple__", "items": [2, 3]}
    assert layer("3.0.0", "Reshape", target_shape=shape).config["target_shape"] == [2, 3]


def test_what_an_old_hyper_parameter_says_is_not_lost() -> None:
    assert layer("2.4.0", "LSTM", time_major=True).config["time_major"] is True
    assert layer("3.0.0", "LSTM", implementation=2).config["implementation"] == 2


@pytest.mark.parametrize(
    ("entry", "custom"),
    [
        ({"module": "keras.layers", "registered_name": None}, False),
        ({"module": "keras.src.layers.core.dense"}, False),
        ({"module": "tf_keras.layers"}, False),
        ({}, False),
        ({"module": "__main__", "registered_name": "Dense"}, True),
        ({"module": "keras_hub.layers"}, True),
        ({"module": "kerasx"}, True),
        ({"module": None, "registered_name": "study>Dense"}, True),
        ({"class_name": "study>Dense"}, True),
    ],
    ids=str,
)
def test_whose_class_it_is(entry: dict[str, Any], custom: bool) -> None:
    first = {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "x"}}
    document = {"class_name": "Sequential"}
    own = {"class_name": "Dense", "config": {"name": "one", "trainable": True}, **entry}
    spec = read_architecture({**document, "config": {"layers": [first, own]}}, "3.8.0", "model.json")
    assert spec.layers[-1].custom is custom


# Limits


def test_a_long_text_is_cut_in_the_middle() -> None:
    assert shorten("short") == "short"
    assert shorten("two\nlines\n") == "two lines"
    text = "a" * 500 + "z" * 500
    assert len(shorten(text)) < 200
    assert shorten(text).startswith("aaa")
    assert shorten(text).endswith("zzz")
    assert " ... " in shorten(text)


def test_what_may_be_read_is_counted_together() -> None:
    small, large = Allowance(1000), Allowance(10 << 20)
    small.take(60 << 20, "model.h5: a")
    with pytest.raises(
        ModelFormatError, match=r"^model\.h5: b: the file's 1,000 bytes would unpack to far too"
    ):
        small.take(5 << 20, "model.h5: b")
    large.take(900 << 20, "model.h5: a")
    with pytest.raises(ModelFormatError):
        large.take(200 << 20, "model.h5: b")


def test_json_may_be_two_hundred_deep() -> None:
    for depth in (1, 199):
        assert parse_json("[" * depth + "]" * depth, "x") is not None
    for depth in (202, 900, 10_000):
        with pytest.raises(ModelFormatError, match=r"^x: nested too deeply$"):
            parse_json("[" * depth + "]" * depth, "x")
