"""Blueprint: a layer as Keras spells it, whose weights are made when it is called."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from maju import constraints, initializers, regularizers
from maju.errors import InputError
from maju.formats.guards import shorten
from maju.formats.specification import LayerSpec
from maju.layers import activations, registry
from maju.layers.base import Layer
from maju.layers.policies import Policy
from maju.layers.text_vectorization import TextVectorizationLayer
from maju.layers.time_distributed import TimeDistributedLayer
from maju.models.build import check_counts
from maju.models.functional import called, made_and_called
from maju.models.model import Model
from maju.models.naming import unique_name
from maju.models.symbolic import Input, is_symbolic

__all__ = ["Blueprint"]

#: What every layer of Keras takes beside what its signature names.
COMMON = ("name", "dtype", "trainable", "autocast", "activity_regularizer", "input_shape", "input_dim")
#: Arguments that hold other layers.
HELD = ("layer", "backward_layer", "cell", "cells", "layers")
#: Packages of what stands in arguments that end so.
PACKAGES: Mapping[str, Any] = {
    "_initializer": initializers,
    "_regularizer": regularizers,
    "_constraint": constraints,
}


class Blueprint:
    """A layer as Keras spells it: its hyper-parameters at first, and its weights from its first call on.

    A subclass declares, in the signature of its constructor, the arguments of the Keras class of its name:
    their order and their defaults. All else is here.

    Attributes:
        name: its name in its model.
        config: its hyper-parameters as a Keras file holds them.
        layer: the layer that computes, with its weights; None before the first call.
        input_shape: the shape of a sample, if it was given here and not to an `Input`.
    """

    keras_class: ClassVar[str]
    __signature__: ClassVar[inspect.Signature]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        declared = inspect.signature(cls.__dict__["__init__"])
        parameters = [p.replace(annotation=p.empty) for p in declared.parameters.values()]
        cls.__signature__ = inspect.Signature(parameters[1:])
        type.__delattr__(cls, "__init__")
        cls.keras_class = cls.__name__
        cls.__doc__ = cls._layer_class().__doc__

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = self._bound(args, kwargs)
        self.name = str(given.pop("name", None) or unique_name(self.keras_class))
        self.layer: Layer | None = None
        self.holder: str | None = None  # the layer around this one
        self.input_shape = given.pop("input_shape", None)
        if not self._declares("input_dim") and given.get("input_dim") is not None:
            self.input_shape = (given.pop("input_dim"),)
        self._weights = given.pop("weights", None)
        self._model = given.pop("layer") if isinstance(given.get("layer"), Model) else None
        self.config: dict[str, Any] = {"name": self.name}
        self.config |= {
            key: self._plain(key, value) for key, value in given.items() if self._says(key, value)
        }
        if self._declares("kwargs"):  # the others know no such thing
            self.config["trainable"] = bool(given.get("trainable", True))
        if self.keras_class == "Bidirectional":
            self._name_halves()
        self._check()

    @classmethod
    def _layer_class(cls) -> type[Layer]:
        return registry.known()[cls.__name__]

    # Its arguments

    @classmethod
    def _declares(cls, key: str) -> bool:
        return key in cls.__signature__.parameters

    @classmethod
    def _bound(cls, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Every argument by its name, defaults too."""
        layer, where = cls._layer_class(), f"layers.{cls.__name__}"
        named = [p.name for p in cls.__signature__.parameters.values() if p.kind is not p.VAR_KEYWORD]
        known = dict.fromkeys([*named, *COMMON, *layer.hyper_parameters, *layer.only])
        for key in kwargs:
            if key not in known:
                near = difflib.get_close_matches(key, known, 3)
                rest = f"near it are {', '.join(near)}" if near else f"there are {', '.join(named)}"
                raise InputError(f"{where} has no argument {key!r}; {rest}")
        beyond = {key: value for key, value in kwargs.items() if key not in named}
        try:
            bound = cls.__signature__.bind(*args, **{k: v for k, v in kwargs.items() if k in named})
        except TypeError as error:
            raise InputError(f"{where}: {error}; its arguments are {', '.join(named)}") from error
        bound.apply_defaults()
        return {key: bound.arguments[key] for key in named} | beyond

    def _says(self, key: str, value: Any) -> bool:
        """Whether an argument goes into the config: not one that maju has no use for, at its default."""
        layer = self._layer_class()
        used = key in (*layer.hyper_parameters, *HELD, "seed", "unit_forget_bias")
        if key in layer.only and value is not None and key != "use_cudnn":
            return True
        if used or (key.endswith(tuple(PACKAGES)) and key != "activity_regularizer"):
            return True
        parameter = self.__signature__.parameters.get(key)
        return value is not None and (parameter is None or value != parameter.default)

    def _plain(self, key: str, value: Any) -> Any:
        """An argument as a Keras file holds it."""
        for ending, package in PACKAGES.items():
            if key.endswith(ending):
                found = self._checked(key, package.get, value)
                if found is not None and not hasattr(found, "get_config"):
                    raise InputError(
                        f"{self._where}: {key}: no file can hold {shorten(repr(value))}; expected one of "
                        f"{package.__name__}, or its name; set_weights puts values into a layer"
                    )
                return None if found is None else self._checked(key, package.serialize, found)
        if key in HELD:
            return self._held(key, value)
        if key == "data_format" and value is None:
            return "channels_last"
        if key == "dtype" and isinstance(getattr(value, "name", None), str):
            return value.name
        if key in ("activation", "recurrent_activation") and value is not None:
            return self._activation(key, value)
        if isinstance(value, (np.ndarray, np.generic)):
            return value.tolist()
        return value

    def _checked(self, key: str, function: Any, value: Any) -> Any:
        try:
            return function(value)
        except InputError as error:
            raise InputError(f"{self._where}: {key}: {error}") from error

    def _activation(self, key: str, value: Any) -> Any:
        """An activation by its name; one that is a layer, as it stands in a file."""
        if isinstance(value, str):
            if not activations.is_known(value):
                self._checked(key, activations.get, value)  # which tells near names
            return value
        if isinstance(value, Mapping):
            return value
        if isinstance(value, Blueprint) and value.keras_class in activations.LAYERS:
            return value.entry(self.name)
        if isinstance(value, activations.Activation) and not value.settings:
            return value.name
        name = getattr(value, "__name__", None)
        if isinstance(name, str) and activations.is_known(name):
            of_others = isinstance(value, np.ufunc) or str(value.__module__).startswith("keras.")
            if of_others or getattr(activations.get(name).forward, "__wrapped__", None) is value:
                return name
        raise InputError(
            f"{self._where}: {key}: expected the name of an activation, as 'relu', or a layer of one, as "
            f"layers.ReLU(), got {shorten(repr(value))}; a function of your own gets a name by "
            "@maju.register('name')"
        )

    def _held(self, key: str, value: Any) -> Any:
        """A layer or a cell that is an argument of this one."""
        if isinstance(value, (list, tuple)):
            held = [self._held(key, item) for item in value]
            stack = {"module": "keras.layers", "class_name": "StackedRNNCells", "registered_name": None}
            name = unique_name("StackedRNNCells") if key == "cell" else ""
            return {**stack, "config": {"name": name, "cells": held}} if key == "cell" else held
        if value is None and key == "backward_layer":
            return None
        if isinstance(value, Blueprint):
            return value.entry(self.name)
        raise InputError(f"{self._where}: {key} must be a new layer, as layers.Dense(3), got {value!r}")

    def entry(self, holder: str) -> dict[str, Any]:
        """The layer as it stands in the config of one around it."""
        taken = self.holder or ("a model" if self.layer is not None else None)
        if taken:
            raise InputError(f"{self._where} belongs to {taken} already; give {holder!r} a layer of its own")
        self.holder = repr(holder)
        return {
            "module": "keras.layers",
            "class_name": self.keras_class,
            "config": dict(self.config),
            "registered_name": None,
        }

    def _name_halves(self) -> None:
        """The halves of a Bidirectional under the names that Keras gives them."""
        ahead = self.config["layer"]
        config, name = ahead["config"], ahead["config"]["name"]
        self.config["layer"] = {**ahead, "config": {**config, "name": f"forward_{name}"}}
        if self.config.get("backward_layer") is None:
            turned = {"name": f"backward_{name}", "go_backwards": not config.get("go_backwards", False)}
            self.config["backward_layer"] = {**ahead, "config": {**config, **turned}}

    def _check(self) -> None:
        """Refuse a hyper-parameter, or a value of one, that maju does not have."""
        if self._model is not None:
            return
        for key in ("lora_rank", "quantization_config"):
            if self.config.pop(key, None) is not None:
                raise InputError(f"{self._where}: {key} is known in files alone, not for new layers")
        try:
            layer = self._layer_class()
            layer.refuse({**self.config, **dict.fromkeys(layer.unlearned(self.config), ...)})
            Policy.of(self.config.get("dtype"))
            check_counts(self.config)
        except ValueError as error:
            raise InputError(f"{self._where}: {error}") from error

    @property
    def _where(self) -> str:
        return f"layer {self.name!r} ({self.keras_class})"

    # Its layer

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the layer gives: for symbolic tensors symbolic ones, for arrays arrays.

        Raises:
            InputError: the layer does not take what it is called on.
        """
        if self.holder is not None:
            raise InputError(f"{self._where} belongs to {self.holder}, and cannot be called by itself")
        if not is_symbolic(args, kwargs):
            return self._computed(args, kwargs)
        if self.layer is None and self._model is not None:
            self.layer = TimeDistributedLayer.around(self._model, self.config)
        if self.layer is not None:
            return called(self.layer, args, kwargs)
        unlearned = self._layer_class().unlearned(self.config)
        if unlearned:
            raise InputError(f"{self._where} has no {unlearned[0]} yet: call adapt(texts), or give it one")
        spec = LayerSpec(self.keras_class, self.name, self.config)
        made, outputs = made_and_called(spec, None, args, kwargs)
        assert isinstance(made, Layer)
        self.layer = made
        self._set_weights()
        return outputs

    def _computed(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        one_by_one = bool(self._layer_class().call_tensors)
        x: Any = list(args) if one_by_one else args[0] if args else None
        if x is None:
            raise InputError(f"{self._where} is called on nothing")
        if self.layer is None:
            self.build([np.shape(part) for part in x] if isinstance(x, (list, tuple)) else np.shape(x))
        assert self.layer is not None
        return self.layer(x, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Make the layer for a shape of input, batch axis first, or for a list of them."""
        several = isinstance(input_shape, list)
        tensors = [Input(batch_shape=shape) for shape in (input_shape if several else [input_shape])]
        self(*tensors) if self._layer_class().call_tensors else self(tensors if several else tensors[0])

    def adapt(self, data: Any) -> None:
        """Let a TextVectorization learn its vocabulary from texts.

        Raises:
            InputError: it is another layer, or there is no token in the texts.
        """
        if self.layer is None:
            layer = self._layer_class()
            if not issubclass(layer, TextVectorizationLayer):
                reason = "maju learns the vocabulary of TextVectorization alone"
                raise InputError(f"{self._where}: {reason}; give this layer what it is to know")
            learned = ("vocabulary", "idf_weights")
            asked = [key for key in layer.hyper_parameters if key in self.config and key not in learned]
            learning = layer(**{key: self.config[key] for key in asked}, name=self.name)
            learning.adapt(data)
            self.config |= {key: getattr(learning, key) for key in learned}
            self.build((None,))
        else:
            self.layer.adapt(data)  # type: ignore[attr-defined]

    def _set_weights(self) -> None:
        """Put the arrays that were given as ``weights`` in the place of those that were drawn."""
        if self._weights is None or self.layer is None:
            return
        arrays = list(self.layer.weights.values())
        given = [np.asarray(array) for array in self._weights]
        if [array.shape for array in given] != [array.shape for array in arrays]:
            wanted, came = [a.shape for a in arrays], [a.shape for a in given]
            raise InputError(f"{self._where}: weights of shapes {came} were given, expected {wanted}")
        for array, values in zip(arrays, given, strict=True):
            array[...] = values

    @property
    def trainable(self) -> bool:
        """Whether training may move the weights."""
        return bool(self.config.get("trainable", True)) if self.layer is None else self.layer.trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self.config["trainable"] = bool(value)
        if self.layer is not None:
            self.layer.trainable = bool(value)

    def get_config(self) -> dict[str, Any]:
        """The hyper-parameters under their Keras names."""
        return dict(self.config) if self.layer is None else self.layer.get_config()

    def __getattr__(self, name: str) -> Any:
        """A hyper-parameter, or once the layer is made anything of it."""
        own = vars(self)
        if own.get("layer") is not None:
            return getattr(own["layer"], name)
        if name in own.get("config", ()):
            return own["config"][name]
        hint = "" if name.startswith("_") else "; it has no weights before its first call"
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{hint}")

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self.config]

    def __repr__(self) -> str:
        shown = [key for key in self.__signature__.parameters if key in self.config and key not in HELD]
        values = [f"{key}={self.config[key]!r}" for key in shown if not key.endswith(tuple(PACKAGES))]
        return f"layers.{self.keras_class}({', '.join([*values, f'name={self.name!r}'])})"
