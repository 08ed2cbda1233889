from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import maju
from formats.archives import rewrite, rewrite_h5
from maju.errors import ModelFormatError, UnsupportedModelError
from parity.compare import PROBABILITIES, assert_same, random, scramble

X = random(5, 6, 4)


@pytest.fixture(scope="module")
def model() -> Any:
    recurrent = layers.Bidirectional(layers.LSTM(3), name="both")
    entrance = keras.Input((6, 4))
    hidden = layers.Dense(5, activation="relu", name="hidden")(recurrent(entrance))
    model = keras.Model(entrance, layers.Dense(2, activation="softmax", name="head")(hidden))
    scramble(model)
    return model


@pytest.fixture(scope="module", params=[".keras", ".h5"])
def source(request: pytest.FixtureRequest, model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("weights") / f"model{request.param}"
    model.save(path)
    return path


Change = Callable[[Any, dict[str, str]], None]


def spoiled(source: Path, target: Path, change: Change) -> Path:
    """The model file with other weights; `change` takes the HDF5 file, open, and the places in it."""
    if source.suffix == ".keras":
        folders = {"hidden": "layers/dense/vars", "head": "layers/dense_1/vars"}
        backward = "layers/bidirectional/backward_layer/cell/vars/1"
        kernel, bias = (f"{folders['head']}/{index}" for index in range(2))
        places = {**folders, "head kernel": kernel, "head bias": bias, "backward": backward}
        return rewrite(source, target, weights=lambda file: change(file, places))
    with h5py.File(source) as file:
        root = file["model_weights"]
        paths = {
            layer: [f"model_weights/{layer}/{name}" for name in root[layer].attrs["weight_names"]]
            for layer in ("both", "hidden", "head")
        }
    places = {layer: paths[layer][0].rpartition("/")[0] for layer in ("hidden", "head")}
    places |= {"head kernel": paths["head"][0], "head bias": paths["head"][1], "backward": paths["both"][4]}
    return rewrite_h5(source, target, lambda file: change(file, places))


def replaced(key: str, new: Callable[[Any], Any]) -> Change:
    """Another array in the place of one."""

    def change(file: Any, places: dict[str, str]) -> None:
        old = file[places[key]][()]
        del file[places[key]]
        file[places[key]] = new(old)

    return change


def message(source: Path, tmp_path: Path, change: Change) -> str:
    path = spoiled(source, tmp_path / f"bad{source.suffix}", change)
    with pytest.raises(ModelFormatError) as error:
        maju.load(path)
    with pytest.raises(ModelFormatError) as other:
        maju.load(source).load_weights(path)
    assert str(other.value) == str(error.value)
    name, said = str(error.value).split(": ", 1)
    assert name == path.name
    return said


def test_a_kernel_of_another_shape(source: Path, tmp_path: Path) -> None:
    assert message(source, tmp_path, replaced("head kernel", np.transpose)) == (
        "layer 'head' (Dense): kernel has shape (2, 5), expected (5, 2)"
    )
    assert message(source, tmp_path, replaced("head bias", lambda old: old[:, np.newaxis])) == (
        "layer 'head' (Dense): bias has shape (2, 1), expected (2,)"
    )


def test_half_of_a_wrapper_of_another_shape(source: Path, tmp_path: Path) -> None:
    assert message(source, tmp_path, replaced("backward", lambda old: old[:, :9])) == (
        "layer 'both' (Bidirectional): backward_layer/cell/recurrent_kernel has shape (3, 9), "
        "expected (3, 12)"
    )


@pytest.mark.parametrize(("dtype", "name"), [("int32", "int32"), ("uint8", "uint8"), ("i8", "int64")])
def test_integers_in_the_place_of_weights(dtype: str, name: str, source: Path, tmp_path: Path) -> None:
    said = message(source, tmp_path, replaced("head kernel", lambda old: (9 * old).astype(dtype)))
    assert said == f"layer 'head' (Dense): kernel holds {name}, expected floating-point numbers"


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        (lambda old: old.astype(np.complex64), "complex64"),
        (lambda old: old > 0, "bool"),
        (lambda old: np.array([b"weights"]), "|S7"),
        (lambda old: "weights", "object"),
        (lambda old: h5py.Empty("f4"), "float32"),
    ],
    ids=["complex", "bool", "bytes", "text", "nothing"],
)
def test_what_are_no_numbers(new: Callable[[Any], Any], kind: str, source: Path, tmp_path: Path) -> None:
    said = message(source, tmp_path, replaced("head bias", new))
    assert said.endswith(f": expected numbers, found {kind}")
    assert "head" in said or "dense_1" in said


