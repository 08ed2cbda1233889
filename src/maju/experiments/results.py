"""What an experiment came to: scores, or an error, and never one for the other."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from maju.experiments.experiment import Experiment
from maju.experiments.settings import Settings, listed

__all__ = ["TOLERANCE", "Judgement", "Result", "Scores", "ScratchScores"]

#: How far two float32 computations of one probability may lie apart.
TOLERANCE = 1e-5

Counts = Annotated[tuple[int, ...], listed]


class Judgement(Settings):
    """One program's predictions for the test rows, scored by scikit-learn.

    Attributes:
        macro_f1: the mean of the classes' F1.
        accuracy: the share of right labels.
        f1: F1 = 2PR / (P + R) of each class; 0 for a class that is never predicted.
        confusion: how many rows of each class (a row of the matrix) were given each label (a column).
        seconds: for predicting them all.
    """

    macro_f1: float
    accuracy: float
    f1: Annotated[tuple[float, ...], listed]
    confusion: Annotated[tuple[Counts, ...], listed]
    seconds: float


class ScratchScores(Settings):
    """A model's scores on the test split, from scratch: all there is of one that Keras never saw.

    Attributes:
        rows: how many test rows there are.
        classes: their names.
        parameters: how many the model has.
        scratch: what maju's predictions came to, with one thread in NumPy's matrix products.
        train_seconds: for training, validation included.
    """

    rows: int
    classes: Annotated[tuple[str, ...], listed]
    parameters: int
    scratch: Judgement
    train_seconds: float


class Scores(ScratchScores):
    """A model's scores on the test split, by Keras and from scratch.

    Attributes:
        keras: what Keras's predictions came to, on all cores.
        agree: how many rows have the same label by both.
        max_difference: the largest difference between two probabilities, max |Δp|.
    """

    keras: Judgement
    agree: int
    max_difference: float


class Result(Settings):
    """An experiment with its scores, or with the error that it failed with."""

    experiment: Experiment
    scores: Scores | ScratchScores | None = None
    error: str | None = None
    versions: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.scores is None) == (self.error is None):
            raise ValueError("a result has either scores or an error")
        return self

    @property
    def sound(self) -> bool:
        """Whether there are scores, and both computations, where there are two, came to the same."""
        if isinstance(self.scores, Scores):
            return self.scores.max_difference <= TOLERANCE
        return self.scores is not None
