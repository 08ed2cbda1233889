"""Quantized layers: what Keras writes of them, and what it computes with them, against Keras."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops, quantizers

import maju
from maju.errors import GradientError, InputError, ModelFormatError, UnsupportedModelError
from maju.layers import DenseLayer
from maju.layers.quantization import to_float8, unpacked
from parity.compare import assert_same, random
from parity.test_policies import UNITS, as_numpy, check, fill

STEPS = random(3, 5, 7)
IDS = np.array([[3, 1, 8, 8, 0], [0, 2, 2, 10, 5]])

#: The layers that Keras can quantize, each with its input.
LAYERS: dict[str, tuple[Callable[[str], list[Any]], Any]] = {
    "Dense": (lambda p: [layers.Dense(9, "tanh", dtype=p), layers.Dense(6, use_bias=False, dtype=p)], STEPS),
    "EinsumDense into heads and back": (
        lambda p: [
            layers.EinsumDense("abc,cde->abde", (5, 2, 3), bias_axes="de", dtype=p),
            layers.EinsumDense("abcd,cde->abe", (5, 6), "relu", bias_axes="e", dtype=p),
        ],
        STEPS,
    ),
    "EinsumDense, axes turned": (lambda p: [layers.EinsumDense("abc,dc->adb", (4, 5), dtype=p)], STEPS),
    "EinsumDense over two axes": (lambda p: [layers.EinsumDense("abc,bcd->ad", 8, dtype=p)], STEPS),
    "Embedding": (lambda p: [layers.Embedding(11, 5, dtype=p)], IDS),
}
CONFIGS: dict[str, Callable[[], Any]] = {
    "int8": quantizers.Int8QuantizationConfig,
    "int8, weights alone": lambda: quantizers.Int8QuantizationConfig(activation_quantizer=None),
    "int8, inputs in a range of their own": lambda: quantizers.Int8QuantizationConfig(
        activation_quantizer=quantizers.AbsMaxQuantizer(value_range=(-100, 90), epsilon=1e-3)
    ),
    "int4": quantizers.Int4QuantizationConfig,
    "int4 in groups of 2": lambda: quantizers.Int4QuantizationConfig(block_size=2),
    "int4 by column": lambda: quantizers.Int4QuantizationConfig(block_size=None),
    "int4 by column, inputs too": lambda: quantizers.Int4QuantizationConfig(
        block_size=-1, activation_quantizer=quantizers.AbsMaxQuantizer()
    ),
    "float8": quantizers.Float8QuantizationConfig,
}


def quantize(layer: Any, config: Any) -> None:
    layer.quantize(config.mode, config=config)
    for name, value in (("inputs_scale", 0.013), ("kernel_scale", 0.007)):
        scale = getattr(layer, name, None)
        if scale is not None and scale.shape == ():
            scale.assign(value)  # as training would leave them


def through_files(model: Any, x: Any, tmp_path: Path, unit: float) -> Any:
    """What maju computes of a model that Keras saved, compared; and Keras, of the model that maju saved."""
    model.save(tmp_path / "model.keras")
    # What Keras computes after loading: an adapted kernel is quantized again when it is saved.
    expected = keras.models.load_model(tmp_path / "model.keras")(x)
    mine = maju.load(tmp_path / "model.keras")
    check(mine.forward(x), expected, unit, units=10 if unit < 1e-6 else 4)
    for suffix in (".keras", ".weights.h5", ".safetensors"):
        mine.save(tmp_path / f"again{suffix}")
        again = maju.load(tmp_path / f"again{suffix}", architecture=tmp_path / "model.keras")
        np.testing.assert_array_equal(again.forward(x), mine.forward(x))
    again = keras.models.load_model(tmp_path / "again.keras")
    np.testing.assert_array_equal(as_numpy(again(x)), as_numpy(expected))
    return mine


@pytest.mark.parametrize(
    ("kind", "config"),
    [(kind, name) for kind in LAYERS for name in CONFIGS if (kind, name) != ("Embedding", "float8")],
)
def test_layers(kind: str, config: str, tmp_path: Path) -> None:
    make, x = LAYERS[kind]
    how = CONFIGS[config]()
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), *make("float32")])
    fill(model)
    for layer in model.layers:
        quantize(layer, how)
    mine = through_files(model, x, tmp_path, UNITS["float32"])
    kept = mine.layers[1]
    assert any(array.dtype.kind == "i" for array in kept.weights.values()) or how.mode == "float8"
    with pytest.raises(GradientError, match=rf"are quantized \({how.mode}\), so it has no backward"):
        kept.vjp(x)
    with pytest.raises(UnsupportedModelError, match=r"in a legacy \.h5 \(save as \.keras\)"):
        mine.save(tmp_path / "model.h5")


# Keras refuses int8 with float16; and a unit of bfloat16 may be a whole step of float8.
@pytest.mark.parametrize(
    ("config", "policy"),
    [
        ("int8", "mixed_bfloat16"),
        ("int8", "float64"),
        ("int4 in groups of 2", "mixed_float16"),
        ("int4 in groups of 2", "mixed_bfloat16"),
        ("float8", "mixed_float16"),
        ("float8", "float64"),
    ],
)
def test_in_other_types(config: str, policy: str, tmp_path: Path) -> None:
    how = CONFIGS[config]()
    model = keras.Sequential([keras.Input((5, 7)), *LAYERS["Dense"][0](policy)])
    fill(model)
    for layer in model.layers:
        quantize(layer, how)
    unit = {"mixed_float16": UNITS["float16"], "mixed_bfloat16": UNITS["bfloat16"]}
    through_files(model, STEPS, tmp_path, unit.get(policy, UNITS["float64"]))


@pytest.mark.parametrize("tie_weights", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("config", [name for name in CONFIGS if name != "float8"])
def test_reversible_embedding(config: str, tie_weights: bool, tmp_path: Path) -> None:
    x = keras.Input((5,), dtype="int32")
    embed = layers.ReversibleEmbedding(11, 5, tie_weights=tie_weights, logit_soft_cap=3.0)
    model = keras.Model(x, embed(layers.Dense(5)(embed(x)), reverse=True))
    fill(model)
    quantize(embed, CONFIGS[config]())
    through_files(model, IDS, tmp_path, UNITS["float32"])


def test_without_a_config(tmp_path: Path) -> None:
    x = keras.Input((5,), dtype="int32")
    outputs = []
    for mode in ("int8", "int4"):
        embed = layers.ReversibleEmbedding(11, 5)
        y = embed(layers.Dense(5, dtype=f"{mode}_from_float32")(embed(x)), reverse=True)
        embed.quantize(mode)
        outputs.append(y)
    model = keras.Model(x, outputs)
    rng = np.random.default_rng(3)
    for layer in model.layers:
        if isinstance(layer, layers.Dense):
            layer._kernel.assign(rng.integers(-100, 100, layer._kernel.shape))
            layer.kernel_scale.assign(rng.uniform(90, 140, layer.kernel_scale.shape))
    model.save(tmp_path / "model.keras")
    mine = maju.load(tmp_path / "model.keras")
    for found, expected in zip(mine.forward(IDS), model(IDS), strict=True):
        check(found, expected, UNITS["float32"])


@pytest.mark.parametrize("config", ["int8", "int4", "float8"])
def test_legacy_h5(config: str, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((5, 7)), *LAYERS["Dense"][0]("float32")])
    fill(model)
    for layer in model.layers:
        quantize(layer, CONFIGS[config]())
    model.save(tmp_path / "model.h5")
    check(maju.load(tmp_path / "model.h5").forward(STEPS), model(STEPS), UNITS["float32"], units=10)


# Those that a data set calibrated, GPTQ and AWQ

CALIBRATED = ["gptq/4/-1", "gptq/4/2", "gptq/8/3", "gptq/3/-1", "gptq/2/4", "awq/4/-1", "awq/4/3"]


@pytest.fixture
def zeros_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras 3.15 forgets the zero points when it saves, and then cannot load; other versions do not."""
    for layer_class in (layers.Dense, layers.EinsumDense):
        monkeypatch.setattr(
            layer_class, "_get_kernel_with_merged_lora", lambda self: (None, None, self.kernel_zero)
        )


