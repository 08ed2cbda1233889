from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import maju
from formats.archives import rewrite
from formats.samples import SAMPLES
from maju.errors import MajuError, ModelFormatError, UnsupportedModelError
from maju.formats.config import read_architecture

Saved = Callable[..., Path]
Change = Callable[[Any], Any]


def said(source: Path, tmp_path: Path, change: Change) -> str:
    """What is said about a model whose config was changed."""
    path = rewrite(source, tmp_path / "model.keras", config=change)
    with pytest.raises((ModelFormatError, UnsupportedModelError)) as error:
        maju.load(path)
    assert max(map(len, str(error.value).splitlines())) < 500
    return str(error.value).removeprefix("model.keras: ")


def entries(document: Any) -> dict[str, Any]:
    """The layers of a functional config by name."""
    return {entry["name"]: entry for entry in document["config"]["layers"]}


def ref(layer: Any, call: Any = 0, output: Any = 0) -> dict[str, Any]:
    history = {"shape": [None, 4], "dtype": "float32", "keras_history": [layer, call, output]}
    return {"class_name": "__keras_tensor__", "config": history}


def dense(name: Any, *sources: Any, units: int = 4) -> dict[str, Any]:
    """A Dense layer of a functional config that is called on each of the sources in turn."""
    nodes = [
        {"args": [source if isinstance(source, dict) else ref(source)], "kwargs": {}} for source in sources
    ]
    config = {"name": name, "trainable": True, "units": units}
    return {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": config,
        "name": name,
        "inbound_nodes": nodes,
    }


ENTRANCE: dict[str, Any] = {
    "module": "keras.layers",
    "class_name": "InputLayer",
    "config": {"name": "x", "batch_shape": [None, 4], "dtype": "float32"},
    "name": "x",
    "inbound_nodes": [],
}


def graph(*layers: dict[str, Any], inputs: Any = None, outputs: Any = None) -> dict[str, Any]:
    """A functional config."""
    ends = {"input_layers": inputs or ["x", 0, 0], "output_layers": outputs or [layers[-1]["name"], 0, 0]}
    config = {"name": "graph", "trainable": True, "layers": [ENTRANCE, *layers], **ends}
    return {"module": "keras", "class_name": "Functional", "config": config, "registered_name": "Functional"}


def opened(document: Any, tmp_path: Path, **arrays: Any) -> Any:
    """A model of a config, with the weights that every Dense layer needs."""
    from safetensors.numpy import save_file

    rng = np.random.default_rng(0)
    for entry in document["config"]["layers"]:
        if entry["class_name"] == "Dense":
            arrays[f"{entry['name']}/kernel"] = rng.normal(size=(4, 4)).astype(np.float32)
            arrays[f"{entry['name']}/bias"] = rng.normal(size=4).astype(np.float32)
    (tmp_path / "graph.json").write_text(json.dumps(document))
    save_file(arrays, tmp_path / "graph.safetensors")
    return maju.load(tmp_path / "graph.safetensors", architecture=tmp_path / "graph.json")


# The graph

