"""Finding a loss, a metric, an initializer and the like by its Keras name, and writing it as Keras does."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from maju.errors import InputError

__all__ = ["Lookup"]

Object = TypeVar("Object")
#: Keras's classes that are told by the function that they hold.
WRAPPERS = ("LossFunctionWrapper", "MeanMetricWrapper")


class Lookup(Generic[Object]):
    """The classes of one kind, each under every name that Keras has for it.

    Args:
        kind: what they are, as ``"loss"``.
        base: the class that all are kinds of.
        classes: all that can be found by name.
        others: names beside the class's own, which is found in snake case too.
        package: the part of Keras that they are from, as ``"keras.losses"``.
    """

    def __init__(
        self,
        kind: str,
        base: type[Object],
        classes: Iterable[type[Object]],
        package: str,
        others: Mapping[str, type[Object]] | None = None,
    ) -> None:
        self.kind = kind
        self.base = base
        self.package = package
        self.classes = {cls.__name__: cls for cls in classes}
        self.names = {_plain(name): cls for name, cls in {**self.classes, **(others or {})}.items()}

    @property
    def _a_kind(self) -> str:
        return f"{'an' if self.kind[0] in 'aeiou' else 'a'} {self.kind}"

    def get(self, identifier: Any) -> Object | None:
        """The object that is meant by itself, its class, a name, or what `serialize` or Keras has written."""
        if identifier is None:
            return None
        if isinstance(identifier, self.base):
            return identifier
        if isinstance(identifier, str):
            return self.named(identifier)()
        if isinstance(identifier, Mapping):
            return self.deserialize(identifier)
        if inspect.isclass(identifier) and issubclass(identifier, self.base):
            return identifier()
        raise InputError(
            f"expected {self._a_kind}, its name or its config, got {identifier!r}; one of your own is a "
            f"subclass of maju.{self.package.removeprefix('keras.')}.{self.base.__name__}"
        )

    def named(self, name: str) -> type[Object]:
        """The class of this name.

        Raises:
            InputError: there is none; lists those of near names.
        """
        found = self.names.get(_plain(name))
        if found is None:
            near = difflib.get_close_matches(_plain(name), self.names, 3)
            listed = dict.fromkeys(self.names[key].__name__ for key in near) or self.classes
            head = "near it are" if near else "there are"
            raise InputError(f"no {self.kind} {name!r}; {head} {', '.join(sorted(listed))}")
        return found

    def serialize(self, item: Object) -> dict[str, Any]:
        """The object as Keras 3 writes it."""
        if not isinstance(item, self.base):
            raise InputError(f"expected {self._a_kind}, got {item!r}")
        cls = type(item)
        own = self.classes.get(cls.__name__) is not cls
        return {
            "module": cls.__module__ if own else self.package,
            "class_name": cls.__name__,
            "config": item.get_config(),  # type: ignore[attr-defined]
            "registered_name": cls.__name__ if own else None,
        }

    def deserialize(self, config: Mapping[str, Any] | str) -> Object:
        """The object that `serialize`, Keras 3 or Keras 2 has written."""
        if isinstance(config, str):
            return self.named(config)()
        name, arguments = config.get("class_name"), config.get("config", {})
        if name == "function" and isinstance(arguments, str):  # how Keras 3 writes a function of its own
            return self.named(arguments)()
        if not isinstance(name, str) or not isinstance(arguments, Mapping):
            raise InputError(
                f"expected the class_name and the config of {self._a_kind}, got {dict(config)!r}"
            )
        # Keras writes a wrapper's function beside its own arguments, and Keras 2 that of every loss.
        function = arguments.get("fn")
        function = function.get("config") if isinstance(function, Mapping) else function
        if name in WRAPPERS and isinstance(function, str):
            name = function
        arguments = {key: value for key, value in arguments.items() if key != "fn"}
        if arguments.get("reduction") == "auto":  # Keras 2's word for the default
            del arguments["reduction"]
        cls = self.named(name)
        try:
            return cls(**arguments)
        except TypeError as error:
            raise InputError(
                f"{self.kind} {cls.__name__}: {dict(arguments)!r} are not its arguments"
            ) from error


def _plain(name: str) -> str:
    """The name by which spellings are compared: "MeanSquaredError" and "mean_squared_error" are one."""
    return name.replace("_", "").lower()
