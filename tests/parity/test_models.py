"""Whole models, by every way in: their outputs, and the output of every layer on the way there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import UnsupportedModelError
from parity.compare import LAYERS, PROBABILITIES, assert_same, random, scramble

IMAGES = random(5, 12, 11, 3)
PIXELS = np.random.default_rng(1).integers(0, 256, (5, 12, 11, 3), dtype=np.uint8)
DIGITS = random(6, 8, 8, 1)
IDS = np.random.default_rng(2).integers(1, 30, (6, 9))
for _row, _length in enumerate([9, 4, 1, 7, 0, 5]):
    IDS[_row, _length:] = 0
SEQUENCES = random(6, 9, 4)
WORDS = ["bagus", "sekali", "tidak", "enak", "makanan", "nya", "mahal", "pelayanan", "ramah", "kotor"]
TEXTS = np.array(
    [["Makanan nya BAGUS sekali!"], ["tidak enak, mahal"], ["pelayanan ramah... é"], [""], ["kotor"]], object
)

MODELS: dict[str, tuple[Callable[[], Any], Any]] = {}


def architecture(x: Any) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """A Keras model to compare, with the data that it is given."""

    def register(build: Callable[[], Any]) -> Callable[[], Any]:
        MODELS[build.__name__.replace("_", " ")] = build, x
        return build

    return register


@architecture(IMAGES)
def the_cnn_of_the_study() -> Any:
    return keras.Sequential(
        [
            keras.Input((12, 11, 3)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(6, 3, activation="relu"),
            layers.AveragePooling2D(2, padding="same"),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


@architecture(PIXELS)
def a_cnn_of_pixels_with_batch_normalization() -> Any:
    return keras.Sequential(
        [
            keras.Input((12, 11, 3), dtype="uint8"),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.Conv2D(8, (3, 5), strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Conv2D(12, 3, groups=4, dilation_rate=2, padding="same"),
            layers.BatchNormalization(scale=False, epsilon=1e-5),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Conv2D(6, 1),
            layers.PReLU(shared_axes=[1, 2]),
            layers.GlobalAveragePooling2D(),
            layers.Dense(4),
            layers.Softmax(),
        ]
    )


@architecture(DIGITS)
def a_functional_cnn_with_two_heads_in_a_dict() -> Any:
    image = keras.Input((8, 8, 1), name="image")
    trunk = layers.Conv2D(5, 3, activation="elu", name="trunk")(image)
    pooled = layers.GlobalMaxPooling2D(name="pooled")(trunk)
    flat = layers.Flatten(name="flat")(layers.MaxPooling2D((3, 2), strides=1, name="small")(trunk))
    return keras.Model(
        image,
        {
            "digit": layers.Dense(10, activation="softmax", name="digit")(flat),
            "odd": layers.Dense(1, activation="sigmoid", name="odd")(pooled),
        },
    )


@architecture(DIGITS)
def a_cnn_with_a_sigmoid_head() -> Any:
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 2, strides=(2, 1), activation="tanh"),
            layers.AveragePooling2D((2, 3), strides=1),
            layers.GlobalMaxPooling2D(keepdims=True),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


@architecture(random(6, 60))
def a_dense_network_that_reshapes() -> Any:
    return keras.Sequential(
        [
            keras.Input((60,)),
            layers.Reshape((5, 4, 3)),
            layers.Conv2D(4, 3, padding="same", activation="gelu"),
            layers.Reshape((-1, 8)),
            layers.Dense(5, activation="silu"),
            layers.ELU(0.7),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


@architecture(IDS)
def the_rnn_of_the_study() -> Any:
    return keras.Sequential(
        [
            keras.Input((9,)),
            layers.Embedding(30, 8),
            layers.SimpleRNN(7, return_sequences=True),
            layers.Dropout(0.3),
            layers.SimpleRNN(5),
            layers.Dense(3, activation="softmax"),
        ]
    )


@architecture(IDS)
def the_bidirectional_lstm_of_the_study() -> Any:
    return keras.Sequential(
        [
            keras.Input((9,)),
            layers.Embedding(30, 8),
            layers.Bidirectional(layers.LSTM(6, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(4)),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )


@architecture(IDS)
def an_lstm_with_mask_zero() -> Any:
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(30, 8, mask_zero=True),
            layers.LSTM(6, return_sequences=True, dropout=0.2),
            layers.Dropout(0.3),
            layers.LSTM(5, go_backwards=True),
            layers.Dense(3, activation="softmax"),
        ]
    )


@architecture(IDS)
def a_stack_of_all_three_with_mask_zero() -> Any:
    return keras.Sequential(
        [
            keras.Input((9,)),
            layers.Embedding(30, 8, mask_zero=True),
            layers.Bidirectional(layers.GRU(4, return_sequences=True), merge_mode="sum"),
            layers.BatchNormalization(),
            layers.GRU(5, return_sequences=True, reset_after=False),
            layers.Dense(6, activation="tanh"),
            layers.LSTM(4, return_sequences=True, recurrent_activation="hard_sigmoid"),
            layers.Bidirectional(layers.SimpleRNN(3), merge_mode="ave"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


@architecture(IDS)
def a_functional_bidirectional_lstm_with_mask_zero() -> Any:
    ids = keras.Input((9,), name="ids")
    x = layers.Embedding(30, 8, mask_zero=True, name="words")(ids)
    x = layers.Bidirectional(layers.LSTM(5, return_sequences=True), name="both")(x)
    x = layers.Dropout(0.4, name="drop")(x)
    x = layers.Bidirectional(layers.GRU(4), merge_mode="mul", name="end")(x)
    return keras.Model(ids, layers.Dense(3, activation="softmax", name="label")(x))


@architecture(IDS)
def a_tagger_with_a_label_for_every_token() -> Any:
    ids = keras.Input((9,), name="ids")
    x = layers.Embedding(30, 8, mask_zero=True, name="words")(ids)
    x = layers.Bidirectional(layers.SimpleRNN(5, return_sequences=True), name="both")(x)
    return keras.Model(ids, layers.Dense(4, activation="softmax", name="tag")(x))


@architecture(IDS)
def halves_that_stay_apart() -> Any:
    ids = keras.Input((9,), name="ids")
    x = layers.Embedding(30, 6, mask_zero=True, name="words")(ids)
    back = layers.GRU(4, go_backwards=True, return_sequences=True)
    ahead = layers.LSTM(4, return_sequences=True)
    first, second = layers.Bidirectional(ahead, backward_layer=back, merge_mode=None, name="both")(x)
    return keras.Model(
        ids,
        [
            layers.Dense(3, activation="softmax", name="left")(layers.LSTM(3, name="read")(first)),
            layers.Dense(2, activation="softmax", name="right")(layers.SimpleRNN(2, name="scan")(second)),
        ],
    )


@architecture(TEXTS)
def a_text_model_with_its_vocabulary() -> Any:
    return keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            layers.TextVectorization(output_sequence_length=6, vocabulary=WORDS),
            layers.Embedding(12, 5, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4)),
            layers.Dense(3, activation="softmax"),
        ]
    )


@architecture(TEXTS)
def a_text_model_that_learned_its_vocabulary() -> Any:
    words = layers.TextVectorization(max_tokens=9, ngrams=2, output_sequence_length=7)
    words.adapt(TEXTS)
    return keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            words,
            layers.Embedding(9, 5, mask_zero=True),
            layers.SimpleRNN(4),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


@architecture(TEXTS)
def a_functional_text_model_with_two_vocabularies() -> Any:
    text = keras.Input((1,), dtype="string", name="text")
    ids = layers.TextVectorization(output_sequence_length=5, vocabulary=WORDS, name="word_ids")(text)
    bag = layers.TextVectorization(
        output_mode="multi_hot", split="character", vocabulary=list("aeiou"), name="letters"
    )(text)
    x = layers.GRU(4, name="read")(layers.Embedding(12, 5, mask_zero=True, name="words")(ids))
    return keras.Model(
        text,
        [
            layers.Dense(3, activation="softmax", name="label")(x),
            layers.Dense(2, activation="softmax", name="vowels")(bag),
        ],
    )


@architecture([random(5, 4), random(5, 4, seed="other")])
def a_shared_tower_with_a_list_of_inputs() -> Any:
    one, other = keras.Input((4,), name="one"), keras.Input((4,), name="other")
    tower = layers.Dense(6, activation="relu", name="tower")
    head = layers.Dense(3, activation="softmax", name="head")
    return keras.Model([one, other], [head(tower(one)), head(tower(other)), head(layers.Dense(6)(one))])


@architecture({"title": IDS[:, :4], "body": IDS})
def shared_words_with_a_dict_of_inputs() -> Any:
    title, body = keras.Input((4,), name="title"), keras.Input((9,), name="body")
    words = layers.Embedding(30, 6, mask_zero=True, name="words")
    read = layers.Bidirectional(layers.LSTM(4), name="read")
    return keras.Model(
        {"title": title, "body": body},
        {
            "topic": layers.Dense(4, activation="softmax", name="topic")(read(words(title))),
            "tone": layers.Dense(3, activation="softmax", name="tone")(read(words(body))),
        },
    )


@architecture(IMAGES)
def a_residual_cnn() -> Any:
    image = keras.Input((12, 11, 3), name="image")
    x = layers.Conv2D(6, 3, padding="same", strides=2, name="stem")(image)
    branch = layers.BatchNormalization(name="normal")(x)
    branch = layers.ReLU(max_value=3.0, name="cut")(branch)
    branch = layers.Conv2D(6, 3, padding="same", use_bias=False, name="inner")(branch)
    x = layers.Add(name="shortcut")([x, branch])
    pooled = [
        layers.GlobalAveragePooling2D(name="mean")(x),
        layers.GlobalMaxPooling2D(name="peak")(x),
        layers.Flatten(name="flat")(layers.MaxPooling2D(4, padding="same", name="small")(x)),
    ]
    x = layers.Concatenate(name="all")(pooled)
    return keras.Model(image, layers.Dense(5, activation="softmax", name="label")(x))


@architecture({"left": IDS, "right": IDS[:, ::-1].copy()})
def twins_that_compare_two_texts() -> Any:
    left, right = keras.Input((9,), name="left"), keras.Input((9,), name="right")
    words = layers.Embedding(30, 6, mask_zero=True, name="words")
    read = layers.LSTM(5, name="read")
    one, other = read(words(left)), read(words(right))
    apart = layers.Subtract(name="apart")([one, other])
    alike = layers.Multiply(name="alike")([one, other])
    x = layers.Concatenate(name="both")([apart, alike])
    return keras.Model([left, right], layers.Dense(1, activation="sigmoid", name="same")(x))


@architecture({"text": IDS, "reply": IDS[::-1].copy()})
def two_texts_added_with_their_masks() -> Any:
    text, reply = keras.Input((9,), name="text"), keras.Input((9,), name="reply")
    words = layers.Embedding(30, 6, mask_zero=True, name="words")
    x = layers.Add(name="over")([words(text), words(reply)])
    x = layers.Average(name="mean")([x, layers.GRU(6, return_sequences=True, name="first")(x)])
    x = layers.SimpleRNN(5, name="last")(x)
    return keras.Model([text, reply], layers.Dense(3, activation="softmax", name="label")(x))


@architecture(DIGITS)
def a_model_in_a_model() -> Any:
    features = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization()],
        name="features",
    )
    image = keras.Input((8, 8, 1), name="image")
    x = layers.GlobalAveragePooling2D(name="pooled")(features(image))
    vector = keras.Input((4,), name="vector")
    head = keras.Model(vector, layers.Dense(3, activation="softmax", name="label")(vector), name="head")
    return keras.Model(image, head(x))


@architecture([SEQUENCES, IDS > 0])
def a_mask_that_is_an_input() -> Any:
    steps, mask = keras.Input((9, 4), name="steps"), keras.Input((9,), dtype="bool", name="mask")
    x = layers.LSTM(5, return_sequences=True, name="first")(steps, mask=mask)
    x = layers.GRU(4, name="second")(x, mask=mask)
    return keras.Model([steps, mask], layers.Dense(3, activation="softmax", name="label")(x))


@dataclass(frozen=True)
class Saved:
    """A Keras model in every form that it can be saved in, and what it computes."""

    folder: Path
    x: Any
    model: Any
    outputs: Any
    of_layers: dict[str, Any]

    def file(self, name: str) -> Path:
        """One of the files."""
        return self.folder / name


@pytest.fixture(scope="module")
def saved_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Saved]:
    """What makes and saves a model the first time that it is asked for."""

    @functools.cache
    def save(name: str) -> Saved:
        build, x = MODELS[name]
        folder = tmp_path_factory.mktemp("models")
        model = build()
        scramble(model, "other weights")
        model.save(folder / "other.keras")
        (folder / "model.json").write_text(model.to_json(), encoding="utf-8")
        scramble(model, name)
        model.save(folder / "model.keras")
        model.save(folder / "model.h5")
        model.save_weights(folder / "model.weights.h5")
        given = keras.tree.map_structure(keras.ops.convert_to_tensor, x)
        flat = [given[tensor.name] for tensor in model.inputs] if isinstance(given, dict) else given
        outputs, of_layers = keras.Model(model.inputs, [outputs_of(model), tensors_by_name(model)])(flat)
        return Saved(folder, x, model, outputs, of_layers)

    return save


@pytest.fixture
def saved(request: pytest.FixtureRequest, saved_once: Callable[[str], Saved]) -> Saved:
    return saved_once(request.param)


def outputs_of(model: Any) -> Any:
    """The model's output tensors in the structure that its author gave them."""
    return model.outputs[0] if isinstance(model, keras.Sequential) else model._outputs_struct


