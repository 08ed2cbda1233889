"""How a model is trained: Keras's own methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from maju.errors import InputError

if TYPE_CHECKING:
    from maju.callbacks import Callback, History
    from maju.formats.specification import TrainingState
    from maju.models.model import Model
    from maju.optimizers import Optimizer
    from maju.training.augmented import Augment
    from maju.training.trainer import Trainer

__all__ = ["TrainableModel"]


class TrainableModel:
    """`compile`, `fit` and `evaluate`, as Keras's models have them."""

    _trainer: Trainer | None = None
    #: How the file says that the model was compiled.
    saved_training: TrainingState | None = None

    @property
    def trainer(self) -> Trainer:
        """What `compile` has made, or else what the file says, its optimizer where the file left it.

        Raises:
            InputError: the model is not compiled, or the file says it with what maju does not have.
        """
        if self._trainer is None:
            from maju.training.compiled import restored

            if self.saved_training is None:
                raise InputError("the model is not compiled: call compile(optimizer, loss, metrics) first")
            self._trainer = restored(cast("Model", self), self.saved_training)
        return self._trainer

    def training_state(self) -> TrainingState | None:
        """How the model was compiled and how far its optimizer is, as a file of Keras 3 holds it.

        None where it never was compiled, or only by an older Keras with what Keras 3 has no more.
        """
        from maju.training.compiled import brought_up, state_of

        if self._trainer is not None:
            return state_of(self._trainer)
        saved = self.saved_training
        return None if saved is None else brought_up(cast("Model", self), saved)

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that `compile` was given."""
        return self.trainer.optimizer

    @property
    def stop_training(self) -> bool:
        """Whether the training ends after this batch; a callback may set it."""
        return self.trainer.stop_training

    @stop_training.setter
    def stop_training(self, value: bool) -> None:
        self.trainer.stop_training = bool(value)

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        *,
        loss_weights: Any = None,
        weighted_metrics: Any = None,
    ) -> None:
        """Say what the model is to be trained by.

        Args:
            optimizer: one of `maju.optimizers`, or its name.
            loss: one of `maju.losses`, or its name; for several outputs a list, or a dict by their names.
            metrics: a list of `maju.metrics`, or names as ``"accuracy"``; for several outputs one list for
                each, or a dict of them.
            loss_weights: by which the losses of several outputs count, a list or a dict.
            weighted_metrics: metrics that heed class and sample weights.

        Raises:
            InputError: there is no such optimizer, loss or metric.
        """
        from maju.training.trainer import Trainer

        self._trainer = Trainer(cast("Model", self), optimizer, loss, loss_weights, metrics, weighted_metrics)

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Callback | Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
        *,
        augment: Augment | None = None,
    ) -> History:
        """Train, epoch by epoch.

        Args:
            x: the samples as `predict` takes them; or an iterable of batches ``(x, y)`` or
                ``(x, y, sample_weight)``.
            y: the targets; for several outputs a list, or a dict by their names.
            batch_size: how many rows a step takes, 32 if this is not said.
            epochs: the number of the last epoch; `initial_epoch` that of the first, from 0.
            verbose: 0 for silence, 1 for a progress bar, 2 for a line an epoch, "auto" for 1.
            callbacks: `maju.callbacks`, told of every epoch and every batch.
            validation_split: the share of the rows, the last ones, that is kept for validation.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)``, or an iterable of batches.
            shuffle: whether rows are put into another order before every epoch; `maju.set_random_seed` makes
                it the same in every run.
            class_weight: for each class by how much its rows count.
            sample_weight: for each row (or step) by how much it counts.
            steps_per_epoch, validation_steps: how many batches there are to an epoch, and to a validation.
            validation_batch_size: `batch_size`, if this is not said.
            validation_freq: after how many epochs validation comes, or the numbers of those epochs, from 1.
            augment: ``augment(x, rng)`` gives the inputs of a training batch as the model is to see them, as
                those of `maju.augmentation` do; of several inputs x is a dict by their names. What `rng`
                draws follows from the epoch and the batch, and from `maju.set_random_seed` or the ``seed``
                that `augment` has.

        Returns:
            a `History`, whose ``history`` holds loss and metrics of each epoch.

        Raises:
            InputError: what was given does not fit the model.
            NotFiniteError: the loss or a gradient is infinite or no number; names the layer.
        """
        from maju.callbacks import with_progress
        from maju.training.batches import ArrayBatches, batches_of

        trainer, model = self.trainer, cast("Model", self)
        for name, count, least in (("epochs", epochs, 0), ("initial_epoch", initial_epoch, 0)):
            if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < least:
                raise InputError(f"{name} must be a whole number of at least {least}, got {count!r}")
        batches = batches_of(
            model,
            x,
            y,
            sample_weight,
            batch_size=model.rows_of_stateful or batch_size,
            steps=steps_per_epoch,
            class_weight=class_weight,
        )
        validation = None
        if validation_data is not None:
            several = isinstance(validation_data, (tuple, list)) and 2 <= len(validation_data) <= 3
            given = validation_data if several else (validation_data,)
            validation = batches_of(
                model,
                *given,
                batch_size=(validation_batch_size or batch_size) if several else None,
                steps=validation_steps,
                what="validation_data",
            )
        elif validation_split:
            if not isinstance(batches, ArrayBatches):
                raise InputError("validation_split needs arrays; give validation_data")
            batches, validation = batches.split(validation_split)
            validation = validation.in_batches_of(validation_batch_size)
        if augment is not None and not callable(augment):
            raise InputError(f"augment: expected a function of x and rng, got {augment!r}")
        return trainer.fit(
            batches,
            validation,
            with_progress(callbacks, verbose),
            epochs=int(epochs),
            initial_epoch=int(initial_epoch),
            shuffle=bool(shuffle),
            validation_freq=validation_freq,
            verbose=verbose,
            augment=augment,
        )

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Callback | Sequence[Callback] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss and the metrics over all rows.

        Returns:
            the loss; with metrics a list of it and of them; with `return_dict` a dict by their names.
        """
        from maju.callbacks import with_progress
        from maju.training.batches import batches_of

        trainer, model = self.trainer, cast("Model", self)
        batches = batches_of(
            model, x, y, sample_weight, batch_size=model.rows_of_stateful or batch_size, steps=steps
        )
        logs = trainer.evaluate(batches, with_progress(callbacks, verbose), verbose)
        return logs if return_dict else _unnamed(logs)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One step on these rows; the loss and the metrics of it, before the weights have changed."""
        from maju.training.batches import whole_batch

        trainer = self.trainer
        batch = whole_batch(cast("Model", self), x, y, sample_weight, class_weight=class_weight)
        trainer.prepare(batch)
        trainer.train_on(batch)
        logs = trainer.scores.logs()
        return logs if return_dict else _unnamed(logs)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """The loss and the metrics of these rows."""
        from maju.training.batches import whole_batch

        trainer = self.trainer
        batch = whole_batch(cast("Model", self), x, y, sample_weight)
        trainer.prepare(batch)
        trainer.test_on(batch)
        logs = trainer.scores.logs()
        return logs if return_dict else _unnamed(logs)


def _unnamed(logs: Mapping[str, float]) -> Any:
    results = list(logs.values())
    return results if len(results) > 1 else results[0]
