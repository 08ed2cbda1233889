"""Which layer stands for which class of Keras."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from maju.errors import InputError
from maju.layers import activations
from maju.layers.base import Layer
from maju.layers.cell import AnyCell

__all__ = ["CUSTOM", "find", "find_cell", "is_model", "is_own", "known", "layer", "register", "unregister"]

#: What stands before the name of a class that is not Keras's own and has no package in its file.
CUSTOM = "custom>"
_layers: dict[str, type[Layer]] = {}
_registered: dict[str, type[Layer]] = {}
_cells: dict[str, type[AnyCell]] = {}
_models: set[str] = set()
LayerClass = TypeVar("LayerClass", bound=type[Layer])
Registered = TypeVar("Registered", bound=Callable[..., Any])


def layer(cls: LayerClass) -> LayerClass:
    """Make a layer of maju's known under its Keras class's name: ``@layer`` above the class."""
    _layers[cls.keras_class] = cls
    return cls


def register(
    keras_name: str, *, gradient: Callable[[Any, Any, Any], Any] | None = None
) -> Callable[[Registered], Registered]:
    """Let a class or a function of yours stand for one that is not Keras's own, as `custom_objects` does.

    ::

        @maju.register("Scale")
        class Scale(maju.layers.Layer):
            def forward(self, x, training=False, mask=None):
                return 2 * x


        @maju.register("mish2")
        def mish2(x):
            return x * np.tanh(np.log1p(np.exp(x)))

    A cell of a recurrent layer is registered as a subclass of `maju.layers.AnyCell`. A model whose class
    changes how it is trained, and not what its graph computes, is `maju.Model`:
    ``maju.register("GAN")(maju.Model)``. What is registered comes before maju's own layer, cell or activation
    of the same name.

    Args:
        keras_name: the name in the file: that of the Python class or function, or ``"package>Name"`` for the
            one of this package alone.
        gradient: of an activation: ``(x, y, dy) -> dx``. Without it the function can be run, not trained.

    Raises:
        InputError: what is below it is no subclass of `maju.layers.Layer` or `maju.layers.AnyCell`, not
            `maju.Model`, and no function.
    """
    if not isinstance(keras_name, str) or not keras_name:
        raise InputError(
            f"register takes the name that the file has, as register('MyLayer'), got {keras_name!r}"
        )

    def decorate(thing: Registered) -> Registered:
        if isinstance(thing, type) and issubclass(thing, Layer) and thing.keras_class == "Functional":
            if thing.__name__ != "Model":
                reason = "a model is registered as maju.Model, which computes the graph that its file holds"
                raise InputError(f"{reason}, got {thing.__name__}")
            _models.add(keras_name)
        elif isinstance(thing, type) and issubclass(thing, Layer):
            bare = keras_name.rpartition(">")[2]
            own = _layers.get(thing.keras_class) is thing  # a layer of maju's, which keeps its name
            known: type[Layer] = type(bare, (thing,), {"__doc__": thing.__doc__}) if own else thing
            known.keras_class = bare
            _registered[keras_name] = known
        elif isinstance(thing, type) and issubclass(thing, AnyCell):
            thing.keras_class = keras_name.rpartition(">")[2]
            _cells[keras_name] = thing
        elif inspect.isclass(thing) or not callable(thing):
            shown = getattr(thing, "__name__", repr(thing))
            wanted = "a subclass of maju.layers.Layer or maju.layers.AnyCell, or a function of an array"
            raise InputError(f"expected {wanted}, got {shown}")
        else:
            activations.register(keras_name, thing, gradient)
        return thing

    return decorate


def unregister(keras_name: str) -> None:
    """Forget what `register` was told of this name; nothing happens where there is nothing."""
    _registered.pop(keras_name, None)
    _cells.pop(keras_name, None)
    _models.discard(keras_name)
    activations.unregister(keras_name)


def find(keras_class: str, *, custom: bool = False) -> type[Layer] | None:
    """The layer for a Keras class name, or None where there is none.

    Args:
        keras_class: ``"Dense"``; a class that is not Keras's own may have its package before it.
        custom: whether the class is not Keras's own, whatever its name.
    """
    bare = keras_class.rpartition(">")[2]
    own = None if custom or ">" in keras_class else _own(keras_class)
    return _registered.get(keras_class) or _registered.get(bare) or own


def find_cell(keras_class: str) -> type[AnyCell] | None:
    """The recurrent cell that was registered for a Keras class name; None if there is none."""
    return _cells.get(keras_class) or _cells.get(keras_class.rpartition(">")[2])


def is_model(keras_class: str) -> bool:
    """Whether models of this class, which is not Keras's own, compute what their graph says."""
    return keras_class in _models or keras_class.rpartition(">")[2] in _models


def is_own(keras_class: str) -> bool:
    """Whether maju itself has a layer for this class of Keras."""
    return _own(keras_class) is not None


def known() -> dict[str, type[Layer]]:
    """Every layer of maju's own by its Keras class name."""
    from maju import layers

    for name in layers.__all__:
        if name.endswith("Layer"):
            getattr(layers, name)
    return dict(_layers)


def _own(keras_class: str) -> type[Layer] | None:
    """Maju's layer for a class of Keras, whose module may not have been imported yet."""
    from maju import layers

    if keras_class not in _layers and f"{keras_class}Layer" in layers.__all__:
        getattr(layers, f"{keras_class}Layer")
    if keras_class == "InputLayer":
        getattr(layers, keras_class)
    return _layers.get(keras_class)
