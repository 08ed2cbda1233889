"""Running a plan over any number of rows: in tiles, by several threads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from maju import threads
from maju.engine.arena import Arena
from maju.engine.frame import Frame
from maju.engine.plan import Plan
from maju.formats.specification import TensorRef
from maju.layers.base import Array

__all__ = ["Runner"]


class Runner:
    """A plan with the memory of its threads.

    Each tile is computed by itself, from first step to last, so that what it needs stays in the cache of
    the core that does it, and memory grows with the tile and not with the number of rows.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._arenas: list[Arena] = []

    def run(self, inputs: Mapping[TensorRef, Array], tile: int) -> dict[int, Array]:
        """The outputs of all rows, by their places in the frame.

        Args:
            inputs: what `maju.models.inputs.bind` gives.
            tile: how many rows are computed at a time.
        """
        rows = len(next(iter(inputs.values())))
        starts = range(0, max(rows, 1), tile)
        first = self._tile(inputs, 0, min(tile, rows), {}, rows)
        if len(starts) > 1:
            rest = starts[1:]
            threads.each(lambda start: self._tile(inputs, start, min(start + tile, rows), first, rows), rest)
        return first

    def _tile(
        self, inputs: Mapping[TensorRef, Array], start: int, stop: int, outputs: dict[int, Array], rows: int
    ) -> dict[int, Array]:
        """Compute some rows into `outputs`, which are made with the first of them."""
        arena = self._arenas.pop() if self._arenas else Arena()
        try:
            frame = self.plan.run({ref: x[start:stop] for ref, x in inputs.items()}, arena)
            for place, value in self._found(frame).items():
                if start == 0:
                    outputs[place] = np.empty((rows, *value.shape[1:]), value.dtype)
                outputs[place][start:stop] = value
            self.plan.done_with(frame)
        finally:
            self._arenas.append(arena)
        return outputs

    def _found(self, frame: Frame) -> dict[int, Array]:
        return {place: np.asarray(frame.values[place]) for place in self.plan.output_places}
