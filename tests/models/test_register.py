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
from formats.keras2 import save_keras2
from gradients.check import slope
from maju.errors import GradientError, InputError, UnsupportedModelError
from maju.layers import AnyCell, Layer, StackedRNNCells, registry
from maju.layers.base import Array, Config, Shape
from maju.layers.cell import States, StepBackward
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
    names = (
        "Gated",
        "study>Gated",
        "other>Gated",
        "swishy",
        "Dense",
        "Twice",
        "Old",
        "Minimal",
        "study>Apart",
    )
    for name in names:
        maju.unregister(name)
    yield
    for name in names:
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
    wanted = r"expected a subclass of maju\.layers\.Layer or maju\.layers\.AnyCell, or a function of an array"
    with pytest.raises(InputError, match=wanted):
        maju.register("Twice")(thing)
    with pytest.raises(InputError, match=r"register\('MyLayer'\)"):
        maju.register(thing)


# Recurrent cells


@keras.saving.register_keras_serializable("study")
class Minimal(layers.Layer):  # type: ignore[misc]
    """A cell of one state, its output, with a layer inside."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = self.state_size = units
        self.dense = layers.Dense(units)

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.dense.build((None, self.units))

    def call(self, x: Any, states: Any, training: Any = None) -> Any:
        h = keras.ops.tanh(x @ self.kernel + self.dense(states[0]))
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("study")
class Apart(layers.Layer):  # type: ignore[misc]
    """A cell of two states of other lengths, neither of which is its output."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.state_size = [units, 2]
        self.output_size = 5

    def build(self, shape: Any) -> None:
        self.into_a = self.add_weight(shape=(shape[-1] + 2, self.units), name="into_a")
        self.into_b = self.add_weight(shape=(self.units, 2), name="into_b")
        self.outward = self.add_weight(shape=(self.units + 2, 5), name="outward")

    def call(self, x: Any, states: Any, training: Any = None) -> Any:
        a = keras.ops.tanh(keras.ops.concatenate([x, states[1]], -1) @ self.into_a) + 0.5 * states[0]
        b = keras.ops.sin(a @ self.into_b)
        return keras.ops.concatenate([a, b], -1) @ self.outward, [a, b]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


