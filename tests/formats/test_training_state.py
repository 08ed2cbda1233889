"""How a model was compiled and how far its optimizer was: out of a file, and into one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import maju
from formats.archives import rewrite, rewrite_h5
from maju import formats
from maju.formats.specification import TrainingState
from maju.formats.training_state import in_keras3_order
from parity.compare import random

OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "SGD": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "Adam": lambda: keras.optimizers.Adam(0.03, amsgrad=True, clipnorm=1.0),
    "RMSprop": lambda: keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "Adagrad": lambda: keras.optimizers.Adagrad(0.1),
    "Nadam": lambda: keras.optimizers.Nadam(0.02),
    "averages": lambda: keras.optimizers.Adam(0.03, use_ema=True, ema_overwrite_frequency=3),
    "schedule": lambda: keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 9), momentum=0.5),
    "accumulation": lambda: keras.optimizers.Lion(0.01, gradient_accumulation_steps=2),
    "scaled loss": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01)),
}
X, Y = random(6, 3), random(6, 2)


def trained(optimizer: Any) -> Any:
    keras.utils.clear_session()
    body = [layers.Dense(4, activation="tanh"), layers.BatchNormalization(), layers.Dense(2)]
    model = keras.Sequential([keras.Input((3,)), *body])
    metrics = ["mae", keras.metrics.CosineSimilarity()]
    model.compile(optimizer, keras.losses.MeanSquaredError(), metrics=metrics, run_eagerly=True)
    further(model, steps=3)
    return model


def further(model: Any, steps: int = 4) -> list[float]:
    model.reset_metrics()
    return [float(model.train_on_batch(X, Y)[0]) for _ in range(steps)]


def through_maju(source: Path, target: Path) -> TrainingState:
    """Read and write again; gives what was read of the training."""
    file, model = formats.read(source), maju.load(source)
    formats.write(target, model.current_spec(), model.layer_arrays(), training=file.training)
    assert file.training is not None
    return file.training


@pytest.fixture(scope="module")
def adam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compiled model as `.keras`, and beside it as `.h5`."""
    path: Path = tmp_path_factory.mktemp("compiled") / "adam.keras"
    model = trained(OPTIMIZERS["Adam"]())
    model.save(path)
    model.save(path.with_suffix(".h5"))
    return path


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_keras_trains_on_as_if_maju_had_not_been_between(name: str, tmp_path: Path) -> None:
    model = trained(OPTIMIZERS[name]())
    model.save(tmp_path / "by-keras.keras")
    model.save_weights(tmp_path / "by-keras.weights.h5")
    state = through_maju(tmp_path / "by-keras.keras", tmp_path / "by-maju.keras")
    assert state.problem is None
    assert state.compile_config == json.loads(json.dumps(model.get_compile_config()))
    assert state.optimizer_variables is not None
    for found, variable in zip(state.optimizer_variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(found, variable.numpy())
    through_maju(tmp_path / "by-maju.keras", tmp_path / "by-maju.h5")
    # Keras 3 itself trains no model of a legacy .h5 on: it builds the optimizer for no weights.
    from_h5 = formats.read(tmp_path / "by-maju.h5").training
    assert from_h5 is not None
    assert from_h5.compile_config == state.compile_config
    for found, array in zip(from_h5.optimizer_variables or (), state.optimizer_variables, strict=True):
        np.testing.assert_array_equal(found, array)
    optimizer = keras.models.load_model(tmp_path / "by-maju.h5").optimizer
    assert optimizer.get_config() == model.optimizer.get_config()
    again, by_keras = (keras.models.load_model(tmp_path / f"by-{who}.keras") for who in ("maju", "keras"))
    expected = further(by_keras)
    assert len(set(expected)) > 2  # where gradients are accumulated, two batches make one step
    assert further(again) == expected
    for ours, variable in zip(again.optimizer.variables, by_keras.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), variable.numpy())
    alone = formats.read(tmp_path / "by-keras.weights.h5").training
    assert alone is not None
    assert alone.compile_config is None
    assert [a.shape for a in alone.optimizer_variables or ()] == [a.shape for a in state.optimizer_variables]


