"""`maju visualize`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

import maju
from cli.fixtures import Maju, Models


@pytest.fixture
def images(tmp_path: Path) -> Path:
    path = tmp_path / "images.npy"
    np.save(path, np.random.default_rng(0).random((4, 6, 5, 3)).astype(np.float32))
    return path


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("saya suka, enak sekali\ntidak ramah\n", encoding="utf-8")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_that_fits_an_image_classifier(cli: Maju, models: Models, images: Path, tmp_path: Path) -> None:
    (tmp_path / "truth.txt").write_text("cat\ndog\ncow\ncat\n")
    labels: list[str | Path] = ["--labels", "cat,dog,cow", "--truth", tmp_path / "truth.txt"]
    result = cli("visualize", models.path("plain"), images, "--row", "2", *labels, "--out", tmp_path / "out")
    assert result.code == 0
    layer = models["plain"].layers[0].name
    expected = [
        "activations",
        "confusion",
        f"feature-maps-{layer}",
        f"filters-{layer}",
        "grad-cam",
        "grad-cam++",
    ]
    expected += ["graph", "integrated-gradients", "mistakes", "reliability", "weights"]
    assert names(tmp_path / "out") == sorted(f"{name}.png" for name in expected)
    assert sorted(result.stdout.split()) == sorted(str(path) for path in (tmp_path / "out").iterdir())
    assert imread(tmp_path / "out" / "graph.png").size
    notes = result.stderr.splitlines()
    assert notes[0].startswith("note: of 4 rows, ")
    assert notes[0].endswith("is drawn; --row draws another")
    model = models["plain"].name
    assert f"note: no gates: '{model}' has no LSTM or GRU, so there are no gates to show" in notes
    assert f"note: no attention: '{model}' has no attention layer" in notes


def test_all_that_fits_a_text_model(cli: Maju, models: Models, texts: Path, tmp_path: Path) -> None:
    result = cli("visualize", models.path("sentiment"), texts, "--out", tmp_path / "out", "--format", "svg")
    assert result.code == 0
    layer = models["sentiment"].layers[2].name
    expected = [
        "activations",
        f"gates-{layer}",
        "graph",
        f"hidden-states-{layer}",
        "tokens",
        "weights",
        "words",
    ]
    assert names(tmp_path / "out") == [f"{name}.svg" for name in expected]
    assert "note: of 2 rows, 'saya suka, enak sekali' is drawn; --row draws another" in result.stderr


def test_without_an_input(cli: Maju, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = cli("visualize", models.path("nested"))
    assert result.code == 0
    assert names(tmp_path / "nested-pictures") == ["graph.png", "weights.png"]


def test_one_kind_of_one_layer(cli: Maju, models: Models, images: Path, tmp_path: Path) -> None:
    layer = models["plain"].layers[0].name
    options = ["--layer", layer, "--what", "grad-cam", "--what", "feature-maps", "--class", "dog"]
    out: list[str | Path] = ["--labels", "cat,dog,cow", "--out", tmp_path / "out"]
    result = cli("visualize", models.path("plain"), images, *options, *out)
    assert (result.code, names(tmp_path / "out")) == (
        0,
        [f"feature-maps-{layer}.png", f"grad-cam-{layer}.png"],
    )


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("plain", ["--what", "gates"], "'{name}' has no LSTM or GRU, so there are no gates to show"),
        (
            "plain",
            ["--what", "tokens"],
            "'{name}' reads no tokens: no Embedding reads ids from a TextVectorization or from an input",
        ),
        ("plain", ["--what", "confusion"], "--what confusion needs the true classes: --truth FILE"),
        (
            "plain",
            ["--what", "graph", "--layer", "classes"],
            "--what graph shows the whole model; leave --layer out",
        ),
        ("plain", ["--layer", "dense"], "no layer 'dense'; the layers are {layers}"),
        ("plain", ["--row", "4"], "--row 4: {images} has the rows 0 to 3"),
        (
            "plain",
            ["--what", "grad-cam", "--class", "3"],
            "target=3: output 'classes' has the classes 0 to 2",
        ),
        ("plain", ["--class", "bird"], "--class 'bird': neither a number nor a place like 3,5,1, nor a name"),
        (
            "plain",
            ["--class", "bird", "--labels", "a,b,c"],
            "--class 'bird': neither a number nor a place like 3,5,1, nor a name; the names are a, b, c",
        ),
        ("plain", ["--output", "q", "--what", "grad-cam"], "output='q': the model's outputs are classes"),
        ("plain", ["--out", "{images}"], "--out {images}: a file, not a folder"),
        ("plain", ["--truth", "nowhere.txt"], "nowhere.txt: there is no such file"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line_and_leaves_no_folder(
    cli: Maju, models: Models, images: Path, tmp_path: Path, model: str, options: list[str], message: str
) -> None:
    layers = [layer.name for layer in maju.load(models.path(model)).layers]
    words = {"images": images, "name": models[model].name, "layers": ", ".join(layers)}
    given = [option.format(**words) for option in options]
    if "--out" not in given:
        given += ["--out", str(tmp_path / "out")]
    assert cli("visualize", models.path(model), images, *given).error == message.format(**words)
    assert not (tmp_path / "out").exists()


def test_a_kind_that_needs_an_input(cli: Maju, models: Models) -> None:
    assert (
        cli("visualize", models.path("plain"), "--what", "grad-cam").error == "--what grad-cam needs an INPUT"
    )


def test_true_classes_that_are_none(cli: Maju, models: Models, images: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth.txt"
    truth.write_text("0\nbird\n")
    given: list[str | Path] = [models.path("plain"), images, "--what", "confusion", "--truth", truth]
    assert (
        cli("visualize", *given).error
        == f"{truth}: 'bird' in line 2 is no class; give the names with --labels"
    )
    truth.write_text("0\n1\n")
    assert cli("visualize", *given).error == "expected 4 true classes, one for each row, got shape (2,)"


def test_without_the_extra(cli: Maju, models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maju.cli.visualize.find_spec", lambda name: None)
    assert importlib.util.find_spec("matplotlib") is not None
    error = cli("visualize", models.path("plain")).error
    assert error == "maju visualize needs more than maju's core: pip install 'maju[visualize]'"
