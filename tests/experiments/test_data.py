from __future__ import annotations

from collections import Counter
from importlib.resources import files

import numpy as np
import pytest
from pydantic import ValidationError

from maju.datasets import Dataset
from maju.datasets.nusax_csv import parse_csv
from maju.errors import DataError
from maju.experiments.data import DATASETS, DataChoice, digits, load, sentences


def pairs(dataset: Dataset) -> list[tuple[str, int]]:
    return [(str(x), int(y)) for split in dataset for x, y in zip(split.x, split.y, strict=True)]


def test_the_sentences_are_balanced_in_every_split() -> None:
    dataset = sentences()
    assert dataset.classes == ("negative", "neutral", "positive")
    assert [np.bincount(split.y).tolist() for split in dataset] == [[50] * 3, [10] * 3, [20] * 3]


def test_the_splits_of_the_sentences_are_the_whole_file() -> None:
    path = files("maju.experiments.data") / "indonesian_sentiment.csv"
    whole = parse_csv(path.read_bytes(), "indonesian_sentiment.csv")
    assert Counter(pairs(sentences())) == Counter(zip(map(str, whole.x), whole.y.tolist(), strict=True))


def test_no_sentence_is_there_twice_or_nearly() -> None:
    texts = [text for text, _ in pairs(sentences())]
    words = [frozenset(text.lower().replace(",", "").replace(".", "").split()) for text in texts]
    assert len(set(texts)) == 240
    alike = [
        (texts[i], texts[j])
        for i in range(240)
        for j in range(i)
        if len(words[i] & words[j]) > 0.6 * min(len(words[i]), len(words[j]))
    ]
    assert alike == []


def test_the_sentences_are_clean_text() -> None:
    for text, _ in pairs(sentences()):
        assert text == text.strip()
        assert "  " not in text
        assert text[-1] in ".!?"
        assert 5 <= len(text.split()) <= 20


def test_the_readme_beside_the_sentences_says_whose_they_are() -> None:
    readme = " ".join((files("maju.experiments.data") / "README.md").read_text(encoding="utf-8").split())
    assert "They were written for maju" in readme
    assert "240 Indonesian sentences, 80 of each class" in readme


def test_the_seed_draws_the_splits() -> None:
    assert pairs(sentences(1)) == pairs(sentences(1))
    assert pairs(sentences(1)) != pairs(sentences(2))


def test_digits() -> None:
    dataset = digits()
    assert [split.x.shape for split in dataset] == [(1077, 8, 8, 1), (360, 8, 8, 1), (360, 8, 8, 1)]
    assert dataset.train.x.dtype == np.uint8
    assert (dataset.train.x.min(), dataset.train.x.max()) == (0, 255)
    assert set(np.concatenate([split.y for split in dataset])) == set(range(10))
    assert dataset.classes == tuple("0123456789")
    # A zero is empty in the middle, a one is not.
    middle = dataset.train.x[:, 3:5, 3:5, 0].mean(axis=(1, 2))
    assert middle[dataset.train.y == 0].mean() < 30 < 150 < middle[dataset.train.y == 1].mean()


def test_a_choice_cuts_training_and_validation_and_leaves_the_test_rows() -> None:
    whole, cut = (
        load(DataChoice(name="digits")),
        load(DataChoice(name="digits", train_rows=7, validation_rows=3)),
    )
    assert [len(split.y) for split in cut] == [7, 3, 360]
    np.testing.assert_array_equal(cut.train.x, whole.train.x[:7])
    np.testing.assert_array_equal(cut.validation.y, whole.validation.y[:3])


def test_the_test_rows_are_cut_where_it_is_asked_for() -> None:
    whole, cut = load(DataChoice(name="sentences")), load(DataChoice(name="sentences", test_rows=5))
    assert [len(split.y) for split in cut] == [150, 30, 5]
    np.testing.assert_array_equal(cut.test.x, whole.test.x[:5])


def test_a_choice_of_nothing() -> None:
    known = r"there is no data set 'mnist'; there are cifar10, digits, nusax, nusax-acehnese, .*, sentences"
    with pytest.raises(ValidationError, match=known):
        DataChoice(name="mnist")
    for rows in ("train_rows", "validation_rows", "test_rows"):
        with pytest.raises(ValidationError, match=rf"{rows}\n  Input should be greater than or equal to 1"):
            DataChoice(name="digits", **{rows: 0})


def test_what_is_of_images_and_what_of_texts() -> None:
    assert {name for name in DATASETS if DataChoice(name=name).images} == {"cifar10", "digits"}


def test_the_data_folder_reaches_the_real_data_sets(tmp_path: object) -> None:
    for name in ("cifar10", "nusax", "nusax-javanese"):
        assert name in DATASETS
        with pytest.raises(DataError, match="does not hold"):
            load(DataChoice(name=name), str(tmp_path))