GRAPHS: dict[str, tuple[dict[str, Any], str]] = {
    "two layers that wait for each other": (
        graph(dense("a", "b"), dense("b", "a")),
        "the graph runs in a circle through a, b",
    ),
    "a layer that waits for itself": (
        graph(dense("a", ref("a"))),
        "the graph runs in a circle through a",
    ),
    "a layer whose first call waits for its second": (
        graph(dense("a", ref("a", 1), ref("a", 0))),
        "the graph runs in a circle through a",
    ),
    "a layer that is not there": (
        graph(dense("a", "ghost")),
        "layer 'a' refers to call 0 of layer 'ghost', which is not there",
    ),
    "a call that is not there": (
        graph(dense("a", "x"), dense("b", ref("a", 1))),
        "layer 'b' refers to call 1 of layer 'a', which is not there",
    ),
    "a call before the first": (
        graph(dense("a", "x"), dense("b", ref("a", -1))),
        "layer 'b' refers to call -1 of layer 'a', which is not there",
    ),
    "an output that is not there": (
        graph(dense("a", "x"), dense("b", ref("a", 0, 1))),
        "layer 'b' (Dense) takes output 1 of 'a', which has none",
    ),
    "an output of the model that is not there": (
        graph(dense("a", "x"), outputs=["ghost", 0, 0]),
        "the model's output refers to call 0 of layer 'ghost', which is not there",
    ),
    "an output number of the model that is not there": (
        graph(dense("a", "x"), outputs=[["a", 0, 7]]),
        "the model takes output 7 of 'a', which has none",
    ),
    "an input that is no input layer": (
        graph(dense("a"), inputs=["a", 0, 0]),
        "the model's input 'a' is no InputLayer",
    ),
    "an input that is not there": (
        graph(dense("a", "x"), inputs=["ghost", 0, 0]),
        "layer 'a' refers to call 0 of layer 'x', which is not there",
    ),
    "inputs that are text": (
        graph(dense("a", "x"), inputs="abc"),
        "a broken architecture (TypeError: 'abc' is no input or output)",
    ),
    "outputs that are a number": (
        graph(dense("a", "x"), outputs=3),
        "a broken architecture (TypeError: 3 is no input or output)",
    ),
    "a layer that is not connected": (
        graph(dense("a"), outputs=["a", 0, 0]),
        "the model's output refers to call 0 of layer 'a', which is not there",
    ),
    "two layers of one name": (graph(dense("a", "x"), dense("a", "x")), "layers of the same name: a"),
    "a call number that is no number": (
        graph(dense("a", ref("x", "first"))),
        "a broken architecture (ValueError: invalid literal for int() with base 10: 'first')",
    ),
    "an endless call number": (
        graph(dense("a", ref("x", math.inf))),
        "a broken architecture (OverflowError: cannot convert float infinity to integer)",
    ),
    "a shape that does not fit": (
        graph(dense("a", "x", units=5)),
        "layer 'a' (Dense): kernel has shape (4, 4), expected (4, 5)",
    ),
}


@pytest.mark.parametrize(("document", "reason"), GRAPHS.values(), ids=GRAPHS)
def test_a_graph_that_cannot_be(document: dict[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError) as error:
        opened(document, tmp_path)
    file, _, rest = str(error.value).partition(": ")
    assert file in ("graph.json", "graph.safetensors")
    assert rest == reason


def test_a_layer_that_nothing_needs_does_no_harm(tmp_path: Path) -> None:
    """Keras leaves such layers out of its files; a reader of other files meets them."""
    model = opened(graph(dense("a", "x"), dense("unused", "a"), dense("lonely"), dense("b", "a")), tmp_path)
    x = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    expected = model.predict(x)
    assert [layer.name for layer in model.layers] == ["x", "a", "unused", "b"]
    for suffix in (".keras", ".h5", ".safetensors"):
        model.save(tmp_path / f"again{suffix}")
        np.testing.assert_array_equal(maju.load(tmp_path / f"again{suffix}").predict(x), expected)


def test_a_large_graph_in_the_worst_order_takes_no_time(tmp_path: Path) -> None:
    """5,000 layers, each before the one that it waits for."""
    size = 5000
    acts = [
        {
            "module": "keras.layers",
            "class_name": "Activation",
            "config": {"name": f"a{index}", "trainable": True, "activation": "linear"},
            "name": f"a{index}",
            "inbound_nodes": [{"args": [ref(f"a{index + 1}" if index + 1 < size else "x")], "kwargs": {}}],
        }
        for index in range(size)
    ]
    start = time.process_time()
    model = opened(graph(*acts, outputs=["a0", 0, 0]), tmp_path)
    assert model.predict(np.ones((1, 4))).tolist() == [[1, 1, 1, 1]]
    model.save(tmp_path / "large.keras")
    assert time.process_time() - start < 20


def test_many_layers_of_one_name_take_no_time(tmp_path: Path) -> None:
    start = time.process_time()
    with pytest.raises(ModelFormatError, match=r"layers of the same name: a0, a1, .* \.\.\. .*, a9999$"):
        opened(
            graph(
                *(dense(f"a{index}", "x") for index in range(10_000)),
                *(dense(f"a{index}", "x") for index in range(10_000)),
            ),
            tmp_path,
        )
    assert time.process_time() - start < 20


def test_models_within_models_without_end(tmp_path: Path) -> None:
    document = graph(dense("a", "x"))
    for _ in range(33):
        outer = graph(dense("a", "x"))
        outer["config"]["layers"][1] = {**document, "name": "inner", "inbound_nodes": [{"args": [ref("x")]}]}
        document = outer
    with pytest.raises(ModelFormatError, match=r"^graph\.json: models nested more than 32 deep$"):
        opened(document, tmp_path)


def test_wrappers_within_wrappers_without_end(tmp_path: Path) -> None:
    layer: dict[str, Any] = {"class_name": "LSTM", "config": {"units": 3}}
    for _ in range(35):
        layer = {"class_name": "Bidirectional", "config": {"layer": layer, "name": "both"}}
    layer |= {"name": "both", "inbound_nodes": [{"args": [ref("x")], "kwargs": {}}]}
    with pytest.raises(ModelFormatError, match=r"^graph\.json: layers nested more than 32 deep$"):
        opened(graph(layer), tmp_path)


# Names


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a\0b", "\ud800", None, 3, math.nan, True, ["a"], {}], ids=repr
)
def test_names_that_are_none(name: Any, saved: Saved, tmp_path: Path) -> None:
    def layer(document: Any) -> None:
        document["config"]["layers"][2]["config"]["name"] = name

    def model(document: Any) -> None:
        document["config"]["name"] = name

    for change, of in ((layer, "Conv2D"), (model, "model")):
        assert said(saved("cnn"), tmp_path, change) == f"the name of a {of} is {name!r}, which is none"


