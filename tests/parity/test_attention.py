"""Attention, AdditiveAttention, MultiHeadAttention and GroupQueryAttention."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from maju.errors import InputError
from maju.formats.versions import Version, modern
from maju.layers import MultiHeadAttentionLayer
from parity.compare import Case, assert_same, random, scramble

QUERY, VALUE, KEY = random(3, 5, 6, seed="query"), random(3, 7, 6, seed="value"), random(3, 7, 6, seed="key")
WIDE, KEYS = random(3, 7, 4, seed="wide"), random(3, 7, 3, seed="narrow")
QUERY_MASK = np.array([[1, 1, 0, 1, 0], [0, 0, 1, 1, 1], [0, 0, 0, 0, 0]], bool)
VALUE_MASK = np.array([[1, 0, 1, 1, 1, 0, 1], [1, 1, 0, 0, 0, 0, 0], [0, 1, 0, 1, 0, 0, 0]], bool)
KEY_MASK = np.array([[1, 1, 1, 0, 1, 0, 1], [0, 0, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1, 1]], bool)
PAIRS = random(3, 5, 7, seed="pairs") > 0.3
GRID, GRID_VALUE = random(2, 3, 4, 5, seed="grid"), random(2, 3, 2, 5, seed="grid value")


@dataclass(eq=False)
class AttentionCase(Case):
    """A layer of Keras that is called on several tensors; `options` are those of the call."""

    masks: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ("query", "value", "key")

    @property
    def one_by_one(self) -> bool:
        return not isinstance(self.keras_layer, layers.Attention)

    @cached_property
    def keras_layer(self) -> Any:
        layer = self.make()
        shapes = [x.shape for x in self.x]
        layer.build(shapes) if isinstance(layer, layers.Attention) else layer.build(*shapes)
        scramble(layer, self.name)
        return layer

    @cached_property
    def expected(self) -> Any:
        tensors = [keras.ops.convert_to_tensor(x) for x in self.x]
        options = dict(self.options)
        if not self.one_by_one:
            return self.keras_layer(tensors, mask=self.masks, **options)
        for name, tensor, mask in zip(self.names, tensors, self.masks or [], strict=False):
            if (
                name == "query"
                and mask is not None
                and isinstance(self.keras_layer, layers.MultiHeadAttention)
            ):
                tensor._keras_mask = keras.ops.convert_to_tensor(mask)
            elif mask is not None:
                options[f"{name}_mask"] = keras.ops.convert_to_tensor(mask)
        return self.keras_layer(*tensors, **options)


attention, additive = layers.Attention, layers.AdditiveAttention
heads = partial(layers.MultiHeadAttention, num_heads=3, key_dim=4)
groups = partial(layers.GroupQueryAttention, head_dim=4, num_query_heads=6, num_key_value_heads=2)
CAUSAL = {"use_causal_mask": True}
SCORES = {"return_attention_scores": True}
MASKS: Any = [QUERY_MASK, VALUE_MASK]
NAMED = [QUERY_MASK, VALUE_MASK, KEY_MASK]


def cases() -> list[AttentionCase]:
    found = []
    for name, make in {
        "dot": attention,
        "dot, scaled": partial(attention, use_scale=True, dropout=0.3),
        "concat": partial(attention, score_mode="concat"),
        "concat, scaled": partial(attention, score_mode="concat", use_scale=True, seed=3),
        "additive": additive,
        "additive, unscaled": partial(additive, use_scale=False, dropout=0.2),
    }.items():
        for x in ([QUERY, VALUE], [QUERY, VALUE, KEY], [QUERY, WIDE, KEY]):
            shown = f"{name}, {len(x)} of {x[1].shape[-1]}"
            found += [
                AttentionCase(shown, make, x),
                AttentionCase(f"{shown}, causal", make, x, options=CAUSAL),
                AttentionCase(f"{shown}, masks", make, x, masks=MASKS),
                AttentionCase(f"{shown}, the value's mask", make, x, masks=[None, VALUE_MASK]),
                AttentionCase(f"{shown}, the query's mask", make, x, masks=[QUERY_MASK, None]),
                AttentionCase(f"{shown}, all", make, x, masks=MASKS, options={**CAUSAL, **SCORES}),
            ]
            if len(x) == 2 and x[1].shape[-1] == 4:
                del found[-6:]
    for name, make in {
        "heads": heads,
        "heads, value_dim": partial(heads, value_dim=5, use_bias=False),
        "heads, output_shape": partial(heads, output_shape=(2, 3)),
        "heads, output_shape of one": partial(heads, output_shape=5, seed=4),
        "heads, dropout": partial(heads, dropout=0.2),
        "heads, window": partial(heads, sliding_window=2),
        "heads, gate": partial(heads, use_gate=True, value_dim=2),
        "groups": groups,
        "groups, gate": partial(groups, use_gate=True, use_bias=False),
        "groups, dropout": partial(groups, dropout=0.2),
        "groups, window": partial(groups, sliding_window=3),
    }.items():
        for x in ([QUERY, VALUE], [QUERY, VALUE, KEY], [QUERY, WIDE, KEYS]):
            if name.startswith("groups") and x[1] is WIDE:
                continue
            shown = f"{name}, {len(x)} of {x[1].shape[-1]}"
            masks = NAMED[: len(x)]
            found += [
                AttentionCase(shown, make, x),
                AttentionCase(f"{shown}, causal", make, x, options=CAUSAL),
                AttentionCase(f"{shown}, scores", make, x, options=SCORES),
                AttentionCase(f"{shown}, masks", make, x, masks=masks),
                AttentionCase(f"{shown}, the value's mask", make, x, masks=[None, VALUE_MASK]),
                AttentionCase(f"{shown}, pairs", make, x, options={"attention_mask": PAIRS}),
                AttentionCase(
                    f"{shown}, all", make, x, masks=masks, options={**CAUSAL, "attention_mask": PAIRS}
                ),
                AttentionCase(f"{shown}, masks and scores", make, x, masks=masks, options=SCORES),
            ]
    grid = [GRID, GRID_VALUE]
    both = random(2, 3, 4, 3, 2, seed="both") > 0.3
    found += [
        AttentionCase("heads on a grid", heads, [GRID, random(2, 3, 4, 5, seed="another")]),
        AttentionCase("heads on a grid, axis 2", partial(heads, attention_axes=2), grid),
        AttentionCase("heads on a grid, axis -2", partial(heads, attention_axes=[-2]), grid),
        AttentionCase("heads on a grid, axis 1", partial(heads, attention_axes=1), [GRID, GRID]),
        AttentionCase("heads on a grid, scores", partial(heads, attention_axes=2), grid, options=SCORES),
        AttentionCase("heads on a grid, pairs", heads, grid, options={"attention_mask": both}),
        AttentionCase(
            "heads on a grid, axis 2, pairs",
            partial(heads, attention_axes=(2,)),
            grid,
            options={"attention_mask": random(4, 2, seed="two") > 0},
        ),
    ]
    return found


CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alone(case: AttentionCase) -> None:
    layer = case.twin
    y = layer.forward(case.x, mask=case.masks, **case.options)
    expected = case.expected
    assert_same(y, list(expected) if isinstance(expected, tuple) else expected)
    told = layer.output_shape(case.input_shape, **case.options)
    if isinstance(y, list):
        assert told == [(None, *part.shape[1:]) for part in y]
    else:
        assert told == (None, *y.shape[1:])
    again = type(layer).from_config(layer.get_config(), layer.weights)
    assert_same(again.forward(case.x, mask=case.masks, **case.options), y, tolerance=0)


def check_model(model: Any, x: Any, path: Path) -> Any:
    model.save(path)
    expected = model.predict(x, verbose=0)
    again = maju.load(path)
    assert_same(again.predict(x), expected)
    copy = path.with_name(f"copy-{path.name}")
    again.save(copy)
    assert_same(maju.load(copy).predict(x), expected)
    if path.suffix == ".keras":
        assert_same(keras.models.load_model(copy).predict(x, verbose=0), expected)
    return again


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_all_of_them_through_a_file(suffix: str, tmp_path: Path) -> None:
    query, value, key = (
        keras.Input(x.shape[1:], name=n) for n, x in zip("qvk", [QUERY, VALUE, KEY], strict=True)
    )
    pairs = keras.Input((5, 7), dtype="bool", name="pairs")
    outputs = []
    for make in (attention, partial(attention, use_scale=True, score_mode="concat"), additive):
        outputs += [make()([query, value]), *make()([query, value, key], **CAUSAL, **SCORES)]
    for make in (heads, partial(heads, output_shape=(2, 3), dropout=0.2), groups):
        outputs += [
            make()(query, value),
            make()(query, value, key, **CAUSAL),
            *make()(query, value, **SCORES),
        ]
        outputs += [make()(query, key=key, value=value, attention_mask=pairs)]
        outputs += [make()(query=query, value=value)] if make is not groups else []
    if suffix == ".keras":
        outputs += [make(use_gate=True)(query, value, key) for make in (heads, groups)]
    model = keras.Model([query, value, key, pairs], outputs)
    scramble(model)
    check_model(model, [QUERY, VALUE, KEY, PAIRS], tmp_path / f"model{suffix}")


IDS = np.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0], [1, 1, 6, 1, 0]], np.int32)


def transformer(dropout: float) -> Any:
    """Two blocks over tokens with a mask: what Keras does with the mask on the way is not obvious."""
    ids = keras.Input((5,), dtype="int32")
    x = layers.Embedding(7, 6, mask_zero=True)(ids)
    seen = []
    for _ in range(2):
        y, scores = heads(dropout=dropout)(x, x, return_attention_scores=True)
        seen += [scores, heads(dropout=dropout)(layers.LayerNormalization()(y), x)]
        x = layers.LayerNormalization()(layers.Add()([x, y]))
        x = groups(dropout=dropout)(x, x, use_causal_mask=True)
        x = layers.Add()([x, attention()([x, x]), additive()([x, seen[-1]])])
    return keras.Model(ids, [*seen, layers.GlobalAveragePooling1D()(x), layers.LSTM(3)(x)])


def test_the_first_attention_takes_the_mask_from_the_others(tmp_path: Path) -> None:
    ids = keras.Input((5,), dtype="int32")
    x = layers.Embedding(7, 6, mask_zero=True)(ids)
    first, second = heads(name="one")(x, x), heads(name="another")(x, x)
    deep = layers.Dense(6)(heads()(layers.Dense(6)(second), value=x))
    third = layers.Attention()([x, x])
    model = keras.Model(ids, {"b": first, "a": second, "c": deep, "d": layers.Add()([third, first])})
    scramble(model)
    check_model(model, IDS, tmp_path / "model.keras")


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_masks_on_their_way_through_a_model(dropout: float, tmp_path: Path) -> None:
    model = transformer(dropout)
    scramble(model)
    check_model(model, IDS, tmp_path / "model.keras")


def test_what_attends_to_nothing_before_keras_3_10() -> None:
    """Softmax added −10⁹ where the mask was False; now it sets that, and sets such rows to 0 afterwards."""
    config = {"name": "m", "num_heads": 3, "key_dim": 4, "dropout": 0.1}
    kind, older = modern("MultiHeadAttention", config, Version("3.9.2", masked=True))
    assert (kind, older["empty_rows"]) == ("MultiHeadAttention", "uniform")
    assert "empty_rows" not in modern(kind, config, Version("3.10.0", masked=True))[1]
    assert "empty_rows" not in modern(kind, config, Version("3.9.2"))[1]
    case = AttentionCase("old", partial(heads, dropout=0.1), [QUERY, VALUE])
    today = case.twin
    before = {**today.get_config(), "empty_rows": "uniform"}
    layer = MultiHeadAttentionLayer.from_config(before, today.weights)
    assert layer.get_config()["empty_rows"] == "uniform"
    plain = AttentionCase("old", heads, [QUERY, VALUE]).twin  # without dropout Keras has not changed
    y = layer.forward([QUERY, VALUE], mask=MASKS)
    np.testing.assert_array_equal(y, plain.forward([QUERY, VALUE], mask=MASKS))
    assert np.abs(y - today.forward([QUERY, VALUE], mask=MASKS)).max() > 1e-3


@pytest.mark.parametrize(
    ("keras_class", "x", "options", "message"),
    [
        ("MultiHeadAttention", QUERY, {}, "expected a list of two or three tensors: [query, value]"),
        ("Attention", [QUERY], {}, "expected a list of two or three tensors: [query, value]"),
        ("Attention", [QUERY, WIDE], {}, "do not go together: (3, 5, 6), (3, 7, 4)"),
        ("MultiHeadAttention", [QUERY, GRID], {}, "do not go together: (3, 5, 6), (2, 3, 4, 5)"),
        ("MultiHeadAttention", [QUERY, VALUE, KEYS], {}, "do not go together"),
        (
            "GroupQueryAttention",
            [QUERY, VALUE],
            {"mask": QUERY_MASK},
            "expected a list of two or three masks",
        ),
        ("MultiHeadAttention", [QUERY, VALUE], {"mask": [VALUE_MASK, None]}, "do not fit scores of shape"),
        ("MultiHeadAttention", [QUERY, VALUE], {"attention_mask": QUERY_MASK}, "do not fit scores of shape"),
        ("Attention", [QUERY, VALUE], {"mask": [None, QUERY_MASK]}, "the value's mask of shape (3, 5)"),
        ("Attention", [QUERY, VALUE], {"mask": [VALUE_MASK, None]}, "the query's mask has shape (3, 7)"),
    ],
    ids=range(10),
)
def test_what_does_not_fit(keras_class: str, x: Any, options: dict[str, Any], message: str) -> None:
    make = {"MultiHeadAttention": heads, "GroupQueryAttention": groups, "Attention": attention}[keras_class]
    layer = AttentionCase("wrong", make, [QUERY, VALUE]).twin
    with pytest.raises(InputError, match=re.escape(message)):
        layer.forward(x, **options)
