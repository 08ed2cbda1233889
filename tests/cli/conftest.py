"""Small Keras models in files, and a way to run the command line on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.fixtures import Finished, Maju, Models
from maju.cli.app import app

WORDS = ["enak", "ramah", "mahal", "kotor", "saya", "suka", "tidak"]


@pytest.fixture
def cli() -> Maju:
    """Run the command line in this process."""

    def run(*arguments: str | Path, stdin: str | bytes | None = None) -> Finished:
        result = CliRunner().invoke(app, list(map(str, arguments)), input=stdin, prog_name="maju")
        return Finished(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    from keras import Input, Model, Sequential, layers, utils

    from parity.compare import scramble

    utils.clear_session()  # the layers get the same names whatever ran before in this process

    def image_classifier(
        *first: Any, shape: tuple[int | None, ...] = (6, 5, 3), dtype: str = "float32"
    ) -> Any:
        body = [layers.Conv2D(4, 3, activation="relu"), layers.GlobalAveragePooling2D()]
        head = layers.Dense(3, activation="softmax", name="classes")
        return Sequential([Input(shape, dtype=dtype), *first, *body, head])

    def channels_first() -> Any:
        body = [layers.Conv2D(4, 3, data_format="channels_first"), layers.Flatten()]
        return Sequential([Input((3, 6, 5)), *body, layers.Dense(3, activation="softmax")])

    def sentiment(units: int, activation: str) -> Any:
        words = layers.TextVectorization(output_sequence_length=6, vocabulary=WORDS)
        body = [layers.Embedding(9, 5, mask_zero=True), layers.Bidirectional(layers.LSTM(3))]
        head = layers.Dense(units, activation=activation)
        return Sequential([Input((), dtype="string", name="x"), words, *body, head])

    def two_of_each() -> Any:
        left, right = Input((4,), name="left"), Input((4,), name="right")
        shared = layers.Dense(5, activation="tanh", name="shared")
        one = layers.Dense(3, activation="softmax", name="one")(shared(left))
        two = layers.Dense(2, name="two")(shared(right))
        return Model([left, right], [one, two])

    def ids() -> Any:
        x = Input((None,), name="ids")
        h = layers.Embedding(20, 4, mask_zero=True, name="table")(x)
        return Model(x, layers.Dense(3, activation="softmax")(layers.GRU(3)(h)))

    def nested() -> Any:
        inner = Sequential([Input((6,)), layers.Dense(4), layers.BatchNormalization()], name="inner")
        inner.trainable = False
        x = Input((6,))
        return Model(x, layers.Dense(2, name="head")(inner(x)))

    def unsupported() -> Any:
        x = Input((4,), name="x")
        h = layers.Lambda(lambda y: 2 * y, name="double")(layers.Dense(3, name="first")(x))
        return Model(x, layers.Lambda(lambda y: y, name="same")(h))

    live = {
        "rescaling": image_classifier(layers.Rescaling(1 / 255, offset=-0.2)),
        "plain": image_classifier(),
        "grey": image_classifier(shape=(6, 5, 1)),
        "rgba": image_classifier(shape=(6, 5, 4)),
        "bytes": image_classifier(layers.BatchNormalization(), dtype="uint8"),
        "any_size": image_classifier(shape=(None, None, 3)),
        "channels_first": channels_first(),
        "rows": Sequential([Input((6, 5)), layers.Flatten(), layers.Dense(3, activation="softmax")]),
        "sentiment": sentiment(1, "sigmoid"),
        "tags": sentiment(4, "sigmoid"),
        "two": two_of_each(),
        "ids": ids(),
        "nested": nested(),
        "logits": Sequential([Input((4,), name="x"), layers.Dense(12)]),
        "regression": Sequential([Input((4,)), layers.Dense(1)]),
        "sequence": Sequential([Input((5, 2)), layers.LSTM(3, return_sequences=True)]),
        "unsupported": unsupported(),
    }
    folder = tmp_path_factory.mktemp("models")
    for name, model in live.items():
        scramble(model, name)
        model.save(folder / f"{name}.keras")
    live["plain"].save_weights(folder / "plain.weights.h5")
    (folder / "plain.json").write_text(live["plain"].to_json())
    return Models(folder, live)
