"""GraphLayer: a graph of layers that runs, forward and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Self

import numpy as np

from maju.errors import GradientError, InputError, MajuError
from maju.formats.guards import shorten
from maju.formats.specification import CallSpec, ModelSpec, TensorRef, map_refs, refs_in
from maju.layers.base import Array, Backward, Gradients, Layer, Shape
from maju.layers.operations import Operation
from maju.layers.policies import Policy, plain
from maju.models.bounds import Room, values_of_layer, values_of_operation
from maju.models.calls import LayerCall
from maju.models.graph import in_order, takes_masks_off
from maju.models.inputs import bind, flat, given_for
from maju.models.symbolic import called_on_symbols
from maju.models.tape import CallBackward, Tape, spread

__all__ = ["Done", "GraphLayer", "run_call", "take_room"]

#: What a layer raises over values, shapes or hyper-parameters that it cannot compute with.
BROKEN = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)


class GraphLayer(Layer):
    """A graph of layer calls, itself a layer: what a `Model` is to those that compute with it.

    Attributes:
        spec: the graph as plain data.
        shapes: the shape of each tensor of the graph.
        held: the layers and the operations by name, in the order of the file, for those who change nothing.
        handed_out: whether anyone was given a layer, and may have changed it since.
        takes_masks_off: as `maju.models.graph.takes_masks_off` says.
        steps: the calls in the order in which they are computed.
    """

    keras_class = "Functional"
    masking = "uses"
    handed_out = True

    def hold(
        self,
        spec: ModelSpec,
        nodes: Mapping[str, Layer | Operation],
        shapes: Mapping[TensorRef, Shape | None],
    ) -> None:
        """Become this graph."""
        super().__init__(spec.name)
        self.spec = spec
        self.shapes = dict(shapes)
        self.held = dict(nodes)
        self._trainable = spec.trainable
        self.steps = in_order(spec)
        self.takes_masks_off = takes_masks_off(spec)
        self.parameters = self.count_params()

    @property
    def nodes(self) -> dict[str, Layer | Operation]:
        """The layers and the operations by name, in the order of the file."""
        self.handed_out = True
        return self.held

    @property
    def layers(self) -> list[Layer]:
        """The layers, in the order of the file, the input layers among them."""
        return [node for node in self.nodes.values() if isinstance(node, Layer)]

    @property
    def weights(self) -> dict[str, Array]:
        """Every weight by ``layer/weight``."""
        return {f"{layer.name}/{name}": a for layer in self.layers for name, a in layer.weights.items()}

    @property
    def trainable(self) -> bool:
        """Whether training may move any weight; setting it freezes or frees every layer too, as in Keras."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self.layers:
            layer.trainable = value

    @property
    def trainable_weights(self) -> dict[str, Array]:
        if not self.trainable:
            return {}
        return {
            f"{layer.name}/{name}": a for layer in self.layers for name, a in layer.trainable_weights.items()
        }

    def count_params(self) -> int:
        return sum(layer.count_params() for layer in self.layers)

    def output_shape(self, input_shape: Any = None) -> Any:
        return map_refs(self.spec.outputs, self.shapes.get)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}

    @property
    def output_policy(self) -> Policy | None:
        return None

    def at_work(self, policy: Policy) -> Self:
        return self  # each layer has a policy of its own

    @property
    def stateful(self) -> bool:
        """Whether any layer keeps its states from batch to batch."""
        return any(getattr(node, "stateful", False) for node in self.held.values())

    @property
    def rows_of_stateful(self) -> int | None:
        """How many rows each batch must have; None where no layer is stateful, or the model does not say."""
        shape = self.shapes.get(next(refs_in(self.spec.inputs))) if self.stateful else None
        return shape[0] if shape else None

    def check_rows(self, inputs: Mapping[TensorRef, Any]) -> None:
        """Refuse a batch of another size than that of the states that the model keeps."""
        wanted = self.rows_of_stateful
        for ref, value in inputs.items():
            if wanted not in (None, len(value)):
                reason = f"the model keeps states from batch to batch, of {wanted} rows"
                raise InputError(f"input {ref.layer!r}: {reason}; got {len(value)} rows")

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
        symbols = called_on_symbols(self, x, training, mask, options)
        return self.forward(x, training, mask) if symbols is None else symbols

    def forward_with_mask(self, x: Any, training: bool = False, mask: Any = None) -> tuple[Any, Any]:
        """The outputs with their masks."""
        values, masks = self.run(bind(self.spec, x), training, self._masks(mask))
        return self.in_structure(values.__getitem__), self.in_structure(masks.get)

    def vjp(self, x: Any, training: bool = True, mask: Any = None) -> tuple[Any, Backward]:
        (y, _), backward = self.vjp_with_mask(x, training, mask, Tape())
        return plain(y), backward

    def vjp_with_mask(
        self, x: Any, training: bool, mask: Any, tape: Tape
    ) -> tuple[tuple[Any, Any], Backward]:
        """The outputs with their masks, and the way back to the inputs and to every weight.

        Args:
            tape: an empty one, which the run fills and the way back empties.
        """
        values, masks = self.run(bind(self.spec, x), training, self._masks(mask), tape=tape)

        def backward(dy: Any) -> tuple[Any, Gradients]:
            gradients: dict[TensorRef, Array] = {}
            spread(self.in_structure(lambda ref: ref), dy, gradients)
            of_weights = tape.back(gradients)
            return map_refs(self.spec.inputs, gradients.get), of_weights

        return (self.in_structure(values.__getitem__), self.in_structure(masks.get)), backward

    def in_structure(self, function: Callable[[TensorRef], Any]) -> Any:
        """What `function` says of each output, in their structure; a list of one is that one, as in Keras."""
        outputs = self.spec.outputs
        alone = isinstance(outputs, list) and len(outputs) == 1
        return map_refs(outputs[0] if alone else outputs, function)

    def _masks(self, mask: Any) -> dict[TensorRef, Any]:
        refs = list(refs_in(self.spec.inputs))
        given = [None] * len(refs) if mask is None else given_for(self.spec, mask)
        return dict(zip(refs, given, strict=True))

    def run(
        self,
        inputs: Mapping[TensorRef, Any],
        training: bool,
        masks: dict[TensorRef, Any],
        *,
        keep: bool = False,
        tape: Tape | None = None,
    ) -> tuple[dict[TensorRef, Any], dict[TensorRef, Any]]:
        """Every tensor and its mask by its place in the graph.

        Args:
            inputs: each input tensor's values, as `inputs.bind` gives them.
            masks: those of the inputs.
            keep: whether tensors that nothing needs any more stay among those that are returned.
            tape: takes the way back through every call; without it there is none.
        """
        self.check_rows(inputs)
        values = {ref: self.held[ref.layer].forward(value) for ref, value in inputs.items()}
        rows = max(map(len, inputs.values()))
        room = Room(self.parameters * max(rows, 1) + sum(map(np.size, inputs.values())), rows)
        for step in self.steps:
            node = self.held[step.call.layer]
            done = run_call(node, step.call, values, masks, room, training, tape, self.takes_masks_off)
            outputs = flat(done.y)
            refs = [TensorRef(step.call.layer, step.index, place) for place in range(len(outputs))]
            values.update(zip(refs, outputs, strict=True))
            masks.update(zip_longest(refs, [] if done.mask is None else flat(done.mask)))
            if tape is not None:
                tape.record(node, done.sources, refs, outputs, done.back)
            if not keep:
                for ref in step.done_with:
                    del values[ref]
        return values, masks


