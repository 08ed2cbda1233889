"""LSTMSweep: a long short-term memory over a whole sequence at once."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array
from maju.layers.cell import States
from maju.layers.sweep import Sweep, sigmoid_in_place

__all__ = ["LSTMSweep"]


class LSTMSweep(Sweep):
    """The formula of `LSTMCell` with its usual functions, φ = tanh and the sigmoid σ.

    Back through a step, with φ′ = 1 − φ² and σ′ = σ(1 − σ):

    dc += dh ∘ o ∘ φ′(c);  dzo = dh ∘ φ(c) ∘ σ′(o);  dzi = dc ∘ c̃ ∘ σ′(i);  dzf = dc ∘ cₜ₋₁ ∘ σ′(f);
    dzc = dc ∘ i ∘ φ′(c̃);  dcₜ₋₁ = dc ∘ f
    """

    order = (3, 0, 1, 2)  # o, i, f, c̃: the sigmoids lie together, and what dc goes back to

    def begin(self) -> None:
        self._from_state = np.empty_like(self.z[:, 0])
        self._shown = np.empty_like(self.z[0])  # φ(c)

    def advance(self, t: int) -> None:
        h, c = self.states
        z = self.z[:, t]
        z += np.matmul(h[t], self.recurrent_kernel, out=self._from_state)
        o, i, f, candidate = z
        sigmoid_in_place(z[:3])
        np.tanh(candidate, out=candidate)
        np.multiply(f, c[t], out=c[t + 1])
        c[t + 1] += np.multiply(i, candidate, out=self._from_state[0])
        np.tanh(c[t + 1], out=self._shown[t])
        np.multiply(o, self._shown[t], out=h[t + 1])

    def slopes(self) -> Array:
        o, i, _, candidate = self.z
        c_before = self.states[1][:-1]
        self._dc_of_dh = o * (1 - self._shown * self._shown)
        dz = np.empty_like(self.z)
        dz[:3] = self.z[:3] * (1 - self.z[:3])
        dz[0] *= self._shown
        dz[1] *= candidate
        dz[2] *= c_before
        dz[3] = i * (1 - candidate * candidate)
        return dz

    def retreat(self, t: int, dz: Array, d_states: States) -> None:
        dh, dc = d_states
        dc += dh * self._dc_of_dh[t]
        dz[0, t] *= dh
        dz[1:, t] *= dc
        dc *= self.z[2, t]
        dh[...] = 0
