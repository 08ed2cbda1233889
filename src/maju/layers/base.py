"""What layers and cells have in common: weights, hyper-parameters, masks, forward and backward."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from maju.errors import GradientError, InputError, Problem, UnsupportedModelError
from maju.layers import activations
from maju.layers.policies import Policy, plain, widened

__all__ = ["Array", "Backward", "Config", "Gradients", "Layer", "Part", "Shape", "snake_case"]

Array: TypeAlias = npt.NDArray[Any]
Config: TypeAlias = Mapping[str, Any]
#: The axes of an array without values; None is a length that is known only when data come.
Shape: TypeAlias = tuple[int | None, ...]
#: Arrays, or for a table of which rows were taken a `RowGradient`, which is added and read like one.
Gradients: TypeAlias = dict[str, Any]
#: What `Layer.vjp` returns beside the output: dy -> (dx, the gradient of each weight by name).
Backward: TypeAlias = Callable[[Any], tuple[Any, Gradients]]

#: Hyper-parameters that matter when a layer is made or trained, and never change its output.
TRAINING_ONLY = frozenset({"name", "trainable", "activity_regularizer", "seed", "unit_forget_bias"})
#: Hyper-parameters that change nothing at this value, and are written by classes of their authors' own.
NEUTRAL = {"autocast": True}
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
        dtype_policy: in which types of number it computes and keeps its weights; None for those of what it
            is given, as a part of another layer does.
    """

    #: The name of the Keras class that this is.
    keras_class: ClassVar[str] = ""
    #: The module in which Keras finds it.
    keras_module: ClassVar[str] = "keras.layers"
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
    #: Whether the weights are rounded to the type that the layer computes in.
    rounds_weights: ClassVar[bool] = True
    #: Whether Keras can keep the weights in a few bits each: see `maju.layers.quantization`.
    quantizable: ClassVar[bool] = False
    #: Where Keras finds the class of a part of another layer, if it is its author's own: what the file said.
    origin: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, name: str | None = None) -> None:
        self.name = name or snake_case(self.keras_class)
        self.extra_config: dict[str, Any] = {}
        self.dtype_policy: Policy | None = None

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

    @property
    def trainable(self) -> bool:
        """Whether training may move the weights; setting it to False freezes them."""
        return bool(self.extra_config.get("trainable", True))

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self.extra_config["trainable"] = bool(value)

    @property
    def trainable_weights(self) -> dict[str, Array]:
        """The weights that training moves: those that are not frozen and that a gradient reaches."""
        return {
            path: array
            for path, array in self.weights.items()
            if path not in self.non_trainable and all(part.trainable for part in self.holders(path))
        }

    def holders(self, path: str) -> list[Part]:
        """The parts that hold a weight: this one, and those within it along the weight's path."""
        found: Any = self
        parts: list[Part] = [self]
        for step in path.split("/")[:-1]:
            found = found[int(step)] if step.isdigit() else getattr(found, step, None)
            if isinstance(found, Part):
                parts.append(found)
        return parts

    def _at(self, path: str) -> Array:
        found: Any = self
        for step in path.split("/"):
            found = getattr(found, step)
        array: Array = found
        return array

    def get_weights(self) -> list[Array]:
        """Copies of the weights, in Keras's order."""
        return [weight.copy() for weight in self.weights.values()]

    def set_weights(self, weights: Sequence[npt.ArrayLike]) -> None:
        """Put values, as `get_weights` gives them, in the place of the weights' own.

        Raises:
            InputError: there are more or fewer of them, or they are of other shapes; nothing is changed.
        """
        own = list(self.weights.values())
        given = [np.asarray(weight) for weight in weights]
        if [weight.shape for weight in own] != [weight.shape for weight in given]:
            wanted, came = ([array.shape for array in arrays] for arrays in (own, given))
            raise InputError(f"{self.name!r}: expected weights of shapes {wanted}, got {came}")
        for weight, values in zip(own, given, strict=True):
            weight[...] = values

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
                found += cls._dtype_problems(config, where)
            elif NEUTRAL.get(key, ...) is value:
                continue
            elif key not in TRAINING_ONLY and not key.endswith(TRAINING_ONLY_ENDINGS):
                found.append(Problem(where, f"unknown hyper-parameter {key}={value!r}"))
        return found

    @classmethod
    def _dtype_problems(cls, config: Config, where: str) -> list[Problem]:
        try:
            policy = Policy.of(config["dtype"])
        except ValueError as error:
            return [Problem(where, str(error))]
        if policy.quantization and not cls.quantizable:
            return [Problem(where, f"weights quantized as {policy.quantization!r}, which is not implemented")]
        cells = [config.get("cell"), *(config.get("cells") or ())]
        held = [cell["config"].get("dtype") for cell in cells if isinstance(cell, Mapping)]
        if any(dtype is not None and dtype != config["dtype"] for dtype in held):
            return [Problem(where, "the dtype policy of its cell is another one, which is not implemented")]
        return []

    @classmethod
    def unlearned(cls, config: Config) -> list[str]:
        """The hyper-parameters that are missing in a config, and that `adapt` would learn from data."""
        return []

    @classmethod
    def refuse(cls, config: Config) -> None:
        """Raise UnsupportedModelError for a config in which anything is not implemented."""
        problems = cls.problems(config, f"layer {config.get('name')!r} ({cls.keras_class})")
        if problems:
            raise UnsupportedModelError(problems)

    @classmethod
    def other_layouts(cls, config: Config, shapes: Mapping[str, Shape]) -> list[dict[str, Shape]]:
        """Other weights, or another order of them, that a file may have in place of `weight_shapes`."""
        return []

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
        if "dtype" not in self.only and self.extra_config.get("dtype") is not None:
            self.dtype_policy = Policy.of(self.extra_config["dtype"])

    def rounded(self, x: Array) -> Array:
        """X as it comes out of one step of the computation: in half precision rounded to that type."""
        return self.dtype_policy.rounded(x) if self.dtype_policy and self.dtype_policy.half else x

    def at_work(self, policy: Policy) -> Self:
        """A copy with the weights as this policy computes with them, but for layers with one of their own."""
        twin = copy.copy(self)
        for key, value in vars(self).items():
            vars(twin)[key] = self._at_work(value, policy)
        twin.dtype_policy = policy
        return twin

    def _at_work(self, value: Any, policy: Policy) -> Any:
        if isinstance(value, Part):
            own = isinstance(value, Layer) and value.dtype_policy is not None
            return value if own else value.at_work(policy)
        if isinstance(value, dict):
            return {key: self._at_work(item, policy) for key, item in value.items()}
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and self.rounds_weights:
            return policy.rounded(value)
        return value

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
    #: The names of what Keras's call takes after that, in its order. Those that are neither "training" nor
    #: a mask are options of `forward`: tensors, or True and False.
    call_arguments: ClassVar[tuple[str, ...]] = ("training",)
    #: Whether floating-point numbers that go in are cast to the type that the layer computes in.
    autocast: ClassVar[bool] = True
    #: What a call leaves behind in the layer.
    keeps: ClassVar[tuple[str, ...]] = ()

    @property
    def has_gradient(self) -> bool:
        """Whether there is a way back: where the output jumps, as that of a lookup does, there is none."""
        return type(self).vjp is not Layer.vjp

    @property
    def input(self) -> Any:
        """What the layer is called on in its model, symbolically: for a `maju.Model` that begins there.

        Raises:
            InputError: it is in no model.
        """
        from maju.models.tensors import given_to  # which is made of layers

        return given_to(self)

    @property
    def output(self) -> Any:
        """What the layer gives in its model, symbolically: for a `maju.Model` that ends there.

        ::

            features = maju.Model(model.input, model["dense_1"].output)

        Raises:
            InputError: it is in no model.
        """
        from maju.models.tensors import given_by

        return given_by(self)

    @property
    def output_policy(self) -> Policy | None:
        """The policy in whose type the output is; None where that is left to the layers inside."""
        return self.dtype_policy

    def taken(self, x: Any) -> Any:
        """What the layer is given, as `forward` takes it: floating-point numbers in the policy's type."""
        if self.dtype_policy is None:
            return plain(x)
        return self.dtype_policy.entering(x) if self.autocast else widened(x)

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

    def vjp_to_weights(
        self, x: Any, training: bool = True, mask: Any = None, **options: Any
    ) -> tuple[Any, Backward]:
        """`vjp` where nobody asks for the gradient of x; where that is costly, a layer gives None for it."""
        return self.vjp(x, training=training, mask=mask, **options)

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """The mask of the output, given the input and its mask."""
        return mask if self.masking == "passes" else None

    def output_mask(self, x: Any, mask: Any, options: Mapping[str, Any]) -> Any:
        """The mask of the output of a call with these options."""
        return self.compute_mask(x, mask)

    def output_shape(self, input_shape: Any) -> Any:
        """The shape of the output for a shape of input, batch axis first."""
        return input_shape

    def __call__(self, x: Any, training: bool = False, mask: Any = None, **options: Any) -> Any:
        """`forward` in the types of number of the layer's dtype policy, as Keras calls the layer.

        On symbolic tensors, those of a model that is being put together, it gives symbolic tensors.
        """
        from maju.models.symbolic import called_on_symbols  # which is made of layers

        symbols = called_on_symbols(self, x, training, mask, options)
        if symbols is not None:
            return symbols
        policy = self.dtype_policy
        worker = self.at_work(policy) if policy and policy.half else self
        y = worker.forward(self.taken(x), training=training, mask=mask, **self.taken(options))
        for key in self.keeps if worker is not self else ():
            setattr(self, key, getattr(worker, key))
        return y if self.output_policy is None else self.output_policy.leaving(y)

    def within(self, x: Any, training: bool = False, mask: Any = None, **options: Any) -> Any:
        """`forward` as a layer around this one calls it: in the types of this one's policy, if it has one."""
        run = self if self.dtype_policy else self.forward
        return run(x, training=training, mask=mask, **options)
