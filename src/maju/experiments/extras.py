"""Whether the packages that experiments need are installed."""

from __future__ import annotations

from importlib.util import find_spec

from maju.errors import MissingExtraError

__all__ = ["require_experiments"]

PACKAGES = (
    "filelock",
    "jinja2",
    "matplotlib",
    "pydantic",
    "rich",
    "sklearn",
    "threadpoolctl",
)
KERAS = ("keras", "tensorflow")


def require_experiments(what: str, keras: bool = True) -> None:
    """Refuse to start without the extra; looks for the packages and imports none of them.

    Args:
        keras: whether Keras is needed too.
    """
    if any(find_spec(package) is None for package in (*PACKAGES, *(KERAS if keras else ()))):
        raise MissingExtraError(what, "experiments")
