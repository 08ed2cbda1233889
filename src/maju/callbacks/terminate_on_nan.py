"""TerminateOnNaN: end a training whose loss is no number."""

from __future__ import annotations

import math

from maju.callbacks.callback import Callback, Logs
from maju.callbacks.lines import say
from maju.errors import NotFiniteError

__all__ = ["TerminateOnNaN"]


class TerminateOnNaN(Callback):
    """End the training when the loss is infinite or no number.

    `fit` needs no such callback: it stops by itself before a weight is changed, with a NotFiniteError that
    names the layer. This one is here for programs that give it to Keras.

    Args:
        raise_error: whether it raises an error in place of a line.

    Source: `keras.callbacks.TerminateOnNaN`.
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise NotFiniteError(f"batch {batch + 1}: the loss is {loss}")
        say(f"batch {batch + 1}: the loss is {loss}; the training ends")
        self.model.stop_training = True
