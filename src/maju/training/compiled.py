"""How a model was compiled, as a file holds it and as `compile` takes it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from maju import losses, metrics, optimizers
from maju.errors import InputError, MajuError
from maju.formats.guards import BROKEN
from maju.formats.specification import TrainingState
from maju.losses import Loss
from maju.metrics import Metric
from maju.models.model import Model
from maju.training.trainer import Trainer

__all__ = ["brought_up", "restored", "state_of"]

#: What a config says of how Keras is to compute, and what it means where it does not say it.
OF_KERAS = {"run_eagerly": False, "steps_per_execution": 1, "jit_compile": False}


def state_of(trainer: Trainer) -> TrainingState:
    """How the model was compiled, and how far its optimizer is.

    Raises:
        InputError: a loss or a metric is a function of the user's own, which no file can hold.
    """
    config = {
        "optimizer": optimizers.serialize(trainer.optimizer),
        "loss": _written(trainer.loss),
        "loss_weights": trainer.loss_weights,
        "metrics": _written(trainer.metrics),
        "weighted_metrics": _written(trainer.weighted_metrics),
        **trainer.for_keras,
    }
    return TrainingState(config, _variables(trainer))


def _variables(trainer: Trainer) -> list[Any] | None:
    """Every variable of the optimizer; before the first step those that it will have, as Keras wants them."""
    optimizer, weights = trainer.optimizer, trainer.model.trainable_weights
    if not optimizer.built:
        if not weights:
            return None
        optimizer = copy.deepcopy(optimizer)
        optimizer.build(weights)
    return list(optimizer.variables.values())


def restored(model: Model, state: TrainingState) -> Trainer:
    """The trainer of a model that a file says how to compile, its optimizer where the file left it.

    Raises:
        InputError: the file does not say how, or with something that maju does not have.
    """
    if state.problem is not None or state.compile_config is None:
        reason = state.problem or "it does not say how the model was compiled"
        raise InputError(f"the file's training cannot be continued: {reason}; call compile(optimizer, loss)")
    config = state.compile_config
    try:
        trainer = Trainer(
            model,
            config.get("optimizer"),
            _read(config.get("loss"), losses.get),
            config.get("loss_weights"),
            _read(config.get("metrics"), metrics.get),
            _read(config.get("weighted_metrics"), metrics.get),
            {key: config.get(key, usual) for key, usual in OF_KERAS.items()},
        )
        saved = state.optimizer_variables
        if saved is not None and (len(saved) > len(trainer.optimizer.variables) or saved[0]):
            # Keras makes an optimizer's slots at its first step, before which the config says all.
            trainer.optimizer.build(model.trainable_weights)
            trainer.optimizer.load_variables(saved)
    except InputError as error:
        raise InputError(
            f"the file's training cannot be continued: {error}; call compile(optimizer, loss) to begin anew"
        ) from error
    return trainer


def brought_up(model: Model, state: TrainingState) -> TrainingState | None:
    """What a file of older Keras says of training, as Keras 3 spells it; None where it has no such form."""
    if state.major >= 3:
        return state
    try:
        return state_of(restored(model, state))
    except (MajuError, *BROKEN):  # a hostile one may raise anything
        return None


def _written(given: Any) -> Any:
    if isinstance(given, Loss):
        return losses.serialize(given)
    if isinstance(given, Metric):
        return metrics.serialize(given)
    if isinstance(given, Mapping):
        return {key: _written(part) for key, part in given.items()}
    if isinstance(given, (list, tuple)):
        return [_written(part) for part in given]
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, type) and issubclass(given, (Loss, Metric)):
        return _written(given())
    raise InputError(f"{given!r} is a function of your own, which no model file can hold")


def _read(given: Any, get: Callable[[Any], Any]) -> Any:
    """Names stay names; what was serialized becomes a loss or a metric again."""
    if isinstance(given, Mapping):
        return get(given) if "class_name" in given else {key: _read(part, get) for key, part in given.items()}
    if isinstance(given, (list, tuple)):
        return [_read(part, get) for part in given]
    return given
