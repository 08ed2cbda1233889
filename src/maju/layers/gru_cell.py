"""GRUCell: one time step of a gated recurrent unit."""

from __future__ import annotations

import numpy as np

from maju.layers import activations
from maju.layers.activations import Activation
from maju.layers.base import Array, Config, Shape
from maju.layers.cell import Cell, Gate

__all__ = ["GRUCell"]


class GRUCell(Cell):
    """One time step: two gates decide how much of the state is renewed, and from how much of it.

    z = σ(xₜ·Wz + bz + hₜ₋₁·Uz + bz′)             update gate
    r = σ(xₜ·Wr + br + hₜ₋₁·Ur + br′)             reset gate
    h̃ = φ(xₜ·Wh + bh + r ∘ (hₜ₋₁·Uh + bh′))       candidate, if reset_after
    h̃ = φ(xₜ·Wh + bh + (r ∘ hₜ₋₁)·Uh)             candidate, else
    hₜ = z ∘ hₜ₋₁ + (1 − z) ∘ h̃

    Shapes:
        x: (batch, inputs). h: (batch, units). Wz Wr Wh: (inputs, units). Uz Ur Uh: (units, units).
        bias: (2, 3·units) if reset_after, the b's above the b′'s; else (3·units,), and there are no b′'s.

    Source: Cho et al., 2014 (reset before); cuDNN (reset after); `keras.layers.GRUCell`.
    """

    keras_class = "GRUCell"
    gates = 3
    hyper_parameters = (*Cell.hyper_parameters, "recurrent_activation", "reset_after")
    choices = {**Cell.choices, "reset_after": (True, False)}
    Wz, Wr, Wh = (Gate("kernel", position) for position in range(3))
    Uz, Ur, Uh = (Gate("recurrent_kernel", position) for position in range(3))

    def __init__(
        self,
        kernel: Array,
        recurrent_kernel: Array,
        bias: Array | None = None,
        *,
        activation: str | None = "tanh",
        recurrent_activation: str | None = "sigmoid",
        reset_after: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        name: str | None = None,
    ) -> None:
        super().__init__(
            kernel,
            recurrent_kernel,
            bias,
            activation=activation,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            name=name,
        )
        self.recurrent_activation = activations.get(recurrent_activation).name
        self.reset_after = reset_after

    @property
    def sigma(self) -> Activation:
        """The recurrent activation σ as a function."""
        return activations.get(self.recurrent_activation)

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        shapes = super().weight_shapes(config, input_shape)
        if "bias" in shapes and config.get("reset_after", True):
            shapes["bias"] = (2, *shapes["bias"])
        return shapes

    def _biases(self) -> tuple[list[Array], list[Array]]:
        """Bz br bh, and bz′ br′ bh′; zeros where there are none."""
        both = np.zeros((2, 3 * self.units), self.kernel.dtype)
        if self.bias is not None:
            both[: 2 if self.reset_after else 1] = self.bias
        of_input, of_state = (np.split(row, 3) for row in both)
        return of_input, of_state

    def forward(self, x: Array, h: Array) -> Array:
        """The state after x, given the state h before it."""
        (bz, br, bh), (bz2, br2, bh2) = self._biases()
        z = self.sigma(x @ self.Wz + bz + h @ self.Uz + bz2)
        r = self.sigma(x @ self.Wr + br + h @ self.Ur + br2)
        if self.reset_after:
            candidate = self.phi(x @ self.Wh + bh + r * (h @ self.Uh + bh2))
        else:
            candidate = self.phi(x @ self.Wh + bh + (r * h) @ self.Uh)
        return np.asarray(z * h + (1 - z) * candidate)

    def step(self, x: Array, states: tuple[Array, ...]) -> tuple[Array, ...]:
        return (self.forward(x, *states),)
