from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import maju
from maju import layers
from maju import random as seeds
from maju.callbacks import EarlyStopping, LambdaCallback
from maju.errors import InputError
from maju.layers.base import Array
from maju.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from maju.optimizers import SGD
from maju.schedules import ExponentialDecay
from maju.sklearn import MajuClassifier, MajuRegressor

ISLANDS = np.array(["Jawa", "Bali", "Sumba"])


def rows(n: int = 47, *, seed: int = 3) -> tuple[Array, Array]:
    """Points around three centres, and the islands that they stand for."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, 3, n)
    centres = np.array([[2.0, 0, -1, 0.5], [-1, 2, 0, 0], [0, -2, 1.5, -0.5]])
    X = (centres[places] + rng.normal(scale=0.6, size=(n, 4))).astype(np.float32)
    return X, ISLANDS[places]


def dense(units: int = 3, activation: str = "softmax") -> maju.Sequential:
    return maju.Sequential(
        [layers.Input((4,)), layers.Dense(6, activation="tanh"), layers.Dense(units, activation=activation)]
    )


def probabilities(**options: Any) -> Array:
    X, y = rows()
    p: Array = MajuClassifier(**{"random_state": 5, "epochs": 2, **options}).fit(X, y).predict_proba(X)
    return p


# Against Keras


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_training_is_that_of_keras(weighted: bool, tmp_path: Path) -> None:
    import keras

    X, y = rows()
    y_ids = np.searchsorted(np.sort(ISLANDS), y)
    network = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(3, "softmax")]
    )
    network.compile(keras.optimizers.SGD(0.3, momentum=0.8), "sparse_categorical_crossentropy")
    model = maju.load(network)
    weights = np.random.default_rng(0).uniform(0.2, 3, len(X)) if weighted else None
    classifier = MajuClassifier(
        model, optimizer=SGD(0.3, momentum=0.8), loss=SparseCategoricalCrossentropy(), epochs=5, batch_size=47
    )
    classifier.fit(X, y, sample_weight=weights)
    history = network.fit(
        X,
        y_ids,
        batch_size=47,
        epochs=5,
        sample_weight=None if weights is None else weights / weights.mean(),
        verbose=0,
    )
    np.testing.assert_allclose(classifier.history_["loss"], history.history["loss"], rtol=2e-5)
    np.testing.assert_allclose(classifier.predict_proba(X), network.predict(X, verbose=0), atol=2e-6)
    classifier.model_.save(tmp_path / "trained.keras")
    again = keras.models.load_model(tmp_path / "trained.keras")
    np.testing.assert_allclose(again.predict(X, verbose=0), classifier.predict_proba(X), atol=2e-6)
    assert again.optimizer.iterations == 5


# What it learns


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"loss": "categorical_crossentropy"},
        {"hidden": (), "optimizer": "sgd"},
        {"build": dense(), "loss": "crossentropy"},
        {"build": dense(activation="linear"), "loss": SparseCategoricalCrossentropy(from_logits=True)},
        {"build": lambda shape, n: maju.Sequential([layers.Dense(n, activation="softmax")])},
    ],
    ids=["default", "categorical", "no-hidden-layer", "model", "logits", "function"],
)
def test_it_learns_classes_by_any_name(options: dict[str, Any]) -> None:
    X, y = rows()
    classifier = MajuClassifier(**options, learning_rate=0.03, epochs=20, random_state=1).fit(X, y)
    assert classifier.score(*rows(seed=4)) > 0.9
    p = classifier.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(classifier.classes_[p.argmax(axis=1)], classifier.predict(X))
    np.testing.assert_array_equal(classifier.predict_log_proba(X), np.log(p))
    assert list(classifier.classes_) == ["Bali", "Jawa", "Sumba"]
    assert len(classifier.history_["accuracy"]) == classifier.n_iter_ == 20


@pytest.mark.parametrize(
    "options",
    [
        {"build": dense(1, "sigmoid")},
        {"build": dense(1, "linear"), "loss": BinaryCrossentropy(from_logits=True)},
        {"build": dense(2)},
    ],
    ids=["sigmoid", "logit", "softmax"],
)
def test_two_classes(options: dict[str, Any]) -> None:
    X, y = rows()
    of_two = y != "Sumba"
    classifier = MajuClassifier(**options, learning_rate=0.03, epochs=20, random_state=1)
    classifier.fit(X[of_two], y[of_two])
    p = classifier.predict_proba(X[of_two])
    assert p.shape == (of_two.sum(), 2)
    np.testing.assert_array_equal(np.where(p[:, 1] > 0.5, "Jawa", "Bali"), classifier.predict(X[of_two]))
    assert classifier.score(X[of_two], y[of_two]) > 0.9


def convolutions(shape: tuple[int, ...], n_classes: int) -> maju.Model:
    assert (shape, n_classes) == ((5, 6, 1), 2)
    body = [layers.Input(shape), layers.Conv2D(3, 3, activation="relu"), layers.GlobalAveragePooling2D()]
    return maju.Sequential([*body, layers.Dense(n_classes, activation="softmax")])


def recurrent(shape: tuple[int, ...], n_classes: int) -> maju.Model:
    body = [layers.Input(shape, dtype="int32"), layers.Embedding(7, 3), layers.LSTM(4)]
    return maju.Sequential([*body, layers.Dense(n_classes, activation="softmax")])


def test_images_tokens_and_texts() -> None:
    rng = np.random.default_rng(0)
    y = np.array(["no", "yes"])[np.arange(24) % 2]
    images = rng.normal(size=(24, 5, 6, 1)) + (y == "yes")[:, None, None, None]
    tokens = rng.integers(1, 4, (24, 5)) + 3 * (y == "yes")[:, None]
    texts = np.where(y == "yes", "baik sekali", "buruk")
    words = layers.TextVectorization(vocabulary=["baik", "buruk", "sekali"], output_sequence_length=3)
    head = layers.Dense(2, activation="softmax")
    reader = [layers.Input((), dtype="string"), words, layers.Embedding(5, 4), layers.Flatten(), head]

    for build, X in ((convolutions, images), (recurrent, tokens), (maju.Sequential(reader), texts)):
        classifier = MajuClassifier(build, learning_rate=0.05, epochs=15, batch_size=8, random_state=0)
        assert classifier.fit(X, y).score(X, y) > 0.9
        again = pickle.loads(pickle.dumps(classifier))
        np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert list(classifier.predict(["buruk", "baik sekali"])) == ["no", "yes"]


def test_numbers_one_or_several() -> None:
    X = rows(80)[0].astype(np.float64)
    y = np.stack([X[:, 0] - X[:, 1], 2 * X[:, 2] + 1], axis=1)
    both = MajuRegressor(learning_rate=0.02, random_state=0).fit(X, y)
    assert both.score(X, y) > 0.95
    assert both.predict(X).shape == y.shape
    assert both.predict(X).dtype == np.float64
    build = maju.Sequential([layers.Input((4,)), layers.Dense(1)])
    one = MajuRegressor(build, loss="mae", learning_rate=0.1, random_state=0).fit(X, y[:, 0])
    assert one.predict(X).shape == (80,)
    assert one.score(X, y[:, 0]) > 0.95
    assert one.partial_fit(X, y[:, 0]).n_iter_ == 51


# What follows from what


def test_the_same_random_state_gives_the_same_bits() -> None:
    def build(shape: tuple[int, ...], n_classes: int) -> maju.Model:
        body = [layers.Input(shape), layers.Dense(5), layers.Dropout(0.3)]
        return maju.Sequential([*body, layers.Dense(n_classes, activation="softmax")])

    maju.set_random_seed(1)
    before = seeds.get_state()
    for options in ({}, {"build": build}, {"validation_split": 0.3, "early_stopping": True}):
        first = probabilities(**options)
        np.testing.assert_array_equal(probabilities(**options), first)
        assert (probabilities(**options, random_state=6) != first).any()
    assert seeds.get_state() == before
    assert (probabilities(random_state=None) != probabilities(random_state=None)).any()
    maju.set_random_seed(1)
    first = probabilities(random_state=None)
    maju.set_random_seed(1)
    np.testing.assert_array_equal(probabilities(random_state=None), first)


def test_parameters_are_never_changed() -> None:
    X, y = rows()
    model = dense()
    model.compile(SGD(0.5), "categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, np.eye(3)[np.searchsorted(np.sort(ISLANDS), y)], verbose=0)
    kept = {path: weight.copy() for path, weight in model.weights.items()}
    optimizer, stopping = SGD(0.25), EarlyStopping("loss")
    classifier = MajuClassifier(model, callbacks=[stopping], epochs=3, random_state=0).fit(X, y)
    assert classifier.model_.optimizer.iterations == 8
    assert model.optimizer.iterations == 2
    assert classifier.model_.optimizer.learning_rate == 0.5
    assert list(classifier.history_) == ["loss", "accuracy"]
    for path, weight in model.weights.items():
        np.testing.assert_array_equal(weight, kept[path])
        assert (classifier.model_.weights[path] != weight).any()
    assert stopping.best is None
    other = MajuClassifier(model, optimizer=optimizer, learning_rate=ExponentialDecay(0.1, 5, 0.5), epochs=1)
    assert isinstance(other.fit(X, y).model_.optimizer.learning_rate, ExponentialDecay)
    assert optimizer.learning_rate == 0.25
    assert not optimizer.built


@pytest.mark.parametrize("class_weight", [{"Bali": 0.2, "Jawa": 3.0, "Sumba": 1.0}, "balanced"], ids=type)
def test_class_weights_are_weights_of_rows(class_weight: Any) -> None:
    X, y = rows()
    counts = {label: int((y == label).sum()) for label in ISLANDS}
    said = class_weight if isinstance(class_weight, dict) else {k: 1 / n for k, n in counts.items()}
    options: dict[str, Any] = {"random_state": 0, "epochs": 2}
    weighted = MajuClassifier(class_weight=class_weight, **options).fit(X, y)
    plain = MajuClassifier(**options).fit(X, y, sample_weight=[7 * said[label] for label in y])
    np.testing.assert_allclose(weighted.predict_proba(X), plain.predict_proba(X), rtol=1e-5)
    assert (MajuClassifier(**options).fit(X, y).predict_proba(X) != weighted.predict_proba(X)).any()


def test_rows_for_validation_hold_every_class() -> None:
    X, y = rows(60)
    order = np.argsort(y)  # of the last fifth all are of one class
    classifier = MajuClassifier(validation_split=0.2, learning_rate=0.03, epochs=15)
    classifier.fit(X[order], y[order])
    assert classifier.history_["val_accuracy"][-1] > 0.8
    assert classifier.model_.optimizer.iterations == 15 * 2  # 48 of 60 rows, 32 a step


def test_early_stopping_takes_the_best_weights() -> None:
    X, y = rows()
    for split, monitor in ((0.3, "val_loss"), (0.0, "loss")):
        classifier = MajuClassifier(
            validation_split=split, early_stopping=True, learning_rate=0.5, epochs=300, random_state=0
        ).fit(X, y)
        losses = classifier.history_[monitor]
        assert classifier.n_iter_ == len(losses) == int(np.argmin(losses)) + 11 < 300
    assert MajuClassifier(early_stopping=True, epochs=3).fit(X, y).n_iter_ == 3


# Going on


def test_training_goes_on() -> None:
    X, y = rows()
    options: dict[str, Any] = {"batch_size": 47, "random_state": 2}
    whole = MajuClassifier(epochs=6, **options).fit(X, y)
    in_parts = MajuClassifier(**options).partial_fit(X[:5], y[:5], classes=ISLANDS)
    in_parts = MajuClassifier(**options)
    for _ in range(6):
        in_parts.partial_fit(X, y, classes=ISLANDS)
    warm = MajuClassifier(epochs=3, warm_start=True, **options).fit(X, y).fit(X, y)
    for other in (in_parts, warm):
        np.testing.assert_allclose(other.predict_proba(X), whole.predict_proba(X), rtol=1e-4)
        assert other.n_iter_ == len(other.history_["loss"]) == 6
        assert other.model_.optimizer.iterations == 6
    np.testing.assert_array_equal(
        MajuClassifier(**options).partial_fit(X[:9], y[:9], classes=ISLANDS).classes_, whole.classes_
    )
    cold = MajuClassifier(epochs=3, **options).fit(X, y).fit(X, y)
    assert (cold.n_iter_, cold.model_.optimizer.iterations) == (3, 3)


def test_where_the_draws_stand_is_pickled() -> None:
    X, y = rows()
    classifier = MajuClassifier(random_state=0, batch_size=8).partial_fit(X, y)
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(
        again.partial_fit(X, y).predict_proba(X), classifier.partial_fit(X, y).predict_proba(X)
    )


# In scikit-learn


def test_searches_pipelines_and_clones() -> None:
    X, y = rows()
    classifier = MajuClassifier(dense(), learning_rate=0.05, epochs=5, random_state=0)
    assert cross_val_score(classifier, X, y, cv=3).min() > 0.7
    pipeline = make_pipeline(StandardScaler(), classifier)
    grid = {"majuclassifier__epochs": [1, 8], "majuclassifier__build": [None, dense()]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert search.best_params_["majuclassifier__epochs"] == 8
    again = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(again.predict_proba(X), search.predict_proba(X))
    copied = clone(search.best_estimator_)
    assert not hasattr(copied[-1], "model_")
    assert copied[-1].epochs == 8


def test_what_callbacks_hold_is_not_pickled() -> None:
    X, y = rows()
    classifier = MajuClassifier(epochs=1, random_state=0)
    classifier.set_params(callbacks=[LambdaCallback(on_epoch_end=lambda epoch, logs: None)]).fit(X, y)
    again = pickle.loads(pickle.dumps(classifier.set_params(callbacks=None)))
    np.testing.assert_array_equal(again.predict(X), classifier.predict(X))


# What it refuses


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"build": dense(2)}, "build: expected a model of 3 outputs, one for each class, got 2"),
        ({"build": dense(1, "sigmoid")}, "build: expected a model of 3 outputs, one for each class, got 1"),
        ({"build": lambda shape, n: None}, "build: expected a maju model, or a function of input_shape and"),
        ({"build": "dense"}, "build: expected a maju model, or a function of input_shape and"),
        (
            {"build": maju.Sequential([layers.Input((4,)), layers.Reshape((2, 2))])},
            r"build: expected a model of one output, \(rows, units\); it gives \(None, 2, 2\)",
        ),
        ({"hidden": 100}, r"hidden: expected the units of each layer, as \(100,\), got 100"),
        ({"epochs": -1}, "epochs must be a whole number of at least 1, got -1"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"optimizer": "adan"}, "no optimizer 'adan'; near it are"),
        ({"callbacks": ["a"]}, "callbacks: expected maju.callbacks.Callback objects, got 'a'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_parameters_it_refuses(options: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text):
        MajuClassifier(**options).fit(*rows())


def fitted() -> MajuClassifier:
    return MajuClassifier(epochs=1, warm_start=True).fit(*rows())


def spoilt() -> MajuClassifier:
    classifier = fitted()
    classifier.model_.weights["output/bias"][1] = np.nan
    return classifier


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda X, y: MajuClassifier().fit(X, y, -np.ones(47)),
            "sample_weight: expected no weights below zero",
        ),
        (
            lambda X, y: MajuClassifier().fit(X, y, y == "Bali"),
            "y: expected two classes or more, the rows have",
        ),
        (lambda X, y: fitted().fit(X, np.char.upper(y)), "y: '?.*BALI'?.* is not among the classes"),
        (
            lambda X, y: fitted().partial_fit(X, y, ["Bali", "Jawa"]),
            "classes: .* at this call, .* at the first",
        ),
        (
            lambda X, y: MajuClassifier(class_weight="balanced").partial_fit(X, y),
            "class_weight='balanced' needs all rows: give partial_fit a dict, or sample_weight",
        ),
        (
            lambda X, y: (
                MajuClassifier(dense(activation="linear"), loss="mse", epochs=1).fit(X, y).predict_proba(X)
            ),
            "the model ends in the activation 'linear', which gives no probabilities; expected 'softmax', or",
        ),
        (
            lambda X, y: spoilt().predict(X),
            "the model's outputs are not finite for 47 rows",
        ),
        (
            lambda X, y: MajuRegressor(dense()).fit(X, X[:, 0]),
            "build: expected a model of 1 outputs, as y has",
        ),
        (
            lambda X, y: MajuRegressor(epochs=1).fit(X, X[:, 0]).partial_fit(X, X[:, :2]),
            "y: expected 1 numbers for each row, got 2",
        ),
    ],
    ids=[
        "negative-weights",
        "one-class",
        "warm-start-classes",
        "partial-fit-classes",
        "balanced",
        "no-probabilities",
        "not-finite",
        "regressor-units",
        "regressor-targets",
    ],
)
def test_data_it_refuses(call: Callable[[Array, Array], Any], text: str) -> None:
    with pytest.raises(InputError, match=text):
        call(*rows())


def test_a_model_without_probabilities_still_predicts() -> None:
    X, y = rows()
    classifier = MajuClassifier(dense(activation="linear"), loss="mse", learning_rate=0.03, epochs=20)
    assert classifier.fit(X, y).score(X, y) > 0.9


def test_not_fitted() -> None:
    with pytest.raises(NotFittedError, match="This MajuClassifier instance is not fitted yet"):
        MajuClassifier().predict(rows()[0])


def test_without_scikit_learn() -> None:
    code = """
import sys
sys.modules["sklearn"] = None
import maju
try:
    import maju.sklearn
except maju.MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == ("maju.sklearn needs more than maju's core: pip install 'maju[sklearn]'"), (
        done.stderr
    )
