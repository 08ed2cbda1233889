"""Model: a graph of layers, run from scratch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Self

import numpy as np

from maju import formats
from maju.errors import InputError, MajuError, Problem, UnsupportedModelError
from maju.formats.guards import shorten
from maju.formats.specification import ModelSpec, TensorRef, map_refs, refs_in
from maju.layers.base import Array, Layer, Shape
from maju.layers.bidirectional import BidirectionalLayer
from maju.layers.operations import Operation
from maju.layers.policies import Policy, plain
from maju.layers.quantizable import QuantizableLayer
from maju.layers.recurrent import RecurrentLayer
from maju.layers.time_distributed import TimeDistributedLayer
from maju.models.bounds import Room, values_of_layer, values_of_operation
from maju.models.calls import LayerCall
from maju.models.graph import in_order, takes_masks_off
from maju.models.summary import summary_text

__all__ = ["MOVES_VALUES", "Model", "flat"]

#: Layers that put values elsewhere, or in inference nowhere at all, and compute nothing.
MOVES_VALUES = ("Dropout", "Flatten", "Reshape")
#: What a layer raises over values, shapes or hyper-parameters that it cannot compute with.
BROKEN = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)


class Model(Layer):
    """A graph of layers; a Sequential is the straight case, and a nested model is a layer of another.

    `maju.load` makes one from a file.

    Attributes:
        spec: the graph as plain data.
        shapes: the shape of each tensor of the graph.
        layers: the layers, in the order of the file.
    """

    keras_class = "Functional"
    masking = "uses"

    def __init__(
        self,
        spec: ModelSpec,
        nodes: Mapping[str, Layer | Operation],
        shapes: Mapping[TensorRef, Shape | None],
    ) -> None:
        super().__init__(spec.name)
        self.spec = spec
        self.shapes = dict(shapes)
        self._nodes = dict(nodes)
        self._steps = in_order(spec)
        self._takes_masks_off = takes_masks_off(spec)
        self._parameters = self.count_params()

    # Looking at it

    @property
    def layers(self) -> list[Layer]:
        """The layers, in the order of the file, the input layers among them."""
        return [node for node in self._nodes.values() if isinstance(node, Layer)]

    def __getitem__(self, name: str) -> Layer:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(f"no layer {name!r}; the layers are {', '.join(layer.name for layer in self.layers)}")

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    @property
    def weights(self) -> dict[str, Array]:
        """Every weight by ``layer/weight``."""
        return {f"{layer.name}/{name}": a for layer in self.layers for name, a in layer.weights.items()}

    def count_params(self) -> int:
        return sum(layer.count_params() for layer in self.layers)

    @property
    def input_shape(self) -> Any:
        """The shape of the input, batch axis first; of several, in their structure."""
        return map_refs(self.spec.inputs, self.shapes.get)

    def output_shape(self, input_shape: Any = None) -> Any:
        return map_refs(self.spec.outputs, self.shapes.get)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}

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
        calls = {(step.call.layer, step.index): step.call for step in self._steps}
        node = self._nodes[ref.layer]
        while node.keras_class in MOVES_VALUES:
            call = calls[ref.layer, ref.call]
            ref = next(refs_in([call.args, call.kwargs]))
            node = self._nodes[ref.layer]
        if isinstance(node, Model):
            return node.activation_of(flat(node.spec.outputs)[ref.output])
        return "softmax" if node.keras_class == "Softmax" else str(getattr(node, "activation", "linear"))

    def __repr__(self) -> str:
        size = f"{len(self.layers)} layers, {self.count_params():,} parameters"
        return f"{type(self).__name__}({self.name!r}, {size})"

    # Running it

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        """The outputs for x, by the readable layers, all rows at once.

        Args:
            x: an array; for several inputs a list in their order, or a dict by their names.

        Returns:
            an array, or a list or a dict of them, as the model's author gave the outputs.
        """
        return plain(self.forward_with_mask(x, training, mask)[0])

    def __call__(self, x: Any, training: bool = False, mask: Any = None, **options: Any) -> Any:
        return self.forward(x, training, mask)

    @property
    def output_policy(self) -> Policy | None:
        return None

    def at_work(self, policy: Policy) -> Self:
        return self  # each layer has a policy of its own

    def forward_with_mask(self, x: Any, training: bool = False, mask: Any = None) -> tuple[Any, Any]:
        """The outputs with their masks."""
        values, masks = self._run(x, training, mask)
        return self._outputs(values.__getitem__), self._outputs(masks.get)

    def _outputs(self, function: Callable[[TensorRef], Any]) -> Any:
        """What `function` says of each output, in their structure; a list of one is that one, as in Keras."""
        outputs = self.spec.outputs
        alone = isinstance(outputs, list) and len(outputs) == 1
        return map_refs(outputs[0] if alone else outputs, function)

    def activations(self, x: Any) -> dict[str, Any]:
        """The output of every layer, by name; those of a layer called again as ``name:1``, ``name:2``, ..."""
        values, _ = self._run(x, training=False, mask=None, keep=True)
        found: dict[str, Any] = {}
        for ref, value in values.items():
            key = ref.layer if ref.call == 0 else f"{ref.layer}:{ref.call}"
            several = TensorRef(ref.layer, ref.call, 1) in values
            if several:
                found.setdefault(key, []).append(value)
            else:
                found[key] = value
        return {key: plain(value) for key, value in found.items()}

    def predict(self, x: Any, batch_size: int = 128) -> Any:
        """The outputs for x as Keras's `predict` gives them, computed `batch_size` rows at a time.

        Raises:
            InputError: x does not fit the model.
        """
        if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise InputError(f"batch_size must be a whole number of at least 1, got {batch_size!r}")
        batch_size = self._rows_of_stateful() or batch_size
        inputs = self._bind(x)
        lengths = {len(value) for value in inputs.values()}
        if len(lengths) != 1:
            raise InputError(f"the inputs have different numbers of rows: {sorted(lengths)}")
        rows = lengths.pop()
        parts = []
        for start in range(0, max(rows, 1), batch_size):
            batch = {ref: value[start : start + batch_size] for ref, value in inputs.items()}
            values, _ = self._run_bound(batch, training=False, masks={})
            for ref in refs_in(self.spec.outputs):
                if np.ndim(values[ref]) == 0:
                    reason = "is one number for all rows, which depends on the batch; use forward"
                    raise InputError(f"output {ref.layer!r} {reason}")
            parts.append({ref: values[ref] for ref in refs_in(self.spec.outputs)})
        return self._outputs(lambda ref: np.concatenate([plain(part[ref]) for part in parts]))

    def _run(
        self, x: Any, training: bool, mask: Any, keep: bool = False
    ) -> tuple[dict[TensorRef, Any], dict[TensorRef, Any]]:
        given = [None] * len(self._input_refs) if mask is None else self._given(mask)
        masks = dict(zip(self._input_refs, given, strict=True))
        return self._run_bound(self._bind(x), training, masks, keep)

    def _run_bound(
        self, inputs: Mapping[TensorRef, Any], training: bool, masks: dict[TensorRef, Any], keep: bool = False
    ) -> tuple[dict[TensorRef, Any], dict[TensorRef, Any]]:
        """Every tensor and its mask by its place in the graph; what nothing needs any more is dropped."""
        wanted = self._rows_of_stateful()
        for ref, value in inputs.items():
            if wanted not in (None, len(value)):
                reason = f"the model keeps states from batch to batch, of {wanted} rows"
                raise InputError(f"input {ref.layer!r}: {reason}; got {len(value)} rows")
        values = {ref: self._nodes[ref.layer].forward(value) for ref, value in inputs.items()}
        rows = max(map(len, inputs.values()))
        room = Room(self._parameters * max(rows, 1) + sum(map(np.size, inputs.values())), rows)
        for step in self._steps:
            node, call = self._nodes[step.call.layer], step.call
            if isinstance(node, Operation):
                args, kwargs = map_refs([call.args, dict(call.kwargs)], values.__getitem__)
                _take(room, values_of_operation(node, args, kwargs), node)
                y, y_mask = node.forward(*args, **kwargs), None
            else:
                given = LayerCall.of(call, type(node))
                mask = given.masks(values, masks)
                if self._takes_masks_off and node.keras_class == "MultiHeadAttention":
                    mask[0] = masks.get(given.x[0])  # it heeds no mask of the query but the query's own
                    masks.update(dict.fromkeys(refs_in(given.x)))
                x, options = map_refs([given.x, dict(given.options)], values.__getitem__)
                if not isinstance(node, Model):  # which takes room of its own
                    shapes = map_refs(dict(given.options), lambda ref: np.shape(values[ref]))
                    _take(room, values_of_layer(node, x, shapes), node)
                seen = None if given.sees_no_mask_of_its_own else mask
                y, y_mask = _call(node, x, training, seen, mask, options)
            outputs = flat(y)
            output_masks = [] if y_mask is None else flat(y_mask)
            for index, (output, output_mask) in enumerate(zip_longest(outputs, output_masks)):
                ref = TensorRef(call.layer, step.index, index)
                values[ref] = output
                masks[ref] = output_mask
            if not keep:
                for ref in step.done_with:
                    del values[ref]
        return values, masks

    @property
    def stateful(self) -> bool:
        """Whether any layer keeps its states from batch to batch."""
        return any(getattr(layer, "stateful", False) for layer in self.layers)

    def reset_states(self) -> None:
        """Let every stateful layer start from zeros again."""
        for layer in self.layers:
            if isinstance(layer, (BidirectionalLayer, Model, RecurrentLayer)):
                layer.reset_states()

    def _rows_of_stateful(self) -> int | None:
        """How many rows each batch must have; None where no layer is stateful, or the model does not say."""
        shape = self.shapes.get(self._input_refs[0]) if self.stateful else None
        return shape[0] if shape else None

    @property
    def _input_refs(self) -> list[TensorRef]:
        """The input tensors, in the order of the structure that the model's author gave."""
        return list(refs_in(self.spec.inputs))

    def _bind(self, x: Any) -> dict[TensorRef, Any]:
        """Each input tensor with what was given for it, as arrays."""
        refs = self._input_refs
        return {ref: _as_array(value, ref.layer) for ref, value in zip(refs, self._given(x), strict=True)}

    def _given(self, x: Any) -> list[Any]:
        """What was given for each input, from an array, or a list or a dict of them."""
        if any(not isinstance(part, TensorRef) for part in _parts(self.spec.inputs)):
            return _matched(self.spec.inputs, x, "the inputs")
        names = [ref.layer for ref in self._input_refs]
        keys = list(self.spec.inputs) if isinstance(self.spec.inputs, Mapping) else names
        if isinstance(x, Mapping):
            if not set(keys) <= set(x):  # as Keras, it leaves what it has no input for
                raise InputError(
                    f"expected inputs named {', '.join(map(str, keys))}, got {', '.join(map(str, x))}"
                )
            return [x[key] for key in keys]
        if isinstance(self.spec.inputs, Mapping):
            raise InputError(f"expected a dict of the inputs {', '.join(map(str, keys))}")
        several = isinstance(x, (list, tuple))
        if len(names) == 1:
            listed = isinstance(self.spec.inputs, list) and several and len(x) == 1
            return [x[0] if listed and _may_be_input(x[0]) else x]
        if not several or len(x) != len(names):
            count = len(x) if several else 1
            raise InputError(f"expected {len(names)} inputs ({', '.join(names)}), got {count}")
        return list(x)

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
            node = self._nodes.get(old.name)
            if node is None:
                continue  # no call leads to it, so it was never made
            if isinstance(node, Layer) and (nested := _nested(node)) is not None:
                layers.append(replace(old, model=nested.current_spec()))
            elif isinstance(node, Layer):
                layers.append(replace(old, class_name=node.keras_class, config=node.get_config()))
            else:
                layers.append(old)
        shapes = {ref: shape for ref, shape in self.shapes.items() if shape is not None}
        return replace(self.spec, layers=tuple(layers), shapes=shapes)

    def save(self, path: str | Path) -> None:
        """Save the graph and the weights; the suffix chooses the format.

        ``.keras`` and ``.h5`` open in Keras 3 again, with the same predictions; ``.weights.h5`` holds the
        weights alone, as Keras's `save_weights` writes them; ``.safetensors`` opens in maju; ``.onnx`` (with
        the extra `onnx`) runs in ONNX runtimes. The file is there whole or not at all.

        Raises:
            ModelFormatError: the suffix names no format, or the file cannot be written.
            UnsupportedModelError: the format cannot hold this model.
        """
        if Path(path).suffix in (".h5", ".hdf5") and not str(path).endswith(".weights.h5"):
            self._refuse_quantized()
        formats.write(path, self.current_spec(), self.layer_arrays(), self._kind())

    def _refuse_quantized(self) -> None:
        """Refuse a legacy file of quantized weights, which would have to be in another order there."""
        quantized = [layer for layer in self.layers if isinstance(layer, QuantizableLayer) and layer.stored]
        if quantized:
            where = f"layer {quantized[0].name!r} ({quantized[0].keras_class})"
            raise UnsupportedModelError(
                [Problem(where, "quantized weights in a legacy .h5", "save as .keras")]
            )
        for layer in self.layers:
            if (nested := _nested(layer)) is not None:
                nested._refuse_quantized()

    def _kind(self) -> str | None:
        """The mark that a saved file carries."""
        return None

    def load_weights(self, path: str | Path) -> Self:
        """Take the weights of a file into this model's layers; the graph stays as it is.

        Args:
            path: ``.weights.h5``, or any model file whose layers these are.

        Raises:
            ModelFormatError: the file holds no weights for these layers.
        """
        from maju.models.build import build

        file = formats.read(path)
        spec = self.current_spec()
        fresh = build(spec, formats.weights_for(file, spec), file.path)
        self._nodes = fresh._nodes
        return self