def test_an_array_that_is_missing(source: Path, tmp_path: Path) -> None:
    def without(file: Any, places: dict[str, str]) -> None:
        del file[places["head bias"]]

    said = message(source, tmp_path, without)
    if source.suffix == ".keras":
        assert said == "layer 'head' (Dense) needs 2 arrays, the file holds 1 there"
    else:
        assert said.startswith("head/")
        assert said.endswith("/bias: there is no such array")


def test_a_layer_that_is_missing(source: Path, tmp_path: Path) -> None:
    def without(file: Any, places: dict[str, str]) -> None:
        del file["layers/dense_1" if source.suffix == ".keras" else "model_weights/head"]

    assert message(source, tmp_path, without) == (
        "layer 'head' (Dense) needs 2 arrays, the file holds 0 there"
        if source.suffix == ".keras"
        else "the weights of layer 'head' are missing"
    )


def test_an_array_too_many(source: Path, tmp_path: Path) -> None:
    def more(file: Any, places: dict[str, str]) -> None:
        if source.suffix == ".keras":
            file["layers/dense_1/vars/2"] = np.zeros(3, np.float32)
        else:
            group = file["model_weights/head"]
            names = [name.encode() for name in group.attrs["weight_names"]]
            group["extra"] = np.zeros(3, np.float32)
            group.attrs["weight_names"] = np.array([*names, b"extra"])

    there = " there" if source.suffix == ".keras" else ""
    assert message(source, tmp_path, more) == f"layer 'head' (Dense) needs 2 arrays, the file holds 3{there}"


def test_layers_that_are_swapped(source: Path, tmp_path: Path) -> None:
    def swap(file: Any, places: dict[str, str]) -> None:
        file.move(places["hidden"], "aside")
        file.move(places["head"], places["hidden"])
        file.move("aside", places["head"])

    assert message(source, tmp_path, swap) == (
        "layer 'hidden' (Dense): kernel has shape (5, 2), expected (6, 5)"
    )


def test_a_group_in_the_place_of_an_array(source: Path, tmp_path: Path) -> None:
    def group(file: Any, places: dict[str, str]) -> None:
        del file[places["head bias"]]
        file.create_group(places["head bias"])

    said = message(source, tmp_path, group)
    if source.suffix == ".keras":
        assert said == "layer 'head' (Dense) needs 2 arrays, the file holds 1 there"
    else:
        assert said.endswith("/bias: expected an array, found a group")


def bfloat16(values: Any) -> Any:
    """The two bytes of each number that a bfloat16 keeps."""
    return (np.asarray(values, "<f4").view("<u4") >> 16).astype("<u2").view("V2")


def test_bfloat16(source: Path, tmp_path: Path) -> None:
    def change(file: Any, places: dict[str, str]) -> None:
        kernel = file[places["head kernel"]][()]
        for name, array in (("head bias", [-1.5, 0.15625]), ("head kernel", kernel)):
            del file[places[name]]
            file.create_dataset(places[name], data=bfloat16(array)).attrs["dtype"] = "bfloat16"

    exact = maju.load(source)["head"].weights["kernel"]
    head = maju.load(spoiled(source, tmp_path / f"half{source.suffix}", change))["head"].weights
    assert head["bias"].dtype == np.float32
    assert head["bias"].tolist() == [-1.5, 0.15625]
    assert head["kernel"].shape == exact.shape
    np.testing.assert_allclose(head["kernel"], exact, rtol=2**-7)
    assert (head["kernel"] != exact).any()


