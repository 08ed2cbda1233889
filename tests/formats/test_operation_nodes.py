from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import maju
from formats.archives import rewrite
from maju.errors import InputError, ModelFormatError, UnsupportedModelError
from maju.formats.config import read_architecture, write_architecture


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    x = keras.Input((4, 6), name="x")
    y = ops.sum(ops.split(x, 3, axis=-1)[1][:, 1:], axis=1) * np.array([0.5, 2.0], np.float32)
    path = tmp_path_factory.mktemp("operations") / "model.keras"
    keras.Model(x, layers.Dense(3)(y)).save(path)
    return path


def changed(saved: Path, tmp_path: Path, **changes: Callable[[dict[str, Any]], None]) -> Path:
    """The file with the nodes of these classes changed."""

    def change(document: Any) -> None:
        for node in document["config"]["layers"]:
            if node["class_name"] in changes:
                changes[node["class_name"]](node)

    return rewrite(saved, tmp_path / "changed.keras", config=change)


def refusal(path: Path) -> list[str]:
    with pytest.raises(UnsupportedModelError) as error:
        maju.load(path)
    return [str(problem) for problem in error.value.problems]


def test_everything_about_operations_is_named_at_once(saved: Path, tmp_path: Path) -> None:
    def split(node: dict[str, Any]) -> None:
        node["config"] |= {"wobble": 3}
        del node["config"]["indices_or_sections"]

    def get_item(node: dict[str, Any]) -> None:
        node["inbound_nodes"][0]["args"][1] = [{"class_name": "__lambda__", "config": {"value": "x"}}]

    def sum_(node: dict[str, Any]) -> None:
        node["class_name"] = "Sumptuous"

    def multiply(node: dict[str, Any]) -> None:
        node["inbound_nodes"][0]["args"].append(2)

    path = changed(saved, tmp_path, Split=split, GetItem=get_item, Sum=sum_, Multiply=multiply)
    problems = refusal(path)
    assert [problem.partition(" (")[2] for problem in problems] == [
        "Split): unknown hyper-parameter wobble=3",
        "Split): has no hyper-parameter indices_or_sections",
        "Sumptuous): an operation that maju does not have",
        "GetItem): called with a __lambda__, which is not implemented",
        "Multiply): called with other arguments than it has (too many positional arguments)",
    ]
    assert problems[0].startswith("operation 'split")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            {"class_name": "__tensor__", "config": {"value": [1.0], "dtype": "bfloat16"}},
            "__tensor__ of type bfloat16",
        ),
        (
            {"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "string"}},
            "__numpy__ of type string",
        ),
        ({"class_name": "__bytes__", "config": {"value": "a"}}, "__bytes__"),
        ({"class_name": "__typespec__", "config": [None]}, "__typespec__"),
        (
            {"module": "builtins", "class_name": "function", "config": "len", "registered_name": "len"},
            "function",
        ),
        ({"class_name": "__slice__", "config": {"start": "a", "stop": None, "step": None}}, "__slice__"),
    ],
    ids=["bfloat16", "text", "bytes", "typespec", "function", "slice"],
)
def test_values_that_are_not_implemented(value: Any, said: str, saved: Path, tmp_path: Path) -> None:
    def multiply(node: dict[str, Any]) -> None:
        node["inbound_nodes"][0]["args"][1] = value

    (problem,) = refusal(changed(saved, tmp_path, Multiply=multiply))
    assert problem.endswith(f"(Multiply): called with a {said}, which is not implemented")


def test_types_that_are_not_implemented(tmp_path: Path) -> None:
    x = keras.Input((4,))
    half = ops.cast(ops.cast(x, "complex64"), "float32")
    keras.Model(x, half).save(tmp_path / "model.keras")
    (problem,) = refusal(tmp_path / "model.keras")
    assert problem.endswith("(Cast): dtype='complex64'; expected a type of NumPy")


def test_values_of_hyper_parameters_that_are_not_implemented(tmp_path: Path) -> None:
    x = keras.Input((4,))
    outputs = [
        ops.quantile(x, 0.3, axis=1, method="lower"),
        *ops.svd(ops.reshape(x, (-1, 2, 2))),
        ops.top_k(x, 2, sorted=False)[0],
    ]
    keras.Model(x, outputs).save(tmp_path / "model.keras")
    problems = [problem.split(": ", 1)[1] for problem in refusal(tmp_path / "model.keras")]
    assert sorted(problems) == [
        "compute_uv=True; expected False",
        "method='lower'; expected 'linear'",
        "sorted=False; expected True",
    ]


def test_what_a_script_defines_is_no_class_of_keras(tmp_path: Path) -> None:
    """A script is the module __main__, which Keras writes as no module at all."""
    script = """
import sys, keras
from keras.src.ops.operation import Operation
class Dense(keras.layers.Dense):
    def call(self, inputs, training=None):
        return super().call(inputs) * 2
class Negative(Operation):
    def call(self, x):
        return x + 1
    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, x.dtype)
x = keras.Input((3,))
keras.Model(x, Negative()(Dense(2)(x))).save(sys.argv[1])
"""
    subprocess.run([sys.executable, "-c", script, tmp_path / "model.keras"], check=True)
    said = "a class of its author's own; the file does not hold its computation"
    problems = [problem.split(": ", 1)[1] for problem in refusal(tmp_path / "model.keras")]
    assert [problem.partition(" (write it as")[0] for problem in problems] == [said, said]


