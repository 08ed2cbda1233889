"""Recurrent layers: the sums of the input for all steps at once, then a scan over the steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maju.engine.frame import Frame
from maju.engine.kernels.kernel import FLOAT32, Kernel, Places, Readable
from maju.engine.kernels.scans import SCANS, Scan
from maju.engine.lowering import Instruction
from maju.layers.base import Array
from maju.layers.bidirectional import BidirectionalLayer
from maju.layers.cell import Cell
from maju.layers.embedding import EmbeddingLayer
from maju.layers.recurrent import RecurrentLayer
from maju.models.graph_layer import take_room

__all__ = ["RecurrentKernel", "scan_of"]


def scan_of(layer: RecurrentLayer) -> type[Scan] | None:
    """What scans a layer's steps; None where only its cell can."""
    cell = layer.cell
    if layer.stateful or layer.return_state or (layer.zero_output_for_mask and not layer.return_sequences):
        return None
    return SCANS.get(type(cell)) if isinstance(cell, Cell) and cell.is_usual else None


class RecurrentKernel(Kernel):
    """A recurrent layer, or both halves of a Bidirectional one, with an embedding before it if there is one.

    With an embedding, x·W + b is no product any more, but a row of the table E·W + b that is made once.
    """

    kind = "sums at once, then a scan"

    def __init__(
        self,
        instructions: Sequence[Instruction],
        places: Places,
        embedding: EmbeddingLayer | None,
        layer: RecurrentLayer | BidirectionalLayer,
    ) -> None:
        super().__init__(instructions, places)
        self.parts = [Readable(instruction, places) for instruction in instructions]
        self.embedding = embedding
        self.layer = layer
        if isinstance(layer, BidirectionalLayer):
            self.halves = [layer.forward_layer, layer.backward_layer]
            self.merge_mode = layer.merge_mode
        else:
            self.halves = [layer]
        scans = [(scan_of(half), half.cell) for half in self.halves]
        self.scans = [scan(cell) for scan, cell in scans if scan is not None and isinstance(cell, Cell)]
        self.tables = [] if embedding is None else [scan.sums(embedding.embeddings) for scan in self.scans]
        (self.x,), (self.y,) = self.reads, self.writes

    def run(self, frame: Frame) -> None:
        x, mask = frame.values[self.x], frame.masks[self.x]
        if self.embedding is None:
            inputs = len(self.scans[0].kernel)
            fits = type(x) is np.ndarray and x.dtype is FLOAT32 and x.ndim == 3 and x.shape[2] == inputs
        else:
            fits = type(x) is np.ndarray and x.dtype.kind in "iu" and x.ndim == 2 and mask is None
        if not fits or not x.size or (mask is not None and np.shape(mask) != x.shape[:2]):
            for part in self.parts:
                part.run(frame)
            return
        if self.embedding is not None:
            ids = self.embedding._ids(x)
            mask = self.embedding.compute_mask(x)
            sums = [_gathered(table, ids, frame) for table in self.tables]
        else:
            sums = [_projected(scan, x, frame) for scan in self.scans]
        kept = None if mask is None else np.asarray(mask, bool)
        frame.values[self.y] = self._merged(x.shape[0], x.shape[1], sums, kept, frame)
        frame.masks[self.y] = self.layer.compute_mask(x, mask)
        for array in sums:
            frame.done_with(array)

    def _merged(self, rows: int, time: int, sums: list[Array], mask: Array | None, frame: Frame) -> Array:
        units = [scan.units for scan in self.scans]
        sequences = self.halves[0].return_sequences
        shape = (rows, time) if sequences else (rows,)
        take_room(frame.room, rows * (time if sequences else 1) * sum(units), self.layer)
        if len(self.scans) == 1:
            y = frame.arena.take(*shape, units[0])
            self._scan(0, sums[0], mask, y, frame, in_time=False)
            return y
        if self.merge_mode == "concat":
            y = frame.arena.take(*shape, sum(units))
            self._scan(0, sums[0], mask, y[..., : units[0]], frame, in_time=True)
            self._scan(1, sums[1], mask, y[..., units[0] :], frame, in_time=True)
            return y
        y, other = frame.arena.take(*shape, units[0]), frame.scratch(*shape, units[1])
        self._scan(0, sums[0], mask, y, frame, in_time=True)
        self._scan(1, sums[1], mask, other, frame, in_time=True)
        (np.multiply if self.merge_mode == "mul" else np.add)(y, other, out=y)
        if self.merge_mode == "ave":
            y /= 2
        frame.done_with(other)
        return y

    def _scan(
        self, half: int, sums: Array, mask: Array | None, y: Array, frame: Frame, in_time: bool
    ) -> None:
        """One half's outputs into y.

        Args:
            in_time: whether a sequence stands in y in the order of time, whatever that of the steps.
        """
        layer = self.halves[half]
        steps = range(len(sums))
        order = steps[::-1] if layer.go_backwards else steps
        track = None
        if layer.return_sequences:
            backwards = in_time and half == 1  # the second half is turned, whichever way it goes
            track = y.swapaxes(0, 1)[:: -1 if backwards else 1]
        last = self.scans[half].run(sums, order, mask, track, layer.zero_output_for_mask, frame)
        if track is None:
            y[...] = last


def _gathered(table: Array, ids: Array, frame: Frame) -> Array:
    """The sums of each token, (time, batch, sums)."""
    y = frame.scratch(*ids.T.shape, table.shape[1])
    np.take(table, ids.T, axis=0, out=y, mode="clip")  # in range, as the embedding has seen to it
    return y


def _projected(scan: Scan, x: Array, frame: Frame) -> Array:
    """x·W + b of each step, (time, batch, sums)."""
    rows, time, inputs = x.shape
    steps = frame.scratch(time, rows, inputs)
    np.copyto(steps, x.swapaxes(0, 1))
    y = frame.scratch(time, rows, scan.kernel.shape[1])
    scan.sums(steps.reshape(-1, inputs), out=y.reshape(time * rows, -1))
    frame.done_with(steps)
    return y
