"""Fusion: the calls of a program gathered into as few kernels as can do them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from maju.engine.kernels.convolution import ConvolutionKernel
from maju.engine.kernels.dense import DenseKernel
from maju.engine.kernels.depthwise import DepthwiseKernel
from maju.engine.kernels.elementwise import FlatKernel, ScaleKernel, SumKernel
from maju.engine.kernels.kernel import Kernel, Places, Readable
from maju.engine.kernels.pooling import PoolingKernel
from maju.engine.kernels.recurrent import RecurrentKernel, scan_of
from maju.engine.lowering import Instruction, Program
from maju.formats.specification import TensorRef, refs_in
from maju.layers import activations
from maju.layers.activation import ActivationLayer
from maju.layers.activations import Activation
from maju.layers.add import AddLayer
from maju.layers.average_pooling import AveragePooling
from maju.layers.batch_normalization import BatchNormalizationLayer
from maju.layers.bidirectional import BidirectionalLayer
from maju.layers.convolution import Convolution
from maju.layers.dense import DenseLayer
from maju.layers.depthwise_conv import DepthwiseConvolution
from maju.layers.dropout import DropoutLayer
from maju.layers.embedding import EmbeddingLayer
from maju.layers.flatten import FlattenLayer
from maju.layers.max_pooling import MaxPooling
from maju.layers.pooling import Pooling
from maju.layers.recurrent import RecurrentLayer
from maju.layers.relu import ReLULayer

__all__ = ["fused"]

LINEAR = activations.get(None)


def fused(program: Program, places: Places) -> list[Kernel]:
    """The kernels that do what a program says, in its order."""
    return list(_Fusion(program, places).kernels())


class _Fusion:
    def __init__(self, program: Program, places: Places) -> None:
        self.places = places
        self.instructions = program.instructions
        self.uses = Counter(refs_in(program.outputs))
        self.user: dict[TensorRef, Instruction] = {}
        for instruction in program.instructions:
            for ref in refs_in([instruction.call.args, instruction.call.kwargs]):
                self.uses[ref] += 1
                self.user[ref] = instruction
        self.done: set[int] = set()

    def kernels(self) -> Iterator[Kernel]:
        for instruction in self.instructions:
            if id(instruction) not in self.done:
                yield self._kernel(instruction)

    def _kernel(self, first: Instruction) -> Kernel:
        """The kernel that begins with a call, and takes as many after it as it can."""
        for kind, make in MAKERS.items():
            if isinstance(first.node, kind) and _is_plain(first):
                kernel = make(self, first)
                if kernel is not None:
                    self.done.update(map(id, kernel.instructions))
                    return kernel
        return Readable(first, self.places)

    # What follows a call

    def next(self, chain: list[Instruction], wanted: Callable[[Any], bool]) -> Any:
        """Take the call after the last of a chain into it, if it is a wanted one and the only one; its layer.

        Layers that in inference do nothing are taken along.
        """
        found = list(chain)
        while True:
            (ref,) = found[-1].outputs
            after = self.user.get(ref)
            if self.uses[ref] != 1 or after is None or not _is_plain(after):
                return None
            found.append(after)
            if wanted(after.node):
                chain[:] = found
                return after.node
            if not isinstance(after.node, DropoutLayer):
                return None

    def normalization(self, chain: list[Instruction]) -> BatchNormalizationLayer | None:
        """That after a chain which is linear so far."""
        layer = self.next(chain, _normalizes_channels)
        assert layer is None or isinstance(layer, BatchNormalizationLayer)
        return layer

    def activation(self, chain: list[Instruction]) -> Activation:
        """That after a chain which is linear so far; the identity if there is none."""
        layer = self.next(chain, lambda node: isinstance(node, (ActivationLayer, ReLULayer)))
        return LINEAR if layer is None else _activation_of(layer)


def _convolution(fusion: _Fusion, first: Instruction) -> Kernel | None:
    layer, chain = first.node, [first]
    assert isinstance(layer, Convolution)
    if layer.groups != 1 or layer.data_format != "channels_last":
        return None
    normalization, activation = _behind(fusion, chain, layer.activation)
    pooling = fusion.next(chain, _pools_apart)
    return ConvolutionKernel(chain, fusion.places, layer, normalization, activation, pooling)


def _depthwise(fusion: _Fusion, first: Instruction) -> Kernel | None:
    layer, chain = first.node, [first]
    assert isinstance(layer, DepthwiseConvolution)
    if layer.depth_multiplier != 1 or layer.data_format != "channels_last":
        return None
    return DepthwiseKernel(chain, fusion.places, layer, *_behind(fusion, chain, layer.activation))


def _dense(fusion: _Fusion, first: Instruction) -> Kernel:
    layer, chain = first.node, [first]
    assert isinstance(layer, DenseLayer)
    return DenseKernel(chain, fusion.places, layer, *_behind(fusion, chain, layer.activation))


def _behind(
    fusion: _Fusion, chain: list[Instruction], own: Any
) -> tuple[BatchNormalizationLayer | None, Activation]:
    """The normalization and the activation of a linear layer that ends in the activation `own`."""
    activation = activations.get(own)
    if activation.forward is not LINEAR.forward:
        return None, activation
    normalization = fusion.normalization(chain)
    return normalization, fusion.activation(chain)


def _normalization(fusion: _Fusion, first: Instruction) -> Kernel | None:
    chain = [first]
    if not _normalizes_channels(first.node):
        return None
    assert isinstance(first.node, BatchNormalizationLayer)
    return ScaleKernel(chain, fusion.places, first.node, fusion.activation(chain))


def _activation(fusion: _Fusion, first: Instruction) -> Kernel:
    return ScaleKernel([first], fusion.places, None, _activation_of(first.node))


def _pooling(fusion: _Fusion, first: Instruction) -> Kernel | None:
    layer = first.node
    assert isinstance(layer, Pooling)
    return PoolingKernel([first], fusion.places, layer) if layer.data_format == "channels_last" else None


def _flat(fusion: _Fusion, first: Instruction) -> Kernel | None:
    layer = first.node
    assert isinstance(layer, FlattenLayer)
    return FlatKernel([first], fusion.places) if layer.data_format == "channels_last" else None


def _sum(fusion: _Fusion, first: Instruction) -> Kernel | None:
    chain = [first]
    if isinstance(first.call.args[0], TensorRef) or len(first.call.args[0]) < 2:
        return None
    return SumKernel(chain, fusion.places, fusion.activation(chain))


def _embedding(fusion: _Fusion, first: Instruction) -> Kernel | None:
    layer, chain = first.node, [first]
    assert isinstance(layer, EmbeddingLayer)
    recurrent = fusion.next(chain, lambda node: isinstance(node, (RecurrentLayer, BidirectionalLayer)))
    if recurrent is None or not _scans(recurrent) or len(chain) != 2:
        return None
    return RecurrentKernel(chain, fusion.places, layer, recurrent)


def _recurrent(fusion: _Fusion, first: Instruction) -> Kernel | None:
    layer = first.node
    assert isinstance(layer, (RecurrentLayer, BidirectionalLayer))
    return RecurrentKernel([first], fusion.places, None, layer) if _scans(layer) else None


MAKERS: dict[type[Any], Callable[[_Fusion, Instruction], Kernel | None]] = {
    Convolution: _convolution,
    DepthwiseConvolution: _depthwise,
    DenseLayer: _dense,
    BatchNormalizationLayer: _normalization,
    ActivationLayer: _activation,
    ReLULayer: _activation,
    MaxPooling: _pooling,
    AveragePooling: _pooling,
    AddLayer: _sum,
    FlattenLayer: _flat,
    EmbeddingLayer: _embedding,
    RecurrentLayer: _recurrent,
    BidirectionalLayer: _recurrent,
}


def _is_plain(instruction: Instruction) -> bool:
    """Whether a call is of one of maju's own layers, of float32, on nothing but its input."""
    node, args = instruction.node, instruction.call.args
    tensors = args[0] if isinstance(node, AddLayer) and args and isinstance(args[0], (list, tuple)) else args
    policies = [part.dtype_policy for part in (node, *vars(node).values()) if hasattr(part, "dtype_policy")]
    float32 = all(p is None or (p.name, p.quantization) == ("float32", None) for p in policies)
    return (
        type(node).__module__.startswith("maju.layers.")
        and float32
        and all(weight.dtype == np.float32 for weight in getattr(node, "weights", {}).values())
        and len(args) == 1
        and all(isinstance(part, TensorRef) for part in tensors)
        and all(key == "training" or value is None for key, value in instruction.call.kwargs.items())
        and len(instruction.outputs) == 1
    )


def _normalizes_channels(node: Any) -> bool:
    return isinstance(node, BatchNormalizationLayer) and node.axes is None and node.axis == -1


def _pools_apart(node: Any) -> bool:
    """Whether it is a pooling whose windows do not overlap, so that each value is looked at once."""
    return (
        isinstance(node, (MaxPooling, AveragePooling))
        and node.data_format == "channels_last"
        and node.strides == node.pool_size
    )


def _scans(layer: RecurrentLayer | BidirectionalLayer) -> bool:
    if isinstance(layer, BidirectionalLayer):
        halves = [layer.forward_layer, layer.backward_layer]
        return layer.merge_mode is not None and all(scan_of(half) is not None for half in halves)
    return scan_of(layer) is not None


def _activation_of(layer: Any) -> Activation:
    if not isinstance(layer, ReLULayer):
        return activations.get(layer.activation)
    if not (layer.negative_slope or layer.threshold) and layer.max_value in (None, 6):
        return activations.get("relu" if layer.max_value is None else "relu6")
    return layer._relu
