"""What a layer's config meant to the Keras that wrote it: the history of Keras, from 1 to 3.

`modern` brings the class name and the hyper-parameters of a layer to the form of Keras 3. What has no such
form is left as it is, under its old name, so that it is refused by that name later.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from maju.errors import Problem, UnsupportedModelError
from maju.layers import activations
from maju.layers.registry import CUSTOM

__all__ = ["Version", "image_order", "modern", "name_of_activation", "plain", "repeats_masked_output"]

Config = Mapping[str, Any]
#: Hyper-parameters that hold layers and cells, which are brought up by themselves.
WRAPPED = ("layer", "layers", "backward_layer", "cell", "cells")
#: The layers that merge several tensors.
MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")
#: Classes that a legacy .h5 calls as Python does, and a .keras as `keras.layers` does.
PYTHON_NAMES = {"GroupedQueryAttention": "GroupQueryAttention"}


#: The layers of Keras before it became a part of TensorFlow, by the names that they have since Keras 2. A
#: class of another name in one of its files is its author's own, whatever Keras called so later.
STANDALONE_OF_EVERY_RANK = (
    "AveragePooling",
    "Conv",
    "Cropping",
    "GlobalAveragePooling",
    "GlobalMaxPooling",
    "MaxPooling",
    "SpatialDropout",
    "UpSampling",
    "ZeroPadding",
)
STANDALONE = {
    *(f"{kind}{rank}D" for kind in STANDALONE_OF_EVERY_RANK for rank in (1, 2, 3)),
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv2DTranspose",
    "Conv3DTranspose",
    "ConvLSTM2D",
    "CuDNNGRU",
    "CuDNNLSTM",
    "Dense",
    "DepthwiseConv2D",
    "Dot",
    "Dropout",
    "ELU",
    "Embedding",
    "Flatten",
    "GRU",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "InputLayer",
    "LSTM",
    "LSTMCell",
    "Lambda",
    "LeakyReLU",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "PReLU",
    "Permute",
    "RNN",
    "ReLU",
    "RepeatVector",
    "Reshape",
    "SeparableConv1D",
    "SeparableConv2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "StackedRNNCells",
    "Subtract",
    "ThresholdedReLU",
    "TimeDistributed",
}


class Version:
    """A version of Keras, as ``"1.2.2"``, ``"2.2.4-tf"`` or ``"3.8.0"``, and what a model of it leaves open.

    Args:
        text: the version; ``"3"`` is the newest of Keras 3.
        image_order: ``"channels_last"`` or ``"channels_first"`` for layers of Keras 1 that do not say it.
        masked: whether the model makes masks.
        integers: whether there may be whole numbers in the model.
    """

    def __init__(
        self, text: str, image_order: str = "channels_last", masked: bool = False, integers: bool = False
    ) -> None:
        self.text = text
        numbers = [int(part) for part in re.findall(r"\d+", text.partition("-")[0])[:3]]
        self.numbers = (*numbers, *(math.inf,) * (3 - len(numbers)))
        self.major = numbers[0]
        self.image_order = image_order
        self.masked = masked
        self.integers = integers

    @property
    def many_backends(self) -> bool:
        """Whether it is Keras as it was before it became a part of TensorFlow, with Theano and CNTK."""
        return self.numbers < (2, 4) and "-tf" not in self.text

    def has(self, class_name: str) -> bool:
        """Whether a layer of this name, if Keras ever had one, is Keras's own in a file of this version."""
        return not self.many_backends or class_name in STANDALONE


def modern(class_name: str, config: Config, version: Version) -> tuple[str, dict[str, Any]]:
    """The class name and the hyper-parameters of a layer as Keras 3 would write them.

    Layers that it wraps keep their old form: they are layers of their own, to be brought up by themselves.
    """
    class_name = PYTHON_NAMES.get(class_name, class_name)
    config = {key: value if key in WRAPPED else plain(value) for key, value in config.items()}
    if version.major < 2:
        class_name, config = _from_keras1(class_name, config, version)
    if version.major < 3:
        class_name, config = _from_keras2(class_name, config, version)
    if class_name in ("GroupQueryAttention", "MultiHeadAttention") and version.numbers < (3, 10):
        config = dict(config)
        if version.masked and config.get("dropout"):
            config["empty_rows"] = "uniform"
    if version.masked:
        config = {**config, **_older_masking(class_name, version)}
    blends = class_name == "UpSampling2D" and config.get("interpolation", "nearest") != "nearest"
    if blends and version.integers and version.numbers < (3, 6):
        config = {**config, "integers": "floats" if version.major < 3 else "truncated"}
    if class_name == "RandomCrop" and version.numbers < (3, 9):
        return _random_crop(config, version)
    return class_name, config


