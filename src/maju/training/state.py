"""Where a training stands: all that it needs to go on as if it had never been cut off."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from maju import random as seeds
from maju.callbacks.callback import Callback
from maju.layers.base import Layer, Part
from maju.schedules import LearningRateSchedule
from maju.training.trainer import Trainer, restore_generators, states_of_generators

__all__ = ["facts_of", "restore", "state_of"]


def facts_of(trainer: Trainer) -> dict[str, str]:
    """What must be the same for a training to go on where another one stood, in words.

    The names of layers are not among it, since those that are made up count on in a process.
    """
    model, optimizer = trainer.model, trainer.optimizer
    facts = {}
    for place, (path, weight) in enumerate(model.weights.items()):
        frozen = "" if path in trainer.weights else ", not trained"
        facts[f"weight {place}"] = f"{path.rpartition('/')[2]} {weight.shape} {weight.dtype}{frozen}"
    config = optimizer.get_config()
    if not isinstance(optimizer.learning_rate, LearningRateSchedule):
        del config["learning_rate"]  # which callbacks change, and which is part of the state
    facts["optimizer"] = f"{type(optimizer).__name__} {json.dumps(config, sort_keys=True, default=str)}"
    facts["losses"] = _names(trainer.objective.losses)
    facts["metrics"] = _names(trainer.scores.all())
    facts["random generators"] = str(len(states_of_generators(model)))
    facts["callbacks"] = _names(_with_state(trainer))
    return facts | dict(trainer.data)


def state_of(trainer: Trainer) -> dict[str, Any]:
    """Where a training stands between two batches or two epochs."""
    within = trainer.step > 0
    return {
        "epoch": trainer.epoch,
        "step": trainer.step,
        "seed": trainer.seed,
        "stop_training": trainer.stop_training,
        "logs": dict(trainer.logs),
        "weights": list(trainer.model.weights.values()),
        "optimizer": list(trainer.optimizer.variables.values()),
        "metrics": [metric.get_state() for metric in trainer.scores.all()] if within else None,
        "generators": states_of_generators(trainer.model),
        "random": seeds.get_state(),
        "kept": [getattr(layer, key) for layer, key in _kept(trainer.model)],
        "callbacks": [callback.get_state() for callback in _with_state(trainer)],
    }


def restore(trainer: Trainer, state: Mapping[str, Any]) -> None:
    """Put a training of the same facts to where `state_of` found it."""
    for weight, kept in zip(trainer.model.weights.values(), state["weights"], strict=True):
        weight[...] = kept
    trainer.optimizer.load_variables(state["optimizer"])
    restore_generators(trainer.model, state["generators"])
    seeds.set_state(state["random"])
    for (layer, key), kept in zip(_kept(trainer.model), state["kept"], strict=True):
        setattr(layer, key, tuple(kept) if isinstance(kept, list) else kept)
    if state["metrics"] is not None:
        for metric, kept in zip(trainer.scores.all(), state["metrics"], strict=True):
            metric.set_state(kept)
    for callback, kept in zip(_with_state(trainer), state["callbacks"], strict=True):
        callback.set_state(kept)
    trainer.epoch, trainer.step = state["epoch"], state["step"]
    trainer.seed = state["seed"]
    trainer.stop_training = state["stop_training"]
    trainer.logs = dict(state["logs"])


def _with_state(trainer: Trainer) -> list[Callback]:
    """The callbacks that remember anything."""
    return [c for c in trainer.told.callbacks if type(c).get_state is not Callback.get_state]


def _names(things: Any) -> str:
    return ", ".join("none" if thing is None else type(thing).__name__ for thing in things) or "none"


def _kept(part: Any) -> Iterator[tuple[Layer, str]]:
    """What a call leaves behind in each layer within this part, as the states of one that is stateful."""
    for value in vars(part).values():
        held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        for inner in held:
            if isinstance(inner, Layer):
                yield from ((inner, key) for key in inner.keeps)
            if isinstance(inner, Part):
                yield from _kept(inner)
