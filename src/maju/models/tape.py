"""What the way back through a graph needs, call by call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from maju.errors import GradientError
from maju.formats.specification import TensorRef, refs_in
from maju.layers.base import Array, Gradients

__all__ = ["CallBackward", "Tape", "Watch", "spread"]

#: The way back through one call: the gradients of its outputs -> those of the tensors that it was given, in
#: their nesting (None where none goes back), and those of the weights.
CallBackward: TypeAlias = Callable[[list[Array]], tuple[Any, Gradients]]


class Watch(Protocol):
    """Sees the outputs of every layer of a graph, and of the graphs in it, as they are computed."""

    def __call__(self, layer: Any, outputs: list[Any]) -> Sequence[Array | None]:
        """What to add to the gradient of each output on the way back; None for nothing."""


@dataclass(frozen=True)
class _Call:
    node: Any
    sources: Any
    outputs: list[TensorRef]
    zeros: list[tuple[tuple[int, ...], Any]]  # the shape and the type of each output
    extra: Sequence[Array | None]
    back: CallBackward


class Tape:
    """The calls of one run through a graph, each with its way back.

    Args:
        to_inputs: whether gradients are to go back to the inputs; or else to the weights alone, so that calls
            with none before them need no way back.
        watch: sees what is computed; None for nobody.
        watch_back: sees a layer and what it sends back, to what it was given and to its weights.
    """

    def __init__(
        self,
        to_inputs: bool = True,
        watch: Watch | None = None,
        watch_back: Callable[[Any, Any, Gradients], None] | None = None,
    ) -> None:
        self.to_inputs = to_inputs
        self.watch = watch
        self.watch_back = watch_back
        self._calls: list[_Call] = []
        self._moved_by_weights: set[TensorRef] = set()

    def inner(self) -> Tape:
        """An empty one for a graph within the graph."""
        return Tape(True, self.watch, self.watch_back)

    def goes_back_to(self, sources: Any) -> bool:
        """Whether gradients are to go back to what a call was given, or end at the call's own weights."""
        return self.to_inputs or any(ref in self._moved_by_weights for ref in refs_in(sources))

    def record(
        self, node: Any, sources: Any, refs: list[TensorRef], outputs: list[Any], back: CallBackward | None
    ) -> None:
        """Note a call.

        Args:
            node: the layer or the operation.
            sources: what the call was given: `TensorRef`s in a nesting.
            refs, outputs: the tensors that came out of it.
            back: the way back; None where the outputs jump.

        Raises:
            GradientError: they jump, and there are weights before them, which no gradient would reach.
        """
        extra = [None] * len(outputs) if self.watch is None else self.watch(node, outputs)
        moved = any(ref in self._moved_by_weights for ref in refs_in(sources))
        if back is None:
            if moved:
                reason = "has no gradient, and there are weights before it, which would never learn"
                raise GradientError(f"layer {node.name!r} ({node.keras_class}) {reason}")
            return
        if moved or getattr(node, "weights", None):
            self._moved_by_weights.update(refs)
        elif not self.to_inputs:
            return
        zeros = [(np.shape(y), np.asarray(y).dtype) for y in outputs]
        self._calls.append(_Call(node, sources, refs, zeros, extra, back))

    def back(self, gradients: dict[TensorRef, Array]) -> Gradients:
        """Take the calls back, the last one first, and let go of what each has kept.

        Args:
            gradients: of the tensors that the run came to; those of all others, the inputs among them, are
                added.

        Returns:
            the gradients of the weights by ``layer/weight``; those of calls that led nowhere are missing.
        """
        total: Gradients = {}
        while self._calls:
            call = self._calls.pop()
            dys = [
                _sum(gradients.pop(ref, None), extra)
                for ref, extra in zip(call.outputs, call.extra, strict=True)
            ]
            if all(dy is None for dy in dys):
                continue
            filled = [np.zeros(*zero) if dy is None else dy for dy, zero in zip(dys, call.zeros, strict=True)]
            d_sources, of_weights = call.back(filled)
            if self.watch_back is not None:
                self.watch_back(call.node, d_sources, of_weights)
            for name, gradient in of_weights.items():
                total[f"{call.node.name}/{name}"] = _sum(total.get(f"{call.node.name}/{name}"), gradient)
            spread(call.sources, d_sources, gradients)
        return total


def _sum(a: Any, b: Any) -> Any:
    if a is None or b is None:
        return b if a is None else a
    return a + b


def spread(sources: Any, d_sources: Any, gradients: dict[TensorRef, Array]) -> None:
    """Add each gradient in a nesting to that of the tensor which stands at its place in another."""
    if d_sources is None:
        return
    if isinstance(sources, TensorRef):
        gradients[sources] = _sum(gradients.get(sources), d_sources)
    elif isinstance(sources, Mapping):
        for key, part in sources.items():
            if key in d_sources:
                spread(part, d_sources[key], gradients)
    elif isinstance(sources, (list, tuple)):
        for part, d_part in zip(sources, d_sources, strict=False):
            spread(part, d_part, gradients)
