"""`maju --layers FILE.py COMMAND`."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from keras import layers

import maju
from cli.fixtures import Maju

MINE = """
import maju

@maju.register("Doubled")
class Doubled(maju.layers.Layer):
    def forward(self, x, training=False, mask=None):
        return 2 * x
"""


class Doubled(layers.Layer):  # type: ignore[misc]
    def call(self, x: object) -> object:
        return x * 2  # type: ignore[operator]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    model = keras.Sequential([keras.Input((2,)), Doubled(name="twice"), layers.Dense(3)])
    model.save(tmp_path / "mine.keras")
    return tmp_path / "mine.keras"


def test_a_model_with_layers_of_ones_own(cli: Maju, model: Path, tmp_path: Path) -> None:
    refused = cli("inspect", model)
    assert refused.code == 2
    assert "write it as a layer of maju's, under @maju.register('Doubled')" in refused.stderr
    (tmp_path / "my.py").write_text(MINE)
    try:
        found = cli("--layers", tmp_path / "my.py", "inspect", model)
    finally:
        maju.unregister("Doubled")
    assert found.code == 0, found.stderr
    assert "twice" in found.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [("1 / 0", "it fails with ZeroDivisionError: division by zero"), (None, "there is no such file")],
)
def test_a_file_that_cannot_be_run(
    cli: Maju, model: Path, tmp_path: Path, text: str | None, said: str
) -> None:
    mine = tmp_path / "my.py"
    if text is not None:
        mine.write_text(text)
    result = cli("--layers", mine, "inspect", model)
    assert result.error == f"--layers {mine}: {said}"
    assert result.stdout == ""
