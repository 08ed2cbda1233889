"""The tiny models, and the list of what can be opened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from explore.fixtures import cnn
from maju.explore.demo import TINY, sentences
from maju.explore.shapes import SHAPES, drawn_shapes
from maju.explore.shelf import Shelf, demo_models


@pytest.mark.slow
def test_the_tiny_models_have_learned_something() -> None:
    for name, make in TINY.items():
        x, y = drawn_shapes(200, 16, 16, seed=9) if name == "tiny-cnn" else sentences()
        found = make().predict(x).argmax(axis=1)
        assert (found == y).mean() > 0.85, name


def test_drawn_shapes_follow_from_their_seed() -> None:
    images, labels = drawn_shapes(8, 12, 20, seed=3)
    assert images.shape == (8, 12, 20, 3)
    assert labels.tolist() == [0, 1, 2, 3] * 2
    assert len(SHAPES) == 4
    again, _ = drawn_shapes(8, 12, 20, seed=3)
    other, _ = drawn_shapes(8, 12, 20, seed=4)
    assert np.array_equal(images, again)
    assert not np.array_equal(images, other)


def test_the_demos_models_come_before_the_tiny_ones(tmp_path: Path) -> None:
    for name, data in (("cnn", "digits"), ("lstm", "nusax"), ("other", "films")):
        cnn().save(tmp_path / f"{name}.keras")
        result = {"experiment": {"data": {"name": data}}}
        (tmp_path / f"{name}.result.json").write_text(json.dumps(result))
    cnn().save(tmp_path / "cnn.epoch-2.keras")
    shelf = Shelf([], demo_models(tmp_path))
    assert [each.key for each in shelf.all][:4] == ["demo-cnn", "demo-lstm", "demo-other", "tiny-cnn"]
    classes = [shelf.entries[f"demo-{name}"].classes for name in ("cnn", "lstm", "other")]
    assert classes == [tuple("0123456789"), ("negative", "neutral", "positive"), None]
    assert Shelf().first == "tiny-cnn"
    assert demo_models(tmp_path / "none") == []


def test_what_computes_needs_neither_the_server_nor_keras() -> None:
    code = """
import sys
from maju.explore.session import Session
from maju.explore.shelf import Shelf
session = Session(Shelf())
found = {name.partition(".")[0] for name in sys.modules}
print(sorted(found & {"starlette", "uvicorn", "keras", "tensorflow", "matplotlib", "sklearn", "pydantic"}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stderr, done.stdout) == ("", "[]\n")
