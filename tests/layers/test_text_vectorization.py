from __future__ import annotations

import copy
import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from maju.errors import GradientError, UnsupportedModelError
from maju.layers import registry
from maju.layers.text_vectorization import TextVectorizationLayer
from maju.text import read_vocabulary

LEARNED = [
    "Makanannya enak sekali, pelayanannya ramah!",
    "Saya tidak suka; rasanya biasa-biasa saja.",
    "ENAK enak, É! cafe\u0301 nasi\u00a0goreng 😀",
    "baris satu\u2028baris dua\x0bbaris tiga",
]
ASKED = [*LEARNED[::-1], "", "kata lain yang enak", "\0 \u3000"]
CASES: dict[str, dict[str, Any]] = {
    "ids": {},
    "ids of a length": {"output_sequence_length": 6, "max_tokens": 12},
    "characters": {"split": "character", "standardize": "lower"},
    "bigrams": {"ngrams": 2, "standardize": None},
    "trigrams and words": {"ngrams": (3, 1), "output_mode": "count"},
    "presence": {"output_mode": "multi_hot", "max_tokens": 40, "pad_to_max_tokens": True},
    "counts": {"output_mode": "count"},
    "weights": {"output_mode": "tf_idf"},
    "padded weights": {"output_mode": "tf_idf", "max_tokens": 40, "pad_to_max_tokens": True},
    "no split": {"split": None},
}


def saved(theirs: Any, path: Path) -> dict[str, Any]:
    """A layer's config as a reader of the `.keras` file makes it, the vocabulary and the weights in it."""
    model = keras.Sequential([keras.Input((1,), dtype="string"), theirs])
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
        config: dict[str, Any] = layers[-1]["config"]
        if isinstance(config["ngrams"], dict):
            config["ngrams"] = config["ngrams"]["items"]
        config["dtype"] = config["dtype"]["config"]["name"]
        if config["vocabulary"] is None:
            content = archive.read(f"assets/layers/{theirs.name}/vocabulary.txt")
            config["vocabulary"] = read_vocabulary(content, config["vocabulary_size"])
        if config["output_mode"] == "tf_idf":
            with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
                config["idf_weights"] = file[f"layers/{theirs.name}/vars/idf_weights"][...].tolist()
    return config


def column(texts: list[str]) -> Any:
    return np.array(texts, object)[:, np.newaxis]


def answer(theirs: Any) -> Any:
    return theirs(tf.constant([[text] for text in ASKED])).numpy()


def assert_same(got: Any, expected: Any) -> None:
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.fixture
def adapted(request: pytest.FixtureRequest) -> Any:
    options = CASES[request.param]
    theirs = keras.layers.TextVectorization(**options, name="text_vectorization")
    theirs.adapt(LEARNED)
    return theirs


every_case = pytest.mark.parametrize("adapted", CASES, indirect=True)


@every_case
def test_equals_the_keras_layer_that_was_saved(adapted: Any, tmp_path: Path) -> None:
    config = saved(adapted, tmp_path / "model.keras")
    ours = TextVectorizationLayer.from_config(config)
    assert ours.vocabulary == adapted.get_vocabulary()
    assert_same(ours(column(ASKED)), answer(adapted))


@every_case
def test_the_file_that_keras_writes_in_full_is_read_too(adapted: Any, tmp_path: Path) -> None:
    """A vocabulary that was given is in the config itself, without the tokens that it begins with."""
    options: dict[str, Any] = {"vocabulary": adapted.get_vocabulary(include_special_tokens=False)}
    if adapted.get_config()["output_mode"] == "tf_idf":
        options["idf_weights"] = [0.5 + place for place in range(len(options["vocabulary"]))]
    given = type(adapted).from_config({**adapted.get_config(), **options})
    ours = TextVectorizationLayer.from_config(saved(given, tmp_path / "model.keras"))
    assert_same(ours(column(ASKED)), answer(given))


@every_case
def test_keras_takes_the_config_back(adapted: Any, tmp_path: Path) -> None:
    ours = TextVectorizationLayer.from_config(saved(adapted, tmp_path / "model.keras"))
    config = json.loads(json.dumps(ours.get_config()))
    theirs = keras.layers.TextVectorization.from_config(config)
    assert_same(ours(column(ASKED)), answer(theirs))
    assert theirs.get_vocabulary() == adapted.get_vocabulary()


@every_case
def test_our_own_config_makes_the_same_layer(adapted: Any, tmp_path: Path) -> None:
    ours = TextVectorizationLayer.from_config(saved(adapted, tmp_path / "model.keras"))
    again = TextVectorizationLayer.from_config(json.loads(json.dumps(ours.get_config())))
    assert again.get_config() == json.loads(json.dumps(ours.get_config())) | {"ngrams": ours.ngrams}
    np.testing.assert_array_equal(again(column(ASKED)), ours(column(ASKED)))


@every_case
def test_the_shape_is_known_beforehand(adapted: Any, tmp_path: Path) -> None:
    ours = TextVectorizationLayer.from_config(saved(adapted, tmp_path / "model.keras"))
    # For (None, 1) Keras declares counts as (None, 1, tokens), and then gives (None, tokens).
    declared = adapted.compute_output_shape((None, 1))
    expected = (declared[0], declared[-1])
    assert ours.output_shape((None, 1)) == expected
    if adapted.get_config()["split"] is not None:
        assert ours.output_shape((None,)) == adapted.compute_output_shape((None,))
    got = ours(column(ASKED)).shape
    assert got == answer(adapted).shape
    assert expected[1] in (None, got[1])


