"""Initializers under Keras's names: the values that weights start from.

::

    from maju import initializers, layers

    layers.Dense(64, kernel_initializer="he_normal")
    layers.Dense(64, kernel_initializer=initializers.RandomNormal(stddev=0.01, seed=7))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.initializers.constants import Constant, Identity, Ones, Zeros
from maju.initializers.distributions import RandomNormal, RandomUniform, TruncatedNormal
from maju.initializers.initializer import Array, Initializer, RandomInitializer
from maju.initializers.orthogonal import Orthogonal
from maju.initializers.stft import STFT
from maju.initializers.variance_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)
from maju.lookup import Lookup

__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "deserialize",
    "get",
    "serialize",
]

_CLASSES: tuple[type[Initializer], ...] = (
    STFT,
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
_LOOKUP: Lookup[Initializer] = Lookup(
    "initializer",
    Initializer,
    _CLASSES,
    "keras.initializers",
    {
        "normal": RandomNormal,
        "uniform": RandomUniform,
        "zero": Zeros,
        "one": Ones,
        "IdentityInitializer": Identity,
        "OrthogonalInitializer": Orthogonal,
        "STFTInitializer": STFT,
    },
)


def get(identifier: Any) -> Callable[..., Array] | None:
    """The initializer that is meant.

    Args:
        identifier: an initializer or its class; its name as ``"glorot_uniform"`` or ``"GlorotUniform"``; what
            `serialize` or Keras has made of one; an array with the values; any function of shape and dtype;
            or None, which is given back.

    Raises:
        InputError: there is no such initializer.
    """
    if isinstance(identifier, (np.ndarray, np.generic)):
        return _exactly(np.asarray(identifier))
    if callable(identifier) and not isinstance(identifier, (type, Initializer)):
        found: Callable[..., Array] = identifier
        return found
    return deserialize(identifier) if isinstance(identifier, Mapping) else _LOOKUP.get(identifier)


def serialize(initializer: Initializer) -> dict[str, Any]:
    """The initializer as Keras 3 writes it."""
    return _LOOKUP.serialize(initializer)


def deserialize(config: Mapping[str, Any] | str) -> Initializer:
    """The initializer that `serialize`, Keras 3 or Keras 2 has written."""
    if isinstance(config, Mapping) and isinstance(config.get("config"), Mapping):
        # Keras 2 wrote the type of number beside some.
        config = {**config, "config": {k: v for k, v in config["config"].items() if k != "dtype"}}
    return _LOOKUP.deserialize(config)


def _exactly(values: Array) -> Callable[..., Array]:
    def initializer(shape: Any, dtype: str = "float32") -> Array:
        if tuple(shape) != values.shape:
            raise InputError(f"values of shape {values.shape} for a weight of shape {tuple(shape)}")
        return np.array(values, dtype)

    return initializer
