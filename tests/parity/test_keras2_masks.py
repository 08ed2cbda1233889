"""Masks in models of Keras 2, where some layers treat them otherwise than in Keras 3."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import maju
from maju.errors import UnsupportedModelError
from parity.compare import assert_same
from parity.keras2 import FILES, computed, load_from, scramble, tf_keras

layers = tf_keras.layers

LENGTHS = np.array([7, 3, 1, 5])
IDS = np.where(np.arange(7) < LENGTHS[:, np.newaxis], np.random.default_rng(5).integers(1, 9, (4, 7)), 0)
OTHER = IDS[[2, 3, 0, 1]]
MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")


def seen(x: Any) -> Any:
    """Two numbers a row that tell which steps counted."""
    return layers.SimpleRNN(2)(x)


def of_merging(one: Any, two: Any) -> dict[str, Any]:
    found = {}
    for name in MERGING:
        merge = getattr(layers, name)
        found[f"{name} of two masks"] = seen(merge()([one, two]))
        found[f"{name} of one mask"] = seen(merge()([one, layers.Conv1D(4, 1)(two)]))
    found["Concatenate in time"] = seen(layers.Concatenate(axis=1)([one, two]))
    return found


def of_one(x: Any, _: Any) -> dict[str, Any]:
    attended = layers.MultiHeadAttention(2, 3)(x, x)
    both = layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode="sum")(x)
    return {
        "Identity": seen(layers.Identity()(x)),
        "x * 2": seen(x * 2.0),
        "x + x": seen(x + x),
        "x[:, 1:]": seen(x[:, 1:]),
        "MultiHeadAttention": seen(attended),
        "Attention": seen(layers.Attention()([x, x])),
        "Bidirectional": seen(both),
        "UnitNormalization": seen(layers.UnitNormalization()(x)),
        "GlobalAveragePooling1D": layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x)),
        "the same mask twice": seen(layers.Add()([x, attended])),
    }


def masked(make: Callable[[Any, Any], dict[str, Any]]) -> Any:
    tf_keras.backend.clear_session()
    ids, other = tf_keras.Input((7,), name="ids"), tf_keras.Input((7,), name="other")
    one, two = (layers.Embedding(9, 4, mask_zero=True)(x) for x in (ids, other))
    made = tf_keras.Model([ids, other], make(one, two))
    scramble(made)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
def test_the_mask_of_what_several_tensors_make(kind: str, tmp_path: Path) -> None:
    """A step counts where all masks keep it that there are; in Keras 3 where any does."""
    made = masked(of_merging)
    assert_same(load_from(kind, made, tmp_path).forward([IDS, OTHER]), computed(made, [IDS, OTHER]))


@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
def test_the_mask_that_a_layer_hands_on(kind: str, tmp_path: Path) -> None:
    made = masked(of_one)
    assert_same(load_from(kind, made, tmp_path).forward([IDS, OTHER]), computed(made, [IDS, OTHER]))


def saved(make: Any, folder: Path, version: str | None = None) -> Path:
    load_from(".h5", make, folder)
    path = folder / "model.h5"
    if version is not None:
        with h5py.File(path, "r+") as file:
            for holder in (file, file["model_weights"]):
                holder.attrs["keras_version"] = version
    return path


def test_masks_of_single_steps_in_a_time_distributed_layer(tmp_path: Path) -> None:
    """As of words in sentences in texts: what a sentence's layer makes of them is the mask of the text."""
    tf_keras.backend.clear_session()
    texts = tf_keras.Input((3, 7))
    words = layers.TimeDistributed(layers.Embedding(9, 4, mask_zero=True))(texts)
    sentences = layers.TimeDistributed(layers.LSTM(3))(layers.TimeDistributed(layers.Dense(4))(words))
    made = tf_keras.Model(texts, layers.GRU(2)(sentences))
    scramble(made)
    x = np.stack([IDS, OTHER, 0 * IDS], axis=1)
    assert_same(maju.load(saved(made, tmp_path)).forward(x), computed(made, x))


def test_a_time_distributed_layer_that_hands_masks_on_is_one_of_keras_3(tmp_path: Path) -> None:
    """As most are: the mask of the words is that of the steps, whatever a Dense makes of each."""
    made = masked(
        lambda one, two: {"y": seen(layers.TimeDistributed(layers.Dense(3))(layers.Add()([one, one])))}
    )
    loaded = maju.load(saved(made, tmp_path))
    expected = computed(made, [IDS, OTHER])
    assert_same(loaded.forward([IDS, OTHER]), expected)
    loaded.save(tmp_path / "new.keras")
    assert_same(maju.load(tmp_path / "new.keras").forward([IDS, OTHER]), expected)


