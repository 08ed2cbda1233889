"""What a callback is: told of each thing that happens in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from maju.errors import InputError

if TYPE_CHECKING:
    from maju.models.model import Model

__all__ = ["Callback", "CallbackList", "Logs"]

Logs = Mapping[str, float]


class Callback:
    """Something that is told of each epoch and each batch; a kind of it overrides what it wants to hear of.

    Attributes:
        model: the model that is trained.
        params: ``epochs``, ``steps`` (of an epoch; None where that is not known) and ``verbose``.

    Source: `keras.callbacks.Callback`.
    """

    #: Whether it is told of each thing after all that are not, wherever it stands among them.
    told_last: ClassVar[bool] = False
    model: Model
    params: dict[str, Any]

    def set_model(self, model: Model) -> None:
        """Be told which model is trained."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Be told how long it is trained."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch; `logs` are those of that epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch; `logs` holds its loss and metrics, and as ``val_…`` those of validation."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch, counted from 0 in each epoch."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch; `logs` holds loss and metrics over the epoch so far."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before an evaluation, of validation rows too."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of an evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """After a batch of a prediction; `logs` holds its ``outputs``."""

    def close(self) -> None:
        """Let go of files and of the screen: `fit`, `evaluate` or `predict` is over, by an error too."""

    def get_state(self) -> dict[str, Any]:
        """What it must remember to go on after a training was cut off: numbers, texts, lists and arrays."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Remember what `get_state` gave."""


class CallbackList(Callback):
    """Callbacks that are told one after the other, in their order but for those that are told last."""

    def __init__(self, callbacks: Sequence[Callback], model: Model, params: dict[str, Any]) -> None:
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise InputError(f"callbacks: expected maju.callbacks.Callback objects, got {callback!r}")
        self.callbacks = sorted(callbacks, key=lambda callback: callback.told_last)
        self.set_model(model)
        self.set_params(params)
        for callback in self.callbacks:
            callback.set_model(model)
            callback.set_params(params)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_begin(logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_end(logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_test_begin(logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_test_end(logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_test_batch_begin(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_test_batch_end(batch, logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_begin(logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_end(logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_batch_begin(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_batch_end(batch, logs)

    def close(self) -> None:
        for callback in self.callbacks:
            callback.close()
