"""What recurrent cells have in common: one time step, and weights that stand gate beside gate."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias, overload

import numpy as np

from maju.errors import GradientError
from maju.layers import activations
from maju.layers.activations import Activation
from maju.layers.base import Array, Config, Gradients, Part, Shape
from maju.random import generator

if TYPE_CHECKING:
    from maju.layers.sweep import Sweep

__all__ = ["AnyCell", "Cell", "Drops", "Gate", "GatedCell", "States", "StepBackward"]

#: When each gate of a cell loses other values in dropout.
Drops: TypeAlias = Literal["never", "recurrent", "always"]
#: What a cell hands from step to step, each (batch, ...).
States: TypeAlias = tuple[Array, ...]
#: The way back through one step: the gradients of the states after it -> those of x, of the states before
#: it, and of the weights.
StepBackward: TypeAlias = Callable[[States], tuple[Array, States, Gradients]]


class AnyCell(Part):
    """One time step of a recurrent layer: from an input and the states before to the states after.

    The step's output is one of the states, or comes behind them. All rows of a batch take the step together.

    A cell of an author's own says at least its `state_size` and its `step`.

    Attributes:
        state_size: the length of the state, or a list with that of each, as Keras's cells have it; the shape
            of a state of several axes is a tuple.
        output_size: the length of an output that is none of the states.
    """

    state_size: Any = None
    output_size: Any = None

    @property
    def state_count(self) -> int:
        """How many states are handed from step to step."""
        return len(self.state_shapes(self.input_shape))

    @property
    def input_shape(self) -> Shape:
        """The shape of a step's input, without the batch axis; None is any length."""
        return (None,)

    @property
    def output_state(self) -> int:
        """Which of the states is the output: the first; one more than there are if `output_size` is said."""
        return 0 if self.output_size is None else self.state_count

    def state_shapes(self, step: Shape) -> list[Shape]:
        """The shape of each state for a step's input of this shape, both without the batch axis."""
        sizes = self.state_size if isinstance(self.state_size, list) else [self.state_size]
        return [_shape(size) for size in sizes]

    def output_shape(self, step: Shape) -> Shape:
        """The shape of the output for a step's input of this shape, both without the batch axis."""
        shapes = self.state_shapes(step)
        return shapes[self.output_state] if self.output_state < len(shapes) else _shape(self.output_size)

    def zero_states(self, batch: int, step: tuple[int, ...] = ()) -> States:
        """The states before the first step, for an input of this shape: zeros."""
        dtype = next(iter(self.weights.values()), np.zeros(0, np.float32)).dtype
        shapes = [[n or 0 for n in shape] for shape in self.state_shapes(step)]
        return tuple(np.zeros((batch, *shape), dtype) for shape in shapes)

    def for_sequence(self, batch: int, step: tuple[int, ...]) -> AnyCell:
        """The cell for a sequence in training: with its dropout, drawn once for all steps."""
        return self

    @property
    def sweep(self) -> type[Sweep] | None:
        """What takes a whole sequence there and back faster than step by step; None where nothing does."""
        return None

    def step(self, x: Array, states: States) -> States:
        """The states after x, given those before it, and behind them an output that is none of them."""
        raise NotImplementedError

    def step_vjp(self, x: Array, states: States) -> tuple[States, StepBackward]:
        """What `step` gives, and the way back through it.

        Returns:
            ``after, backward``, where ``backward(d_after)`` gives ``dx, d_states, gradients``: those of x, of
            the states before, and of each weight by its name.

        Raises:
            GradientError: this cell has no backward.
        """
        raise GradientError(f"cell {self.name!r} ({self.keras_class}) has no backward: it has no step_vjp")

    def with_output(self, d_states: States, d_output: Any) -> States:
        """The gradients of all that a step gives, from those of the states and that of the output."""
        place = self.output_state
        if place == len(d_states):
            return (*d_states, d_output)
        return (*d_states[:place], d_states[place] + d_output, *d_states[place + 1 :])


def _shape(size: Any) -> Shape:
    """The shape that a size as Keras's cells have it stands for."""
    return tuple(size) if isinstance(size, tuple) else (size,)


class Gate:
    """The part of one gate in an array that holds those of all gates side by side, as Keras stores them.

    Reading gives a view, so that writing into it changes the cell; assigning copies the values in. A cell
    without biases shows zeros.
    """

    def __init__(self, array: str, position: int) -> None:
        self.array = array
        self.position = position

    @overload
    def __get__(self, cell: None, owner: type) -> Self: ...
    @overload
    def __get__(self, cell: Cell, owner: type) -> Array: ...
    def __get__(self, cell: Cell | None, owner: type) -> Self | Array:
        if cell is None:
            return self
        array = getattr(cell, self.array)
        if array is None:
            return np.zeros(cell.units, dtype=cell.kernel.dtype)
        gate: Array = array[..., self.position * cell.units : (self.position + 1) * cell.units]
        return gate

    def __set__(self, cell: Cell, value: Any) -> None:
        if getattr(cell, self.array) is None:
            raise AttributeError(
                f"the cell {cell.name!r} has no {self.array}: it was made with use_bias=False"
            )
        self.__get__(cell, type(cell))[...] = value


