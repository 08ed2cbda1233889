"""An optimizer of Keras and the same one of maju, on the same weights and gradients."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from maju import optimizers, schedules
from maju.layers.base import Array
from maju.optimizers import Optimizer, RowGradient

SHAPES = {"dense/kernel": (3, 5), "dense/bias": (5,), "conv/kernel": (2, 3, 4), "table/embeddings": (7, 4)}

#: Every optimizer by a name that tells the options apart.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"learning_rate": 0.03}),
    "SGD momentum": ("SGD", {"momentum": 0.9}),
    "SGD nesterov": ("SGD", {"momentum": 0.7, "nesterov": True}),
    "Adam": ("Adam", {}),
    "Adam amsgrad": ("Adam", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.9, "amsgrad": True}),
    "Adam epsilon": ("Adam", {"epsilon": 0.3}),
    "AdamW": ("AdamW", {"weight_decay": 0.3, "learning_rate": 0.01}),
    "RMSprop": ("RMSprop", {}),
    "RMSprop momentum": ("RMSprop", {"rho": 0.8, "momentum": 0.6}),
    "RMSprop centered": ("RMSprop", {"centered": True, "epsilon": 1e-3}),
    "RMSprop both": ("RMSprop", {"centered": True, "epsilon": 1e-3, "momentum": 0.3}),
    "Adagrad": ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.4}),
    "Adadelta": ("Adadelta", {"learning_rate": 1.0, "rho": 0.7, "epsilon": 1e-4}),
    "Adamax": ("Adamax", {"learning_rate": 0.01, "beta_2": 0.8}),
    "Nadam": ("Nadam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95}),
    "Lion": ("Lion", {"beta_1": 0.7}),
    "Ftrl": ("Ftrl", {"learning_rate": 0.3}),
    "Ftrl regularized": (
        "Ftrl",
        {
            "learning_rate": 0.5,
            "learning_rate_power": -0.7,
            "l1_regularization_strength": 0.2,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.05,
            "beta": 0.2,
        },
    ),
    "Adafactor": ("Adafactor", {"learning_rate": 0.1}),
    "Adafactor clipped": ("Adafactor", {"learning_rate": 0.1, "clip_threshold": 0.4, "epsilon_2": 0.3}),
    "Lamb": ("Lamb", {"learning_rate": 0.01}),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "clipnorm": {"clipnorm": 0.9},
    "clipvalue": {"clipvalue": 0.4},
    "global_clipnorm": {"global_clipnorm": 2.5},
    "decay": {"weight_decay": 0.2},
    "ema": {"use_ema": True, "ema_momentum": 0.8},
    "ema overwriting": {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 4},
    "scaled loss": {"loss_scale_factor": 64.0},
    "accumulated": {"gradient_accumulation_steps": 3},
    "all": {
        "gradient_accumulation_steps": 2,
        "use_ema": True,
        "ema_overwrite_frequency": 5,
        "global_clipnorm": 1.5,
        "weight_decay": 0.1,
    },
}


def weights(seed: int) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    return {path: rng.normal(size=shape).astype(np.float32) for path, shape in SHAPES.items()}


def gradients(step: int, *, rows: bool = True) -> dict[str, Array | RowGradient]:
    """Random ones; at some steps zero, at some huge, at some missing for some of the weights."""
    rng = np.random.default_rng([7, step])
    factor = {3: 0.0, 5: 1e5, 8: 1e-6}.get(step % 11, 1.0)
    found: dict[str, Array | RowGradient] = {
        path: (factor * rng.normal(size=shape)).astype(np.float32) for path, shape in SHAPES.items()
    }
    table = SHAPES["table/embeddings"]
    if rows:  # as of an embedding: some rows more than once, some not at all
        values = (factor * rng.normal(size=(9, table[1]))).astype(np.float32)
        found["table/embeddings"] = RowGradient(rng.integers(0, 6, 9), values, table)
    if step % 4 == 1:
        del found["dense/bias"]
    if step % 6 == 4:
        del found["table/embeddings"], found["conv/kernel"]
    return found


def keras_variables(values: dict[str, Array]) -> dict[str, Any]:
    made = {}
    for path, value in values.items():
        scope, _, name = path.partition("/")
        with keras.name_scope(scope):
            made[path] = keras.Variable(value, name=name)
    return made


def keras_step(optimizer: Any, given: dict[str, Array | RowGradient], variables: dict[str, Any]) -> None:
    tensors = []
    for path in variables:
        gradient: Any = given.get(path)
        if isinstance(gradient, RowGradient):
            gradient = tf.IndexedSlices(
                tf.constant(gradient.values), tf.constant(gradient.indices), tf.constant(gradient.shape)
            )
        elif gradient is not None:
            gradient = tf.constant(gradient)
        tensors.append(gradient)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the missing ones
        optimizer.apply(tensors, list(variables.values()))


def both(name: str, options: dict[str, Any]) -> tuple[Any, Optimizer]:
    theirs = getattr(keras.optimizers, name)(**options)
    rate = options.get("learning_rate")
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        options = {**options, "learning_rate": schedules.get(keras.optimizers.schedules.serialize(rate))}
    return theirs, getattr(optimizers, name)(**options, name=theirs.name)


def assert_same_state(
    optimizer: Optimizer, own: dict[str, Array], theirs: Any, variables: dict[str, Any]
) -> None:
    for path, variable in variables.items():
        assert own[path].dtype == np.float32
        assert_close(own[path], variable.numpy(), path)
    for (name, array), variable in zip(optimizer.variables.items(), theirs.variables, strict=True):
        assert array.dtype == variable.numpy().dtype, name
        assert_close(array, variable.numpy(), name)


def assert_close(own: Array, theirs: Array, name: str) -> None:
    """Equal to 1e-6 of the largest number: Keras rounds rows before it adds them up, and sums cancel."""
    scale = float(np.max(np.abs(theirs), initial=0))
    np.testing.assert_allclose(own, theirs, rtol=0, atol=1e-6 * scale, err_msg=name)
