"""DrawnWeights: where the weights of a new layer come from, in place of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from maju import initializers
from maju.errors import InputError
from maju.formats.specification import LayerSpec, ModelSpec
from maju.initializers import STFT, Initializer, Ones, TruncatedNormal, VarianceScaling, Zeros
from maju.layers.base import Array, Config, Shape
from maju.layers.einsum_equation import EinsumEquation
from maju.layers.held import keys_of
from maju.layers.policies import Policy

__all__ = ["DrawnWeights"]

#: Weights that no argument of their layer's says the initializer of.
OWN: Mapping[tuple[str, str], Initializer] = {
    ("Attention", "scale"): Ones(),
    ("Attention", "concat_score_weight"): Ones(),
    ("AdditiveAttention", "scale"): initializers.GlorotUniform(),
    ("Normalization", "mean"): Zeros(),
    ("Normalization", "variance"): Ones(),
    ("Normalization", "count"): Zeros(),
    ("RMSNormalization", "scale"): Ones(),
    ("SpectralNormalization", "vector_u"): TruncatedNormal(stddev=0.02),
}
#: Arguments whose names are not those of the weights.
ARGUMENTS = {
    ("DepthwiseConv1D", "kernel"): "depthwise_initializer",
    ("DepthwiseConv2D", "kernel"): "depthwise_initializer",
    ("ReversibleEmbedding", "reverse_embeddings"): "embeddings_initializer",
}


class DrawnWeights:
    """A store that gives each weight the values that its layer's initializer makes."""

    def draw(self, layer: LayerSpec, shapes: Mapping[str, Shape], input_shape: Any) -> dict[str, Array]:
        """Weights of these shapes for a layer.

        Raises:
            InputError: the input does not tell a shape, or an initializer does not make one.
        """
        unknown = [name for name, shape in shapes.items() if None in shape]
        if unknown:
            reason = f"shape {input_shape} of its input does not tell how large {unknown[0]} is"
            raise InputError(f"{layer.where}: {reason}; give maju.Input the lengths that are None")
        drawn = {}
        for path, shape in shapes.items():
            dtype = "float64" if Policy.at(layer.config, path).variable == "float64" else "float32"
            class_name, config, name = _holder(layer.class_name, layer.config, path)
            try:
                drawn[path] = np.asarray(_values(class_name, config, name, shape, input_shape, dtype))
            except InputError as error:
                raise InputError(f"{layer.where}, {path}: {error}") from error
        return drawn

    def read(self, layer: LayerSpec, names: Sequence[str]) -> dict[str, Array]:
        raise NotImplementedError("draw takes the shapes too")

    def of(self, spec: ModelSpec) -> DrawnWeights:
        return self

    def nested(self, layer: LayerSpec) -> DrawnWeights:
        return self


def _holder(class_name: str, config: Config, path: str) -> tuple[str, Config, str]:
    """The class and the config of the layer or the cell that has a weight, and the weight's name there."""
    first, _, rest = path.partition("/")
    held: Any = None
    if first in ("layer", "cell", "forward_layer", "backward_layer"):
        key = "layer" if first == "forward_layer" else first
        held = config.get(key) or (config.get("layer") if first == "backward_layer" else None)
    elif first == "cells":
        key, _, rest = rest.partition("/")
        names = [cell["class_name"] for cell in config["cells"]]
        held = config["cells"][_place(key, names)]
    if isinstance(held, Mapping):
        return _holder(str(held["class_name"]), held["config"], rest)
    return class_name, config, path


def _place(key: str, classes: Sequence[str]) -> int:
    """Which of several cells Keras keeps under a name: ``gru_cell_1`` is the second GRUCell."""
    return keys_of(classes).index(key)


def _values(class_name: str, config: Config, path: str, shape: Shape, input_shape: Any, dtype: str) -> Array:
    name = path.rpartition("/")[2]
    initializer = _initializer(class_name, config, name)
    lengths = tuple(int(n or 0) for n in shape)
    if isinstance(initializer, VarianceScaling) and name == "kernel" and initializer.input_axes is None:
        axes = _axes(class_name, config, path, len(lengths), input_shape)
        if axes is not None:
            initializer = type(initializer).from_config(
                {**initializer.get_config(), "input_axes": axes[0], "output_axes": axes[1]}
            )
    forgets = class_name in ("LSTM", "LSTMCell", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
    if forgets and name == "bias" and config.get("unit_forget_bias", True):
        units = lengths[0] // 4  # the gates i, f, c, o: at first nothing is forgotten
        parts = [initializer((units,), dtype), np.ones(units, dtype), initializer((2 * units,), dtype)]
        return np.concatenate(parts)
    values: Array = initializer(lengths, dtype)
    return values


def _initializer(class_name: str, config: Config, name: str) -> Any:
    """The initializer of a weight: what the layer's config says, or what is the layer's own."""
    own = ARGUMENTS.get((class_name, name))
    for key in (own, f"{name}_initializer", f"{name.removesuffix('_kernel')}_initializer"):
        if key is not None and config.get(key) is not None:
            return initializers.get(config[key])
    if class_name == "STFTSpectrogram":
        said = {key: config[key] for key in ("window", "scaling", "periodic") if key in config}
        return STFT(name.removesuffix("_kernel"), **said)
    if (class_name, name) in OWN:
        return OWN[class_name, name]
    # What Keras takes for a weight of a class of one's own; a bias is none that it makes.
    return Zeros() if name.endswith(("bias", "beta")) else initializers.GlorotUniform()


def _axes(
    class_name: str, config: Config, path: str, rank: int, input_shape: Any
) -> tuple[list[int], list[int]] | None:
    """Which axes of a kernel are inputs and which outputs, where its shape does not tell; None if it does."""
    if class_name == "EinsumDense":
        equation = EinsumEquation.parse(config["equation"])
        outputs = [axis for axis, letter in enumerate(equation.kernel) if letter in equation.y]
        return [axis for axis in range(rank) if axis not in outputs], outputs
    if class_name not in ("MultiHeadAttention", "GroupQueryAttention"):
        return None
    inputs = 2 if path.startswith("output_dense") else rank - 2
    return list(range(inputs)), list(range(inputs, rank))
