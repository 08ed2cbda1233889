"""Pipeline: several layers as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from maju.errors import ModelFormatError, Problem
from maju.layers.base import Array, Backward, Config, Gradients, Layer
from maju.layers.policies import Policy
from maju.layers.registry import find, layer

__all__ = ["PipelineLayer"]


@layer
class PipelineLayer(Layer):
    """Several layers one after the other, as those that prepare images; none of them has weights.

    Attributes:
        layers: the layers, in their order.

    Source: `keras.layers.Pipeline`.
    """

    keras_class = "Pipeline"
    masking = "uses"
    hyper_parameters = ("layers",)

    def __init__(self, layers: Sequence[Layer], *, name: str | None = None) -> None:
        super().__init__(name)
        self.layers = list(layers)

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
            for back in reversed(ways_back):
                dy, _ = back(dy)
            return dy, {}

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
        """The class's name, the class and the config of each layer; no class where maju has none."""
        layers = config.get("layers")
        where = f"layer {config.get('name')!r} (Pipeline)"
        if not isinstance(layers, (list, tuple)):
            raise ModelFormatError(f"{where}: its layers are no list")
        if any(not isinstance(h, Mapping) or not isinstance(h.get("config"), Mapping) for h in layers):
            raise ModelFormatError(f"{where}: one of its layers is no layer")
        return [(str(h.get("class_name")), find(str(h.get("class_name"))), h["config"]) for h in layers]

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        for place, (class_name, inside, held) in enumerate(cls._held(config)):
            there = f"{where}, layer {place} ({class_name})"
            if inside is None:
                found.append(Problem(there, "a layer that maju does not have"))
            elif own := inside.problems(held, there):
                found += own
            elif inside.weight_shapes(held, None):
                found.append(Problem(there, "has weights, which is not implemented inside a Pipeline"))
        return found

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        cls.refuse(config)
        layers = [inside.from_config(held) for _, inside, held in cls._held(config) if inside is not None]
        pipeline = cls(layers, name=config.get("name"))
        pipeline.keep_extra(config)
        return pipeline

    def get_config(self) -> dict[str, Any]:
        held = [
            {"module": "keras.layers", "class_name": inner.keras_class, "config": inner.get_config()}
            for inner in self.layers
        ]
        return {"name": self.name, **self.extra_config, "layers": held}
