"""Layers with random shapes and hyper-parameters, and what they are given: several for every class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from zlib import crc32

import keras
import numpy as np
from keras import layers
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

from maju.layers.base import Array
from parity.compare import KERAS_ACTIVATIONS
from parity.keras2 import tf_keras

__all__ = ["COUNTS", "NO_GRADIENT", "Drawn", "drawn"]

Option = TypeVar("Option")

#: The classes that have no gradient to compare, and why.
NO_GRADIENT = {
    "CategoryEncoding": "takes whole numbers",
    "ContrastLimitedAdaptiveHistogramEqualization": "counts levels of brightness: its output jumps",
    "Discretization": "gives whole numbers",
    "HashedCrossing": "takes and gives whole numbers",
    "Hashing": "takes and gives whole numbers",
    "InputLayer": "computes nothing; Keras does not call it",
    "IntegerLookup": "takes whole numbers",
    "StringLookup": "takes text",
    "TextVectorization": "takes text",
}


@dataclass
class Drawn:
    """A layer of Keras, as yet without weights, and a call of it.

    Attributes:
        layer: the layer of Keras 3, or of Keras 2 where Keras 3 has it no more.
        x: an array or a list of them.
        mask: that of x, or a list with one for each.
        training: whether what acts in training alone acts.
        options: what the call takes beside them.
        moves_weights: whether a call in training changes weights that it computes with.
        keras2: the config, of a layer of Keras 2.
    """

    layer: Any
    x: Any
    mask: Any = None
    training: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    moves_weights: bool = False
    keras2: Mapping[str, Any] | None = None


class Draw:
    """Where random shapes, settings and values come from.

    Attributes:
        kind: the class that they are for.
        turn: which of its examples this is.
    """

    def __init__(self, kind: str, turn: int) -> None:
        self.kind = kind
        self.turn = turn
        self.rng = np.random.default_rng([crc32(kind.encode()), turn])

    def whole(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def wholes(self, count: int, low: int, high: int) -> tuple[int, ...]:
        return tuple(self.whole(low, high) for _ in range(count))

    def sizes(self, rank: int, low: int, high: int) -> Any:
        """A length for each axis, or one for all."""
        return self.wholes(rank, low, high) if self.flag() else self.whole(low, high)

    def number(self, low: float, high: float) -> float:
        return round(float(self.rng.uniform(low, high)), 3)

    def one_of(self, *options: Option) -> Option:
        return options[self.whole(0, len(options) - 1)]

    def flag(self, share: float = 0.5) -> bool:
        return bool(self.rng.random() < share)

    def values(self, *shape: int) -> Array:
        return self.rng.normal(0.1, 1, shape).astype(np.float32)

    def any_shape(self, low: int = 2, high: int = 4) -> Array:
        return self.values(*self.wholes(self.whole(low, high), 2, 5))

    def mask(self, batch: int, time: int, *, whole_rows: bool = True) -> Array | None:
        """Which steps count, or None for all; with ``whole_rows`` there may be rows of which none does."""
        if self.flag(0.3):
            return None
        mask = self.rng.random((batch, time)) < 0.65
        if not whole_rows:
            mask[:, self.whole(0, time - 1)] = True
        return mask

    def images(
        self, rank: int, low: int = 2, high: int = 5, channels: int | None = None, first: bool | None = None
    ) -> tuple[str, Array]:
        """A data format, and a batch that has so many axes beside those of the rows and the channels."""
        first = self.flag(0.35) if first is None else first
        lengths, channels = self.wholes(rank, low, high), channels or self.whole(1, 3)
        shape = (channels, *lengths) if first else (*lengths, channels)
        return ("channels_first" if first else "channels_last"), self.values(self.whole(1, 3), *shape)

    def activation(self, data_format: str = "channels_last") -> str:
        """Of a convolution with the channels first one that takes each value by itself."""
        alone = ("linear", "tanh", "sigmoid", "relu", "elu", "swish", "leaky_relu")
        return self.one_of(*alone) if data_format == "channels_first" else self.one_of(*alone, "softmax")


Make = Callable[[Draw], Drawn]
_makers: dict[str, Make] = {}
#: How many examples each class has.
COUNTS: dict[str, int] = {}


def makes(*kinds: str, count: int = 4) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        for kind in kinds:
            assert kind not in _makers
            _makers[kind], COUNTS[kind] = make, count
        return make

    return register


def drawn(kind: str, turn: int) -> Drawn:
    """One of the examples of a class of Keras: always the same for the same turn."""
    return _makers[kind](Draw(kind, turn))


def rank_of(kind: str) -> int:
    return int(kind[-2])


# Functions of each value by itself, Dense, and what leaves values as they are


@makes("Activation", count=len(KERAS_ACTIVATIONS))
def activation(draw: Draw) -> Drawn:
    return Drawn(layers.Activation(KERAS_ACTIVATIONS[draw.turn]), draw.any_shape())


@makes("ReLU")
def relu(draw: Draw) -> Drawn:
    settings = {"max_value": draw.one_of(None, 0.8), "negative_slope": draw.number(0, 0.3)}
    return Drawn(layers.ReLU(**settings, threshold=draw.one_of(0.0, 0.3)), draw.any_shape())


@makes("LeakyReLU", "ELU", "ThresholdedReLU")
def shaped_relu(draw: Draw) -> Drawn:
    x, slope = draw.any_shape(), draw.number(0.1, 0.9)
    if draw.kind == "ThresholdedReLU":
        return Drawn(tf_keras.layers.ThresholdedReLU(theta=slope), x, keras2={"theta": slope})
    return Drawn(layers.ELU(slope) if draw.kind == "ELU" else layers.LeakyReLU(slope), x)


@makes("PReLU")
def prelu(draw: Draw) -> Drawn:
    x = draw.any_shape(3, 4)
    shared = [axis for axis in range(1, x.ndim) if draw.flag()]
    return Drawn(layers.PReLU(shared_axes=shared or None), x)


@makes("Softmax")
def softmax(draw: Draw) -> Drawn:
    x = draw.any_shape()
    axis: Any = draw.whole(-(x.ndim - 1), -1)
    if x.ndim > 2 and draw.flag():
        axis = [1, -1]
    mask = draw.rng.random(x.shape) < 0.7 if draw.flag() else None
    if mask is not None:
        np.moveaxis(mask, axis if isinstance(axis, int) else axis[0], 0)[0] = True
    return Drawn(layers.Softmax(axis), x, mask)


@makes("Dense")
def dense(draw: Draw) -> Drawn:
    settings = {"activation": draw.activation(), "use_bias": draw.flag(0.7)}
    return Drawn(layers.Dense(draw.whole(2, 5), **settings), draw.any_shape())


@makes("EinsumDense", count=6)
def einsum_dense(draw: Draw) -> Drawn:
    a, b, c = draw.wholes(3, 2, 4)
    equation, shape, output, bias = (
        ("ab,bc->ac", (a, b), c, "c"),
        ("abc,cd->abd", (a, b, c), (None, 3), "d"),
        ("abc,cde->abde", (a, b, c), (b, 2, 3), "be"),
        ("...c,cd->...d", (a, b, 2, c), 3, "d"),
        ("ab...,bc->ac...", (a, b, 2), 3, None),
        ("abcd,cde->abe", (a, b, c, 3), (None, 2), None),
    )[draw.turn]
    return Drawn(
        layers.EinsumDense(equation, output, activation=draw.activation(), bias_axes=bias),
        draw.values(*shape),
    )


@makes("Identity", "ActivityRegularization")
def as_it_is(draw: Draw) -> Drawn:
    settings = {"l1": 0.1, "l2": draw.number(0, 1)} if draw.kind == "ActivityRegularization" else {}
    return Drawn(getattr(layers, draw.kind)(**settings), draw.any_shape(), training=draw.flag())


@makes("Masking")
def masking(draw: Draw) -> Drawn:
    x = draw.values(*draw.wholes(3, 2, 4))
    x[0, 1] = x[-1, 0] = value = draw.number(-1, 1)
    return Drawn(layers.Masking(value), x)


@makes("Embedding", "ReversibleEmbedding")
def embedding(draw: Draw) -> Drawn:
    tokens, width, shape = draw.whole(3, 7), draw.whole(2, 4), draw.wholes(draw.whole(1, 3), 1, 4)
    x = draw.rng.integers(0, tokens, shape).astype(np.int32)
    if draw.kind == "Embedding":
        return Drawn(layers.Embedding(tokens, width, mask_zero=draw.flag()), x)
    cap = draw.one_of(None, 0.7)
    layer = layers.ReversibleEmbedding(tokens, width, tie_weights=draw.turn % 2 == 0, logit_soft_cap=cap)
    if draw.turn < 2:
        return Drawn(layer, x)
    return Drawn(layer, draw.values(*shape, width), options={"reverse": True})


@makes("Rescaling")
def rescaling(draw: Draw) -> Drawn:
    x = draw.any_shape()
    scale = draw.one_of(draw.number(-2, 2), draw.values(x.shape[-1]).tolist())
    return Drawn(layers.Rescaling(scale, draw.number(-1, 1)), x)


@makes("Normalization")
def normalization(draw: Draw) -> Drawn:
    x = draw.any_shape()
    axis = draw.one_of(-1, 1, None)
    shape = () if axis is None else (x.shape[axis],)
    mean, variance = draw.rng.normal(0, 1, shape), draw.rng.uniform(0.3, 2, shape)
    return Drawn(
        layers.Normalization(
            axis=axis, mean=mean.tolist(), variance=variance.tolist(), invert=draw.flag(0.4)
        ),
        x,
    )


@makes("LayerScale", "CustomScaleLayer")
def scale(draw: Draw) -> Drawn:
    x = draw.any_shape()
    if draw.kind == "LayerScale":
        return Drawn(LayerScale(0.1, draw.one_of(x.shape[-1], 1)), x)
    return Drawn(CustomScaleLayer(draw.number(0.1, 2)), [x, draw.values(*x.shape)])


# What moves values


@makes("Flatten", "Permute", "RepeatVector", "Reshape")
def reshaping(draw: Draw) -> Drawn:
    x = draw.any_shape(2, 5)
    if draw.kind == "Flatten":
        return Drawn(layers.Flatten(draw.one_of("channels_last", "channels_first")), x)
    if draw.kind == "Permute":
        dims = 1 + draw.rng.permutation(x.ndim - 1)
        return Drawn(layers.Permute([int(axis) for axis in dims]), x)
    if draw.kind == "RepeatVector":
        return Drawn(layers.RepeatVector(draw.whole(1, 4)), x.reshape(len(x), -1))
    lengths = draw.rng.permutation(x.shape[1:]).tolist()
    lengths[draw.whole(0, len(lengths) - 1)] = -1
    return Drawn(layers.Reshape([1, *lengths]), x)


@makes("Cropping1D", "Cropping2D", "Cropping3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def margins(draw: Draw) -> Drawn:
    rank = rank_of(draw.kind)
    data_format, x = draw.images(rank, 4, 5, first=False if draw.kind == "Cropping1D" else None)
    amounts: Any = [list(draw.wholes(2, 0, 1)) for _ in range(rank)]
    amounts = draw.one_of(1, amounts[0] if rank == 1 else amounts)
    formats = {} if draw.kind == "Cropping1D" else {"data_format": data_format}
    return Drawn(getattr(layers, draw.kind)(amounts, **formats), x)


@makes("UpSampling1D", "UpSampling2D", "UpSampling3D")
def up_sampling(draw: Draw) -> Drawn:
    rank = rank_of(draw.kind)
    data_format, x = draw.images(rank, 2, 4)
    if rank == 1:
        return Drawn(layers.UpSampling1D(draw.whole(1, 3)), x)
    settings: dict[str, Any] = {"data_format": data_format}
    if rank == 2:
        settings["interpolation"] = draw.one_of("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
    return Drawn(getattr(layers, draw.kind)(draw.sizes(rank, 1, 3), **settings), x)


@makes("Resizing", count=8)
def resizing(draw: Draw) -> Drawn:
    data_format, x = draw.images(2, 2, 7)
    ways = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
    height, width = draw.wholes(2, 2, 7)
    to_aspect: dict[str, Any] = draw.one_of(
        {}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True, "fill_value": 1}
    )
    return Drawn(
        layers.Resizing(
            height,
            width,
            interpolation=ways[draw.turn % len(ways)],
            antialias=draw.flag(),
            data_format=data_format,
            **to_aspect,
        ),
        x,
    )


@makes("CenterCrop")
def center_crop(draw: Draw) -> Drawn:
    data_format, x = draw.images(2, 2, 6)
    return Drawn(layers.CenterCrop(*draw.wholes(2, 2, 6), data_format=data_format), x)


# Convolution and pooling


def convolution_settings(draw: Draw, data_format: str, size: Any, padding: str) -> dict[str, Any]:
    """Strides or dilation, of which Keras takes one alone, and what all convolutions have."""
    steps = draw.one_of({}, {"strides": draw.whole(2, 3)}, {"dilation_rate": 2})
    return {
        "kernel_size": size,
        "padding": padding,
        "activation": draw.activation(data_format),
        "use_bias": draw.flag(0.7),
        **steps,
    }


@makes("Conv1D", "Conv2D", "Conv3D", count=6)
def convolution(draw: Draw) -> Drawn:
    rank = rank_of(draw.kind)
    groups = draw.one_of(1, 1, 2)
    data_format, x = draw.images(rank, 4, 6, groups * draw.whole(1, 2))
    padding = draw.one_of(
        "valid", "same", *(["causal"] if rank == 1 and data_format != "channels_first" else [])
    )
    settings = convolution_settings(draw, data_format, draw.sizes(rank, 1, 3), padding)
    if settings.get("dilation_rate"):
        settings["kernel_size"] = draw.sizes(rank, 1, 2)
    made = getattr(layers, draw.kind)(
        groups * draw.whole(2, 3), groups=groups, data_format=data_format, **settings
    )
    return Drawn(made, x)


@makes("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def transposed_convolution(draw: Draw) -> Drawn:
    rank = int(draw.kind[4])
    data_format, x = draw.images(rank, 2, 4)
    strides = draw.wholes(rank, 1, 3)
    output_padding = None
    if draw.flag(0.4) and min(strides) > 1:
        output_padding = 1
    settings = {
        "padding": draw.one_of("valid", "same"),
        "activation": draw.activation(data_format),
        "use_bias": draw.flag(0.7),
    }
    made = getattr(layers, draw.kind)(
        draw.whole(2, 3),
        draw.sizes(rank, 2, 3),
        strides=strides,
        output_padding=output_padding,
        data_format=data_format,
        **settings,
    )
    return Drawn(made, x)


@makes("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D")
def depthwise_convolution(draw: Draw) -> Drawn:
    rank = rank_of(draw.kind)
    data_format, x = draw.images(rank, 4, 6, draw.whole(2, 3))
    settings = convolution_settings(draw, data_format, draw.whole(1, 3), draw.one_of("valid", "same"))
    if settings.get("dilation_rate"):
        settings["kernel_size"] = 2
    if draw.kind.startswith("Separable"):
        settings["filters"] = draw.whole(2, 3)
    made = getattr(layers, draw.kind)(depth_multiplier=draw.whole(1, 2), data_format=data_format, **settings)
    return Drawn(made, x)


@makes("LocallyConnected1D", "LocallyConnected2D")
def locally_connected(draw: Draw) -> Drawn:
    rank = rank_of(draw.kind)
    data_format, x = draw.images(rank, 3, 5)
    implementation = draw.one_of(1, 2, 3)
    settings: dict[str, Any] = {
        "filters": draw.whole(1, 3),
        "kernel_size": draw.wholes(rank, 1, 3),
        "strides": draw.wholes(rank, 1, 2),
        "padding": "valid" if implementation == 1 else draw.one_of("valid", "same"),
        "data_format": data_format,
        "activation": draw.one_of("linear", "tanh", "relu"),
        "use_bias": draw.flag(0.7),
        "implementation": implementation,
    }
    return Drawn(getattr(tf_keras.layers, draw.kind)(**settings), x, keras2=settings)


@makes(
    *(f"{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)),
)
def pooling(draw: Draw) -> Drawn:
    rank = rank_of(draw.kind)
    data_format, x = draw.images(rank, 3, 6)
    made = getattr(layers, draw.kind)(
        draw.sizes(rank, 1, 3),
        strides=draw.one_of(None, draw.sizes(rank, 1, 3)),
        padding=draw.one_of("valid", "same"),
        data_format=data_format,
    )
    return Drawn(made, x)


@makes(
    *(f"Global{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)),
)
def global_pooling(draw: Draw) -> Drawn:
    data_format, x = draw.images(rank_of(draw.kind), 3, 6)
    mask = None
    if draw.kind == "GlobalAveragePooling1D":
        mask = draw.mask(len(x), x.shape[2 if data_format == "channels_first" else 1], whole_rows=False)
    return Drawn(getattr(layers, draw.kind)(data_format=data_format, keepdims=draw.flag()), x, mask)


@makes(
    *(f"Adaptive{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)),
)
def adaptive_pooling(draw: Draw) -> Drawn:
    rank = rank_of(draw.kind)
    data_format, x = draw.images(rank, 3, 6)
    # TensorFlow's own gradient of the largest of all, which it makes of a pooling of nothing, is not finite.
    sizes = draw.sizes(rank, 2 if "Max" in draw.kind else 1, 3)
    return Drawn(getattr(layers, draw.kind)(sizes, data_format=data_format), x)


# Merging


@makes("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")
def merging(draw: Draw) -> Drawn:
    x = draw.any_shape(2, 4)
    inputs = [x, draw.values(*x.shape)]
    if draw.flag() and draw.kind != "Subtract":
        inputs.append(draw.values(*x.shape))
    if draw.flag():
        inputs[-1] = inputs[-1][..., :1].copy()
    mask = None
    if draw.kind != "Subtract" and x.ndim > 2 and draw.flag():
        mask = [draw.mask(*x.shape[:2]) for _ in inputs]
    return Drawn(getattr(layers, draw.kind)(), inputs, mask)


@makes("Concatenate")
def concatenate(draw: Draw) -> Drawn:
    x = draw.any_shape(2, 4)
    axis = draw.whole(1, x.ndim - 1)
    inputs = [x] + [
        np.take(draw.values(*x.shape), range(draw.whole(1, 2)), axis) for _ in range(draw.whole(1, 2))
    ]
    return Drawn(layers.Concatenate(axis=draw.one_of(axis, axis - x.ndim)), inputs)


@makes("Dot", count=6)
def dot(draw: Draw) -> Drawn:
    batch, a, b, c, d = draw.wholes(5, 2, 4)
    pairs: list[tuple[Any, Any]] = [
        ([(batch, a), (batch, a)], 1),
        ([(batch, a, b), (batch, c, b)], 2),
        ([(batch, a, b), (batch, c, a)], (1, 2)),
        ([(batch, a), (batch, b, a)], (1, -1)),
        ([(batch, a, b, c), (batch, c, d)], (3, 1)),
    ]
    shapes, axes = draw.one_of(*pairs)
    return Drawn(layers.Dot(axes, normalize=draw.flag()), [draw.values(*shape) for shape in shapes])


# Normalization


@makes("BatchNormalization", count=8)
def batch_normalization(draw: Draw) -> Drawn:
    x = draw.values(draw.whole(3, 5), *draw.wholes(draw.whole(1, 3), 2, 4))
    axis = draw.whole(1, x.ndim - 1)
    mask = draw.mask(*x.shape[:2]) if x.ndim == 3 and draw.flag(0.7) else None
    if mask is not None:
        mask[:2] = True
    settings = {"center": draw.flag(0.7), "scale": draw.flag(0.7), "epsilon": draw.one_of(1e-3, 0.1)}
    made = layers.BatchNormalization(draw.one_of(axis, axis - x.ndim), **settings)
    return Drawn(made, x, mask, training=draw.turn % 4 != 0)


@makes("LayerNormalization", "RMSNormalization", "UnitNormalization")
def layer_normalization(draw: Draw) -> Drawn:
    x = draw.any_shape(2, 4)
    axes = sorted({draw.whole(1, x.ndim - 1) for _ in range(2)})
    axis = axes if draw.kind != "RMSNormalization" else draw.one_of(-1, list(range(axes[0], x.ndim)))
    settings: dict[str, Any] = {"axis": axis}
    if draw.kind != "UnitNormalization":
        settings["epsilon"] = draw.one_of(1e-3, 0.2)
    if draw.kind == "LayerNormalization":
        settings |= {"center": draw.flag(0.7), "scale": draw.flag(0.7)}
    return Drawn(getattr(layers, draw.kind)(**settings), x)


@makes("GroupNormalization")
def group_normalization(draw: Draw) -> Drawn:
    groups = draw.one_of(1, 2, 3)
    data_format, x = draw.images(draw.whole(1, 3), 2, 4, 2 * groups)
    axis = 1 if data_format == "channels_first" else -1
    settings = {"center": draw.flag(0.7), "scale": draw.flag(0.7), "epsilon": draw.one_of(1e-3, 0.2)}
    return Drawn(layers.GroupNormalization(draw.one_of(groups, groups, -1), axis, **settings), x)


@makes("SpectralNormalization")
def spectral_normalization(draw: Draw) -> Drawn:
    inside, x = draw.one_of(
        (layers.Dense(draw.whole(2, 4), activation="tanh"), draw.values(3, 4)),
        (layers.Conv2D(draw.whole(2, 3), 2), draw.values(2, 4, 3, 2)),
    )
    made = layers.SpectralNormalization(inside, power_iterations=draw.whole(1, 3))
    return Drawn(made, x, training=draw.flag(), moves_weights=True)


# What acts in training


@makes("Dropout", "AlphaDropout")
def dropout(draw: Draw) -> Drawn:
    x = draw.any_shape(3, 4)
    noise_shape = draw.one_of(None, [None, 1, *x.shape[2:]])
    made = getattr(layers, draw.kind)(draw.number(0.2, 0.7), noise_shape=noise_shape)
    return Drawn(made, x, training=draw.turn > 0)


@makes("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
def spatial_dropout(draw: Draw) -> Drawn:
    data_format, x = draw.images(rank_of(draw.kind), 2, 4, 3)
    formats = {} if draw.kind == "SpatialDropout1D" else {"data_format": data_format}
    return Drawn(getattr(layers, draw.kind)(draw.number(0.2, 0.7), **formats), x, training=draw.turn > 0)


@makes("GaussianDropout", "GaussianNoise", "StochasticDepth")
def noise(draw: Draw) -> Drawn:
    cls = StochasticDepth if draw.kind == "StochasticDepth" else getattr(layers, draw.kind)
    made = cls(draw.number(0.2, 0.7))
    return Drawn(made, draw.any_shape(2, 4), training=draw.turn > 0)


# Recurrent layers


CELLS = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2}


def cell_settings(draw: Draw, kind: str) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "activation": draw.one_of("tanh", "tanh", "softsign", "relu"),
        "use_bias": draw.flag(0.7),
        "dropout": draw.one_of(0.0, 0.3),
        "recurrent_dropout": draw.one_of(0.0, 0.0, 0.4),
    }
    if kind.startswith(("GRU", "LSTM")):
        settings["recurrent_activation"] = draw.one_of("sigmoid", "sigmoid", "softsign", "hard_sigmoid")
    if kind.startswith("GRU"):
        settings["reset_after"] = draw.flag()
    return settings


def sequence_settings(draw: Draw) -> dict[str, bool]:
    names = ("return_sequences", "return_state", "go_backwards", "zero_output_for_mask")
    return {name: draw.flag(0.4) for name in names}


def given_states(draw: Draw, batch: int, *lengths: int, share: float = 0.4) -> list[Array]:
    return [draw.values(batch, n) for n in lengths] if draw.flag(share) else []


@makes("SimpleRNN", "GRU", "LSTM", count=10)
def recurrent(draw: Draw) -> Drawn:
    batch, time, inputs = draw.wholes(3, 2, 4)
    units = draw.one_of(*({2, 3, 5} - {inputs}))
    settings = cell_settings(draw, draw.kind) | sequence_settings(draw)
    # Unrolled and backwards, Keras takes the zeros from the mask as it stands, not turned round.
    turned = settings["go_backwards"] and settings["zero_output_for_mask"]
    made = getattr(layers, draw.kind)(units, **settings, unroll=draw.flag(0.3) and not turned)
    states = given_states(draw, batch, *[units] * CELLS[draw.kind])
    x = draw.values(batch, time, inputs)
    return Drawn(made, [x, *states] if states else x, draw.mask(batch, time), training=draw.turn % 2 == 1)


def some_cells(draw: Draw, inputs: int) -> tuple[Any, list[int]]:
    """A cell or a stack of cells, and the lengths of their states.

    None has as many units as inputs, so that shapes tell what is drawn for the ones and the others.
    """
    made, lengths = [], []
    for _ in range(draw.whole(1, 3)):
        kind, units = draw.one_of(*CELLS), draw.one_of(*({2, 3, 5, 6} - {inputs}))
        made.append(getattr(layers, f"{kind}Cell")(units, **cell_settings(draw, kind)))
        lengths += [units] * CELLS[kind]
        inputs = units
    return (made[0] if len(made) == 1 else layers.StackedRNNCells(made)), lengths


@makes("RNN", count=6)
def rnn(draw: Draw) -> Drawn:
    batch, time, inputs = draw.wholes(3, 2, 4)
    cell, lengths = some_cells(draw, inputs)
    states = given_states(draw, batch, *lengths)
    x = draw.values(batch, time, inputs)
    made = layers.RNN(cell, **sequence_settings(draw))
    return Drawn(made, [x, *states] if states else x, draw.mask(batch, time), training=draw.turn % 2 == 1)


@makes("SimpleRNNCell", "GRUCell", "LSTMCell", "StackedRNNCells")
def cell_alone(draw: Draw) -> Drawn:
    batch, inputs = draw.wholes(2, 2, 4)
    if draw.kind == "StackedRNNCells":
        cell, lengths = some_cells(draw, inputs)
        cell = cell if isinstance(cell, layers.StackedRNNCells) else layers.StackedRNNCells([cell])
    else:
        units = draw.one_of(*({2, 3, 5} - {inputs}))
        cell = getattr(layers, draw.kind)(units, **cell_settings(draw, draw.kind))
        lengths = [units] * CELLS[draw.kind[:-4]]
    x = [draw.values(batch, n) for n in (inputs, *lengths)]
    return Drawn(cell, x, training=draw.turn % 2 == 1)


@makes("Bidirectional", count=10)
def bidirectional(draw: Draw) -> Drawn:
    batch, time, inputs = draw.wholes(3, 2, 4)
    units = draw.one_of(*({2, 3, 5} - {inputs}))
    flags = {key: value for key, value in sequence_settings(draw).items() if key != "go_backwards"}
    kinds = [draw.one_of(*CELLS) for _ in range(2)]
    halves = [
        getattr(layers, kind)(units, go_backwards=back, **cell_settings(draw, kind), **flags)
        for kind, back in zip(kinds, (False, True), strict=True)
    ]
    # Keras gives each half as many of the states to start from.
    backward = halves[1] if draw.flag() and CELLS[kinds[0]] == CELLS[kinds[1]] else None
    merge = ("concat", "sum", "mul", "ave", None)[draw.turn % 5]
    lengths = [units] * 2 * CELLS[kinds[0]]
    states = given_states(draw, batch, *lengths)
    x = draw.values(batch, time, inputs)
    made = layers.Bidirectional(halves[0], merge_mode=merge, backward_layer=backward)
    return Drawn(made, [x, *states] if states else x, draw.mask(batch, time), training=draw.turn % 2 == 1)


@makes("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def conv_lstm(draw: Draw) -> Drawn:
    rank = rank_of(draw.kind)
    first = draw.flag(0.3)
    batch, time = draw.wholes(2, 1, 3)
    lengths, channels = draw.wholes(rank, 3, 4), draw.one_of(1, 2)
    settings: dict[str, Any] = {
        "padding": draw.one_of("valid", "same"),
        "activation": draw.one_of("tanh", "softsign"),
        "recurrent_activation": draw.one_of("sigmoid", "hard_sigmoid"),
        "use_bias": draw.flag(0.7),
        "data_format": "channels_first" if first else "channels_last",
        "dropout": 0.0 if first else draw.one_of(0.0, 0.3),
        "recurrent_dropout": 0.0 if first else draw.one_of(0.0, 0.4),
        **draw.one_of({}, {"strides": 2}),
    }
    shape = (channels, *lengths) if first else (*lengths, channels)
    made = getattr(layers, draw.kind)(3, draw.sizes(rank, 1, 2), **settings, **sequence_settings(draw))
    x = draw.values(batch, time, *shape)
    return Drawn(made, x, draw.mask(batch, time), training=draw.turn % 2 == 1)


@makes("TimeDistributed", count=6)
def time_distributed(draw: Draw) -> Drawn:
    batch, time, n = draw.wholes(3, 2, 4)
    inside, shape = (
        (layers.Dense(3, activation="tanh"), (n,)),
        (layers.Conv1D(2, 2, padding="same"), (n, 2)),
        (layers.BatchNormalization(epsilon=0.1), (n,)),
        (layers.LSTM(3), (n, 2)),
        (layers.Flatten(), (n, 2, 2)),
        (layers.MaxPooling1D(2), (n + 1, 2)),
    )[draw.turn]
    mask = draw.mask(batch, time) if draw.turn in (0, 4) else None
    return Drawn(layers.TimeDistributed(inside), draw.values(batch, time, *shape), mask, training=draw.flag())


# Attention


def attended(draw: Draw) -> tuple[list[Array], list[Array | None]]:
    """Query, value and perhaps key, with their masks."""
    batch, queries, values, width = draw.wholes(4, 2, 4)
    x = [draw.values(batch, queries, width), draw.values(batch, values, width)]
    if draw.flag():
        x.append(draw.values(batch, values, width))
    masks = [draw.mask(batch, queries), draw.mask(batch, values, whole_rows=False), None][: len(x)]
    return x, masks


def attending_options(draw: Draw) -> dict[str, Any]:
    return {name: True for name in ("return_attention_scores", "use_causal_mask") if draw.flag(0.4)}


@makes("Attention", "AdditiveAttention", count=6)
def attention(draw: Draw) -> Drawn:
    x, masks = attended(draw)
    settings: dict[str, Any] = {"use_scale": draw.flag(), "dropout": draw.one_of(0.0, 0.4)}
    if draw.kind == "Attention":
        settings["score_mode"] = draw.one_of("dot", "concat")
    options = attending_options(draw)
    if "use_causal_mask" in options:  # the first query sees the first value alone
        masks[1] = None
    return Drawn(getattr(layers, draw.kind)(**settings), x, masks, draw.turn % 2 == 1, options)


@makes("MultiHeadAttention", "GroupQueryAttention", count=6)
def heads(draw: Draw) -> Drawn:
    x, masks = attended(draw)
    options = attending_options(draw)
    if "use_causal_mask" in options:
        masks[1] = None
    elif draw.flag(0.3):
        pairs = draw.rng.random((len(x[0]), x[0].shape[1], x[1].shape[1])) < 0.7
        pairs[:, :, 0] = True
        options["attention_mask"], masks = pairs, [None] * len(x)
    settings: dict[str, Any] = {
        "use_bias": draw.flag(0.7),
        "dropout": draw.one_of(0.0, 0.3),
        "use_gate": draw.flag(0.3),
    }
    if draw.kind == "GroupQueryAttention":
        made = layers.GroupQueryAttention(draw.whole(2, 3), 4, draw.one_of(1, 2, 4), **settings)
        return Drawn(made, x, masks, draw.turn % 2 == 1, options)
    made = layers.MultiHeadAttention(
        draw.whole(1, 3),
        draw.whole(2, 3),
        value_dim=draw.one_of(None, 2),
        output_shape=draw.one_of(None, 3, (2, 3)),
        **settings,
    )
    return Drawn(made, x, masks, draw.turn % 2 == 1, options)


# Sound and images


@makes("STFTSpectrogram", count=7)
def stft_spectrogram(draw: Draw) -> Drawn:
    modes = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
    frame = draw.whole(4, 7)
    made = layers.STFTSpectrogram(
        mode=modes[draw.turn],
        frame_length=frame,
        frame_step=draw.whole(2, frame),
        fft_length=draw.one_of(None, 8),
        window=draw.one_of("hann", "hamming", None),
        padding=draw.one_of("valid", "same"),
        expand_dims=draw.flag(),
    )
    return Drawn(made, draw.values(draw.whole(1, 3), draw.whole(14, 20), draw.whole(1, 2)))


@makes("MelSpectrogram")
def mel_spectrogram(draw: Draw) -> Drawn:
    made = layers.MelSpectrogram(
        fft_length=8,
        sequence_stride=draw.whole(2, 5),
        sequence_length=draw.one_of(None, 7),
        window=draw.one_of("hann", "hamming"),
        sampling_rate=16000,
        num_mel_bins=draw.whole(2, 4),
        min_freq=100.0,
        power_to_db=draw.flag(),
        mag_exp=draw.one_of(2.0, 1.5),
    )
    return Drawn(made, draw.values(draw.whole(1, 3), draw.whole(18, 25)))


@makes("Pipeline")
def pipeline(draw: Draw) -> Drawn:
    inside = [
        layers.Rescaling(draw.number(1, 3)),
        draw.one_of(layers.CenterCrop(2, 3), layers.Resizing(3, 2)),
        layers.RandomFlip("horizontal"),
    ]
    return Drawn(layers.Pipeline(inside[: draw.whole(2, 3)]), draw.values(draw.whole(1, 3), 4, 5, 2))


AUGMENTATIONS: dict[str, tuple[Any, ...]] = {
    "AugMix": (),
    "CutMix": (),
    "Equalization": (),
    "MaxNumBoundingBoxes": (3,),
    "MixUp": (),
    "RandAugment": (),
    "RandomBrightness": (0.3,),
    "RandomColorDegeneration": (0.3,),
    "RandomColorJitter": (),
    "RandomContrast": (0.3,),
    "RandomCrop": (3, 2),
    "RandomElasticTransform": (),
    "RandomErasing": (),
    "RandomFlip": (),
    "RandomGaussianBlur": (),
    "RandomGrayscale": (),
    "RandomHue": (0.3,),
    "RandomInvert": (),
    "RandomPerspective": (),
    "RandomPosterization": (4,),
    "RandomRotation": (0.2,),
    "RandomSaturation": (0.3,),
    "RandomSharpness": (0.3,),
    "RandomShear": (0.1, 0.1),
    "RandomTranslation": (0.2, 0.2),
    "RandomZoom": (0.2,),
    "Solarization": (),
}


@makes(*AUGMENTATIONS, count=1)
def augmentation(draw: Draw) -> Drawn:
    """In inference, where all of them hand images on."""
    made = getattr(keras.layers, draw.kind)(*AUGMENTATIONS[draw.kind])
    return Drawn(made, draw.values(2, 4, 5, 3))


@makes("RandomHeight", "RandomWidth", count=1)
def augmentation_of_keras2(draw: Draw) -> Drawn:
    return Drawn(getattr(tf_keras.layers, draw.kind)(0.2), draw.values(2, 4, 5, 3), keras2={"factor": 0.2})


@makes("AutoContrast")
def auto_contrast(draw: Draw) -> Drawn:
    low, high = draw.one_of((0, 1), (0, 255), (-1, 1))
    x = draw.rng.uniform(low, high, (draw.whole(1, 3), *draw.wholes(2, 2, 5), 3)).astype(np.float32)
    return Drawn(layers.AutoContrast((low, high)), x)
