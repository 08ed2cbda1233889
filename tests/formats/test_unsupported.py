from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import maju
from formats.archives import members, rewrite, write_archive
from maju.errors import ModelFormatError, UnsupportedModelError
from maju.layers import registry

Saved = Callable[..., Path]


def custom(name: str) -> str:
    """What is said of a class that is not Keras's own."""
    said = "a class of its author's own; the file does not hold its computation"
    return f"{said} {register(name)}"


def register(name: str) -> str:
    """The way out of a layer that maju does not have."""
    return f"(write it as a layer of maju's, under @maju.register('{name}'))"


class Dense(layers.Dense):  # type: ignore[misc]
    """A class of one's own with the name of Keras's."""

    def call(self, inputs: Any, training: Any = None) -> Any:
        return super().call(inputs) * 2


class LSTM(layers.LSTM):  # type: ignore[misc]
    """Another."""


@keras.saving.register_keras_serializable("study")
class Attention(layers.Layer):  # type: ignore[misc]
    """A registered one."""

    def call(self, inputs: Any) -> Any:
        return inputs


@keras.saving.register_keras_serializable("study")  # type: ignore[untyped-decorator]
def swishy(x: Any) -> Any:
    return x * keras.ops.sigmoid(2 * x)


def refusal(source: Any) -> list[str]:
    """What is said about a model that is not supported, line by line."""
    with pytest.raises(UnsupportedModelError) as error:
        maju.load(source)
    heading, *lines = str(error.value).splitlines()
    problems = [str(problem) for problem in error.value.problems]
    if lines:
        assert heading == f"{len(lines)} things are not supported:"
        assert lines == [f"  - {problem}" for problem in problems]
    else:
        assert heading == f"not supported: {problems[0]}"
    return problems