def calibrated(dtype: str) -> Any:
    """A model of quantized layers with random whole numbers, as if calibrated."""
    group = int(dtype.split("_from_")[0].split("/")[2])
    made = [
        layers.EinsumDense("abc,cde->abde", (5, 2, 3), "tanh", bias_axes="de", dtype=dtype),
        layers.EinsumDense("abcd,cde->abe", (5, 9), dtype=dtype),
        layers.EinsumDense("abc,cd->abd", (5, 8), "tanh", dtype=dtype),
        layers.Dense(7, "tanh", dtype=dtype),
        layers.Dense(6, use_bias=False, dtype=dtype),
    ]
    model = keras.Sequential([keras.Input((5, 7)), *made])
    rng = np.random.default_rng(5)
    for layer in model.layers:
        bits = layer.dtype_policy.weight_bits
        layer.is_gptq_calibrated = layer.is_awq_calibrated = True
        for weight in layer.weights:
            values = rng.normal(0.1, 0.5, weight.shape)
            if weight.dtype == "uint8":
                pairs = bits == 4 and weight is layer.quantized_kernel
                values = rng.integers(0, 256 if pairs else 2**bits, weight.shape)
            elif weight.name == "g_idx":
                values = np.arange(weight.shape[0]) // group if group > 0 else np.zeros(weight.shape)
            elif weight.name in ("kernel_scale", "awq_scales"):
                values = rng.uniform(0.5, 2, weight.shape) / (2**bits if weight.name == "kernel_scale" else 1)
            weight.assign(values)
    return model


