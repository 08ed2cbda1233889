"""Settings of Keras 2 that Keras 3 has no more, as tf_keras still computes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import maju
from maju.errors import UnsupportedModelError
from maju.formats.config import read_architecture
from parity.compare import assert_same, random
from parity.keras2 import FILES, computed, load_from, scramble, tf_keras

layers = tf_keras.layers
IMAGES = random(2, 5, 4, 3)
PIXELS = np.random.default_rng(5).integers(-9, 9, (2, 5, 4, 3)).astype(np.int32)
QUERY, VALUE = random(2, 4, 6), random(2, 5, 6, seed="value")


@pytest.fixture(autouse=True)
def causal_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Keras 2.0 to 2.9 wrote, and its successor still reads and computes."""
    for cls in (layers.Attention, layers.AdditiveAttention):
        own = cls.get_config
        monkeypatch.setattr(cls, "get_config", lambda self, own=own: {**own(self), "causal": self.causal})


def model_of(kind: str) -> tuple[Any, Any]:
    """A model with settings of one kind, and what it is given."""
    tf_keras.backend.clear_session()
    if kind == "causal attention":
        query, value = tf_keras.Input((4, 6)), tf_keras.Input((5, 6))
        attended = [
            layers.Attention(causal=True, use_scale=True)([query, value]),
            layers.AdditiveAttention(causal=True)([query, value]),
            layers.Attention()([query, value]),
        ]
        return tf_keras.Model([query, value], layers.Add()(attended)), [QUERY, VALUE]
    if kind == "whole numbers made larger":
        x = tf_keras.Input((5, 4, 3), dtype="int32")
        larger = layers.UpSampling2D((2, 3), interpolation="bilinear")(layers.Cropping2D(((1, 0), (0, 1)))(x))
        return tf_keras.Model(x, larger), PIXELS
    x = tf_keras.Input((5, 4, 3))
    if kind == "normalization of several axes":
        y = layers.BatchNormalization(axis=[3, 1], center=False)(layers.BatchNormalization(axis=[1, 2])(x))
    else:
        y = layers.experimental.SyncBatchNormalization()(layers.BatchNormalization(synchronized=True)(x))
        y = layers.experimental.SyncBatchNormalization(axis=1)(layers.Conv2D(2, 2)(y))
        y = layers.BatchNormalization(renorm=True, renorm_clipping={"rmax": 2.0})(y)
    return tf_keras.Model(x, y), IMAGES


KINDS = {
    "causal attention": r"Keras 3 has no causal=True",
    "normalization of several axes": r"Keras 3 has no axes=\[1, 2\]",
    "synchronized normalization": None,
    "whole numbers made larger": "Keras 3 has no integers='floats'",
}


@pytest.mark.parametrize("how", FILES)
@pytest.mark.parametrize("kind", KINDS)
def test_settings_that_keras_3_has_no_more(kind: str, how: str, tmp_path: Path) -> None:
    model, x = model_of(kind)
    scramble(model)
    expected = computed(model, x)
    mine = load_from(how, model, tmp_path)
    assert_same(mine.predict(x), expected)
    mine.save(tmp_path / "again.safetensors")
    assert_same(maju.load(tmp_path / "again.safetensors").predict(x), mine.predict(x), tolerance=0)
    mine.save(tmp_path / "again.weights.h5")
    assert_same(mine.load_weights(tmp_path / "again.weights.h5").predict(x), expected)
    refusal = KINDS[kind]
    if refusal is None:
        mine.save(tmp_path / "again.keras")
        assert_same(maju.load(tmp_path / "again.keras").predict(x), expected)
    else:
        with pytest.raises(UnsupportedModelError, match=refusal):
            mine.save(tmp_path / "again.keras")


@pytest.mark.parametrize(
    ("version", "integers"), [("3.5.0", "truncated"), ("3.6.0", None), ("2.15.0", "floats")]
)
def test_only_where_whole_numbers_come_does_the_version_matter(version: str, integers: str | None) -> None:
    """Keras 3.0 to 3.5 cut off what stands behind the point; it is not at hand to compare with."""
    pixels, floats = (tf_keras.Input((5, 4, 3), dtype=dtype, name=dtype) for dtype in ("int32", "float32"))
    layer = layers.UpSampling2D(interpolation="bilinear", name="both")
    scaled = layers.UpSampling2D(interpolation="bilinear", name="scaled")(layers.Rescaling(0.5)(pixels))
    nearest = layers.UpSampling2D(name="nearest")(pixels)
    of_floats = layers.UpSampling2D(interpolation="bilinear", name="floats")(floats)
    made = tf_keras.Model([pixels, floats], [layer(pixels), scaled, nearest, of_floats])
    spec = read_architecture(json.loads(made.to_json()), version, "the model")
    found = {
        spec.name: spec.config.get("integers") for spec in spec.layers if spec.class_name == "UpSampling2D"
    }
    assert found == {"both": integers, "scaled": None, "nearest": None, "floats": None}