def _older_masking(class_name: str, version: Version) -> dict[str, Any]:
    """What a layer did with masks that it does not do in Keras 3, as hyper-parameters beyond Keras's."""
    found: dict[str, Any] = {}
    if class_name in MERGING and version.major < 3:
        found["mask_of"] = "all"
    if class_name in ("Maximum", "Minimum", "Multiply") and version.numbers < (3, 4):
        found["sees_masks"] = False
    if class_name == "MultiHeadAttention" and version.numbers < (2, 10):
        found["sees_masks"] = False
    if class_name == "TimeDistributed" and (2, 2, 3) <= version.numbers < (3,):
        found["inner_masks"] = True
    if class_name in ("Identity", "Normalization", "Rescaling") and version.major < 3:
        found["passes_mask"] = False
    if class_name == "Softmax" and version.numbers < (3, 10):
        found["empty_rows"] = "uniform"
    return found


def _random_crop(config: dict[str, Any], version: Version) -> tuple[str, dict[str, Any]]:
    """What a RandomCrop did in inference, where it has done nothing since Keras 3.9: it resized.

    What it did in 3.6 to 3.8 no other layer does.
    """
    if version.numbers >= (3, 6):
        return f"RandomCrop of Keras {version.text}", config
    kept = {key: value for key, value in config.items() if key != "seed"}
    return "Resizing", {**kept, "crop_to_aspect_ratio": True}


def plain(value: Any) -> Any:
    """A hyper-parameter with numbers and lists in the place of what held them in Python.

    Keras 2.0 to 2.2 wrote ``{"type": "ndarray", "value": 0.3}`` for a number of NumPy; since 2.12 arrays,
    tensors and tuples are objects with a class name.
    """
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("type") == "ndarray" and "value" in value:
        return plain(value["value"])
    kind, config = value.get("class_name"), value.get("config")
    if kind in ("__tensor__", "__numpy__") and isinstance(config, Mapping) and "value" in config:
        return config["value"]
    if kind in ("__tuple__", "TensorShape") and isinstance(value.get("items"), list):
        return plain(value["items"])
    return {key: plain(item) for key, item in value.items()}


# Keras 1 (2016, until March 2017)

#: Classes that Keras 2 gave another name.
RENAMED_CLASSES = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense",  # Dense works on the last axis of any array since Keras 2
}
#: Hyper-parameters that Keras 2 gave another name, whatever the layer.
RENAMED = {
    "atrous_rate": "dilation_rate",
    "bias": "use_bias",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "dropout_U": "recurrent_dropout",
    "dropout_W": "dropout",
    "filter_length": "kernel_size",
    "inner_activation": "recurrent_activation",
    "input_dtype": "dtype",
    "length": "size",
    "nb_filter": "filters",
    "p": "rate",
    "pool_length": "pool_size",
    "sigma": "stddev",
    "stride": "strides",
    "subsample": "strides",
    "subsample_length": "strides",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
}
#: Those that several together became one.
JOINED = {
    ("nb_row", "nb_col"): "kernel_size",
    ("kernel_dim1", "kernel_dim2", "kernel_dim3"): "kernel_size",
}
#: How weights began, what bounded them, and how an LSTM was computed: no output depends on these.
GONE = (
    "consume_less",
    "forget_bias_init",
    "init",
    "inner_init",
    "input_length",
    "W_constraint",
    "b_constraint",
)
UNITS = ("Dense", "LSTM", "GRU", "SimpleRNN")
MERGED = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum"}
ORDERS = {"tf": "channels_last", "th": "channels_first"}
#: Layers that took the order of their images' axes from the settings of the machine, and did not write it.
SILENT_ABOUT_ORDER = (
    "Cropping2D",
    "Cropping3D",
    "UpSampling2D",
    "UpSampling3D",
    "ZeroPadding2D",
    "ZeroPadding3D",
)


