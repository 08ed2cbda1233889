"""What layers and cells have in common: weights, hyper-parameters, masks, forward and backward."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from maju.errors import GradientError, Problem, UnsupportedModelError
from maju.layers import activations

__all__ = ["Array", "Backward", "Config", "Gradients", "Layer", "Part", "Shape", "snake_case"]

Array: TypeAlias = npt.NDArray[Any]
Config: TypeAlias = Mapping[str, Any]
#: The axes of an array without values; None is a length that is known only when data come.
Shape: TypeAlias = tuple[int | None, ...]
Gradients: TypeAlias = dict[str, Array]
#: What `Layer.vjp` returns beside the output: dy -> (dx, the gradient of each weight by name).
Backward: TypeAlias = Callable[[Any], tuple[Any, Gradients]]

#: Hyper-parameters that matter when a layer is made or trained, and never change its output.
TRAINING_ONLY = frozenset({"name", "trainable", "activity_regularizer", "seed", "unit_forget_bias"})
TRAINING_ONLY_ENDINGS = ("_initializer", "_regularizer", "_constraint")


def snake_case(name: str) -> str:
    """The name that Keras derives from a class name: ``Conv2D`` -> ``conv2d``, ``ReLU`` -> ``re_lu``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


class Part:
    """Weights with hyper-parameters: what a `Layer` and a recurrent cell both are.

    A subclass sets the class attributes below, takes its weights and its hyper-parameters under their
    Keras names in its constructor, and keeps each as an attribute of the same name.

    Attributes:
        name: its name in its model.
        extra_config: the hyper-parameters of the file that only matter in training (initializers,
            regularizers, ...), kept so that a saved model loses nothing.
    """

    #: The name of the Keras class that this is.
    keras_class: ClassVar[str] = ""
    #: Every Keras hyper-parameter that is implemented; each is also an attribute.
    hyper_parameters: ClassVar[tuple[str, ...]] = ()
    #: Those of them that the weights tell, and that the constructor therefore does not take.
    derived: ClassVar[frozenset[str]] = frozenset()
    #: The values that a hyper-parameter may have, where they can be listed.
    choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    #: Hyper-parameters that are implemented for this one value alone; `...` stands for any value,
    #: since it changes no output.
    only: ClassVar[Mapping[str, Any]] = {}
    #: Hyper-parameters that Keras 3 does not have, each with the value that means what Keras 3 does: a config
    #: holds them at other values only.
    beyond_keras: ClassVar[Mapping[str, Any]] = {}
    #: Weights that no gradient reaches; Keras stores them after the others.
    non_trainable: frozenset[str] = frozenset()

    def __init__(self, name: str | None = None) -> None:
        self.name = name or snake_case(self.keras_class)
        self.extra_config: dict[str, Any] = {}

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        """The name and the shape of each weight for a config and a shape of input, in Keras's order.

        A weight of a part is named by its path, as ``"cell/kernel"``. None stands for a length that
        the config and the input do not tell.
        """
        return {}

    @property
    def weights(self) -> dict[str, Array]:
        """The weights by name, in Keras's order: the arrays themselves, not copies."""
        return {path: self._at(path) for path in self.weight_shapes(self.get_config(), None)}

    def _at(self, path: str) -> Array:
        found: Any = self
        for step in path.split("/"):
            found = getattr(found, step)
        array: Array = found
        return array

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(int(np.size(weight)) for weight in self.weights.values())

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        """Everything in a config that is not implemented; `where` is its place in the model."""
        found = []
        for key, value in config.items():
            if key in cls.only:
                if cls.only[key] is not ... and value != cls.only[key]:
                    found.append(Problem(where, f"{key}={value!r}; only {cls.only[key]!r} is implemented"))
            elif key in cls.hyper_parameters:
                if key in cls.choices and not any(value is c or value == c for c in cls.choices[key]):
                    expected = " or ".join(repr(choice) for choice in cls.choices[key])
                    found.append(Problem(where, f"{key}={value!r}; expected {expected}"))
                elif key in ("activation", "recurrent_activation") and not activations.is_known(value):
                    found.append(Problem(where, f"{key}={value!r}, an activation that maju does not know"))
            elif key == "dtype":
                if value not in (None, "float32"):
                    found.append(Problem(where, f"dtype policy {value!r}; only 'float32' is implemented"))
            elif key not in TRAINING_ONLY and not key.endswith(TRAINING_ONLY_ENDINGS):
                found.append(Problem(where, f"unknown hyper-parameter {key}={value!r}"))
        return found

    @classmethod
    def refuse(cls, config: Config) -> None:
        """Raise UnsupportedModelError for a config in which anything is not implemented."""
        problems = cls.problems(config, f"layer {config.get('name')!r} ({cls.keras_class})")
        if problems:
            raise UnsupportedModelError(problems)

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        """Build it from what a Keras file holds.

        Args:
            config: the hyper-parameters under their Keras names.
            weights: the arrays under the names that `weight_shapes` gives.

        Raises:
            UnsupportedModelError: a hyper-parameter, or a value of one, that is not implemented.
        """
        cls.refuse(config)
        taken = [key for key in cls.hyper_parameters if key in config and key not in cls.derived]
        arrays = {path.rpartition("/")[2]: array for path, array in (weights or {}).items()}
        part = cls(**arrays, **{key: config[key] for key in taken}, name=config.get("name"))
        part.keep_extra(config)
        return part

    def keep_extra(self, config: Config) -> None:
        """Keep what only training needs, so that saving the layer again loses nothing."""
        self.extra_config = {
            key: value for key, value in config.items() if key != "name" and key not in self.hyper_parameters
        }

    def get_config(self) -> dict[str, Any]:
        """The hyper-parameters under their Keras names, as Keras's own `get_config` gives them."""
        own = {key: getattr(self, key) for key in self.hyper_parameters}
        own = {k: v for k, v in own.items() if k not in self.beyond_keras or v != self.beyond_keras[k]}
        return {"name": self.name, **self.extra_config, **own}

    def __repr__(self) -> str:
        config = self.get_config()
        shown = ", ".join(f"{key}={config[key]!r}" for key in self.hyper_parameters if key in config)
        return f"{type(self).__name__}({shown})"


