"""What every file is brought to: a model as plain data, the same whichever Keras wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy.typing as npt

from maju.formats.guards import shorten
from maju.layers import registry
from maju.layers.base import Layer

__all__ = [
    "CallSpec",
    "LayerSpec",
    "ModelFile",
    "ModelSpec",
    "TensorRef",
    "TrainingState",
    "Unreadable",
    "WeightStore",
    "map_refs",
    "refs_in",
]


@dataclass(frozen=True)
class TensorRef:
    """A tensor of the graph: output `output` of the `call`-th time that a layer is called."""

    layer: str
    call: int = 0
    output: int = 0


@dataclass(frozen=True)
class LayerSpec:
    """A layer: its Keras class, its name, its hyper-parameters, and for a nested model its graph.

    `custom` tells that the class is not Keras's own, whatever its name, and `module` and `registered_name`
    where Keras finds it; `operation` that it is one of `keras.ops`, which takes no part in how a file counts
    its layers. `file_class` is the class that the file says, under which it also counts and keeps the layer.
    `substitute` is what the user has put in the place of the file's layer: a class, or a layer itself.
    """

    class_name: str
    name: str
    config: Mapping[str, Any]
    model: ModelSpec | None = None
    custom: bool = False
    operation: bool = False
    module: str | None = None
    registered_name: str | None = None
    file_class: str | None = field(default=None, compare=False)
    substitute: Layer | type[Layer] | None = field(default=None, compare=False)

    @property
    def wraps_model(self) -> bool:
        """Whether it is a layer around its model (TimeDistributed), and not that model itself."""
        return self.model is not None and self.class_name == "TimeDistributed"

    @property
    def cls(self) -> type[Layer] | None:
        """Its class in maju: the user's substitute, one that was registered, or maju's own; or None."""
        if self.substitute is not None:
            return self.substitute if isinstance(self.substitute, type) else type(self.substitute)
        return registry.find(self.registered_name or self.class_name, custom=self.custom)

    @property
    def where(self) -> str:
        """Its place in the model, for messages."""
        kind = "operation" if self.operation else "layer"
        return shorten(f"{kind} {self.name!r} ({self.class_name})")


@dataclass(frozen=True)
class Unreadable:
    """A value in a call that is neither a tensor nor a plain constant; `kind` is what the file calls it."""

    kind: str


@dataclass(frozen=True)
class CallSpec:
    """A layer called: `args` and `kwargs` hold `TensorRef`s and constants, nested as in the call.

    Constants are numbers, text, None, arrays, and for an operation slices and ``...``.
    """

    layer: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelSpec:
    """A graph of layer calls.

    Attributes:
        kind: ``"Sequential"`` or ``"Functional"``.
        calls: in the order of the file, each layer's in the order in which it was called.
        inputs, outputs: a `TensorRef`, or a list or a dict of them, as the model's author gave them.
        keras_version: the version that wrote the file, as ``"3.15.1"``.
        shapes: the shape of each tensor of the graph, where it is known; Keras 3 wants them in a file.
        trainable: False where the model as a whole was frozen.
    """

    name: str
    kind: str
    layers: tuple[LayerSpec, ...]
    calls: tuple[CallSpec, ...]
    inputs: Any
    outputs: Any
    keras_version: str
    shapes: Mapping[TensorRef, tuple[int | None, ...]] = field(default_factory=dict)
    trainable: bool = True

    def with_name(self, name: str) -> ModelSpec:
        """The same model under another name."""
        return replace(self, name=name)


class WeightStore(Protocol):
    """Where a file keeps its arrays."""

    def read(self, layer: LayerSpec, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """The arrays of a layer under the names that the layer gives its weights, in Keras's order.

        Raises:
            ModelFormatError: the file has no such layer, or another number of arrays for it.
        """

    def of(self, spec: ModelSpec) -> WeightStore:
        """The same arrays read as those of a graph, which may come from elsewhere."""

    def nested(self, layer: LayerSpec) -> WeightStore:
        """Where the arrays of a nested model are."""


@dataclass(frozen=True)
class TrainingState:
    """How a model was compiled, and how far its optimizer was.

    Attributes:
        compile_config: what Keras 3's `get_compile_config` gives ("optimizer", "loss", "metrics" and more),
            each part spelled as the Keras that wrote it did; plain data. None where a file has weights alone.
        optimizer_variables: in the order of Keras 3 (iteration, learning rate, those of each weight); None
            where the file holds none, or none that can be used.
        problem: what is wrong with the file's state, for who goes on training; predicting needs none of it.
        major: the version of Keras that spelled it.
    """

    compile_config: Mapping[str, Any] | None = None
    optimizer_variables: Sequence[npt.NDArray[Any]] | None = None
    problem: str | None = None
    major: int = 3


@dataclass(frozen=True)
class ModelFile:
    """What a file holds: the graph, its arrays, and the marks that maju left.

    Attributes:
        path: the file, for messages.
        spec: the graph; None for a file of weights alone.
        kind: the class of maju that saved it, as ``"CNNFromScratch"``; None if another program did.
        training: how it was compiled and how far its optimizer was; None where it was not compiled.
    """

    path: str
    spec: ModelSpec | None
    weights: WeightStore | None
    kind: str | None = None
    training: TrainingState | None = None


def map_refs(
    structure: Any,
    function: Callable[[TensorRef], Any],
    constants: Callable[[Any], Any] = lambda constant: constant,
) -> Any:
    """The same nesting of lists, tuples and dicts, with `function` of each `TensorRef` in its place.

    Args:
        constants: what becomes of everything else; it stays if this is not given.
    """
    if isinstance(structure, TensorRef):
        return function(structure)
    if isinstance(structure, Mapping):
        return {key: map_refs(value, function, constants) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(map_refs(value, function, constants) for value in structure)
    return constants(structure)


def refs_in(structure: Any) -> Iterator[TensorRef]:
    """Every `TensorRef` in a nesting, in order."""
    if isinstance(structure, TensorRef):
        yield structure
    elif isinstance(structure, Mapping):
        for value in structure.values():
            yield from refs_in(value)
    elif isinstance(structure, (list, tuple)):
        for value in structure:
            yield from refs_in(value)
