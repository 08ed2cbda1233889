"""Where everything random comes from: one seed that all that have none of their own draw theirs from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from maju.errors import InputError

__all__ = ["drawing_from", "generator", "get_state", "set_random_seed", "set_state"]

#: None until something is drawn or seeded, since numpy.random takes its time to import.
_seeds: np.random.SeedSequence | None = None
#: The seeds of this thread or task alone, within `drawing_from`.
_own: ContextVar[np.random.SeedSequence | None] = ContextVar("own seeds", default=None)


def set_random_seed(seed: int) -> None:
    """Make all that is drawn from now on the same in every run: initial weights, Dropout, the order of rows.

    Layers with a ``seed`` of their own, and those that were made before, are left as they are.

    Raises:
        InputError: the seed is no whole number from 0 up.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"a seed is a whole number from 0 up, got {seed!r}")
    _begin(np.random.SeedSequence(int(seed)))


def generator(seed: int | None = None) -> np.random.Generator:
    """A generator with this seed; without one, with the next that `set_random_seed` leads to."""
    return np.random.default_rng(_sequence().spawn(1)[0] if seed is None else seed)


@contextmanager
def drawing_from(seeds: int | Mapping[str, Any]) -> Iterator[None]:
    """Draw from other seeds for a while, in this thread alone, and leave those of all as they stand.

    Args:
        seeds: as `set_random_seed` takes it, or as `get_state` gives it.
    """
    before = _own.set(np.random.SeedSequence())
    try:
        set_state(seeds) if isinstance(seeds, Mapping) else set_random_seed(seeds)
        yield
    finally:
        _own.reset(before)


def get_state() -> dict[str, Any]:
    """Where the seeds stand that `generator` leads to: numbers and lists."""
    return dict(_sequence().state)


def set_state(state: Mapping[str, Any]) -> None:
    """Go on from where `get_state` found them."""
    _begin(np.random.SeedSequence(**{**state, "spawn_key": tuple(state["spawn_key"])}))


def _sequence() -> np.random.SeedSequence:
    own = _own.get()
    if own is not None:
        return own
    if _seeds is None:
        _begin(np.random.SeedSequence())
    assert _seeds is not None
    return _seeds


def _begin(sequence: np.random.SeedSequence) -> None:
    global _seeds
    if _own.get() is None:
        _seeds = sequence
    else:
        _own.set(sequence)
