"""Trainer: what `compile` makes of a model, an optimizer and a loss."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from maju import optimizers
from maju import random as seeds
from maju.callbacks import Callback, CallbackList, History
from maju.errors import InputError
from maju.layers.base import Array, Part
from maju.layers.row_gradient import RowGradient
from maju.models.model import Model
from maju.models.tape import Tape
from maju.threads import one_blas_thread
from maju.training.augmented import Augment, augmented
from maju.training.batches import Batch, Batches, refuse_unlike
from maju.training.checked import checked_loss_weights, checked_losses, checked_metrics
from maju.training.memory import refuse_too_large
from maju.training.not_finite import blame
from maju.training.objective import Objective, Value
from maju.training.penalties import ActivityPenalty, WeightRules
from maju.training.scores import Scores

__all__ = ["Trainer"]


class Trainer:
    """A model with what it is trained by.

    Args:
        optimizer, loss, loss_weights, metrics, weighted_metrics: as `Model.compile` takes them.
        for_keras: what else a file is to hold of how the model was compiled, which changes nothing here.

    Attributes:
        stop_training: set by a callback, ends the training after the batch.
        epoch, step: the epoch that runs, and how many batches of it are done.
        seed: what the order of the rows, and what augmentation draws, follow from, epoch by epoch.
        logs: those of the last epoch that ended.
        told: the callbacks of the last `fit`.
        data: how much there is to train on, in words: what a training that goes on must find again.
    """

    def __init__(
        self,
        model: Model,
        optimizer: Any,
        loss: Any,
        loss_weights: Any,
        metrics: Any,
        weighted_metrics: Any,
        for_keras: Mapping[str, Any],
    ) -> None:
        self.model = model
        self.optimizer = optimizers.get(optimizer)
        self.loss = checked_losses(loss)
        self.loss_weights = checked_loss_weights(loss_weights)
        self.metrics = checked_metrics("metrics", metrics)
        self.weighted_metrics = checked_metrics("weighted_metrics", weighted_metrics)
        self.for_keras = dict(for_keras)
        self.stop_training = False
        self.epoch = self.step = 0
        self.seed = 0
        self.logs: dict[str, float] = {}
        self._objective: Objective | None = None
        self._scores: Scores | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle of it needs: nothing of what `prepare` and `fit` make anew."""
        passing = ("weights", "rules", "activity", "told", "data")
        kept = {key: value for key, value in vars(self).items() if key not in passing}
        return {**kept, "_objective": None, "_scores": None}

    # One batch

    def prepare(self, batch: Batch) -> None:
        """Make ready for batches like this one."""
        self.weights = self.model.trainable_weights
        self.rules = WeightRules(self.model)
        self.activity = ActivityPenalty(self.model)
        self._objective = Objective(self.model, self.loss, self.loss_weights, batch)
        self._scores = Scores(self.model, self.metrics, self.weighted_metrics, self._objective, batch)

    def begin(self) -> None:
        """Make the optimizer's state for the weights that are trained, or see that it is for these.

        Raises:
            InputError: there are none, or the optimizer has been training others.
        """
        if not self.weights:
            raise InputError(
                "the model has no weights that training may move: all are frozen, or there are none"
            )
        try:
            self.optimizer.build(self.weights)
        except InputError as error:
            raise InputError(
                f"{error}; where layers were frozen, freed or added, call compile again"
            ) from None

    @property
    def prepared(self) -> bool:
        """Whether there was a batch to tell what the losses and the metrics are of."""
        return self._scores is not None

    @property
    def objective(self) -> Objective:
        """The losses of the outputs; there since `prepare`."""
        assert self._objective is not None
        return self._objective

    @property
    def scores(self) -> Scores:
        """Loss and metrics so far; there since `prepare`."""
        assert self._scores is not None
        return self._scores

    @one_blas_thread()
    def train_on(self, batch: Batch) -> None:
        """One step: the loss of a batch, its gradients, and what the optimizer makes of the weights.

        Raises:
            NotFiniteError: the loss or a gradient is infinite or no number; the weights are as before.
        """
        drawn = states_of_generators(self.model)
        tape = Tape(to_inputs=False, watch=self.activity.anew())
        with np.errstate(all="ignore"):  # what is not finite is told below, with its place
            values, masks = self.objective.model.run(batch.x, True, {}, tape=tape)
            value = self.objective(batch, values, masks)
            penalty = self.rules.penalty(self.weights) + self.activity.total
            gradients = tape.back(dict(value.gradients)) if math.isfinite(value.total + penalty) else {}
            finite = bool(gradients) and all(map(_is_finite, gradients.values()))
        if not finite:
            restore_generators(self.model, drawn)
            blame(self.model, self.objective, batch, value.total + penalty, self.epoch, self.step)
        self.rules.add_gradients(gradients, self.weights)
        scale = self.optimizer.loss_scale_factor or 1  # which the optimizer divides by
        trained = {path: _scaled(gradients[path], scale) for path in self.weights if path in gradients}
        self.optimizer.apply(trained, self.weights)
        self.rules.constrain({path: self.weights[path] for path in trained})
        self.scores.update(batch, value, penalty)

    def test_on(self, batch: Batch) -> Value:
        """The loss and the metrics of a batch, which changes nothing."""
        watch = self.activity.anew()
        tape = None if watch is None else Tape(to_inputs=False, watch=watch)
        values, masks = self.objective.model.run(batch.x, False, {}, tape=tape)
        value = self.objective(batch, values, masks)
        self.scores.update(batch, value, self.rules.penalty(self.weights) + self.activity.total)
        return value

    # Many

    def fit(
        self,
        batches: Batches,
        validation: Batches | None,
        callbacks: Sequence[Callback],
        *,
        epochs: int,
        initial_epoch: int,
        shuffle: bool,
        validation_freq: int | Collection[int],
        verbose: Any,
        augment: Augment | None = None,
    ) -> History:
        """Train for some epochs; `Model.fit` says how."""
        self.epoch, self.step = initial_epoch, 0
        self.logs = {}
        self.seed = int(seeds.generator().integers(1 << 62))
        self.stop_training = False
        sample = batches.sample()
        refuse_too_large(self.model, sample.rows)
        if validation is not None:
            refuse_unlike(self.model, validation.sample(), sample)
        self.prepare(sample)
        self.begin()
        self.data = {
            **batches.sizes(),
            **{
                f"validation {what}": size
                for what, size in (validation.sizes() if validation else {}).items()
            },
            "order of the rows": "shuffled" if shuffle else "as given",
            "augmentation": "none" if augment is None else type(augment).__name__,
            "initial_epoch": str(initial_epoch),
        }
        history = next((c for c in callbacks if isinstance(c, History)), None) or History()
        self.model.history = history
        others = [callback for callback in callbacks if callback is not history]
        params = {"epochs": epochs, "steps": batches.steps, "verbose": verbose}
        told = self.told = CallbackList([*others, history], self.model, params)
        try:
            told.on_train_begin()
            batches.pass_over(self.epoch - initial_epoch)  # where this continues an earlier run
            if validation is not None:
                done = range(initial_epoch, self.epoch)
                validation.pass_over(sum(_is_due(epoch, validation_freq) for epoch in done))
            while self.epoch < epochs and (self.step or not self.stop_training):
                self.logs = self._epoch(batches, told, shuffle, augment, self.epoch - initial_epoch)
                if not self.step:
                    _tell_of_the_end(self.epoch)
                    break
                if validation is not None and _is_due(self.epoch, validation_freq):
                    found = self._evaluate(validation, told)
                    self.logs |= {f"val_{name}": result for name, result in found.items()}
                epoch, self.epoch, self.step = self.epoch, self.epoch + 1, 0
                told.on_epoch_end(epoch, dict(self.logs))  # to which callbacks may add
            self.optimizer.finalize(self.weights)
            told.on_train_end(self.logs)
        finally:
            told.close()
        return history

    def _epoch(
        self, batches: Batches, told: CallbackList, shuffle: bool, augment: Augment | None, number: int
    ) -> dict[str, float]:
        """One epoch, or what is left of it; `step` stays 0 where there was no batch."""
        if not self.step:
            self.scores.reset()
        told.on_epoch_begin(self.epoch)
        rng = np.random.default_rng([self.seed, self.epoch]) if shuffle else None
        done = self.step  # by the run that this one continues
        for step, batch in enumerate(batches.epoch(rng, number)):
            if step < done or self.stop_training:
                continue
            told.on_train_batch_begin(step)
            if augment is not None:
                batch = augmented(batch, augment, self.seed, self.epoch, step)
            self.train_on(batch)
            self.step = step + 1
            told.on_train_batch_end(step, self.scores.logs())
            if self.stop_training:
                break
        return self.scores.logs()

    def evaluate(
        self, batches: Batches, callbacks: Sequence[Callback] = (), verbose: Any = 0
    ) -> dict[str, float]:
        """The loss and the metrics over all batches."""
        self.prepare(batches.sample())
        params = {"epochs": 1, "steps": batches.steps, "verbose": verbose}
        told = CallbackList(callbacks, self.model, params)
        try:
            return self._evaluate(batches, told)
        finally:
            told.close()

    def _evaluate(self, batches: Batches, told: CallbackList) -> dict[str, float]:
        self.scores.reset()
        told.on_test_begin()
        step = -1
        for step, batch in enumerate(batches.epoch(None)):
            told.on_test_batch_begin(step)
            self.test_on(batch)
            told.on_test_batch_end(step, self.scores.logs())
        if step < 0:
            raise InputError("there are no batches left to evaluate on: a generator gives its batches once")
        logs = self.scores.logs()
        told.on_test_end(logs)
        return logs


