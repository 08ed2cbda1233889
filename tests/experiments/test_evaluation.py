from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from experiments.rows import SMALL
from maju.datasets import Dataset, Split
from maju.errors import MajuError, ModelKindError
from maju.experiments.architectures import RecurrentNetwork
from maju.experiments.child import Predicted, Trained
from maju.experiments.data import load
from maju.experiments.evaluation import evaluate, judge
from maju.experiments.results import Judgement, Scores, ScratchScores
from maju.layers.base import Array


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load(SMALL.data)


@pytest.fixture(scope="module")
def model(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = SMALL.architecture.build(dataset, keras)
    rng = np.random.default_rng(8)
    built.set_weights([rng.normal(0, 0.3, w.shape).astype(w.dtype) for w in built.get_weights()])
    path = tmp_path_factory.mktemp("models") / "model.keras"
    built.save(path)
    return path


@pytest.fixture(scope="module")
def trained(dataset: Dataset, model: Path) -> Trained:
    built = keras.models.load_model(model)
    predicted = Predicted(built.predict(dataset.test.x, verbose=0), 0.5)
    return Trained(built.count_params(), {"seconds": [1.0, 0.5]}, predicted, {})


def with_probabilities(trained: Trained, probabilities: Array) -> Trained:
    return replace(trained, keras=Predicted(probabilities, 0.5))


def compared(scores: Scores | ScratchScores) -> Scores:
    assert isinstance(scores, Scores)
    return scores


def test_both_are_scored_on_every_test_row(dataset: Dataset, model: Path, trained: Trained) -> None:
    assert trained.keras is not None
    scores = compared(evaluate(SMALL, dataset, model, trained))
    assert scores.rows == len(dataset.test.y) == 360
    assert scores.agree == 360
    assert 0 < scores.max_difference < 1e-6
    assert scores.keras == judge(dataset, trained.keras.probabilities, 0.5)
    assert scores.scratch.model_copy(update={"seconds": 0.5}) == scores.keras
    assert (scores.parameters, scores.train_seconds, scores.keras.seconds) == (trained.parameters, 1.5, 0.5)
    assert scores.scratch.seconds > 0
    assert scores.classes == dataset.classes


def test_each_side_has_its_own_score(dataset: Dataset, model: Path, trained: Trained) -> None:
    assert trained.keras is not None
    moved = trained.keras.probabilities.copy()
    moved[:10] = np.roll(moved[:10], 1, axis=1)
    scores = compared(evaluate(SMALL, dataset, model, with_probabilities(trained, moved)))
    assert scores.agree == 350
    assert scores.keras == judge(dataset, moved, 0.5)
    assert scores.scratch.model_copy(update={"seconds": 0.5}) == judge(
        dataset, trained.keras.probabilities, 0.5
    )
    assert scores.scratch.macro_f1 != scores.keras.macro_f1
    assert scores.max_difference > 0.1


def test_a_part_of_the_rows_is_no_comparison(dataset: Dataset, model: Path, trained: Trained) -> None:
    assert trained.keras is not None
    part = with_probabilities(trained, trained.keras.probabilities[:300])
    with pytest.raises(MajuError, match=r"^Keras gave probabilities of shape \(300, 10\), not \(360, 10\)$"):
        evaluate(SMALL, dataset, model, part)


def test_what_is_no_number_is_no_score(dataset: Dataset, model: Path, trained: Trained) -> None:
    assert trained.keras is not None
    diverged = with_probabilities(trained, np.full_like(trained.keras.probabilities, np.nan))
    with pytest.raises(
        MajuError, match=r"^Keras gave probabilities that are no numbers: the training diverged"
    ):
        evaluate(SMALL, dataset, model, diverged)


def test_a_model_of_another_kind_is_no_score(dataset: Dataset, model: Path, trained: Trained) -> None:
    experiment = SMALL.model_copy(update={"architecture": RecurrentNetwork(cell="LSTM", units=(4,))})
    with pytest.raises(ModelKindError):
        evaluate(experiment, dataset, model, trained)


def test_what_keras_never_saw_is_scored_from_scratch_alone(
    dataset: Dataset, model: Path, trained: Trained
) -> None:
    beside_keras = evaluate(SMALL, dataset, model, trained)
    alone = evaluate(SMALL, dataset, model, replace(trained, keras=None))
    assert type(alone) is ScratchScores
    assert alone.scratch.model_copy(update={"seconds": 0.0}) == beside_keras.scratch.model_copy(
        update={"seconds": 0.0}
    )
    assert (alone.rows, alone.parameters, alone.train_seconds) == (360, trained.parameters, 1.5)


def predicted(truth: list[int], labels: list[int], classes: int) -> Judgement:
    x, y = np.zeros((len(truth), 1)), np.array(truth)
    split = Split(x, y)
    dataset = Dataset("rows", split, split, split, tuple(map(str, range(classes))), "")
    return judge(dataset, np.eye(classes)[labels], 0.25)


def test_every_class_counts_once() -> None:
    judgement = predicted([0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 1], 3)
    # Class 0: P = 4/5, R = 1; class 1: P = 1, R = 1/2; class 2 never appears and counts as 0.
    assert judgement.f1 == pytest.approx((8 / 9, 2 / 3, 0))
    assert judgement.macro_f1 == pytest.approx((8 / 9 + 2 / 3 + 0) / 3)
    assert judgement.accuracy == pytest.approx(5 / 6)
    assert judgement.confusion == ((4, 0, 0), (1, 1, 0), (0, 0, 0))
    assert judgement.seconds == 0.25


def test_a_model_that_gives_one_class() -> None:
    truth = np.repeat([0, 1, 2], [153, 96, 151]).tolist()  # the test split of NusaX-Sentiment
    judgement = predicted(truth, [0] * 400, 3)
    assert judgement.macro_f1 == pytest.approx(0.184, abs=5e-4)
    assert judgement.f1[1:] == (0, 0)
    assert judgement.confusion == ((153, 0, 0), (96, 0, 0), (151, 0, 0))
