"""How Keras's files name schedules and optimizers: a class, its config, and who made the class."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from maju.errors import InputError

__all__ = ["class_named", "read_serialized", "serialized"]

T = TypeVar("T")


def serialized(thing: Any, module: str) -> dict[str, Any]:
    """The form in which Keras 3 writes something that has a `get_config`."""
    name = type(thing).__name__
    return {"module": module, "class_name": name, "config": thing.get_config(), "registered_name": None}


def read_serialized(given: Mapping[str, Any], what: str) -> tuple[str, dict[str, Any]]:
    """The class name and the config that a file holds, of Keras 2 or 3.

    Args:
        what: what it should be, as ``"an optimizer"``.

    Raises:
        InputError: it is of another form, or a class of its author's own.
    """
    name, config, registered = (given.get(key) for key in ("class_name", "config", "registered_name"))
    if not isinstance(name, str) or not isinstance(config, Mapping):
        raise InputError(
            f"expected {what} as a file holds it, with class_name and config, got {dict(given)!r}"
        )
    if registered is not None and registered != name:
        raise InputError(f"{what} of its author's own, {registered!r}, is not known to maju")
    return name, dict(config)


def class_named(name: str, classes: Mapping[str, type[T]], what: str) -> type[T]:
    """The class of this name, in whatever case, with or without underscores.

    Args:
        classes: the classes by their names in lower case.
        what: what they are, as ``"optimizer"``.

    Raises:
        InputError: there is none; names near ones.
    """
    key = name.replace("_", "").lower()
    if key not in classes:
        near = difflib.get_close_matches(key, classes, 3)
        names = ", ".join(classes[k].__name__ for k in near or classes)
        raise InputError(f"no {what} {name!r}; {'near it are' if near else 'there are'} {names}")
    return classes[key]