class MinimalFromScratch(AnyCell):
    hyper_parameters: ClassVar[tuple[str, ...]] = ("units",)

    def __init__(
        self, layer_kernel: Array, kernel: Array, bias: Array, *, units: int, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.layer_kernel, self.units, self.state_size = layer_kernel, units, units
        self.dense = maju.layers.DenseLayer(kernel, bias)

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        units = config["units"]
        inputs = None if input_shape is None else input_shape[-1]
        return {"layer_kernel": (inputs, units), "dense/kernel": (units, units), "dense/bias": (units,)}

    def step(self, x: Array, states: States) -> States:
        return (np.tanh(x @ self.layer_kernel + self.dense.forward(states[0])),)


class ApartFromScratch(AnyCell):
    hyper_parameters: ClassVar[tuple[str, ...]] = ("units",)

    def __init__(
        self, into_a: Array, into_b: Array, outward: Array, *, units: int, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.into_a, self.into_b, self.outward = into_a, into_b, outward
        self.units = units
        self.state_size, self.output_size = [units, 2], 5

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        units, inputs = config["units"], None if input_shape is None else input_shape[-1]
        into_a = None if inputs is None else inputs + 2
        return {"into_a": (into_a, units), "into_b": (units, 2), "outward": (units + 2, 5)}

    def step(self, x: Array, states: States) -> States:
        return self.step_vjp(x, states)[0]

    def step_vjp(self, x: Array, states: States) -> tuple[States, StepBackward]:
        a_before, b_before = states
        joined = np.concatenate([x, b_before], axis=-1)
        bent = np.tanh(joined @ self.into_a)
        a = bent + np.asarray(0.5, bent.dtype) * a_before
        b = np.sin(a @ self.into_b)
        both = np.concatenate([a, b], axis=-1)

        def backward(d_after: States) -> tuple[Array, States, dict[str, Array]]:
            da, db, dy = d_after
            d_both = dy @ self.outward.T
            d_sin = (db + d_both[:, self.units :]) * np.cos(a @ self.into_b)
            da = da + d_both[:, : self.units] + d_sin @ self.into_b.T
            d_bent = da * (1 - bent**2)
            d_joined = d_bent @ self.into_a.T
            gradients = {"into_a": joined.T @ d_bent, "into_b": a.T @ d_sin, "outward": both.T @ dy}
            return d_joined[:, :-2], (0.5 * da, d_joined[:, -2:]), gradients

        return (a, b, both @ self.outward), backward


STEPS = random(3, 5, 4)
STEPS[0, 2:] = STEPS[1, :2] = 0  # masked


def recurrent_model() -> Any:
    x = keras.Input((5, 4))
    masked = layers.Masking()(x)
    y, a, b = layers.RNN(Apart(3), return_state=True, return_sequences=True, name="apart")(masked)
    outputs = [y, a, b, layers.RNN(Minimal(3), go_backwards=True)(masked)]
    outputs.append(layers.Bidirectional(layers.RNN(Apart(3), return_sequences=True))(masked))
    stack = [Minimal(4), Apart(3), layers.LSTMCell(2), Apart(2)]
    outputs.append(layers.RNN(stack, return_sequences=True)(masked))
    outputs.append(layers.TimeDistributed(layers.RNN([layers.GRUCell(3), Minimal(2)]))(x[:, None]))
    model = keras.Model(x, outputs)
    scramble(model)
    return model


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_model_with_cells_of_ones_own(suffix: str, tmp_path: Path) -> None:
    model = recurrent_model()
    model.save(tmp_path / f"mine{suffix}")
    with pytest.raises(UnsupportedModelError) as error:
        maju.load(tmp_path / f"mine{suffix}")
    assert (
        "layer 'apart' (RNN), cell: study>Apart is a class of its author's own; the file does not hold its "
        "computation (write it as a cell of maju's, under @maju.register('study>Apart'))"
    ) in str(error.value)
    assert "(RNN), cell, minimal: study>Minimal is" in str(error.value)

    maju.register("Minimal")(MinimalFromScratch)
    maju.register("study>Apart")(ApartFromScratch)
    mine = maju.load(tmp_path / f"mine{suffix}")
    expected = model.predict(STEPS, verbose=0)
    assert_same(mine.predict(STEPS), expected)
    for name in ("again.keras", "again.h5", "again.safetensors"):
        mine.save(tmp_path / name)
        assert_same(maju.load(tmp_path / name).predict(STEPS), mine.predict(STEPS), tolerance=0)
        if not name.endswith("safetensors"):
            again = keras.models.load_model(tmp_path / name, compile=False)
            assert_same(again.predict(STEPS, verbose=0), expected, tolerance=0)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("stacked", [False, True])
def test_the_way_back_through_a_cell_of_ones_own(masked: bool, stacked: bool) -> None:
    rng = np.random.default_rng(4)

    def apart(inputs: int) -> ApartFromScratch:
        return ApartFromScratch(
            rng.normal(size=(inputs + 2, 3)), rng.normal(size=(3, 2)), rng.normal(size=(5, 5)), units=3
        )

    cell = StackedRNNCells([apart(4), apart(5)]) if stacked else apart(4)
    layer = maju.layers.RNNLayer(cell, return_sequences=True, return_state=True)
    x, mask = rng.normal(size=(2, 3, 4)), np.array([[1, 0, 1], [0, 1, 1]], bool) if masked else None
    y, backward = layer.vjp(x, mask=mask)
    dy = [rng.normal(size=part.shape) for part in y]
    dx, gradients = backward(dy)

    def loss() -> float:
        return float(sum((a * b).sum() for a, b in zip(layer.forward(x, mask=mask), dy, strict=True)))

    for name, array in {"x": x, **layer.weights}.items():
        found = dx if name == "x" else gradients[name]
        np.testing.assert_allclose(found, slope(loss, array), rtol=1e-6, atol=1e-7)


def test_a_cell_of_ones_own_without_a_way_back_says_so() -> None:
    ones = np.ones((2, 2))
    cell = MinimalFromScratch(ones, ones, ones[0], units=2, name="mine")
    with pytest.raises(GradientError, match=r"cell 'mine' \(.*\) has no backward: it has no step_vjp"):
        maju.layers.RNNLayer(cell).vjp(np.ones((1, 3, 2)))
    assert maju.layers.RNNLayer(cell).forward(np.ones((1, 3, 2)), training=True).shape == (1, 2)


class FixedDropout(layers.Dropout):  # type: ignore[misc]
    """What every EfficientNet of qubvel's has."""

    def _get_noise_shape(self, inputs: Any) -> Any:
        return self.noise_shape


def test_a_layer_of_maju_under_another_name_keeps_its_own(tmp_path: Path) -> None:
    body = [layers.Dense(4), FixedDropout(0.5, noise_shape=(None, 1)), layers.Dropout(0.5), layers.Dense(2)]
    model = keras.Sequential([keras.Input((3,)), *body])
    path = save_keras2(model, tmp_path / "old.h5", version="2.2.4")
    maju.register("FixedDropout")(maju.layers.DropoutLayer)
    try:
        mine = maju.load(path)
        x = random(5, 3)
        assert_same(mine.predict(x), model.predict(x, verbose=0))
        assert [layer.keras_class for layer in mine.layers[2:4]] == ["FixedDropout", "Dropout"]
        mine.save(tmp_path / "again.keras")
        assert_same(maju.load(tmp_path / "again.keras").predict(x), mine.predict(x), tolerance=0)
    finally:
        maju.unregister("FixedDropout")
    assert maju.layers.DropoutLayer.keras_class == "Dropout"


@keras.saving.register_keras_serializable("study")
class Adversarial(keras.Model):  # type: ignore[misc]
    def train_step(self, data: Any) -> Any:
        return {}


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_model_whose_class_changes_training_alone(suffix: str, tmp_path: Path) -> None:
    keras.utils.clear_session()
    x = keras.Input((3,))
    inner = Adversarial(x, layers.Dense(4, activation="tanh")(layers.Dense(5)(x)))
    outer = keras.Sequential([keras.Input((3,)), layers.Dense(3), inner, layers.Dense(2)])
    rows = random(5, 3)
    for model, where in ((inner, "the model"), (outer, r"layer 'adversarial'")):
        scramble(model)
        path = tmp_path / f"theirs{suffix}"
        model.save(path)
        said = rf"{where} \((study>)?Adversarial\): .* than the graph that the file holds \(if it changes"
        with pytest.raises(UnsupportedModelError, match=said):
            maju.load(path)
        maju.register("Adversarial")(maju.Model)
        mine = maju.load(path)
        maju.unregister("Adversarial")
        assert_same(mine.predict(rows), model(rows))
        mine.save(tmp_path / f"mine{suffix}")
        again = keras.models.load_model(tmp_path / f"mine{suffix}", compile=False)
        assert_same(mine.predict(rows), again(rows))


def test_a_class_of_models_is_registered_as_model_alone() -> None:
    said = r"^a model is registered as maju\.Model, which computes the graph .*, got Sequential$"
    with pytest.raises(InputError, match=said):
        maju.register("Adversarial")(maju.Sequential)
    assert maju.Model.keras_class == "Functional"
