"""Tensors without values: what layers give when a model is put together."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from maju.errors import InputError
from maju.layers.base import Layer, Shape
from maju.layers.input_layer import InputLayer
from maju.layers.operations import Operation
from maju.models.naming import unique_name

__all__ = [
    "Call",
    "Input",
    "SymbolicTensor",
    "called_on_symbols",
    "entry",
    "is_symbolic",
    "map_tensors",
    "tensors_in",
]

_calls = itertools.count()


@dataclass(eq=False)
class Call:
    """A layer called on symbolic tensors: `args` and `kwargs` hold them and constants, nested as in the call.

    Attributes:
        number: how many calls there were before it, of any layer.
    """

    node: Layer | Operation
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    number: int = field(default_factory=lambda: next(_calls))


def _operator(keras_class: str) -> Callable[..., SymbolicTensor]:
    def operator(self: SymbolicTensor, *others: Any) -> SymbolicTensor:
        return _operation(keras_class, self, *others)

    return operator


def _reflected(keras_class: str) -> Callable[..., SymbolicTensor]:
    def operator(self: SymbolicTensor, other: Any) -> SymbolicTensor:
        return _operation(keras_class, other, self)

    return operator


class SymbolicTensor:
    """What a layer gives that is called on `maju.Input`: a shape, and which call it comes from; no values.

    The operators of arrays make operations of Keras: ``x + y``, ``2 * x``, ``x[:, 0]``, ``x @ y``, ``x > 0``.

    Attributes:
        shape: batch axis first; None stands for a length that only data tell. None alone if not even the
            number of axes is known.
        call: the call that gives it.
        index: which of its outputs it is.
    """

    #: NumPy leaves ``array + tensor`` to the tensor.
    __array_ufunc__ = None
    __hash__ = object.__hash__

    def __init__(self, shape: Shape | None, call: Call, index: int = 0) -> None:
        self.shape = shape
        self.call = call
        self.index = index

    @property
    def name(self) -> str:
        """The name of the layer that gives it."""
        return self.call.node.name

    def __repr__(self) -> str:
        return f"<SymbolicTensor of shape {self.shape} from {self.name!r}>"

    def __bool__(self) -> bool:
        raise InputError(f"{self!r} has no values yet, so it is neither true nor false")

    def __len__(self) -> int:
        raise InputError(f"{self!r} has no values yet, so it has no length")

    def __iter__(self) -> Iterator[Any]:
        raise InputError(f"{self!r} has no values yet, so there is nothing to go through")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise InputError(f"{self!r} has no values yet; give it to a layer, or build a maju.Model and predict")

    def __getitem__(self, key: Any) -> SymbolicTensor:
        return _operation("GetItem", self, list(key) if isinstance(key, tuple) else key)

    __add__, __radd__ = _operator("Add"), _reflected("Add")
    __sub__, __rsub__ = _operator("Subtract"), _reflected("Subtract")
    __mul__, __rmul__ = _operator("Multiply"), _reflected("Multiply")
    __truediv__, __rtruediv__ = _operator("TrueDivide"), _reflected("TrueDivide")
    __floordiv__, __rfloordiv__ = _operator("FloorDivide"), _reflected("FloorDivide")
    __mod__, __rmod__ = _operator("Mod"), _reflected("Mod")
    __pow__, __rpow__ = _operator("Power"), _reflected("Power")
    __matmul__, __rmatmul__ = _operator("Matmul"), _reflected("Matmul")
    __neg__, __abs__, __invert__ = _operator("Negative"), _operator("Absolute"), _operator("LogicalNot")
    __lt__, __le__ = _operator("Less"), _operator("LessEqual")
    __gt__, __ge__ = _operator("Greater"), _operator("GreaterEqual")
    __and__, __or__, __xor__ = _operator("LogicalAnd"), _operator("LogicalOr"), _operator("LogicalXor")


def _operation(keras_class: str, *args: Any) -> SymbolicTensor:
    from maju.models.functional import called

    found: SymbolicTensor = called(Operation(keras_class, unique_name(keras_class)), args, {})
    return found


def Input(  # noqa: N802, Keras's own name
    shape: Sequence[int | None] | int | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
    optional: bool = False,
) -> SymbolicTensor:
    """Where data enter a model, as in `keras.Input`.

    Args:
        shape: the shape of one sample, as ``(28, 28, 1)``; None is a length that differs from batch to batch.
        batch_size: how many samples a batch has, where that is fixed.
        dtype: ``"float32"`` if this is not given; ``"int32"`` for token numbers, ``"string"`` for text.
        batch_shape: `shape` with the batch axis before it, in place of both.

    Raises:
        InputError: the shape is none.
    """
    if sparse or ragged:
        raise InputError("Input takes no sparse or ragged tensors: maju has none")
    if (shape is None) == (batch_shape is None):
        given = "neither" if shape is None else "both"
        raise InputError(f"Input takes shape=(28, 28, 1) or batch_shape=(None, 28, 28, 1), got {given}")
    if batch_shape is not None and batch_size is not None:
        raise InputError("Input takes batch_shape, or shape and batch_size, not batch_shape and batch_size")
    whole = (batch_size, *_lengths(shape)) if batch_shape is None else _lengths(batch_shape)
    if any(n is not None and (isinstance(n, bool) or not isinstance(n, int) or n < 0) for n in whole):
        came = shape if batch_shape is None else batch_shape
        raise InputError(f"Input takes a shape of whole numbers and None, as (28, 28, 1), got {came!r}")
    config = {"batch_shape": whole, "dtype": dtype or "float32", "name": name or unique_name("InputLayer")}
    return entry(InputLayer.from_config({**config, **({"optional": True} if optional else {})}))


def entry(layer: InputLayer) -> SymbolicTensor:
    """The tensor of an input layer."""
    return SymbolicTensor(layer.batch_shape, Call(layer))


def _lengths(shape: Any) -> tuple[Any, ...]:
    if shape is None or isinstance(shape, int):
        return (shape,)
    return tuple(shape) if isinstance(shape, (list, tuple)) else ("?",)


def map_tensors(
    structure: Any,
    function: Callable[[SymbolicTensor], Any],
    constants: Callable[[Any], Any] = lambda constant: constant,
) -> Any:
    """The same nesting of lists, tuples and dicts, with `function` of each symbolic tensor in its place."""
    if isinstance(structure, SymbolicTensor):
        return function(structure)
    if isinstance(structure, Mapping):
        return {key: map_tensors(value, function, constants) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(map_tensors(value, function, constants) for value in structure)
    return constants(structure)


def tensors_in(structure: Any) -> Iterator[SymbolicTensor]:
    """Every symbolic tensor in a nesting, in order."""
    if isinstance(structure, SymbolicTensor):
        yield structure
    elif isinstance(structure, Mapping):
        for value in structure.values():
            yield from tensors_in(value)
    elif isinstance(structure, (list, tuple)):
        for value in structure:
            yield from tensors_in(value)


def called_on_symbols(layer: Layer, x: Any, training: bool, mask: Any, options: Mapping[str, Any]) -> Any:
    """What a layer gives that is called on symbolic tensors; None where it is called on arrays."""
    if not is_symbolic(x, mask, options):
        return None
    from maju.models.functional import called  # which is made of models

    said = {**({"training": True} if training else {}), **({} if mask is None else {"mask": mask})}
    one_by_one = bool(layer.call_tensors) and isinstance(x, (list, tuple))
    return called(layer, tuple(x) if one_by_one else (x,), {**said, **options})


def is_symbolic(*structures: Any) -> bool:
    """Whether a symbolic tensor is anywhere in them."""
    return any(True for _ in tensors_in(list(structures)))
