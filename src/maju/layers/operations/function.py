"""The functions of `keras.ops` by the names of their Keras classes, each with the way back.

A new one is a function under `operation`, `elementwise` or `moving`. Its arguments are those of the call; the
hyper-parameters, which Keras keeps in the config of the node, stand behind the ``*``.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from maju.layers.operations.homes import HOMES
from maju.layers.operations.types import DTYPES, common

__all__ = ["Function", "elementwise", "find", "known", "move_back", "moving", "operation"]

Forward = TypeVar("Forward", bound=Callable[..., Any])
#: Hyper-parameters that change nothing here, at these values: the layout of sparse tensors and the like.
NEUTRAL: dict[str, tuple[Any, ...]] = {"sparse": (False, None), "ragged": (False, None)}


@dataclass(frozen=True)
class Function:
    """What an operation computes.

    Attributes:
        keras_class: the name of the class in Keras.
        forward: takes the call's arguments, and the hyper-parameters by keyword.
        gradient: ``(dy, y, *arguments, **hyper_parameters)`` to the gradient of the argument; of several, to
            a tuple with a gradient for each, None where none goes back. None if it is not written.
        module: the module of `keras.src.ops` that holds the class.
        outputs: how many arrays the output has, or a function that tells it for the call's arguments, with
            shapes in place of arrays; None if it is one array and no list.
        choices: the values that a hyper-parameter may have, where they can be listed.
        elementwise: whether the output has the shape to which its arguments are stretched.
    """

    keras_class: str
    forward: Callable[..., Any]
    gradient: Callable[..., Any] | None = None
    module: str = "numpy"
    outputs: int | Callable[..., int] | None = None
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    elementwise: bool = False

    @functools.cached_property
    def call(self) -> inspect.Signature:
        """The arguments of the call."""
        parameters = inspect.signature(self.forward).parameters.values()
        return inspect.Signature([p for p in parameters if p.kind is not p.KEYWORD_ONLY])

    @functools.cached_property
    def hyper_parameters(self) -> Mapping[str, Any]:
        """The hyper-parameters with their defaults; `inspect.Parameter.empty` where there is none."""
        parameters = inspect.signature(self.forward).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    def allowed(self, key: str) -> tuple[Any, ...] | None:
        """The values that a hyper-parameter may have; None for any."""
        types = (*DTYPES, "bfloat16") if "dtype" in self.hyper_parameters else ("float32",)
        return {"dtype": (None, *types), **NEUTRAL, **self.choices}.get(key)


_functions: dict[str, Function] = {}


def find(keras_class: str) -> Function | None:
    """The function for a class of Keras, or None where maju has none."""
    home = HOMES.get(keras_class)
    if home is None:
        return None
    importlib.import_module(f"maju.layers.operations.{home}")
    return _functions[keras_class]


def known() -> dict[str, Function]:
    """Every function by the name of its Keras class."""
    for home in set(HOMES.values()):
        importlib.import_module(f"maju.layers.operations.{home}")
    return dict(_functions)


def operation(
    *keras_classes: str,
    gradient: Callable[..., Any] | None = None,
    module: str = "numpy",
    outputs: int | Callable[..., int] | None = None,
    choices: Mapping[str, tuple[Any, ...]] | None = None,
    elementwise: bool = False,
) -> Callable[[Forward], Forward]:
    """Make a function known under its Keras class's name, or names; see `Function` for the rest."""

    def register(forward: Forward) -> Forward:
        for name in keras_classes:
            function = Function(name, forward, gradient, module, outputs, choices or {}, elementwise)
            _functions[name] = function
        return forward

    return register


def elementwise(
    *keras_classes: str,
    derivative: Callable[..., Any] | None = None,
    types: Callable[..., Any] = common,
    module: str = "numpy",
) -> Callable[[Forward], Forward]:
    """Make a function known that takes each place by itself.

    Args:
        derivative: ``(*arguments, y, **hyper_parameters)`` to the derivative by the argument; of several, to
            a tuple of one for each, None where there is none.
        types: what brings the arguments to the type that Keras computes in.
    """

    def register(function: Forward) -> Forward:
        @functools.wraps(function)
        def forward(*args: Any, **hyper_parameters: Any) -> Any:
            return function(*types(*args), **hyper_parameters)

        def back(dy: Any, y: Any, *args: Any, **hyper_parameters: Any) -> Any:
            assert derivative is not None
            slopes = derivative(*types(*args), y, **hyper_parameters)
            if not isinstance(slopes, tuple):
                return dy * slopes
            return tuple(None if slope is None else dy * slope for slope in slopes)

        way_back = back if derivative else None
        operation(*keras_classes, gradient=way_back, module=module, elementwise=True)(forward)
        return function

    return register


def moving(
    *keras_classes: str,
    module: str = "numpy",
    outputs: int | Callable[..., int] | None = None,
    tensors: int | None = 1,
    choices: Mapping[str, tuple[Any, ...]] | None = None,
) -> Callable[[Forward], Forward]:
    """Make a function known that only puts values elsewhere, repeats them or leaves them out.

    Args:
        tensors: how many arguments, the first ones, hold the values (None: all); the others say where
            they go.
    """

    def register(forward: Forward) -> Forward:
        def gradient(dy: Any, y: Any, *args: Any, **hyper_parameters: Any) -> Any:
            count = len(args) if tensors is None else tensors
            found = move_back(functools.partial(forward, **hyper_parameters), dy, args, count)
            return (*found, *(None,) * (len(args) - count))

        operation(*keras_classes, gradient=gradient, module=module, outputs=outputs, choices=choices)(forward)
        return forward

    return register


def move_back(function: Callable[..., Any], dy: Any, args: tuple[Any, ...], tensors: int = 1) -> list[Any]:
    """Each gradient back at the place that its value came from, those of a value used twice added up.

    The function is called with the numbers 1, 2, 3, ... of the places instead of the values, and so tells
    where each comes from; 0 is a place outside.
    """
    values = [value for arg in args[:tensors] for value in _flat(arg)]
    ends = np.cumsum([np.size(value) for value in values])
    numbers = [
        np.arange(end - np.size(value) + 1, end + 1).reshape(np.shape(value))
        for value, end in zip(values, ends, strict=True)
    ]
    supply = iter(numbers)
    numbered = [
        [next(supply) for _ in arg] if isinstance(arg, (list, tuple)) else next(supply)
        for arg in args[:tensors]
    ]
    moved = function(*numbered, *args[tensors:])
    places = np.concatenate([np.ravel(part) for part in _flat(moved)]).astype(np.int64)
    sent = np.concatenate([np.ravel(part) for part in _flat(dy)])
    total = np.bincount(places, weights=sent, minlength=int(ends[-1]) + 1)
    parts = iter([total[number] for number in numbers])
    return [
        [next(parts) for _ in arg] if isinstance(arg, (list, tuple)) else next(parts)
        for arg in args[:tensors]
    ]


def _flat(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