@dataclass(frozen=True)
class Done:
    """A call that was computed: what it gave, its mask, what it was given, and the way back, if any."""

    y: Any
    mask: Any
    sources: Any
    back: CallBackward | None


def run_call(
    node: Layer | Operation,
    call: CallSpec,
    values: Mapping[TensorRef, Any],
    masks: MutableMapping[TensorRef, Any],
    room: Room,
    training: bool = False,
    tape: Tape | None = None,
    takes_masks_off: bool = False,
) -> Done:
    """One call of a graph.

    Args:
        values, masks: those of the tensors so far.
        room: what may still be made.
        takes_masks_off: whether attention takes the masks off its inputs, as `graph.takes_masks_off` says.
    """
    if isinstance(node, Operation):
        return _compute(node, call, values, room, tape)
    given = LayerCall.of(call, type(node))
    mask = given.masks(values, masks)
    if takes_masks_off and node.keras_class == "MultiHeadAttention":
        mask[0] = masks.get(given.x[0])  # it heeds no mask of the query but the query's own
        masks.update(dict.fromkeys(refs_in(given.x)))
    return _call(node, given, mask, training, values, room, tape)


def _compute(
    node: Operation, call: CallSpec, values: Mapping[TensorRef, Any], room: Room, tape: Tape | None
) -> Done:
    """An operation."""
    sources = [call.args, dict(call.kwargs)]
    args, kwargs = map_refs(sources, values.__getitem__)
    take_room(room, values_of_operation(node, args, kwargs), node)
    if tape is None:
        return Done(node.forward(*args, **kwargs), None, sources, None)
    y, backward = node.vjp(*args, **kwargs)
    form = _form(y)
    return Done(y, None, sources, lambda dys: (backward(_filled(form, iter(dys))), {}))


