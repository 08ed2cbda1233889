"""Running a model's plan over any number of rows: in tiles, by several threads."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from maju import threads
from maju.engine.arena import Arena
from maju.engine.collected import Collected
from maju.engine.fingerprint import fingerprint
from maju.engine.plan import Plan
from maju.formats.specification import TensorRef
from maju.layers.base import Array
from maju.models.graph_layer import GraphLayer

__all__ = ["Runner", "runner_of"]


class Runner:
    """A plan with the memory of the threads that run it.

    Each tile is computed by itself, from the first step to the last, so that what it needs stays in the
    cache of the core that does it, and memory grows with the tile and not with the number of rows.

    Args:
        model: what is run; its weights are to stay as they are.
    """

    def __init__(self, model: GraphLayer) -> None:
        self.plan = Plan(model)
        self._arenas: list[Arena] = []
        self._in_order = model.stateful

    def run(
        self, inputs: Mapping[TensorRef, Array], batch_size: int, out: Mapping[TensorRef, Array] | None = None
    ) -> dict[TensorRef, Array]:
        """Every output of the model for all rows, by its tensor.

        Args:
            inputs: what `maju.models.inputs.bind` gives.
            batch_size: how many rows are computed together, where that may matter to what comes out.
            out: arrays to put the outputs into.

        Raises:
            InputError: an input does not fit the model, an output not `out`, or an output is a single number.
        """
        rows = len(next(iter(inputs.values())))
        tile = batch_size if self.plan.mixes_rows else self.plan.tile
        room = out or {}
        outputs = {ref: Collected(ref.layer, rows, room.get(ref)) for ref in self.plan.outputs}

        def compute(start: int) -> None:
            part = {ref: x[start : start + tile] for ref, x in inputs.items()}
            arena = self._arena()
            frame = self.plan.run(part, arena)
            for ref, place in self.plan.outputs.items():
                outputs[ref].put(start, min(start + tile, rows), np.asarray(frame.values[place]))
            self.plan.done_with(frame)
            self._arenas.append(arena)

        starts = range(0, max(rows, 1), tile)
        if self._in_order:
            for start in starts:
                compute(start)
        else:
            threads.each(compute, starts)
        return {ref: output.whole() for ref, output in outputs.items()}

    def _arena(self) -> Arena:
        try:
            return self._arenas.pop()
        except IndexError:  # all others are at work
            return Arena()


_runners: WeakKeyDictionary[GraphLayer, tuple[Runner, Any]] = WeakKeyDictionary()
_lock = threading.Lock()


def runner_of(model: GraphLayer) -> Runner:
    """The runner of a model, made anew when a weight or a setting of its layers has changed.

    Whether one has need not be looked at as long as nobody was handed a layer.
    """
    with _lock:
        runner, made_of = _runners.get(model, (None, None))
        now = fingerprint(model) if model.handed_out else None
        if runner is None or now != made_of:
            runner = Runner(model)
            _runners[model] = runner, now
        return runner