@pytest.mark.usefixtures("zeros_saved")
@pytest.mark.parametrize("mode", CALIBRATED)
def test_calibrated(mode: str, tmp_path: Path) -> None:
    mine = through_files(calibrated(f"{mode}_from_float32"), STEPS, tmp_path, UNITS["float32"])
    assert "quantized_kernel" in mine.layers[1].weights


def test_calibrated_without_zero_points(tmp_path: Path) -> None:
    calibrated("gptq/4/2_from_float32").save(tmp_path / "model.keras")
    said = r"\(EinsumDense\): the file lacks the zero points of gptq, which Keras 3\.15 does not save"
    with pytest.raises(UnsupportedModelError, match=said):
        maju.load(tmp_path / "model.keras")


# What is refused

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another quantizer of inputs": (
        {
            "dtype": "int8_from_float32",
            "quantization_config": {
                "class_name": "Int8QuantizationConfig",
                "config": {"activation_quantizer": {"class_name": "Mine", "config": {}}},
            },
        },
        "activation quantizer Mine; only AbsMaxQuantizer is implemented",
    ),
    "another config": (
        {"dtype": "int8_from_float32", "quantization_config": {"class_name": "Mine", "config": {}}},
        "quantization_config of class Mine, which maju does not have",
    ),
    "another number of bits": ({"dtype": "gptq/5/8_from_float32"}, "'gptq/5/8', which Keras does not have"),
    "no group size": (
        {"dtype": "gptq/4_from_float32"},
        "dtype policy 'gptq/4'; expected 'gptq/<bits>/<group",
    ),
    "a group of none": ({"dtype": "int4/0_from_float32"}, "groups of '0' inputs; expected a whole number"),
    "another mode": ({"dtype": "int3_from_float32"}, "dtype policy 'int3_from_float32'; expected 'float32'"),
    "another source": ({"dtype": "int8_from_int16"}, "dtype policy 'int8_from_int16'; expected 'float32'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    config, message = REFUSED[name]
    with pytest.raises(UnsupportedModelError) as caught:
        DenseLayer.from_config({"name": "mine", "units": 2, **config})
    assert f"layer 'mine' (Dense): {message}" in str(caught.value) or message in str(caught.value)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("config", CONFIGS)
def test_keras_leaves_out_the_scales_within_time_distributed(config: str, tmp_path: Path) -> None:
    how = CONFIGS[config]()
    inner = [layers.Dense(6, "tanh"), layers.Dense(9, use_bias=False)]
    if how.mode in ("int8", "float8"):
        inner.append(layers.EinsumDense("ab,bc->ac", 5, bias_axes="c"))
    wrapped = [layers.TimeDistributed(layer) for layer in inner]
    model = keras.Sequential([keras.Input((5, 7)), *wrapped])
    fill(model)
    for layer in inner:
        quantize(layer, how)
    mine = through_files(model, STEPS, tmp_path, UNITS["float32"])
    with pytest.raises(GradientError, match=rf"are quantized \({how.mode}\), so it has no backward"):
        mine.layers[1].vjp(STEPS)


@pytest.mark.parametrize("config", [name for name in CONFIGS if name != "float8"])
def test_an_embedding_without_its_scales(config: str, tmp_path: Path) -> None:
    wrapped = layers.TimeDistributed(layers.Embedding(11, 5))
    model = keras.Sequential([keras.Input((5, 2), dtype="int32"), wrapped])
    fill(model)
    quantize(wrapped.layer, CONFIGS[config]())
    ids = np.stack([IDS, IDS[:, ::-1]], axis=-1)
    through_files(model, ids, tmp_path, UNITS["float32"])


def test_packed_axes_in_a_wrapper_are_refused(tmp_path: Path) -> None:
    wrapped = layers.TimeDistributed(layers.EinsumDense("ab,bc->ac", 4))
    model = keras.Sequential([keras.Input((5, 7)), wrapped])
    wrapped.layer.quantize("int4")
    model.save(tmp_path / "model.keras")
    with pytest.raises(UnsupportedModelError, match=r"an EinsumDense quantized as int4/128, which is not"):
        maju.load(tmp_path / "model.keras")


def test_whole_numbers_without_a_policy_are_refused(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((7,)), layers.Dense(4)])
    model.layers[0].quantize("int8")
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as old:
        members = {name: old.read(name) for name in old.namelist()}
    document = json.loads(members["config.json"])
    document["config"]["layers"][1]["config"]["dtype"] = "float8_from_float32"
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as new:
        for name, content in members.items():
            new.writestr(name, json.dumps(document) if name == "config.json" else content)
    with pytest.raises(ModelFormatError, match=r"\(Dense\) needs 8 arrays, the file holds 3 there"):
        maju.load(tmp_path / "other.keras")


