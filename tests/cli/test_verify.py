"""`maju verify`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import maju
from cli.fixtures import Maju, Models
from maju import verify
from maju.layers import DenseLayer
from maju.models import Model


@pytest.fixture
def spoilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maju gets the head of the nested model wrong."""

    def load(path: Path) -> Model:
        model = maju.load(path)
        head = model["head"]
        assert isinstance(head, DenseLayer)
        head.kernel = head.kernel * np.float32(1.1)
        return model

    monkeypatch.setattr(verify, "load", load)


@pytest.mark.parametrize(
    "name",
    [
        "rescaling",
        "plain",
        "grey",
        "bytes",
        "any_size",
        "rows",
        "sentiment",
        "tags",
        "two",
        "ids",
        "nested",
        "logits",
        "regression",
        "sequence",
    ],
)
def test_random_input_for_every_kind_of_model(cli: Maju, models: Models, name: str) -> None:
    result = cli("verify", models.path(name), "--rows", "4", "--json")
    assert result.code == 0, result
    document = result.json
    assert document["agrees"] is True
    assert document["rows"] == 4
    assert {row["agrees"] for row in document["layers"] + document["outputs"]} == {True}
    assert all(0 <= row["max_difference"] <= row["tolerance"] for row in document["layers"])


def test_the_table(cli: Maju, models: Models) -> None:
    result = cli("verify", models.path("nested"))
    assert (result.code, result.stderr) == (0, "")
    title, _, head, _, *rows, _, verdict = result.stdout.splitlines()
    assert title.endswith("against maju on 8 rows (random input, seed 0)")
    assert head.split("  ")[0] == "Layer"
    inner = [f"inner/{layer.name}" for layer in models["nested"].get_layer("inner").layers]
    assert [row.split("  ")[0] for row in rows] == [*inner, "inner", "head", "output head"]
    assert all(row.endswith("agrees") for row in rows)
    assert verdict.startswith("All 4 layers agree; the largest difference is ")


def test_a_difference_is_marked_where_it_begins(cli: Maju, models: Models, spoilt: None) -> None:
    result = cli("verify", models.path("nested"))
    assert (result.code, result.stderr) == (1, "")
    ends = {line.split("  ")[0]: line.split("  ")[-1] for line in result.stdout.splitlines()}
    assert ends["inner"] == "agrees"
    assert ends["head"] == "DIFFERS <- begins here"
    assert ends["output head"] == "DIFFERS"
    last = result.stdout.splitlines()[-1]
    assert last == "2 of 5 comparisons differ; the difference begins in 'head' (Dense)"


def test_a_difference_in_json(cli: Maju, models: Models, spoilt: None) -> None:
    result = cli("verify", models.path("nested"), "--json")
    assert result.code == 1
    assert result.json["agrees"] is False
    assert result.json["first_difference"] == "head"
    assert [row["agrees"] for row in result.json["layers"]] == [True, True, True, False]


def test_input_from_files(cli: Maju, models: Models, tmp_path: Path) -> None:
    for name, rows in (("a", 2), ("b", 3)):
        np.save(tmp_path / f"{name}.npy", np.random.default_rng(rows).normal(size=(rows, 4)))
    files = [tmp_path / "a.npy", tmp_path / "b.npy"]
    document = cli("verify", models.path("logits"), "--input", files[0], "--input", files[1], "--json").json
    assert document["rows"] == 5
    assert document["input"] == f"{files[0]}, {files[1]}"
    assert document["layers"][0]["shape"] == [5, 12]


def test_texts_from_standard_input(cli: Maju, models: Models) -> None:
    result = cli("verify", models.path("sentiment"), "--input", "-", stdin="enak\n\nmahal sekali\n")
    assert result.code == 0
    assert "on 3 rows (-)" in result.stdout


def test_the_seed_changes_the_input(cli: Maju, models: Models) -> None:
    def run(seed: str) -> object:
        return cli("verify", models.path("logits"), "--seed", seed, "--json").json["layers"]

    assert run("1") == run("1")
    assert run("1") != run("2")


def test_input_that_does_not_fit(cli: Maju, models: Models, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 3)))
    message = cli("verify", models.path("logits"), "--input", tmp_path / "x.npy").error
    assert message == f"{tmp_path / 'x.npy'}: input 'x': expected shape (batch, 4), got (2, 3)"


def test_a_model_that_maju_does_not_support(cli: Maju, models: Models) -> None:
    result = cli("verify", models.path("unsupported"))
    assert result.code == 2
    assert result.stderr.startswith("error: 2 things are not supported:\n")


def test_a_file_that_keras_cannot_open(cli: Maju, models: Models, tmp_path: Path) -> None:
    maju.load(models.path("logits")).save(tmp_path / "x.safetensors")
    message = cli("verify", tmp_path / "x.safetensors").error
    assert "itself cannot open" in message


def test_without_keras_it_says_how_to_install_it(models: Models) -> None:
    code = "import sys; sys.modules['keras'] = None; from maju.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "verify", str(models.path("logits"))]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (result.returncode, result.stdout) == (2, "")
    expected = "comparing with Keras needs more than maju's core: pip install 'maju[experiments]'"
    assert result.stderr == f"error: {expected}\n"


@pytest.mark.slow
def test_tensorflow_says_nothing_of_its_own(models: Models) -> None:
    command = [sys.executable, "-m", "maju", "verify", str(models.path("logits"))]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_help_tells_the_tolerances(cli: Maju) -> None:
    text = " ".join(cli("verify", "--help").stdout.split())
    assert f"no value differs by more than {verify.TOLERANCE:.0e}".replace("e-0", "e-") in text
    assert f"may differ by {verify.PROBABILITY_TOLERANCE:.0e}".replace("e-0", "e-") in text
