"""Live models of Keras 3 as files of Keras 1, written from its source of 2016 and 2017."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from formats.keras2 import activation
from maju.layers.base import Array

__all__ = ["Keras1", "Written"]

#: What a layer is called, its config, and its arrays by name.
Written = tuple[str, dict[str, Any], list[tuple[str, Array]]]
#: What every layer of weights says about how they began and what bounds them.
TRAINING: dict[str, Any] = {
    "init": "glorot_uniform",
    "W_regularizer": {"name": "L1L2Regularizer", "l1": 0.0, "l2": 0.01},
    "b_regularizer": None,
    "activity_regularizer": None,
    "W_constraint": {"name": "MaxNorm", "m": 2, "axis": 0},
    "b_constraint": None,
}
LSTM_GATES, GRU_GATES = "ifco", "zrh"
#: The order in which an LSTM of Keras 1 wrote its gates.
LSTM_WRITTEN = "icfo"


@dataclass
class Keras1:
    """A writer of files as a version of Keras 1 with one of its backends made them.

    Args:
        version: as the file says it; None leaves it out, as Keras 1.0 did.
        backend: TensorFlow's names end in ":0"; Theano turns kernels around.
        order: of an image's axes, "tf" or "th".
        one_kernel: whether recurrent layers keep one array for all gates, as with consume_less="gpu".
    """

    version: str | None = "1.2.2"
    backend: str = "tensorflow"
    order: str = "tf"
    one_kernel: bool = False

    def save(self, model: Any, path: Path) -> Path:
        """The whole model in an HDF5 file."""
        with h5py.File(path, "w") as file:
            if self.version is not None:
                file.attrs["keras_version"] = self.version.encode()
            file.attrs["model_config"] = json.dumps(self.document(model)).encode()
            self.write_weights(model, file.create_group("model_weights"))
        return path

    def save_weights(self, model: Any, path: Path) -> Path:
        with h5py.File(path, "w") as file:
            self.write_weights(model, file)
        return path

    def to_json(self, model: Any, path: Path) -> Path:
        path.write_text(json.dumps({**self.document(model), "keras_version": self.version}))
        return path

    # The architecture

    def document(self, model: Any) -> dict[str, Any]:
        if isinstance(model, keras.Sequential):
            return {"class_name": "Sequential", "config": self.listed(model)}
        return {"class_name": "Model", "config": self.graph(model)}

    def listed(self, model: Any) -> list[dict[str, Any]]:
        """A Sequential: a bare list, without a name and without an input layer."""
        entries = [self.entry(layer) for layer in model.layers]
        if isinstance(entries[0]["config"], dict) and "layers" not in entries[0]["config"]:
            batch, *shape = model.input_shape
            if self.order == "th":
                shape = [shape[-1], *shape[:-1]]
            entries[0]["config"]["batch_input_shape"] = [batch, *shape]
            entries[0]["config"]["input_dtype"] = model.inputs[0].dtype
        return entries

    def entry(self, layer: Any) -> dict[str, Any]:
        if isinstance(layer, keras.Model):
            return self.document(layer)
        class_name, config, _ = self.layer(layer)
        return {"class_name": class_name, "config": config}

    def graph(self, model: Any) -> dict[str, Any]:
        nested = {layer.name for layer in model.layers if isinstance(layer, keras.Model)}

        def place(tensor: Any) -> list[Any]:
            operation, node, output = tensor._keras_history
            return [operation.name, node + (operation.name in nested), output]

        entries = []
        for layer in model.layers:
            nodes = [
                [place(tensor) for tensor in node.input_tensors]
                for node in layer._inbound_nodes
                if node in _nodes_of(model) and node.input_tensors
            ]
            entries.append({**self.entry(layer), "name": layer.name, "inbound_nodes": nodes})
        return {
            "name": model.name,
            "layers": entries,
            "input_layers": [[tensor._keras_history.operation.name, 0, 0] for tensor in model.inputs],
            "output_layers": [place(tensor) for tensor in model.outputs],
        }

    # The weights

    def write_weights(self, model: Any, root: Any) -> None:
        layers = list(model.layers)
        root.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            group = root.create_group(layer.name)
            arrays = self.arrays(layer)
            names = [name + (":0" if self.backend == "tensorflow" else "") for name, _ in arrays]
            group.attrs["weight_names"] = [name.encode() for name in names] or np.zeros(0)
            for name, (_, array) in zip(names, arrays, strict=True):
                group.create_dataset(name, data=array)

    def arrays(self, layer: Any) -> list[tuple[str, Array]]:
        """A layer's arrays by name; a nested model's: those that training changes first."""
        if isinstance(layer, keras.Model):
            every = [(name, array) for inner in layer.layers for name, array in self.arrays(inner)]
            return sorted(every, key=lambda pair: "_running_" in pair[0])
        return self.layer(layer)[2]

    # The layers

    def layer(self, layer: Any) -> Written:
        write: Callable[[Any], Written] = getattr(self, f"_{type(layer).__name__}")
        class_name, config, arrays = write(layer)
        return class_name, {"name": layer.name, "trainable": True, **config}, arrays

    def kernel(self, kernel: Array) -> Array:
        """(rows, columns, channels, filters) as this backend and this order of axes keep it."""
        spatial = tuple(range(kernel.ndim - 2))
        if self.backend == "theano":
            kernel = np.flip(kernel, axis=spatial)
        if self.order == "th":
            kernel = kernel.transpose(kernel.ndim - 1, kernel.ndim - 2, *spatial)
        return kernel

    def _InputLayer(self, layer: Any) -> Written:
        shape = [None, *layer.batch_shape[1:]]
        return "InputLayer", {"batch_input_shape": shape, "input_dtype": "float32", "sparse": False}, []

    def _Dense(self, layer: Any) -> Written:
        config = {
            **TRAINING,
            "output_dim": layer.units,
            "activation": activation(layer.activation),
            "bias": layer.use_bias,
            "input_dim": None,
        }
        return "Dense", config, _w_and_b(layer)

    def _Conv1D(self, layer: Any) -> Written:
        config = {
            **TRAINING,
            "nb_filter": layer.filters,
            "filter_length": layer.kernel_size[0],
            "subsample_length": layer.strides[0],
            "border_mode": layer.padding,
            "activation": activation(layer.activation),
            "bias": layer.use_bias,
            "input_dim": None,
            "input_length": None,
        }
        class_name = "Convolution1D"
        if layer.dilation_rate[0] > 1:
            class_name, config["atrous_rate"] = "AtrousConvolution1D", layer.dilation_rate[0]
        (_, kernel), *bias = _w_and_b(layer)
        kernel = np.flip(kernel, axis=0) if self.backend == "theano" else kernel
        kernel = kernel[:, np.newaxis]
        if self.version == "1.1.0":
            kernel = kernel.transpose(3, 2, 0, 1)
        return class_name, config, [(f"{layer.name}_W", kernel), *bias]

    def _Conv2D(self, layer: Any) -> Written:
        config = {**self._convolution(layer), "activation": activation(layer.activation)}
        class_name = "Convolution2D"
        if layer.dilation_rate != (1, 1):
            class_name, config["atrous_rate"] = "AtrousConvolution2D", list(layer.dilation_rate)
        (name, kernel), *bias = _w_and_b(layer)
        return class_name, config, [(name, self.kernel(kernel)), *bias]

    def _Conv2DTranspose(self, layer: Any) -> Written:
        shape = [None, *layer.output.shape[1:]]
        config = {**self._convolution(layer), "activation": activation(layer.activation)}
        config["output_shape"] = shape
        (name, kernel), *bias = _w_and_b(layer)  # (rows, columns, filters, channels)
        if self.backend == "theano":
            kernel = np.flip(kernel, axis=(0, 1))
        kernel = kernel.transpose((2, 3, 0, 1) if self.order == "th" else (0, 1, 3, 2))
        return "Deconvolution2D", config, [(name, kernel), *bias]

    def _SeparableConv2D(self, layer: Any) -> Written:
        config = {**self._convolution(layer), "activation": activation(layer.activation)}
        config["depth_multiplier"] = layer.depth_multiplier
        arrays = _named(layer, "depthwise_kernel", "pointwise_kernel", "b")
        return (
            "SeparableConvolution2D",
            config,
            [(name, array if name.endswith("_b") else self.kernel(array)) for name, array in arrays],
        )

    def _convolution(self, layer: Any) -> dict[str, Any]:
        rows, columns = layer.kernel_size
        return {
            **TRAINING,
            "nb_filter": getattr(layer, "filters", None),
            "nb_row": rows,
            "nb_col": columns,
            "border_mode": layer.padding,
            "subsample": list(layer.strides),
            "dim_ordering": self.order,
            "bias": layer.use_bias,
        }

    def _Conv3D(self, layer: Any) -> Written:
        config = {
            **TRAINING,
            "nb_filter": layer.filters,
            **{f"kernel_dim{axis}": length for axis, length in enumerate(layer.kernel_size, start=1)},
            "border_mode": layer.padding,
            "subsample": list(layer.strides),
            "dim_ordering": self.order,
            "activation": activation(layer.activation),
            "bias": layer.use_bias,
        }
        (name, kernel), *bias = _w_and_b(layer)
        return "Convolution3D", config, [(name, self.kernel(kernel)), *bias]

    def _MaxPooling1D(self, layer: Any) -> Written:
        config = {"pool_length": layer.pool_size[0], "stride": layer.strides[0], "border_mode": layer.padding}
        return type(layer).__name__, config, []

    _AveragePooling1D = _MaxPooling1D

    def _MaxPooling2D(self, layer: Any) -> Written:
        config = {
            "pool_size": list(layer.pool_size),
            "strides": list(layer.strides),
            "border_mode": layer.padding,
            "dim_ordering": self.order,
        }
        return type(layer).__name__, config, []

    _AveragePooling2D = _MaxPooling2D

    def _GlobalAveragePooling2D(self, layer: Any) -> Written:
        return type(layer).__name__, {"dim_ordering": self.order}, []

    _GlobalMaxPooling2D = _GlobalAveragePooling2D

    def _ZeroPadding2D(self, layer: Any) -> Written:
        (top, bottom), (left, right) = layer.padding
        return "ZeroPadding2D", {"padding": [top, bottom, left, right]}, []

    def _ZeroPadding1D(self, layer: Any) -> Written:
        return "ZeroPadding1D", {"padding": layer.padding[0]}, []

    def _UpSampling2D(self, layer: Any) -> Written:
        return "UpSampling2D", {"size": list(layer.size)}, []

    def _UpSampling1D(self, layer: Any) -> Written:
        return "UpSampling1D", {"length": layer.size}, []

    def _Cropping2D(self, layer: Any) -> Written:
        return "Cropping2D", {"cropping": [list(pair) for pair in layer.cropping]}, []

    def _BatchNormalization(self, layer: Any) -> Written:
        config = {
            "epsilon": layer.epsilon,
            "mode": 0,
            "axis": 1 if self.order == "th" and len(layer.input.shape) > 2 else layer.axis,
            "gamma_regularizer": None,
            "beta_regularizer": None,
            "momentum": layer.momentum,
        }
        names = ("gamma", "beta", "running_mean", "running_std")
        return "BatchNormalization", config, _named(layer, *names)

    def _Embedding(self, layer: Any) -> Written:
        config = {
            "input_dim": layer.input_dim,
            "output_dim": layer.output_dim,
            "init": "uniform",
            "input_length": None,
            "mask_zero": layer.mask_zero,
            "activity_regularizer": None,
            "W_regularizer": None,
            "W_constraint": None,
            "dropout": 0.2,
        }
        return "Embedding", config, _named(layer, "W")

    def _recurrent(self, layer: Any) -> dict[str, Any]:
        return {
            "return_sequences": layer.return_sequences,
            "go_backwards": layer.go_backwards,
            "stateful": False,
            "unroll": False,
            "consume_less": "gpu" if self.one_kernel else "cpu",
            "input_dim": None,
            "input_length": None,
            "output_dim": layer.units,
            "init": "glorot_uniform",
            "inner_init": "orthogonal",
            "activation": activation(layer.activation),
            "W_regularizer": None,
            "U_regularizer": None,
            "b_regularizer": None,
            "dropout_W": 0.1,
            "dropout_U": 0.2,
        }

    def _SimpleRNN(self, layer: Any) -> Written:
        return "SimpleRNN", self._recurrent(layer), _named(layer, "W", "U", "b")

    def _LSTM(self, layer: Any) -> Written:
        config = {**self._recurrent(layer), "forget_bias_init": "one"}
        config["inner_activation"] = activation(layer.recurrent_activation)
        return "LSTM", config, self._gates(layer, LSTM_GATES, LSTM_WRITTEN)

    def _GRU(self, layer: Any) -> Written:
        assert not layer.reset_after, "which Keras 1 had not"
        config = {**self._recurrent(layer), "inner_activation": activation(layer.recurrent_activation)}
        return "GRU", config, self._gates(layer, GRU_GATES, GRU_GATES)

    def _gates(self, layer: Any, order: str, written: str) -> list[tuple[str, Array]]:
        arrays = _named(layer, "W", "U", "b")
        if self.one_kernel:
            return arrays
        gates = {gate: slice(i * layer.units, (i + 1) * layer.units) for i, gate in enumerate(order)}
        return [(f"{name}_{gate}", array[..., gates[gate]]) for gate in written for name, array in arrays]

    def _Bidirectional(self, layer: Any) -> Written:
        class_name, config, ahead = self.layer(layer.forward_layer)
        _, _, back = self.layer(layer.backward_layer)
        config["name"] = layer.forward_layer.name.removeprefix("forward_")
        wrapped = {"class_name": class_name, "config": config}
        return "Bidirectional", {"layer": wrapped, "merge_mode": layer.merge_mode}, [*ahead, *back]

    def _TimeDistributed(self, layer: Any) -> Written:
        class_name, config, arrays = self.layer(layer.layer)
        return "TimeDistributed", {"layer": {"class_name": class_name, "config": config}}, arrays

    def _Dropout(self, layer: Any) -> Written:
        return type(layer).__name__, {"p": layer.rate}, []

    _SpatialDropout1D = _GaussianDropout = _Dropout

    def _GaussianNoise(self, layer: Any) -> Written:
        return "GaussianNoise", {"sigma": layer.stddev}, []

    def _Activation(self, layer: Any) -> Written:
        return "Activation", {"activation": activation(layer.activation)}, []

    def _LeakyReLU(self, layer: Any) -> Written:
        return "LeakyReLU", {"alpha": layer.negative_slope}, []

    def _ELU(self, layer: Any) -> Written:
        return "ELU", {"alpha": layer.alpha}, []

    def _PReLU(self, layer: Any) -> Written:
        return "PReLU", {"init": "zero"}, _named(layer, "alphas")

    def _Flatten(self, layer: Any) -> Written:
        return type(layer).__name__, {}, []

    _GlobalMaxPooling1D = _GlobalAveragePooling1D = _Flatten

    def _Reshape(self, layer: Any) -> Written:
        return "Reshape", {"target_shape": list(layer.target_shape)}, []

    def _Permute(self, layer: Any) -> Written:
        return "Permute", {"dims": list(layer.dims)}, []

    def _RepeatVector(self, layer: Any) -> Written:
        return "RepeatVector", {"n": layer.n}, []

    def _Masking(self, layer: Any) -> Written:
        return "Masking", {"mask_value": layer.mask_value}, []

    def _merge(self, mode: str, **config: Any) -> Written:
        return "Merge", {**MERGE, "mode": mode, **config}, []

    def _Add(self, layer: Any) -> Written:
        return self._merge("sum")

    def _Multiply(self, layer: Any) -> Written:
        return self._merge("mul")

    def _Average(self, layer: Any) -> Written:
        return self._merge("ave")

    def _Maximum(self, layer: Any) -> Written:
        return self._merge("max")

    def _Concatenate(self, layer: Any) -> Written:
        return self._merge("concat", concat_axis=layer.axis)

    def _Dot(self, layer: Any) -> Written:
        return self._merge("dot", dot_axes=layer.axes)


MERGE: dict[str, Any] = {
    "mode_type": "raw",
    "concat_axis": -1,
    "dot_axes": -1,
    "output_shape": None,
    "output_shape_type": "raw",
    "output_mask": None,
    "output_mask_type": "raw",
    "arguments": {},
}


def _named(layer: Any, *names: str) -> list[tuple[str, Array]]:
    arrays = [weight.numpy() for weight in layer.weights if "seed" not in weight.path]
    return [(f"{layer.name}_{name}", array) for name, array in zip(names, arrays, strict=True)]


def _w_and_b(layer: Any) -> list[tuple[str, Array]]:
    return _named(layer, *(("W", "b") if layer.use_bias else ("W",)))


def _nodes_of(model: Any) -> Sequence[Any]:
    """The calls of layers that belong to a functional model."""
    return [node for nodes in model._nodes_by_depth.values() for node in nodes]
