"""Models of Keras 2, as tf_keras still makes them: random weights, what they compute, and their files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # some layers of tf_keras look for their parts in tf.keras

import numpy as np
import tensorflow as tf
import tf_keras  # type: ignore[import-untyped]

import maju

__all__ = ["FILES", "computed", "load_from", "scramble", "tf_keras"]


#: What a layer learned from data and remembers elsewhere too.
LEARNED = ("mean:0", "variance:0")


def scramble(model: Any) -> None:
    """Give every weight other values, apart from those that were learned from data."""
    for weight in model.weights:
        if weight.dtype != tf.float32 or weight.name in LEARNED:
            continue
        rng = np.random.default_rng(crc32(weight.name.encode()))
        values = rng.normal(0.1, 0.6, weight.shape)
        if "variance" in weight.name:
            values = rng.uniform(0.3, 2, weight.shape)
        weight.assign(values.astype(np.float32))


def computed(model: Any, x: Any) -> Any:
    """What a model of Keras 2 computes in inference."""
    y = model(tf.nest.map_structure(tf.constant, x), training=False)
    return tf.nest.map_structure(lambda tensor: tensor.numpy(), y)


def _h5(model: Any, folder: Path) -> maju.Model:
    path = folder / "model.h5"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that the format is an old one
        tf_keras.models.save_model(model, path, save_format="h5")
    return maju.load(path)


def _archive(model: Any, folder: Path) -> maju.Model:
    path = folder / "model.keras"
    tf_keras.models.save_model(model, path, save_format="keras")
    return maju.load(path)


def _json(model: Any, folder: Path) -> maju.Model:
    (folder / "model.json").write_text(model.to_json())
    model.save_weights(folder / "weights.h5")
    return maju.load(folder / "weights.h5", architecture=folder / "model.json")


#: The kinds of files that Keras 2 writes.
FILES: dict[str, Callable[[Any, Path], maju.Model]] = {".h5": _h5, ".keras": _archive, "JSON": _json}


def load_from(kind: str, model: Any, folder: Path) -> maju.Model:
    """A model of Keras 2 through a file of this kind."""
    return FILES[kind](model, folder)
