"""Layers and cells that are hyper-parameters of another one, as a file holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from maju.errors import ModelFormatError
from maju.layers.base import Array, Config, Part, snake_case

__all__ = ["class_and_config", "entry", "keys_of", "made"]

AnyPart = TypeVar("AnyPart", bound=Part)


def entry(part: Part) -> dict[str, Any]:
    """A layer or a cell as a Keras file holds it."""
    held = {"module": "keras.layers", "class_name": part.keras_class, "config": part.get_config()}
    return held | dict(part.origin)


def class_and_config(held: Any, wrong: str) -> tuple[str, Config]:
    """The name of the class and the config of what a file holds.

    Args:
        wrong: what to say of that which is neither a layer nor a cell.

    Raises:
        ModelFormatError: it is neither.
    """
    if not isinstance(held, Mapping) or not isinstance(held.get("config"), Mapping):
        raise ModelFormatError(wrong)
    return str(held.get("class_name")), held["config"]


def made(cls: type[AnyPart], held: Mapping[str, Any], weights: Mapping[str, Array]) -> AnyPart:
    """What a file holds, as a part of this class, which `entry` writes as it was.

    Args:
        weights: its arrays, under the names that its class gives them.
    """
    part = cls.from_config(held["config"], weights)
    if ">" in str(held.get("class_name")):  # of its author's own
        part.origin = {key: held.get(key) for key in ("module", "registered_name")}
    return part


def keys_of(classes: Sequence[str]) -> list[str]:
    """Where Keras keeps each of several parts: its class in snake case, counted by class."""
    counts: Counter[str] = Counter()
    keys = []
    for base in (snake_case(name.rpartition(">")[2]) for name in classes):
        keys.append(f"{base}_{counts[base]}" if counts[base] else base)
        counts[base] += 1
    return keys
