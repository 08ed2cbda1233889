"""From calls on symbolic tensors to the graph of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from maju.errors import InputError, ModelFormatError
from maju.formats.keras3 import KERAS_VERSION
from maju.formats.specification import CallSpec, LayerSpec, ModelSpec, TensorRef, map_refs
from maju.layers import registry
from maju.layers.base import Layer, Shape
from maju.layers.input_layer import InputLayer
from maju.layers.one_cell import OneCellLayer
from maju.layers.operations import Operation
from maju.layers.time_distributed import TimeDistributedLayer
from maju.models.build import build
from maju.models.drawn_weights import DrawnWeights
from maju.models.model import Model
from maju.models.naming import unique_name
from maju.models.symbolic import Call, SymbolicTensor, map_tensors, tensors_in
from maju.models.tensors import Calls

__all__ = ["called", "connected", "made_and_called", "spec_of"]

#: What a whole graph comes to: the specification, the layers by name, the shapes, and the calls.
Graph: TypeAlias = tuple[ModelSpec, dict[str, Layer | Operation], dict[TensorRef, Shape | None], Calls]
#: What stands where messages name a file.
WHAT = "the model"


def called(node: Layer | Operation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What a layer gives for symbolic tensors: one, or several in the layer's structure.

    Raises:
        InputError: the layer does not take them.
    """
    return made_and_called(spec_of(node), node, args, kwargs)[1]


def made_and_called(
    spec: LayerSpec, node: Layer | Operation | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Layer | Operation, Any]:
    """A layer, made for its first call if it is not there yet, and what it gives for symbolic tensors.

    The call is built as a model of its own, so that it is checked as that of a file is.
    """
    tensors = {id(tensor): tensor for tensor in tensors_in([args, kwargs])}
    shapeless = [tensor for tensor in tensors.values() if tensor.shape is None]
    if shapeless:
        raise InputError(f"{spec.where} is called on {shapeless[0]!r}, of which only data tell the shape")
    refs = {key: TensorRef(f"tensor {number}") for number, key in enumerate(tensors)}
    entries = [
        LayerSpec("InputLayer", refs[key].layer, {"name": refs[key].layer, "batch_shape": tensor.shape})
        for key, tensor in tensors.items()
    ]

    def ref(tensor: SymbolicTensor) -> TensorRef:
        return refs[id(tensor)]

    _check_rank(spec, node, list(tensors.values()))
    call = CallSpec(spec.name, map_tensors(args, ref), map_tensors(dict(kwargs), ref))
    output = TensorRef(spec.name)
    graph = ModelSpec(
        "call", "Sequential", (*entries, spec), (call,), list(refs.values()), output, KERAS_VERSION
    )
    model = _built(graph, {} if node is None else {spec.name: node})
    made = model.nodes[spec.name]
    given = [shape for place, shape in model.shapes.items() if place.layer == spec.name]
    empty = [shape for shape in given if 0 in (shape or ())]
    if empty and not any(0 in (tensor.shape or ()) for tensor in tensors.values()):
        came = ", ".join(str(tensor.shape) for tensor in tensors.values())
        raise InputError(f"{spec.where}: shape {came} is too small, nothing is left of it: {empty[0]}")
    if isinstance(made, Operation) and made.function.elementwise and None in given:
        came = " and ".join(str(tensor.shape) for tensor in tensors.values())
        raise InputError(f"{spec.where} does not take shapes {came} together")
    recorded = Call(made, args, kwargs)
    outputs = model.spec.outputs
    if isinstance(made, Operation):
        several = [place for place in model.shapes if place.layer == spec.name]
        alone = made.outputs(*map_refs([call.args, dict(call.kwargs)], model.shapes.get)) is None
        outputs = several[0] if alone else several
    return made, map_refs(outputs, lambda place: SymbolicTensor(model.shapes[place], recorded, place.output))