@pytest.mark.parametrize(
    "name", ["a/b", "../../evil", "/root", "a b", "é", "名前", "layers", "n" * 5000, "%s{}"]
)
def test_odd_names_do_no_harm(name: str, saved: Saved, tmp_path: Path) -> None:
    sample = SAMPLES["cnn"]

    def change(document: Any) -> None:
        document["config"]["layers"][-1]["config"]["name"] = name

    model = maju.load(rewrite(saved("cnn"), tmp_path / "odd.keras", config=change))
    expected = model.predict(sample.x)
    assert model.layers[-1].name == name
    for suffix in (".safetensors", ".keras", ".h5"):
        path = tmp_path / f"again{suffix}"
        model.save(path)
        again = maju.load(path)
        np.testing.assert_array_equal(again.predict(sample.x), expected)
        # Keras 3 takes no '/' in a name.
        assert again.layers[-1].name == (name if suffix == ".safetensors" else name.replace("/", "_"))
    assert {path.name for path in tmp_path.iterdir()} <= {
        "odd.keras",
        "again.keras",
        "again.h5",
        "again.safetensors",
    }


def test_two_weights_of_one_name_are_not_written_over_each_other(tmp_path: Path) -> None:
    """A layer a/b, and a layer b in a nested model a."""
    inner = {**graph(dense("b", "x")), "name": "a", "inbound_nodes": [{"args": [ref("x")], "kwargs": {}}]}
    inner["config"]["name"] = "a"
    document = graph(dense("a/b", "x"), inner, outputs=[["a/b", 0, 0], ["a", 1, 0]])
    kernel, bias = np.eye(4, dtype=np.float32), np.ones(4, np.float32)
    model = opened(document, tmp_path, **{"a/b/kernel": kernel, "a/b/bias": bias})
    with pytest.raises(UnsupportedModelError) as error:
        model.save(tmp_path / "both.safetensors")
    assert str(error.value) == (
        "not supported: weight 'a/b/kernel': two layers have a weight of this name, since their own names "
        "hold '/' (rename a layer)"
    )


# Hyper-parameters

NUMBERS = [
    10**12,
    -(10**12),
    0,
    -1,
    2.5,
    math.nan,
    math.inf,
    "3",
    "",
    True,
    None,
    [],
    [2, 2, 2],
    {"a": 1},
    "x" * 999,
]


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: repr(value)[:20])
def test_absurd_numbers_where_weights_tell(value: Any, saved: Saved, tmp_path: Path) -> None:
    for sample, place, key in (
        ("cnn", 2, "filters"),
        ("cnn", 2, "kernel_size"),
        ("cnn", 6, "groups"),
        ("cnn", -1, "units"),
        ("lstm", 1, "input_dim"),
        ("lstm", 1, "output_dim"),
        ("lstm", 2, "units"),
    ):

        def change(document: Any, place: int = place, key: str = key) -> None:
            config = document["config"]["layers"][place]["config"]
            assert key in config
            config[key] = value

        message = said(saved(sample), tmp_path, change)
        assert "layer '" in message


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "ab", None, [], [1, 2, 3], {}, 0.4], ids=repr)
def test_absurd_windows(value: Any, saved: Saved, tmp_path: Path) -> None:
    def change(document: Any) -> None:
        document["config"]["layers"][5]["config"]["pool_size"] = value

    assert "layer 'max_pooling2d" in said(saved("cnn"), tmp_path, change)


