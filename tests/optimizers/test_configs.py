from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

from maju import optimizers, schedules
from maju.errors import InputError
from maju.optimizers import SGD, Adam, Optimizer, RMSprop
from maju.schedules import InverseTimeDecay, LearningRateSchedule, PolynomialDecay
from optimizers.beside_keras import CASES, OPTIONS, both

#: As tf_keras writes it since 2.11.
KERAS2 = {
    "name": "Adam",
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": 1.5,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "jit_compile": True,
    "is_legacy_optimizer": False,
    "learning_rate": 0.25,
    "beta_1": 0.8,
    "beta_2": 0.999,
    "epsilon": 1e-07,
    "amsgrad": False,
}
#: As Keras 2 wrote it before.
LEGACY = {
    "name": "Adam",
    "learning_rate": 0.25,
    "decay": 0.0,
    "beta_1": 0.8,
    "beta_2": 0.9,
    "epsilon": 1e-07,
    "amsgrad": True,
}


@pytest.mark.parametrize("case", CASES)
def test_written_as_keras_writes_it(case: str) -> None:
    name, options = CASES[case]
    theirs, own = both(name, {**options, **OPTIONS["all"]})
    written = keras.optimizers.serialize(theirs)
    assert optimizers.serialize(own) == written
    assert optimizers.get(json.loads(json.dumps(written))).get_config() == own.get_config()
    # `keras.optimizers.deserialize` does not know its own Lamb; files are read by this one.
    read = keras.saving.deserialize_keras_object(optimizers.serialize(own))
    assert read.get_config() == theirs.get_config()


def test_schedule_inside() -> None:
    rate = keras.optimizers.schedules.PolynomialDecay(0.5, 30, power=2.0)
    theirs, own = both("RMSprop", {"learning_rate": rate, "rho": 0.8})
    written = keras.optimizers.serialize(theirs)
    assert optimizers.serialize(own) == written
    read = optimizers.get(written)
    assert read.learning_rate == PolynomialDecay(0.5, 30, power=2.0)


def test_defaults_are_those_of_keras() -> None:
    for cls in {type(optimizers.get(name)) for name, _ in CASES.values()}:
        config = getattr(keras.optimizers, cls.__name__)(name="x").get_config()
        assert cls.from_config({"name": "x"}).get_config() == config
        assert optimizers.get(cls).name == keras.src.utils.naming.to_snake_case(cls.__name__)


@pytest.mark.parametrize("name", ["RMSprop", "rmsprop", "RMSPROP", "rm_sprop"])
def test_found_by_name(name: str) -> None:
    assert type(optimizers.get(name)) is RMSprop


def test_found_as_it_is() -> None:
    optimizer = Adam(0.5)
    assert optimizers.get(optimizer) is optimizer
    assert isinstance(optimizers.get(SGD), SGD)
    assert (
        repr(optimizer) == "Adam(learning_rate=0.5, beta_1=0.9, beta_2=0.999, epsilon=1e-07, amsgrad=False)"
    )


def adam(config: dict[str, Any], **more: Any) -> Optimizer:
    return optimizers.get({"class_name": "Adam", "config": config, **more})


def test_config_of_keras_2() -> None:
    read = adam(KERAS2, module="keras.optimizers", registered_name=None)
    assert read.get_config() == Adam(0.25, 0.8, global_clipnorm=1.5, name="Adam").get_config()
    named = optimizers.get({"class_name": "Custom>Adam", "config": KERAS2})
    assert named.get_config() == read.get_config()


@pytest.mark.parametrize(
    ("changes", "rate"),
    [
        ({}, 0.25),
        ({"decay": 0.5}, InverseTimeDecay(0.25, decay_steps=1, decay_rate=0.5)),
        (
            {"learning_rate": schedules.serialize(PolynomialDecay(0.5, 30))},
            PolynomialDecay(0.5, 30),
        ),
    ],
    ids=["plain", "decay", "schedule"],
)
def test_legacy_config(changes: dict[str, Any], rate: float | LearningRateSchedule) -> None:
    read = adam({**LEGACY, **changes})
    assert read.get_config() == Adam(rate, 0.8, 0.9, amsgrad=True, name="Adam").get_config()


def test_config_of_keras_1() -> None:
    config = {"lr": 0.125, "decay": 0.0, "momentum": 0.5, "nesterov": True}
    read = optimizers.get({"class_name": "SGD", "config": config})
    assert read.get_config() == SGD(0.125, 0.5, True).get_config()
    assert adam({"lr": 0.5, "decay": 0.0, "epsilon": None}).get_config() == Adam(0.5).get_config()


def test_decay_of_keras_2() -> None:
    read = adam({**LEGACY, "decay": 0.5})
    rates = []
    own = {"w": np.ones(1, np.float32)}
    for _ in range(3):
        rates.append(read.current_learning_rate)
        read.apply({"w": np.ones(1)}, own)
    assert rates == pytest.approx([0.25 / (1 + 0.5 * step) for step in range(3)], rel=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"class_name": "Nadam", "config": LEGACY}, r"Nadam of Keras 1 or 2 \(legacy\): its momentum rises"),
        ({"class_name": "RMSprop", "config": {"lr": 0.1, "rho": 0.9}}, "without momentum: it adds epsilon"),
        ({"class_name": "Adagrad", "config": {"lr": 0.1}}, "Adagrad .* it adds epsilon outside the root"),
        (
            {"class_name": "RMSprop", "module": "keras.optimizers.legacy", "config": {"momentum": 0.0}},
            "RMSprop of Keras 1 or 2",
        ),
        (
            {
                "class_name": "Adam",
                "config": {**LEGACY, "decay": 0.1, "learning_rate": {"class_name": "CosineDecay"}},
            },
            "decay=0.1 on top of a schedule",
        ),
        ({"class_name": "Adam", "config": {**KERAS2, "use_ema": True}}, "averages start from the first"),
        (
            {"class_name": "Adam", "config": {"beta_3": 0.5}},
            "Adam: unknown hyper-parameter beta_3=0.5; there",
        ),
        (
            {"class_name": "Adam", "config": {}, "registered_name": "my>Adam"},
            "an optimizer of its author's own, 'my>Adam', is not known to maju",
        ),
        ({"class_name": "Custom>Adam", "config": {}}, "no optimizer 'Custom>Adam'"),
        ({"class_name": "Adam"}, "expected an optimizer as a file holds it, with class_name and config"),
        (
            {"class_name": "LossScaleOptimizer", "config": {}},
            "float32 and has no use for it: take the optimi",
        ),
        ("adamm", "no optimizer 'adamm'; near it are Adam, Nadam, AdamW"),
        ("zzz", "no optimizer 'zzz'; there are Adadelta, Adafactor"),
        (3, "expected an optimizer as 'adam' or maju.optimizers.Adam"),
        (
            {"class_name": "SGD", "config": {"learning_rate": {"class_name": "Cosine", "config": {}}}},
            "no schedule 'Cosine'; near it are CosineDecay",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) and " " in value else str(value)[:60],
)
def test_refused(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        optimizers.get(given)


def test_own_classes_cannot_be_written() -> None:
    class Mine(SGD):
        pass

    class Wave(LearningRateSchedule):
        def value(self, step: np.float32) -> Any:
            return 0.5 + 0.25 * (step % 2)

    with pytest.raises(InputError, match="is not one of Keras's optimizers, and no file can hold it"):
        optimizers.serialize(Mine())
    optimizer = SGD(Wave())
    assert optimizer.current_learning_rate == 0.5
    with pytest.raises(InputError, match=r"Wave\(\) is not one of Keras's schedules"):
        optimizer.get_config()
