"""What recurrent layers have in common: a cell carried over the steps of a sequence, with its mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.layers.base import Array, Backward, Gradients, Layer, Shape
from maju.layers.cell import AnyCell, Cell, States, StepBackward
from maju.layers.dtypes import as_float
from maju.layers.sweep import Sweep, swept

__all__ = ["RecurrentLayer", "flat_states", "several_shapes"]


class RecurrentLayer(Layer):
    """Carry a cell over a sequence: statesₜ = cell(xₜ, statesₜ₋₁).

    The states before the first step are zeros, or those that are given as ``initial_state``; a layer that is
    ``stateful`` starts from those that it ended with at its last call, row by row, until `reset_states`.

    A step that the mask leaves out keeps the states, and repeats the output before it (zeros where no
    step came before, or everywhere with ``zero_output_for_mask``). With ``go_backwards`` the steps are taken
    from the last to the first, and a returned sequence is in the order in which they were taken.

    Shapes:
        x: (batch, time, inputs), or the list [x, state, ...] of it and the states to start from.
        mask: (batch, time) of bool. Each state: (batch, units).
        y: (batch, units), the last output; with ``return_sequences`` all of them, (batch, time, units);
        with ``return_state`` the list [y, state, ...] of it and the states after the last step.

    Attributes:
        cell: the cell that takes one step; it holds the weights.
        states: those after the last call of a stateful layer; None before the first. No file holds them.
    """

    masking = "uses"
    call_arguments = ("initial_state", "mask", "training")
    keeps = ("states",)
    #: The layer's own hyper-parameters; the others are the cell's.
    own = ("return_sequences", "return_state", "go_backwards", "stateful", "zero_output_for_mask")
    choices = dict.fromkeys(own, (False, True))
    only = {"time_major": False, "unroll": ..., "implementation": ..., "use_cudnn": ...}
    cell: AnyCell

    def __init__(
        self,
        cell: AnyCell,
        *,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        zero_output_for_mask: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.zero_output_for_mask = zero_output_for_mask
        self.states: States | None = None

    @property
    def weights(self) -> dict[str, Array]:
        return {f"cell/{name}": array for name, array in self.cell.weights.items()}

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **self.extra_config, **{key: getattr(self, key) for key in self.own}}

    def reset_states(self) -> None:
        """Let a stateful layer start from zeros again."""
        self.states = None

    def forward(self, x: Any, training: bool = False, mask: Any = None, initial_state: Any = None) -> Any:
        x, mask, states = self._checked(x, mask, initial_state)
        cell = self.cell.for_sequence(x.shape[0], x.shape[2:]) if training else self.cell
        return self._scan(x, mask, states, cell.step)

    def _scan(
        self, x: Array, mask: Array | None, states: States, step: Callable[[Array, States], States]
    ) -> Any:
        """What the layer gives, with a step taken for each time from `states` on."""
        output, outputs = None, []
        for t in self._steps(x):
            after = tuple(self.rounded(state) for state in step(x[:, t], states))
            states, output = self._keep(after, states, output, mask, t)
            outputs.append(output)
        if self.stateful:
            self.states = states
        y = np.stack(outputs, axis=1) if self.return_sequences else output
        return [y, *states] if self.return_state else y

    def _steps(self, x: Array) -> list[int]:
        """The steps in the order in which they are taken."""
        steps = list(range(x.shape[1]))
        return steps[::-1] if self.go_backwards else steps

    def _keep(
        self, after: States, before: States, output: Array | None, mask: Array | None, t: int
    ) -> tuple[States, Array]:
        """The states and the output after step t: in rows where the mask leaves it out, those before it."""
        new_output, after = after[self.cell.output_state], after[: len(before)]
        if mask is None:
            return after, new_output
        repeated = np.zeros_like(new_output) if output is None or self.zero_output_for_mask else output
        states = tuple(
            np.where(_valid(mask, t, new), new, old) for new, old in zip(after, before, strict=True)
        )
        return states, np.where(_valid(mask, t, new_output), new_output, repeated)

    def vjp(
        self, x: Any, training: bool = True, mask: Any = None, initial_state: Any = None
    ) -> tuple[Any, Backward]:
        """Backpropagation through time: the steps are taken back in the opposite order.

        Where states to start from are given, dx is the list of that of x and those of the states.
        """
        given = initial_state is not None or isinstance(x, (list, tuple))
        x, mask, states = self._checked(x, mask, initial_state)
        cell = self.cell.for_sequence(x.shape[0], x.shape[2:]) if training else self.cell
        if cell.sweep is not None and not (self.dtype_policy and self.dtype_policy.half):
            return self._swept(cell.sweep, x, mask, states, given)
        ways_back: list[StepBackward] = []

        def step(x_t: Array, before: States) -> States:
            after, back = cell.step_vjp(x_t, before)
            ways_back.append(back)
            return after

        y = self._scan(x, mask, states, step)

        def backward(dy: Any) -> tuple[Any, Gradients]:
            dx = np.zeros_like(x)
            total: Gradients = {}
            dy, *d_after_last = dy if self.return_state else [dy]
            d_states = tuple(d_after_last) or tuple(np.zeros_like(state) for state in states)
            d_output = 0 if self.return_sequences else dy
            for place, (t, back) in reversed(list(enumerate(zip(self._steps(x), ways_back, strict=True)))):
                if self.return_sequences:
                    d_output = d_output + dy[:, place]
                d_after, d_past, d_output = self._keep_back(d_states, d_output, mask, t)
                dx[:, t], d_before, gradients = back(d_after)
                d_states = tuple(d + past for d, past in zip(d_before, d_past, strict=True))
                for name, gradient in gradients.items():
                    total[f"cell/{name}"] = total.get(f"cell/{name}", 0) + gradient
            return ([dx, *d_states] if given else dx), total

        return y, backward

    def _swept(
        self, sweep: type[Sweep], x: Array, mask: Array | None, states: States, given: bool
    ) -> tuple[Any, Backward]:
        """`vjp` with all steps of a sequence at once."""
        assert isinstance(self.cell, Cell)
        taken = slice(None, None, -1 if self.go_backwards else 1)  # the steps, as they are taken
        off = None if mask is None or mask.all() else ~mask.T[taken, :, np.newaxis]
        run = swept(sweep, self.cell, np.ascontiguousarray(x.swapaxes(0, 1)[taken]), states, off)
        outputs = run.states[0][1:]
        shown: Any = True  # where an output is a state; elsewhere it is 0
        if off is not None:
            shown = ~off if self.zero_output_for_mask else np.logical_or.accumulate(~off)
            outputs = np.where(shown, outputs, 0)
        last = tuple(track[-1].copy() for track in run.states)
        if self.stateful:
            self.states = last
        y = outputs.swapaxes(0, 1) if self.return_sequences else outputs[-1].copy()

        def backward(dy: Any) -> tuple[Any, Gradients]:
            dy, *d_last = dy if self.return_state else [dy]
            d_last = d_last or [np.zeros_like(state) for state in last]
            if self.return_sequences:
                d_outputs = np.where(shown, dy.swapaxes(0, 1), 0)
            else:
                d_outputs = None
                d_last[0] = d_last[0] + np.where(shown if shown is True else shown[-1], dy, 0)
            dx, d_states, gradients = run.back(d_outputs, tuple(d_last))
            dx = dx[taken].swapaxes(0, 1).astype(x.dtype, copy=False)
            total = {f"cell/{name}": gradient for name, gradient in gradients.items()}
            return ([dx, *d_states] if given else dx), total

        return ([y, *last] if self.return_state else y), backward

    def _keep_back(
        self, d_states: States, d_output: Any, mask: Array | None, t: int
    ) -> tuple[States, list[Any], Any]:
        """The way back from `_keep`: to the states after the step, to those before it, and to the output.

        What the mask leaves out flows past the step.
        """
        valid, *of_states = [
            True if mask is None else _valid(mask, t, d) for d in (np.asarray(d_output), *d_states)
        ]
        d_new = tuple(np.where(v, d, 0) for v, d in zip(of_states, d_states, strict=True))
        d_past = [np.where(v, 0, d) for v, d in zip(of_states, d_states, strict=True)]
        d_after = self.cell.with_output(d_new, np.where(valid, d_output, 0))
        return d_after, d_past, np.where(valid | self.zero_output_for_mask, 0, d_output)

    # What is given to it

    def _checked(self, x: Any, mask: Any, initial_state: Any) -> tuple[Array, Array | None, States]:
        """X, its mask and the states to start from.

        Raises:
            InputError: they do not fit the cell, or one another.
        """
        where = f"layer {self.name!r} ({self.keras_class})"
        if isinstance(x, (list, tuple)):
            x, *listed = x
            initial_state = listed if listed else initial_state
            mask = mask[0] if isinstance(mask, (list, tuple)) and len(mask) == 1 + len(listed) else mask
        x, wanted = as_float(x), self.cell.input_shape
        if x.ndim != 2 + len(wanted) or any(
            n is not None and n != m for n, m in zip(wanted, x.shape[2:], strict=True)
        ):
            raise InputError(f"{where}: expected shape (batch, time, {_shown(wanted)}), got {x.shape}")
        if x.shape[1] == 0:
            raise InputError(f"{where}: expected at least one step, got none")
        zeros = self.cell.zero_states(x.shape[0], x.shape[2:])
        if any(0 in state.shape[1:] for state in zeros):
            raise InputError(f"{where}: steps of shape {x.shape[2:]} are smaller than what the kernel covers")
        states = self._first_states(zeros, initial_state, where)
        if mask is None:
            return x, None, states
        mask = np.asarray(mask, bool)
        if mask.shape != x.shape[:2]:
            raise InputError(f"{where}: expected a mask of shape {x.shape[:2]}, got {mask.shape}")
        return x, mask, states

    def _first_states(self, zeros: States, initial_state: Any, where: str) -> States:
        """The states to start from: those that are given, or that are kept, or zeros."""
        if initial_state is None:
            if not self.stateful or self.states is None:
                return zeros
            kept, rows = len(self.states[0]), len(zeros[0])
            if kept != rows:
                raise InputError(
                    f"{where}: it keeps the states of {kept} rows, got {rows}; reset_states() forgets them"
                )
            return self.states
        states = tuple(as_float(state) for state in flat_states(initial_state))
        if [state.shape for state in states] != [zero.shape for zero in zeros]:
            expected = ", ".join(str(zero.shape) for zero in zeros)
            came = ", ".join(str(state.shape) for state in states)
            raise InputError(f"{where}: expected initial states of shape {expected}; got {came or 'none'}")
        return states

    # What is told beforehand

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        first = mask[0] if isinstance(x, (list, tuple)) and isinstance(mask, (list, tuple)) else mask
        kept = first if self.return_sequences else None
        if not self.return_state:
            return kept
        return [kept, *[None] * self.cell.state_count]

    def output_shape(self, input_shape: Any, initial_state: Any = None) -> Any:
        batch, time, *step = several_shapes(input_shape)[0]
        shapes, output = self.cell.state_shapes(tuple(step)), self.cell.output_shape(tuple(step))
        y = (batch, time, *output) if self.return_sequences else (batch, *output)
        return [y, *((batch, *shape) for shape in shapes)] if self.return_state else y


def flat_states(states: Any) -> list[Any]:
    """The states one after the other, from a state or a nesting of lists of them."""
    if isinstance(states, (list, tuple)):
        return [state for item in states for state in flat_states(item)]
    return [states]


def several_shapes(input_shape: Any) -> list[Shape]:
    """The shapes of the inputs of a layer that takes one or a list of them."""
    return input_shape if isinstance(input_shape, list) else [input_shape]


def _valid(mask: Array, t: int, like: Array) -> Array:
    """Which rows step t counts in, with as many axes as another array."""
    return mask[:, t].reshape(-1, *(1 for _ in like.shape[1:]))


def _shown(shape: Shape) -> str:
    return ", ".join("any" if n is None else str(n) for n in shape)
