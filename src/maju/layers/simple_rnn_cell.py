"""SimpleRNNCell: one time step of a plain recurrent network."""

from __future__ import annotations

from maju.layers.base import Array, Gradients
from maju.layers.cell import Cell, Gate, States, StepBackward
from maju.layers.simple_rnn_sweep import SimpleRNNSweep

__all__ = ["SimpleRNNCell"]


class SimpleRNNCell(Cell):
    """One time step: hₜ = φ(xₜ·Wxh + hₜ₋₁·Whh + b).

    Shapes:
        x: (batch, inputs). h: (batch, units). Wxh: (inputs, units). Whh: (units, units). bias: (units,).

    Attributes:
        Wxh, Whh: the kernel and the recurrent kernel under the formula's names.

    Source: Elman, 1990, and `keras.layers.SimpleRNNCell`.
    """

    keras_class = "SimpleRNNCell"
    Wxh = Gate("kernel", 0)
    Whh = Gate("recurrent_kernel", 0)

    @property
    def sweep(self) -> type[SimpleRNNSweep] | None:
        return SimpleRNNSweep if type(self) is SimpleRNNCell and self.is_usual else None

    def forward(self, x: Array, h: Array) -> Array:
        """The state after x, given the state h before it."""
        z = x @ self.Wxh + h @ self.Whh
        y: Array = self.phi(z if self.bias is None else z + self.bias)
        return y

    def step_vjp(self, x: Array, states: States) -> tuple[States, StepBackward]:
        (h,) = states
        z = x @ self.Wxh + h @ self.Whh
        z = z if self.bias is None else z + self.bias
        y = self.phi(z)

        def backward(d_after: States) -> tuple[Array, States, Gradients]:
            dz = self.phi.gradient(z, y, d_after[0])
            gradients = {"kernel": x.T @ dz, "recurrent_kernel": h.T @ dz}
            if self.bias is not None:
                gradients["bias"] = dz.sum(axis=0)
            return dz @ self.Wxh.T, (dz @ self.Whh.T,), gradients

        return (y,), backward

    def step(self, x: Array, states: States) -> States:
        return (self.forward(x, *states),)
