from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from maju.experiments.plots import plot_losses, plot_losses_together

HISTORY = {"loss": [1.1, 0.7, 0.4, 0.2], "val_loss": [1.0, 0.8, 0.9, 1.1]}


def share_of(colour: str, image: np.ndarray) -> float:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return float((np.abs(image[..., :3] - rgb).max(axis=2) < 0.02).mean())


def test_a_plot_draws_both_losses_in_their_colours(tmp_path: Path) -> None:
    plot_losses(HISTORY, "LSTM", tmp_path / "lstm.png")
    image = imread(tmp_path / "lstm.png")
    assert image.shape[:2] == (456, 720)
    assert share_of("#0072B2", image) > 0.002
    assert share_of("#D55E00", image) > 0.002
    assert [path.name for path in tmp_path.iterdir()] == ["lstm.png"]


@pytest.mark.parametrize(("models", "size"), [(1, (456, 720)), (2, (456, 1440)), (3, (912, 1440))])
def test_several_models_have_a_panel_each(models: int, size: tuple[int, int], tmp_path: Path) -> None:
    plot_losses_together({f"model {i}": HISTORY for i in range(models)}, tmp_path / "all.png")
    assert imread(tmp_path / "all.png").shape[:2] == size


def test_one_epoch_makes_a_plot(tmp_path: Path) -> None:
    plot_losses({"loss": [1.1], "val_loss": [1.0]}, "LSTM", tmp_path / "lstm.png")
    assert share_of("#D55E00", imread(tmp_path / "lstm.png")) > 0.0005


def test_plotting_leaves_the_backend_alone(tmp_path: Path) -> None:
    before = mpl.rcParams._get("backend")
    plot_losses(HISTORY, "LSTM", tmp_path / "lstm.png")
    assert mpl.rcParams._get("backend") == before


def test_a_plot_that_cannot_be_drawn_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "lstm.png"
    plot_losses(HISTORY, "LSTM", path)
    before = path.read_bytes()
    with pytest.raises(KeyError):
        plot_losses({"loss": [1.0]}, "LSTM", path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["lstm.png"]
