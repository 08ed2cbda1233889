"""A hyper-parameter that a layer does not implement is refused, never ignored."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from maju import layers
from maju.errors import ModelFormatError, UnsupportedModelError
from maju.layers import registry


def half(keras_class: str = "LSTM", **config: Any) -> dict[str, Any]:
    return {"class_name": keras_class, "config": {"name": "half", "units": 2, **config}}


#: Layer, what it is asked for, and what is said about it.
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("LSTM", {"return_state": 1.5}, "return_state=1.5; expected False or True"),
    ("LSTM", {"stateful": None}, "stateful=None; expected False or True"),
    ("GRU", {"time_major": True}, "time_major=True; only False is implemented"),
    ("GRU", {"reset_after": 1.5}, "reset_after=1.5; expected True or False"),
    ("SimpleRNN", {"activation": "wiggle"}, "activation='wiggle', an activation that maju does not know"),
    ("LSTM", {"recurrent_activation": {"class_name": "f"}}, "an activation that maju does not know"),
    ("SimpleRNN", {"recurrent_activation": "tanh"}, "unknown hyper-parameter recurrent_activation='tanh'"),
    ("Conv2D", {"padding": "causal"}, "padding='causal'; expected 'valid' or 'same'"),
    ("Conv1D", {"padding": "full"}, "padding='full'; expected 'valid' or 'same' or 'causal'"),
    ("Conv3D", {"padding": "causal"}, "padding='causal'; expected 'valid' or 'same'"),
    ("Conv1DTranspose", {"kernel_size": 2, "groups": 2}, "groups=2; only 1 is implemented"),
    ("DepthwiseConv2D", {"filters": 3}, "unknown hyper-parameter filters=3"),
    ("SeparableConv1D", {"padding": "causal"}, "padding='causal'; expected 'valid' or 'same'"),
    ("AveragePooling3D", {"dilation_rate": 2}, "unknown hyper-parameter dilation_rate=2"),
    ("AdaptiveMaxPooling2D", {"padding": "same"}, "unknown hyper-parameter padding='same'"),
    ("Conv2D", {"data_format": "NHWC"}, "data_format='NHWC'; expected 'channels_last' or 'channels_first'"),
    ("Conv2D", {"depth_multiplier": 2}, "unknown hyper-parameter depth_multiplier=2"),
    ("Conv2D", {"quantization_config": {}}, "quantization_config={}; only None is implemented"),
    ("Dense", {"units": 2, "lora_rank": 0}, "lora_rank=0; expected a whole number of at least 1"),
    ("Embedding", {"lora_alpha": "two"}, "lora_alpha='two'; expected a number"),
    ("DepthwiseConv2D", {"lora_rank": 4}, "unknown hyper-parameter lora_rank=4"),
    (
        "Dense",
        {"dtype": "int8"},
        "dtype policy 'int8'; expected 'float32', 'float64', 'float16', ",
    ),
    ("Dense", {"dtype": ["float32"]}, "dtype policy ['float32']; expected 'float32'"),
    ("Conv2D", {"dtype": "int8_from_float32"}, "weights quantized as 'int8', which is not implemented"),
    (
        "Embedding",
        {"dtype": "gptq/4/8_from_float32"},
        "quantized as gptq, which Keras does not do with",
    ),
    ("MaxPooling2D", {"padding": "full"}, "padding='full'; expected 'valid' or 'same'"),
    ("GlobalMaxPooling2D", {"keepdims": "yes"}, "keepdims='yes'; expected False or True"),
    ("Embedding", {"sparse": True}, "unknown hyper-parameter sparse=True"),
    ("Embedding", {"mask_zero": "no"}, "mask_zero='no'; expected False or True"),
    ("BatchNormalization", {"renorm": "yes"}, "renorm='yes'; expected False or True"),
    ("BatchNormalization", {"virtual_batch_size": 2}, "unknown hyper-parameter virtual_batch_size=2"),
    ("LayerNormalization", {"rms_scaling": 2}, "rms_scaling=2; expected True or False"),
    ("GroupNormalization", {"mean": "geometric"}, "unknown hyper-parameter mean='geometric'"),
    (
        "SpectralNormalization",
        {"layer": half("Lambda")},
        "its layer is a Lambda, which maju does not have",
    ),
    (
        "SpectralNormalization",
        {"layer": half("Dense", lora_rank="three")},
        ", layer: lora_rank='three'; expected a whole number of at least 1",
    ),
    (
        "UpSampling2D",
        {"interpolation": "sinc"},
        "interpolation='sinc'; expected 'nearest' or 'area' or 'bilinear' or 'bicubic'",
    ),
    ("UpSampling1D", {"interpolation": "nearest"}, "unknown hyper-parameter interpolation='nearest'"),
    ("Cropping1D", {"data_format": "channels_first"}, "unknown hyper-parameter data_format="),
    ("ZeroPadding2D", {"mode": "reflect"}, "unknown hyper-parameter mode='reflect'"),
    ("SpatialDropout2D", {"data_format": "NCHW"}, "data_format='NCHW'; expected 'channels_last' or "),
    ("Dot", {"normalize": 3}, "normalize=3; expected False or True"),
    (
        "EinsumDense",
        {"equation": "ab,bc->a", "bias_axis": "b"},
        "unknown hyper-parameter bias_axis='b'",
    ),
    ("EinsumDense", {"equation": "ab->ba"}, "equation='ab->ba'; expected one like 'abc,cd->abd'"),
    ("EinsumDense", {"equation": "aa,ab->ab"}, "each axis once in a term"),
    ("EinsumDense", {"equation": "...ab,bc->ac..."}, "expected one like"),
    ("EinsumDense", {"equation": "ab,bc->ad"}, "expected one like"),
    ("EinsumDense", {"equation": "ab,bc->ac", "lora_rank": 2.0}, "lora_rank=2.0; expected a whole number"),
    ("ReversibleEmbedding", {"reverse_dtype": "int32"}, "reverse_dtype='int32'; expected None or "),
    ("Attention", {"score_mode": "cosine"}, "score_mode='cosine'; expected 'dot' or 'concat'"),
    ("AdditiveAttention", {"score_mode": "dot"}, "unknown hyper-parameter score_mode='dot'"),
    ("MultiHeadAttention", {"num_heads": 2, "rotary": True}, "unknown hyper-parameter rotary=True"),
    ("MultiHeadAttention", {"use_gate": 2}, "use_gate=2; expected False or True"),
    ("StringLookup", {"vocabulary": ["a"], "encoding": "latin-1"}, "encoding='latin-1'; only 'utf-8'"),
    (
        "StringLookup",
        {"vocabulary": None},
        "the file does not hold its vocabulary (save the model as .keras)",
    ),
    ("StringLookup", {"vocabulary": ["a"], "output_mode": "tf_idf"}, "does not hold its idf_weights"),
    ("IntegerLookup", {"vocabulary": [1], "oov_method": "crc"}, "oov_method='crc'; expected 'floormod' or "),
    ("Hashing", {"output_mode": "tf_idf"}, "output_mode='tf_idf'; expected 'int' or 'one_hot'"),
    ("HashedCrossing", {"separator": "_X_"}, "unknown hyper-parameter separator='_X_'"),
    ("CategoryEncoding", {"output_mode": "int"}, "output_mode='int'; expected 'multi_hot' or 'one_hot'"),
    ("Discretization", {"num_bins": 3}, "the file does not hold its bin_boundaries"),
    ("Normalization", {"invert": "yes"}, "invert='yes'; expected False or True"),
    ("Resizing", {"interpolation": "area"}, "interpolation='area'; expected 'nearest' or 'bilinear'"),
    ("Resizing", {"fill_mode": "wrap"}, "fill_mode='wrap'; only 'constant' is implemented"),
    ("RandomFlip", {"axis": 1}, "unknown hyper-parameter axis=1"),
    ("InputLayer", {"ragged": True}, "ragged=True; only False is implemented"),
    ("InputLayer", {"dtype": "complex64"}, "dtype='complex64'; expected "),
    ("Rescaling", {"mean": 0.5}, "unknown hyper-parameter mean=0.5"),
    ("Bidirectional", {"layer": half(), "merge_mode": "max"}, "merge_mode='max'; expected 'concat' or 'sum'"),
    (
        "Bidirectional",
        {"layer": half("Conv1D")},
        "its forward_layer is a Conv1D, which is no recurrent layer that maju has",
    ),
    ("Bidirectional", {"layer": half(time_major=True)}, "forward_layer: time_major=True; only False"),
    (
        "Bidirectional",
        {"layer": half(), "backward_layer": half("Dense", go_backwards=True)},
        "its backward_layer is a Dense, which is no recurrent layer that maju has",
    ),
]


@pytest.mark.parametrize(
    ("keras_class", "config", "message"), CASES, ids=[f"{case[0]}, {next(iter(case[1]))}" for case in CASES]
)
def test_one_thing(keras_class: str, config: dict[str, Any], message: str) -> None:
    layer_class = registry.known()[keras_class]
    with pytest.raises(UnsupportedModelError) as caught:
        layer_class.from_config({"name": "mine", **config})
    text = str(caught.value)
    assert f"layer 'mine' ({keras_class})" in text
    assert message in text
    assert all(problem.where.startswith(f"layer 'mine' ({keras_class})") for problem in caught.value.problems)


def test_all_of_it_is_named_at_once() -> None:
    config = {
        "name": "read",
        "units": 2,
        "time_major": True,
        "activation": "wiggle",
        "dtype": "float8",
        "clockwork": 8,
    }
    with pytest.raises(UnsupportedModelError) as caught:
        layers.LSTMLayer.from_config(config)
    assert len(caught.value.problems) == 4
    assert str(caught.value) == (
        "4 things are not supported:\n"
        "  - layer 'read' (LSTM): time_major=True; only False is implemented\n"
        "  - layer 'read' (LSTM): activation='wiggle', an activation that maju does not know\n"
        "  - layer 'read' (LSTM): dtype policy 'float8'; expected 'float32', 'float64', 'float16', "
        "'bfloat16', 'mixed_float16', 'mixed_bfloat16'\n"
        "  - layer 'read' (LSTM): unknown hyper-parameter clockwork=8"
    )


def test_both_halves_are_named() -> None:
    config = {
        "name": "both",
        "layer": half(stateful=3),
        "backward_layer": half("GRU", go_backwards=True, time_major=True),
        "merge_mode": "max",
    }
    with pytest.raises(UnsupportedModelError) as caught:
        layers.BidirectionalLayer.from_config(config)
    assert [problem.where for problem in caught.value.problems] == [
        "layer 'both' (Bidirectional)",
        "layer 'both' (Bidirectional), forward_layer",
        "layer 'both' (Bidirectional), backward_layer",
    ]


@pytest.mark.parametrize(
    ("keras_class", "config"),
    [
        ("LSTM", {"unroll": True, "use_cudnn": "auto", "seed": 3, "unit_forget_bias": True}),
        ("LSTM", {"kernel_initializer": {"class_name": "Zeros"}, "bias_regularizer": None}),
        ("BatchNormalization", {"synchronized": True, "gamma_constraint": None}),
        ("Dropout", {"trainable": True, "dtype": "float32"}),
    ],
    ids=["recurrent", "initializers", "normalization", "dropout"],
)
def test_what_changes_no_output_is_taken(keras_class: str, config: dict[str, Any]) -> None:
    assert registry.known()[keras_class].problems({"name": "mine", **config}, "here") == []


def test_a_bidirectional_without_a_layer_is_damaged() -> None:
    with pytest.raises(ModelFormatError, match=r"layer 'both' \(Bidirectional\): its layer is no layer"):
        layers.BidirectionalLayer.from_config({"name": "both", "layer": "LSTM"})


def recurrent(**settings: Any) -> layers.LSTMLayer:
    return layers.LSTMLayer(np.ones((3, 8)), np.ones((2, 8)), **settings)


@pytest.mark.parametrize(
    ("back", "message"),
    [
        (recurrent(), "the halves must read in opposite directions: one with go_backwards=True"),
        (
            recurrent(go_backwards=True, return_sequences=True),
            "both halves must agree on return_sequences",
        ),
        (
            layers.SimpleRNNLayer(np.ones((3, 2)), np.ones((2, 2)), go_backwards=True),
            "each half must be a LSTMLayer, not SimpleRNNLayer",
        ),
    ],
    ids=["the same direction", "other sequences", "another kind"],
)
def test_halves_that_do_not_go_together(back: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layers.BidirectionalLSTMLayer(recurrent(), back)


#: What no Keras writes, and what is said about it.
BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("Permute", {"dims": [1, 3]}, "dims is the axes 1 to 2 in some order, not [1, 3]"),
    ("RepeatVector", {"n": 0}, "n is a whole number of at least 1, not 0"),
    ("Cropping2D", {"cropping": [[0, -1], [0, 0]]}, "expected margins of at least 0 for 2 axes"),
    ("ZeroPadding3D", {"padding": [1, 1]}, "expected margins of at least 0 for 3 axes"),
    ("UpSampling2D", {"size": [2, 0]}, "size is 2 whole numbers of at least 1, not [2, 0]"),
    ("GroupNormalization", {"groups": 0}, "groups is a whole number of at least 1, or -1, not 0"),
    ("GaussianDropout", {"rate": 1.5}, "rate is a probability between 0 and 1, not 1.5"),
    ("GaussianNoise", {"stddev": -1}, "stddev is a number of at least 0, not -1"),
    ("ThresholdedReLU", {"theta": -0.5}, "theta is a number of at least 0, not -0.5"),
    ("Masking", {"mask_value": "pad"}, "mask_value is a number, not 'pad'"),
    ("Dot", {"axes": [1, 2, 3]}, "axes is one axis or two, not [1, 2, 3]"),
]


@pytest.mark.parametrize(
    ("keras_class", "config", "message"),
    BROKEN,
    ids=[f"{case[0]}, {next(iter(case[1]))}" for case in BROKEN],
)
def test_what_no_keras_writes(keras_class: str, config: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        registry.known()[keras_class].from_config({"name": "mine", **config})


@pytest.mark.parametrize("value", [1.5, "2", None])
def test_a_margin_that_is_no_whole_number_is_not_cut_off_to_one(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        layers.ZeroPadding1DLayer((value, 1))
