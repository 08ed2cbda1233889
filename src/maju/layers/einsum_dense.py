"""EinsumDense: a fully connected layer over the axes that an equation names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from maju.errors import InputError, Problem
from maju.layers import activations
from maju.layers.base import Array, Backward, Config, Shape
from maju.layers.dtypes import as_float
from maju.layers.einsum_equation import EinsumEquation
from maju.layers.quantizable import QuantizableLayer
from maju.layers.quantization import dequantized
from maju.layers.registry import layer

__all__ = ["EinsumDenseLayer"]


@layer
class EinsumDenseLayer(QuantizableLayer):
    """Multiply x with a kernel and sum over the axes that an equation tells: y = φ(einsum(x, K) + b).

    In ``"abc,cd->abd"`` the axes of x are a, b, c, those of the kernel c, d; c is not in y, so it is summed
    over: y[a, b, d] = Σ_c x[a, b, c] · K[c, d]. An ellipsis stands for any axes, before the others
    ("...c,cd->...d") or behind ("abc...,bd->adc..."). ``bias_axes`` are those of y along which b differs.

    Shapes:
        x, kernel K and y: as the equation says. ``output_shape`` tells the lengths of y's axes but for the
            first and those of the ellipsis; None is the length that x has there.
        bias b: y's axes from the first of ``bias_axes`` on, 1 long where they are not among these.

    Source: `keras.layers.EinsumDense`.
    """

    keras_class = "EinsumDense"
    hyper_parameters = ("equation", "output_shape", "activation", "bias_axes")
    only = {**QuantizableLayer.only, "gptq_unpacked_column_size": ...}

    def __init__(
        self,
        kernel: Array,
        bias: Array | None = None,
        *,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: str | None = None,
        bias_axes: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.kernel = kernel
        self.bias = bias
        self.equation = equation
        #: ``output_shape``, under the name that it has in Keras: `output_shape` is a method.
        self.partial_output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.activation = activations.get(activation).name
        self.bias_axes = bias_axes
        self._terms = EinsumEquation.parse(equation)
        if not set(bias_axes or "") <= set(self._terms.y):
            raise ValueError(f"bias_axes={bias_axes!r} are not all axes of the output of {equation!r}")

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        try:
            EinsumEquation.parse(str(config["equation"]))
        except ValueError as error:
            found.append(Problem(where, str(error)))
        return found

    def get_config(self) -> dict[str, Any]:
        own = {
            "equation": self.equation,
            "output_shape": self.partial_output_shape,
            "activation": self.activation,
            "bias_axes": self.bias_axes,
        }
        return {"name": self.name, **self.extra_config, **own}

    @classmethod
    def plain_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        bias_axes = config.get("bias_axes")
        if input_shape is None:
            return {"kernel": (), "bias": ()} if bias_axes is not None else {"kernel": ()}
        terms = EinsumEquation.parse(config["equation"])
        output = config["output_shape"]
        lengths, elided = terms.lengths([output] if isinstance(output, int) else output, input_shape)
        shapes: dict[str, Shape] = {"kernel": tuple(lengths[letter] for letter in terms.kernel)}
        if bias_axes is not None:
            first = min(terms.y.index(letter) for letter in bias_axes)
            bias = tuple(lengths[letter] if letter in bias_axes else 1 for letter in terms.y[first:])
            shapes["bias"] = bias + (1,) * (len(elided) if terms.behind else 0)
        return shapes

    # Its kernel in few bits

    @classmethod
    def scale_shape(cls, config: Config, kernel: Shape) -> Shape:
        """Y's axes, 1 long where the kernel does not have them."""
        terms = EinsumEquation.parse(config["equation"])
        return (
            tuple(kernel[terms.kernel.index(c)] if c in terms.kernel else 1 for c in terms.y)
            if kernel
            else ()
        )

    @classmethod
    def plain_kernel(cls, config: Config, values: Array, scale: Array) -> Array:
        terms = EinsumEquation.parse(config["equation"])
        shared = "".join(letter for letter in terms.y if letter in terms.kernel)
        lengths = [scale.shape[terms.y.index(letter)] for letter in shared]
        order = [shared.index(letter) for letter in terms.kernel if letter in shared]
        summed = [axis for axis, letter in enumerate(terms.kernel) if letter not in shared]
        scale = np.expand_dims(scale.reshape(lengths).transpose(order), summed)
        return dequantized(values, scale, None, None, axis=0)

    @classmethod
    def matrix(cls, config: Config, kernel: Shape, mode: str) -> tuple[int | None, int | None]:
        if mode != "int4":
            # The longest axis is that of a model's channels: the first of a projection into heads, or the
            # last of one out of them.
            split = 1 if len(kernel) < 3 or kernel.index(max(n or 0 for n in kernel)) == 0 else 2
            return _product(kernel[:split]), _product(kernel[split:])
        terms = EinsumEquation.parse(config["equation"])
        summed = [
            length for length, letter in zip(kernel, terms.kernel, strict=True) if letter not in terms.y
        ]
        kept = [length for length, letter in zip(kernel, terms.kernel, strict=True) if letter in terms.y]
        return _product(summed), _product(kept)

    @classmethod
    def from_matrix(cls, config: Config, kernel: Array, input_shape: Any) -> Array:
        if input_shape is None:
            raise ValueError("a packed kernel, whose axes only the shape of the input tells")
        shape = cls.plain_shapes(config, input_shape)["kernel"]
        if None in shape:
            raise ValueError(f"a packed kernel of shape {shape}")
        return kernel.reshape([length or 0 for length in shape])

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Array:
        y: Array = activations.get(self.activation)(self._affine(as_float(x)))
        return y

    def _affine(self, x: Array) -> Array:
        try:
            lengths, _ = self._terms.lengths(self.partial_output_shape, x.shape)
            fits = tuple(lengths[letter] for letter in self._terms.kernel) == self.kernel.shape
        except ValueError:
            fits = False
        if not fits:
            where = f"layer {self.name!r} (EinsumDense)"
            raise InputError(
                f"{where}: shape {x.shape} does not fit {self.equation!r} with a kernel of shape "
                f"{self.kernel.shape} and an output of {self.partial_output_shape}"
            )
        terms = self._terms.spelled(x.ndim)
        x = self.quantized(x, [axis for axis, letter in enumerate(terms.x) if letter not in terms.y])
        z = self.rounded(np.einsum(f"{terms.x},{terms.kernel}->{terms.y}", x, self.kernel, optimize=True))
        return np.asarray(z if self.bias is None else self.rounded(z + self.bias))

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Array, Backward]:
        self.no_gradient()
        activation = activations.get(self.activation)
        x = as_float(x)
        z = self._affine(x)
        y = activation(z)
        terms = self._terms.spelled(x.ndim)
        # Axes that x alone has are summed over: every value along them gets the same gradient.
        shared = "".join(letter for letter in terms.x if letter in terms.kernel + terms.y)
        alone = [axis for axis, letter in enumerate(terms.x) if letter not in shared]

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dz = activation.gradient(z, y, dy)
            dx = np.einsum(f"{terms.y},{terms.kernel}->{shared}", dz, self.kernel, optimize=True)
            dx = np.broadcast_to(np.expand_dims(dx, alone), x.shape)
            d_kernel = np.einsum(f"{terms.x},{terms.y}->{terms.kernel}", x, dz, optimize=True)
            gradients = {"kernel": d_kernel}
            if self.bias is not None:
                shape = (1,) * (dz.ndim - self.bias.ndim) + self.bias.shape
                stretched = tuple(axis for axis, length in enumerate(shape) if length == 1)
                gradients["bias"] = dz.sum(axis=stretched, keepdims=True).reshape(self.bias.shape)
            return dx, gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        terms = self._terms
        lengths, elided = terms.lengths(self.partial_output_shape, input_shape)
        named = tuple(lengths[letter] for letter in terms.y)
        return elided + named if terms.before else named + elided


def _product(lengths: Sequence[int | None]) -> int | None:
    known = [length for length in lengths if length is not None]
    return math.prod(known) if len(known) == len(lengths) else None