def siamese() -> Any:
    """Two texts through one nested model, whose output has no mask."""
    tf_keras.backend.clear_session()
    inner = tf_keras.Sequential(
        [layers.Embedding(9, 4, mask_zero=True), layers.Bidirectional(layers.LSTM(3))]
    )
    inputs = [tf_keras.Input((7,)), tf_keras.Input((7,))]
    both = [inner(x) for x in inputs]
    made = tf_keras.Model(inputs, layers.Concatenate()([*both, layers.Multiply()(both)]))
    scramble(made)
    return made


def test_where_no_mask_comes_the_model_is_one_of_keras_3(tmp_path: Path) -> None:
    made = siamese()
    loaded = maju.load(saved(made, tmp_path))
    expected = computed(made, [IDS, OTHER])
    assert_same(loaded.forward([IDS, OTHER]), expected)
    loaded.save(tmp_path / "new.keras")
    assert_same(maju.load(tmp_path / "new.keras").forward([IDS, OTHER]), expected)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_what_keras_3_would_do_otherwise_is_not_written_for_it(suffix: str, tmp_path: Path) -> None:
    made = masked(lambda one, two: {"y": seen(layers.Identity()(layers.Multiply()([one, two])))})
    loaded = maju.load(saved(made, tmp_path))
    path = tmp_path / f"new{suffix}"
    with pytest.raises(UnsupportedModelError) as caught:
        loaded.save(path)
    way_out = "(save the model as .safetensors, which maju opens)"
    assert [str(problem) for problem in caught.value.problems] == [
        f"layer 'multiply' (Multiply): Keras 3 has no sees_masks=False {way_out}",
        f"layer 'multiply' (Multiply): Keras 3 has no mask_of='all' {way_out}",
        f"layer 'identity' (Identity): Keras 3 has no passes_mask=False {way_out}",
    ]
    assert not path.exists()
    loaded.save(tmp_path / "new.safetensors")
    again = maju.load(tmp_path / "new.safetensors")
    assert_same(again.forward([IDS, OTHER]), loaded.forward([IDS, OTHER]), tolerance=0)


def test_attention_heeds_masks_since_keras_2_10(tmp_path: Path) -> None:
    made = masked(lambda one, two: {"y": seen(layers.MultiHeadAttention(2, 3)(one, two))})
    unmasked = masked(lambda one, two: {"y": seen(layers.MultiHeadAttention(2, 3)(one * 1.0, two * 1.0))})
    unmasked.set_weights(made.get_weights())
    for version, model in (("2.9.0", unmasked), ("2.10.0", made)):
        expected = computed(model, [IDS, OTHER])
        assert_same(maju.load(saved(made, tmp_path, version)).forward([IDS, OTHER]), expected)


def test_masked_steps_of_a_bidirectional_layer_before_it_was_tensorflows(tmp_path: Path) -> None:
    """Each half repeats its last output there, as it does when it stands alone; tf.keras puts zeros."""

    def both(x: Any, _: Any) -> dict[str, Any]:
        wrapped = layers.GRU(2, return_sequences=True, name="gru")
        return {"y": layers.Bidirectional(wrapped, merge_mode="sum", name="both")(x)}

    def halves(x: Any, _: Any) -> dict[str, Any]:
        ahead = layers.GRU(2, return_sequences=True, name="ahead")(x)
        back = layers.GRU(2, return_sequences=True, go_backwards=True, name="back")(x)
        return {"y": ahead + back[:, ::-1]}

    made, alone = masked(both), masked(halves)
    weights = made.get_layer("both").get_weights()
    alone.get_layer("embedding").set_weights(made.get_layer("embedding").get_weights())
    alone.get_layer("ahead").set_weights(weights[:3])
    alone.get_layer("back").set_weights(weights[3:])
    for version, model in (("2.3.1", alone), ("2.2.4-tf", made)):
        expected = computed(model, [IDS, OTHER])
        assert_same(maju.load(saved(made, tmp_path, version)).forward([IDS, OTHER]), expected)


def test_a_layer_that_passes_masks_on_only_since_keras_3_is_refused_with_one(tmp_path: Path) -> None:
    made = masked(lambda one, two: {"y": seen(layers.Rescaling(2.0)(one)), "z": layers.Rescaling(2.0)(two)})
    with pytest.raises(UnsupportedModelError, match=r"'rescaling' \(Rescaling\): .*passes_mask=False"):
        saved(made, tmp_path)


def test_the_file_may_list_its_calls_in_any_order(tmp_path: Path) -> None:
    path = saved(siamese(), tmp_path)
    with h5py.File(path, "r+") as file:
        document = json.loads(file.attrs["model_config"])
        document["config"]["layers"].reverse()
        file.attrs["model_config"] = json.dumps(document)
    maju.load(path).save(tmp_path / "new.keras")
