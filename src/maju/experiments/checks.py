"""Checks that the configurations of experiments share."""

from __future__ import annotations

from typing import Any

from maju.errors import MajuError

__all__ = ["require_choice", "require_positive", "require_share"]


def require_positive(config: Any, *fields: str) -> None:
    """Refuse a number of rows, units, epochs, ... below one; None stands for a default."""
    for field in fields:
        value = getattr(config, field)
        values = value if isinstance(value, tuple) else (value,)
        if values == () or any(v is not None and (not isinstance(v, int) or v < 1) for v in values):
            raise MajuError(f"{_name(config)}: {field} must be at least 1, got {value!r}")


def require_share(config: Any, *fields: str) -> None:
    """Refuse a rate of dropout that is no share of the whole."""
    for field in fields:
        value = getattr(config, field)
        if not 0 <= value < 1:
            raise MajuError(f"{_name(config)}: {field} must be at least 0 and below 1, got {value!r}")


def require_choice(config: Any, field: str, choices: tuple[str, ...]) -> None:
    """Refuse a name that is none of the choices."""
    value = getattr(config, field)
    if value not in choices:
        raise MajuError(f"{_name(config)}: {field} must be {' or '.join(choices)}, got {value!r}")


def _name(config: Any) -> str:
    return type(config).__name__
