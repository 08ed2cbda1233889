"""The activation functions of `keras.ops`: those of `maju.layers.activations`, by the classes of Keras."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from maju.layers import activations
from maju.layers.operations.function import elementwise, operation
from maju.layers.operations.types import tensors

__all__ = ["ACTIVATIONS"]

#: The names of activation functions as layers have them, by the classes of the operations.
ACTIVATIONS = {
    "Relu": "relu",
    "Relu6": "relu6",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "SparseSigmoid": "sparse_sigmoid",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "SoftShrink": "soft_shrink",
    "SparsePlus": "sparse_plus",
    "Silu": "silu",
    "Squareplus": "squareplus",
    "LogSigmoid": "log_sigmoid",
    "LeakyRelu": "leaky_relu",
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "Elu": "elu",
    "Selu": "selu",
    "Gelu": "gelu",
    "Celu": "celu",
    "Glu": "glu",
    "TanhShrink": "tanh_shrink",
    "HardTanh": "hard_tanh",
    "HardShrink": "hard_shrink",
    "Threshold": "threshold",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "Sparsemax": "sparsemax",
}
#: Those of them that take integers too, and are functions of their own.
WRITTEN_OUT = ("Relu", "Relu6", "Tanh")
#: Defaults that differ: `keras.ops.gelu` approximates, `keras.activations.gelu` does not.
DEFAULTS = {"Gelu": {"approximate": True}}


def _register(keras_class: str, name: str, defaults: Mapping[str, Any]) -> None:
    def forward(x: Any, **settings: Any) -> Any:
        return activations.get(name, **settings)(x)

    def gradient(dy: Any, y: Any, x: Any, **settings: Any) -> Any:
        return activations.get(name, **settings).gradient(x, y, dy)

    x, *settings = inspect.signature(getattr(activations, name)).parameters.values()
    hyper_parameters = [
        setting.replace(kind=setting.KEYWORD_ONLY, default=defaults.get(setting.name, setting.default))
        for setting in settings
    ]
    forward.__signature__ = inspect.Signature([x, *hyper_parameters])  # type: ignore[attr-defined]
    operation(keras_class, gradient=gradient, module="nn")(forward)


@elementwise("Relu", types=tensors, module="nn", derivative=lambda x, y: x > 0)
def relu(x: Any) -> Any:
    """max(x, 0), of integers too."""
    return np.maximum(x, 0)


@elementwise("Relu6", types=tensors, module="nn", derivative=lambda x, y: (x > 0) & (x < 6))
def relu6(x: Any) -> Any:
    """min(max(x, 0), 6), of integers too."""
    return np.clip(x, 0, 6)


for _keras_class, _name in ACTIVATIONS.items():
    if _keras_class not in WRITTEN_OUT:
        _register(_keras_class, _name, DEFAULTS.get(_keras_class, {}))
