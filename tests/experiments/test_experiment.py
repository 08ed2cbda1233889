from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from maju.experiments.architectures import ConvolutionalNetwork, RecurrentNetwork
from maju.experiments.data import DATASETS, DataChoice
from maju.experiments.experiment import Experiment, Training

IMAGES, TEXTS = DataChoice(name="digits"), DataChoice(name="sentences")
CNN = ConvolutionalNetwork(blocks=((8, 8), (16,)), kernel_size=5, pooling="average", dense=(20,), dropout=0.1)
LSTM = RecurrentNetwork(
    cell="LSTM",
    units=(7, 5),
    bidirectional=True,
    mask_zero=False,
    max_tokens=50,
    output_sequence_length=9,
)
FULL = Training(
    epochs=3,
    batch_size=4,
    learning_rate=0.5,
    schedule="cosine",
    warmup_epochs=1,
    weight_decay=0.1,
    global_clipnorm=1.0,
    label_smoothing=0.2,
    augmentation=("flip", "cutout"),
    seed=99,
)
EXPERIMENTS = {
    "convolutional": Experiment(name="a", title="A", data=IMAGES, architecture=CNN, training=FULL),
    "recurrent": Experiment(
        name="b", title="B", data=TEXTS, architecture=LSTM, training=Training(epochs=3, token_dropout=0.25)
    ),
}


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_json_keeps_every_setting(kind: str) -> None:
    experiment = EXPERIMENTS[kind]
    again = Experiment.model_validate_json(experiment.model_dump_json())
    assert again == experiment
    assert type(again.architecture) is type(experiment.architecture)
    assert again.fingerprint == experiment.fingerprint


def experiment(**changes: Any) -> Experiment:
    parts = {"name": "a", "title": "A", "data": IMAGES, "architecture": CNN}
    return Experiment(**{**parts, **changes})


