"""Which class opens which model, and which outputs are probabilities."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from formats.archives import rewrite
from formats.samples import SAMPLES
from maju.errors import InputError, ModelKindError, UnsupportedModelError
from maju.layers import registry
from maju.models import Classifier
from parity.compare import LAYERS, PROBABILITIES, assert_same, random, scramble

KINDS: dict[str, type[Classifier]] = {
    "cnn": maju.CNNFromScratch,
    "rnn": maju.RNNFromScratch,
    "lstm": maju.LSTMFromScratch,
}
WANTED = {"cnn": "Conv2D", "rnn": "SimpleRNN or GRU", "lstm": "LSTM"}
HELD = {"cnn": "Conv2D", "rnn": "SimpleRNN", "lstm": "LSTM"}
PAIRS = [(kind, other) for kind in KINDS for other in KINDS if kind != other]


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".safetensors"])
@pytest.mark.parametrize(("kind", "other"), PAIRS)
def test_content_tells_where_there_is_no_mark(kind: str, other: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    maju.load(SAMPLES[other].keras_model).save(path)
    for open_it in (KINDS[kind].load, KINDS[kind]().load_keras_model, KINDS[kind]().load_weights):
        with pytest.raises(ModelKindError) as error:
            open_it(path)
        assert str(error.value) == (
            f"model{suffix}: no model for {KINDS[kind].__name__}: it has no {WANTED[kind]} layer, but "
            f"{HELD[other]}; open it with {KINDS[other].__name__} or maju.load"
        )
    assert_same(maju.load(path).predict(SAMPLES[other].x), SAMPLES[other].expected, PROBABILITIES)


@pytest.mark.parametrize(("kind", "other"), PAIRS)
def test_a_live_model_of_another_kind(kind: str, other: str) -> None:
    with pytest.raises(ModelKindError, match=f"but {HELD[other]}; open it with {KINDS[other].__name__} or"):
        KINDS[kind]().load_keras_model(SAMPLES[other].keras_model)


@pytest.mark.parametrize(("kind", "other"), PAIRS)
def test_a_mark_that_lies_does_not_help(kind: str, other: str, tmp_path: Path) -> None:
    maju.load(SAMPLES[other].keras_model).save(tmp_path / "honest.keras")

    def change(metadata: Any) -> None:
        metadata["maju"] = {"class": KINDS[kind].__name__}

    path = rewrite(tmp_path / "honest.keras", tmp_path / "lying.keras", metadata=change)
    with pytest.raises(ModelKindError, match=f"it has no {WANTED[kind]} layer"):
        KINDS[kind].load(path)
    with pytest.raises(ModelKindError, match=f"saved by {KINDS[kind].__name__}, not {KINDS[other].__name__}"):
        KINDS[other].load(path)


def test_layers_inside_wrappers_and_nested_models_count() -> None:
    x = keras.Input((6, 4))
    reader = keras.Model(x, layers.Bidirectional(layers.GRU(3))(x))
    entrance = keras.Input((6, 4))
    model = keras.Model(entrance, layers.Dense(2, activation="softmax")(reader(entrance)))
    assert maju.RNNFromScratch.load(model).predict(np.zeros((3, 6, 4))).shape == (3,)
    with pytest.raises(ModelKindError, match="but GRU; open it with RNNFromScratch or"):
        maju.LSTMFromScratch.load(model)


#: A layer of a sequence, the kind that it makes of a model, and another kind, with what that one says.
INSIDE: dict[str, tuple[Callable[[], Any], str, str, str]] = {
    "a cell": (lambda: layers.RNN(layers.LSTMCell(3)), "lstm", "rnn", "LSTMCell"),
    "a cell of several": (
        lambda: layers.RNN([layers.SimpleRNNCell(3), layers.GRUCell(2)]),
        "rnn",
        "lstm",
        "GRUCell, SimpleRNNCell",
    ),
    "the backward half": (
        lambda: layers.Bidirectional(
            layers.RNN(layers.LSTMCell(3)), backward_layer=layers.LSTM(3, go_backwards=True)
        ),
        "lstm",
        "cnn",
        "LSTM, LSTMCell",
    ),
    "a layer at every step": (
        lambda: keras.Sequential(
            [layers.Reshape((3, 4, 2)), layers.TimeDistributed(layers.LSTM(3)), layers.Flatten()]
        ),
        "lstm",
        "rnn",
        "LSTM",
    ),
    "separable": (
        lambda: keras.Sequential([layers.SeparableConv1D(3, 2), layers.Flatten()]),
        "cnn",
        "lstm",
        "SeparableConv1D",
    ),
}


@pytest.mark.parametrize("name", INSIDE)
def test_cells_and_layers_of_the_same_family_count(name: str) -> None:
    make, kind, other, said = INSIDE[name]
    model = keras.Sequential([keras.Input((6, 4)), make(), layers.Dense(2, activation="softmax")])
    assert KINDS[kind].load(model).predict(np.zeros((3, 6, 4))).shape == (3,)
    with pytest.raises(ModelKindError, match=f"but {said}; open it with {KINDS[kind].__name__} or"):
        KINDS[other].load(model)


def test_a_mixture_is_of_both_kinds_and_what_is_neither_is_of_any(tmp_path: Path) -> None:
    x = [keras.Input((4, 6, 2)), layers.Conv2D(3, 2), layers.Reshape((3, 15)), layers.LSTM(2)]
    mixture = keras.Sequential([*x, layers.Dense(2, activation="softmax")])
    plain = keras.Sequential([keras.Input((4,)), layers.Dense(2, activation="softmax")])
    for kind in (KINDS["cnn"], KINDS["lstm"]):
        assert len(kind.load(mixture).layers) == 5
    with pytest.raises(ModelKindError, match="but Conv2D; open it with CNNFromScratch"):
        maju.RNNFromScratch.load(mixture)
    for kind in KINDS.values():
        kind.load(plain).save_weights(tmp_path / "plain.keras")
        assert kind().load_weights(tmp_path / "plain.keras").predict([[1, 2, 3, 4]]).shape == (1,)


def test_a_kind_of_ones_own(tmp_path: Path) -> None:
    class MyCNN(maju.CNNFromScratch):
        pass

    MyCNN.load(SAMPLES["cnn"].keras_model).save_weights(tmp_path / "mine.keras")
    maju.CNNFromScratch.load(SAMPLES["cnn"].keras_model).save_weights(tmp_path / "theirs.keras")
    Classifier.load(SAMPLES["cnn"].keras_model).save_weights(tmp_path / "any.keras")
    for name in ("mine.keras", "theirs.keras", "any.keras"):
        for kind in (MyCNN, maju.CNNFromScratch, Classifier):
            assert len(kind.load(tmp_path / name).layers) == 10


def test_a_classifier_of_any_kind_opens_all(tmp_path: Path) -> None:
    for name, kind in KINDS.items():
        kind.load(SAMPLES[name].keras_model).save_weights(tmp_path / "model.keras")
        sample = SAMPLES[name]
        found = Classifier().load_weights(tmp_path / "model.keras").predict_proba(sample.x)
        assert_same(found, sample.expected, PROBABILITIES)


def test_what_is_not_supported_comes_before_the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    assert registry.find("GaussianNoise") is not None
    monkeypatch.delitem(registry._layers, "GaussianNoise")
    model = keras.Sequential([keras.Input((6, 4)), layers.LSTM(3, stateful=False), layers.GaussianNoise(0.1)])
    with pytest.raises(UnsupportedModelError, match="a layer that maju does not have"):
        maju.CNNFromScratch.load(model)


# Probabilities

X = random(9, 4)


def ends_in(*tail: Any) -> Any:
    model = keras.Sequential([keras.Input((4,)), *tail])
    scramble(model)
    return model


PROBABLE: dict[str, Callable[[], Any]] = {
    "softmax": lambda: ends_in(layers.Dense(3, activation="softmax")),
    "the Softmax layer": lambda: ends_in(layers.Dense(3), layers.Softmax()),
    "the Activation layer": lambda: ends_in(layers.Dense(3), layers.Activation("softmax")),
    "dropout after it": lambda: ends_in(layers.Dense(3, activation="softmax"), layers.Dropout(0.3)),
    "a flat table after it": lambda: ends_in(
        layers.Dense(3, activation="softmax"), layers.Reshape((3, 1)), layers.Flatten()
    ),
    "several labels": lambda: ends_in(layers.Dense(4, activation="sigmoid")),
    "a nested model": lambda: ends_in(ends_in(layers.Dense(3, activation="softmax"))),
    "a list of one": lambda: listed(),
}


def listed() -> Any:
    x = keras.Input((4,))
    model = keras.Model([x], [layers.Dense(3, activation="softmax")(x)])
    scramble(model)
    return model


@pytest.mark.parametrize("make", PROBABLE.values(), ids=PROBABLE)
def test_outputs_that_are_probabilities(make: Callable[[], Any]) -> None:
    keras_model = make()
    expected = keras_model.predict(X, verbose=0)
    model = Classifier.load(keras_model)
    assert_same(model.predict_proba(X), expected, PROBABILITIES)
    np.testing.assert_array_equal(model.predict(X), expected.argmax(axis=1))
    assert model.predict(X[:0]).shape == (0,)
    assert model.predict_proba(X[:0]).shape == (0, expected.shape[1])


def test_the_call_that_gives_the_output_is_the_one_that_is_asked() -> None:
    """A dropout that is called on logits first and on probabilities last."""
    x = keras.Input((4,))
    dropout = layers.Dropout(0.2)
    logits = layers.Dense(3)(dropout(x))
    keras_model = keras.Model(x, dropout(layers.Softmax()(logits)))
    assert_same(
        Classifier.load(keras_model).predict_proba(X), keras_model.predict(X, verbose=0), PROBABILITIES
    )
    other_way = keras.Model(x, dropout(layers.Dense(3)(dropout(layers.Softmax()(x)))))
    with pytest.raises(InputError, match="the model ends in the activation 'linear'"):
        Classifier.load(other_way).predict_proba(X)


@pytest.mark.parametrize(
    ("tail", "activation"),
    [
        ([layers.Dense(3)], "linear"),
        ([layers.Dense(3, activation="log_softmax")], "log_softmax"),
        ([layers.Dense(3, activation="relu"), layers.Dropout(0.1)], "relu"),
        ([layers.Dense(3, activation="softmax"), layers.Rescaling(2.0)], "linear"),
        ([layers.Dense(3, activation="softmax"), layers.BatchNormalization()], "linear"),
    ],
    ids=["logits", "log_softmax", "relu", "rescaled", "normalized"],
)
def test_outputs_that_are_no_probabilities(tail: list[Any], activation: str) -> None:
    keras_model = ends_in(*tail)
    model = Classifier.load(keras_model)
    np.testing.assert_array_equal(model.predict(X), keras_model.predict(X, verbose=0).argmax(axis=1))
    with pytest.raises(InputError) as error:
        model.predict_proba(X)
    assert str(error.value) == (
        f"the model ends in the activation {activation!r}, which gives no probabilities; "
        "use forward, or maju.load(path).predict"
    )


def test_a_single_output_that_is_no_probability_has_no_classes() -> None:
    model = Classifier.load(ends_in(layers.Dense(1)))
    for use in (model.predict, model.predict_proba):
        with pytest.raises(
            InputError, match="the model ends in the activation 'linear', which gives no prob"
        ):
            use(X)
    assert model.forward(X).shape == (9, 1)


def test_a_half_is_no() -> None:
    """As in scikit-learn, the class needs more than half."""
    keras_model = ends_in(layers.Dense(1, activation="sigmoid"))
    keras_model.set_weights([np.array([[1], [0], [0], [0]], np.float32), np.zeros(1, np.float32)])
    x = np.array([[0, 1, 1, 1], [1e-3, 0, 0, 0], [-1e-3, 0, 0, 0]])
    model = Classifier.load(keras_model)
    assert model.predict(x).tolist() == [0, 1, 0]
    assert model.predict_proba(x)[0].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("shared layers", "2 outputs"),
        ("named inputs and outputs", "2 outputs"),
        ("nested models", "3 outputs"),
    ],
)
def test_several_outputs_are_no_table(name: str, shape: str) -> None:
    sample = SAMPLES[name]
    model = Classifier.load(sample.keras_model)
    for use in (model.predict, model.predict_proba):
        with pytest.raises(InputError) as error:
            use(sample.x)
        assert str(error.value) == (
            f"a classifier gives (rows, classes), this model {shape}; open it with maju.load"
        )
    assert_same(model.forward(sample.x), sample.expected, LAYERS)


def test_a_label_for_every_step_is_no_table() -> None:
    model = Classifier.load(keras.Sequential([keras.Input((6, 4)), layers.Dense(3, activation="softmax")]))
    with pytest.raises(InputError, match=r"this model \(2, 6, 3\); open it with maju\.load"):
        model.predict(np.zeros((2, 6, 4)))


@pytest.mark.parametrize("kind", [*KINDS.values(), Classifier])
def test_an_empty_classifier_has_nothing(kind: type[Classifier], tmp_path: Path) -> None:
    empty = kind()
    uses: list[Callable[[], Any]] = [
        lambda: empty["dense"],
        lambda: list(empty),
        lambda: empty.weights,
        lambda: empty.count_params(),
        lambda: empty.activations(X),
        lambda: empty.input_shape,
        lambda: empty.spec,
        lambda: empty.save(tmp_path / "empty.keras"),
    ]
    for use in uses:
        with pytest.raises(InputError) as error:
            use()
        said = f"this {kind.__name__} is empty: call load_keras_model or load_weights first"
        assert str(error.value) == said
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        empty.nonsense  # noqa: B018
    assert not hasattr(empty, "nonsense")


def test_one_classifier_takes_one_model_after_another(tmp_path: Path) -> None:
    model = maju.CNNFromScratch()
    small = keras.Sequential(
        [keras.Input((3, 3, 1)), layers.Conv2D(2, 2), layers.Flatten(), layers.Softmax()]
    )
    assert model.load_keras_model(SAMPLES["cnn"].keras_model) is model
    assert model.load_keras_model(small) is model
    assert json.dumps(model.input_shape) == "[null, 3, 3, 1]"
    x = random(4, 3, 3, 1)
    assert_same(model.predict_proba(x), small.predict(x, verbose=0), PROBABILITIES)