def _call(
    node: Layer,
    given: LayerCall,
    mask: Any,
    training: bool,
    values: Mapping[TensorRef, Any],
    room: Room,
    tape: Tape | None,
) -> Done:
    """A layer, given the mask of what it is given."""
    x, options = map_refs([given.x, dict(given.options)], values.__getitem__)
    seen = None if given.sees_no_mask_of_its_own else mask
    sources = [given.x, list(refs_in(given.options.get("initial_state")))]
    if isinstance(node, GraphLayer):  # which takes room of its own
        if tape is None:
            return Done(*node.forward_with_mask(x, training, seen), sources, None)
        (y, y_mask), backward = node.vjp_with_mask(x, training, seen, tape.inner())
        return Done(y, y_mask, sources, _back_from(backward, y, several=False))
    shapes = map_refs(dict(given.options), lambda ref: np.shape(values[ref]))
    take_room(room, values_of_layer(node, x, shapes), node)
    try:
        with np.errstate(all="ignore"):  # Keras gives infinities and NaN without a word
            taken, back = node.taken(x), None
            if tape is None or not node.has_gradient:
                y = node(x, training, seen, **options)
            else:
                way_back = node.vjp if tape.goes_back_to(sources) else node.vjp_to_weights
                y, backward = _typed_vjp(node, way_back, taken, training, seen, node.taken(options))
                back = _back_from(backward, y, several="initial_state" in options)
            return Done(y, node.output_mask(taken, mask, options), sources, back)
    except MajuError:
        raise
    except BROKEN as error:
        reason = shorten(f"{type(error).__name__}: {error}")
        raise InputError(f"{_where(node)} cannot be computed on {_shown(x)} ({reason})") from error


def _typed_vjp(
    node: Layer,
    way_back: Callable[..., tuple[Any, Backward]],
    x: Any,
    training: bool,
    mask: Any,
    options: Mapping[str, Any],
) -> tuple[Any, Backward]:
    """A layer's `vjp`, or its `vjp_to_weights`, in the types of number of its dtype policy.

    Raises:
        GradientError: it computes in half precision.
    """
    if node.dtype_policy is not None and node.dtype_policy.half:
        policy = node.dtype_policy.name
        raise GradientError(f"{_where(node)} computes in {policy}, in which maju does not train; use float32")
    y, backward = way_back(x, training=training, mask=mask, **options)
    return (y if node.output_policy is None else node.output_policy.leaving(y)), backward


def _back_from(backward: Backward, y: Any, several: bool) -> CallBackward:
    """A layer's way back as that of a call: to what it was given, and to the states it was to start from.

    Args:
        several: whether the gradient is a list of that of x and those of the states.
    """
    form = _form(y)

    def back(dys: list[Array]) -> tuple[Any, Gradients]:
        with np.errstate(all="ignore"):
            dx, gradients = backward(_filled(form, iter(dys)))
        return ([dx[0], dx[1:]] if several else [dx, []]), gradients

    return back


def _form(structure: Any) -> Any:
    """A nesting of lists and dicts without what is in it."""
    if isinstance(structure, Mapping):
        return {key: _form(structure[key]) for key in sorted(structure)}
    return [_form(part) for part in structure] if isinstance(structure, (list, tuple)) else None


def _filled(form: Any, leaves: Iterator[Any]) -> Any:
    """A nesting of this form with these in it, in the order of `flat`."""
    if isinstance(form, Mapping):
        return {key: _filled(part, leaves) for key, part in form.items()}
    return [_filled(part, leaves) for part in form] if isinstance(form, list) else next(leaves)


def take_room(room: Room, values: int, node: Layer | Operation) -> None:
    """Take room for so many values of a node's.

    Raises:
        InputError: If so many don't fit, with the node's place.
    """
    too_much = room.take(values)
    if too_much:
        raise InputError(f"{_where(node)}: {too_much}")


def _where(node: Layer | Operation) -> str:
    kind = "operation" if isinstance(node, Operation) else "layer"
    return f"{kind} {shorten(repr(node.name))} ({node.keras_class})"


def _shown(x: Any) -> str:
    """The shapes of what a layer is given, for a message."""
    return shorten(", ".join(f"shape {np.shape(part)}" for part in flat(x)))
