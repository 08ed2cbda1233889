"""The arrays of a layer as Keras 1, Theano and cuDNN laid them out, brought to the layout of Keras 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import Problem, UnsupportedModelError
from maju.formats.specification import LayerSpec, ModelSpec

__all__ = ["FLIPPED", "Origin", "check_backend", "every_layer", "modern_arrays", "old_counts"]

Arrays = list[npt.NDArray[Any]]

#: Layers whose kernels Theano lays over the input upside down: it convolves where the others correlate.
FLIPPED = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose", "ConvLSTM2D")
#: What Keras 1 kept gate by gate: how many gates, and where each of Keras 3's gates was.
GATES = {"LSTM": (0, 2, 1, 3), "ConvLSTM2D": (0, 2, 1, 3), "GRU": (0, 1, 2)}
BACKENDS = ("tensorflow", "theano", "cntk")


@dataclass(frozen=True)
class Origin:
    """What wrote the arrays: the major version of Keras, and its backend, None where it is not known."""

    major: int = 3
    backend: str | None = "tensorflow"


def modern_arrays(class_name: str, config: Mapping[str, Any], arrays: Arrays, origin: Origin) -> Arrays:
    """The arrays of a layer in the order and the layout of Keras 3.

    Args:
        class_name, config: the layer as Keras 3 has it.
        arrays: what the file holds for it, in the file's order.
        origin: what wrote the file.
    """
    wrapped = config.get("layer")
    if class_name == "TimeDistributed" and isinstance(wrapped, Mapping):
        return modern_arrays(wrapped["class_name"], wrapped["config"], arrays, origin)
    if class_name == "Bidirectional" and isinstance(wrapped, Mapping):
        half = len(arrays) // 2
        return [
            array
            for part in (arrays[:half], arrays[half:])
            for array in modern_arrays(wrapped["class_name"], wrapped["config"], part, origin)
        ]
    if origin.major < 2:
        arrays = _from_keras1(class_name, config, arrays)
    if origin.backend == "theano" and class_name in FLIPPED and arrays:
        kernels = 2 if class_name == "ConvLSTM2D" else 1
        arrays = [_upside_down(array) if i < kernels else array for i, array in enumerate(arrays)]
    if class_name in ("LSTM", "GRU"):
        arrays = _from_cudnn(class_name, arrays)
    return arrays


def old_counts(class_name: str, config: Mapping[str, Any], count: int, origin: Origin) -> tuple[int, ...]:
    """How many arrays a layer with `count` of them in Keras 3 may have in the file, the likeliest first."""
    wrapped = config.get("layer")
    if class_name in ("TimeDistributed", "Bidirectional") and isinstance(wrapped, Mapping):
        times = 2 if class_name == "Bidirectional" else 1
        inner = old_counts(wrapped["class_name"], wrapped["config"], count // times, origin)
        return tuple(times * n for n in inner)
    if origin.major < 2 and class_name in GATES and count == 3:
        return (3 * len(GATES[class_name]), 3)
    return (count,)


# Keras 1


def _from_keras1(class_name: str, config: Mapping[str, Any], arrays: Arrays) -> Arrays:
    gates = GATES.get(class_name, ())
    if gates and len(arrays) == 3 * len(gates):  # W, U and b of each gate in turn
        arrays = [
            np.concatenate([arrays[3 * gate + kind] for gate in gates], axis=_gate_axis(kind, arrays, config))
            for kind in range(3)
        ]
    first = config.get("data_format") == "channels_first"
    kernels = {"SeparableConv2D": 2, "ConvLSTM2D": 2}.get(class_name, 1)
    if class_name == "Conv1D" and arrays and arrays[0].ndim == 4:
        return [_conv1d_kernel(arrays[0], config), *arrays[1:]]
    order = _kernel_order(class_name, first)
    return [
        array.transpose(order) if order and i < kernels and array.ndim == len(order) else array
        for i, array in enumerate(arrays)
    ]


def _gate_axis(kind: int, arrays: Arrays, config: Mapping[str, Any]) -> int:
    """Where the gates stand side by side: the axis of the filters, which is the first of Theano's kernels."""
    theano_kernel = kind < 2 and arrays[0].ndim == 4 and config.get("data_format") == "channels_first"
    return 0 if theano_kernel else -1


