"""Operations beside layers: masks, constants, nested models, arguments by name, files of all formats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from keras.src.ops.nn import Softmax

import maju
from maju.errors import InputError
from maju.layers.base import Array
from maju.models.summary import summary_rows
from parity.compare import LAYERS, random, scramble

IDS = np.array([[1, 2, 0, 0, 3, 0], [0, 0, 0, 0, 0, 0], [4, 5, 6, 7, 8, 1]], np.int32)
STEPS = random(3, 6, 4) * (IDS[..., np.newaxis] != 0)


def assert_agree(model: Any, path: Path, given: Any) -> maju.Model:
    """The model and its file, opened from scratch, give the same."""
    scramble(model)
    model.save(path)
    loaded = maju.load(path)
    assert_same_outputs(loaded.forward(given), model(given))
    return loaded


def assert_same_outputs(found: Any, expected: Any) -> None:
    pairs = zip(found, expected, strict=True) if isinstance(expected, list) else [(found, expected)]
    for one, other in pairs:
        other = ops.convert_to_numpy(other)
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=0, atol=LAYERS)


def embedded(name: str, units: int, mask_zero: bool = True) -> Any:
    return layers.Embedding(9, units, mask_zero=mask_zero, name=name)


#: What is done with two masked sequences of the same ids.
MERGED: dict[str, Callable[[Any, Any], Any]] = {
    "concatenated features": lambda a, b: layers.Concatenate()([a, b]),
    "concatenated steps": lambda a, b: layers.Concatenate(axis=1)([a, b]),
    "a masked and an unmasked one": lambda a, b: layers.Concatenate()([a, b * 1.5]),
    "two unmasked ones": lambda a, b: layers.Concatenate()([a * 2, b - 1]),
    "a sum by a layer": lambda a, b: layers.Add()([a, b]),
    "a sum by a layer, one unmasked": lambda a, b: layers.Add()([a, ops.tanh(b)]),
    "a sum by an operator": lambda a, b: a + b,
    "an operator before a layer that passes masks": lambda a, b: layers.Dense(3)(a * b),
    "a layer that passes masks before an operator": lambda a, b: layers.Dense(4)(a) - b,
    "a mean of three by a layer": lambda a, b: layers.Average()([a, b, layers.Dense(4)(a)]),
}


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", MERGED)
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_masks(name: str, suffix: str, tmp_path: Path) -> None:
    ids = keras.Input((6,), dtype="int32")
    merged = MERGED[name](embedded("a", 4)(ids), embedded("b", 4)(ids))
    outputs = [layers.LSTM(3)(merged), layers.GlobalAveragePooling1D()(merged * 1.0)]
    assert_agree(keras.Model(ids, outputs), tmp_path / f"model{suffix}", IDS)


def test_masks_of_masking_and_of_other_ids(tmp_path: Path) -> None:
    ids, steps = keras.Input((6,), dtype="int32"), keras.Input((6, 4))
    first, second = embedded("ids", 4)(ids), layers.Masking()(steps)
    both = [layers.Concatenate()([first, second]), layers.Add()([first, second])]
    outputs = [layers.GRU(2, return_sequences=True)(x) for x in both]
    assert_agree(keras.Model([ids, steps], outputs), tmp_path / "model.keras", [IDS[::-1].copy(), STEPS])


def test_a_layer_called_by_the_name_of_its_argument(tmp_path: Path) -> None:
    steps = keras.Input((6, 4))
    x = layers.Masking()(inputs=steps)
    x = layers.LSTM(3, return_sequences=True)(sequences=x)
    x = layers.Add()(inputs=[x, layers.Dense(3)(inputs=steps)])
    x = layers.Bidirectional(layers.GRU(2))(sequences=x)
    assert_agree(keras.Model(steps, layers.Dense(2)(x)), tmp_path / "model.keras", STEPS)


def test_layers_that_take_constants_beside_tensors(tmp_path: Path) -> None:
    x = keras.Input((5, 4))
    constant = ops.convert_to_tensor(random(1, 5, 4, seed="constant"))
    ids = keras.Input((5,), dtype="int32")
    outputs = [
        layers.Add()([x, constant]),
        layers.Multiply()([layers.Dense(4)(x), constant]),
        layers.GRU(2)(layers.Subtract()([embedded("embedded", 4)(ids), constant])),
    ]
    assert_agree(keras.Model([x, ids], outputs), tmp_path / "model.keras", [random(3, 5, 4), IDS[:, :5]])


def head(x: Any) -> Any:
    """Operations of many kinds of arguments: slices, an ellipsis, arrays, lists, names."""
    y = x[:, ::-1, ..., None, 1:3] * np.array([0.5, -2.0], np.float32)
    y = ops.concatenate([y, ops.pad(y, ((0, 0), (0, 0), (0, 0), (0, 0)), constant_values=1.0)], axis=1)
    first, _, last = ops.split(ops.reshape(y, (-1, 12, 2)), [2, 9], axis=1)
    values, _places = ops.top_k(ops.transpose(last, (0, 2, 1)), 2)
    total = ops.einsum("bij,bkj->bik", values, ops.swapaxes(first, 1, 2))
    return ops.where(total > 0.5, total, ops.mean(total, axis=(1, 2), keepdims=True))


def test_files_that_are_written_from_scratch(tmp_path: Path) -> None:
    x = keras.Input((6, 4))
    model = keras.Model(x, layers.Dense(3)(layers.Flatten()(head(x))))
    loaded = assert_agree(model, tmp_path / "keras.keras", STEPS)
    loaded.save(tmp_path / "maju.keras")
    assert_same_outputs(loaded.forward(STEPS), keras.saving.load_model(tmp_path / "maju.keras")(STEPS))
    for name in ("maju.keras", "maju.h5", "maju.safetensors"):
        loaded.save(tmp_path / name)
        np.testing.assert_array_equal(maju.load(tmp_path / name).forward(STEPS), loaded.forward(STEPS))


def test_an_architecture_and_weights_apart(tmp_path: Path) -> None:
    x = keras.Input((6, 4))
    model = keras.Model(x, layers.Dense(3)(layers.Flatten()(head(x))))
    scramble(model)
    model.save_weights(tmp_path / "model.weights.h5")
    (tmp_path / "model.json").write_text(model.to_json())
    loaded = maju.load(tmp_path / "model.weights.h5", architecture=tmp_path / "model.json")
    assert_same_outputs(loaded.forward(STEPS), model(STEPS))


def test_nested_models_that_end_in_operations(tmp_path: Path) -> None:
    inner_input = keras.Input((6, 4))
    inner = keras.Model(inner_input, ops.tanh(head(inner_input)) * 2 + 1, name="inner")
    model = keras.Sequential([keras.Input((6, 4)), inner, layers.Flatten(), layers.Dense(3)])
    assert_agree(model, tmp_path / "sequential.keras", STEPS)

    x = keras.Input((6, 4))
    several = keras.Model(inner_input, ops.split(inner_input, 3, axis=1), name="several")
    a, _, c = several(x + 1)
    model = keras.Model(x, [layers.Dense(2)(a @ ops.transpose(c, (0, 2, 1))), inner(x)])
    assert_agree(model, tmp_path / "several.keras", STEPS)


def test_an_operation_called_again_and_shared_layers(tmp_path: Path) -> None:
    x = keras.Input((6, 4))
    dense, norm = layers.Dense(4), Softmax(axis=1)
    y = norm(dense(norm(dense(x)))) - norm(x)
    assert_agree(keras.Model(x, ops.sum(y, axis=-1)), tmp_path / "model.keras", STEPS)


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32", "uint8", "bool"])
def test_inputs_of_other_types(dtype: str, tmp_path: Path) -> None:
    """Operations compute in the type of their input; layers bring real numbers to float32."""
    x = keras.Input((6, 4), dtype=dtype)
    real = x + 0.5 if dtype != "bool" else ops.cast(x, "float64")
    same = ops.logical_not(x) if dtype == "bool" else ops.maximum(x, x)
    model = keras.Model(x, [same, real, layers.Dense(2)(real), layers.Activation("tanh")(real)])
    given = np.abs(10 * STEPS).astype(dtype)
    assert_agree(model, tmp_path / "model.keras", given)


def test_the_shapes_that_later_layers_are_built_on(tmp_path: Path) -> None:
    x = keras.Input((None, 4))
    y = layers.Conv1D(3, 2)(ops.concatenate([x, ops.flip(x, axis=1) ** 2], axis=-1))
    y = layers.BatchNormalization()(ops.expand_dims(ops.max(y, axis=1), -1))
    loaded = assert_agree(keras.Model(x, ops.squeeze(y, -1)), tmp_path / "model.keras", STEPS)
    shapes = {row.type: row.output_shape for row in summary_rows(loaded)}
    assert shapes["Concatenate"] == "(None, None, 8)"
    assert shapes["Squeeze"] == "(None, 3)"
    assert loaded.output_shape() == (None, 3)


def test_probabilities_of_an_operation(tmp_path: Path) -> None:
    x = keras.Input((6, 4))
    logits = layers.Dense(3)(layers.Flatten()(x))
    keras.Model(x, ops.softmax(logits)).save(tmp_path / "softmax.keras")
    keras.Model(x, ops.sigmoid(logits)).save(tmp_path / "sigmoid.keras")
    for name in ("softmax", "sigmoid"):
        loaded = maju.load(tmp_path / f"{name}.keras")
        assert loaded.activation_of(loaded.spec.outputs) == name


def test_an_input_that_an_operation_cannot_take(tmp_path: Path) -> None:
    x, y = keras.Input((None, 4)), keras.Input((None, 4))
    keras.Model([x, y], ops.subtract(x, y)).save(tmp_path / "model.keras")
    loaded = maju.load(tmp_path / "model.keras")
    name = loaded.spec.layers[-1].name
    with pytest.raises(
        InputError, match=rf"^operation '{name}' \(Subtract\) cannot be computed on \(2, 3, 4\), "
    ):
        loaded.forward([random(2, 3, 4), random(2, 5, 4)])


def test_an_output_without_rows(tmp_path: Path) -> None:
    x = keras.Input((4,))
    keras.Model(x, ops.mean(x)).save(tmp_path / "model.keras")
    loaded = maju.load(tmp_path / "model.keras")
    given: Array = random(5, 4)
    np.testing.assert_allclose(loaded.forward(given), given.mean(), rtol=1e-6)
    with pytest.raises(InputError, match=r"^output 'mean.*' is one number for all rows, .*; use forward$"):
        loaded.predict(given)