def test_the_weights_alone_carry_the_optimizer_as_those_of_keras_do(adam: Path, tmp_path: Path) -> None:
    through_maju(adam, tmp_path / "by-maju.weights.h5")
    model = trained(OPTIMIZERS["Adam"]())
    model.load_weights(tmp_path / "by-maju.weights.h5")
    assert further(model) == further(keras.models.load_model(adam))


def test_the_h5_of_keras_3(adam: Path, tmp_path: Path) -> None:
    state = through_maju(adam.with_suffix(".h5"), tmp_path / "by-maju.keras")
    assert state.compile_config is not None
    assert state.compile_config["optimizer"]["class_name"] == "Adam"
    assert further(keras.models.load_model(tmp_path / "by-maju.keras")) == further(
        keras.models.load_model(adam)
    )


def test_what_was_never_compiled_has_no_state(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    for suffix in (".keras", ".h5", ".weights.h5"):
        path = tmp_path / f"plain{suffix}"
        model.save_weights(path) if suffix == ".weights.h5" else model.save(path)
        assert formats.read(path).training is None


# The orders of older versions

KERNEL, BIAS = (2, 3), (3,)


def values(*shapes: tuple[int, ...]) -> list[Any]:
    """Arrays of which each tells its place: the first holds 1, the next 2."""
    return [np.full(shape, number, np.float32) for number, shape in enumerate(shapes, start=1)]


def order(optimizer: dict[str, Any], major: int, variables: list[Any]) -> list[int]:
    """Where each of Keras 3's variables, from those of the weights on, was before."""
    return [int(np.ravel(array)[0]) for array in in_keras3_order(optimizer, variables, major)]


STEPS = np.array(70, np.int64)
PAIRS = [KERNEL, BIAS, KERNEL, BIAS]


@pytest.mark.parametrize(
    ("class_name", "config", "shapes", "expected"),
    [
        ("SGD", {"momentum": 0.9}, [KERNEL, BIAS], [1, 2]),
        ("SGD", {"momentum": 0.0}, [KERNEL, BIAS], []),
        ("Adam", {}, PAIRS, [1, 3, 2, 4]),
        ("Adam", {"amsgrad": False}, [*PAIRS, (1,), (1,)], [1, 3, 2, 4]),
        ("Adam", {"amsgrad": True}, [*PAIRS, KERNEL, BIAS], [1, 3, 2, 4, 5, 6]),
        ("Adamax", {}, PAIRS, [1, 3, 2, 4]),
        ("RMSprop", {"momentum": 0.5}, PAIRS, [1, 2, 3, 4]),
        ("Custom>Adam", {"is_legacy_optimizer": False}, [KERNEL, KERNEL, BIAS, BIAS], [1, 2, 3, 4]),
        ("SGD", {"momentum": 0.0, "is_legacy_optimizer": False}, [KERNEL, BIAS], []),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_optimizers_of_keras_2(
    class_name: str, config: dict[str, Any], shapes: list[tuple[int, ...]], expected: list[int]
) -> None:
    for rate, first in (
        ({"learning_rate": 90.0}, [70, 90]),
        ({"lr": 90.0}, [70, 90]),
        ({"lr": 90.0, "decay": 0.1}, [70]),
    ):
        optimizer = {"class_name": class_name, "config": {**config, **rate}}
        assert order(optimizer, 2, [STEPS, *values(*shapes)]) == [*first, *expected]


def test_steps_that_keras_2_did_not_count() -> None:
    optimizer = {"class_name": "RMSprop", "config": {"lr": 90.0}}
    assert order(optimizer, 2, values(KERNEL, BIAS)) == [0, 90, 1, 2]


def test_the_product_of_nadam() -> None:
    optimizer = {"class_name": "Nadam", "config": {"learning_rate": 90.0}}
    slots = values(KERNEL, KERNEL, BIAS, BIAS)
    older = [STEPS, np.float32(90), np.float32(50), *slots]
    older = [np.asarray(array) for array in older]
    assert order(optimizer, 3, older) == [70, 90, 1, 2, 3, 4, 50]
    assert order(optimizer, 3, [*older[:2], *slots, older[2]]) == [70, 90, 1, 2, 3, 4, 50]
    model = trained(keras.optimizers.Nadam(0.02))
    (product,) = [v.numpy() for v in model.optimizer.variables[2:] if v.shape == ()]
    new = {"class_name": "Nadam", "config": {"learning_rate": 0.02, "jit_compile": True, "beta_1": 0.9}}
    *_, found = in_keras3_order(new, [np.array(3, np.int64), *slots], 2)
    np.testing.assert_allclose(found, product, rtol=1e-6)


# Broken ones: the model predicts, and who wants to train on is told

Change = Callable[[Any], Any]


def lost(file: Any) -> None:
    del file["optimizer/vars/3"]


def linked(file: Any) -> None:
    del file["optimizer/vars/3"]
    file["optimizer/vars/3"] = h5py.ExternalLink("/etc/passwd", "x")


def claiming(file: Any) -> None:
    del file["optimizer/vars/3"]
    file["optimizer/vars"].create_dataset("3", (1 << 40,), "f4", chunks=(1 << 20,))


def text(file: Any) -> None:
    del file["optimizer/vars/3"]
    file["optimizer/vars/3"] = "x"


def no_group(file: Any) -> None:
    del file["optimizer/vars"]
    file["optimizer/vars"] = np.zeros(3)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (lost, "the optimizer's variable '3' is missing"),
        (linked, "optimizer/vars/3: a link to elsewhere, which no Keras writes"),
        (claiming, "adam.keras: 3: claims 4,398,046,511,104 bytes, but 0 are stored"),
        (text, "adam.keras: 3: "),
        (no_group, "the optimizer's variable '0' is missing"),
    ],
)
def test_broken_variables(weights: Change, said: str, adam: Path, tmp_path: Path) -> None:
    path = rewrite(adam, tmp_path / "adam.keras", weights=weights)
    state = formats.read(path).training
    assert state is not None
    assert state.compile_config is not None
    assert state.optimizer_variables is None
    assert state.problem is not None
    assert state.problem.startswith("its state of training cannot be used: ")
    assert said in state.problem
    np.testing.assert_array_equal(maju.load(path).predict(X), maju.load(adam).predict(X))


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ([1], "its state of training cannot be used: its compile_config is no object but [1]"),
        ("run", "its state of training cannot be used: its compile_config is no object but 'run'"),
        ({"optimizer": {"class_name": "Mine", "registered_name": "a>Mine", "config": {}}, "loss": 3}, None),
        ({"optimizer": 7, "loss": {"class_name": "__lambda__", "config": {"value": "AAAA"}}}, None),
        ({"optimizer": {"class_name": ["x"], "config": {"learning_rate": {}}}}, None),
    ],
)
def test_strange_configs(config: Any, problem: str | None, adam: Path, tmp_path: Path) -> None:
    def change(document: Any) -> None:
        document["compile_config"] = config

    path = rewrite(adam, tmp_path / "adam.keras", config=change)
    state = formats.read(path).training
    assert state is not None
    assert state.problem == problem
    assert state.compile_config == (None if problem else config)
    np.testing.assert_array_equal(maju.load(path).predict(X), maju.load(adam).predict(X))


def test_broken_h5(adam: Path, tmp_path: Path) -> None:
    def no_json(file: Any) -> None:
        file.attrs["training_config"] = "{"

    def too_deep(file: Any) -> None:
        file.attrs["training_config"] = "[" * 5000

    def names(file: Any) -> None:
        file["optimizer_weights"].attrs["weight_names"] = [b"../model_weights", b"x"]

    for change, said in (
        (no_json, "adam.h5: training_config: not valid JSON"),
        (too_deep, "adam.h5: training_config: nested too deeply"),
        (names, "the optimizer's variable '../model_weights' is missing"),
    ):
        path = rewrite_h5(adam.with_suffix(".h5"), tmp_path / "adam.h5", change)
        state = formats.read(path).training
        assert state is not None
        assert said in str(state.problem)
        np.testing.assert_array_equal(maju.load(path).predict(X), maju.load(adam).predict(X))
