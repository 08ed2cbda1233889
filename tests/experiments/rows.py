"""Rows to test with."""

from __future__ import annotations

from typing import Any

from maju.experiments.architectures import ConvolutionalNetwork
from maju.experiments.data import DataChoice
from maju.experiments.experiment import Experiment, Training
from maju.experiments.results import Judgement, Result, Scores

SMALL = Experiment(
    name="small",
    title="Small CNN",
    data=DataChoice(name="digits", train_rows=64, validation_rows=32),
    architecture=ConvolutionalNetwork(blocks=((3,),), dense=(5,)),
    training=Training(epochs=2, batch_size=16, seed=3),
)
# Five pools leave nothing of 8x8 pixels.
IMPOSSIBLE = Experiment(
    name="impossible",
    title="Impossible",
    data=SMALL.data,
    architecture=ConvolutionalNetwork(blocks=((3,),) * 5),
    training=SMALL.training,
)


def judged(**changes: Any) -> Judgement:
    numbers: dict[str, Any] = {
        "macro_f1": 0.61234,
        "accuracy": 0.6,
        "f1": (0.7, 0.52468),
        "confusion": ((120, 60), (84, 96)),
        "seconds": 0.512,
    }
    return Judgement(**{**numbers, **changes})


def scored(title: str = "Small CNN", **changes: Any) -> Result:
    name = "".join(letter if letter.isalnum() else "-" for letter in title.lower())
    numbers: dict[str, Any] = {
        "rows": 360,
        "classes": ("no", "yes"),
        "parameters": 12_345,
        "keras": judged(),
        "scratch": judged(seconds=0.0449),
        "agree": 360,
        "max_difference": 2.5e-7,
        "train_seconds": 12.34,
    }
    return Result(experiment=_experiment(name, title), scores=Scores(**{**numbers, **changes}))


def failed(title: str, error: str) -> Result:
    return Result(experiment=_experiment("failed", title), error=error)


def _experiment(name: str, title: str) -> Experiment:
    return Experiment(name=name, title=title, data=SMALL.data, architecture=SMALL.architecture)
