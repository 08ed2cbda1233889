"""LoRA: layers whose kernel was adapted by two thin matrices, from files and back, against Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.layers.base import Array
from parity.compare import random
from parity.test_policies import UNITS, as_numpy, check, fill

STEPS = random(3, 5, 6)
IMAGES = random(2, 6, 5, 4)
VOLUMES = random(2, 3, 4, 5, 2)
IDS = np.array([[3, 1, 8], [0, 2, 2]])


def adapted(policy: str) -> list[tuple[str, Any, Array]]:
    return [
        ("Dense", layers.Dense(7, "tanh", dtype=policy), STEPS),
        ("Dense without a bias", layers.Dense(4, use_bias=False, dtype=policy), STEPS),
        (
            "EinsumDense",
            layers.EinsumDense("abc,cde->abde", (5, 2, 3), bias_axes="de", dtype=policy),
            STEPS,
        ),
        ("Embedding", layers.Embedding(9, 5, dtype=policy), IDS),
        ("Conv1D", layers.Conv1D(4, 2, dtype=policy), STEPS),
        ("Conv2D", layers.Conv2D(3, (3, 2), padding="same", strides=2, dtype=policy), IMAGES),
        ("Conv3D", layers.Conv3D(3, 2, use_bias=False, dtype=policy), VOLUMES),
    ]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "float64"])
def test_adapted_layers(policy: str, suffix: str, tmp_path: Path) -> None:
    inputs, outputs, given = [], [], []
    for place, (name, layer, x) in enumerate(adapted(policy)):
        inputs.append(keras.Input(x.shape[1:], dtype=str(x.dtype), name=f"x{place}"))
        outputs.append(layer(inputs[-1]))
        # Keras forgets the alpha of these two when it loads them.
        layer.enable_lora(3, **({} if name in ("Embedding", "Conv1D") else {"lora_alpha": 5}))
        given.append(x)
    model = keras.Model(inputs, outputs)
    fill(model)
    model.save(tmp_path / f"model{suffix}")
    mine = maju.load(tmp_path / f"model{suffix}")
    unit = {"mixed_float16": UNITS["float16"], "float64": UNITS["float64"]}.get(policy, UNITS["float32"])
    # The two matrices are float32 in every policy, and so is what Keras adds.
    unit = UNITS["float32"] if policy == "float64" and suffix == ".h5" else unit
    for (name, *_), found, expected in zip(adapted(policy), mine.forward(given), model(given), strict=True):
        check(found, expected, unit, name, units=10 if policy == "float64" else 4)

    mine.save(tmp_path / "again.keras")
    again = keras.models.load_model(tmp_path / "again.keras")
    for found, expected in zip(again(given), mine.forward(given), strict=True):
        check(expected, found, unit, units=10 if policy == "float64" else 4)
    assert again.layers[-1].lora_rank == 3


def test_an_adapted_layer_that_was_quantized(tmp_path: Path) -> None:
    x = keras.Input((5, 6))
    dense, einsum = layers.Dense(7), layers.EinsumDense("abc,cd->abd", (5, 4), bias_axes="d")
    model = keras.Model(x, einsum(dense(x)))
    for layer in (dense, einsum):
        layer.enable_lora(2)
    fill(model)
    dense.quantize("int8")
    einsum.quantize("int4")
    model.save(tmp_path / "model.keras")
    mine = maju.load(tmp_path / "model.keras")
    # Keras quantizes the sum again when it saves, so what counts is what the file holds.
    loaded = keras.models.load_model(tmp_path / "model.keras")
    check(mine.forward(STEPS), loaded(STEPS), UNITS["float32"], units=4)
    mine.save(tmp_path / "again.keras")
    again = keras.models.load_model(tmp_path / "again.keras")
    np.testing.assert_array_equal(as_numpy(again(STEPS)), as_numpy(loaded(STEPS)))
