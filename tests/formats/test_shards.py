"""Weights in several files: a `.weights.json` and what it names."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju import formats
from maju.errors import ModelFormatError
from parity.compare import assert_same, random, scramble

X = random(5, 6)
#: About 300 bytes, as Keras takes it, which counts in GB.
SMALL = 300 / 2**30


@pytest.fixture(scope="module")
def trained() -> Any:
    keras.utils.clear_session()
    inner = keras.Sequential([keras.Input((8,)), layers.Dense(8), layers.BatchNormalization()], name="inner")
    body = [layers.Dense(8, activation="tanh"), inner, layers.Dense(8), layers.Dense(3)]
    model = keras.Sequential([keras.Input((6,)), *body])
    scramble(model)
    model.compile(keras.optimizers.Adam(0.01), "mse", run_eagerly=True)
    model.train_on_batch(X, random(5, 3))
    return model


@pytest.fixture
def listed(trained: Any, tmp_path: Path) -> Path:
    """The list, beside its files and the architecture."""
    path = tmp_path / "many.weights.json"
    trained.save_weights(path, max_shard_size=SMALL)
    (tmp_path / "model.json").write_text(trained.to_json())
    return path


def load(path: Path) -> Any:
    return maju.load(path, architecture=path.with_name("model.json"))


def test_weights_and_optimizer_come_together(trained: Any, listed: Path) -> None:
    names = json.loads(listed.read_text())["weight_map"].values()
    assert any(isinstance(name, list) for name in names), "some layer lies in two files"
    assert len(list(listed.parent.glob("many_*.weights.h5"))) > 5
    assert_same(load(listed).predict(X), trained.predict(X, verbose=0))
    state = formats.read(listed).training
    assert state is not None
    assert state.problem is None
    for found, variable in zip(state.optimizer_variables or (), trained.optimizer.variables, strict=True):
        np.testing.assert_array_equal(found, variable.numpy())


def test_into_layers_that_are_there(trained: Any, listed: Path) -> None:
    model = load(listed)
    for weight in model.weights.values():
        weight[...] = 0
    assert_same(model.load_weights(listed).predict(X), trained.predict(X, verbose=0))


# Hostile and damaged lists

KERNEL = "/layers/dense/vars"
Change = Callable[[dict[str, Any]], None]


def refusal(listed: Path, change: Change) -> str:
    document = json.loads(listed.read_text())
    change(document["weight_map"])
    listed.write_text(json.dumps(document))
    with pytest.raises(ModelFormatError) as error:
        load(listed)
    return str(error.value)


@pytest.mark.parametrize(
    "name",
    [
        "../many_00000.weights.h5",
        "/etc/passwd.weights.h5",
        "C:many.weights.h5",
        "a\\b.weights.h5",
        "/dev/zero",
        "many_00000.weights.h5\0",
        f"{'x' * 5000}.weights.h5",
        "\ud800.weights.h5",
        "",
    ],
    ids=["up", "absolute", "drive", "backslash", "device", "null", "long", "surrogate", "empty"],
)
def test_names_that_lead_elsewhere(name: str, listed: Path) -> None:
    said = refusal(listed, lambda held: held.update({KERNEL: name}))
    assert said.startswith("many.weights.json: ")
    assert said.endswith(" is no name of a .weights.h5 beside it")
    assert len(said) < 300


def test_files_that_are_none(listed: Path) -> None:
    path = listed.with_name("other.weights.h5")

    def said() -> str:
        return refusal(listed, lambda held: held.update({KERNEL: path.name}))

    makers: list[Callable[[], None]] = [
        lambda: path.symlink_to("many_00000.weights.h5"),
        lambda: path.symlink_to("nowhere"),
        lambda: os.mkfifo(path),
    ]
    for make in makers:
        make()
        assert said() == "many.weights.json: 'other.weights.h5' is no regular file"
        path.unlink()
    assert said() == "many.weights.json: 'other.weights.h5', which it names, is not beside it"
    path.mkdir()
    assert said() == "many.weights.json: 'other.weights.h5' is no regular file"


def test_a_file_that_does_not_hold_what_the_list_says(listed: Path) -> None:
    said = refusal(listed, lambda held: held.update({"/layers/dense_9/vars": "many_00000.weights.h5"}))
    missing = "layers/dense_9/vars: there is no such group, which the list of weights names"
    assert said == f"many_00000.weights.h5: {missing}"


def test_an_array_in_two_files(listed: Path) -> None:
    with h5py.File(listed.with_name("twice.weights.h5"), "w") as file:
        file["layers/dense/vars/0"] = np.zeros((6, 8))

    def twice(held: dict[str, Any]) -> None:
        names = held[KERNEL] if isinstance(held[KERNEL], list) else [held[KERNEL]]
        held[KERNEL] = [*names, "twice.weights.h5"]

    assert refusal(listed, twice) == "twice.weights.h5: layers/dense/vars/0: in two files"


def test_a_link_within_a_file(listed: Path) -> None:
    with h5py.File(listed.with_name("linked.weights.h5"), "w") as file:
        file.create_group("layers/dense")["vars"] = h5py.ExternalLink("many_00000.weights.h5", "/layers")
    said = refusal(listed, lambda held: held.update({KERNEL: "linked.weights.h5"}))
    assert said == "layers/dense/vars: a link to elsewhere, which no Keras writes"


def test_files_that_unpack_to_far_too_much_together(listed: Path) -> None:
    """Each is within bounds by itself."""
    for number in range(9):
        with h5py.File(listed.with_name(f"large_{number}.weights.h5"), "w") as file:
            file.create_group(f"layers/large_{number}").create_dataset(
                "vars/0", data=np.zeros(10 << 20, np.uint8), compression=9
            )
    added = {f"/layers/large_{number}/vars": f"large_{number}.weights.h5" for number in range(9)}
    assert refusal(listed, lambda held: held.update(added)).endswith("bytes would unpack to far too many")


@pytest.mark.parametrize(
    ("weight_map", "said"),
    [
        ([], "its weight_map is no object"),
        ({}, "its weight_map is no object"),
        ({"/layers/dense/vars": 3}, "no file for '/layers/dense/vars'"),
        ({"/layers/dense/vars": []}, "no file for '/layers/dense/vars'"),
        ({"/layers/dense/vars": [None]}, "no file for '/layers/dense/vars'"),
    ],
    ids=repr,
)
def test_broken_lists(weight_map: Any, said: str, tmp_path: Path) -> None:
    path = tmp_path / "many.weights.json"
    path.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    with pytest.raises(ModelFormatError) as error:
        formats.read(path)
    assert str(error.value) == f"many.weights.json: a broken list of weights: {said}"


def test_a_broken_optimizer_keeps_no_model_from_predicting(trained: Any, listed: Path) -> None:
    document = json.loads(listed.read_text())
    document["weight_map"]["/optimizer/vars"] = "many_00000.weights.h5"
    listed.write_text(json.dumps(document))
    state = formats.read(listed).training
    assert state is not None
    assert state.optimizer_variables is None
    assert "optimizer/vars" in str(state.problem)
    assert_same(load(listed).predict(X), trained.predict(X, verbose=0))