def _from_keras1(class_name: str, config: Config, version: Version) -> tuple[str, dict[str, Any]]:
    """The form of Keras 2."""
    if class_name == "Merge":
        return _merge(config)
    class_name = RENAMED_CLASSES.get(class_name, class_name)
    found = {}
    for key, value in config.items():
        if key == "dim_ordering":
            value = ORDERS.get(value, value)
        if key == "dim_ordering" and "1D" in class_name:
            continue
        if key not in GONE:
            found[RENAMED.get(key, key)] = value
    for parts, whole in JOINED.items():
        if all(part in found for part in parts):
            found[whole] = [found.pop(part) for part in parts]
    if class_name in UNITS and "output_dim" in found:
        found["units"] = found.pop("output_dim")
    if class_name != "Embedding":
        found.pop("input_dim", None)
    if class_name in SILENT_ABOUT_ORDER:
        found["data_format"] = version.image_order
    special = KERAS1.get(class_name)
    return class_name, found if special is None else special(found)


def _merge(config: Config) -> tuple[str, dict[str, Any]]:
    """The one merging layer of Keras 1; modes that are functions of the author's keep its name."""
    mode, name = config.get("mode"), {"name": config.get("name")}
    if config.get("mode_type", "raw") == "raw":
        if mode in MERGED:
            return MERGED[mode], name
        if mode == "concat":
            return "Concatenate", {**name, "axis": config.get("concat_axis", -1)}
        if mode == "dot":
            return "Dot", {**name, "axes": config.get("dot_axes", -1), "normalize": False}
    return f"Merge(mode={mode!r})" if isinstance(mode, str) else "Merge", dict(config)


def _batch_normalization_1(config: dict[str, Any]) -> dict[str, Any]:
    """Mode 0 is what Keras 2 kept; modes 1 and 2, which normalize each row or each batch by itself, went."""
    if config.get("mode") == 0:
        del config["mode"]
    return config


def _gru_1(config: dict[str, Any]) -> dict[str, Any]:
    return {**config, "reset_after": False}


def _embedding_1(config: dict[str, Any]) -> dict[str, Any]:
    config.pop("dropout", None)  # of training alone
    return config


def _zero_padding2d_1(config: dict[str, Any]) -> dict[str, Any]:
    """Rows and columns, or top, bottom, left and right, in a list or by name."""
    padding = config.get("padding")
    if isinstance(padding, Mapping):
        padding = [padding.get(f"{side}_pad", 0) for side in ("top", "bottom", "left", "right")]
    if isinstance(padding, list) and len(padding) == 4:
        padding = [padding[:2], padding[2:]]
    return {**config, "padding": padding}


def _zero_padding1d_1(config: dict[str, Any]) -> dict[str, Any]:
    padding = config.get("padding")
    if isinstance(padding, Mapping):
        padding = [padding.get(f"{side}_pad", 0) for side in ("left", "right")]
    return {**config, "padding": padding}


def _conv_transpose_1(config: dict[str, Any]) -> dict[str, Any]:
    """The output's shape was written down; it follows from the other hyper-parameters since Keras 2."""
    return {key: value for key, value in config.items() if key not in ("output_shape", "dilation_rate")}


KERAS1 = {
    "BatchNormalization": _batch_normalization_1,
    "Conv2DTranspose": _conv_transpose_1,
    "Embedding": _embedding_1,
    "GRU": _gru_1,
    "ZeroPadding1D": _zero_padding1d_1,
    "ZeroPadding2D": _zero_padding2d_1,
}


def image_order(configs: Sequence[Config], what: str) -> str:
    """The order of an image's axes that a model of Keras 1 was made for: what its layers agree on.

    Raises:
        UnsupportedModelError: they do not agree, and there are layers that say nothing.
    """
    orders = {ORDERS[c["dim_ordering"]] for c in configs if c.get("dim_ordering") in ORDERS}
    if len(orders) > 1:
        reason = "its layers differ in dim_ordering, and not all of them say theirs"
        raise UnsupportedModelError([Problem(what, reason)])
    return orders.pop() if orders else "channels_last"


# Keras 2 (March 2017 to November 2023)

