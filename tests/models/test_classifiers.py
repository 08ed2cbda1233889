"""What the three classifiers add to a model: class ids, probabilities, and a kind of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from maju import Classifier, CNNFromScratch, LSTMFromScratch, RNNFromScratch
from maju.errors import InputError, ModelKindError

KINDS: dict[str, type[Classifier]] = {"cnn": CNNFromScratch, "rnn": RNNFromScratch, "lstm": LSTMFromScratch}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A Keras model of each kind."""
    from keras import Input, Sequential, layers

    def softmax() -> Any:
        return layers.Dense(3, activation="softmax")

    images, ids = Input((5, 4, 2)), Input((6,))
    return {
        "cnn": Sequential([images, layers.Conv2D(3, 2), layers.Flatten(), softmax()]),
        "rnn": Sequential([ids, layers.Embedding(9, 4), layers.SimpleRNN(3), softmax()]),
        "lstm": Sequential([ids, layers.Embedding(9, 4), layers.Bidirectional(layers.LSTM(3)), softmax()]),
    }


def inputs(kind: str, rows: int = 7) -> npt.NDArray[Any]:
    rng = np.random.default_rng(rows)
    return rng.normal(size=(rows, 5, 4, 2)) if kind == "cnn" else rng.integers(0, 9, (rows, 6))


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_those_of_keras(kind: str, models: dict[str, Any]) -> None:
    x = inputs(kind)
    expected = models[kind].predict(x, verbose=0)
    model = KINDS[kind]().load_keras_model(models[kind])
    assert np.abs(model.predict_proba(x) - expected).max() <= 1e-6
    np.testing.assert_array_equal(model.predict(x), expected.argmax(axis=1))
    assert np.abs(model.forward(x) - expected).max() <= 1e-6


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".safetensors"])
@pytest.mark.parametrize("other", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_opens_as_its_own_kind_alone(
    kind: str, other: str, suffix: str, models: dict[str, Any], tmp_path: Path
) -> None:
    saved = KINDS[kind].load(models[kind])
    path = tmp_path / f"model{suffix}"
    saved.save_weights(path)
    if kind == other:
        again = KINDS[other]().load_weights(path)
        np.testing.assert_array_equal(again.predict_proba(inputs(kind)), saved.predict_proba(inputs(kind)))
        assert [layer.name for layer in again.layers] == [layer.name for layer in saved.layers]
        return
    own, wrong = KINDS[kind].__name__, KINDS[other].__name__
    text = f"model{suffix}: saved by {own}, not {wrong}; open it with {own} or maju.load"
    for open_it in (KINDS[other]().load_weights, KINDS[other]().load_keras_model):
        with pytest.raises(ModelKindError) as error:
            open_it(path)
        assert str(error.value) == text


def test_a_keras_file_of_another_kind_names_the_class_to_use(models: dict[str, Any], tmp_path: Path) -> None:
    models["lstm"].save(tmp_path / "model.keras")
    with pytest.raises(ModelKindError, match="no Conv2D layer, but LSTM; open it with LSTMFromScratch"):
        CNNFromScratch().load_keras_model(tmp_path / "model.keras")


def test_a_failed_load_leaves_the_classifier_as_it_was(models: dict[str, Any]) -> None:
    model = CNNFromScratch.load(models["cnn"])
    before = model.predict_proba(inputs("cnn"))
    with pytest.raises(ModelKindError):
        model.load_keras_model(models["lstm"])
    np.testing.assert_array_equal(model.predict_proba(inputs("cnn")), before)


def test_a_single_sigmoid_gives_two_columns() -> None:
    from keras import Input, Sequential, layers

    keras_model = Sequential([Input((4,)), layers.Dense(1, activation="sigmoid")])
    x = np.random.default_rng(0).normal(size=(50, 4))
    p = keras_model.predict(x, verbose=0)[:, 0]
    model = Classifier.load(keras_model)
    assert np.abs(model.predict_proba(x) - np.stack([1 - p, p], axis=1)).max() <= 1e-6
    np.testing.assert_array_equal(model.predict(x), p > 0.5)


def test_logits_are_no_probabilities() -> None:
    from keras import Input, Sequential, layers

    keras_model = Sequential([Input((4,)), layers.Dense(3), layers.Dropout(0.1)])
    x = np.random.default_rng(0).normal(size=(5, 4))
    model = Classifier.load(keras_model)
    np.testing.assert_array_equal(model.predict(x), keras_model.predict(x, verbose=0).argmax(axis=1))
    with pytest.raises(InputError, match="the model ends in the activation 'linear', which gives no probab"):
        model.predict_proba(x)


def test_rows_of_nan_have_no_class(models: dict[str, Any]) -> None:
    x = inputs("cnn")
    x[3] = np.nan
    with pytest.raises(InputError, match="1 rows have no class: their outputs are NaN, first in row 3"):
        CNNFromScratch.load(models["cnn"]).predict(x)


@pytest.mark.parametrize("kind", KINDS.values())
def test_an_empty_classifier_says_so(kind: type[Classifier], tmp_path: Path) -> None:
    empty = kind()
    assert repr(empty) == f"{kind.__name__}()"
    for use in (
        lambda: empty.layers,
        empty.summary,
        lambda: empty.predict([[1]]),
        lambda: empty.predict_proba([[1]]),
        lambda: empty.forward([[1]]),
        lambda: empty.save_weights(tmp_path / "model.keras"),
    ):
        with pytest.raises(InputError, match=f"this {kind.__name__} is empty: call load_keras_model"):
            use()
    assert list(tmp_path.iterdir()) == []


def test_weights_alone_go_into_the_layers_that_there_are(models: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "model.weights.h5"
    model = LSTMFromScratch.load(models["lstm"])
    before = model.predict_proba(inputs("lstm"))
    model.save_weights(path)
    with pytest.raises(InputError, match="weights alone; load the model that they belong to first"):
        LSTMFromScratch().load_weights(path)
    for layer in model.layers:
        for weight in layer.weights.values():
            weight[...] = 0
    assert np.ptp(model.predict_proba(inputs("lstm")), axis=0).max() == 0
    np.testing.assert_array_equal(model.load_weights(path).predict_proba(inputs("lstm")), before)
