"""Packages whose names are imported when somebody asks for them, so that a start costs what is used.

A package says ``__getattr__ = lazily(__name__, home)``, where `home` tells in which module a name is. What
type checkers and editors see are imports below ``if TYPE_CHECKING``; a test holds the two together.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["lazily"]


def lazily(package: str, home: Callable[[str], str | None]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package.

    Args:
        package: its name.
        home: a name -> the module that has it, which may be of that very name; None if there is no such name.
    """

    def get(name: str) -> Any:
        module = home(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = importlib.import_module(module)
        value = found if module == f"{package}.{name}" else getattr(found, name)
        setattr(sys.modules[package], name, value)
        return value

    return get
