"""Configs of optimizers that Keras 1 and 2 wrote, brought to the form of Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maju.errors import InputError
from maju.schedules import InverseTimeDecay

__all__ = ["to_keras3"]

#: Keys of Keras 2 that change no number.
NEUTRAL = ("is_legacy_optimizer", "jit_compile")
#: Keys that only the optimizers of Keras 1 and of Keras 2 before 2.11 have, "legacy" later on.
LEGACY = ("decay", "lr", "schedule_decay")


def to_keras3(name: str, config: Mapping[str, Any], *, legacy: bool = False) -> dict[str, Any]:
    """The config as Keras 3 would write it; one of Keras 3 comes back as it was.

    Args:
        name: the class of the optimizer.
        legacy: whether the file says that the optimizer is a legacy one.

    Raises:
        InputError: it computes what Keras 3 does not; names what.
    """
    new = {key: value for key, value in config.items() if key not in NEUTRAL}
    if new.get("weight_decay") is False:
        new["weight_decay"] = None
    if "jit_compile" in config and new.get("use_ema"):
        raise InputError(
            f"{name} of Keras 2 with use_ema=True: its averages start from the first weights, those of "
            "Keras 3 from the weights after one step"
        )
    if legacy or config.get("is_legacy_optimizer") or any(key in config for key in LEGACY):
        return _from_legacy(name, new)
    return new


def _from_legacy(name: str, config: dict[str, Any]) -> dict[str, Any]:
    what = f"{name} of Keras 1 or 2 (legacy)"
    if name == "Nadam":
        raise InputError(f"{what}: its momentum rises by another rule than that of Keras 3")
    if name == "RMSprop" and not config.get("momentum"):
        raise InputError(f"{what} without momentum: it adds epsilon outside the root, Keras 3 inside")
    if name == "Adagrad" and not config.get("initial_accumulator_value", 0) >= 0.1:
        raise InputError(
            f"{what}: it adds epsilon outside the root, Keras 3 inside, which differs where "
            "initial_accumulator_value is below 0.1"
        )
    new = {key: value for key, value in config.items() if key not in LEGACY}
    rate = config.get("lr", config.get("learning_rate"))
    if rate is not None:
        new["learning_rate"] = rate
    decay = config.get("decay")
    if decay:
        if not isinstance(rate, (int, float)):
            raise InputError(f"{what}: decay={decay!r} on top of a schedule")
        new["learning_rate"] = InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)
    if "epsilon" in new and new["epsilon"] is None:
        new["epsilon"] = 1e-7
    return new