#: Hyper-parameters that never changed an output.
NEVER_MATTERED = (
    "batch_input_shape",
    "fused",
    "implementation",
    "input_length",
    "rng_type",
)
#: Layers whose kernel has another shape in each implementation.
LOCAL = ("LocallyConnected1D", "LocallyConnected2D")
#: Hyper-parameters that change no output at these values, and that Keras 3 does not know.
NEUTRAL: dict[str, Any] = {
    "adjustment": None,
    "causal": False,
    "ragged": False,
    "renorm": False,
    "softmax_robust_masking": False,
    "time_major": False,
    "virtual_batch_size": None,
}
#: Hyper-parameters of one layer that change no output at these values, and that Keras 3 does not know there.
NEUTRAL_IN: dict[str, dict[str, Any]] = {
    "Conv1DTranspose": {"groups": 1},
    "Conv2DTranspose": {"groups": 1},
    "Conv3DTranspose": {"groups": 1},
    "DepthwiseConv1D": {"groups": 1},
    "DepthwiseConv2D": {"groups": 1},
    "Embedding": {"sparse": False},
    "SeparableConv1D": {"groups": 1},
    "SeparableConv2D": {"groups": 1},
}
#: Layers of which each kernel has a name of its own, and what Keras 2 wrote for them all the same.
NO_KERNEL = ("DepthwiseConv1D", "DepthwiseConv2D", "Embedding", "SeparableConv1D", "SeparableConv2D")
OF_A_KERNEL = ("kernel_constraint", "kernel_initializer", "kernel_regularizer")
#: What Keras 2.11 to 2.15 wrote beside the hyper-parameters: the shapes of what the layer was given.
SHAPES = {"MultiHeadAttention": ("query_shape", "key_shape", "value_shape")}


#: Functions of TensorFlow given as an activation, whose names in Python got into the file.
OF_TENSORFLOW = {"identity": "linear", "log_softmax_v2": "log_softmax", "softmax_v2": "softmax"}
#: Since when Keras has an activation of which there were several before: gelu had a tanh in it, or had none.
ACTIVATIONS_SINCE = {"gelu": (2, 4)}


def name_of_activation(name: str, version: Version) -> str:
    """The name of an activation as Keras 3 has it; of its author's own where that Keras had none such."""
    if version.major >= 3:
        return name
    authors = f"{CUSTOM}{name}"
    since = ACTIVATIONS_SINCE.get(name)
    if since is not None and (version.many_backends or version.numbers < since):
        return name if activations.is_known(authors) else authors
    return OF_TENSORFLOW.get(name, name)


def _from_keras2(class_name: str, config: Config, version: Version) -> tuple[str, dict[str, Any]]:
    """The form of Keras 3."""
    neutral = {**NEUTRAL, **NEUTRAL_IN.get(class_name, {})}
    shapes = SHAPES.get(class_name, ())
    foreign = OF_A_KERNEL if class_name in NO_KERNEL else ()
    found = {}
    for key, value in config.items():
        never_mattered = key in NEVER_MATTERED and not (key == "implementation" and class_name in LOCAL)
        if never_mattered or key in shapes or (key in neutral and value == neutral[key]):
            continue
        if key.endswith(("_regularizer", "_initializer", "_constraint")):
            value = None if key in foreign else _of_training(key, value)
            if value is None:
                continue
        found[key] = value
    if class_name == "InputLayer":
        return class_name, _input_layer_2(config, found)
    found.pop("batch_shape", None)  # Keras 2.13 to 2.15 wrote it on a Sequential's first layer
    if version.many_backends:
        found.pop("dtype", None)  # that of the input
    special = KERAS2.get(class_name)
    if special is not None:
        class_name, found = special(found)
    if class_name == "UpSampling2D":
        found = _bilinear(found, version)
    if class_name == "Bidirectional" and repeats_masked_output(found, version):
        found["zero_output_for_mask"] = False
    return class_name, found


def _input_layer_2(config: Config, found: dict[str, Any]) -> dict[str, Any]:
    if "batch_shape" not in found and "batch_input_shape" in config:
        found["batch_shape"] = config["batch_input_shape"]
    if found.get("dtype") is None:
        found["dtype"] = "float32"
    return found


