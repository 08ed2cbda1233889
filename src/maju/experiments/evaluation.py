"""Evaluating a saved model from scratch, and comparing it with Keras on every test row."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import numpy as np

from maju.datasets import Dataset
from maju.errors import MajuError
from maju.experiments.child import Trained
from maju.experiments.experiment import Experiment
from maju.experiments.results import Scores
from maju.layers.base import Array

__all__ = ["evaluate", "macro_f1"]


def evaluate(experiment: Experiment, dataset: Dataset, model: Path, trained: Trained) -> Scores:
    """Open a saved model, predict the test split from scratch, and compare.

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
    theirs = trained.probabilities
    expected = (len(dataset.test.y), len(dataset.classes))
    for who, probabilities in (("Keras", theirs), ("maju", ours)):
        if probabilities.shape != expected:
            raise MajuError(f"{who} gave probabilities of shape {probabilities.shape}, not {expected}")
        if not np.isfinite(probabilities).all():
            raise MajuError(f"{who} gave probabilities that are no numbers: the training diverged")
    keras_labels, our_labels = theirs.argmax(axis=1), ours.argmax(axis=1)
    return Scores(
        rows=len(dataset.test.y),
        parameters=trained.parameters,
        f1_keras=macro_f1(dataset.test.y, keras_labels, len(dataset.classes)),
        f1_scratch=macro_f1(dataset.test.y, our_labels, len(dataset.classes)),
        agree=int((keras_labels == our_labels).sum()),
        max_difference=float(np.abs(ours - theirs).max()),
        train_seconds=trained.train_seconds,
        keras_seconds=trained.keras_seconds,
        scratch_seconds=seconds,
    )


def macro_f1(labels: Array, predicted: Array, classes: int) -> float:
    """The mean over all classes of F1 = 2PR / (P + R); a class that is never predicted counts as 0."""
    from sklearn.metrics import f1_score

    every = range(classes)
    return cast(float, f1_score(labels, predicted, labels=every, average="macro", zero_division=0))
