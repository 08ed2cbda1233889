"""Where everything random comes from: one seed that all that have none of their own draw theirs from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from maju.errors import InputError

__all__ = ["generator", "get_state", "set_random_seed", "set_state"]

#: None until something is drawn or seeded, since numpy.random takes its time to import.
_seeds: np.random.SeedSequence | None = None


def set_random_seed(seed: int) -> None:
    """Make all that is drawn from now on the same in every run: initial weights, Dropout, the order of rows.

    Layers with a ``seed`` of their own, and those that were made before, are left as they are.

    Raises:
        InputError: the seed is no whole number from 0 up.
    """
    global _seeds
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"a seed is a whole number from 0 up, got {seed!r}")
    _seeds = np.random.SeedSequence(int(seed))


def generator(seed: int | None = None) -> np.random.Generator:
    """A generator with this seed; without one, with the next that `set_random_seed` leads to."""
    return np.random.default_rng(_sequence().spawn(1)[0] if seed is None else seed)


def _sequence() -> np.random.SeedSequence:
    global _seeds
    if _seeds is None:
        _seeds = np.random.SeedSequence()
    return _seeds


def get_state() -> dict[str, Any]:
    """Where the seeds stand that `generator` leads to: numbers and lists."""
    return dict(_sequence().state)


def set_state(state: Mapping[str, Any]) -> None:
    """Go on from where `get_state` found them."""
    global _seeds
    _seeds = np.random.SeedSequence(**{**state, "spawn_key": tuple(state["spawn_key"])})