def _nested(layer: Layer) -> Model | None:
    """The model that a layer is, or that it runs at every step."""
    inside = layer.layer if isinstance(layer, TimeDistributedLayer) else layer
    return inside if isinstance(inside, Model) else None


def _call(
    node: Layer, x: Any, training: bool, seen: Any, mask: Any, options: Mapping[str, Any]
) -> tuple[Any, Any]:
    """A layer's output and the mask of it, given the mask that the layer sees and that of its input."""
    if isinstance(node, Model):
        return node.forward_with_mask(x, training, seen)
    try:
        with np.errstate(all="ignore"):  # Keras gives infinities and NaN without a word
            return node(x, training, seen, **options), node.output_mask(node.taken(x), mask, options)
    except MajuError:
        raise
    except BROKEN as error:
        reason = shorten(f"{type(error).__name__}: {error}")
        raise InputError(f"{_where(node)} cannot be computed on {_shown(x)} ({reason})") from error


def _take(room: Room, values: int, node: Layer | Operation) -> None:
    too_much = room.take(values)
    if too_much:
        raise InputError(f"{_where(node)}: {too_much}")


def _where(node: Layer | Operation) -> str:
    kind = "operation" if isinstance(node, Operation) else "layer"
    return f"{kind} {shorten(repr(node.name))} ({node.keras_class})"


