"""Operation: a node of a graph that computes a function of `keras.ops`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Any, TypeAlias

import numpy as np

from maju.errors import GradientError, InputError, Problem
from maju.layers.base import Array, Config
from maju.layers.operations.function import find
from maju.layers.operations.types import DTYPES
from maju.layers.policies import BFloat16, Policy, leaves, plain

__all__ = ["Operation"]

#: What `Operation.vjp` returns beside the output: dy -> the gradients of the arguments, by place and by name.
Backward: TypeAlias = Callable[[Any], tuple[tuple[Any, ...], dict[str, Any]]]

#: What NumPy raises where shapes, axes or types do not fit.
BROKEN = (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError, MemoryError)


class Operation:
    """A node of a graph that computes a function of its arguments and has no weights.

    Args:
        keras_class: the name of the class in Keras.
        name: its name in its model.
        config: its hyper-parameters under their Keras names.
    """

    def __init__(self, keras_class: str, name: str, config: Config | None = None) -> None:
        function = find(keras_class)
        if function is None:
            raise InputError(f"maju has no operation {keras_class!r}")
        self.keras_class = keras_class
        self.name = name
        self.function = function
        given = {key: value for key, value in (config or {}).items() if key in function.hyper_parameters}
        self.hyper_parameters = {**function.hyper_parameters, **given}

    @property
    def activation(self) -> str:
        """The activation function that it is, by the name that a layer would give it."""
        from maju.layers.operations.activation_functions import ACTIVATIONS

        return ACTIVATIONS.get(self.keras_class, "linear")

    @staticmethod
    def problems(keras_class: str, config: Config, where: str) -> list[Problem]:
        """Everything in a node's config that is not implemented; `where` is its place in the model."""
        function = find(keras_class)
        if function is None:
            return [Problem(where, "an operation that maju does not have")]
        found = []
        for key, value in config.items():
            allowed = function.allowed(key)
            if key == "name":
                continue
            if key not in function.hyper_parameters and allowed is None:
                found.append(Problem(where, f"unknown hyper-parameter {key}={value!r}"))
            elif allowed is not None and not any(value is a or value == a for a in allowed):
                expected = (
                    " or ".join(map(repr, allowed)) if len(allowed) < len(DTYPES) else "a type of NumPy"
                )
                found.append(Problem(where, f"{key}={value!r}; expected {expected}"))
        needed = [key for key, default in function.hyper_parameters.items() if default is Parameter.empty]
        missing = [key for key in needed if key not in config]
        return found + [Problem(where, f"has no hyper-parameter {key}") for key in missing]

    def get_config(self) -> dict[str, Any]:
        """The hyper-parameters under their Keras names."""
        return {"name": self.name, **self.hyper_parameters}

    def outputs(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int | None:
        """How many arrays a call gives, with shapes in place of its arrays; None if one, and no list."""
        outputs = self.function.outputs
        return outputs(*args, **kwargs, **self.hyper_parameters) if callable(outputs) else outputs

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The function of the arguments: an array, or a list of them.

        Raises:
            InputError: the arguments do not fit the operation, or one another.
        """
        try:
            call = self.function.call.bind(*plain(args), **plain(kwargs))
            settings = {k: "float32" if v == "bfloat16" else v for k, v in self.hyper_parameters.items()}
            # Keras gives infinities and NaN without a word.
            with np.errstate(all="ignore"):
                y = _arrays(self.function.forward(*call.args, **call.kwargs, **settings))
            return Policy("bfloat16").leaving(y) if self._in_bfloat16([args, kwargs]) else y
        except BROKEN as error:
            raise InputError(f"{self._on([*args, *kwargs.values()])} ({error})") from error

    def _in_bfloat16(self, arguments: Any) -> bool:
        """Whether what it gives is bfloat16: if it is told so, or if all floating-point arguments are."""
        if self.hyper_parameters.get("dtype") is not None:
            return bool(self.hyper_parameters["dtype"] == "bfloat16")
        arrays = [leaf for leaf in leaves(arguments) if isinstance(leaf, np.ndarray)]
        floats = [array for array in arrays if array.dtype.kind == "f"]
        return bool(floats) and all(isinstance(array, BFloat16) for array in floats)

    def vjp(self, *args: Any, **kwargs: Any) -> tuple[Any, Backward]:
        """The output, and the function that carries a gradient back through this very call.

        Returns:
            ``y, backward``, where ``backward(dy)`` gives the gradients of the arguments by place and those by
            name; None for what no gradient goes back to: integers, masks, constants of Python.

        Raises:
            GradientError: this operation has no backward.
        """
        y = self.forward(*args, **kwargs)
        parts = y if isinstance(y, list) else [y]
        flows = any(part.dtype.kind == "f" for part in parts)
        if flows and self.function.gradient is None:
            raise GradientError(f"operation {self.name!r} ({self.keras_class}) has no backward yet")
        call = self.function.call.bind(*args, **kwargs)
        call.apply_defaults()
        names = list(call.arguments)

        def backward(dy: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
            if not flows:
                return (None,) * len(args), dict.fromkeys(kwargs)
            assert self.function.gradient is not None
            with np.errstate(all="ignore"):
                found = self.function.gradient(dy, y, *call.args, **call.kwargs, **self.hyper_parameters)
            several = found if isinstance(found, tuple) else (found,)
            settled = [_settled(*pair) for pair in zip(several, call.args, strict=True)]
            by_name = dict(zip(names, settled, strict=False))
            return tuple(settled[: len(args)]), {key: by_name.get(key) for key in kwargs}

        return y, backward

    def _on(self, values: list[Any]) -> str:
        shapes = ", ".join(str(np.shape(v)) for v in values if isinstance(v, np.ndarray))
        return f"operation {self.name!r} ({self.keras_class}) cannot be computed on {shapes or 'this'}"

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in self.hyper_parameters.items())
        return f"Operation({self.keras_class}: {shown})" if shown else f"Operation({self.keras_class})"


def _arrays(y: Any) -> Any:
    return [np.asarray(part) for part in y] if isinstance(y, (list, tuple)) else np.asarray(y)


def _settled(gradient: Any, argument: Any) -> Any:
    """A gradient in the shape and the type of its argument: added up where that was stretched."""
    if isinstance(argument, (list, tuple)) and isinstance(gradient, (list, tuple)):
        return [_settled(*pair) for pair in zip(gradient, argument, strict=True)]
    if gradient is None or not isinstance(argument, np.ndarray) or argument.dtype.kind != "f":
        return None
    return _added_up(np.asarray(gradient), argument.shape).astype(argument.dtype, copy=False)


def _added_up(gradient: Array, shape: tuple[int, ...]) -> Array:
    before = gradient.ndim - len(shape)
    stretched = [i for i, n in enumerate(shape, before) if n == 1 and gradient.shape[i] != 1]
    axes = (*range(before), *stretched)
    return (gradient.sum(axis=axes) if axes else gradient).reshape(shape)
