"""Model: a graph of layers, run from scratch."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from maju import formats
from maju.engine.collected import Collected
from maju.engine.running import runner_of
from maju.errors import InputError
from maju.formats.specification import ModelSpec, TensorRef, map_refs, refs_in
from maju.layers.base import Layer, Part, Shape
from maju.layers.bidirectional import BidirectionalLayer
from maju.layers.operations import Operation
from maju.layers.policies import plain
from maju.layers.recurrent import RecurrentLayer
from maju.layers.time_distributed import TimeDistributedLayer
from maju.models.graph_layer import GraphLayer
from maju.models.inputs import bind, flat, matched
from maju.models.summary import summary_text
from maju.models.symbolic import SymbolicTensor
from maju.models.tensors import Calls, calls_of, settle
from maju.training.trainable_model import TrainableModel

if TYPE_CHECKING:
    from maju.callbacks import Callback
    from maju.engine.profiling import Profile

__all__ = ["MOVES_VALUES", "Model"]

#: Layers that put values elsewhere, or in inference nowhere at all, and compute nothing.
MOVES_VALUES = ("Dropout", "Flatten", "Reshape")


class Model(TrainableModel, GraphLayer):
    """A graph of layers; a Sequential is the straight case, and a nested model is a layer of another.

    `maju.load` makes one from a file; ``Model(inputs, outputs)`` one of what layers gave when they were
    called on `maju.Input`::

        x = maju.Input((28, 28))
        h = layers.Flatten()(x)
        model = maju.Model(x, layers.Dense(10, activation="softmax")(h))

    Args:
        inputs, outputs: symbolic tensors, or lists or dicts of them.

    Attributes:
        spec: the graph as plain data.
        shapes: the shape of each tensor of the graph.
        layers: the layers, in the order of the file.
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        from maju.models.functional import connected

        self.hold(*connected(inputs, outputs, name))
        settle(self)

    @classmethod
    def of_graph(
        cls,
        spec: ModelSpec,
        nodes: Mapping[str, Layer | Operation],
        shapes: Mapping[TensorRef, Shape | None],
    ) -> Self:
        """The model of a graph whose layers are made already, each under its name."""
        model = cls.__new__(cls)
        model.hold(spec, nodes, shapes)
        return model

    def hold(
        self,
        spec: ModelSpec,
        nodes: Mapping[str, Layer | Operation],
        shapes: Mapping[TensorRef, Shape | None],
        calls: Calls | None = None,
    ) -> None:
        """Become this graph; `calls` are those that it was made of, if it was made here."""
        super().hold(spec, nodes, shapes)
        self._calls = calls

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle of it needs: not the calls, which hang together all through the graph."""
        self.handed_out = True  # to the copy
        return {**vars(self), "_calls": None}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state)
        if "held" in state:
            settle(self)

    # Looking at it

    @property
    def calls(self) -> Calls:
        """The calls of the graph on symbolic tensors."""
        if self._calls is None:
            self._calls = calls_of(self.spec, self.nodes, self.shapes)
        return self._calls

    @property
    def input(self) -> Any:
        """What goes in, as symbolic tensors in the structure of the inputs."""
        return map_refs(self.spec.inputs, self._tensor)

    @property
    def output(self) -> Any:
        """What comes out, as symbolic tensors in the structure of the outputs."""
        return map_refs(self.spec.outputs, self._tensor)

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """What goes in, as a list of symbolic tensors."""
        return [self._tensor(ref) for ref in flat(self.spec.inputs)]

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """What comes out, as a list of symbolic tensors."""
        return [self._tensor(ref) for ref in flat(self.spec.outputs)]

    def _tensor(self, ref: TensorRef) -> SymbolicTensor:
        return SymbolicTensor(self.shapes[ref], self.calls[ref.layer, ref.call], ref.output)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of this name, or at this place as Keras counts: without the input of a Sequential.

        Raises:
            InputError: there is none.
        """
        if (name is None) == (index is None):
            raise InputError("get_layer takes a name, or index=..., and not both")
        if name is not None:
            known = {layer.name: layer for layer in self.layers}
            if name not in known:
                near = difflib.get_close_matches(str(name), known, 3) or known
                raise InputError(f"no layer {name!r}; near it are {', '.join(near)}")
            return known[name]
        entry = "InputLayer" if self.spec.kind == "Sequential" else None
        counted = [layer for layer in self.layers if layer.keras_class != entry]
        if not isinstance(index, int) or not -len(counted) <= index < len(counted):
            raise InputError(f"no layer at index {index!r}; there are {len(counted)} layers")
        return counted[index]

    def __getitem__(self, name: str) -> Layer:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(f"no layer {name!r}; the layers are {', '.join(layer.name for layer in self.layers)}")

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    @property
    def input_shape(self) -> Any:
        """The shape of the input, batch axis first; of several, in their structure."""
        return map_refs(self.spec.inputs, self.shapes.get)

    def summary(self, print_fn: Callable[[str], object] | None = print) -> str:
        """Print a table of the layers, as Keras does: name, type, output shape, parameters, connections.

        Args:
            print_fn: what prints; None only returns the text.

        Returns:
            the text, already printed; Python's prompt does not show it again.
        """
        text = summary_text(self)
        if print_fn is not None:
            print_fn(text)
        return text

    def activation_of(self, ref: TensorRef) -> str:
        """The activation that makes a tensor, looking back over layers that only move values."""
        calls = {(step.call.layer, step.index): step.call for step in self.steps}
        node = self.held[ref.layer]
        while node.keras_class in MOVES_VALUES:
            call = calls[ref.layer, ref.call]
            ref = next(refs_in([call.args, call.kwargs]))
            node = self.held[ref.layer]
        if isinstance(node, Model):
            return node.activation_of(flat(node.spec.outputs)[ref.output])
        return "softmax" if node.keras_class == "Softmax" else str(getattr(node, "activation", "linear"))

    def __repr__(self) -> str:
        size = f"{len(self.layers)} layers, {self.count_params():,} parameters"
        return f"{type(self).__name__}({self.name!r}, {size})"

    # Running it

    def activations(self, x: Any) -> dict[str, Any]:
        """The output of every layer, by name; those of a layer called again as ``name:1``, ``name:2``, ..."""
        values, _ = self.run(bind(self.spec, x), training=False, masks={}, keep=True)
        found: dict[str, Any] = {}
        for ref, value in values.items():
            key = ref.layer if ref.call == 0 else f"{ref.layer}:{ref.call}"
            several = TensorRef(ref.layer, ref.call, 1) in values
            if several:
                found.setdefault(key, []).append(value)
            else:
                found[key] = value
        return {key: plain(value) for key, value in found.items()}

    def build_for(self, x: Any) -> None:
        """Make the layers for the shape of these data; a model that has them needs nothing."""

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Callback | Sequence[Callback] | None = None,
        *,
        out: Any = None,
    ) -> Any:
        """The outputs for x as Keras's `predict` gives them, by the engine: fused steps, tile by tile.

        Memory grows with a tile and with the outputs, not with x, so that x may be a memory-mapped array,
        and `out` another.

        Args:
            x: an array, for several inputs a list or a dict of them; or an iterable of batches of these, or
                of ``(x, y)``.
            batch_size: how many rows are taken together where that matters, as in a model that computes over
                the rows of a batch; 32 if this is not said.
            verbose: taken as Keras takes it; nothing is shown.
            steps: how many batches are computed, if not all.
            callbacks: `maju.callbacks`, told of every batch.
            out: an array, in the structure of the outputs where they are several, to put them into.

        Returns:
            the outputs in float32, or as the model's dtype policy says, in their structure.

        Raises:
            InputError: x does not fit the model, or `out` the outputs.
        """
        from maju.training.arguments import callback_list, check_verbose, count_or_none
        from maju.training.batches import BATCH_SIZE, inputs_of, is_stream, whole_inputs

        check_verbose(verbose)
        size, limit = count_or_none("batch_size", batch_size) or BATCH_SIZE, count_or_none("steps", steps)
        if callbacks is None and not is_stream(x):
            inputs = whole_inputs(self, x, limit, size)
            if not self.stateful:
                outputs = runner_of(self).run(inputs, size, self._room(out))
                return self.in_structure(outputs.__getitem__) if out is None else out
        from maju.callbacks import CallbackList

        told = CallbackList(callback_list(callbacks), self, {"steps": limit, "verbose": verbose})
        parts: dict[TensorRef, Collected] = {}
        rows = count = 0
        try:
            told.on_predict_begin()
            for count, batch in enumerate(inputs_of(self, x, batch_size, limit), start=1):
                told.on_predict_batch_begin(count - 1)
                self.check_rows(batch)
                if not parts:  # before the first batch a Sequential may not be built
                    room = self._room(out)
                    refs = refs_in(self.spec.outputs)
                    parts = {ref: Collected(ref.layer, None, room.get(ref)) for ref in refs}
                first, rows = rows, rows + len(next(iter(batch.values())))
                outputs = runner_of(self).run(batch, max(rows - first, 1))
                for ref, part in parts.items():
                    part.put(first, rows, outputs[ref])
                told.on_predict_batch_end(count - 1, {"outputs": self.in_structure(outputs.__getitem__)})
            told.on_predict_end()
        finally:
            told.close()
        if not count:
            raise InputError("x: expected batches, got none")
        return self.in_structure(lambda ref: parts[ref].whole())

    def _room(self, out: Any) -> dict[TensorRef, Any]:
        """The array for each output among those that `predict` is to fill; nothing where it is not told."""
        if out is None:
            return {}
        form = self.in_structure(lambda ref: ref)
        room = dict(zip(flat(form), matched(form, out, "out"), strict=True))
        for array in room.values():
            if not isinstance(array, np.ndarray) or not array.ndim or not array.flags.writeable:
                raise InputError(f"out: expected an array that can be written, got {type(array).__name__}")
        return room

    def plan(self, x: Any = None, print_fn: Callable[[str], object] | None = print) -> Profile:
        """Print what `predict` does: each step, the layers that it fuses, and its share of the time.

        Args:
            x: what `predict` takes, of which a tile is timed; random numbers if it is not given.
            print_fn: what prints; None only returns the outcome.

        Raises:
            InputError: x does not fit the model.
        """
        from maju.engine.profiling import profile

        if x is not None:
            self.build_for(x)
        found = profile(runner_of(self).plan, self, x)
        if print_fn is not None:
            print_fn(str(found))
        return found

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for x, all rows at once."""
        self.build_for(x)
        return self.forward(x)

    def reset_states(self) -> None:
        """Let every stateful layer start from zeros again."""
        for layer in self.layers:
            if isinstance(layer, (BidirectionalLayer, Model, RecurrentLayer)):
                layer.reset_states()

    # Saving it

    def layer_arrays(self) -> dict[str, Any]:
        """Each layer's weights by name; a nested model's in the same form."""
        return {
            layer.name: layer.weights if (nested := _nested(layer)) is None else nested.layer_arrays()
            for layer in self.layers
        }

    def current_spec(self) -> ModelSpec:
        """The graph as plain data, with the hyper-parameters that the layers have now."""
        layers = []
        for old in self.spec.layers:
            node = self.nodes.get(old.name)
            if node is None:
                continue  # no call leads to it, so it was never made
            if isinstance(node, Layer) and (nested := _nested(node)) is not None:
                layers.append(replace(old, model=nested.current_spec()))
            elif isinstance(node, Layer):
                new = replace(old, class_name=node.keras_class, config=node.get_config())
                if old.substitute is not None and node.weights:
                    new = replace(new, substitute=type(node))  # to be made anew with other weights
                layers.append(new)
            else:
                layers.append(old)
        shapes = {ref: shape for ref, shape in self.shapes.items() if shape is not None}
        return replace(self.spec, layers=tuple(layers), shapes=shapes, trainable=self.trainable)

    def save(self, path: str | Path) -> None:
        """Save the graph and the weights; the suffix chooses the format.

        ``.keras`` and ``.h5`` open in Keras 3 again, with the same predictions; ``.weights.h5`` holds the
        weights alone, as Keras's `save_weights` writes them; ``.safetensors`` opens in maju; ``.onnx`` (with
        the extra `onnx`) runs in ONNX runtimes. The file is there whole or not at all.

        Raises:
            ModelFormatError: the suffix names no format, or the file cannot be written.
            UnsupportedModelError: the format cannot hold this model.
        """
        formats.write(path, self.current_spec(), self.layer_arrays(), self._kind(), self.training_state())

    def _kind(self) -> str | None:
        """The mark that a saved file carries."""
        return None

    def save_weights(self, path: str | Path) -> None:
        """Save the weights alone, as Keras's `save_weights` writes them, to a name that ends in .weights.h5.

        Raises:
            InputError: the name ends otherwise.
        """
        if not str(path).endswith(".weights.h5"):
            raise InputError(
                f"{path}: weights alone go to a file that ends in .weights.h5; save writes models"
            )
        self.save(path)

    def load_weights(self, path: str | Path) -> Self:
        """Take the weights of a file into the arrays of this model's layers; all else stays as it is.

        Args:
            path: ``.weights.h5``, or any model file whose layers these are.

        Raises:
            ModelFormatError: the file holds no weights for these layers.
        """
        from maju.models.build import build

        file = formats.read(path)
        spec = self.current_spec()
        fresh = build(spec, formats.weights_for(file, spec), file.path)
        _take_weights(self, fresh)
        return self


def _nested(layer: Layer) -> Model | None:
    """The model that a layer is, or that it runs at every step."""
    inside = layer.layer if isinstance(layer, TimeDistributedLayer) else layer
    return inside if isinstance(inside, Model) else None


def _take_weights(layer: Layer, other: Layer) -> None:
    """Put the weights of another layer of the same config in the place of a layer's own."""
    if isinstance(layer, Model) and isinstance(other, Model):
        for own, theirs in zip(layer.layers, other.layers, strict=True):
            _take_weights(own, theirs)
    elif _is_quantized(layer):  # of which other arrays follow, with which it computes
        vars(layer).update(vars(other))
    else:
        for weight, values in zip(layer.weights.values(), other.weights.values(), strict=True):
            weight[...] = values


def _is_quantized(part: Part) -> bool:
    inside = [value for value in vars(part).values() if isinstance(value, Part)]
    return getattr(part, "stored", None) is not None or any(map(_is_quantized, inside))
