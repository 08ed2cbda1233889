"""Optimizers under Keras's names: the rules by which gradients change weights.

::

    from maju import optimizers

    optimizer = optimizers.Adam(1e-3, global_clipnorm=1.0)
    optimizer.apply(gradients, weights)  # one step, in place
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from maju.errors import InputError
from maju.layers.row_gradient import RowGradient
from maju.optimizers.adadelta import Adadelta
from maju.optimizers.adafactor import Adafactor
from maju.optimizers.adagrad import Adagrad
from maju.optimizers.adam import Adam
from maju.optimizers.adamax import Adamax
from maju.optimizers.adamw import AdamW
from maju.optimizers.ftrl import Ftrl
from maju.optimizers.keras2 import to_keras3
from maju.optimizers.lamb import Lamb
from maju.optimizers.lion import Lion
from maju.optimizers.nadam import Nadam
from maju.optimizers.optimizer import Optimizer
from maju.optimizers.rmsprop import RMSprop
from maju.optimizers.sgd import SGD
from maju.schedules.serialized import class_named, read_serialized, serialized

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "RowGradient",
    "deserialize",
    "get",
    "serialize",
]

_CLASSES: tuple[type[Optimizer], ...] = (
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    AdamW,
    Adamax,
    Ftrl,
    Lamb,
    Lion,
    Nadam,
    RMSprop,
    SGD,
)
_KNOWN = {cls.__name__.lower(): cls for cls in _CLASSES}
#: How the first releases of Keras 2.11's optimizers name themselves in an .h5 file.
_PREFIX = "Custom>"


def get(identifier: Any) -> Optimizer:
    """The optimizer that is meant.

    Args:
        identifier: an optimizer or its class; its name, as ``"adam"``; or what `serialize` or Keras has made
            of one.

    Raises:
        InputError: there is no such optimizer.
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str):
        return class_named(identifier, _KNOWN, "optimizer").from_config({})
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if inspect.isclass(identifier) and issubclass(identifier, Optimizer):
        return identifier.from_config({})
    raise InputError(f"expected an optimizer as 'adam' or maju.optimizers.Adam(0.001), got {identifier!r}")


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """The optimizer as Keras 3 writes it."""
    if type(optimizer) not in _CLASSES:
        raise InputError(f"{optimizer!r} is not one of Keras's optimizers, and no file can hold it")
    return serialized(optimizer, "keras.optimizers")


def deserialize(config: Mapping[str, Any]) -> Optimizer:
    """The optimizer that `serialize`, Keras 3, 2 or 1 has written.

    Raises:
        InputError: there is no such optimizer here, or a hyper-parameter is unknown or wrong; names it.
    """
    if isinstance(config.get("class_name"), str) and "jit_compile" in (config.get("config") or {}):
        config = {**config, "class_name": config["class_name"].removeprefix(_PREFIX)}
    name, arguments = read_serialized(config, "an optimizer")
    if name.lower().startswith("lossscaleoptimizer"):
        raise InputError(
            f"{name} scales the loss for training in float16; maju trains in float32 and has no use for it: "
            "take the optimizer inside it, config['inner_optimizer']"
        )
    cls = class_named(name, _KNOWN, "optimizer")
    legacy = str(config.get("module")).endswith(".legacy")
    return cls.from_config(to_keras3(cls.__name__, arguments, legacy=legacy))
