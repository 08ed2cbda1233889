"""Scans: the steps of a recurrent layer, given the sums x·W + b of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from maju.engine.frame import Frame
from maju.layers.base import Array
from maju.layers.cell import Cell
from maju.layers.gru_cell import GRUCell
from maju.layers.lstm_cell import LSTMCell
from maju.layers.simple_rnn_cell import SimpleRNNCell

__all__ = ["SCANS", "GRUScan", "LSTMScan", "Scan", "SimpleRNNScan"]

#: Numbers that need not be made anew at every step.
ONE, HALF = np.float32(1), np.float32(0.5)


class Scan:
    """A cell's steps, with weights as the scan wants them.

    The sigmoid is σ(x) = (1 + tanh(x / 2)) / 2, so that one call of tanh does all gates: the halves are in
    the weights.

    Attributes:
        kernel, bias: those of the sums, (inputs, sums) and (sums,).
        recurrent_kernel: (units, sums).
    """

    def __init__(self, cell: Cell) -> None:
        self.units = cell.units
        scale = self.scale(cell)
        self.kernel = np.ascontiguousarray(cell.kernel * scale)
        self.recurrent_kernel = np.ascontiguousarray(cell.recurrent_kernel * scale)
        self.bias = None if cell.bias is None else self.bias_of(cell) * scale

    def scale(self, cell: Cell) -> Array:
        """What each sum is multiplied with beforehand."""
        return np.ones(cell.kernel.shape[1], np.float32)

    def bias_of(self, cell: Cell) -> Array:
        """The bias of the sums."""
        return np.asarray(cell.bias)

    def sums(self, x: Array, out: Array | None = None) -> Array:
        """x·W + b, (rows, sums)."""
        y = np.matmul(x, self.kernel, out=out)
        if self.bias is not None:
            y += self.bias
        return y

    def run(
        self,
        sums: Array,
        order: Sequence[int],
        mask: Array | None,
        track: Array | None,
        zero_output: bool,
        frame: Frame,
    ) -> Array:
        """Take the steps.

        Args:
            sums: (time, batch, sums); what is in them afterwards is of no use.
            order: the steps, as they are taken.
            mask: (batch, time): False where a step leaves a row as it was.
            track: where the outputs go, (time, batch, units), in the order in which the steps are taken.
            zero_output: whether a masked step's output is 0 rather than the one before it.

        Returns:
            the last output.
        """
        h, *rest = states = [np.zeros((sums.shape[1], self.units), np.float32) for _ in range(self.states)]
        room = self.room(sums.shape[1], frame)
        past = [np.empty_like(state) for state in states]
        whole = None if mask is None else mask.all(axis=0)
        for n, t in enumerate(order):
            if mask is None or whole[t]:  # type: ignore[index]
                self.step(sums[t], h, rest, room)
                if track is not None:
                    track[n] = h
                continue
            off = ~mask[:, t, np.newaxis]
            for state, before in zip(states, past, strict=True):
                np.copyto(before, state)
            self.step(sums[t], h, rest, room)
            for state, before in zip(states, past, strict=True):
                np.copyto(state, before, where=off)
            if track is not None:
                track[n] = h
                if zero_output:
                    np.copyto(track[n], 0, where=off)
        for array in room:
            frame.done_with(array)
        return h

    #: How many states there are.
    states = 1

    def room(self, rows: int, frame: Frame) -> list[Array]:
        """The memory that `step` works in, and views of it, which are costly to make at every step."""
        return [frame.scratch(rows, self.recurrent_kernel.shape[1])]

    def step(self, z: Array, h: Array, rest: list[Array], room: list[Array]) -> None:
        """One step, which writes the states after it over those before it, given its sums z."""
        raise NotImplementedError


class SimpleRNNScan(Scan):
    """hₜ = tanh(zₜ + hₜ₋₁·U)."""

    def step(self, z: Array, h: Array, rest: list[Array], room: list[Array]) -> None:
        (product,) = room
        np.matmul(h, self.recurrent_kernel, out=product)
        product += z
        np.tanh(product, out=h)


class LSTMScan(Scan):
    """i, f, c̃, o of one tanh; c = f ∘ c + i ∘ c̃; h = o ∘ tanh(c). The gates in the order i f o c̃."""

    states = 2

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        i, f, c, o = (np.arange(cell.units) + n * cell.units for n in range(4))
        order = np.concatenate([i, f, o, c])
        self.kernel = np.ascontiguousarray(self.kernel[:, order])
        self.recurrent_kernel = np.ascontiguousarray(self.recurrent_kernel[:, order])
        self.bias = None if self.bias is None else self.bias[order]

    def scale(self, cell: Cell) -> Array:
        return np.repeat(np.array([0.5, 0.5, 1, 0.5], np.float32), cell.units)

    def room(self, rows: int, frame: Frame) -> list[Array]:
        (product,) = super().room(rows, frame)
        parts = np.split(product, 4, axis=1)
        return [product, product[:, : 3 * self.units], *parts, frame.scratch(rows, self.units)]

    def step(self, z: Array, h: Array, rest: list[Array], room: list[Array]) -> None:
        product, gates, i, f, o, candidate, share = room
        (c,) = rest
        np.matmul(h, self.recurrent_kernel, out=product)
        np.add(product, z, out=product)
        np.tanh(product, out=product)
        np.add(gates, ONE, out=gates)
        np.multiply(gates, HALF, out=gates)
        np.multiply(c, f, out=c)
        np.multiply(i, candidate, out=share)
        np.add(c, share, out=c)
        np.tanh(c, out=share)
        np.multiply(o, share, out=h)


class GRUScan(Scan):
    """z and r of one tanh; h̃ = tanh(sum + r ∘ (h·Uh + bh′)), or of (r ∘ h)·Uh; h = h̃ + z ∘ (h − h̃)."""

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        assert isinstance(cell, GRUCell)
        self.reset_after = cell.reset_after
        units = cell.units
        self.of_gates = np.ascontiguousarray(self.recurrent_kernel[:, : 2 * units])
        self.of_candidate = np.ascontiguousarray(self.recurrent_kernel[:, 2 * units :])
        self.inner_bias = None
        if cell.bias is not None and cell.reset_after:
            self.inner_bias = cell.bias[1, 2 * units :]

    def scale(self, cell: Cell) -> Array:
        return np.repeat(np.array([0.5, 0.5, 1], np.float32), cell.units)

    def bias_of(self, cell: Cell) -> Array:
        assert isinstance(cell, GRUCell)
        if not cell.reset_after:
            return super().bias_of(cell)
        of_input, of_state = super().bias_of(cell)
        both: Array = of_input + of_state
        both[2 * cell.units :] = of_input[2 * cell.units :]  # the other one goes through the reset gate
        return both

    def room(self, rows: int, frame: Frame) -> list[Array]:
        units = self.units
        if self.reset_after:
            product = frame.scratch(rows, 3 * units)
            gates, inner = product[:, : 2 * units], product[:, 2 * units :]
        else:
            product = gates = frame.scratch(rows, 2 * units)
            inner = frame.scratch(rows, units)
        return [product, gates, gates[:, :units], gates[:, units:], inner]

    def step(self, z: Array, h: Array, rest: list[Array], room: list[Array]) -> None:
        product, gates, update, reset, inner = room
        np.matmul(h, self.recurrent_kernel if self.reset_after else self.of_gates, out=product)
        np.add(gates, z[:, : 2 * self.units], out=gates)
        np.tanh(gates, out=gates)
        np.add(gates, ONE, out=gates)
        np.multiply(gates, HALF, out=gates)
        if self.reset_after:
            if self.inner_bias is not None:
                np.add(inner, self.inner_bias, out=inner)
            np.multiply(inner, reset, out=inner)
        else:
            np.multiply(reset, h, out=reset)
            np.matmul(reset, self.of_candidate, out=inner)
        np.add(inner, z[:, 2 * self.units :], out=inner)
        np.tanh(inner, out=inner)
        np.subtract(h, inner, out=h)
        np.multiply(h, update, out=h)
        np.add(h, inner, out=h)


SCANS: Mapping[type[Any], type[Scan]] = {SimpleRNNCell: SimpleRNNScan, LSTMCell: LSTMScan, GRUCell: GRUScan}