def _batch_normalization_2(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Under any of the names that it had; several axes, which Keras 3 has no more, as `axes`."""
    config.pop("synchronized", None)  # of training on several machines alone
    if not config.get("renorm"):
        config = {key: value for key, value in config.items() if not key.startswith("renorm_")}
    axis = config.get("axis")
    if isinstance(axis, list) and len(axis) > 1:
        config["axes"] = config.pop("axis")
    return "BatchNormalization", config


#: TensorFlow 1 resized images otherwise than TensorFlow 2, and 2.2.4-tf is what both wrote.
EITHER_BILINEAR = 'bilinear of TensorFlow 1 or 2 (load it with keras_version="2.2.4" or "2.3.0-tf")'


def _bilinear(config: dict[str, Any], version: Version) -> dict[str, Any]:
    """What an UpSampling2D called bilinear."""
    if config.get("interpolation") != "bilinear" or version.major > 2:
        return config
    if version.many_backends or version.numbers < (2, 2, 4):
        return {**config, "interpolation": "bilinear_tf1"}
    return {**config, "interpolation": EITHER_BILINEAR} if version.numbers < (2, 3) else config


def _discretization_2(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Its type was that of the bins, as it has it anyway; Keras 3 does not take `trainable`."""
    config.pop("trainable", None)
    if config.get("dtype") in ("int32", "int64"):
        del config["dtype"]
    return "Discretization", config


def _leaky_relu_2(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if "alpha" in config:
        config["negative_slope"] = config.pop("alpha")
    return "LeakyReLU", config


def _random_contrast_2(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """One number stood for both bounds; in Keras 3 it is the upper one alone."""
    if isinstance(config.get("factor"), (int, float)):
        config["factor"] = [config["factor"]] * 2
    return "RandomContrast", config


def _spatial_dropout_2(config: dict[str, Any], class_name: str) -> tuple[str, dict[str, Any]]:
    """Keras 3 takes neither what the rank tells nor `trainable`, which means nothing without weights."""
    return class_name, {k: v for k, v in config.items() if k not in ("noise_shape", "trainable")}


def _thresholded_relu_2(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Keras 3 has it as a ReLU alone."""
    if "theta" in config:
        config["threshold"] = config.pop("theta")
    return "ReLU", config


def _gru_2(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Before Keras 2.1.3 there was but one order of GRU's reset gate, and no hyper-parameter for it."""
    return "GRU", {"reset_after": False, **config}


def _gru_cell_2(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "GRUCell", {"reset_after": False, **config}


def _cudnn_lstm_2(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The same LSTM with all of cuDNN's fixed choices written out."""
    return "LSTM", {**config, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True}


def _cudnn_gru_2(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "GRU", {**_cudnn_lstm_2(config)[1], "reset_after": True}


KERAS2: dict[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]] = {
    "CuDNNGRU": _cudnn_gru_2,
    "CuDNNLSTM": _cudnn_lstm_2,
    "BatchNormalization": _batch_normalization_2,
    "BatchNormalizationV1": _batch_normalization_2,
    "BatchNormalizationV2": _batch_normalization_2,
    "Discretization": _discretization_2,
    "GRU": _gru_2,
    "GRUCell": _gru_cell_2,
    "LeakyReLU": _leaky_relu_2,
    "RandomContrast": _random_contrast_2,
    "SpatialDropout1D": partial(_spatial_dropout_2, class_name="SpatialDropout1D"),
    "SpatialDropout2D": partial(_spatial_dropout_2, class_name="SpatialDropout2D"),
    "SpatialDropout3D": partial(_spatial_dropout_2, class_name="SpatialDropout3D"),
    "SyncBatchNormalization": _batch_normalization_2,
    "ThresholdedReLU": _thresholded_relu_2,
}


def repeats_masked_output(bidirectional: Config, version: Version) -> bool:
    """Whether a Bidirectional repeats its output at masked steps, where that of Keras 3 gives zeros.

    So it did as long as Keras was no part of TensorFlow. It makes a difference only where masks come.
    """
    halves = [bidirectional.get("layer"), bidirectional.get("backward_layer")]
    configs = [half["config"] for half in halves if isinstance(half, Mapping)]
    sequences = any(config.get("return_sequences") for config in configs)
    return version.many_backends and version.masked and sequences


# What only training needs

REGULARIZERS = ("L1", "L2", "L1L2")
INITIALIZERS = (
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
)
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


def _of_training(key: str, value: Any) -> Any:
    """A regularizer, an initializer or a constraint as Keras 3 writes it; None for one that it has not."""
    if not isinstance(value, Mapping) or "module" in value:
        return value if isinstance(value, Mapping) else None
    class_name, config = value.get("class_name", "L1L2"), value.get("config", value)
    if key.endswith("_regularizer") and class_name in REGULARIZERS and isinstance(config, Mapping):
        return _keras3_object("regularizers", class_name, {k: config[k] for k in ("l1", "l2") if k in config})
    if key.endswith("_initializer") and class_name in INITIALIZERS and isinstance(config, Mapping):
        config = {k: v for k, v in config.items() if k != "dtype"}
        if config.get("distribution", "uniform") in DISTRIBUTIONS:
            return _keras3_object("initializers", class_name, config)
    return None


def _keras3_object(module: str, class_name: str, config: Config) -> dict[str, Any]:
    config = {key: plain(value) for key, value in config.items()}
    return {"module": f"keras.{module}", "class_name": class_name, "config": config, "registered_name": None}
