"""Classes and functions of a user's own: what `custom_objects` is in Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import GradientError, InputError, UnsupportedModelError
from maju.layers import Layer, registry
from maju.layers.base import Array, Config, Shape
from parity.compare import assert_same, random, scramble


@keras.saving.register_keras_serializable("study")
class Gated(layers.Layer):  # type: ignore[misc]
    """A layer with weights of its own, a layer inside, and hyper-parameters."""

    def __init__(self, power: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.power = power
        self.dense = layers.Dense(3)

    def build(self, shape: Any) -> None:
        self.scale = self.add_weight(shape=(shape[-1],), name="scale")
        self.dense.build(shape)

    def call(self, x: Any) -> Any:
        return (
            keras.ops.sigmoid(self.dense(x)) * keras.ops.sum(x * self.scale, -1, keepdims=True) ** self.power
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power": self.power}


@keras.saving.register_keras_serializable("study")  # type: ignore[untyped-decorator]
def swishy(x: Any) -> Any:
    return x * keras.ops.sigmoid(2 * x)


class GatedFromScratch(Layer):
    hyper_parameters: ClassVar[tuple[str, ...]] = ("power",)

    def __init__(
        self, scale: Array, kernel: Array, bias: Array, *, power: float, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.scale, self.power = scale, power
        self.dense = maju.layers.DenseLayer(kernel, bias)

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        inputs = None if input_shape is None else input_shape[-1]
        return {"scale": (inputs,), "dense/kernel": (inputs, 3), "dense/bias": (3,)}

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        gate = 1 / (1 + np.exp(-self.dense.forward(x)))
        return np.asarray(gate * np.sum(x * self.scale, -1, keepdims=True) ** self.power)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], 3)


class Doubling(Layer):
    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        return 2 * x


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test registers is gone after it."""
    for name in ("Gated", "study>Gated", "other>Gated", "swishy", "Dense", "Twice", "Old"):
        maju.unregister(name)
    yield
    for name in ("Gated", "study>Gated", "other>Gated", "swishy", "Dense", "Twice", "Old"):
        maju.unregister(name)


def gated_model() -> Any:
    x = keras.Input((4,))
    y = Gated(3.0, name="gated")(layers.Dense(5, activation=swishy)(x))
    model = keras.Model(x, layers.Dense(2, activation="softmax")(layers.Activation(swishy)(y)))
    scramble(model)
    return model


def register_gated() -> None:
    maju.register("Gated")(GatedFromScratch)
    maju.register("swishy")(lambda x: x / (1 + np.exp(-2 * x)))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_model_with_a_layer_and_an_activation_of_ones_own(suffix: str, tmp_path: Path) -> None:
    model = gated_model()
    model.save(tmp_path / f"mine{suffix}")
    x = random(7, 4)
    with pytest.raises(UnsupportedModelError) as error:
        maju.load(tmp_path / f"mine{suffix}")
    assert len(error.value.problems) == 3
    assert "layer 'gated' (Gated)" in str(error.value) or "layer 'gated' (study>Gated)" in str(error.value)
    assert "@maju.register(" in str(error.value)

    register_gated()
    mine = maju.load(tmp_path / f"mine{suffix}")
    assert_same(mine.predict(x), model.predict(x, verbose=0))
    assert isinstance(mine["gated"], GatedFromScratch)
    assert mine["gated"].power == 3.0
    assert mine.count_params() == model.count_params()


def test_what_is_registered_is_written_so_that_keras_and_maju_find_it_again(tmp_path: Path) -> None:
    model = gated_model()
    x = random(5, 4)
    register_gated()
    mine = maju.load(model)
    for name in ("again.keras", "again.h5"):
        mine.save(tmp_path / name)
        assert_same(
            keras.models.load_model(tmp_path / name, compile=False).predict(x, verbose=0), mine.predict(x)
        )
        assert_same(maju.load(tmp_path / name).predict(x), mine.predict(x), tolerance=0)
    mine.save(tmp_path / "again.safetensors")
    assert_same(maju.load(tmp_path / "again.safetensors").predict(x), mine.predict(x), tolerance=0)


def test_a_package_in_the_name_is_that_package_alone() -> None:
    register_gated()
    maju.unregister("Gated")
    maju.register("other>Gated")(GatedFromScratch)
    with pytest.raises(UnsupportedModelError, match="its author's own"):
        maju.load(gated_model())
    maju.register("study>Gated")(GatedFromScratch)
    maju.load(gated_model())


def test_an_unknown_hyper_parameter_of_ones_own_layer_is_refused() -> None:
    register_gated()

    class Poor(GatedFromScratch):
        hyper_parameters = ()

    maju.register("Gated")(Poor)
    with pytest.raises(
        UnsupportedModelError, match=r"'gated' \(study>Gated\): unknown hyper-parameter power=3.0|power"
    ):
        maju.load(gated_model())


def test_ones_own_class_comes_before_majus() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Flatten(), layers.Dense(2)])
    scramble(model)

    @maju.register("Dense")
    class Louder(maju.layers.DenseLayer):
        def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
            return 10 * super().forward(x)

    x = random(4, 3)
    assert_same(maju.load(model).predict(x), 10 * model.predict(x, verbose=0), tolerance=1e-4)
    maju.unregister("Dense")
    assert_same(maju.load(model).predict(x), model.predict(x, verbose=0))
    assert registry.find("Dense") is maju.layers.DenseLayer


def test_a_layer_of_an_old_file_that_keras_never_had(tmp_path: Path) -> None:
    """Keras 2 wrote the class without its module, and of the first layer the shape of the input."""
    import json

    entry: Mapping[str, Any] = {
        "class_name": "Old",
        "config": {"name": "old", "trainable": True, "dtype": "float32", "batch_input_shape": [None, 3]},
    }
    document = {
        "class_name": "Sequential",
        "keras_version": "2.2.4",
        "config": {"name": "s", "layers": [entry]},
    }
    (tmp_path / "old.json").write_text(json.dumps(document))
    maju.register("Old")(Doubling)
    model = maju.load(keras.Sequential([keras.Input((3,)), layers.ReLU()]))
    model.save(tmp_path / "empty.weights.h5")
    twice = maju.load(tmp_path / "empty.weights.h5", architecture=tmp_path / "old.json")
    np.testing.assert_array_equal(twice.predict([[1.0, 2.0, 3.0]]), [[2, 4, 6]])


def test_the_way_back_through_ones_own_activation() -> None:
    x = random(3, 4)
    maju.register("swishy", gradient=lambda x, y, dy: 5 * dy)(lambda x: 5 * x)
    layer = maju.layers.ActivationLayer("study>swishy")
    assert layer.get_config()["activation"] == "study>swishy"
    _, backward = layer.vjp(x)
    np.testing.assert_array_equal(backward(x)[0], 5 * x)

    maju.register("swishy")(lambda x: 5 * x)
    _, backward = maju.layers.ActivationLayer("swishy").vjp(x)
    with pytest.raises(GradientError, match="'swishy' was registered without its gradient"):
        backward(x)


@pytest.mark.parametrize("thing", [3, keras.layers.Dense, int], ids=["number", "layer of Keras", "class"])
def test_what_cannot_be_registered(thing: Any) -> None:
    with pytest.raises(InputError, match=r"is neither a subclass of maju\.layers\.Layer nor a function"):
        maju.register("Twice")(thing)
    with pytest.raises(InputError, match=r"register\('MyLayer'\)"):
        maju.register(thing)
