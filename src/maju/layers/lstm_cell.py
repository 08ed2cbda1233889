"""LSTMCell: one time step of a long short-term memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from maju.layers import activations
from maju.layers.base import Array, Gradients
from maju.layers.cell import Drops, Gate, GatedCell, States, StepBackward
from maju.layers.lstm_sweep import LSTMSweep

__all__ = ["LSTMCell"]


class LSTMCell(GatedCell):
    """One time step: three gates decide what the memory c forgets, takes in and shows.

    i = σ(xₜ·Wi + hₜ₋₁·Ui + bi)          input gate
    f = σ(xₜ·Wf + hₜ₋₁·Uf + bf)          forget gate
    c̃ = φ(xₜ·Wc + hₜ₋₁·Uc + bc)          candidate
    o = σ(xₜ·Wo + hₜ₋₁·Uo + bo)          output gate
    cₜ = f ∘ cₜ₋₁ + i ∘ c̃
    hₜ = o ∘ φ(cₜ)

    Shapes:
        x: (batch, inputs). h and c: (batch, units).
        Wi Wf Wc Wo: (inputs, units). Ui Uf Uc Uo: (units, units). bi bf bc bo: (units,).
        kernel, recurrent_kernel and bias hold them side by side, in the order i, f, c, o.

    Source: Hochreiter & Schmidhuber, 1997; Gers et al., 2000; `keras.layers.LSTMCell`.
    """

    keras_class = "LSTMCell"
    gates = 4
    drops_by_gate: ClassVar[Drops] = "recurrent"
    state_count = 2
    #: Along which axis of `sums` the gates stand side by side.
    gate_axis = -1
    Wi, Wf, Wc, Wo = (Gate("kernel", position) for position in range(4))
    Ui, Uf, Uc, Uo = (Gate("recurrent_kernel", position) for position in range(4))
    bi, bf, bc, bo = (Gate("bias", position) for position in range(4))

    @staticmethod
    def sigmoid(x: Array) -> Array:
        """1 / (1 + e⁻ˣ), with x clipped to ±60 (there it is 0 or 1 to 26 digits): nothing overflows."""
        return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))))

    @staticmethod
    def tanh(x: Array) -> Array:
        """The hyperbolic tangent, with x clipped to ±20, where it is ±1 to 17 digits."""
        return np.asarray(np.tanh(np.clip(x, -20, 20)))

    def _function(self, activation: str) -> Callable[[Array], Array]:
        own = {"sigmoid": self.sigmoid, "tanh": self.tanh}
        return own.get(str(activation)) or activations.get(activation)

    def forward(self, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        """The states (h, c) after x, given those before it."""
        sigma, phi = self._function(self.recurrent_activation), self._function(self.activation)
        i = sigma(x @ self.Wi + h @ self.Ui + self.bi)
        f = sigma(x @ self.Wf + h @ self.Uf + self.bf)
        candidate = phi(x @ self.Wc + h @ self.Uc + self.bc)
        o = sigma(x @ self.Wo + h @ self.Uo + self.bo)
        c = f * c + i * candidate
        return o * phi(c), c

    @property
    def sweep(self) -> type[LSTMSweep] | None:
        return LSTMSweep if type(self) is LSTMCell and self.by_gate is None and self.is_usual else None

    def step(self, x: Array, states: States) -> States:
        return self.forward(x, *states) if self.by_gate is None else self.step_vjp(x, states)[0]

    def step_vjp(self, x: Array, states: States) -> tuple[States, StepBackward]:
        h, c = states
        sigma, phi = self.sigma, self.phi
        functions = (sigma, sigma, phi, sigma)
        zs = np.split(self.gate_sums(x, h), 4, axis=self.gate_axis)
        i, f, candidate, o = gates = [function(z) for function, z in zip(functions, zs, strict=True)]
        c_after = f * c + i * candidate
        shown = phi(c_after)

        def backward(d_after: States) -> tuple[Array, States, Gradients]:
            dh, dc = d_after
            dc = dc + phi.gradient(c_after, shown, dh * o)
            d_gates = (dc * candidate, dc * c, dc * i, dh * shown)
            dz = np.concatenate(
                [
                    function.gradient(z, y, dy)
                    for function, z, y, dy in zip(functions, zs, gates, d_gates, strict=True)
                ],
                axis=self.gate_axis,
            )
            dx, dh, gradients = self.gate_sums_back(x, h, dz)
            return dx, (dh, dc * f), gradients

        return (o * shown, c_after), backward

    def gate_sums(self, x: Array, h: Array) -> Array:
        """`sums`; where each gate loses other values in dropout, each of what it is left with."""
        if self.by_gate is None:
            return self.sums(x, h)
        sums = (self.sums(x * of_x, h * of_h) for of_x, of_h in self.by_gate)
        parts = [np.split(z, 4, axis=self.gate_axis)[gate] for gate, z in enumerate(sums)]
        return np.concatenate(parts, axis=self.gate_axis)

    def gate_sums_back(self, x: Array, h: Array, dz: Array) -> tuple[Array, Array, Gradients]:
        """The way back from `gate_sums`."""
        if self.by_gate is None:
            return self.sums_back(x, h, dz)
        dx, dh = np.zeros_like(x), np.zeros_like(h)
        total: Gradients = {}
        for gate, (of_x, of_h) in enumerate(self.by_gate):
            parts = [
                dz_g if g == gate else 0 * dz_g for g, dz_g in enumerate(np.split(dz, 4, self.gate_axis))
            ]
            d = self.sums_back(x * of_x, h * of_h, np.concatenate(parts, axis=self.gate_axis))
            dx, dh = dx + d[0] * of_x, dh + d[1] * of_h
            total = {name: total.get(name, 0) + gradient for name, gradient in d[2].items()}
        return dx, dh, total

    def sums(self, x: Array, h: Array) -> Array:
        """What each gate makes a number from 0 to 1 of: x·W + h·U + b of all four, (batch, 4 · units)."""
        z: Array = x @ self.kernel + h @ self.recurrent_kernel
        return z if self.bias is None else z + self.bias

    def sums_back(self, x: Array, h: Array, dz: Array) -> tuple[Array, Array, Gradients]:
        """What dz sends back through `sums`: to x, to h, and to the weights."""
        gradients = {"kernel": x.T @ dz, "recurrent_kernel": h.T @ dz}
        if self.bias is not None:
            gradients["bias"] = dz.sum(axis=0)
        return dz @ self.kernel.T, dz @ self.recurrent_kernel.T, gradients