class Layer(Part):
    """One step of a model: a function of an array, beside the function that carries gradients back."""

    #: What the layer does with a mask: computes with it, hands it on untouched, or loses it.
    masking: ClassVar[Literal["uses", "passes", "drops"]] = "drops"
    #: The names under which Keras takes several tensors one by one; `forward` takes a list of them, the last
    #: of which may be left out, and as the mask a list with one for each.
    call_tensors: ClassVar[tuple[str, ...]] = ()
    #: The names of what `forward` takes beyond x, training and mask: tensors, or True and False.
    call_options: ClassVar[frozenset[str]] = frozenset()

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        """The layer's output.

        Args:
            x: the input; its first axis is the batch. A layer of several inputs takes a list.
            training: whether what acts in training alone (Dropout) acts.
            mask: which steps of x count, (batch, time) of bool; None where all do.
        """
        raise NotImplementedError

    def vjp(self, x: Any, training: bool = True, mask: Any = None) -> tuple[Any, Backward]:
        """The output, and the function that carries a gradient back through this very call.

        Returns:
            ``y, backward``, where ``backward(dy)`` gives ``dx, gradients``: the gradient of x, and that of
            each weight under its name in `weights`. The layer itself keeps nothing of the call, so one
            layer serves many threads.

        Raises:
            GradientError: this layer has no backward.
        """
        raise GradientError(f"layer {self.name!r} ({self.keras_class}) has no backward yet")

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """The mask of the output, given the input and its mask."""
        return mask if self.masking == "passes" else None

    def output_shape(self, input_shape: Any) -> Any:
        """The shape of the output for a shape of input, batch axis first."""
        return input_shape

    def __call__(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        return self.forward(x, training=training, mask=mask)
