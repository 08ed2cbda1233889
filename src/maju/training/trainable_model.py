"""How a model is trained: Keras's own methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from maju.errors import InputError

if TYPE_CHECKING:
    from maju.callbacks import Callback, History
    from maju.formats.specification import TrainingState
    from maju.metrics import Metric
    from maju.models.model import Model
    from maju.optimizers import Optimizer
    from maju.training.augmented import Augment
    from maju.training.trainer import Trainer

__all__ = ["TrainableModel"]


class TrainableModel:
    """`compile`, `fit` and `evaluate`, as Keras's models have them.

    Attributes:
        history: what the last `fit` returned, or would have: it is there while `fit` runs, and after an
            error or Ctrl-C too. None before the first.
    """

    history: History | None = None
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
    def compiled(self) -> bool:
        """Whether it is said what the model is trained by: by `compile`, or by its file."""
        return self._trainer is not None or self.saved_training is not None

    @property
    def loss(self) -> Any:
        """The loss as `compile` was given it; None where the model is not compiled."""
        return self.trainer.loss if self.compiled else None

    @property
    def metrics(self) -> list[Metric]:
        """The loss and the metrics, once there was a batch to tell what they are of; none before."""
        known = self.trainer.scores.by_name() if self._has_scores else {}
        return [known[name] for name in self.metrics_names]

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`, those of the numbers that `evaluate` gives in a list."""
        return self.trainer.scores.names_in_list() if self._has_scores else []

    @property
    def _has_scores(self) -> bool:
        return self.compiled and self.trainer.prepared

    def reset_metrics(self) -> None:
        """Let the loss and the metrics forget every batch."""
        for metric in self.metrics:
            metric.reset_state()

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
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say what the model is to be trained by.

        Args:
            optimizer: one of `maju.optimizers`, or its name.
            loss: one of `maju.losses`, or its name; for several outputs a list, or a dict by their names.
            loss_weights: by which the losses count: a number, or for several outputs a list or a dict.
            metrics: a list of `maju.metrics`, or names as ``"accuracy"``; for several outputs one list for
                each, or a dict of them.
            weighted_metrics: metrics that heed class and sample weights.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: how Keras is to compute. They
                change no number here; a saved model holds them.

        Raises:
            InputError: there is no such optimizer, loss or metric.
        """
        from maju.training.arguments import for_keras
        from maju.training.trainer import Trainer

        told = for_keras(run_eagerly, steps_per_execution, jit_compile, auto_scale_loss)
        self._trainer = Trainer(
            cast("Model", self), optimizer, loss, loss_weights, metrics, weighted_metrics, told
        )

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
        from maju.training import arguments
        from maju.training.batches import ArrayBatches, Batches, batches_of, validation_batches_of

        trainer, model = self.trainer, cast("Model", self)
        told = arguments.callback_list(callbacks)
        epochs = arguments.count("epochs", epochs)
        initial_epoch = arguments.count("initial_epoch", initial_epoch, 0)
        freq = arguments.epochs_of_validation(validation_freq)
        share = arguments.share("validation_split", validation_split)
        arguments.augmentation(augment)
        size = arguments.count_or_none("batch_size", batch_size)
        size_there = arguments.count_or_none("validation_batch_size", validation_batch_size)
        steps = arguments.count_or_none("steps_per_epoch", steps_per_epoch)
        steps_there = arguments.count_or_none("validation_steps", validation_steps)
        batches = batches_of(
            model, x, y, sample_weight, batch_size=size, steps=steps, class_weight=class_weight
        )
        validation: Batches | None = None
        if validation_data is not None:
            validation = validation_batches_of(
                model,
                validation_data,
                batch_size=size_there or size,
                steps=steps_there,
                epochs=epochs - initial_epoch,
            )
        elif share:
            if not isinstance(batches, ArrayBatches):
                raise InputError("validation_split needs arrays; give validation_data")
            batches, validation = batches.split(share, size_there, steps_there)
        return trainer.fit(
            batches,
            validation,
            with_progress(told, verbose),
            epochs=epochs,
            initial_epoch=initial_epoch,
            shuffle=bool(shuffle),
            validation_freq=freq,
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
        from maju.training.arguments import callback_list, count_or_none
        from maju.training.batches import batches_of

        trainer = self.trainer
        told = with_progress(callback_list(callbacks), verbose)
        batches = batches_of(
            cast("Model", self),
            x,
            y,
            sample_weight,
            batch_size=count_or_none("batch_size", batch_size),
            steps=count_or_none("steps", steps),
        )
        logs = trainer.evaluate(batches, told, verbose)
        return logs if return_dict else self._unnamed(logs)

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
        trainer.begin()
        trainer.train_on(batch)
        logs = trainer.scores.logs()
        return logs if return_dict else self._unnamed(logs)

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
        return logs if return_dict else self._unnamed(logs)

    def _unnamed(self, logs: Mapping[str, float]) -> Any:
        results = [logs[name] for name in self.metrics_names]
        return results if len(results) > 1 else results[0]
