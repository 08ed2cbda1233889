"""What the fixtures of these tests give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import maju
from maju.layers.base import Array

__all__ = ["WORDS", "Pair", "Pairs", "image", "logits_of"]

WORDS = ["enak", "ramah", "mahal", "kotor", "saya", "suka", "tidak"]


@dataclass(frozen=True)
class Pair:
    """A Keras model, and the same in maju."""

    keras: Any
    maju: maju.Model


Pairs = Mapping[str, Pair]


def image(*shape: int, seed: int = 0) -> Array:
    """Images from 0 to 1."""
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def logits_of(model: Any) -> Any:
    """A copy of a Keras Sequential without the activation of its last layer."""
    import keras

    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    twin.layers[-1].activation = keras.activations.linear
    return twin