def test_two_bytes_that_do_not_say_what_they_are(source: Path, tmp_path: Path) -> None:
    def change(file: Any, places: dict[str, str]) -> None:
        del file[places["head bias"]]
        file.create_dataset(places["head bias"], data=np.zeros(2, "V2"))

    path = spoiled(source, tmp_path / f"bad{source.suffix}", change)
    said = r"layer 'head' \(Dense\): bias holds \|V2, expected floating-point numbers$"
    with pytest.raises(ModelFormatError, match=said):
        maju.load(path)


@pytest.mark.parametrize("dtype", [">f4", "<f8", ">f8", "f2"])
def test_any_floating_point_numbers_will_do(dtype: str, model: Any, source: Path, tmp_path: Path) -> None:
    path = spoiled(
        source, tmp_path / f"ok{source.suffix}", replaced("head kernel", lambda k: k.astype(dtype))
    )
    kernel = maju.load(path)["head"].weights["kernel"]
    assert kernel.dtype == np.float32
    stored = model.get_layer("head").kernel.numpy().astype(dtype)
    np.testing.assert_array_equal(kernel, stored.astype(np.float32))
    if dtype != "f2":
        assert_same(maju.load(path).predict(X), model.predict(X, verbose=0), PROBABILITIES)


def test_float64_beyond_float32_is_infinite_as_in_keras(source: Path, tmp_path: Path) -> None:
    change = replaced("head bias", lambda old: np.array([1e300, 0.0]))
    path = spoiled(source, tmp_path / f"huge{source.suffix}", change)
    assert maju.load(path)["head"].weights["bias"].tolist() == [np.inf, 0]


def test_the_weights_of_another_model(source: Path, tmp_path: Path) -> None:
    other = keras.Sequential([keras.Input((6, 4)), layers.Flatten(), layers.Dense(2, name="other")])
    for suffix, said in {
        ".keras": "layer 'both' (Bidirectional) needs 6 arrays, the file holds 0 there",
        ".h5": "layer 'both' (Bidirectional) needs 6 arrays, the file holds 0",
        ".weights.h5": "layer 'both' (Bidirectional) needs 6 arrays, the file holds 0 there",
    }.items():
        path = tmp_path / f"other{suffix}"
        other.save_weights(path) if suffix == ".weights.h5" else other.save(path)
        mine = maju.load(source)
        before = mine.predict(X)
        with pytest.raises(ModelFormatError) as error:
            mine.load_weights(path)
        assert str(error.value) == f"{path.name}: {said}"
        np.testing.assert_array_equal(mine.predict(X), before)


def test_types_of_safetensors_that_are_not_implemented(source: Path, tmp_path: Path) -> None:
    types = {"head/kernel": "F8_E5M2", "head/bias": "F8_E4M3", "hidden/bias": "F32", "x": "BF16", "y": "F64"}
    sizes = {"BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "F32": 4, "F64": 8}
    header, end = {}, 0
    for name, dtype in types.items():
        start, end = end, end + 2 * sizes[dtype]
        header[name] = {"dtype": dtype, "shape": [2], "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    path = tmp_path / "half.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))
    with pytest.raises(UnsupportedModelError) as error:
        maju.load(path, architecture=source)
    assert sorted(map(str, error.value.problems)) == [
        "weight 'head/bias': its type F8_E4M3 is not implemented",
        "weight 'head/kernel': its type F8_E5M2 is not implemented",
    ]


def test_safetensors_without_what_a_layer_needs(source: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    maju.load(source).save(tmp_path / "whole.safetensors")
    arrays = load_file(tmp_path / "whole.safetensors")
    del arrays["head/bias"]
    arrays["hidden/kernel"] = arrays["hidden/kernel"].T.copy()
    save_file(arrays, tmp_path / "part.safetensors")
    with pytest.raises(ModelFormatError) as error:
        maju.load(tmp_path / "part.safetensors", architecture=source)
    assert str(error.value) == (
        "part.safetensors: layer 'hidden' (Dense): kernel has shape (5, 6), expected (6, 5)"
    )
    arrays["hidden/kernel"] = arrays["hidden/kernel"].T.copy()
    save_file(arrays, tmp_path / "part.safetensors")
    with pytest.raises(ModelFormatError) as error:
        maju.load(tmp_path / "part.safetensors", architecture=source)
    assert str(error.value) == "part.safetensors: layer 'head' (Dense) needs head/bias, which is not there"
