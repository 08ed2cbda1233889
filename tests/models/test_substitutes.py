"""Layers of the user's in the place of a file's: ``maju.load(path, replace={...})``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import InputError, ModelFormatError, UnsupportedModelError
from maju.layers import Layer
from maju.layers.base import Array, Config, Shape
from parity.compare import assert_same, random, scramble

X = random(4, 3)


class Doubled(Layer):
    masking = "passes"

    def forward(self, x: Array, training: bool = False, mask: Any = None) -> Array:
        return 2 * x


class Power(Layer):
    hyper_parameters = ("n",)

    def __init__(self, *, n: float = 3.0, name: str | None = None) -> None:
        super().__init__(name)
        self.n = n

    def forward(self, x: Array, training: bool = False, mask: Any = None) -> Array:
        return np.asarray(np.float32(self.n) * x)


class Factor(Layer):
    """y = x · factor"""

    def __init__(self, factor: Array, *, name: str | None = None) -> None:
        super().__init__(name)
        self.factor = factor

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        return {"factor": (input_shape[-1] if input_shape else None,)}

    def forward(self, x: Array, training: bool = False, mask: Any = None) -> Array:
        return x * self.factor


class OneFactor(layers.Layer):  # type: ignore[misc]
    def build(self, shape: Any) -> None:
        self.factor = self.add_weight(shape=(shape[-1],), name="factor")

    def call(self, x: Any) -> Any:
        return x * self.factor


@pytest.fixture(scope="module", params=[".keras", ".h5"])
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A model of Lambdas, one of them in a model inside, and of a layer of its author's."""
    keras.utils.clear_session()
    twice = layers.Lambda(lambda x: 2 * x, name="twice", output_shape=(3,))
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(3), twice], name="inner")
    thrice = layers.Lambda(lambda x: 3 * x, name="thrice", output_shape=(3,))
    body = [layers.Dense(3, activation="tanh"), inner, OneFactor(name="factor"), thrice, layers.Dense(2)]
    model = keras.Sequential([keras.Input((3,)), *body])
    scramble(model)
    path = tmp_path_factory.mktemp("lambdas") / f"model{request.param}"
    model.save(path)
    return model, path


GIVEN: dict[str, Any] = {"inner/twice": Doubled, "factor": Factor, "thrice": Power(name="mine")}


def test_classes_and_layers_stand_in(saved: tuple[Any, Path], tmp_path: Path) -> None:
    model, path = saved
    mine = maju.load(path, replace=GIVEN)
    expected = model.predict(X, verbose=0)
    assert_same(mine.predict(X), expected)
    assert isinstance(mine["thrice"], Power)
    assert GIVEN["thrice"].name == "mine"
    for suffix in (".keras", ".h5", ".safetensors"):
        mine.save(tmp_path / f"again{suffix}")
        with pytest.raises(UnsupportedModelError, match=r"'factor' .* a class of its author's own"):
            maju.load(tmp_path / f"again{suffix}")
        again = maju.load(tmp_path / f"again{suffix}", replace={**GIVEN, "thrice": Power})
        assert_same(again.predict(X), mine.predict(X), tolerance=0)
    mine["factor"].weights["factor"][...] = 0
    assert_same(mine.load_weights(path).predict(X), expected)


def test_layers_of_maju_stand_in(saved: tuple[Any, Path], tmp_path: Path) -> None:
    model, path = saved
    given = {
        **GIVEN,
        "inner/twice": maju.layers.Rescaling(2.0),
        "thrice": maju.layers.RescalingLayer(3.0),
        "factor": Factor(model.get_layer("factor").factor.numpy()),
    }
    assert_same(maju.load(path, replace=given).predict(X), model.predict(X, verbose=0))
    assert_same(maju.load(model, replace=given).predict(X), model.predict(X, verbose=0))
    only = keras.Sequential(
        [keras.Input((3,)), layers.Lambda(lambda x: 2 * x, name="twice"), layers.Dense(2)]
    )
    maju.load(only, replace={"twice": maju.layers.Rescaling(2.0)}).save(tmp_path / "plain.keras")
    assert_same(keras.models.load_model(tmp_path / "plain.keras")(X), only(X))


def test_a_refused_lambda_names_this_way_out(saved: tuple[Any, Path]) -> None:
    with pytest.raises(UnsupportedModelError) as error:
        maju.load(saved[1], replace={"factor": Factor})
    reason = "runs Python code of its author's, which maju never does"
    or_else = "or replace it by layers of Keras and save again"
    assert [str(problem) for problem in error.value.problems] == [
        "layer 'inner' (Sequential), layer 'twice' (Lambda): "
        f"{reason} (give what computes it, load(path, replace={{'inner/twice': layer}}), {or_else})",
        "layer 'thrice' (Lambda): "
        f"{reason} (give what computes it, load(path, replace={{'thrice': layer}}), {or_else})",
    ]


SHARED = Power()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"twice": Doubled}, "replace: there is no layer 'twice'; the layers are dense"),
        ({"thrice": len}, "replace['thrice']: expected a layer of maju.layers, or a subclass"),
        ({"thrice": layers.ReLU}, "replace['thrice']: expected a layer of maju.layers, or a subclass"),
        ({"thrice": None}, "replace['thrice']: expected a layer of maju.layers, or a subclass"),
        ([Doubled], "replace takes a dict of layers by name, got list"),
        (
            {"thrice": SHARED, "inner/twice": SHARED},
            "replace: one layer stands for several; give each its own, or the class",
        ),
    ],
)
def test_what_cannot_stand_in(given: Any, said: str, saved: tuple[Any, Path]) -> None:
    with pytest.raises(InputError) as error:
        maju.load(saved[1], replace=given)
    assert str(error.value).startswith(said)


def test_weights_that_do_not_fit(saved: tuple[Any, Path]) -> None:
    wide = {**GIVEN, "factor": Factor(np.ones(7, np.float32))}
    with pytest.raises(ModelFormatError, match=r"layer 'factor' \(Factor\) has weights for another shape"):
        maju.load(saved[1], replace=wide)
    with pytest.raises(ModelFormatError, match=r"layer 'thrice' \(Factor\) needs 1 arrays, the file holds 0"):
        maju.load(saved[1], replace={**GIVEN, "thrice": Factor})
