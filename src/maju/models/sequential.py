"""Sequential: layers one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Layer
from maju.layers.input_layer import InputLayer
from maju.models.blueprint import Blueprint
from maju.models.functional import connected
from maju.models.model import Model
from maju.models.naming import unique_name
from maju.models.symbolic import Input, SymbolicTensor, entry
from maju.models.tensors import settle

__all__ = ["Sequential"]

#: What a model has when it is built.
BUILT = (
    "_trainable",
    "extra_config",
    "held",
    "shapes",
    "spec",
    "steps",
    "trainable_weights",
    "weights",
)


class Sequential(Model):
    """Layers one after another.

    ::

        model = maju.Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(10)])

    Without an `Input` the layers are made when the shape of the data is known: at the first call or the first
    `predict`, or by `build`.

    Args:
        layers: what `add` would be given, one by one.
    """

    def __init__(self, layers: Sequence[Any] | None = None, name: str | None = None) -> None:
        self._name = name or unique_name("Sequential")
        self._stack: list[Any] = []  # blueprints, layers and models, without the input
        self._tensors: list[Any] = []  # the input, and what each gives; empty before the input is known
        for layer in layers or ():
            self._put(layer)
        self._connect()

    # Putting it together

    def add(self, layer: Any) -> None:
        """Put a layer at the end.

        Raises:
            InputError: it does not take what the layer before it gives.
        """
        self._put(layer)
        self._connect()

    def pop(self) -> Any:
        """Take the last layer off, and give it."""
        if not self._stack:
            raise InputError(f"model {self._name!r} has no layer to take off")
        layer = self._stack.pop()
        del self._tensors[1 + len(self._stack) :]
        self._connect()
        return layer

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make the layers for a shape of input, batch axis first."""
        self._build(input_shape, None)

    def _build(self, input_shape: Sequence[int | None], dtype: str | None) -> None:
        if not self._stack:
            raise InputError(f"model {self._name!r} has no layers: add some first")
        if not self._tensors:
            self._tensors = [Input(batch_shape=tuple(input_shape), dtype=dtype)]
            try:
                self._connect()
            except InputError:
                self._tensors = []
                raise
        elif tuple(self._tensors[0].shape[1:]) != tuple(input_shape[1:]):
            raise InputError(f"model {self._name!r} is built for shape {self._tensors[0].shape}")

    def _put(self, layer: Any) -> None:
        if isinstance(layer, InputLayer):
            layer = entry(layer)
        if isinstance(layer, SymbolicTensor):
            if not isinstance(layer.call.node, InputLayer):
                raise InputError(f"a Sequential takes layers, not {layer!r}; maju.Model takes tensors")
            if self._stack or self._tensors:
                raise InputError(f"model {self._name!r}: an Input stands first, and there is but one")
            self._tensors = [layer]
            return
        if not isinstance(layer, (Blueprint, Layer)):
            way_out = "; write layers.Dense(3), not layers.Dense" if isinstance(layer, type) else ""
            raise InputError(f"a Sequential takes layers, not {layer!r}{way_out}")
        if any(layer.name == other.name for other in self._stack):
            reason = f"two layers are named {layer.name!r}; give each a name of its own"
            raise InputError(f"model {self._name!r}: {reason}, as name='{layer.name}_b'")
        if not self._stack and not self._tensors:
            shape = getattr(layer, "input_shape", None) if isinstance(layer, (Blueprint, Model)) else None
            if isinstance(layer, Sequential) and not layer.built:
                shape = None
            if shape is not None:
                self._tensors = [Input(batch_shape=shape) if isinstance(layer, Model) else Input(shape)]
        self._stack.append(layer)

    def _connect(self) -> None:
        """Call the layers that were not called yet, and become the graph of all."""
        if not self._tensors:
            return
        place = len(self._tensors) - 1
        try:
            for layer in self._stack[place:]:
                before = self._tensors[-1]
                if not isinstance(before, SymbolicTensor):
                    reason = f"layer {layer.name!r} is to follow one that gives {len(before)} tensors"
                    raise InputError(f"{reason}; a maju.Model can take one of them")
                self._tensors.append(layer(before))
        except InputError:
            del self._stack[len(self._tensors) - 1 :]
            raise
        if self._stack:
            self.hold(*connected(self._tensors[0], self._tensors[-1], self._name, "Sequential"))
            settle(self)

    @property
    def layers(self) -> list[Any]:
        """The layers, and before they have their weights what they are made of."""
        return super().layers if self.built else list(self._stack)

    @property
    def built(self) -> bool:
        """Whether the layers have their weights."""
        return "spec" in vars(self)

    def __getattr__(self, name: str) -> Any:
        """What a model does not have before it is built."""
        if name == "name":
            return vars(self).get("_name")
        if name in BUILT:
            raise self._not_built()
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _not_built(self) -> InputError:
        way_out = "give layers.Input(shape) as the first layer, or call build(input_shape)"
        return InputError(f"model {vars(self).get('_name')!r} is not built yet: {way_out}")

    def count_params(self) -> int:
        if not self.built:
            raise self._not_built()
        return super().count_params()

    def __repr__(self) -> str:
        return super().__repr__() if self.built else f"Sequential({self._name!r}, not built yet)"

    # Running it

    def build_for(self, x: Any) -> None:
        """Make the layers for the shape of these data, unless they are there.

        Raises:
            InputError: they are no arrays, or of a shape that the layers do not take.
        """
        if self.built or isinstance(x, (dict, str)):
            return
        try:
            given = x if isinstance(x, SymbolicTensor) else np.asarray(x)
        except ValueError as error:
            raise InputError(f"model {self._name!r}: x is no array ({error})") from None
        if not given.shape:
            raise InputError(f"model {self._name!r}: expected an array with a batch axis, got {x!r:.40}")
        texts = isinstance(given, np.ndarray) and given.dtype.kind in "OSUT"
        self._build((None, *given.shape[1:]), "string" if texts else None)

    def __call__(self, x: Any, training: bool = False, mask: Any = None, **options: Any) -> Any:
        self.build_for(x)
        return super().__call__(x, training, mask, **options)

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        self.build_for(x)
        return super().forward(x, training, mask)
