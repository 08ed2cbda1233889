"""`maju profile`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cli.fixtures import Maju, Models


def test_the_steps_of_a_model(cli: Maju, models: Models) -> None:
    result = cli("profile", models.path("ids"))
    assert (result.code, result.stderr) == (0, "")
    title, head, _, *rows, about, total = result.stdout.splitlines()
    assert title == f"ids.keras: {len(rows)} steps"
    assert head.split() == ["Step", "Layers", "Types", "How", "Output", "shape", "ms", "Share"]
    assert [row.split()[0] for row in rows] == [str(n + 1) for n in range(len(rows))]
    assert "rows at a time" in about
    assert total.endswith("µs a row")


@pytest.mark.parametrize("name", ["rescaling", "sentiment", "two", "nested", "sequence"])
def test_json_with_random_input(cli: Maju, models: Models, name: str) -> None:
    document = cli("profile", models.path(name), "--json").json
    assert document["untimed"] == ""
    assert sum(document["shares"]) == pytest.approx(1)
    assert sum(step["seconds"] for step in document["steps"]) == pytest.approx(document["seconds"])


def test_input_of_ones_own_and_a_plot(cli: Maju, models: Models, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((3, 4), np.int64))
    picture = tmp_path / "steps.png"
    document = cli("profile", models.path("ids"), tmp_path / "x.npy", "--plot", picture, "--json").json
    assert document["rows"] == 3
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_drawn_is_told(cli: Maju, models: Models, tmp_path: Path) -> None:
    result = cli("profile", models.path("ids"), "--plot", tmp_path / "steps.gif")
    assert result.code == 2
    assert "pictures are saved as .png, .svg, .pdf" in result.stderr
    assert not list(tmp_path.iterdir())