class Cell(AnyCell):
    """A cell with one kernel for its input and one for its state.

    Shapes (u units, g gates):
        kernel: (inputs, g·u). recurrent_kernel: (u, g·u). bias: (g·u,) or None.
    """

    #: How many gates stand side by side in each weight.
    gates: ClassVar[int] = 1
    state_count = 1
    hyper_parameters: ClassVar[tuple[str, ...]] = (
        "units",
        "activation",
        "use_bias",
        "dropout",
        "recurrent_dropout",
        "seed",
    )
    derived = frozenset({"units", "use_bias"})
    choices = {"use_bias": (True, False)}
    #: Whether each gate loses other values in dropout: never, with ``recurrent_dropout``, or always.
    drops_by_gate: ClassVar[Drops] = "never"
    #: What each gate's input and state are multiplied with in dropout; None where all see the same.
    by_gate: Sequence[tuple[Array | float, Array | float]] | None = None
    only = {"implementation": ...}

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """A cell of these weights; of so many units, as Keras spells it, one whose weights are made later."""
        if "units" in kwargs or (args and isinstance(args[0], (int, np.integer))):
            from maju.models.blueprints import recurrent

            return getattr(recurrent, cls.keras_class)(*args, **kwargs)
        return super().__new__(cls)

    def __init__(
        self,
        kernel: Array,
        recurrent_kernel: Array,
        bias: Array | None = None,
        *,
        activation: str | None = "tanh",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.kernel = kernel
        self.recurrent_kernel = recurrent_kernel
        self.bias = bias
        self.activation = activations.get(activation).name
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.seed = seed
        self.rng = generator(seed)

    @property
    def units(self) -> int:
        """The length of each state."""
        return int(self.recurrent_kernel.shape[0])

    @property
    def use_bias(self) -> bool:
        """Whether a bias is added."""
        return self.bias is not None

    @property
    def phi(self) -> Activation:
        """The activation φ as a function."""
        return activations.get(self.activation)

    @property
    def is_usual(self) -> bool:
        """Whether it computes with Keras's own choice of functions, for which there are sweeps."""
        return self.phi.forward is activations.tanh

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        units = config["units"]
        shapes: dict[str, Shape] = {
            "kernel": (input_shape[-1] if input_shape else None, cls.gates * units),
            "recurrent_kernel": (units, cls.gates * units),
        }
        if config.get("use_bias", True):
            shapes["bias"] = (cls.gates * units,)
        return shapes

    @property
    def input_shape(self) -> Shape:
        return (self.kernel.shape[0],)

    def state_shapes(self, step: Shape) -> list[Shape]:
        return [(self.units,)] * self.state_count

    def for_sequence(self, batch: int, step: tuple[int, ...]) -> AnyCell:
        from maju.layers.dropped_cell import DroppedCell

        if not self.dropout and not self.recurrent_dropout:
            return self
        state = self.zero_states(batch, step)[0].shape
        if self.drops_by_gate == "never" or (
            self.drops_by_gate == "recurrent" and not self.recurrent_dropout
        ):
            of_x = self._scale(self.dropout, (batch, *step))
            return DroppedCell(self, of_x, self._scale(self.recurrent_dropout, state))
        twin = copy.copy(self)
        twin.by_gate = [
            (self._scale(self.dropout, (batch, *step)), self._scale(self.recurrent_dropout, state))
            for _ in range(self.gates)
        ]
        return twin

    def _scale(self, rate: float, shape: tuple[int, ...]) -> Array | float:
        """What values are multiplied with in dropout: 0 with probability ``rate``, else 1 / (1 − rate).

        At a rate of 0 and, as in Keras, of 1 nothing is lost.
        """
        if not 0 < rate < 1:
            return 1.0
        return np.asarray((self.rng.random(shape) >= rate) / (1 - rate), self.kernel.dtype)

    def __call__(self, x: Array, *states: Array) -> Any:
        """The state or the states after x, given those before it: `forward`."""
        after = self.step(x, states)
        return after if len(after) > 1 else after[0]


class GatedCell(Cell):
    """A cell whose gates, numbers from 0 to 1, decide what the state keeps.

    Args:
        recurrent_activation: σ, what makes a gate of a sum.
    """

    hyper_parameters = (*Cell.hyper_parameters, "recurrent_activation")

    def __init__(
        self,
        kernel: Array,
        recurrent_kernel: Array,
        bias: Array | None = None,
        *,
        recurrent_activation: str | None = "sigmoid",
        **of_cell: Any,
    ) -> None:
        super().__init__(kernel, recurrent_kernel, bias, **of_cell)
        self.recurrent_activation = activations.get(recurrent_activation).name

    @property
    def sigma(self) -> Activation:
        """The recurrent activation σ as a function."""
        return activations.get(self.recurrent_activation)

    @property
    def is_usual(self) -> bool:
        return super().is_usual and self.sigma.forward is activations.sigmoid