AT_LEAST_1 = "Input should be greater than or equal to 1"
WRONG: dict[str, tuple[Callable[[], Any], str, str]] = {
    "no filters": (lambda: ConvolutionalNetwork(blocks=()), "blocks", "Tuple should have at least 1 item"),
    "an empty block": (
        lambda: ConvolutionalNetwork(blocks=((8,), ())),
        "blocks.1",
        "Tuple should have at least 1 item",
    ),
    "a kernel of none": (
        lambda: ConvolutionalNetwork(blocks=((8,),), kernel_size=0),
        "kernel_size",
        AT_LEAST_1,
    ),
    "a pool of another kind": (
        lambda: ConvolutionalNetwork(blocks=((8,),), pooling="median"),  # type: ignore[arg-type]
        "pooling",
        "Input should be 'max' or 'average'",
    ),
    "all dropped": (
        lambda: RecurrentNetwork(cell="LSTM", units=(8,), dropout=1.0),
        "dropout",
        "Input should be less than 1",
    ),
    "a rate that is no number": (
        lambda: RecurrentNetwork(cell="LSTM", units=(8,), dense_dropout=float("nan")),
        "dense_dropout",
        "Input should be less than 1",
    ),
    "an unknown cell": (
        lambda: RecurrentNetwork(cell="ESN", units=(8,)),  # type: ignore[arg-type]
        "cell",
        "Input should be 'SimpleRNN', 'LSTM' or 'GRU'",
    ),
    "no recurrent layer": (
        lambda: RecurrentNetwork(cell="LSTM", units=()),
        "units",
        "Tuple should have at least 1 item",
    ),
    "half a unit": (
        lambda: RecurrentNetwork(cell="LSTM", units=(8, 0.5)),  # type: ignore[arg-type]
        "units.1",
        "Input should be a valid integer",
    ),
    "a vocabulary of no word": (
        lambda: RecurrentNetwork(cell="LSTM", units=(8,), max_tokens=2),
        "max_tokens",
        "Input should be greater than or equal to 3",
    ),
    "no epoch": (lambda: Training(epochs=0), "epochs", AT_LEAST_1),
    "a truth for a number": (lambda: Training(epochs=True), "epochs", "Input should be a valid integer"),
    "no learning": (
        lambda: Training(epochs=1, learning_rate=0),
        "learning_rate",
        "Input should be greater than 0",
    ),
    "learning without end": (
        lambda: Training(epochs=1, learning_rate=float("inf")),
        "learning_rate",
        "Input should be a finite number",
    ),
    "a clip of nothing": (
        lambda: Training(epochs=1, global_clipnorm=0.0),
        "global_clipnorm",
        "Input should be greater than 0",
    ),
    "warm-up alone": (
        lambda: Training(epochs=2, warmup_epochs=1),
        "",
        'Value error, warmup_epochs needs schedule = "cosine"',
    ),
    "nothing but warm-up": (
        lambda: Training(epochs=2, warmup_epochs=2, schedule="cosine"),
        "",
        "Value error, warmup_epochs must be below the 2 epochs",
    ),
    "a seed below zero": (
        lambda: Training(epochs=1, seed=-1),
        "seed",
        "Input should be greater than or equal to 0",
    ),
    "a seed beyond 32 bits": (
        lambda: Training(epochs=1, seed=2**32),
        "seed",
        "Input should be less than 4294967296",
    ),
    "a setting that there is not": (
        lambda: Training(epochs=1, momentum=0.9),  # type: ignore[call-arg]
        "momentum",
        "Extra inputs are not permitted",
    ),
    "a name that leaves the folder": (
        lambda: experiment(name="../a"),
        "name",
        "String should match pattern",
    ),
    "a name with a line after it": (
        lambda: experiment(name="a\n"),
        "name",
        "String should match pattern",
    ),
    "images for a recurrent network": (
        lambda: experiment(architecture=LSTM),
        "",
        "Value error, a recurrent network cannot learn from digits",
    ),
    "augmented texts": (
        lambda: experiment(data=TEXTS, architecture=LSTM, training=FULL),
        "",
        "Value error, augmentation is for images; token_dropout is for texts",
    ),
    "images that lose words": (
        lambda: experiment(training=Training(epochs=1, token_dropout=0.1)),
        "",
        "Value error, token_dropout is for texts; augmentation is for images",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_refused_by_its_key(case: str) -> None:
    make, key, message = WRONG[case]
    with pytest.raises(ValidationError) as caught:
        make()
    (problem,) = caught.value.errors()
    assert ".".join(map(str, problem["loc"])) == key
    assert problem["msg"].startswith(message)


def test_what_is_made_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        FULL.epochs = 4


# Fingerprints: runs are kept under them

ROWS = st.none() | st.integers(1, 2_000)
RATE = st.floats(0, 0.99)
POSITIVE = st.floats(1e-6, 10)
UNITS = st.lists(st.integers(1, 300), min_size=1, max_size=3).map(tuple)
DENSE = st.lists(st.integers(1, 300), max_size=2).map(tuple)
DATA = {"train_rows": ROWS, "validation_rows": ROWS, "test_rows": ROWS}
TRAINING = {
    "epochs": st.integers(2, 50),
    "batch_size": st.integers(1, 512),
    "learning_rate": POSITIVE,
    "weight_decay": st.floats(0, 1),
    "global_clipnorm": st.none() | POSITIVE,
    "label_smoothing": RATE,
    "seed": st.integers(0, 2**32 - 1),
}
# Every setting that decides a training, with what it may be, by where it stands.
SETTINGS: dict[str, dict[str, dict[str, st.SearchStrategy[Any]]]] = {
    "convolutional": {
        "data": {"name": st.sampled_from([n for n in DATASETS if DataChoice(name=n).images]), **DATA},
        "architecture": {
            "blocks": st.lists(UNITS, min_size=1, max_size=3).map(tuple),
            "kernel_size": st.integers(1, 9),
            "pooling": st.sampled_from(["max", "average"]),
            "batch_normalization": st.booleans(),
            "block_dropout": RATE,
            "global_pooling": st.booleans(),
            "dense": DENSE,
            "dropout": RATE,
        },
        "training": {
            **TRAINING,
            "schedule": st.just("cosine"),
            "warmup_epochs": st.integers(0, 1),
            "augmentation": st.lists(st.sampled_from(["flip", "shift", "cutout"]), max_size=3).map(tuple),
        },
    },
    "recurrent": {
        "data": {"name": st.sampled_from([n for n in DATASETS if not DataChoice(name=n).images]), **DATA},
        "architecture": {
            "cell": st.sampled_from(["SimpleRNN", "LSTM", "GRU"]),
            "units": UNITS,
            "bidirectional": st.booleans(),
            "mask_zero": st.booleans(),
            "max_tokens": st.integers(3, 20_000),
            "output_sequence_length": st.integers(1, 200),
            "embedding_dim": st.integers(1, 256),
            "embedding_dropout": RATE,
            "dropout": RATE,
            "pooling": st.sampled_from(["last", "average"]),
            "dense": DENSE,
            "dense_dropout": RATE,
        },
        "training": {
            **TRAINING,
            "schedule": st.sampled_from(["constant", "cosine"]),
            "token_dropout": RATE,
        },
    },
}
CASES = [
    (kind, part, key) for kind, parts in SETTINGS.items() for part, keys in parts.items() for key in keys
]


def draw(data: st.DataObject, kind: str) -> Experiment:
    drawn = {
        part: {key: data.draw(values, key) for key, values in keys.items()}
        for part, keys in SETTINGS[kind].items()
    }
    drawn["architecture"]["kind"] = kind
    return Experiment.model_validate({"name": "a", "title": "A", **drawn})


@pytest.mark.parametrize(("kind", "part", "key"), CASES, ids=[".".join(case) for case in CASES])
@given(data=st.data())
@settings(max_examples=8)  # of each of fifty settings
def test_another_setting_is_another_training(kind: str, part: str, key: str, data: st.DataObject) -> None:
    one = draw(data, kind)
    old = getattr(one, part)
    before = getattr(old, key)
    if (part, key) == ("training", "schedule") and kind == "convolutional":
        old = old.model_copy(update={"warmup_epochs": 0})
        one = one.model_copy(update={part: old})
        after = "constant"
    else:
        after = data.draw(SETTINGS[kind][part][key].filter(lambda value: value != before), "other")
    changed = old.model_copy(update={key: after})
    other = Experiment.model_validate(one.model_copy(update={part: changed}).model_dump())
    assert other.fingerprint != one.fingerprint


def test_every_setting_is_tried() -> None:
    for kind, one in EXPERIMENTS.items():
        assert set(SETTINGS[kind]["architecture"]) | {"kind"} == set(type(one.architecture).model_fields)
        assert set(SETTINGS[kind]["data"]) == set(DataChoice.model_fields)
    training = [set(SETTINGS[kind]["training"]) for kind in SETTINGS]
    assert set.union(*training) == set(Training.model_fields)


@given(name=st.from_regex(r"[a-z0-9_-]{1,20}", fullmatch=True), title=st.text(max_size=20))
def test_a_name_and_a_title_are_not_the_training(name: str, title: str) -> None:
    one = EXPERIMENTS["convolutional"]
    other = one.model_copy(update={"name": name, "title": title})
    assert other.fingerprint == one.fingerprint


def test_a_default_that_is_spelled_out_is_the_same_training() -> None:
    spelled = Experiment.model_validate(EXPERIMENTS["recurrent"].model_dump(exclude_defaults=False))
    short = experiment(data=TEXTS, architecture=LSTM, training=Training(epochs=3, token_dropout=0.25))
    assert spelled.fingerprint == short.fingerprint


def test_a_fingerprint_stays_what_it_was() -> None:
    # Results are kept under it: a change here trains every finished row anew.
    assert {kind: one.fingerprint for kind, one in EXPERIMENTS.items()} == {
        "convolutional": "cb4d7b620c58",
        "recurrent": "6dbee48f4fe9",
    }
