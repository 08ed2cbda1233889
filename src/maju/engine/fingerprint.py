"""Fingerprint: whether the layers of a model are still what a plan was made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from maju.layers.base import Array, Part
from maju.layers.operations import Operation

__all__ = ["fingerprint"]

#: Two primes: numbers that trade places are overlooked only if they are a multiple of both apart.
WIDTHS = (1021, 1019)


def fingerprint(part: Any) -> list[Any]:
    """What a layer, with all layers within it, computes with: its settings, and a digest of its arrays.

    Two of them are equal if nothing has changed; any number that changes shows.
    """
    return [item for holder in _parts(part, set()) for item in _of(holder)]


def _parts(part: Any, seen: set[int]) -> Iterator[Any]:
    """The part and those within it, each once."""
    if id(part) in seen:
        return
    seen.add(id(part))
    yield part
    for value in vars(part).values():
        held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        for inner in held:
            if isinstance(inner, (Part, Operation)):
                yield from _parts(inner, seen)


def _of(part: Any) -> Iterator[Any]:
    for key, value in vars(part).items():
        if isinstance(value, np.ndarray) and value.dtype != object:
            yield key, value.shape, value.dtype.str, digest(value)
        elif isinstance(value, (bool, int, float, str, tuple)) or value is None:
            yield key, value


def digest(array: Array) -> tuple[bytes, ...]:
    """What changes with any one number of an array, and with its place."""
    octets = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    whole = len(octets) // 8 * 8
    words = octets[:whole].view(np.uint64)
    return octets[whole:].tobytes(), *(_folded(words, width) for width in WIDTHS)


def _folded(words: Array, width: int) -> bytes:
    """The exclusive or of the rows, where words are laid out in rows of this width."""
    rows = len(words) // width
    folded = np.bitwise_xor.reduce(words[: rows * width].reshape(rows, width), axis=0)
    rest = words[rows * width :]
    folded[: len(rest)] ^= rest
    octets: bytes = folded.tobytes()
    return octets
