"""The order in which a graph of layer calls can be computed."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from maju.errors import ModelFormatError
from maju.formats.guards import shorten
from maju.formats.specification import CallSpec, ModelSpec, TensorRef, refs_in
from maju.formats.versions import Version

__all__ = ["Step", "in_order", "takes_masks_off"]


@dataclass(frozen=True)
class Step:
    """One call of a layer, the `index`-th of that layer, at its place in the order.

    `done_with` are the tensors that no later step needs.
    """

    call: CallSpec
    index: int
    done_with: tuple[TensorRef, ...] = ()

    @property
    def key(self) -> str:
        """A name of its own for the call: the layer's, numbered from the second call on."""
        return self.call.layer if self.index == 0 else f"{self.call.layer}:{self.index}"


def in_order(spec: ModelSpec) -> list[Step]:
    """The calls of a graph, each after those whose tensors it takes.

    Raises:
        ModelFormatError: a call takes a tensor that no call gives, or calls wait for one another.
    """
    names = {layer.name for layer in spec.layers}
    counts: dict[str, int] = {}
    waiting: dict[tuple[str, int], CallSpec] = {}
    for call in spec.calls:
        index = counts[call.layer] = counts.get(call.layer, -1) + 1
        waiting[call.layer, index] = call
    entries = {(ref.layer, ref.call) for ref in refs_in(spec.inputs)}
    given = entries | set(waiting)
    for who, refs in [
        *((f"layer {shorten(call.layer)!r}", refs_in([call.args, call.kwargs])) for call in spec.calls),
        ("the model's output", refs_in(spec.outputs)),
        ("the model's input", refs_in(spec.inputs)),
    ]:
        for ref in refs:
            if ref.layer not in names or (ref.layer, ref.call) not in given:
                raise ModelFormatError(
                    f"{who} refers to call {ref.call} of layer {shorten(ref.layer)!r}, which is not there"
                )
    for key in entries & set(waiting):
        del waiting[key]

    blocked, needed_by = {}, defaultdict(list)  # how many tensors a call waits for; which calls wait
    for key, call in waiting.items():
        sources = {(ref.layer, ref.call) for ref in refs_in([call.args, call.kwargs])} - entries
        blocked[key] = len(sources)
        for source in sources:
            needed_by[source].append(key)
    ready = deque(key for key, count in blocked.items() if not count)
    ordered = []
    while ready:
        key = ready.popleft()
        ordered.append(Step(waiting.pop(key), key[1]))
        for after in needed_by[key]:
            blocked[after] -= 1
            if not blocked[after]:
                ready.append(after)
    if waiting:
        circle = ", ".join(sorted({layer for layer, _ in waiting}))
        raise ModelFormatError(f"the graph runs in a circle through {shorten(circle)}")
    if takes_masks_off(spec):
        ordered = in_keras_order(ordered, spec)
    return _with_lifetimes(ordered, set(refs_in(spec.outputs)))


def takes_masks_off(spec: ModelSpec) -> bool:
    """Whether a layer of the graph takes the masks off its inputs, so that later calls find none.

    Keras's MultiHeadAttention does so since 3.8, which makes it matter which of two calls comes first.
    """
    attends = any(layer.class_name == "MultiHeadAttention" for layer in spec.layers)
    return attends and Version(spec.keras_version).numbers >= (3, 8)


def in_keras_order(steps: list[Step], spec: ModelSpec) -> list[Step]:
    """The steps in the order in which Keras computes them: by how far each is from the outputs.

    Steps that are equally far keep the order in which a search back from the outputs meets them; where that
    search goes on to several at once, Keras's order is left to chance.
    """
    known = {(step.call.layer, step.index): step for step in steps}
    parents = {key: _parents(step.call, known) for key, step in known.items()}
    distances: dict[tuple[str, int], int] = {}
    furthest: dict[str, int] = {}  # of the calls of a layer
    for key in reversed(_back_from(_parents(CallSpec("", (spec.outputs,)), known), parents)):
        distance = max(distances.setdefault(key, 0), furthest.get(key[0], 0))
        distances[key] = furthest[key[0]] = distance
        for parent in parents[key]:
            distances[parent] = max(distance + 1, distances.get(parent, 0))
    reached = sorted(distances, key=lambda key: -distances[key])
    return [known[key] for key in (*reached, *(key for key in known if key not in distances))]


def _parents(call: CallSpec, known: Mapping[tuple[str, int], Step]) -> list[tuple[str, int]]:
    """The steps whose tensors a call takes, keyword arguments by name."""
    arguments = [call.args, [call.kwargs[key] for key in sorted(call.kwargs)]]
    found = dict.fromkeys((ref.layer, ref.call) for ref in refs_in(arguments))
    return [key for key in found if key in known]


def _back_from(
    ends: list[tuple[str, int]], parents: Mapping[tuple[str, int], list[tuple[str, int]]]
) -> list[tuple[str, int]]:
    """The steps that lead to some, depth first, each after all that it takes."""
    found: dict[tuple[str, int], None] = {}
    for end in ends:
        stack = [(end, iter(parents[end]))]
        while stack:
            key, rest = stack[-1]
            following = next((parent for parent in rest if parent not in found), None)
            if following is None:
                found[key] = None
                stack.pop()
            else:
                stack.append((following, iter(parents[following])))
    return list(found)


def _with_lifetimes(steps: list[Step], outputs: set[TensorRef]) -> list[Step]:
    """The same steps, each with the tensors that it is the last to need."""
    seen: set[TensorRef] = set(outputs)
    reversed_steps = []
    for step in reversed(steps):
        needed = dict.fromkeys(refs_in([step.call.args, step.call.kwargs]))
        last = tuple(ref for ref in needed if ref not in seen)
        seen |= set(last)
        reversed_steps.append(Step(step.call, step.index, last))
    return reversed_steps[::-1]