def test_a_wrong_input_is_refused(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((7,)), layers.Dense(4)])
    model.layers[0].quantize("int8")
    model.save(tmp_path / "model.keras")
    with pytest.raises(InputError, match="expected 7 values on the last axis"):
        maju.load(tmp_path / "model.keras").layers[1](random(2, 6))


# The numbers themselves


def test_numbers_of_four_bits() -> None:
    numbers = np.array([[-8, 7, 0], [-1, 3, -4]], np.int8)
    for axis in (0, 1):
        held, _, length = quantizers.pack_int4(ops.convert_to_tensor(numbers), axis=axis)
        np.testing.assert_array_equal(unpacked(as_numpy(held), length, axis), numbers)
        whole = (numbers + 8).astype(np.uint8)
        held, _, length = quantizers.pack_int4(ops.convert_to_tensor(whole), axis=axis, dtype="uint8")
        np.testing.assert_array_equal(unpacked(as_numpy(held), length, axis), whole)


def test_numbers_of_float8() -> None:
    x = np.concatenate([random(500) * scale for scale in (1e-3, 0.02, 1, 50)]).astype(np.float32)
    x = np.clip(np.concatenate([x, [0, 448, -448, 2**-9, 2**-10, 17, 18, 19]]), -448, 448).astype(np.float32)
    expected = ops.cast(ops.cast(x, "float8_e4m3fn"), "float32")
    assert_same(to_float8(x), expected, tolerance=0)


@pytest.mark.filterwarnings("ignore:.*does not have a `quantize` method:UserWarning")
def test_parts_whose_quantization_the_file_does_not_tell(tmp_path: Path) -> None:
    """Keras quantizes what attention is made of with the model, and cannot open the file itself."""
    x = keras.Input((5, 6))
    model = keras.Model(x, layers.MultiHeadAttention(2, 3, name="look")(x, x))
    model.quantize("int8")
    model.save(tmp_path / "model.keras")
    said = r"'look' \(MultiHeadAttention\) needs 8 arrays, the file holds 12 there: they are quantized"
    with pytest.raises(ModelFormatError, match=said):
        maju.load(tmp_path / "model.keras")
