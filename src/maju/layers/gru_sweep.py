"""GRUSweep: a gated recurrent unit over a whole sequence at once."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array
from maju.layers.cell import States
from maju.layers.sweep import Sweep, sigmoid_in_place

__all__ = ["GRUSweep"]


class GRUSweep(Sweep):
    """The formula of `GRUCell` with reset_after and its usual functions, φ = tanh and the sigmoid σ.

    With n = hₜ₋₁·Uh + bh′, back through a step:

    dzz = dh ∘ (hₜ₋₁ − h̃) ∘ σ′(z);  dzh = dh ∘ (1 − z) ∘ φ′(h̃);  dzr = dzh ∘ n ∘ σ′(r);  dn = dzh ∘ r;
    dhₜ₋₁ = dh ∘ z
    """

    order = (0, 1, 2)  # z, r, h̃
    of_input = [0, 1, 2]
    of_state = [0, 1, 3]  # n in place of h̃

    @property
    def bias_of_input(self) -> Array:
        assert self.cell.bias is not None
        return np.asarray(self.cell.bias[0])

    def bias_gradient(self, of_input: Array, of_state: Array) -> Array:
        return np.stack([of_input, of_state])

    def begin(self) -> None:
        self._from_state = np.empty_like(self.z[:, 0])
        self._inner = np.empty_like(self.z[2])  # n
        bias = self.cell.bias
        self._bias_of_state = 0 if bias is None else self.by_gate(bias[1])[:, np.newaxis]

    def advance(self, t: int) -> None:
        (h,) = self.states
        from_state = np.matmul(h[t], self.recurrent_kernel, out=self._from_state)
        from_state += self._bias_of_state
        gates, candidate = self.z[:2, t], self.z[2, t]
        gates += from_state[:2]
        sigmoid_in_place(gates)
        z, r = gates
        self._inner[t] = from_state[2]
        candidate += np.multiply(r, self._inner[t], out=from_state[2])
        np.tanh(candidate, out=candidate)
        np.subtract(h[t], candidate, out=h[t + 1])  # z ∘ h + (1 − z) ∘ h̃ = h̃ + z ∘ (h − h̃)
        h[t + 1] *= z
        h[t + 1] += candidate

    def slopes(self) -> Array:
        z, r, candidate = self.z
        dz = np.empty((4, *z.shape), z.dtype)
        dz[:2] = self.z[:2] * (1 - self.z[:2])
        dz[0] *= self.states[0][:-1] - candidate
        dz[2] = (1 - z) * (1 - candidate * candidate)
        dz[3] = dz[2] * r
        dz[1] *= dz[2] * self._inner
        return dz

    def retreat(self, t: int, dz: Array, d_states: States) -> None:
        (dh,) = d_states
        dz[:, t] *= dh
        dh *= self.z[0, t]