def _shown(x: Any) -> str:
    """The shapes of what a layer is given, for a message."""
    return shorten(", ".join(f"shape {np.shape(part)}" for part in flat(x)))


def flat(structure: Any) -> list[Any]:
    """The values in a nesting of lists and dicts in the order in which Keras counts them: dicts by key."""
    if isinstance(structure, Mapping):
        return [value for key in sorted(structure) for value in flat(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [value for item in structure for value in flat(item)]
    return [structure]


def _parts(structure: Any) -> list[Any]:
    """What lies right inside a list or a dict; anything else is its own part."""
    if isinstance(structure, Mapping):
        return list(structure.values())
    return list(structure) if isinstance(structure, (list, tuple)) else [structure]


def _matched(structure: Any, x: Any, where: str) -> list[Any]:
    """What was given for each tensor of a nesting of lists and dicts, in a nesting of the same form."""
    if isinstance(structure, TensorRef):
        return [x]
    if isinstance(structure, Mapping):
        if not isinstance(x, Mapping) or not set(structure) <= set(x):
            raise InputError(f"{where}: expected a dict of {', '.join(map(str, structure))}")
        return [leaf for key in structure for leaf in _matched(structure[key], x[key], f"input {key!r}")]
    if not isinstance(x, (list, tuple)) or len(x) != len(structure):
        raise InputError(f"{where}: expected a list of {len(structure)}")
    pairs = enumerate(zip(structure, x, strict=True), start=1)
    return [leaf for n, (part, given) in pairs for leaf in _matched(part, given, f"{where}, number {n}")]


def _may_be_input(value: Any) -> bool:
    """Whether a value can be a whole input, or the mask of one, and not just a row of it."""
    return value is None or isinstance(value, (list, tuple)) or np.ndim(value) > 0


def _as_array(value: Any, name: str) -> Array:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InputError(f"input {name!r}: not an array ({error})") from None
    if array.ndim == 0:
        raise InputError(f"input {name!r}: expected an array with a batch axis, got a single value")
    return array