@every_case
def test_copies_compute_the_same(adapted: Any, tmp_path: Path) -> None:
    ours = TextVectorizationLayer.from_config(saved(adapted, tmp_path / "model.keras"))
    for again in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        np.testing.assert_array_equal(again(column(ASKED)), ours(column(ASKED)))


def test_it_is_known_by_its_keras_name() -> None:
    assert registry.find("TextVectorization") is TextVectorizationLayer


def test_it_has_no_weights_as_in_keras() -> None:
    options: dict[str, Any] = {"vocabulary": ["a"], "idf_weights": [2.0], "output_mode": "tf_idf"}
    theirs = keras.layers.TextVectorization(**options)
    theirs.build()
    assert TextVectorizationLayer(**options).count_params() == theirs.count_params() == 0


def test_it_gives_no_mask() -> None:
    assert TextVectorizationLayer(vocabulary=["a"]).compute_mask(np.array(["a", ""])) is None


def test_learns_by_itself() -> None:
    ours = TextVectorizationLayer(output_sequence_length=4)
    assert repr(ours) == "TextVectorizationLayer(output_mode='int', no tokens)"
    ours.adapt(LEARNED)
    theirs = keras.layers.TextVectorization(output_sequence_length=4)
    theirs.adapt(LEARNED)
    assert ours.get_config()["vocabulary_size"] == theirs.vocabulary_size()
    assert_same(ours(column(ASKED)), answer(theirs))
    assert repr(ours) == f"TextVectorizationLayer(output_mode='int', {theirs.vocabulary_size()} tokens)"


def test_texts_carry_no_gradient() -> None:
    with pytest.raises(GradientError, match=r"\(TextVectorization\) has no backward"):
        TextVectorizationLayer(vocabulary=["a"]).vjp(["a"])


def test_other_attributes_are_missing_as_ever() -> None:
    with pytest.raises(AttributeError, match="TextVectorizationLayer has no attribute 'bias'"):
        _ = TextVectorizationLayer(vocabulary=["a"]).bias


def shout(text: Any) -> Any:
    return tf.strings.upper(text)


def test_a_function_of_the_author_is_refused() -> None:
    theirs = keras.layers.TextVectorization(standardize=shout, vocabulary=["A"], name="words")
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(theirs)["config"]))
    config["dtype"] = "float32"
    with pytest.raises(UnsupportedModelError) as refused:
        TextVectorizationLayer.from_config(config)
    assert [str(problem) for problem in refused.value.problems] == [
        "layer 'words' (TextVectorization): standardize is the function 'shout' of the model's author, "
        "which the file does not hold"
    ]


def test_a_file_without_the_vocabulary_is_refused(tmp_path: Path) -> None:
    theirs = keras.layers.TextVectorization(output_mode="tf_idf", name="words")
    theirs.adapt(LEARNED)
    model = keras.Sequential([keras.Input((1,), dtype="string"), theirs])
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5") as file:
        config = json.loads(file.attrs["model_config"])["config"]["layers"][-1]["config"]
    config["dtype"] = "float32"
    with pytest.raises(UnsupportedModelError) as refused:
        TextVectorizationLayer.from_config(config)
    assert [str(problem) for problem in refused.value.problems] == [
        f"layer 'words' (TextVectorization): the file does not hold its {missing} (save the model as .keras)"
        for missing in ("vocabulary", "idf_weights")
    ]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("ragged", True, "ragged=True; only False is implemented"),
        ("encoding", "latin-1", "encoding='latin-1'; only 'utf-8' is implemented"),
        ("output_mode", "one_hot", "output_mode='one_hot'; expected 'int' or"),
        ("split", "sentences", "split='sentences'; expected 'whitespace' or"),
        ("stem", "porter", "unknown hyper-parameter stem='porter'"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) and value.isidentifier() else "",
)
def test_what_is_not_implemented_is_refused(key: str, value: Any, message: str) -> None:
    with pytest.raises(UnsupportedModelError, match=message):
        TextVectorizationLayer.from_config({"name": "words", "vocabulary": ["a"], key: value})


def test_sparse_counts_are_the_counts() -> None:
    config = {"name": "words", "vocabulary": ["a", "b"], "output_mode": "count"}
    dense, sparse = (TextVectorizationLayer.from_config({**config, "sparse": flag}) for flag in (False, True))
    np.testing.assert_array_equal(sparse.forward(["a c a"]), dense.forward(["a c a"]))
    assert sparse.get_config()["sparse"] is True


@pytest.mark.parametrize(("old", "new"), [("binary", "multi_hot"), ("tf-idf", "tf_idf")])
def test_older_names_of_the_output_modes(old: str, new: str) -> None:
    config: dict[str, Any] = {"name": "words", "vocabulary": ["a"], "output_mode": old}
    if new == "tf_idf":
        config["idf_weights"] = [2.0]
    assert TextVectorizationLayer.from_config(config).get_config()["output_mode"] == new