@pytest.fixture
def without_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a maju would be that does not have GaussianNoise."""
    assert registry.find("GaussianNoise")  # which imports it
    monkeypatch.delitem(registry._layers, "GaussianNoise")


@pytest.mark.usefixtures("without_noise")
def test_everything_is_named_at_once() -> None:
    ids = keras.Input((6,), dtype="int32")
    x = layers.Embedding(9, 4)(ids)
    with keras.saving.custom_object_scope({"LSTM": LSTM}):
        x = layers.Bidirectional(LSTM(3, return_sequences=True), name="both")(x)
    x = keras.ops.view(x, dtype="float32")
    x = Attention(name="look")(layers.GaussianNoise(0.1, name="noise")(x))
    x = layers.Lambda(lambda y: y + 1, name="plus")(layers.Flatten()(x))
    x = layers.Dense(4, activation=swishy, name="swishy")(x)
    model = keras.Model(ids, Dense(2, name="mine")(x))
    assert refusal(model) == [
        "layer 'both' (Bidirectional): its forward_layer is a custom>LSTM, which is no recurrent layer that "
        "maju has",
        "layer 'both' (Bidirectional): its backward_layer is a custom>LSTM, which is no recurrent layer that "
        "maju has",
        "operation 'view' (View): an operation that maju does not have",
        "layer 'noise' (GaussianNoise): a layer that maju does not have " + register("GaussianNoise"),
        f"layer 'look' (Attention): {custom('Attention')}",
        "layer 'plus' (Lambda): runs Python code of its author's, which maju never does "
        "(give what computes it, load(path, replace={'plus': layer}), or replace it by layers of Keras and "
        "save again)",
        "layer 'swishy' (Dense): activation='study>swishy', an activation that maju does not know",
        f"layer 'mine' (Dense): {custom('Dense')}",
    ]


def test_dtypes_that_are_not_implemented_are_named_in_every_layer() -> None:
    whole = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Reshape((2, 2), dtype="int32", name="first"),
            layers.Flatten(dtype="uint8", name="second"),
            layers.Dense(2, name="third"),
        ]
    )
    expected = "expected 'float32', 'float64', 'float16', 'bfloat16', 'mixed_float16', 'mixed_bfloat16'"
    assert refusal(whole) == [
        f"layer 'first' (Reshape): dtype policy 'int32'; {expected}",
        f"layer 'second' (Flatten): dtype policy 'uint8'; {expected}",
    ]


@pytest.mark.usefixtures("without_noise")
def test_what_is_inside_nested_models_is_named_with_its_place() -> None:
    inner = keras.Sequential([keras.Input((4,)), Attention(name="look")], name="inner")
    outer = keras.Sequential(
        [keras.Input((4,)), inner, layers.GaussianNoise(0.1, name="noise")], name="outer"
    )
    model = keras.Sequential([keras.Input((4,)), outer])
    assert refusal(model) == [
        "layer 'outer' (Sequential), layer 'inner' (Sequential), layer 'look' (Attention): "
        + custom("Attention"),
        "layer 'outer' (Sequential), layer 'noise' (GaussianNoise): a layer that maju does not have "
        + register("GaussianNoise"),
    ]


def test_a_model_that_is_a_class_of_its_own(tmp_path: Path) -> None:
    class Network(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.head = layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.head(x)

    model = Network()
    model(np.zeros((1, 3), np.float32))
    model.save(tmp_path / "network.keras")
    said = (
        "a class of its author's own, whose computation the file does not hold "
        "(rebuild it in Keras as a Sequential or functional model and save that)"
    )
    assert refusal(tmp_path / "network.keras") == [f"the model (Network): {said}"]

    class Sequential(keras.Sequential):  # type: ignore[misc]
        def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
            return super().call(inputs) + 1

    mine = Sequential([keras.Input((3,)), layers.Dense(2)], name="mine")
    mine.save(tmp_path / "mine.keras")
    said = (
        "a class of its author's own, which may compute something else than the graph that the file holds "
        "(if it changes training alone, say so: maju.register('Sequential')(maju.Model))"
    )
    assert refusal(tmp_path / "mine.keras") == [f"the model (Sequential): {said}"]
    outer = keras.Sequential([keras.Input((3,)), mine])
    assert refusal(outer) == [f"layer 'mine' (Sequential): {said}"]


def test_a_layer_that_is_called_with_more_than_its_input(saved: Saved, tmp_path: Path) -> None:
    entrance = keras.Input((5, 3))
    dropped = layers.Dropout(0.5, name="always")(layers.LSTM(2)(entrance), training=True)
    model = keras.Model(entrance, dropped)
    x = np.linspace(-1, 1, 60, dtype="float32").reshape(4, 5, 3)
    # Keras 3's predict says training=False over it; in Keras 2 the call itself counted.
    np.testing.assert_allclose(maju.load(model).predict(x), model.predict(x, verbose=0), rtol=0, atol=1e-6)
    model.save(tmp_path / "always.h5")
    with h5py.File(tmp_path / "always.h5", "r+") as file:
        file.attrs["keras_version"] = "2.15.0"
    assert refusal(tmp_path / "always.h5") == ["layer 'always' (Dropout): called with training=True"]

    def constant(document: Any) -> None:
        document["config"]["layers"][-1]["inbound_nodes"][0]["args"] = [[1.0, 2.0]]

    path = rewrite(saved("functional with masks"), tmp_path / "constant.keras", config=constant)
    (problem,) = refusal(path)
    assert problem.endswith("(Dense): called with [1.0, 2.0], which is not a tensor")


def test_an_operation_with_other_arguments(saved: Saved, tmp_path: Path) -> None:
    def change(document: Any) -> None:
        (node,) = [entry for entry in document["config"]["layers"] if entry["class_name"] == "NotEqual"]
        node["config"]["axis"] = 3
        node["inbound_nodes"][0]["args"].append(4)

    path = rewrite(saved("functional with masks"), tmp_path / "more.keras", config=change)
    config, arguments = refusal(path)
    assert config == "operation 'not_equal' (NotEqual): unknown hyper-parameter axis=3"
    assert arguments.startswith("operation 'not_equal' (NotEqual): called with other arguments than it has (")


def test_unknown_hyper_parameters_and_values(saved: Saved, tmp_path: Path) -> None:
    def change(document: Any) -> None:
        by_class = {entry["class_name"]: entry["config"] for entry in document["config"]["layers"]}
        by_class["Conv2D"]["lora_range"] = 4
        by_class["MaxPooling2D"]["padding"] = "causal"
        by_class["Dense"]["activation"] = "relu7"
        by_class["Rescaling"]["wobble"] = {"deep": [1, 2]}

    path = rewrite(saved("cnn"), tmp_path / "odd.keras", config=change)
    problems = refusal(path)
    assert [problem.split(": ", 1)[1] for problem in problems] == [
        "unknown hyper-parameter wobble={'deep': [1, 2]}",
        "padding='causal'; expected 'valid' or 'same'",
        "unknown hyper-parameter lora_range=4",
        "activation='relu7', an activation that maju does not know",
    ]


def test_what_is_said_stays_short_whatever_the_file_holds(saved: Saved, tmp_path: Path) -> None:
    def change(document: Any) -> None:
        by_class = {entry["class_name"]: entry["config"] for entry in document["config"]["layers"]}
        by_class["Conv2D"]["huge"] = list(range(100_000))
        by_class["Dense"]["activation"] = {"class_name": "function", "config": "x" * 100_000}
        by_class["Flatten"]["y" * 100_000] = 1
        document["config"]["layers"][1]["class_name"] = "z" * 100_000

    problems = refusal(rewrite(saved("cnn"), tmp_path / "huge.keras", config=change))
    assert len(problems) == 4
    assert max(map(len, problems)) < 700
    assert "unknown hyper-parameter huge=[0, 1, 2, 3" in problems[1]
    assert "99998, 99999]" in problems[1]

    def name(document: Any) -> None:
        document["config"]["layers"][1]["config"]["name"] = "n" * 100_000
        document["config"]["layers"][1]["class_name"] = "Mystery"

    (problem,) = refusal(rewrite(saved("cnn"), tmp_path / "huge.keras", config=name))
    assert problem.startswith("layer 'nnnn")
    assert problem.endswith("nnn' (Mystery): a layer that maju does not have " + register("Mystery"))
    assert len(problem) < 370


def test_what_is_missing_from_the_file_is_said_before_it_is_computed(saved: Saved, tmp_path: Path) -> None:
    """Weights that do not fit are no reason to hide what is not supported."""

    def change(document: Any) -> None:
        document["config"]["layers"][-1]["config"]["units"] = 77
        document["config"]["layers"][3]["class_name"] = "Mystery"

    problems = refusal(rewrite(saved("cnn"), tmp_path / "both.keras", config=change))
    assert len(problems) == 1


def test_weights_that_only_pickle_reads(saved: Saved, tmp_path: Path) -> None:
    held = members(saved("cnn"))
    held["model.weights.npz"] = held.pop("model.weights.h5")
    path = write_archive(tmp_path / "npz.keras", held)
    with pytest.raises(
        ModelFormatError, match=r"model\.weights\.npz, a pickle of Python's, which could run code"
    ):
        maju.load(path)
