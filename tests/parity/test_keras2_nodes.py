"""Nodes of TensorFlow's graph in models of tf.keras 2.0 to 2.3, as TensorFlow itself makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import json_format  # type: ignore[import-untyped]

import maju
from maju.errors import UnsupportedModelError
from parity.compare import assert_same, random
from parity.keras2 import tf_keras

STEPS = random(5, 4, 6, seed="steps")
IMAGES = random(5, 4, 6, 8, seed="images")
#: Calls that make one node each.
NODES = """
x * 2.0; 2.0 - x; x + y; x / y; x // 2.0; x % 2.0; abs(x); -x; x > 0.5; tf.pow(2.0, x); tf.maximum(x, y)
tf.nn.relu(x); tf.nn.relu6(x); tf.nn.leaky_relu(x, 0.3); tf.sigmoid(x); tf.tanh(x); tf.nn.softmax(x)
tf.nn.elu(x); tf.exp(x); tf.square(x); tf.math.squared_difference(x, y); tf.identity(x); tf.stop_gradient(x)
tf.nn.softplus(x); tf.reduce_mean(x, axis=[1, 2], keepdims=True); tf.reduce_sum(x, 1); tf.reduce_max(x, -1)
tf.reduce_any(x > 1, 1); tf.reshape(x, [-1, 24]); tf.transpose(x, [0, 2, 1]); tf.expand_dims(x, 1)
tf.tile(x, [1, 2, 1]); tf.cast(x, "int32"); tf.concat([x, y], 1); tf.stack([x, y], 2)
tf.unstack(x, axis=1)[1]; tf.split(x, 3, axis=2)[2]; tf.split(x, [2, 4], 2)[1]
tf.matmul(x, y, transpose_b=True); tf.squeeze(x[:, :1], [1]); x[:, 0]; x[..., ::-1]; x[:, 1:3]; x[:, None]
x[:, -1, 2:]; tf.nn.bias_add(x, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]); tf.gather(x, [2, 0], axis=1)
tf.where(x > y, x, y); tf.argmax(x, 2); tf.pad(x, [[0, 0], [1, 2], [0, 0]]); tf.clip_by_value(x, 0.0, 1.0)
tf.nn.depth_to_space(images, 2); tf.reverse(x, [1])
"""
CALLS = [call.strip() for line in NODES.strip().splitlines() for call in line.split(";")]


def model_of(calls: list[str]) -> dict[str, Any]:
    """The config of a model of tf.keras 2.3 that is made of these calls."""
    layers: list[dict[str, Any]] = []
    entries: dict[str, Any] = {}
    names: dict[str, str] = {}

    def add(operation: Any) -> str:
        """The layer of a node, behind those of the nodes that it takes."""
        if operation.name in names:
            return names[operation.name]
        if operation.type == "Placeholder":
            return str(operation.name)
        name = names[operation.name] = f"tf_op_layer_{operation.name}"
        constants, node = {}, []
        for place, tensor in enumerate(operation.inputs):
            if tensor.op.type == "Const":
                constants[str(place)] = tf.make_ndarray(tensor.op.get_attr("value")).tolist()
            else:
                node.append([add(tensor.op), 0, tensor.value_index, {}])
        definition = json_format.MessageToDict(operation.node_def)
        config = {"name": operation.name, "trainable": True, "dtype": "float32"}
        config |= {"node_def": definition, "constants": constants}
        entry = {"class_name": "TensorFlowOpLayer", "config": config, "name": name, "inbound_nodes": [node]}
        layers.append(entry)
        return name

    outputs = []
    with tf.Graph().as_default():
        for name, x in (("x", STEPS), ("y", STEPS), ("images", IMAGES)):
            entries[name] = tf.compat.v1.placeholder(tf.float32, (None, *x.shape[1:]), name)
            config = {"batch_input_shape": [None, *x.shape[1:]], "dtype": "float32", "name": name}
            layers.append({"class_name": "InputLayer", "config": config, "name": name, "inbound_nodes": []})
        for call in calls:
            tensor = eval(call, globals(), entries)
            outputs.append([add(tensor.op), 0, tensor.value_index])
    ends = {"input_layers": [[name, 0, 0] for name in entries], "output_layers": outputs}
    return {"class_name": "Functional", "config": {"name": "nodes", "layers": layers, **ends}}


def loaded(document: dict[str, Any], folder: Path) -> maju.Model:
    path = folder / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(document)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = np.zeros(0)
        for holder in (file, weights):
            holder.attrs["keras_version"] = "2.4.0"
            holder.attrs["backend"] = "tensorflow"
    return maju.load(path)


def test_each_node(tmp_path: Path) -> None:
    given = [STEPS, random(*STEPS.shape, seed="others"), IMAGES]
    found = loaded(model_of(CALLS), tmp_path).forward(given)
    tensors = dict(zip(("x", "y", "images"), map(tf.constant, given), strict=True))
    for call, y in zip(CALLS, found, strict=True):
        expected = eval(call, globals(), tensors).numpy()
        assert_same(y.astype(expected.dtype), expected)


def test_keras_reads_such_a_model_alike() -> None:
    document = json.dumps(model_of(["x * 2.0", "tf.concat([x, y], 1)"]))
    given = [STEPS, random(*STEPS.shape, seed="others"), IMAGES]
    made = tf_keras.models.model_from_json(document)
    doubled, joined = made.predict(given, verbose=0)
    np.testing.assert_array_equal(doubled, 2 * STEPS)
    np.testing.assert_array_equal(joined, np.concatenate(given[:2], axis=1))


def test_a_node_that_is_no_object_is_refused(tmp_path: Path) -> None:
    document = model_of(["x * 2.0"])
    document["config"]["layers"][-1]["config"]["node_def"] = "\n\x03mul"
    with pytest.raises(UnsupportedModelError, match=r"\(tf\.raw_ops, whose node the file holds as bytes\)"):
        loaded(document, tmp_path)


def test_other_nodes_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(
        UnsupportedModelError, match=r"\(tf\.raw_ops\.Lgamma\): an operation that maju does not"
    ):
        loaded(model_of(["tf.math.lgamma(x)"]), tmp_path)
