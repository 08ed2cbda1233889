"""GRUCell: one time step of a gated recurrent unit."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from maju.layers.base import Array, Config, Gradients, Shape
from maju.layers.cell import Cell, Drops, Gate, GatedCell, States, StepBackward
from maju.layers.gru_sweep import GRUSweep

__all__ = ["GRUCell"]


class GRUCell(GatedCell):
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
    drops_by_gate: ClassVar[Drops] = "recurrent"
    hyper_parameters = (*GatedCell.hyper_parameters, "reset_after")
    choices = {**Cell.choices, "reset_after": (True, False)}
    Wz, Wr, Wh = (Gate("kernel", position) for position in range(3))
    Uz, Ur, Uh = (Gate("recurrent_kernel", position) for position in range(3))

    def __init__(
        self,
        kernel: Array,
        recurrent_kernel: Array,
        bias: Array | None = None,
        *,
        reset_after: bool = True,
        **of_cell: Any,
    ) -> None:
        super().__init__(kernel, recurrent_kernel, bias, **of_cell)
        self.reset_after = reset_after

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

    @property
    def sweep(self) -> type[GRUSweep] | None:
        usual = type(self) is GRUCell and self.by_gate is None and self.is_usual and self.reset_after
        return GRUSweep if usual else None

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

    def step_vjp(self, x: Array, states: States) -> tuple[States, StepBackward]:
        (h,) = states
        (bz, br, bh), (bz2, br2, bh2) = self._biases()
        losses = self.by_gate or [(1.0, 1.0)] * 3
        xz, xr, xh = (x * of_x for of_x, _ in losses)
        hz, hr, hh = (h * of_h for _, of_h in losses)
        az = xz @ self.Wz + bz + hz @ self.Uz + bz2
        ar = xr @ self.Wr + br + hr @ self.Ur + br2
        z, r = self.sigma(az), self.sigma(ar)
        inner = hh @ self.Uh + bh2 if self.reset_after else r * hh
        ah = xh @ self.Wh + bh + (r * inner if self.reset_after else inner @ self.Uh)
        candidate = self.phi(ah)

        def backward(d_after: States) -> tuple[Array, States, Gradients]:
            (dy,) = d_after
            daz = self.sigma.gradient(az, z, dy * (h - candidate))
            dah = self.phi.gradient(ah, candidate, dy * (1 - z))
            if self.reset_after:
                d_inner = dah * r
                dar = self.sigma.gradient(ar, r, dah * inner)
                dhh = d_inner @ self.Uh.T
                d_uh, d_bh2 = hh.T @ d_inner, d_inner
            else:
                d_inner = dah @ self.Uh.T
                dar = self.sigma.gradient(ar, r, d_inner * hh)
                dhh = d_inner * r
                d_uh, d_bh2 = inner.T @ dah, dah
            (mz, nz), (mr, nr), (mh, nh) = losses
            dh = dy * z + daz @ self.Uz.T * nz + dar @ self.Ur.T * nr + dhh * nh
            dx = daz @ self.Wz.T * mz + dar @ self.Wr.T * mr + dah @ self.Wh.T * mh
            gradients = {
                "kernel": np.concatenate([xz.T @ daz, xr.T @ dar, xh.T @ dah], axis=-1),
                "recurrent_kernel": np.concatenate([hz.T @ daz, hr.T @ dar, d_uh], axis=-1),
            }
            if self.bias is not None:
                of_input = np.concatenate([daz, dar, dah], axis=-1)  # (batch, 3 · units)
                of_state = np.concatenate([daz, dar, d_bh2], axis=-1)
                both = np.stack([of_input.sum(axis=0), of_state.sum(axis=0)])
                gradients["bias"] = both if self.reset_after else both[0]
            return dx, (dh,), gradients

        return (np.asarray(z * h + (1 - z) * candidate),), backward

    def step(self, x: Array, states: States) -> States:
        return (self.forward(x, *states),) if self.by_gate is None else self.step_vjp(x, states)[0]
