"""SimpleRNNSweep: a plain recurrent network over a whole sequence at once."""

from __future__ import annotations

import numpy as np

from maju.layers.base import Array
from maju.layers.cell import States
from maju.layers.sweep import Sweep

__all__ = ["SimpleRNNSweep"]


class SimpleRNNSweep(Sweep):
    """The formula of `SimpleRNNCell` with φ = tanh, whose slope is 1 − h²."""

    order = (0,)

    def begin(self) -> None:
        self._from_state = np.empty_like(self.z[:, 0])

    def advance(self, t: int) -> None:
        (h,) = self.states
        np.matmul(h[t], self.recurrent_kernel, out=self._from_state)
        z = self.z[0, t]
        z += self._from_state[0]
        np.tanh(z, out=h[t + 1])

    def slopes(self) -> Array:
        h = self.states[0][1:]
        return np.asarray(1 - h * h)[np.newaxis]

    def retreat(self, t: int, dz: Array, d_states: States) -> None:
        (dh,) = d_states
        dz[0, t] *= dh
        dh[...] = 0
