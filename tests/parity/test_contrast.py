"""CLAHE, Equalization and pipelines of layers against Keras."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import UnsupportedModelError
from maju.layers import PipelineLayer
from parity.compare import Case, assert_same, random, scramble

BYTES = np.random.default_rng(1).uniform(0, 255, (2, 17, 19, 3)).astype(np.float32)
CLAHE: dict[str, tuple[dict[str, Any], Any]] = {
    "tiles that do not fit": ({"tile_grid_size": (3, 4)}, BYTES),
    "tiles that fit": ({"tile_grid_size": (2, 4), "clip_limit": 1.2}, BYTES[:, :16, :16]),
    "another range, no limit": (
        {"tile_grid_size": (3, 4), "value_range": (-1, 1), "clip_limit": 0},
        BYTES / 200 - 0.8,
    ),
    "channels first": (
        {"tile_grid_size": (3, 4), "data_format": "channels_first"},
        np.moveaxis(BYTES, -1, 1).copy(),
    ),
}
CASES = [
    Case(name, partial(layers.ContrastLimitedAdaptiveHistogramEqualization, **given), x)
    for name, (given, x) in CLAHE.items()
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_clahe(case: Case) -> None:
    layer = case.twin
    y = layer.forward(case.x)
    assert_same(y, case.expected, tolerance=1e-4)  # of 255
    np.testing.assert_array_equal(layer.forward(case.x[0]), layer.forward(case.x[:1])[0])
    again = type(layer).from_config(layer.get_config(), {})
    np.testing.assert_array_equal(again.forward(case.x), y)


def test_a_pipeline_through_a_file(tmp_path: Path) -> None:
    pipeline = layers.Pipeline(
        [
            layers.Rescaling(1 / 255.0),
            layers.Equalization(value_range=(0, 1), bins=64),
            layers.RandomFlip(),
            layers.CenterCrop(11, 12),
            layers.Resizing(5, 6),
        ]
    )
    x = keras.Input((17, 19, 3))
    model = keras.Model(x, layers.Flatten()(pipeline(x)))
    model.save(tmp_path / "model.keras")
    loaded = maju.load(tmp_path / "model.keras")
    assert_same(loaded.predict(BYTES), model.predict(BYTES, verbose=0))
    loaded.save(tmp_path / "again.keras")
    again = keras.models.load_model(tmp_path / "again.keras")
    assert_same(loaded.predict(BYTES), again.predict(BYTES, verbose=0))


def test_layers_with_weights_in_a_pipeline(tmp_path: Path) -> None:
    inside = [layers.Conv2D(3, 2), layers.BatchNormalization(), layers.Conv2D(2, 3, activation="tanh")]
    pipeline = layers.Pipeline(
        [layers.Rescaling(0.01), *inside, layers.Dense(4), layers.GroupNormalization(2)]
    )
    model = keras.Sequential([keras.Input((7, 6, 3)), pipeline, layers.Dense(2)])
    scramble(model)
    x = 100 * random(2, 7, 6, 3)
    for suffix in (".keras", ".h5"):
        model.save(tmp_path / f"model{suffix}")
        loaded = maju.load(tmp_path / f"model{suffix}")
        assert_same(loaded.predict(x), model.predict(x, verbose=0))
        loaded.save(tmp_path / f"again{suffix}")
        again = keras.models.load_model(tmp_path / f"again{suffix}")
        assert_same(again.predict(x, verbose=0), model.predict(x, verbose=0), tolerance=0)
    assert loaded.count_params() == model.count_params()


def test_what_a_pipeline_does_not_take_is_named_with_its_place() -> None:
    held = [
        {"class_name": "Rescaling", "config": {"scale": 2.0}},
        {"class_name": "Dense", "config": {"units": 2, "dtype": "int8_from_float32"}},
        {"class_name": "Blur", "config": {}},
    ]
    with pytest.raises(UnsupportedModelError) as caught:
        PipelineLayer.from_config({"name": "both", "layers": held})
    text = str(caught.value)
    assert "layer 1 (Dense): quantized inside a Pipeline, which is not implemented" in text
    assert "layer 2 (Blur): a layer that maju does not have" in text
