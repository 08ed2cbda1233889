"""What the sweeps of the recurrent cells have in common: a whole sequence at once, and back."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from maju.layers.base import Array, Gradients
from maju.layers.cell import Cell, States
from maju.threads import each, is_part, matmul

__all__ = ["Sweep", "sigmoid_in_place", "swept"]

#: How many values the gates have at one step, at least, in half of a batch that is done by itself.
LEAST_OF_HALF = 1 << 12


class Sweep:
    """A cell's way through a sequence, with all that no step waits for done for all steps at once.

    A step waits for the states before it alone. So the sums x·W + b of all steps are one product; on the way
    back the slopes of all steps are known beforehand, and the gradients dW = Xᵀ·dZ, dU = Hᵀ·dZ and
    dX = dZ·Wᵀ are one product each behind it. A subclass says what is left to do step by step. The outcome is
    that of the cell's `step` and `step_vjp` at every step.

    A sweep holds the gates one behind another, where the weights hold them side by side: so the values of one
    gate at one step lie together in memory.

    Args:
        cell: the cell.
        x: the sequence, in the order in which the steps are taken, (time, batch, inputs).
        first: the states before the first step, each (batch, units).
        off: which rows each step leaves out, (time, batch, 1) of bool; their states stay. None: no rows.

    Attributes:
        states: each state before the first step and after every one, (1 + time, batch, units).
        z: the gates at every step, (gates, time, batch, units).
    """

    #: The gates in the order of `z`, each by its place in the weights.
    order: ClassVar[tuple[int, ...]]

    def __init__(self, cell: Cell, x: Array, first: States, off: Array | None) -> None:
        self.cell = cell
        self.x = x
        self.off = off
        self.recurrent_kernel = self.by_gate(cell.recurrent_kernel)
        time, batch, inputs = x.shape
        sums = matmul(x.reshape(-1, inputs), cell.kernel)
        if cell.bias is not None:
            sums += self.bias_of_input
        self.z = self.by_gate(sums.reshape(time, batch, -1))
        self.states = tuple(np.empty((1 + time, *state.shape), self.z.dtype) for state in first)
        for track, state in zip(self.states, first, strict=True):
            track[0] = state
        self.begin()
        #: Whether a step leaves out any row.
        self.incomplete = np.zeros(time, bool) if off is None else np.asarray(off.any(axis=(1, 2)))
        with np.errstate(over="ignore", under="ignore"):
            for t in range(time):
                self.advance(t)
                if off is not None and self.incomplete[t]:
                    for track in self.states:
                        np.copyto(track[t + 1], track[t], where=off[t])

    # What a subclass says

    def begin(self) -> None:
        """Make room for what `advance` keeps."""

    def advance(self, t: int) -> None:
        """Step t: makes gates of the sums x·W + b in ``z[:, t]``, and the states ``[t + 1]`` of ``[t]``."""
        raise NotImplementedError

    def slopes(self) -> Array:
        """What the gradients of the states, when they come, make those of the gates' sums: factors.

        (sums, time, batch, units), an array of its own: 0 is written where a step leaves out a row.
        """
        raise NotImplementedError

    def retreat(self, t: int, dz: Array, d_states: States) -> None:
        """Step t back, but for what goes back through h·U.

        Makes gradients of the slopes ``dz[:, t]``, and the gradients of the states before the step of those
        after it, all in place.
        """
        raise NotImplementedError

    #: Which of the sums are made with W, and which with U.
    of_input: ClassVar[slice | list[int]] = slice(None)
    of_state: ClassVar[slice | list[int]] = slice(None)

    @property
    def bias_of_input(self) -> Array:
        """The bias that stands beside x·W, (gates · units,)."""
        assert self.cell.bias is not None
        return self.cell.bias

    def bias_gradient(self, of_input: Array, of_state: Array) -> Array:
        """The gradient of the bias, from the sums of those of x·W and of h·U, each (gates · units,)."""
        return of_input

    # The way back

    def back(self, d_output: Array | None, d_last: States) -> tuple[Array, States, Gradients]:
        """The way back from the states.

        Args:
            d_output: the gradient of the first state after each step, (time, batch, units); None for zeros.
            d_last: that of each state after the last step, which comes on top.

        Returns:
            the gradients of x, of the states before the first step, and of each weight by its name.
        """
        with np.errstate(over="ignore", under="ignore"):
            dz = self.slopes()
            if self.off is not None:
                np.copyto(dz, 0, where=self.off)
            across = self.recurrent_kernel.transpose(0, 2, 1)
            of_gates = np.empty_like(self.z[:, 0])
            d_states = tuple(np.array(d, self.z.dtype) for d in d_last)
            for t in reversed(range(len(self.x))):
                if d_output is not None:
                    d_states[0][...] += d_output[t]
                past = [d.copy() for d in d_states] if self.incomplete[t] else []
                self.retreat(t, dz, d_states)
                d_states[0][...] += np.matmul(dz[self.of_state, t], across, out=of_gates).sum(axis=0)
                if self.off is not None:
                    for d, d_past in zip(d_states, past, strict=False):
                        np.copyto(d, d_past, where=self.off[t])
            dx, gradients = self._through_sums(dz)
        return dx, d_states, gradients

    def _through_sums(self, dz: Array) -> tuple[Array, Gradients]:
        """What the gradients of the gates' sums send back to x and to the weights."""
        same = self.of_input == self.of_state
        of_input = _rows(self.side_by_side(dz[self.of_input]))
        of_state = of_input if same else _rows(self.side_by_side(dz[self.of_state]))
        gradients = {
            "kernel": matmul(_rows(self.x).T, of_input),
            "recurrent_kernel": matmul(_rows(self.states[0][:-1]).T, of_state),
        }
        if self.cell.bias is not None:
            gradients["bias"] = self.bias_gradient(of_input.sum(axis=0), of_state.sum(axis=0))
        return matmul(of_input, self.cell.kernel.T).reshape(self.x.shape), gradients

    # The gates in memory

    def by_gate(self, weight: Array) -> Array:
        """(..., gates · units) -> (gates, ..., units)."""
        parts = np.split(weight, self.cell.gates, axis=-1)
        return np.stack([parts[place] for place in self.order])

    def side_by_side(self, gates: Array) -> Array:
        """The way back from `by_gate`."""
        return np.concatenate([gates[self.order.index(place)] for place in range(len(gates))], axis=-1)


