"""TimeDistributed: the same layer at every step of a sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from maju.errors import InputError, Problem
from maju.layers.base import Array, Backward, Config, Gradients, Layer, Shape
from maju.layers.held import class_and_config, entry, made
from maju.layers.policies import Policy
from maju.layers.quantizable import QuantizableLayer
from maju.layers.registry import find, layer

__all__ = ["TimeDistributedLayer"]

#: How a layer inside may be quantized; and the layer whose packed kernel lacks its shape there.
QUANTIZED = ("int8", "int4", "float8")
UNKNOWN_AXES = ("EinsumDense", "int4")


@layer
class TimeDistributedLayer(Layer):
    """Run a layer at every step of a sequence, each time with the same weights: y[:, t] = layer(x[:, t]).

    The steps are taken one by one, so that a BatchNormalization inside sees one step at a time in training.
    A mask is handed on, and step t's part of it is given to the layer. Of a quantized layer Keras leaves out
    the scales here: y is what the whole numbers of its kernel give.

    Shapes:
        x: (batch, time, ...). mask: (batch, time, ...) of bool. y: (batch, time, ...).

    Attributes:
        layer: the layer inside.
        inner_masks: whether the output's mask is what the layer makes of each step's, or if it makes none,
            tells which steps keep anything, as in Keras 2; a mask is just handed on otherwise.

    Source: `keras.layers.TimeDistributed`.
    """

    keras_class = "TimeDistributed"
    masking = "passes"
    call_arguments = ("training", "mask")
    hyper_parameters = ("layer", "inner_masks")
    choices = {"inner_masks": (False, True)}
    beyond_keras = {"inner_masks": False}

    def __init__(self, layer: Layer, *, inner_masks: bool = False, name: str | None = None) -> None:
        super().__init__(name)
        self.layer = layer
        self.inner_masks = inner_masks
        self.non_trainable = frozenset(f"layer/{weight}" for weight in layer.non_trainable)

    @property
    def weights(self) -> dict[str, Array]:
        return {f"layer/{name}": array for name, array in self.layer.weights.items()}

    @property
    def output_policy(self) -> Policy | None:
        is_model = self.layer.keras_class == "Functional"  # whose layers have policies of their own
        return self.dtype_policy if self.dtype_policy and self.dtype_policy.half and not is_model else None

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        outputs = [self.layer.forward(step, training, step_mask) for step, step_mask in self._steps(x, mask)]
        return np.stack(outputs, axis=1)

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        calls = [self.layer.vjp(step, training, step_mask) for step, step_mask in self._steps(x, mask)]

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dxs, total = [], dict[str, Any]()
            for t, (_, step_backward) in enumerate(calls):
                dx, gradients = step_backward(dy[:, t])
                dxs.append(dx)
                for name, gradient in gradients.items():
                    total[f"layer/{name}"] = total.get(f"layer/{name}", 0) + gradient
            return np.stack(dxs, axis=1), total

        return np.stack([y for y, _ in calls], axis=1), backward

    def compute_mask(self, x: Array, mask: Array | None = None) -> Array | None:
        if not self.inner_masks:
            return mask
        made = [self.layer.compute_mask(step, step_mask) for step, step_mask in self._steps(x, mask)]
        if made[0] is not None:
            return np.stack(made, axis=1)
        if mask is None:
            return None
        return np.asarray(np.any(mask, axis=tuple(range(2, np.ndim(mask)))))

    def _steps(self, x: Array, mask: Array | None) -> list[tuple[Array, Array | None]]:
        """Each step of x with its part of the mask."""
        where = f"layer {self.name!r} (TimeDistributed)"
        if isinstance(x, (list, tuple)):
            raise InputError(f"{where}: expected one tensor, got a list of {len(x)}")
        if x.ndim < 3 or x.shape[1] == 0:
            raise InputError(f"{where}: expected shape (batch, time, ...), at least one step, got {x.shape}")
        if mask is None:
            return [(x[:, t], None) for t in range(x.shape[1])]
        mask = np.asarray(mask, bool)
        if mask.shape[:2] != x.shape[:2]:
            raise InputError(f"{where}: expected a mask of shape {x.shape[:2]}, got {mask.shape}")
        return [(x[:, t], mask[:, t]) for t in range(x.shape[1])]

    def output_shape(self, input_shape: Shape) -> Shape:
        batch, time, *step = input_shape
        if not step:
            raise ValueError("a sequence of single numbers")
        inside = self.layer.output_shape((batch, *step))
        if isinstance(inside, list):
            raise ValueError("the layer inside gives several tensors")
        return (batch, time, *inside[1:])

    # The layer inside: what files hold of it, and back

    @staticmethod
    def _held(config: Config) -> tuple[type[Layer] | None, Config]:
        """The class and the config of the layer inside; no class where maju has none."""
        wrong = f"layer {config.get('name')!r} (TimeDistributed): its layer is no layer"
        class_name, held = class_and_config(config.get("layer"), wrong)
        return find(class_name), held

    @classmethod
    def around(cls, layer: Layer, config: Config) -> Self:
        """The wrapper with this config around a layer that is there already, as a model is."""
        wrapper = cls(layer, inner_masks=config.get("inner_masks", False), name=config.get("name"))
        wrapper.keep_extra(config)
        layer.dtype_policy = None  # Keras runs the layer in the wrapper's types, whatever it says itself
        return wrapper

    @classmethod
    def own_problems(cls, config: Config, where: str) -> list[Problem]:
        """Everything in a config that is not implemented, leaving the layer inside aside."""
        return super().problems(config, where)

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = cls.own_problems(config, where)
        inside, held = cls._held(config)
        if inside is None:
            what = f"its layer is a {config['layer'].get('class_name')}, which maju does not have"
            return [*found, Problem(where, what)]
        found += inside.problems(held, f"{where}, layer")
        mode = None if found or not inside.quantizable else Policy.of(held.get("dtype")).quantization
        if mode and (not mode.startswith(QUANTIZED) or (inside.keras_class, mode[:4]) == UNKNOWN_AXES):
            what = f"its layer is an {inside.keras_class} quantized as {mode}, which is not implemented there"
            found.append(Problem(where, what))
        return found

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        inside, held = cls._held(config)
        step = None if input_shape is None else (input_shape[0], *input_shape[2:])
        shapes = {} if inside is None else inside.weight_shapes(held, step)
        return {f"layer/{name}": shape for name, shape in shapes.items()}

    @classmethod
    def other_layouts(cls, config: Config, shapes: Mapping[str, Shape]) -> list[dict[str, Shape]]:
        inside, held = cls._held(config)
        own = {name.removeprefix("layer/"): shape for name, shape in shapes.items()}
        layouts = [] if inside is None else inside.other_layouts(held, own)
        return [{f"layer/{name}": shape for name, shape in layout.items()} for layout in layouts]

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        cls.refuse(config)
        inside, held = cls._held(config)
        assert inside is not None  # refused above
        own = {name.removeprefix("layer/"): array for name, array in (weights or {}).items()}
        if issubclass(inside, QuantizableLayer) and Policy.of(held.get("dtype")).quantization:
            return cls.around(inside.without_scales(held, own), config)
        return cls.around(made(inside, config["layer"], own), config)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            **self.extra_config,
            **({"inner_masks": True} if self.inner_masks else {}),
            "layer": entry(self.layer),
        }
