"""Layers that several models share: a `.keras` holds their arrays once, where they came first.

Keras 3 itself does not find them again at the other places, and says so or computes with new weights.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["folders_of"]

#: Where a layer that runs another one at every step keeps that one, as it was given.
HOLDING = {"RNN": "cell", "TimeDistributed": "layer"}


def folders_of(class_name: str, config: Mapping[str, Any], folder: str) -> Iterator[tuple[str, str]]:
    """The folder of a layer, and of the one within it, each with what a layer must have to be the same one.

    Since names are unique in a model, layers of one name, class and config whose arrays are there but once
    are one layer.
    """
    yield folder, json.dumps([class_name, _without_ids(config)], sort_keys=True, default=str)
    key = HOLDING.get(class_name, "")
    held = config.get(key)
    if isinstance(held, Mapping) and isinstance(held.get("config"), Mapping):
        yield from folders_of(str(held.get("class_name")), held["config"], f"{folder}/{key}")


def _without_ids(value: Any) -> Any:
    """A config without the marks of what several layers were given, which only the later ones carry."""
    if isinstance(value, Mapping):
        return {str(key): _without_ids(item) for key, item in value.items() if key != "shared_object_id"}
    return [_without_ids(item) for item in value] if isinstance(value, (list, tuple)) else value