class Halves:
    """A `Sweep` over each half of a batch, at the same time: no row waits for another.

    Attributes:
        states: as those of a `Sweep`.
    """

    def __init__(
        self, sweep: type[Sweep], cell: Cell, x: Array, first: States, off: Array | None, middle: int
    ) -> None:
        self.rows = [slice(0, middle), slice(middle, None)]

        def of_half(rows: slice) -> Sweep:
            start = tuple(state[rows] for state in first)
            return sweep(cell, np.ascontiguousarray(x[:, rows]), start, None if off is None else off[:, rows])

        self.halves = each(of_half, self.rows)
        tracks = zip(*(half.states for half in self.halves), strict=True)
        self.states = tuple(np.concatenate(parts, axis=1) for parts in tracks)

    def back(self, d_output: Array | None, d_last: States) -> tuple[Array, States, Gradients]:
        """As `Sweep.back`; the gradients of the weights are those of both halves together."""

        def of_half(part: tuple[Sweep, slice]) -> tuple[Array, States, Gradients]:
            half, rows = part
            return half.back(None if d_output is None else d_output[:, rows], tuple(d[rows] for d in d_last))

        ahead, behind = each(of_half, list(zip(self.halves, self.rows, strict=True)))
        d_states = tuple(np.concatenate(parts) for parts in zip(ahead[1], behind[1], strict=True))
        gradients = {name: gradient + behind[2][name] for name, gradient in ahead[2].items()}
        return np.concatenate([ahead[0], behind[0]], axis=1), d_states, gradients


def swept(sweep: type[Sweep], cell: Cell, x: Array, first: States, off: Array | None) -> Sweep | Halves:
    """A sweep, in halves where these are large, and not part of what several threads do already."""
    middle = x.shape[1] // 2
    if is_part() or middle * cell.kernel.shape[-1] < LEAST_OF_HALF:
        return sweep(cell, x, first, off)
    return Halves(sweep, cell, x, first, off, middle)


def _rows(steps: Array) -> Array:
    """(time, batch, n) -> (time · batch, n)."""
    return steps.reshape(-1, steps.shape[-1])


def sigmoid_in_place(x: Array) -> None:
    """σ(x) = 1 / (1 + e⁻ˣ), written over x."""
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    np.reciprocal(x, out=x)
