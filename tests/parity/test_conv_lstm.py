"""ConvLSTM1D, ConvLSTM2D and ConvLSTM3D."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import InputError
from maju.layers import ConvLSTM2DLayer
from parity.compare import Case, assert_same, check_alone, check_through_file, random, scramble, twin
from parity.with_states import StatesCase, states

X = {1: random(3, 4, 7, 2), 2: random(3, 4, 6, 5, 2), 3: random(3, 4, 4, 3, 5, 2)}
MASK = np.array([[1, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0]], bool)
WINDOWS = {1: 3, 2: (3, 2), 3: (2, 1, 3)}


def make(rank: int, **settings: Any) -> Any:
    settings = {"kernel_size": WINDOWS[rank], **settings}
    return getattr(layers, f"ConvLSTM{rank}D")(3, **settings)


SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "same": {"padding": "same"},
    "strides": {"strides": 2},
    "strides, same": {"strides": 2, "padding": "same"},
    "dilation, same": {"dilation_rate": 2, "padding": "same"},
    "sequences": {"return_sequences": True},
    "sequences and states": {"return_sequences": True, "return_state": True},
    "states": {"return_state": True},
    "backwards": {"go_backwards": True, "return_sequences": True},
    "zeros": {"zero_output_for_mask": True, "return_sequences": True},
    "no bias": {"use_bias": False, "unit_forget_bias": False},
    "activations": {"activation": "elu", "recurrent_activation": "hard_sigmoid"},
    "dropout": {"dropout": 0.3, "recurrent_dropout": 0.2},
}
#: What is tried with images alone.
IMAGES_ALONE = set(SETTINGS) - {
    "plain",
    "strides, same",
    "dilation, same",
    "sequences and states",
    "backwards",
}
CASES = [
    *(
        StatesCase(f"{rank}D, {name}, {masked}", partial(make, rank, **SETTINGS[name]), X[rank], mask)
        for rank, name, (masked, mask) in product(X, SETTINGS, [("no mask", None), ("masked", MASK)])
        if rank == 2 or name not in IMAGES_ALONE
    ),
    StatesCase("2D, uneven strides", partial(make, 2, strides=(1, 2)), X[2]),
    StatesCase("2D, uneven dilation", partial(make, 2, dilation_rate=(1, 2)), X[2]),
    StatesCase("2D, one step", partial(make, 2), X[2][:, :1]),
    StatesCase("2D, channels by softmax", partial(make, 2, activation="softmax"), X[2]),
]
STATES = [
    StatesCase("1D, from states", partial(make, 1, return_state=True), [X[1], *states((3, 5, 3), (3, 5, 3))]),
    StatesCase(
        "2D, from states",
        partial(make, 2, padding="same", return_sequences=True),
        [X[2], *states((3, 6, 5, 3), (3, 6, 5, 3))],
        MASK,
    ),
]


def both_ways(merge_mode: str | None, return_sequences: bool) -> Any:
    return layers.Bidirectional(make(2, return_sequences=return_sequences), merge_mode=merge_mode)


BOTH_WAYS = [
    Case(
        f"both ways, {mode}, {'sequences' if sequences else 'last'}",
        partial(both_ways, mode, sequences),
        X[2],
        MASK,
    )
    for mode, sequences in product(["concat", "ave", None], [False, True])
]


@pytest.mark.parametrize("case", [*CASES, *STATES, *BOTH_WAYS], ids=str)
def test_alone(case: Case) -> None:
    check_alone(case)


def test_all_of_them_through_a_file(tmp_path: Path) -> None:
    check_through_file([case for case in CASES if case.mask is None], tmp_path)


@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize("rank", X)
def test_channels_first(rank: int, sequences: bool) -> None:
    # TensorFlow's CPU convolves with the channels last alone: the same values, moved.
    layer = make(rank, padding="same", strides=2, return_sequences=sequences, return_state=True)
    layer.build(X[rank].shape)
    scramble(layer, "first")
    mine: Any = twin(layer, X[rank].shape)
    config = {**mine.get_config(), "data_format": "channels_first"}
    x = np.moveaxis(X[rank], -1, 2)
    first = type(mine).from_config(config, mine.weights)
    shapes = type(mine).weight_shapes
    assert shapes(config, x.shape) == shapes(mine.get_config(), X[rank].shape)
    y, h, c = first.forward(x, mask=MASK)
    expected = layer(X[rank], mask=MASK)
    assert first.output_shape(x.shape) == [part.shape for part in (y, h, c)]
    assert_same(
        [np.moveaxis(y, 2 if sequences else 1, -1), np.moveaxis(h, 1, -1), np.moveaxis(c, 1, -1)], expected
    )


def test_a_whole_model(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((4, 6, 5, 2)),
            layers.ConvLSTM2D(3, (3, 2), padding="same", return_sequences=True),
            layers.TimeDistributed(layers.BatchNormalization()),
            layers.Bidirectional(layers.ConvLSTM2D(2, 2)),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    scramble(model)
    for suffix in (".keras", ".h5"):
        model.save(tmp_path / f"model{suffix}")
        loaded = maju.load(tmp_path / f"model{suffix}")
        assert_same(loaded.predict(X[2]), model.predict(X[2], verbose=0), 1e-6)
        loaded.save(tmp_path / f"again{suffix}")
        again = keras.saving.load_model(tmp_path / f"again{suffix}")
        assert_same(again.predict(X[2], verbose=0), model.predict(X[2], verbose=0), 1e-6)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 6, 5, 2), "expected shape (batch, time, any, any, 2), got (3, 6, 5, 2)"),
        ((3, 4, 6, 5, 3), "expected shape (batch, time, any, any, 2), got (3, 4, 6, 5, 3)"),
        ((3, 4, 2, 5, 2), "steps of shape (2, 5, 2) are smaller than what the kernel covers"),
    ],
    ids=["no steps", "channels", "too small"],
)
def test_what_does_not_fit_is_refused(shape: tuple[int, ...], message: str) -> None:
    layer = ConvLSTM2DLayer(np.ones((3, 2, 2, 4)), np.ones((3, 2, 1, 4)), name="see")
    for call in (layer.forward, layer.vjp):
        with pytest.raises(InputError) as caught:
            call(np.ones(shape))
        assert str(caught.value) == f"layer 'see' (ConvLSTM2D): {message}"