def states_of_generators(model: Model) -> list[Mapping[str, Any]]:
    """Where each random generator of the layers stands."""
    return [rng.bit_generator.state for rng in _generators(model)]


def restore_generators(model: Model, states: Sequence[Mapping[str, Any]]) -> None:
    """Put the generators back to where they stood."""
    for rng, state in zip(_generators(model), states, strict=True):
        rng.bit_generator.state = state


def _generators(part: Any) -> Iterator[np.random.Generator]:
    """Those of a model's layers, and of the parts in them."""
    held = part.layers if isinstance(part, Model) else vars(part).values()
    for value in held:
        if isinstance(value, np.random.Generator):
            yield value
        for inner in (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        ):
            if isinstance(inner, Part):
                yield from _generators(inner)


def _scaled(gradient: Any, scale: float) -> Any:
    return gradient if scale == 1 else gradient * scale


def _is_finite(gradient: Any) -> bool:
    array: Array = gradient.values if isinstance(gradient, RowGradient) else gradient
    flat = array.reshape(-1)
    return bool(np.isfinite(np.dot(flat, flat))) or bool(np.isfinite(array).all())


def _tell_of_the_end(epoch: int) -> None:
    warnings.warn(
        f"x gave no more batches in epoch {epoch + 1}, and the training ends: a generator gives its batches "
        "once, and is to have enough for all epochs",
        stacklevel=4,
    )


def _is_due(epoch: int, validation_freq: int | Collection[int]) -> bool:
    if isinstance(validation_freq, int):
        return (epoch + 1) % validation_freq == 0
    return epoch + 1 in validation_freq
