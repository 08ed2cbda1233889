"""SpectralNormalization: a layer whose kernel is kept at a largest singular value of 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from maju.errors import InputError, Problem
from maju.layers.base import Array, Backward, Config, Gradients, Layer
from maju.layers.held import class_and_config, entry, made
from maju.layers.policies import Policy
from maju.layers.registry import find, layer

__all__ = ["SpectralNormalizationLayer"]


@layer
class SpectralNormalizationLayer(Layer):
    """Run a layer whose kernel training divides by an estimate of its largest singular value.

    y = layer(x), in inference with the kernel as it is stored; in training with W / σ in its place, where

        v = u·Wᵀ / |u·Wᵀ|, u = v·W / |v·W|, ``power_iterations`` times from the stored u, and σ = v·W·uᵀ

    A call in training stores W / σ as the kernel, and the last u, as in Keras; the gradient of the kernel is
    that of W / σ.

    Shapes:
        x and y: those of the layer. W: its kernel (or embeddings) as a matrix, (inputs, outputs).
        vector_u u: (1, outputs).

    Attributes:
        layer: the layer inside.

    Source: Miyato et al., 2018, and `keras.layers.SpectralNormalization`.
    """

    keras_class = "SpectralNormalization"
    masking = "uses"
    hyper_parameters = ("layer", "power_iterations")
    non_trainable = frozenset({"vector_u"})

    def __init__(
        self, layer: Layer, vector_u: Array, *, power_iterations: int = 1, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.layer = layer
        self.vector_u = vector_u
        self.power_iterations = power_iterations
        self.kernel_name = next((n for n in ("kernel", "embeddings") if hasattr(layer, n)), "")
        if not self.kernel_name:
            raise ValueError(f"the layer inside has no kernel and no embeddings: {layer!r}")
        if power_iterations < 1:
            raise ValueError(f"power_iterations is a whole number of at least 1, not {power_iterations!r}")

    @property
    def kernel(self) -> Array:
        """The kernel of the layer inside, or its embeddings."""
        kernel: Array = getattr(self.layer, self.kernel_name)
        return kernel

    def normalized(self) -> tuple[Array, Array]:
        """W / σ in the kernel's shape, and the next u; as they are where W is all zeros."""
        matrix = self.kernel.reshape(-1, self.kernel.shape[-1])
        if not matrix.any():
            return self.kernel, self.vector_u
        u = self.vector_u
        for _ in range(self.power_iterations):
            v = _unit(u @ matrix.T)  # (1, inputs)
            u = _unit(v @ matrix)  # (1, outputs)
        return self.kernel / (v @ matrix @ u.T), u

    def _inside(self, x: Array, training: bool) -> Layer:
        """The layer inside, in training with its kernel normalized."""
        if not np.issubdtype(x.dtype, np.floating):
            # Keras 3 rounds what it makes of whole numbers to whole numbers, Keras 2 did not.
            where = f"layer {self.name!r} (SpectralNormalization)"
            raise InputError(f"{where}: expected floating-point numbers, got values of type {x.dtype}")
        if training:
            self.kernel[...], self.vector_u[...] = self.normalized()
        return self.layer

    @property
    def output_policy(self) -> Policy | None:
        return self.layer.output_policy

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        return self._inside(x, training)(x, training, mask)

    def vjp(self, x: Any, training: bool = True, mask: Any = None) -> tuple[Any, Backward]:
        y, inside_backward = self._inside(x, training).vjp(x, training, mask)

        def backward(dy: Any) -> tuple[Any, Gradients]:
            dx, gradients = inside_backward(dy)
            return dx, {f"layer/{name}": gradient for name, gradient in gradients.items()}

        return y, backward

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return self.layer.compute_mask(x, mask)

    def output_shape(self, input_shape: Any) -> Any:
        return self.layer.output_shape(input_shape)

    # The layer inside: what files hold of it, and back

    @staticmethod
    def _held(config: Config) -> tuple[type[Layer] | None, Config]:
        """The class and the config of the layer inside; no class where maju has none."""
        wrong = f"layer {config.get('name')!r} (SpectralNormalization): its layer is none"
        class_name, held = class_and_config(config.get("layer"), wrong)
        return find(class_name), held

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        inside, held = cls._held(config)
        if inside is None:
            what = f"its layer is a {config['layer'].get('class_name')}, which maju does not have"
            return [*found, Problem(where, what)]
        return found + inside.problems(held, f"{where}, layer")

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Any]:
        inside, held = cls._held(config)
        shapes = {} if inside is None else inside.weight_shapes(held, input_shape)
        outputs = next((shapes[name][-1] for name in ("kernel", "embeddings") if shapes.get(name)), None)
        return {**{f"layer/{name}": shape for name, shape in shapes.items()}, "vector_u": (1, outputs)}

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        cls.refuse(config)
        inside, _ = cls._held(config)
        assert inside is not None  # refused above
        weights = weights or {}
        own = {k.removeprefix("layer/"): array for k, array in weights.items() if k.startswith("layer/")}
        wrapper = cls(
            made(inside, config["layer"], own),
            weights["vector_u"],
            power_iterations=config.get("power_iterations", 1),
            name=config.get("name"),
        )
        wrapper.keep_extra(config)
        return wrapper

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            **self.extra_config,
            "layer": entry(self.layer),
            "power_iterations": self.power_iterations,
        }


def _unit(vector: Array) -> Array:
    """A vector at length 1."""
    return np.asarray(vector / np.linalg.norm(vector))