def _check_rank(spec: LayerSpec, node: Layer | Operation | None, tensors: list[SymbolicTensor]) -> None:
    """Refuse a tensor of another number of axes than the layer reads, which some would misunderstand."""
    kind = spec.cls if node is None else type(node)
    rank = getattr(kind, "rank", None)
    wanted = None if rank is None else rank + 2
    if kind is not None and issubclass(kind, OneCellLayer):
        wanted = 3 + getattr(kind.cell_class, "rank", 0)
    if wanted is not None and tensors and len(tensors[0].shape or ()) != wanted:
        shape = tensors[0].shape
        raise InputError(f"{spec.where} expected {wanted} axes, the batch's among them, got shape {shape}")


def _built(graph: ModelSpec, made: Mapping[str, Layer | Operation]) -> Model:
    try:
        return build(graph, DrawnWeights(), WHAT, made)
    except ModelFormatError as error:
        cause = error.__cause__
        told = isinstance(cause, InputError) and str(cause).startswith("layer ")
        raise InputError(str(cause if told else error).removeprefix(f"{WHAT}: ")) from error


def spec_of(node: Layer | Operation) -> LayerSpec:
    """A layer that is there as plain data."""
    if isinstance(node, Operation):
        return LayerSpec(node.keras_class, node.name, node.get_config(), operation=True)
    if isinstance(node, Model):
        return LayerSpec(
            node.spec.kind, node.name, {"name": node.name}, node.current_spec().with_name(node.name)
        )
    if isinstance(node, TimeDistributedLayer) and isinstance(node.layer, Model):
        return LayerSpec(node.keras_class, node.name, node.get_config(), node.layer.current_spec())
    own = registry.known().get(node.keras_class) is type(node) or registry.is_own(node.keras_class)
    return LayerSpec(
        node.keras_class,
        node.name,
        node.get_config(),
        custom=not own,
        registered_name=None if own else node.keras_class,
    )


