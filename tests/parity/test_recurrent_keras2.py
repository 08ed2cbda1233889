"""States in files of Keras 1 and 2, where a recurrent layer takes them in a list behind its sequence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from formats.archives import rewrite_h5
from maju.errors import UnsupportedModelError
from parity.compare import assert_same, random, scramble

STEPS = random(3, 5, 4)
STATES = [random(3, 2, seed="h"), random(3, 2, seed="c")]
MASK = np.array([[1, 1, 0, 1, 1], [0, 1, 1, 0, 0], [1, 1, 1, 0, 0]], bool)


def model(masked: bool, told: bool) -> Any:
    """Keras 3 loses sight of the mask where there are states, unless it is told."""
    inputs = [keras.Input(shape, name=name) for shape, name in (((5, 4), "x"), ((2,), "h"), ((2,), "c"))]
    x, *states = inputs
    mask = {}
    if masked:
        masking = layers.Masking(name="masking")
        mask = {"mask": masking.compute_mask(x)} if told else {}
        x = masking(x)
    y = layers.LSTM(2, return_sequences=True, name="ahead")(x, initial_state=states, **mask)
    z = layers.Bidirectional(layers.GRU(2), name="both")(x, initial_state=states, **mask)
    made = keras.Model(inputs, [y, z])
    scramble(made)
    return made


def as_keras2(made: Any, folder: Path) -> Path:
    """The file that Keras 2 would have written."""

    def nodes(call: Any) -> Any:
        refs = [argument["config"]["keras_history"] for argument in call["args"]]
        refs += [state["config"]["keras_history"] for state in call["kwargs"].get("initial_state", [])]
        return [[*refs[0], {"constants": None}], *([*ref, {}] for ref in refs[1:])]

    def change(file: Any) -> None:
        document = json.loads(file.attrs["model_config"])
        for layer in document["config"]["layers"]:
            layer["inbound_nodes"] = [nodes(call) for call in layer["inbound_nodes"]]
        file.attrs["model_config"] = json.dumps(document)
        for holder in (file, file["model_weights"]):
            holder.attrs["keras_version"] = "2.15.0"

    made.save(folder / "model.h5")
    return rewrite_h5(folder / "model.h5", folder / "keras2.h5", change)


@pytest.mark.parametrize("masked", [False, True], ids=["no mask", "masked"])
def test_the_states_and_the_mask_are_seen(masked: bool, tmp_path: Path) -> None:
    x = [STEPS * MASK[..., np.newaxis], *STATES]
    loaded = maju.load(as_keras2(model(masked, told=False), tmp_path))
    expected = model(masked, told=True)(x)
    assert_same(loaded.forward(x), expected)
    loaded.save(tmp_path / "again.safetensors")
    assert_same(maju.load(tmp_path / "again.safetensors").forward(x), expected)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_without_a_mask_it_becomes_a_model_of_keras_3(suffix: str, tmp_path: Path) -> None:
    loaded = maju.load(as_keras2(model(masked=False, told=False), tmp_path))
    loaded.save(tmp_path / f"again{suffix}")
    again = keras.saving.load_model(tmp_path / f"again{suffix}")
    assert_same(again([STEPS, *STATES]), loaded.forward([STEPS, *STATES]))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_with_a_mask_it_would_become_another_and_is_refused(suffix: str, tmp_path: Path) -> None:
    loaded = maju.load(as_keras2(model(masked=True, told=False), tmp_path))
    with pytest.raises(UnsupportedModelError) as caught:
        loaded.save(tmp_path / f"again{suffix}")
    assert str(caught.value) == (
        "not supported: layer 'ahead' (LSTM): Keras 3 leaves out the mask of a sequence that is read from "
        "states on (save the model as .safetensors, which maju opens)"
    )
