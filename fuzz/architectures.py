"""Changes of an architecture that keep it JSON, so that they reach what lies behind the parser."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["changed"]

#: What a value becomes: of every type, and at the edges of each.
VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 3, 2**31, 2**63, -(2**63), 10**30, 0.0, 1e-30, 1e308, -0.5),
    *(float("nan"), float("inf"), "", "x", "same", "valid", "channels_first", "relu", "hard_sigmoid"),
    *("int32", "float16", "mixed_bfloat16", "int8_from_float32", "string", [], {}, [[]], [None, 3], [1, 2]),
    *(["_CONSTANT_VALUE", -1, 1.0, {}], {"class_name": "__tuple__", "items": [1, 2]}),
    {"class_name": "__numpy__", "config": {"value": [1, 2], "dtype": "int32"}},
]
VERSIONS = ("1.0.7", "1.2.2", "2.0.8", "2.1.6-tf", "2.2.4", "2.2.4-tf", "2.9.0", "2.15.0", "3.3.0", "3.15.1")
#: How many changes one makes at most.
MOST = 4
Place = tuple[Any, Any]


def changed(data: bytes, seeds: Sequence[bytes], number: int) -> bytes:
    """An architecture with a few changes; where `data` is none, one of the seeds with them.

    Args:
        seeds: sound ones, of which parts are taken.
        number: what the changes are drawn by.
    """
    draw = random.Random(number)
    try:
        document = json.loads(data)
    except ValueError:
        document = json.loads(draw.choice(seeds))
    for _ in range(draw.randint(1, MOST)):
        places = list(_places(document))
        if not places:
            break
        _change(draw, places, list(_places(json.loads(draw.choice(seeds)))))
    if isinstance(document, dict) and draw.random() < 0.1:
        document["keras_version"] = draw.choice(VERSIONS)
    return json.dumps(document).encode()


def _places(value: Any) -> Iterator[Place]:
    """Every list or object in a document, with each key or index in it."""
    for key in (
        list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    ):
        yield value, key
        yield from _places(value[key])


def _change(draw: random.Random, places: Sequence[Place], others: Sequence[Place]) -> None:
    holder, key = draw.choice(places)
    kind = draw.randrange(6)
    if kind == 0:
        holder[key] = copy.deepcopy(draw.choice(VALUES))
    elif kind == 1 and isinstance(holder, dict):
        del holder[key]
    elif kind == 1:
        holder.insert(key, copy.deepcopy(holder[key]))
    elif kind == 2:  # a value of the same meaning, from anywhere
        same = [(h, k) for h, k in [*places, *others] if k == key and type(h) is type(holder)]
        there, where = draw.choice(same or list(places))
        holder[key] = copy.deepcopy(there[where])
    elif kind == 3:
        there, where = draw.choice(places)
        holder[key] = copy.deepcopy(there[where])
    elif kind == 4 and isinstance(holder, dict):  # a hyper-parameter that another layer has
        keyed = [(h, k) for h, k in others if isinstance(h, dict)]
        there, where = draw.choice(keyed or list(places))
        holder[where] = copy.deepcopy(there[where])
    elif type(holder[key]) is int:
        holder[key] += draw.choice((-1, 1, 100))