def connected(inputs: Any, outputs: Any, name: str | None = None, kind: str = "Functional") -> Graph:
    """The graph that leads from inputs to outputs.

    Args:
        inputs, outputs: symbolic tensors, or lists or dicts of them.

    Raises:
        InputError: they are none, or no way leads from the inputs to an output.
    """
    for what, structure in (("inputs", inputs), ("outputs", outputs)):
        _check_symbolic(what, structure)
    entries = list(tensors_in(inputs))
    for tensor in entries:
        if not isinstance(tensor.call.node, InputLayer):
            raise InputError(f"the inputs of a model are what maju.Input gives; {tensor!r} is none")
    if len({id(tensor.call) for tensor in entries}) < len(entries):
        raise InputError("the same input is given twice")
    calls, nodes = in_keras_order([tensor.call for tensor in entries], outputs)
    known = {id(tensor.call) for tensor in entries}
    for call in calls:
        if isinstance(call.node, InputLayer) and id(call) not in known:
            names = ", ".join(repr(tensor.name) for tensor in entries)
            reason = f"the outputs need the input {call.node.name!r}, which is not among the inputs ({names})"
            raise InputError(f"the graph is not connected: {reason}")
    all_names = [node.name for node in nodes]
    twice = next((name for name in all_names if all_names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"two layers are named {twice!r}; give each a name of its own, as name='{twice}_b'")
    _check_places(nodes)
    indices: dict[int, int] = {}  # which call of its layer each is
    for node in nodes:
        own = sorted((call for call in calls if call.node is node), key=lambda call: call.number)
        indices |= {id(call): index for index, call in enumerate(own)}

    def ref(tensor: SymbolicTensor) -> TensorRef:
        return TensorRef(tensor.name, indices[id(tensor.call)], tensor.index)

    recorded = tuple(
        CallSpec(call.node.name, map_tensors(call.args, ref), map_tensors(dict(call.kwargs), ref))
        for call in sorted(calls, key=lambda call: call.number)
        if not isinstance(call.node, InputLayer)
    )
    spec = ModelSpec(
        name or unique_name(kind),
        kind,
        tuple(spec_of(node) for node in nodes),
        recorded,
        map_tensors(inputs, ref),
        map_tensors(outputs, ref),
        KERAS_VERSION,
    )
    model = _built(spec, {node.name: node for node in nodes})
    made = {(call.node.name, indices[id(call)]): call for call in calls}
    return model.spec, model.nodes, model.shapes, made


def _check_places(nodes: Iterable[Layer | Operation]) -> None:
    """Refuse a layer that stands in a graph and in a model within it: its weights would count twice."""
    places: dict[int, str] = {}
    for layer, place in _layers_within(nodes, "this model"):
        if id(layer) in places:
            both = f"in {places[id(layer)]} and in {place}"
            raise InputError(f"layer {layer.name!r} stands {both}, and can be in one of them only")
        places[id(layer)] = place


def _layers_within(nodes: Iterable[Layer | Operation], place: str) -> Iterator[tuple[Layer | Operation, str]]:
    """Every layer of a graph and of the models in it, with the name of the model that it is in."""
    for node in nodes:
        yield node, place
        inside = node.layer if isinstance(node, TimeDistributedLayer) else node
        if isinstance(inside, Model):
            yield from _layers_within(inside.layers, repr(inside.name))


def _check_symbolic(what: str, structure: Any) -> None:
    def refuse(value: Any) -> None:
        shown = (
            f"a {type(value).__name__}" if hasattr(value, "shape") or hasattr(value, "name") else repr(value)
        )
        raise InputError(f"the {what} of a model are tensors that maju.Input and layers give, not {shown}")

    map_tensors(structure, lambda tensor: None, refuse)
    if not any(True for _ in tensors_in(structure)):
        raise InputError(f"a model without {what}")


def in_keras_order(entries: list[Call], outputs: Any) -> tuple[list[Call], list[Layer | Operation]]:
    """The calls that lead to the outputs, each after those that it needs, and the layers in Keras's order.

    That is by how far each is from the outputs; layers that are equally far are in the order in which a
    search back from the outputs meets them. Inputs that nothing needs come first among the nearest.
    """
    finished: dict[int, Call] = {}
    met: dict[int, int] = {}  # the place of each layer in the search
    for output in tensors_in(outputs):
        _search(output.call, finished, met)
    depths: dict[int, int] = {}
    of_nodes: dict[int, int] = {}
    for key, call in reversed(finished.items()):
        depth = max(depths.setdefault(key, 0), of_nodes.get(id(call.node), 0))
        depths[key] = of_nodes[id(call.node)] = depth
        for tensor in tensors_in([call.args, call.kwargs]):
            depths[id(tensor.call)] = max(depth + 1, depths.get(id(tensor.call), 0))
    for entry in entries:
        if id(entry) not in finished:
            finished[id(entry)] = entry
            met[id(entry.node)], of_nodes[id(entry.node)] = -1, 0
    nodes = {id(call.node): call.node for call in finished.values()}
    order = sorted(nodes, key=lambda key: (-of_nodes[key], met[key]))
    return list(finished.values()), [nodes[key] for key in order]


def _search(start: Call, finished: dict[int, Call], met: dict[int, int]) -> None:
    """Add the calls that lead to one, depth first, each after those that it needs."""
    stack = [(start, iter(list(tensors_in([start.args, start.kwargs]))))]
    if id(start) in finished:
        return
    met.setdefault(id(start.node), len(met))
    while stack:
        call, rest = stack[-1]
        following = next((tensor.call for tensor in rest if id(tensor.call) not in finished), None)
        if following is None:
            finished[id(call)] = call
            stack.pop()
        else:
            met.setdefault(id(following.node), len(met))
            stack.append((following, iter(list(tensors_in([following.args, following.kwargs])))))
