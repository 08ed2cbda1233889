"""Whether the packages that experiments need are installed."""

from __future__ import annotations

from importlib.util import find_spec

from maju.errors import MissingExtraError

__all__ = ["require_experiments"]

PACKAGES = (
    "filelock",
    "jinja2",
    "keras",
    "matplotlib",
    "pydantic",
    "rich",
    "sklearn",
    "tensorflow",
    "threadpoolctl",
)


def require_experiments(what: str) -> None:
    """Refuse to start without the extra; looks for the packages and imports none of them."""
    if any(find_spec(package) is None for package in PACKAGES):
        raise MissingExtraError(what, "experiments")
