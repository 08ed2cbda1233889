"""Lowering: a model, and the models in it, as one straight list of calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from maju.formats.specification import CallSpec, TensorRef, map_refs, refs_in
from maju.layers.base import Layer, Shape
from maju.layers.operations import Operation
from maju.models.calls import LayerCall
from maju.models.graph_layer import GraphLayer

__all__ = ["Instruction", "Program", "lowered"]


@dataclass(frozen=True)
class Instruction:
    """One call of a layer or an operation.

    Attributes:
        node: what is called.
        call: with what, in tensors of the program.
        outputs: the tensors that come of it.
        takes_masks_off: as `maju.models.graph.takes_masks_off` says of its graph.
    """

    node: Layer | Operation
    call: CallSpec
    outputs: tuple[TensorRef, ...]
    takes_masks_off: bool = False

    @property
    def inputs(self) -> tuple[TensorRef, ...]:
        """The tensors that it takes, each once."""
        return tuple(dict.fromkeys(refs_in([self.call.args, self.call.kwargs])))


@dataclass
class Program:
    """What a model computes, call by call.

    Attributes:
        inputs: the tensors that are given, after the input layers.
        outputs: the model's outputs, in their structure.
        shapes: that of each tensor, batch axis first, as far as the model knows it.
    """

    inputs: tuple[TensorRef, ...]
    outputs: Any
    instructions: list[Instruction] = field(default_factory=list)
    shapes: dict[TensorRef, Shape | None] = field(default_factory=dict)


def lowered(graph: GraphLayer) -> Program:
    """The program of a graph. Graphs within it are laid open, where a call gives them nothing but tensors."""
    program = Program(tuple(refs_in(graph.spec.inputs)), None)
    names = {ref: ref for ref in program.inputs}
    program.shapes.update((ref, graph.shapes.get(ref)) for ref in program.inputs)
    program.outputs = map_refs(graph.spec.outputs, _append(program, graph, names, "").__getitem__)
    return program


def _append(
    program: Program, graph: GraphLayer, names: Mapping[TensorRef, TensorRef], prefix: str
) -> dict[TensorRef, TensorRef]:
    """Append the calls of a graph; the tensors of the program by the graph's own names for them.

    Args:
        names: those of the graph's inputs.
        prefix: what stands before the names of its layers in the program's.
    """
    known = dict(names)
    made: dict[tuple[str, int], list[TensorRef]] = {}
    for ref in sorted(graph.shapes, key=lambda ref: ref.output):
        made.setdefault((ref.layer, ref.call), []).append(ref)
    for step in graph.steps:
        node = graph.held[step.call.layer]
        call = replace(
            step.call,
            args=map_refs(step.call.args, known.__getitem__),
            kwargs=map_refs(step.call.kwargs, known.__getitem__),
        )
        if isinstance(node, GraphLayer) and _opens(node, call):
            inner = _opened(program, node, call, f"{prefix}{step.key}/")
            outputs = [inner[ref] for ref in refs_in(node.spec.outputs)]
            known.update({TensorRef(step.call.layer, step.index, n): ref for n, ref in enumerate(outputs)})
            continue
        own = made[step.call.layer, step.index]
        outputs = [TensorRef(prefix + ref.layer, ref.call, ref.output) for ref in own]
        known.update(zip(own, outputs, strict=True))
        program.shapes.update(zip(outputs, map(graph.shapes.get, own), strict=True))
        program.instructions.append(Instruction(node, call, tuple(outputs), graph.takes_masks_off))
    return known


def _opens(node: GraphLayer, call: CallSpec) -> bool:
    """Whether a graph that is called can be laid open: it is given one tensor for each input, in a row."""
    given = LayerCall.of(call, type(node))
    plain = given.mask is None and not given.options and isinstance(node.spec.outputs, (TensorRef, list))
    tensors = given.x if isinstance(given.x, (list, tuple)) else [given.x]
    inputs = node.spec.inputs if isinstance(node.spec.inputs, (list, tuple)) else [node.spec.inputs]
    flat = all(isinstance(ref, TensorRef) for ref in (*tensors, *inputs))
    outputs = node.spec.outputs if isinstance(node.spec.outputs, list) else [node.spec.outputs]
    return (
        plain
        and flat
        and len(tensors) == len(inputs)
        and all(isinstance(ref, TensorRef) for ref in outputs)
        and not node.stateful
        and type(node).forward is GraphLayer.forward
    )


def _opened(program: Program, node: GraphLayer, call: CallSpec, prefix: str) -> dict[TensorRef, TensorRef]:
    """Append the calls of a graph within a graph, after those of its input layers."""
    tensors = list(refs_in(LayerCall.of(call, type(node)).x))
    names = {}
    for ref, tensor in zip(refs_in(node.spec.inputs), tensors, strict=True):
        names[ref] = TensorRef(prefix + ref.layer, ref.call, ref.output)
        entry = CallSpec(prefix + ref.layer, (tensor,))
        program.instructions.append(Instruction(node.held[ref.layer], entry, (names[ref],)))
    return _append(program, node, names, prefix)
