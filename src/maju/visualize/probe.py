"""Looking into a run of a model: what each layer is given, what it gives, and the gradient there."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maju.errors import InputError
from maju.formats.specification import TensorRef, refs_in
from maju.layers.base import Array, Backward, Gradients, Layer
from maju.layers.bidirectional import BidirectionalLayer
from maju.layers.policies import plain
from maju.layers.recurrent import RecurrentLayer
from maju.models import Model
from maju.models.tape import Tape

__all__ = [
    "Call",
    "call_at",
    "find_layer",
    "first_call",
    "first_or_named",
    "gradient_at",
    "layers_in",
    "values_of",
    "watched_calls",
    "watched_run",
]


@dataclass(eq=False)
class Call:
    """One call of a layer.

    Attributes:
        layer: the layer.
        x, mask, options: what it was given.
        y: what it gave.
        dy: the gradient of y, once a way back has been taken; None where none came.
    """

    layer: Layer
    x: Any
    mask: Any
    options: Mapping[str, Any]
    y: Any
    dy: Any = None


def layers_in(model: Model, within: str = "") -> Iterator[tuple[str, Layer]]:
    """The layers in the order in which they compute, those of nested models by ``outer/inner``."""
    entries = [ref.layer for ref in refs_in(model.spec.inputs)]
    for name in dict.fromkeys([*entries, *(step.call.layer for step in model.steps)]):
        node = model.nodes[name]
        if isinstance(node, Model):
            yield from layers_in(node, f"{within}{name}/")
        elif isinstance(node, Layer):
            yield f"{within}{name}", node


def first_or_named(
    model: Model, name: str | None, fits: Callable[[Layer], bool], none: str, other: str
) -> tuple[str, Layer]:
    """The layer of that name, with its path, or the first that fits if there is no name.

    Args:
        none: what a model has none of that has no such layer, for its message.
        other: what a layer is not that does not fit.

    Raises:
        InputError: no layer fits, or not the one that is named.
    """
    if name is None:
        found = next((pair for pair in layers_in(model) if fits(pair[1])), None)
        if found is None:
            raise InputError(f"{model.name!r} has no {none}")
        return found
    path, named = find_layer(model, name)
    if not fits(named):
        raise InputError(f"layer {path!r} ({named.keras_class}) is no {other}")
    return path, named


def find_layer(model: Model, name: str) -> tuple[str, Layer]:
    """The layer of that name, with its path; that of a nested model by ``outer/inner`` or its own name.

    Raises:
        InputError: there is none, or several.
    """
    layers = dict(layers_in(model))
    if name in layers:
        return name, layers[name]
    found = [path for path in layers if path.rpartition("/")[2] == name]
    if len(found) == 1:
        return found[0], layers[found[0]]
    if found:
        raise InputError(f"several layers are named {name!r}: {', '.join(found)}; give one of these")
    inside = [path for path in layers if path.startswith(f"{name}/")]
    if inside:
        raise InputError(f"{name!r} is a model of its own; give one of its layers: {', '.join(inside)}")
    raise InputError(f"no layer {name!r}; the layers are {', '.join(layers)}")


def values_of(
    model: Model, inputs: Mapping[TensorRef, Array], path: str | None = None, instead: Array | None = None
) -> dict[TensorRef, Any]:
    """Run a model, and give the tensors that are left in the end, its outputs among them.

    Args:
        path, instead: a layer, and what to put in the place of what it gives, row by row.
    """

    def change(each: str, layer: Layer) -> Layer:
        return _stand_in(layer, [], instead) if each == path else layer

    values, _ = _with_layers(model, change).run(inputs, training=False, masks={})
    return {ref: plain(value) for ref, value in values.items()}


def watched_calls(
    model: Model,
    inputs: Mapping[TensorRef, Array],
    wanted: Callable[[str, Layer], bool] = lambda path, layer: True,
) -> dict[str, list[Call]]:
    """Run a model, and give the calls of its layers by their paths.

    Args:
        inputs: as `Sample.inputs`.
        wanted: whether to keep the calls of a layer.
    """
    calls: dict[str, list[Call]] = {}

    def change(path: str, layer: Layer) -> Layer:
        return _stand_in(layer, calls.setdefault(path, [])) if wanted(path, layer) else layer

    _with_layers(model, change).run(inputs, training=False, masks={})
    return {path: made for path, made in calls.items() if made}


def watched_run(
    model: Model, inputs: Mapping[TensorRef, Array], instead: Mapping[str, Array] | None = None
) -> tuple[dict[str, list[Call]], dict[TensorRef, Any]]:
    """Run a model, and give the calls of all its layers by their paths, and all tensors of its graph.

    Args:
        inputs: as `Sample.inputs`.
        instead: what to put in the place of what layers give, by their paths.
    """
    calls: dict[str, list[Call]] = {}
    put = instead or {}

    def change(path: str, layer: Layer) -> Layer:
        return _stand_in(layer, calls.setdefault(path, []), put.get(path))

    values, _ = _with_layers(model, change).run(inputs, training=False, masks={}, keep=True)
    return {path: made for path, made in calls.items() if made}, {
        ref: plain(value) for ref, value in values.items()
    }


def call_at(model: Model, inputs: Mapping[TensorRef, Array], path: str) -> Call:
    """Run a model, and give the first call of one of its layers.

    Raises:
        InputError: nothing of what is computed needs the layer.
    """
    return first_call(watched_calls(model, inputs, lambda each, _: each == path), path)


def first_call(calls: Mapping[str, Sequence[Call]], path: str) -> Call:
    """The first call of a layer.

    Raises:
        InputError: there was none, since nothing of what is computed needs the layer.
    """
    if path not in calls:
        raise InputError(f"layer {path!r} takes no part in what the model computes")
    return calls[path][0]


def gradient_at(
    model: Model,
    inputs: Mapping[TensorRef, Array],
    path: str,
    back_from: Callable[[Mapping[TensorRef, Any]], dict[TensorRef, Array]],
    instead: Array | None = None,
) -> tuple[dict[TensorRef, Any], Call]:
    """Run a model there and back, and give its tensors and the first call of a layer with its gradient.

    Args:
        path: the layer.
        back_from: the gradients of the outputs, given all tensors.
        instead: what to put in the place of what the layer gives, row by row.

    Raises:
        GradientError: there is no way back from the outputs.
    """
    calls: list[Call] = []

    def change(each: str, layer: Layer) -> Layer:
        return _stand_in(layer, calls, instead) if each == path else layer

    tape = Tape()
    values, _ = _with_layers(model, change).run(inputs, training=False, masks={}, tape=tape)
    if not calls:
        raise InputError(f"layer {path!r} takes no part in what the model computes")
    gradients = back_from(values)
    tape.back(gradients)
    if path in {ref.layer for ref in inputs}:  # what stands at an entry is not a call of the graph
        calls[0].dy = next(gradients.get(ref) for ref in inputs if ref.layer == path)
    return values, calls[0]


def _with_layers(model: Model, change: Callable[[str, Layer], Layer], within: str = "") -> Model:
    """A copy of the graph with other layers in the places of its own; they start from no kept states."""
    twin = copy.copy(model)
    twin.held = {}
    for name, node in model.nodes.items():
        if isinstance(node, Model):
            twin.held[name] = _with_layers(node, change, f"{within}{name}/")
        elif isinstance(node, Layer):
            twin.held[name] = change(f"{within}{name}", _without_states(node))
        else:
            twin.held[name] = node
    return twin


def _without_states(layer: Layer) -> Layer:
    """The layer, or where it keeps states from batch to batch, a copy that does not."""
    if not getattr(layer, "stateful", False):
        return layer
    twin = copy.copy(layer)
    if isinstance(twin, RecurrentLayer):
        twin.stateful, twin.states = False, None
    elif isinstance(twin, BidirectionalLayer):
        for half in ("forward_layer", "backward_layer"):
            setattr(twin, half, _without_states(getattr(twin, half)))
    return twin


def _stand_in(layer: Layer, calls: list[Call], instead: Array | None = None) -> Layer:
    """A copy of a layer that notes its calls, and may give something else at the first of them."""
    policy = layer.dtype_policy
    worker = layer.at_work(policy) if policy and policy.half else layer

    def note(x: Any, mask: Any, options: Mapping[str, Any], y: Any) -> Call:
        call = Call(layer, plain(x), mask, options, plain(y))
        if instead is not None and not calls:
            call.y = instead
        calls.append(call)
        return call

    def forward(x: Any, training: bool = False, mask: Any = None, **options: Any) -> Any:
        return note(x, mask, options, worker.forward(x, training=training, mask=mask, **options)).y

    def vjp(x: Any, training: bool = False, mask: Any = None, **options: Any) -> tuple[Any, Backward]:
        y, backward = worker.vjp(x, training=training, mask=mask, **options)
        call = note(x, mask, options, y)

        def noted(dy: Any) -> tuple[Any, Gradients]:
            call.dy = dy
            return backward(dy)

        return call.y, noted

    twin = copy.copy(layer)
    # Not a class of its own: what calls a layer asks what it is.
    vars(twin).update(forward=forward, vjp=vjp)
    return twin