def _kernel_order(class_name: str, channels_first: bool) -> tuple[int, ...]:
    """How the axes of a kernel of Keras 1 move: channels_first had (filters, channels, rows, columns)."""
    if class_name == "Conv2DTranspose":
        return (2, 3, 0, 1) if channels_first else (0, 1, 3, 2)
    if not channels_first:
        return ()
    orders = {"Conv2D": (2, 3, 1, 0), "SeparableConv2D": (2, 3, 1, 0), "ConvLSTM2D": (2, 3, 1, 0)}
    return {**orders, "Conv3D": (2, 3, 4, 1, 0)}.get(class_name, ())


def _conv1d_kernel(kernel: npt.NDArray[Any], config: Mapping[str, Any]) -> npt.NDArray[Any]:
    """(length, 1, channels, filters) since Keras 1.1.1, (filters, channels, length, 1) before."""
    length = config["kernel_size"]
    length = length[0] if isinstance(length, (list, tuple)) else length
    if kernel.shape[:2] != (length, 1) or kernel.shape[3] != config["filters"]:
        kernel = kernel.transpose(2, 3, 1, 0)
    return kernel[:, 0]


# Theano


def _upside_down(kernel: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A kernel turned around in all its spatial axes, which are all but the last two."""
    return np.flip(kernel, axis=tuple(range(kernel.ndim - 2)))


def check_backend(spec: ModelSpec, backend: str) -> None:
    """Refuse what a backend other than TensorFlow's computes otherwise.

    Padding "same" puts as much before as after in Theano, also where TensorFlow's is uneven: with strides,
    and with kernels of even length. For CNTK that is not known, and so not promised.

    Raises:
        UnsupportedModelError: names all of it.
    """
    if backend == "tensorflow":
        return
    problems = [
        Problem(layer.where, f"padding='same' as {backend} computes it for this kernel and these strides")
        for layer in every_layer(spec)
        if layer.config.get("padding") == "same" and not _even_padding(layer)
    ]
    problems += [
        Problem(layer.where, f"bilinear upsampling as {backend} computes it")
        for layer in every_layer(spec)
        if layer.config.get("interpolation") == "bilinear_tf1"
    ]
    if backend not in BACKENDS:
        problems.append(Problem("the file", f"its backend is {backend!r}, which maju does not know"))
    if problems:
        raise UnsupportedModelError(problems)


def every_layer(spec: ModelSpec) -> list[LayerSpec]:
    """Every layer of a model, those of nested models and inside wrappers included."""
    found = []
    for layer in spec.layers:
        if layer.model is not None:
            found += every_layer(layer.model)
        wrapped = layer.config.get("layer")
        if isinstance(wrapped, Mapping):
            found.append(LayerSpec(str(wrapped["class_name"]), layer.name, wrapped["config"]))
        found.append(layer)
    return found


def _even_padding(layer: LayerSpec) -> bool:
    """Whether padding "same" adds as much before as after, whatever the length of the input."""
    pooling = "Pooling" in layer.class_name
    lengths = _numbers(layer.config.get("pool_size" if pooling else "kernel_size", 1))
    default = lengths if pooling else (1,)
    strides = _numbers(layer.config["strides"]) if layer.config.get("strides") is not None else default
    if pooling:  # Theano's own rule for the padding of pools is even for these alone
        return set(lengths) <= {1, 3} and set(strides) == {1}
    return all(length % 2 for length in lengths) and (set(strides) == {1} or set(lengths) == {1})


def _numbers(value: Any) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, Sequence) else (value,)


# cuDNN


def _from_cudnn(class_name: str, arrays: Arrays) -> Arrays:
    """The weights of CuDNNLSTM and CuDNNGRU, told by the two biases that they have for each gate."""
    gates = 4 if class_name == "LSTM" else 3
    if len(arrays) != 3 or arrays[1].ndim != 2 or arrays[2].shape != (2 * gates * arrays[1].shape[0],):
        return arrays
    kernel, recurrent_kernel, bias = arrays
    kernel = np.hstack([part.T.reshape(part.shape, order="F") for part in np.hsplit(kernel, gates)])
    recurrent_kernel = np.hstack([part.T for part in np.hsplit(recurrent_kernel, gates)])
    biases = bias.reshape(2, -1)  # of the input, and of the state
    return [kernel, recurrent_kernel, biases.sum(axis=0) if class_name == "LSTM" else biases]
