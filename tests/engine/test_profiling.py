"""What `Model.plan` and `maju profile` say of a plan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import maju
from engine.test_plan import scrambled
from maju import layers
from maju.errors import InputError


def images() -> Any:
    return scrambled(
        maju.Sequential(
            [
                layers.Input((12, 10, 3)),
                layers.Conv2D(4, 3, name="c"),
                layers.BatchNormalization(name="n"),
                layers.ReLU(name="r"),
                layers.MaxPooling2D(name="p"),
                layers.Flatten(name="f"),
                layers.Dense(4, activation="softmax", name="d"),
            ],
            name="small",
        )
    )


def test_a_plan_says_what_each_step_fuses_and_takes(capsys: pytest.CaptureFixture[str]) -> None:
    found = images().plan()
    text = capsys.readouterr().out
    assert text == f"{found}\n"
    lines = text.splitlines()
    assert lines[0] == "Plan of 'small'"
    assert lines[2].split() == ["Step", "Layers", "Types", "How", "Output", "shape", "ms", "Share"]
    assert lines[4].startswith("1     c + n + r + p  Conv2D + BatchNormalization + ReLU + MaxPooling2D  ")
    assert "(None, 5, 4, 4)" in lines[4]
    assert [step.layers for step in found.steps] == [("c", "n", "r", "p"), ("f",), ("d",)]
    assert all(step.seconds is not None and step.seconds > 0 for step in found.steps)
    assert sum(found.shares()) == pytest.approx(1)
    assert f"{found.tile} rows at a time" in lines[-2]
    assert f"NumPy {np.__version__}" in lines[-2]
    assert lines[-1].endswith("µs a row")
    assert repr(found).startswith("<plan of 'small': 3 steps, ")


def test_data_of_ones_own_are_timed() -> None:
    found = images().plan(np.zeros((5, 12, 10, 3), np.float32), print_fn=None)
    assert found.rows == 5
    with pytest.raises(InputError, match=r"got .5, 9, 10, 3."):
        images().plan(np.zeros((5, 9, 10, 3), np.float32), print_fn=None)
    with pytest.raises(InputError, match="no rows"):
        images().plan(np.zeros((0, 12, 10, 3), np.float32), print_fn=None)


def test_a_model_that_random_numbers_do_not_fit_is_shown_without_times() -> None:
    first, second = maju.Input((None, 3)), maju.Input((None, 7))
    joined = layers.Concatenate(axis=1)([layers.Dense(4)(first), layers.Dense(4)(second)])
    model = maju.Model([first, second], layers.Reshape((5, 4))(joined))
    found = model.plan(print_fn=None)
    assert found.untimed
    assert str(found).splitlines()[-1].startswith("not timed: ")
    assert "ms" not in str(found).splitlines()[2]
    found = model.plan([np.ones((2, 2, 3), np.float32), np.ones((2, 3, 7), np.float32)], print_fn=None)
    assert not found.untimed


@pytest.mark.parametrize(
    "first",
    [
        layers.Embedding(5, 3, mask_zero=True),
        layers.TextVectorization(vocabulary=["satu", "dua"], output_sequence_length=4),
        layers.Rescaling(1 / 255),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_random_input_suits_the_model(first: Any) -> None:
    kinds = {"TextVectorization": ((1,), "string"), "Rescaling": ((None, 4), "uint8")}
    shape, dtype = kinds.get(first.keras_class, ((None,), "int32"))
    model = maju.Sequential([layers.Input(shape, dtype=dtype), first])
    assert not model.plan(print_fn=None).untimed


def test_rows_that_depend_on_each_other_are_said_to() -> None:
    class Centred(layers.Layer):
        def forward(self, x: Any, training: bool = False, mask: Any = None) -> Any:
            return x - x.mean(axis=0)

    maju.register("Centred")(Centred)
    model = maju.Sequential([layers.Input((3,)), Centred(name="c")])
    maju.unregister("Centred")
    found = model.plan(print_fn=None)
    assert found.tile is None
    assert "the rows of a batch together" in str(found)
