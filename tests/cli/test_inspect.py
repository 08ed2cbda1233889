"""`maju inspect`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import maju
from cli.fixtures import Maju, Models


def test_the_table(cli: Maju, models: Models) -> None:
    result = cli("inspect", models.path("ids"))
    assert (result.code, result.stderr) == (0, "")
    title, about, _, head, _, *rows, _, parameters = result.stdout.splitlines()
    assert title == f"ids.keras: Functional model {models['ids'].name!r}"
    assert about.startswith(".keras archive, Keras 3.")
    assert head.split("  ")[0] == "Layer"
    assert [row.split()[:2] for row in rows] == [
        [layer.name, type(layer).__name__] for layer in models["ids"].operations
    ]
    assert [row.split()[-1] for row in rows][:2] == ["-", "ids"]
    assert "(None, None, 4)" in rows[1]
    assert parameters == "Parameters: 173 (trainable 173, non-trainable 0)"


@pytest.mark.parametrize("name", ["rescaling", "sentiment", "two", "ids", "nested", "sequence"])
def test_the_numbers_are_those_of_keras(cli: Maju, models: Models, name: str) -> None:
    live = models[name]
    document = cli("inspect", models.path(name), "--json").json
    assert document["parameters"] == {
        "total": live.count_params(),
        "trainable": sum(int(v.value.numpy().size) for v in live.trainable_weights),
        "non_trainable": sum(int(v.value.numpy().size) for v in live.non_trainable_weights),
    }
    rows = {row["name"]: row for row in document["layers"]}
    for layer in live.layers:
        assert rows[layer.name]["type"] == type(layer).__name__
        assert rows[layer.name]["parameters"] == layer.count_params()
        if name != "two":  # there a layer has several outputs
            assert rows[layer.name]["output_shapes"] == [list(layer.output.shape)]


def test_a_frozen_layer_is_not_trainable(cli: Maju, tmp_path: Path) -> None:
    from keras import Input, Sequential, layers

    model = Sequential([Input((4,)), layers.Dense(5, trainable=False), layers.Dense(3)])
    model.save(tmp_path / "frozen.keras")
    parameters = cli("inspect", tmp_path / "frozen.keras", "--json").json["parameters"]
    assert parameters == {"total": 43, "trainable": 18, "non_trainable": 25}


def test_shared_layers_are_connected_to_all_that_enters_them(cli: Maju, models: Models) -> None:
    rows = cli("inspect", models.path("two"), "--json").json["layers"]
    assert {row["name"]: row["connected_to"] for row in rows} == {
        "left": [],
        "right": [],
        "shared": ["left", "right"],
        "one": ["shared"],
        "two": ["shared"],
    }


def test_what_is_not_supported_is_marked_and_named(cli: Maju, models: Models) -> None:
    result = cli("inspect", models.path("unsupported"))
    assert result.code == 2
    lines = {line.split()[0]: line.split()[-1] for line in result.stdout.splitlines() if line}
    assert [lines[name] for name in ("x", "first", "double", "same")] == ["yes", "yes", "no", "no"]
    first, *problems = result.stderr.splitlines()
    assert first == "error: 2 things are not supported:"
    assert [problem.split(":")[0] for problem in problems] == [
        "  - layer 'double' (Lambda)",
        "  - layer 'same' (Lambda)",
    ]


def test_what_is_not_supported_in_json(cli: Maju, models: Models) -> None:
    result = cli("inspect", models.path("unsupported"), "--json")
    assert result.code == 2
    assert [problem["where"] for problem in result.json["unsupported"]] == [
        "layer 'double' (Lambda)",
        "layer 'same' (Lambda)",
    ]
    assert [row["supported"] for row in result.json["layers"]] == [True, True, False, False]
    assert result.json["parameters"] is None


@pytest.mark.parametrize(
    ("suffix", "name"),
    [("h5", "legacy HDF5 (.h5)"), ("keras", ".keras archive"), ("safetensors", ".safetensors")],
)
def test_formats(cli: Maju, models: Models, tmp_path: Path, suffix: str, name: str) -> None:
    path = tmp_path / f"copy.{suffix}"
    maju.CNNFromScratch.load(models.path("plain")).save_weights(path)
    document = cli("inspect", path, "--json").json
    assert document["format"] == name
    assert document["saved_by"] == "CNNFromScratch"
    assert ", saved by maju's CNNFromScratch" in cli("inspect", path).stdout


def test_weights_alone_need_the_layers(cli: Maju, models: Models) -> None:
    weights = models.folder / "plain.weights.h5"
    assert cli("inspect", weights).error == (
        f"{weights}: weights alone; give the layers with --architecture FILE"
    )
    document = cli("inspect", weights, "--architecture", models.folder / "plain.json", "--json").json
    assert document["format"] == ".weights.h5"
    assert document["parameters"]["total"] == models["plain"].count_params()


def test_an_architecture_alone_is_listed(cli: Maju, models: Models) -> None:
    result = cli("inspect", models.folder / "plain.json")
    assert result.code == 0
    assert "Conv2D" in result.stdout
    assert "architecture without weights" in result.stderr


def test_a_layer_named_like_markup_is_shown_as_it_is(cli: Maju, tmp_path: Path) -> None:
    from keras import Input, Sequential, layers

    model = Sequential([Input((2,)), layers.Dense(3, name="[bold]_:smile:_[0]")])
    model.save(tmp_path / "odd.keras")
    assert "[bold]_:smile:_[0]  Dense" in cli("inspect", tmp_path / "odd.keras").stdout


def test_a_file_that_is_no_model(cli: Maju, tmp_path: Path) -> None:
    path = tmp_path / "x.keras"
    path.write_bytes(b"hello")
    assert "x.keras: no model" in cli("inspect", path).error


def test_a_layer_that_no_call_leads_to(cli: Maju, models: Models) -> None:
    """Reading may leave such a layer unmade; listing it must not fail."""
    from maju import formats
    from maju.cli.inspect import _rows
    from maju.formats.specification import LayerSpec

    model = maju.load(models.path("ids"))
    spec = formats.read(models.path("ids")).spec
    assert spec is not None
    idle = LayerSpec("Dense", "idle", {"name": "idle"})
    rows = _rows(replace(spec, layers=(*spec.layers, idle)), model, [])
    assert (rows[-1].name, rows[-1].parameters, rows[-1].output_shapes) == ("idle", 0, [])