def tensors_by_name(model: Any) -> dict[str, Any]:
    """What every call of every layer gives, under the names that `Model.activations` has for them."""
    tensors = {}
    for layer in model.layers:
        if layer.dtype == "string":  # what goes in
            continue
        for call, node in enumerate(layer._inbound_nodes):
            several = len(node.outputs) > 1
            tensors[f"{layer.name}:{call}" if call else layer.name] = (
                node.outputs if several else node.outputs[0]
            )
    return tensors


ROUTES: dict[str, Callable[[Saved], maju.Model]] = {
    "keras": lambda saved: maju.load(saved.file("model.keras")),
    "h5": lambda saved: maju.load(saved.file("model.h5")),
    "weights.h5 into the model": lambda saved: maju.load(saved.file("other.keras")).load_weights(
        saved.file("model.weights.h5")
    ),
    "weights.h5 with an architecture": lambda saved: maju.load(
        saved.file("model.weights.h5"), architecture=saved.file("model.json")
    ),
    "a live model": lambda saved: maju.load(saved.model),
}


#: Neither a legacy .h5 nor JSON has a vocabulary.
CLOSED = {
    ("a text model that learned its vocabulary", "h5"),
    ("a text model that learned its vocabulary", "weights.h5 with an architecture"),
}
RARE = {"weights.h5 with an architecture", "a live model"}
WAYS = [
    pytest.param(*way, marks=pytest.mark.slow if way[1] in RARE else ())
    for way in product(MODELS, ROUTES)
    if way not in CLOSED
]


