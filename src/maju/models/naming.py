"""Names for layers and models that are given none: ``dense``, ``dense_1``, ``dense_2``, ..."""

from __future__ import annotations

from collections import Counter

from maju.layers.base import snake_case

__all__ = ["clear_session", "unique_name"]

_taken: Counter[str] = Counter()


def unique_name(keras_class: str) -> str:
    """The next name for a layer of this class, as Keras counts them: over all models that are made."""
    base = snake_case(keras_class)
    number = _taken[base]
    _taken[base] += 1
    return f"{base}_{number}" if number else base


def clear_session() -> None:
    """Count names from the beginning again, as `keras.utils.clear_session` does."""
    _taken.clear()
