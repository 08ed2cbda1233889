"""What an experiment came to: scores, or an error, and never one for the other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from maju.experiments.experiment import Experiment

__all__ = ["TOLERANCE", "Result", "Scores"]

#: How far two float32 computations of one probability may lie apart.
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Scores:
    """A model's scores on the whole test split, by Keras and from scratch.

    Args:
        rows: how many test rows there are.
        parameters: how many the model has.
        f1_keras: macro-F1 of Keras's labels.
        f1_scratch: macro-F1 of maju's.
        agree: how many rows have the same label by both.
        max_difference: the largest difference between two probabilities, max |Δp|.
        train_seconds: for training.
        keras_seconds: for Keras's predictions.
        scratch_seconds: for maju's, with one thread in NumPy's matrix products.
    """

    rows: int
    parameters: int
    f1_keras: float
    f1_scratch: float
    agree: int
    max_difference: float
    train_seconds: float
    keras_seconds: float
    scratch_seconds: float


@dataclass(frozen=True)
class Result:
    """An experiment with its scores, or with the error that it failed with."""

    experiment: Experiment
    scores: Scores | None = None
    error: str | None = None
    versions: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if (self.scores is None) == (self.error is None):
            raise ValueError("a result has either scores or an error")

    @property
    def sound(self) -> bool:
        """Whether there are scores, and both computations came to the same probabilities."""
        return self.scores is not None and self.scores.max_difference <= TOLERANCE

    def to_json(self) -> dict[str, Any]:
        """The result as JSON can hold it."""
        return {
            "experiment": self.experiment.to_json(),
            "scores": None if self.scores is None else asdict(self.scores),
            "error": self.error,
            "versions": self.versions,
        }
