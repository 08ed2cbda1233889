"""Evaluating a saved model from scratch, and comparing it with Keras on every test row."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from maju.datasets import Dataset
from maju.errors import MajuError
from maju.experiments.child import Trained
from maju.experiments.experiment import Experiment
from maju.experiments.results import Judgement, Scores, ScratchScores
from maju.layers.base import Array

__all__ = ["evaluate", "judge"]


def evaluate(
    experiment: Experiment, dataset: Dataset, model: Path, trained: Trained
) -> Scores | ScratchScores:
    """Open a saved model, predict the test split from scratch, and compare with Keras where Keras trained it.

    Raises:
        MajuError: Keras's or maju's probabilities are not one finite row for each row of the test split.
    """
    from threadpoolctl import threadpool_limits

    classifier = experiment.architecture.from_scratch.load(model)
    started = time.perf_counter()
    # The products of one time step are too small to share: where other programs run, threads that wait for
    # one another make a recurrent net many times slower.
    with threadpool_limits(1, "blas"):
        ours = classifier.predict_proba(dataset.test.x)
    seconds = time.perf_counter() - started
    keras = trained.keras
    if keras is not None:
        _check("Keras", keras.probabilities, dataset)
    _check("maju", ours, dataset)
    scores = ScratchScores(
        rows=len(dataset.test.y),
        classes=dataset.classes,
        parameters=trained.parameters,
        scratch=judge(dataset, ours, seconds),
        train_seconds=sum(trained.history["seconds"]),
    )
    if keras is None:
        return scores
    theirs = keras.probabilities
    return Scores(
        **dict(scores),
        keras=judge(dataset, theirs, keras.seconds),
        agree=int((theirs.argmax(axis=1) == ours.argmax(axis=1)).sum()),
        max_difference=float(np.abs(ours - theirs).max()),
    )


def _check(who: str, probabilities: Array, dataset: Dataset) -> None:
    expected = (len(dataset.test.y), len(dataset.classes))
    if probabilities.shape != expected:
        raise MajuError(f"{who} gave probabilities of shape {probabilities.shape}, not {expected}")
    if not np.isfinite(probabilities).all():
        raise MajuError(f"{who} gave probabilities that are no numbers: the training diverged")


def judge(dataset: Dataset, probabilities: Array, seconds: float) -> Judgement:
    """Score the test rows' probabilities, (rows, classes); a class that is never predicted has an F1 of 0."""
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

    truth, labels = dataset.test.y, probabilities.argmax(axis=1)
    every = range(len(dataset.classes))
    f1 = f1_score(truth, labels, labels=every, average=None, zero_division=0)
    return Judgement(
        macro_f1=float(f1_score(truth, labels, labels=every, average="macro", zero_division=0)),
        accuracy=float(accuracy_score(truth, labels)),
        f1=tuple(f1.tolist()),
        confusion=tuple(tuple(row) for row in confusion_matrix(truth, labels, labels=every).tolist()),
        seconds=seconds,
    )
