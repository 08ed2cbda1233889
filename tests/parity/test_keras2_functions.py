"""TensorFlow's functions in functional models of Keras 2, which become operations of Keras 3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from maju.errors import UnsupportedModelError
from parity.compare import assert_same, random
from parity.keras2 import computed, load_from, scramble, tf_keras

K = tf_keras.backend

STEPS = random(5, 4, 6, seed="steps")
IMAGES = np.abs(random(2, 8, 8, 3, seed="images"))
TABLE = tf.constant(random(6, 3, seed="table"))
VECTOR = tf.constant(random(6, seed="vector"))

#: Calls of functions, as they stand in the code of a model; x are sequences and images are images.
FUNCTIONS = """
x * 2; 2 * x; x + x; x - 1; 1 - x; x / 2; 2 / x; x // 2; x % 2; abs(x) ** 2.5; -x; x + VECTOR; x > 0
tf.equal(x, x); tf.logical_and(x > 0, x < 1); tf.logical_not(x >= 0); tf.cast(x > 0, tf.float32); x[:, 0]
x[..., ::-1]; x[:, 1:3]; x[:, None]; x[:, -1, tf.newaxis]; x[:, 1:, ::2]; x[:, 0:2, None, ..., 1]
tf.nn.relu(x); tf.nn.relu6(x); tf.nn.leaky_relu(x); tf.nn.leaky_relu(x, 0.1); tf.nn.gelu(x); tf.nn.elu(x)
tf.nn.silu(x); tf.nn.softmax(x); tf.nn.softmax(x, axis=1); tf.nn.log_softmax(x); tf.sigmoid(x); tf.tanh(x)
K.relu(x, alpha=0.2, max_value=1.0); K.hard_sigmoid(x); tf_keras.activations.swish(x); tf.exp(x)
tf.sqrt(abs(x)); tf.math.rsqrt(abs(x)); tf.math.log1p(abs(x)); tf.round(x); tf.math.erf(x)
tf.concat([x, x], axis=1); tf.concat([x, tf.ones((5, 1, 6))], 1); tf.stack([x, x], -1); tf.add_n([x, x, x])
tf.unstack(x, axis=1)[2]; tf.split(x, 2, axis=2)[1]; tf.split(x, [1, 2, 3], -1)[2]
tf.split(x, [1, -1], -1)[1]; tf.reduce_mean(x, axis=[1, 2], keepdims=True); tf.reduce_sum(x, -1)
tf.reduce_max(x, 1); tf.reduce_prod(x, 2); tf.math.reduce_std(x, 1); tf.math.reduce_variance(x, 1)
tf.reduce_logsumexp(x, -1); tf.reduce_any(x > 1, 1); tf.nn.moments(x, [1])[1]; tf.cumsum(x, 1)
tf.cumsum(x, 1, reverse=True); tf.math.cumprod(x, 2); K.std(x, 1); tf.sort(x)
tf.sort(x, direction="DESCENDING"); tf.argsort(x, 1); tf.math.top_k(x, 2)[0]; tf.math.top_k(x, 2)[1]
tf.reshape(x, (-1, 24)); tf.reshape(x, (tf.shape(x)[0], 3, 8)); tf.reshape(x, [tf.shape(x)[0], -1])
tf.reshape(x, tf.concat([tf.shape(x)[:1], [24]], 0)); tf.reshape(x, tf.stack([tf.shape(x)[0], 2, 12]))
K.batch_flatten(x); tf.expand_dims(x, 1); tf.squeeze(x[:, 0:1], axis=1); tf.transpose(x, [0, 2, 1])
tf.transpose(x); tf.matmul(x, x, transpose_b=True); tf.matmul(x, x, transpose_a=True); x @ TABLE
K.dot(x, TABLE); K.batch_dot(x, x, 2); tf.tensordot(x, TABLE, 1); tf.tensordot(x, TABLE, [[2], [0]])
tf.linalg.diag_part(tf.matmul(x, x, transpose_b=True)); tf.linalg.band_part(x, 0, -1)
tf.linalg.band_part(x, -1, 0); tf.math.squared_difference(x, 1.0); tf.math.atan2(x, x)
tf.where(x > 0, x, 0.0); tf.clip_by_value(x, 0, 1); tf.maximum(x, 0.0); tf.math.divide_no_nan(x, x)
tf.norm(x, axis=-1); tf.norm(x, ord=1, axis=1, keepdims=True); tf.norm(x); tf.norm(x, axis=[1, 2])
tf.math.l2_normalize(x, -1); tf.math.l2_normalize(x * 1e-7, 1); tf.pad(x, [[0, 0], [1, 1], [0, 0]])
tf.pad(x, [[0, 0], [1, 2], [0, 1]], constant_values=3.0); tf.pad(x, [[0, 0], [1, 2], [0, 0]], "REFLECT")
tf.pad(x, [[0, 0], [1, 2], [0, 0]], "SYMMETRIC"); tf.tile(x, [1, 2, 1]); tf.repeat(x, 2, axis=1)
tf.roll(x, 1, 1); tf.reverse(x, [1]); tf.slice(x, [0, 0, 1], [-1, 2, 2]); tf.gather(x, [0, 2], axis=1)
tf.gather(x, 2, axis=1); tf.one_hot(tf.cast(x[:, :, 0], "int32"), 3); tf.zeros_like(x)
tf.nn.batch_normalization(x, VECTOR, VECTOR ** 2, None, VECTOR, 1e-3); tf.identity(x); tf.stop_gradient(x)
tf.image.resize(images, (4, 5)); tf.image.resize(images, [16, 16], "nearest")
tf.image.resize(images, (3, 3), antialias=True); tf.image.flip_left_right(images)
tf.image.rgb_to_grayscale(images); tf.image.crop_to_bounding_box(images, 1, 2, 3, 4)
tf.nn.max_pool2d(images, 2, 2, "SAME"); tf.nn.avg_pool2d(images, [1, 3, 3, 1], [1, 2, 2, 1], "VALID")
tf.nn.bias_add(images, [1.0, 2.0, 3.0]); tf.nn.depth_to_space(tf.nn.space_to_depth(images, 2), 2)
K.resize_images(images, 2, 3, "channels_last", "bilinear"); K.spatial_2d_padding(images)
K.pool2d(images, (2, 2)); tf_keras.applications.resnet50.preprocess_input(images)
tf_keras.applications.mobilenet.preprocess_input(images)
tf.image.extract_patches(images, [1, 3, 2, 1], [1, 2, 1, 1], [1, 1, 1, 1], "SAME")
"""
CALLS = [call.strip() for line in FUNCTIONS.strip().splitlines() for call in line.split(";")]
#: Calls that are refused, and what is said of them.
REFUSED = {
    "tf.math.xlogy(x, x)": "(tf.math.xlogy): an operation that maju does not have",
    "tf.nn.dropout(x, 0.3)": "(tf.nn.dropout): an operation that maju does not have",
    "tf.reshape(x, tf.shape(x))": "(tf.reshape with several lengths that only the data tell): an operation",
    "tf.einsum('bij,bkj->bik', x, x)": "(tf.einsum, of which the file lacks an argument): an operation",
    "tf.gather(x, [[0], [1], [2], [3], [0]], axis=1, batch_dims=1)": "gather(batch_dims=1)): an operation",
    "tf.tile(x, [1, tf.shape(x)[1], 1])": "(tf.tile with a tensor as its multiples): an operation that",
    "x[:, tf.shape(x)[1] - 2:]": "(tf.__operators__.getitem with a tensor in a slice): an operation that",
}


def model(calls: list[str]) -> Any:
    tf_keras.backend.clear_session()
    names = {"x": tf_keras.Input((4, 6), name="x"), "images": tf_keras.Input((8, 8, 3), name="images")}
    return tf_keras.Model(names, {call: eval(call, globals(), names) for call in calls})


@pytest.mark.slow
def test_each_function(tmp_path: Path) -> None:
    given = {"x": STEPS, "images": IMAGES}
    made = model(CALLS)
    expected = computed(made, given)
    loaded = load_from(".h5", made, tmp_path)
    loaded.save(tmp_path / "new.keras")
    again = keras.saving.load_model(tmp_path / "new.keras")
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, given)
    for found in (loaded.forward(given), again(tensors)):
        assert set(found) == set(CALLS)
        for call in CALLS:
            assert_same(np.asarray(found[call]).astype(expected[call].dtype), expected[call])


@pytest.mark.parametrize("call", REFUSED)
def test_what_is_refused(call: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError) as caught:
        load_from("JSON", model([call]), tmp_path)
    assert any(REFUSED[call] in str(problem) for problem in caught.value.problems)


def blocks() -> Any:
    """Functions between layers with weights, in a nested model that is called twice."""
    layers = tf_keras.layers
    x = tf_keras.Input((4, 6))
    one, two = tf.split(layers.Dense(8)(x), 2, axis=-1)
    inner = tf_keras.Model(x, layers.BatchNormalization()(one * tf.sigmoid(two)), name="gated")
    y = tf_keras.Input((4, 6))
    hidden = inner(y)
    again = inner(tf.concat([hidden, 0.5 * hidden[:, :, :2]], axis=-1))
    return tf_keras.Model(y, layers.Dense(3)(tf.reduce_mean(hidden + again, axis=1)))


@pytest.mark.parametrize("kind", [".h5", ".keras", "JSON"])
def test_functions_between_layers(kind: str, tmp_path: Path) -> None:
    tf_keras.backend.clear_session()
    made = blocks()
    scramble(made)
    assert_same(load_from(kind, made, tmp_path).predict(STEPS), computed(made, STEPS))


def test_the_nodes_of_one_function_have_names_of_their_own(tmp_path: Path) -> None:
    loaded = load_from("JSON", model(["tf.math.squared_difference(x, 1.0)"]), tmp_path)
    given = {"x": STEPS, "images": IMAGES}
    assert [name for name in loaded.activations(given) if "squared" in name] == [
        "tf.math.squared_difference_before_1",
        "tf.math.squared_difference",
    ]


@pytest.mark.parametrize("kind", [".h5", ".keras", "JSON"])
def test_losses_and_metrics_in_a_graph(kind: str, tmp_path: Path) -> None:
    """As in a variational autoencoder: what they are made of has nothing to do with the output."""
    tf_keras.backend.clear_session()
    layers = tf_keras.layers
    x = tf_keras.Input((4,))
    mean, spread = layers.Dense(2)(x), layers.Dense(2)(x)
    y = layers.Dense(4)(mean + 0.1 * tf.exp(0.5 * spread))
    made = tf_keras.Model(x, y)
    made.add_loss(tf.reduce_mean(tf.math.xlogy(tf.abs(x), tf.abs(y))) - tf.reduce_sum(spread))
    made.add_metric(tf.reduce_max(y), name="largest", aggregation="mean")
    scramble(made)
    rows = random(5, 4)
    mine = load_from(kind, made, tmp_path)
    assert_same(mine.predict(rows), computed(made, rows))
    mine.save(tmp_path / "new.keras")
    assert_same(mine.predict(rows), keras.saving.load_model(tmp_path / "new.keras")(rows))