@pytest.mark.parametrize("sections", [10**9, -1, 0, "many", [[1], [2]], 2.0], ids=str)
def test_absurd_numbers_of_parts(sections: Any, saved: Path, tmp_path: Path) -> None:
    def split(node: dict[str, Any]) -> None:
        node["config"]["indices_or_sections"] = sections

    path = changed(saved, tmp_path, Split=split)
    with pytest.raises((ModelFormatError, InputError), match=r"operation 'split.*' \(Split\)"):
        maju.load(path).forward(np.ones((2, 4, 6)))


def test_an_output_that_an_operation_does_not_have(saved: Path, tmp_path: Path) -> None:
    def get_item(node: dict[str, Any]) -> None:
        node["inbound_nodes"][0]["args"][0]["config"]["keras_history"][2] = 3

    with pytest.raises(ModelFormatError, match=r"takes output 3 of 'split.*', which has none"):
        maju.load(changed(saved, tmp_path, GetItem=get_item))


def test_an_axis_that_is_not_there(saved: Path, tmp_path: Path) -> None:
    def sum_(node: dict[str, Any]) -> None:
        node["config"]["axis"] = 7

    loaded = maju.load(changed(saved, tmp_path, Sum=sum_))
    expected = r"^operation 'sum.*' \(Sum\) cannot be computed on \(2, 3, 2\) \(axis 7 is out of bounds"
    with pytest.raises(InputError, match=expected):
        loaded.forward(np.ones((2, 4, 6)))


def test_nothing_large_is_made_while_a_file_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shape of what an operation makes is not found by making it, if that would be large."""
    monkeypatch.setenv("MAJU_MAX_VALUES", str(10**15))
    x = keras.Input((4,))
    keras.Model(x, ops.tile(x, (1, 2))).save(tmp_path / "model.keras")

    def tile(node: dict[str, Any]) -> None:
        node["config"]["repeats"] = [10**6, 10**6]

    loaded = maju.load(changed(tmp_path / "model.keras", tmp_path, Tile=tile))
    assert loaded.output_shape() is None
    assert "?" in loaded.summary(print_fn=None)


@pytest.mark.parametrize("shape", [None, "wide", [None, -4], [4, 2.0], [[4]]], ids=str)
def test_a_noted_shape_that_is_none_is_left_out(shape: Any, saved: Path, tmp_path: Path) -> None:
    def dense(node: dict[str, Any]) -> None:
        node["inbound_nodes"][0]["args"][0]["config"]["shape"] = shape

    loaded = maju.load(changed(saved, tmp_path, Dense=dense))
    x = np.random.default_rng(0).normal(size=(2, 4, 6))
    np.testing.assert_array_equal(loaded.forward(x), maju.load(saved).forward(x))


def test_reading_what_was_written_gives_the_same_graph() -> None:
    x = keras.Input((4, 6), name="x")
    y = ops.pad(x[..., ::2, None], ((0, 0), (1, 0), (0, 0), (0, 2)), constant_values=2.5)
    y = ops.where(y > np.array([1, 2, 0], np.int64), y, 0)
    document = json.loads(keras.Model(x, y).to_json())
    spec = read_architecture(document, keras.__version__, "a model")
    again = read_architecture(json.loads(json.dumps(write_architecture(spec))), "3.15.1", "again")
    for call, other in zip(spec.calls, again.calls, strict=True):
        assert repr(call) == repr(other)
    assert [layer.config for layer in again.layers] == [layer.config for layer in spec.layers]


def test_hyper_parameters_that_older_versions_kept_in_the_call(tmp_path: Path) -> None:
    """As Keras 3.0 to 3.8 wrote these nodes."""
    x = keras.Input((4, 6), name="x")
    outputs = [
        ops.ones_like(x, dtype="int32"),
        ops.zeros_like(x),
        ops.full_like(x, 2, dtype="int32"),
        ops.slice(x, (0, 1, 2), (2, 3, 2)),
        ops.isclose(x, x[:, ::-1], rtol=0.5, atol=0.25, equal_nan=True),
        ops.threshold(x, 0.3, 7.0),
    ]
    model = keras.Model(x, outputs)
    model.save(tmp_path / "model.keras")

    def by_name(node: dict[str, Any]) -> None:
        node["inbound_nodes"][0]["kwargs"]["dtype"] = node["config"].pop("dtype")

    def in_order(key: str) -> Callable[[dict[str, Any]], None]:
        return lambda node: node["inbound_nodes"][0]["args"].append(node["config"].pop(key))

    def threshold(node: dict[str, Any]) -> None:
        node["config"] = {"threshold_value": 0.3, "value": 7.0}

    older: dict[str, Any] = dict.fromkeys(["OnesLike", "ZerosLike", "FullLike"], by_name)
    older |= {"Slice": in_order("shape"), "Isclose": in_order("equal_nan"), "Threshold": threshold}
    given = np.random.default_rng(0).normal(size=(3, 4, 6)).astype(np.float32)
    found = maju.load(changed(tmp_path / "model.keras", tmp_path, **older)).forward(given)
    for one, other in zip(found, model(given), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_one_node_with_two_settings(tmp_path: Path) -> None:
    x = keras.Input((4, 6), name="x")
    keras.Model(x, ops.ones_like(x)).save(tmp_path / "model.keras")

    def twice(node: dict[str, Any]) -> None:
        (call,) = node["inbound_nodes"]
        node["inbound_nodes"] = [{**call, "kwargs": {"dtype": dtype}} for dtype in ("int32", "bool")]

    problems = refusal(changed(tmp_path / "model.keras", tmp_path, OnesLike=twice))
    assert len(problems) == 2
    assert problems[0].endswith("(got an unexpected keyword argument 'dtype')")
