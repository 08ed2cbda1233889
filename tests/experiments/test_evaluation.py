from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.rows import SMALL
from maju.datasets import Dataset
from maju.errors import MajuError, ModelKindError
from maju.experiments.architectures import RecurrentNetwork
from maju.experiments.child import Trained
from maju.experiments.data import load
from maju.experiments.evaluation import evaluate, macro_f1


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load(SMALL.data)


@pytest.fixture(scope="module")
def model(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = SMALL.architecture.build(dataset)
    rng = np.random.default_rng(8)
    built.set_weights([rng.normal(0, 0.3, w.shape).astype(w.dtype) for w in built.get_weights()])
    path = tmp_path_factory.mktemp("models") / "model.keras"
    built.save(path)
    return path


@pytest.fixture(scope="module")
def trained(dataset: Dataset, model: Path) -> Trained:
    import keras

    built = keras.models.load_model(model)
    return Trained(built.count_params(), {}, built.predict(dataset.test.x, verbose=0), 1.5, 0.5, {})


def test_both_are_scored_on_every_test_row(dataset: Dataset, model: Path, trained: Trained) -> None:
    scores = evaluate(SMALL, dataset, model, trained)
    assert scores.rows == len(dataset.test.y) == 360
    assert scores.agree == 360
    assert 0 < scores.max_difference < 1e-6
    assert scores.f1_keras == scores.f1_scratch
    expected = macro_f1(dataset.test.y, trained.probabilities.argmax(1), 10)
    assert scores.f1_keras == expected
    assert (scores.parameters, scores.train_seconds, scores.keras_seconds) == (trained.parameters, 1.5, 0.5)
    assert scores.scratch_seconds > 0


def test_each_side_has_its_own_score(dataset: Dataset, model: Path, trained: Trained) -> None:
    moved = trained.probabilities.copy()
    moved[:10] = np.roll(moved[:10], 1, axis=1)
    scores = evaluate(SMALL, dataset, model, replace(trained, probabilities=moved))
    assert scores.agree == 350
    assert scores.f1_keras == macro_f1(dataset.test.y, moved.argmax(1), 10)
    assert scores.f1_scratch == macro_f1(dataset.test.y, trained.probabilities.argmax(1), 10)
    assert scores.max_difference > 0.1


def test_a_part_of_the_rows_is_no_comparison(dataset: Dataset, model: Path, trained: Trained) -> None:
    part = replace(trained, probabilities=trained.probabilities[:300])
    with pytest.raises(MajuError, match=r"^Keras gave probabilities of shape \(300, 10\), not \(360, 10\)$"):
        evaluate(SMALL, dataset, model, part)


def test_what_is_no_number_is_no_score(dataset: Dataset, model: Path, trained: Trained) -> None:
    diverged = replace(trained, probabilities=np.full_like(trained.probabilities, np.nan))
    with pytest.raises(
        MajuError, match=r"^Keras gave probabilities that are no numbers: the training diverged"
    ):
        evaluate(SMALL, dataset, model, diverged)


def test_a_model_of_another_kind_is_no_score(dataset: Dataset, model: Path, trained: Trained) -> None:
    experiment = replace(SMALL, architecture=RecurrentNetwork("LSTM", (4,)))
    with pytest.raises(ModelKindError):
        evaluate(experiment, dataset, model, trained)


def test_macro_f1_counts_every_class_once() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1])
    # Class 0: P = 4/5, R = 1; class 1: P = 1, R = 1/2; class 2 never appears and counts as 0.
    expected = (8 / 9 + 2 / 3 + 0) / 3
    assert macro_f1(labels, np.array([0, 0, 0, 0, 0, 1]), 3) == pytest.approx(expected)


def test_macro_f1_of_a_model_that_gives_one_class() -> None:
    labels = np.repeat([0, 1, 2], [153, 96, 151])  # the test split of NusaX-Sentiment
    assert macro_f1(labels, np.zeros(400, int), 3) == pytest.approx(0.184, abs=5e-4)
