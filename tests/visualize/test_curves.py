"""Curves of several runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import maju
from maju.errors import InputError
from maju.visualize import curves
from maju.visualize.curves import plot_curves

HISTORY = {"loss": [1.5, 1.0, 0.75], "val_loss": [1.25, 1.0, 1.5], "accuracy": [0.25, 0.5, 0.75]}


def test_what_fit_returns_its_history_and_files(tmp_path: Path) -> None:
    model = maju.Sequential([maju.Input((3,)), maju.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    log = maju.callbacks.CSVLogger(tmp_path / "log.csv")
    history = model.fit(x, x[:, :1], epochs=2, verbose=0, validation_split=0.25, callbacks=[log])
    (tmp_path / "h.json").write_text(json.dumps({**HISTORY, "note": "by hand"}))
    runs = {"fit": history, "log": tmp_path / "log.csv", "file": str(tmp_path / "h.json"), "dict": HISTORY}
    fit, logged, file, by_hand = curves(runs)
    assert [fit.name, len(fit.training), len(fit.validation)] == ["fit", 2, 2]
    np.testing.assert_allclose(logged.training, fit.training, rtol=1e-6)
    assert file.training.tolist() == by_hand.training.tolist() == HISTORY["loss"]
    assert by_hand.validation.tolist() == HISTORY["val_loss"]
    (accuracy,) = curves({"a": HISTORY}, "accuracy")
    assert (accuracy.training.tolist(), accuracy.validation.tolist()) == ([0.25, 0.5, 0.75], [])


def test_the_lowest_loss_is_ringed_and_the_highest_accuracy() -> None:
    accuracy = {"accuracy": [0.25, 0.5, 0.75], "val_accuracy": [0.25, 0.75, 0.5]}
    for metric, runs, best in (("loss", {"a": HISTORY}, 2), ("accuracy", {"a": accuracy}, 2)):
        figure = plot_curves(runs, metric)
        ring = figure.axes[1].lines[1]
        assert list(np.asarray(ring.get_xdata())) == [best]
        assert figure.axes[1].get_title() == "validation"


def test_a_run_that_diverged_is_drawn_as_far_as_it_goes() -> None:
    figure = plot_curves({"a": {"loss": [1.0, float("nan"), float("inf")], "val_loss": [float("nan")] * 3}})
    low, high = figure.axes[0].get_ylim()
    assert low < 1 < high < 2


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run 'a' has no 'f1', but loss, accuracy"):
        curves({"a": HISTORY}, "f1")
    with pytest.raises(InputError, match="expected at least one run"):
        curves({})
    with pytest.raises(InputError, match="29 runs; no more than 28 can be told apart"):
        plot_curves({str(i): HISTORY for i in range(29)})
    (tmp_path / "x.json").write_text("[1")
    with pytest.raises(InputError, match=r"x\.json: no history, neither JSON nor the CSV"):
        curves({"a": tmp_path / "x.json"})
    with pytest.raises(InputError, match=r"y\.json: cannot be read"):
        curves({"a": tmp_path / "y.json"})
    with pytest.raises(InputError, match="expected a history or a file with one, got int"):
        curves({"a": 3})
