"""Rows to test with."""

from __future__ import annotations

from typing import Any

from maju.experiments.architectures import ConvolutionalNetwork
from maju.experiments.data import DataChoice
from maju.experiments.experiment import Experiment, Training
from maju.experiments.results import Result, Scores

SMALL = Experiment(
    "small",
    "Small CNN",
    DataChoice("digits", train_rows=64, validation_rows=32),
    ConvolutionalNetwork(((3,),), dense=5),
    Training(epochs=2, batch_size=16, seed=3),
)
# Five pools leave nothing of 8x8 pixels.
IMPOSSIBLE = Experiment(
    "impossible", "Impossible", SMALL.data, ConvolutionalNetwork(((3,),) * 5), SMALL.training
)


def scored(title: str = "Small CNN", **changes: Any) -> Result:
    name = "".join(letter if letter.isalnum() else "-" for letter in title.lower())
    experiment = Experiment(name, title, SMALL.data, SMALL.architecture)
    numbers: dict[str, Any] = {
        "rows": 360,
        "parameters": 12_345,
        "f1_keras": 0.61234,
        "f1_scratch": 0.61234,
        "agree": 360,
        "max_difference": 2.5e-7,
        "train_seconds": 12.34,
        "keras_seconds": 0.512,
        "scratch_seconds": 0.0449,
    }
    return Result(experiment, Scores(**{**numbers, **changes}))


def failed(title: str, error: str) -> Result:
    return Result(Experiment("failed", title, SMALL.data, SMALL.architecture), error=error)