SHAPES: list[Any] = [
    None,
    3,
    "abc",
    [],
    [None],
    [None, -3],
    [None, "a"],
    [None, 10**12],
    [None, math.nan],
    [None] * 99,
    {},
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: repr(shape)[:20])
def test_absurd_shapes_of_the_input(shape: Any, saved: Saved, tmp_path: Path) -> None:
    def change(document: Any) -> None:
        document["config"]["layers"][0]["config"]["batch_shape"] = shape

    assert "layer '" in said(saved("cnn"), tmp_path, change)


@pytest.mark.parametrize(
    "vocabulary",
    [
        3,
        "words.txt",
        [1, 2],
        [None],
        ["a", "a"],
        ["", "[UNK]"],
        [],
        {"a": 1},
        [["a"]],
        ["a", ""],
        math.nan,
        True,
    ],
    ids=repr,
)
def test_vocabularies_that_are_none(vocabulary: Any, saved: Saved, tmp_path: Path) -> None:
    def change(document: Any) -> None:
        document["config"]["layers"][1]["config"]["vocabulary"] = vocabulary

    message = said(saved("texts"), tmp_path, change)
    assert "(TextVectorization)" in message or "config of layer 2 is broken (TypeError: the vocab" in message
    assert list(tmp_path.iterdir()) == [tmp_path / "model.keras"]


@pytest.mark.parametrize("place", ["config", "layers", "class_name"])
@pytest.mark.parametrize("value", [None, 3, "x", [], {}, [3], [None], {"a": 1}, True], ids=repr)
def test_parts_of_the_wrong_type(place: str, value: Any, saved: Saved, tmp_path: Path) -> None:
    def whole(document: Any) -> None:
        holder = document["config"] if place == "layers" else document
        holder[place] = value

    def layer(document: Any) -> None:
        if place != "layers":
            document["config"]["layers"][3][place] = value

    assert said(saved("cnn"), tmp_path, whole)
    if place != "layers":
        assert said(saved("cnn"), tmp_path, layer)


@pytest.mark.parametrize("half", [None, 3, "LSTM", [], {}, {"class_name": "LSTM"}, {"config": {}}], ids=repr)
def test_wrappers_of_nothing(half: Any, saved: Saved, tmp_path: Path) -> None:
    for key in ("layer", "backward_layer"):

        def change(document: Any, key: str = key) -> None:
            config = document["config"]["layers"][3]["config"]
            if half is None:
                del config[key]
                config["layer"] = None
            else:
                config[key] = half

        message = said(saved("lstm"), tmp_path, change)
        assert "layer 'bidirectional" in message or "the config of layer 4 is broken" in message


# Versions and marks


@pytest.mark.parametrize(
    "version", [None, "", "x", "three", 3, 3.8, -1, [3], {"major": 3}, "²", "9" * 9999], ids=repr
)
def test_versions_that_are_none(version: Any, saved: Saved, tmp_path: Path) -> None:
    def change(metadata: Any) -> None:
        metadata["keras_version"] = version

    path = rewrite(saved("cnn"), tmp_path / "model.keras", metadata=change)
    with pytest.raises(ModelFormatError, match=r"^model\.keras: no version of Keras: .{1,210}$"):
        maju.load(path)


@pytest.mark.parametrize(
    "mark", [None, 3, "CNN", [], {}, {"class": None}, {"class": ["x"]}, {"class": "Evil"}], ids=repr
)
def test_marks_that_say_nothing(mark: Any, saved: Saved, tmp_path: Path) -> None:
    def change(metadata: Any) -> None:
        metadata["maju"] = mark

    path = rewrite(saved("cnn"), tmp_path / "model.keras", metadata=change)
    sample = SAMPLES["cnn"]
    np.testing.assert_array_equal(
        maju.CNNFromScratch.load(path).predict_proba(sample.x), maju.load(saved("cnn")).predict(sample.x)
    )


@pytest.mark.parametrize(
    "document",
    [
        {"class_name": "Sequential", "config": []},
        {"class_name": "Sequential", "config": {"layers": []}},
        {"class_name": "Functional", "config": {"layers": [], "input_layers": [], "output_layers": []}},
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": None}]}},
        {"class_name": ["Sequential"], "config": {}},
        {"class_name": "Sequential", "config": {"layers": "InputLayer"}},
        {"class_name": "Sequential", "config": {"layers": {"a": 1}}},
    ],
    ids=lambda document: json.dumps(document)[:60],
)
@pytest.mark.parametrize("version", ["1.2", "2.3.0", "3.8.0"])
def test_architectures_of_nothing(document: Any, version: str) -> None:
    with pytest.raises(MajuError):
        read_architecture(document, version, "model.json")
