"""Layers whose kernel Keras can keep in a few bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from maju.errors import GradientError, Problem, UnsupportedModelError
from maju.layers.base import Array, Config, Shape
from maju.layers.lora import AdaptableLayer
from maju.layers.policies import Policy, to_bfloat16
from maju.layers.quantization import (
    Quantization,
    dequantized,
    groups_of,
    packed,
    through_float8,
    unpacked,
)

__all__ = ["QuantizableLayer"]


class QuantizableLayer(AdaptableLayer):
    """A layer of one matrix, that Keras can keep in 8 or fewer bits.

    What the file holds of a kernel of (rows, columns), whose rows make g groups; 4 bits lie two in a byte:

    - int8: kernel; kernel_scale (columns,).
    - int4: kernel (rows, columns / 2); kernel_scale (columns,). With groups kernel_scale and kernel_zero
      (g, columns), and g_idx (rows,), the group of each row.
    - float8: kernel; inputs_scale () and kernel_scale (); and what training needs.
    - gptq: quantized_kernel (columns, rows), or of 4 bits (columns / 2, rows); kernel_scale and kernel_zero
      (columns, g); g_idx (rows,).
    - awq: as gptq, and awq_scales (rows,).

    int8 (and int4 if told to) rounds x to whole numbers first, row by row; float8 rounds x to that type.

    Attributes:
        quantization: None if the weights are plain.
        stored: the weights as a file holds them, where they are not plain.
        scaled: whether the scales take part: not within a TimeDistributed, where Keras computes with the
            numbers of the kernel as they are.

    Source: `keras.quantizers`.
    """

    quantizable = True
    only: ClassVar[Mapping[str, Any]] = {**AdaptableLayer.only, "quantization_config": ...}
    #: The modes in which the layer can be quantized, and those in which it then rounds its inputs by itself.
    modes: ClassVar[tuple[str, ...]] = ("int8", "int4", "float8", "gptq", "awq")
    rounds_inputs: ClassVar[tuple[str, ...]] = ("int8",)

    quantization: Quantization | None = None
    stored: Mapping[str, Array] | None = None
    scaled: bool = True

    @classmethod
    def plain_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        """`weight_shapes` of a layer that is not quantized."""
        raise NotImplementedError

    @classmethod
    def matrix(cls, config: Config, kernel: Shape, mode: str) -> tuple[int | None, int | None]:
        """How many rows (inputs) and columns (outputs) the kernel has as a matrix."""
        rows, columns = kernel
        return rows, columns

    @classmethod
    def scale_shape(cls, config: Config, kernel: Shape) -> Shape:
        """The shape of the scales of int8."""
        return kernel[-1:]

    @classmethod
    def plain_kernel(cls, config: Config, values: Array, scale: Array) -> Array:
        """The kernel of int8."""
        return dequantized(values, scale, None, None, 0)

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        if found:
            return found
        try:
            quantization = Quantization.of(config, cls.rounds_inputs)
        except ValueError as error:
            return [Problem(where, str(error))]
        if quantization is not None and quantization.mode not in cls.modes:
            return [
                Problem(where, f"quantized as {quantization.mode}, which Keras does not do with this layer")
            ]
        return []

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
        shapes = cls.plain_shapes(config, input_shape)
        quantization = Quantization.of(config, cls.rounds_inputs)
        return shapes if quantization is None else cls.stored_shapes(config, quantization, shapes)

    @classmethod
    def stored_shapes(
        cls, config: Config, quantization: Quantization, shapes: Mapping[str, Shape]
    ) -> dict[str, Shape]:
        """The weights of the quantized layer in the order of a `.keras` file, from those of the plain one."""
        kernel, mode = shapes["kernel"], quantization.mode
        bias = {name: shape for name, shape in shapes.items() if name == "bias"}
        if mode == "int8":
            return {**shapes, "kernel_scale": cls.scale_shape(config, kernel)}
        if mode == "float8":
            parts = ("inputs", "kernel", "outputs_grad")
            of_parts: list[dict[str, Shape]] = [
                {f"{part}_scale": (), f"{part}_amax_history": (None,)} for part in parts
            ]
            return {**shapes, **of_parts[0], **of_parts[1], **of_parts[2]}
        rows, columns = cls.matrix(config, kernel, mode) if kernel else (None, None)
        groups = groups_of(rows, quantization.group)
        if mode == "int4":
            found: dict[str, Shape] = {"kernel": (rows, packed(columns)), **bias}
            if quantization.group is None:
                return {**found, "kernel_scale": (columns,)}
            of_groups = dict.fromkeys(("kernel_scale", "kernel_zero"), (groups, columns))
            return {**found, **of_groups, "g_idx": (rows,)}
        taken = packed(columns) if quantization.bits == 4 else columns
        found = {**bias, "quantized_kernel": (taken, rows)}
        found |= dict.fromkeys(("kernel_scale", "kernel_zero"), (columns, groups))
        return {**found, **({"awq_scales": (rows,)} if mode == "awq" else {}), "g_idx": (rows,)}

    @classmethod
    def other_layouts(cls, config: Config, shapes: Mapping[str, Shape]) -> list[dict[str, Shape]]:
        """A legacy ``.h5`` has what training changes first, so the bias before the whole numbers."""
        if Quantization.of(config, cls.rounds_inputs) is None:
            return super().other_layouts(config, shapes)
        first = {name: shape for name, shape in shapes.items() if name == "bias"}
        found = [{**first, **{name: shape for name, shape in shapes.items() if name not in first}}]
        if "quantized_kernel" in shapes:
            found.append({name: shape for name, shape in shapes.items() if name != "kernel_zero"})
        return found

    @classmethod
    def from_config(
        cls, config: Config, weights: Mapping[str, Array] | None = None, input_shape: Any = None
    ) -> Self:
        """As `Part.from_config`; `input_shape` is needed where a packed kernel does not tell its axes."""
        cls.refuse(config)
        quantization = Quantization.of(config, cls.rounds_inputs)
        if quantization is None:
            return super().from_config(config, weights)
        stored = dict(weights or {})
        if "quantized_kernel" in stored and "kernel_zero" not in stored:
            where = f"layer {config.get('name')!r} ({cls.keras_class})"
            reason = f"the file lacks the zero points of {quantization.mode}, which Keras 3.15 does not save"
            raise UnsupportedModelError([Problem(where, reason, "save the model with another Keras")])
        for name, array in stored.items():
            if name in ("kernel", "quantized_kernel", "embeddings") and (array.dtype.kind == "f") != (
                quantization.mode == "float8"
            ):
                raise ValueError(f"{name} of {quantization.mode} holds {array.dtype}")
        compute = Policy.of(config.get("dtype"))
        # Scales are rounded to the type that the layer computes in, as all weights are.
        rounded = {
            name: compute.rounded(array) if name.endswith(("scale", "scales")) and compute.half else array
            for name, array in stored.items()
        }
        layer = super().from_config(config, cls.plain_weights(config, quantization, rounded, input_shape))
        layer.quantization, layer.stored = quantization, stored
        return layer

    @classmethod
    def without_scales(cls, config: Config, weights: Mapping[str, Array]) -> Self:
        """As `from_config`, but that the scales take no part."""
        layer = cls.from_config(config, weights)
        assert layer.quantization is not None
        if layer.quantization.mode == "float8":
            plain = {name: array for name, array in weights.items() if name in ("kernel", "bias")}
        else:
            neutral = {
                name: np.ones_like(array) if name.endswith("_scale") else np.zeros_like(array)
                for name, array in weights.items()
                if name.endswith(("_scale", "_zero"))
            }
            plain = cls.plain_weights(config, layer.quantization, {**weights, **neutral}, None)
        for name, array in plain.items():
            setattr(layer, name, array)
        layer.scaled = False
        return layer

    @classmethod
    def plain_weights(
        cls, config: Config, quantization: Quantization, stored: Mapping[str, Array], input_shape: Any
    ) -> dict[str, Array]:
        """The weights with which the plain layer computes what the quantized one does."""
        mode, scale, zero = quantization.mode, stored["kernel_scale"], stored.get("kernel_zero")
        groups = stored.get("g_idx")
        bias = {name: array for name, array in stored.items() if name == "bias"}
        policy = Policy.of(config.get("dtype"))
        if mode == "int8":
            return {"kernel": cls.plain_kernel(config, stored["kernel"], scale), **bias}
        if mode == "float8":
            if policy.compute == "float32":
                bias = {name: to_bfloat16(array) for name, array in bias.items()}
            rounded = policy.rounded if policy.half else np.asarray
            return {"kernel": through_float8(rounded(stored["kernel"]), scale, rounded), **bias}
        if mode == "int4":
            values = unpacked(stored["kernel"], scale.shape[-1], axis=-1)
            kernel = dequantized(values, scale, zero, groups, axis=0)
        else:
            values = stored["quantized_kernel"]
            values = unpacked(values, scale.shape[0], axis=0) if quantization.bits == 4 else values
            kernel = dequantized(values, scale, zero, groups, axis=-1).T
        if mode == "awq":
            kernel = kernel / stored["awq_scales"][:, np.newaxis]
        return {"kernel": cls.from_matrix(config, kernel, input_shape), **bias}

    @classmethod
    def from_matrix(cls, config: Config, kernel: Array, input_shape: Any) -> Array:
        """A kernel in its own shape, from (rows, columns)."""
        return kernel

    @property
    def weights(self) -> dict[str, Array]:
        return super().weights if self.stored is None else dict(self.stored)

    def quantized(self, x: Array, axes: Sequence[int]) -> Array:
        """The input as the quantized layer sees it, each row along the axes with a scale of its own.

        Every step rounds as Keras's does, since a number next to the middle of two decides by it.
        """
        if self.quantization is None or not self.scaled:
            return x
        if self.quantization.mode == "float8":
            assert self.stored is not None
            return through_float8(x, self.stored["inputs_scale"], self.rounded)
        how = self.quantization.inputs
        if how is None:
            return x
        largest = np.abs(x).max(axis=tuple(how.axes or axes), keepdims=True, initial=0)
        above_zero = self.rounded(largest + np.asarray(how.epsilon, x.dtype))
        scale = self.rounded(np.asarray(how.high, x.dtype) / above_zero)
        return np.asarray(np.clip(np.rint(self.rounded(x * scale)), how.low, how.high) / scale)

    def no_gradient(self) -> None:
        """Refuse the way back through rounded weights.

        Raises:
            GradientError: the layer is quantized.
        """
        if self.quantization is not None:
            where = f"layer {self.name!r} ({self.keras_class})"
            raise GradientError(
                f"{where}: its weights are quantized ({self.quantization.mode}), so it has no backward"
            )
