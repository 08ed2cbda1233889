"""A study's settings in words: what all its rows share, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maju.experiments.data import DataChoice
from maju.experiments.report.words import Language
from maju.experiments.settings import Settings
from maju.experiments.study import Row, Study

__all__ = ["described_data", "differing", "shared"]

#: The rows of each data set's splits: training, validation, test.
SPLITS = {"cifar10": (40_000, 10_000, 10_000), "digits": (1_077, 360, 360), "sentences": (150, 30, 60)}
NUSAX = (500, 100, 400)  # in each language


def described_data(choice: DataChoice, language: Language) -> str:
    """A data set with the rows of each split."""
    splits = zip(
        ("train", "validation", "test"),
        SPLITS.get(choice.name, NUSAX),
        (choice.train_rows, choice.validation_rows, choice.test_rows),
        strict=True,
    )
    counts = []
    for name, whole, part in splits:
        count = language.plain(whole)
        if part is not None and part < whole:
            count = language("split.part", count=language.plain(part), whole=count)
        counts.append(language(f"split.{name}", count=count))
    return f"{language.dataset(choice.name)}: {language.listed(counts)}"


def shared(study: Study, language: Language) -> list[tuple[str, str]]:
    """Topic by topic, what is the same for all rows."""
    parts = [
        ("topic.data", [_data(row, language) for row in study.rows]),
        ("topic.network", [_settings(row.model.kind, row.model, language) for row in study.rows]),
        ("topic.training", [_settings("training", row.training, language) for row in study.rows]),
    ]
    found = []
    for topic, rows in parts:
        same = [text for name, text in rows[0].items() if text and all(row.get(name) == text for row in rows)]
        if same:
            found.append((language(topic), "; ".join(same)))
    return found


def differing(study: Study, language: Language) -> str:
    """What is not the same for all rows; empty if all is."""
    rows: list[dict[str, Any]] = [_differing_values(row) for row in study.rows]
    names = dict.fromkeys(name for row in rows for name in row)
    different = [name for name in names if any(row.get(name) != rows[0].get(name) for row in rows)]
    return ", ".join(language.known(f"differs.{name}", name) for name in different)


def _differing_values(row: Row) -> dict[str, Any]:
    return {
        "data": row.data,
        **dict(row.model),
        **{name: value for name, value in row.training if name != "seed"},
    }


def _data(row: Row, language: Language) -> dict[str, str]:
    return {"data": described_data(row.data, language)}


def _settings(kind: str, settings: Settings, language: Language) -> dict[str, str]:
    """Each setting's phrase; empty for what is off and has no phrase that says so."""
    return {
        name: _phrase(f"{kind}.{name}", name, value, language)
        for name, value in settings
        if name not in ("kind", "seed")
    }


def _phrase(key: str, name: str, value: Any, language: Language) -> str:
    if value is False:
        return language.known(f"{key}.false", "")
    if value is None or value == 0 or value == ():
        return ""
    # A setting that is newer than these phrases is told by its name.
    phrase = language.known(f"{key}.{value}", language.known(key, f"{name} {{value}}"))
    return phrase.format(value=_value(value, language))


def _value(value: Any, language: Language) -> str:
    if isinstance(value, int | float):
        return language.plain(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        # The layers of a block belong closer together than blocks do.
        return ", ".join(_value(part, language).replace(", ", "-") for part in value)
    return str(value)