@pytest.mark.parametrize(("saved", "route"), WAYS, indirect=["saved"])
def test_outputs(saved: Saved, route: str) -> None:
    assert_same(ROUTES[route](saved).predict(saved.x), saved.outputs, PROBABILITIES)


@pytest.mark.parametrize(("saved", "route"), WAYS, indirect=["saved"])
def test_every_layer_on_the_way(saved: Saved, route: str) -> None:
    found = ROUTES[route](saved).activations(saved.x)
    assert_same({name: found[name] for name in saved.of_layers}, saved.of_layers, LAYERS)


@pytest.mark.parametrize("saved", MODELS, indirect=True)
def test_the_outputs_are_probabilities_that_differ_from_row_to_row(saved: Saved) -> None:
    # Else the tests above would prove little: collapsed models agree as well.
    outputs = keras.tree.flatten(keras.tree.map_structure(keras.ops.convert_to_numpy, saved.outputs))
    for probabilities in outputs:
        assert (probabilities >= 0).all()
        if probabilities.shape[-1] > 1:
            np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-6)
        assert np.ptp(probabilities, axis=0).max() > 1e-3


@pytest.mark.parametrize(("saved", "route"), sorted(CLOSED), indirect=["saved"])
def test_a_way_that_loses_a_part_of_the_model_is_refused_by_name(saved: Saved, route: str) -> None:
    layer, missing = r"layer 'text_vectorization\w*' \(TextVectorization\)", "does not hold its vocabulary"
    with pytest.raises(UnsupportedModelError, match=f"{layer}: .*{missing}"):
        ROUTES[route](saved)


@pytest.mark.parametrize(
    "saved",
    ["the cnn of the study", "a stack of all three with mask zero", "a text model with its vocabulary"],
    indirect=True,
)
def test_eight_threads_share_a_model(saved: Saved) -> None:
    model = maju.load(saved.file("model.keras"))
    rows = [saved.x[place % len(saved.x) :] for place in range(64)]
    expected = [model.predict(x) for x in rows]
    with ThreadPoolExecutor(8) as threads:
        for found, alone in zip(threads.map(model.predict, rows), expected, strict=True):
            np.testing.assert_array_equal(found, alone)
