"""`.onnx`, the exchange format that other runtimes run. Keras and tf2onnx do the translation."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maju.errors import MissingExtraError, Problem, UnsupportedModelError
from maju.formats.atomic import replacing
from maju.formats.guards import shorten
from maju.formats.keras3 import write_archive
from maju.formats.specification import ModelSpec

__all__ = ["write_onnx"]

WAY_OUT = "write a .keras file instead"


def write_onnx(path: Path, spec: ModelSpec, arrays: Mapping[str, Any]) -> None:
    """Write a model for ONNX runtimes: what Keras 3 makes of its `.keras` file, translated by tf2onnx.

    Raises:
        MissingExtraError: Keras, TensorFlow or tf2onnx is not installed.
        UnsupportedModelError: Keras cannot open the model, or ONNX has no operators for it.
    """
    try:
        import keras
        import onnx
        import tensorflow as tf  # noqa: F401  for Keras to run on
        import tf2onnx  # noqa: F401  for Keras to translate with
    except ImportError as error:
        raise MissingExtraError("writing .onnx", "onnx") from error
    problems = _problems(spec)
    if problems:
        raise UnsupportedModelError(problems)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "model.keras"
        write_archive(archive, spec, arrays)
        try:
            model = keras.saving.load_model(archive, compile=False)
            model(model.inputs)  # Keras exports only what has been called
        except (TypeError, ValueError) as error:
            raise _cannot("Keras cannot open it", error) from error
        with replacing(path) as temporary:
            try:
                model.export(temporary, format="onnx", verbose=False)
                onnx.checker.check_model(onnx.load(temporary))
            except (ValueError, TypeError, NotImplementedError, onnx.checker.ValidationError) as error:
                raise _cannot("not all of it can be said in ONNX", error) from error


def _problems(spec: ModelSpec) -> list[Problem]:
    """What ONNX runtimes would not compute as Keras does, in nested models too."""
    found = []
    for layer in spec.layers:
        dtype = layer.config.get("dtype")
        if dtype == "string":
            reason = "takes text, which ONNX runtimes do not split into words"
            way_out = "leave the layer out, and give the model word numbers"
            found.append(Problem(layer.where, reason, way_out))
        elif layer.class_name != "InputLayer" and dtype not in (None, "float32"):
            found.append(Problem(layer.where, f"computes in {dtype!r}, and only float32 is written", WAY_OUT))
        if layer.model is not None:
            found += _problems(layer.model)
    return found


def _cannot(what: str, error: Exception) -> UnsupportedModelError:
    return UnsupportedModelError([Problem("the model", f"{what} ({shorten(str(error))})", WAY_OUT)])
