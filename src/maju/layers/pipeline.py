"""Pipeline: several layers as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from maju.errors import ModelFormatError, Problem
from maju.layers.base import Array, Backward, Config, Gradients, Layer, Shape
from maju.layers.held import class_and_config, entry, keys_of, made
from maju.layers.policies import Policy
from maju.layers.registry import find, layer

__all__ = ["PipelineLayer"]

#: Where Keras keeps the layers.
FOLDER = "layers"


@layer
class PipelineLayer(Layer):
    """Several layers one after the other, as those that prepare images.

    Attributes:
        layers: the layers, in their order.
        keys: the names under which Keras keeps their weights: ``dense``, ``dense_1``, ...

    Source: `keras.layers.Pipeline`.
    """

    keras_class = "Pipeline"
    masking = "uses"
    hyper_parameters = ("layers",)

    def __init__(self, layers: Sequence[Layer], *, name: str | None = None) -> None:
        super().__init__(name)
        self.layers = list(layers)
        self.keys = keys_of([inner.keras_class for inner in layers])
        self.non_trainable = frozenset(
            f"{FOLDER}/{key}/{weight}"
            for key, inner in zip(self.keys, self.layers, strict=True)
            for weight in inner.non_trainable
        )

    @property
    def weights(self) -> dict[str, Array]:
        found = {
            f"{FOLDER}/{key}/{name}": array
            for key, inner in zip(self.keys, self.layers, strict=True)
            for name, array in inner.weights.items()
        }
        return dict(sorted(found.items(), key=lambda item: item[0] in self.non_trainable))

    @property
    def output_policy(self) -> Policy | None:
        return self.layers[-1].output_policy if self.layers else None

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        for inner in self.layers:
            x, mask = inner.within(x, training, mask), inner.compute_mask(x, mask)
        return x

    def vjp(self, x: Any, training: bool = True, mask: Any = None) -> tuple[Any, Backward]:
        ways_back = []
        for inner in self.layers:
            y, back = inner.vjp(x, training, mask)
            x, mask = y, inner.compute_mask(x, mask)
            ways_back.append(back)

        def backward(dy: Any) -> tuple[Any, Gradients]:
            gradients: Gradients = {}
            for key, back in reversed(list(zip(self.keys, ways_back, strict=True))):
                dy, own = back(dy)
                gradients |= {f"{FOLDER}/{key}/{name}": gradient for name, gradient in own.items()}
            return dy, gradients

        return x, backward

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        for inner in self.layers:
            x, mask = inner.forward(x, False, mask), inner.compute_mask(x, mask)
        return mask

    def output_shape(self, input_shape: Any) -> Any:
        for inner in self.layers:
            input_shape = inner.output_shape(input_shape)
        return input_shape

    # The layers inside: what files hold of them, and back

    @staticmethod
    def _held(config: Config) -> list[tuple[str, type[Layer] | None, Config]]:
        """Where each layer is kept, its class and its config; no class where maju has none."""
        layers = config.get("layers")
        where = f"layer {config.get('name')!r} (Pipeline)"
        if not isinstance(layers, (list, tuple)):
            raise ModelFormatError(f"{where}: its layers are no list")
        held = [class_and_config(inner, f"{where}: one of its layers is no layer") for inner in layers]
        keys = keys_of([class_name for class_name, _ in held])
        return [(key, find(class_name), inner) for key, (class_name, inner) in zip(keys, held, strict=True)]

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        for place, (_, inside, held) in enumerate(cls._held(config)):
            there = f"{where}, layer {place} ({config['layers'][place].get('class_name')})"
            if inside is None:
                found.append(Problem(there, "a layer that maju does not have"))
                continue
            found += inside.problems(held, there)
            if inside.quantizable and Policy.of(held.get("dtype")).quantization:
                found.append(Problem(there, "quantized inside a Pipeline, which is not implemented"))
        return found

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {}
        last: set[str] = set()
        for key, inside, held in cls._held(config):
            if inside is not None:
                own = inside.weight_shapes(held, input_shape)
                shapes |= {f"{FOLDER}/{key}/{name}": shape for name, shape in own.items()}
                last |= {f"{FOLDER}/{key}/{name}" for name in inside.non_trainable}
            input_shape = None  # only the layer itself, once it is made, can tell
        return dict(sorted(shapes.items(), key=lambda item: item[0] in last))

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        cls.refuse(config)
        layers = []
        for (key, inside, _), held in zip(cls._held(config), config["layers"], strict=True):
            assert inside is not None  # refused above
            prefix = f"{FOLDER}/{key}/"
            own = {k.removeprefix(prefix): a for k, a in (weights or {}).items() if k.startswith(prefix)}
            layers.append(made(inside, held, own))
        pipeline = cls(layers, name=config.get("name"))
        pipeline.keep_extra(config)
        return pipeline

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **self.extra_config, "layers": [entry(inner) for inner in self.layers]}
