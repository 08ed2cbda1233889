from __future__ import annotations

from typing import Any

import pytest

from experiments.report.fakes import missing, study
from maju.datasets import Dataset
from maju.experiments.architectures import ConvolutionalNetwork, RecurrentNetwork
from maju.experiments.data import DATASETS, DataChoice, load
from maju.experiments.experiment import Training
from maju.experiments.report.conditions import SPLITS, described_data, differing, shared
from maju.experiments.report.words import LANGUAGES, Language
from maju.experiments.study import load_study, shipped_studies

EN, ID = LANGUAGES["en"], LANGUAGES["id"]


def test_what_the_rows_share_and_what_differs() -> None:
    study = load_study("cnn-kernel")
    assert shared(study, EN) == [
        ("Data", "CIFAR-10: 40,000 training rows, 10,000 validation rows and 10,000 test rows"),
        (
            "Network",
            "convolutions with 32-32, 64-64, 128-128 filters, a 2x2 pool after each block; max pooling; "
            "Dense(128, relu) before the softmax",
        ),
        ("Training", "15 epochs; batches of 128; Adam at 0.001"),
    ]
    assert differing(study, EN) == "kernel size"
    assert differing(study, ID) == "ukuran kernel"


@pytest.mark.parametrize("name", shipped_studies())
def test_every_shipped_study_differs_in_something(name: str) -> None:
    assert differing(load_study(name), EN)


def test_one_row_differs_in_nothing() -> None:
    assert differing(study(missing()).study, EN) == ""


def test_data_that_are_cut() -> None:
    choice = DataChoice(name="digits", train_rows=64, test_rows=9_999)
    assert described_data(choice, EN) == (
        "scikit-learn's digits: 64 of 1,077 training rows, 360 validation rows and 360 test rows"
    )


@pytest.mark.parametrize("name", ["digits", "sentences"])
def test_the_rows_of_each_split_are_those_of_the_data(name: str) -> None:
    dataset = load(DataChoice(name=name))
    assert isinstance(dataset, Dataset)
    assert SPLITS[name] == tuple(len(split.y) for split in dataset)


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_has_a_title(name: str) -> None:
    assert EN.dataset(name) != name


CHANGED: dict[type, dict[str, Any]] = {
    ConvolutionalNetwork: {"blocks": ((8,),), "pooling": "average", "dense": (7,)},
    RecurrentNetwork: {"cell": "GRU", "units": (7,), "pooling": "average", "dense": (7,)},
    Training: {"schedule": "cosine", "augmentation": ("flip",), "warmup_epochs": 2},
}


def fields(kind: Any) -> list[str]:
    return [name for name in kind.model_fields if name not in ("kind", "seed")]


BASES: dict[type, Any] = {
    ConvolutionalNetwork: ConvolutionalNetwork(blocks=((4,),)),
    RecurrentNetwork: RecurrentNetwork(cell="LSTM", units=(4,)),
    Training: Training(epochs=4),
}


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind in CHANGED for field in fields(kind)],
    ids=lambda value: getattr(value, "__name__", value),
)
@pytest.mark.parametrize("language", [EN, ID], ids=["en", "id"])
def test_every_setting_is_told_in_words(kind: Any, field: str, language: Language) -> None:
    base = BASES[kind]
    if field == "warmup_epochs":
        base = base.model_copy(update={"schedule": "cosine"})
    before = getattr(base, field)
    other = not before if isinstance(before, bool) else 0.25 if isinstance(before, float) else 7
    changed = base.model_copy(update={field: CHANGED[kind].get(field, other)})
    images = kind is ConvolutionalNetwork or field == "augmentation"
    settings = {
        "data": DataChoice(name="digits" if images else "nusax"),
        "model": BASES[ConvolutionalNetwork if images else RecurrentNetwork],
    }
    place = "training" if kind is Training else "model"
    rows = [missing("a", **{**settings, place: one}) for one in (base, changed)]
    plain, told = (shared(study(row).study, language) for row in rows)
    assert plain != told
    prefix = f"{place if kind is Training else base.kind}.{field}"
    assert any(key == prefix or key.startswith(f"{prefix}.") for key in language.phrases)
    assert f"differs.{field}" in language.phrases
