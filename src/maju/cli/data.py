"""`maju data`: find, fetch and check the data sets."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from maju import datasets
from maju.cli import console
from maju.datasets import Dataset
from maju.errors import MajuError

__all__ = ["data"]


class Name(StrEnum):
    """A data set, or both."""

    CIFAR10 = "cifar10"
    NUSAX = "nusax"
    ALL = "all"


def data(
    dataset: Annotated[Name, typer.Option(help="Which data set.")] = Name.ALL,
    language: Annotated[
        str, typer.Option(metavar="NAME", help=f"Of NusaX: {', '.join(datasets.NUSAX_LANGUAGES)}.")
    ] = "indonesian",
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The only folder to look in, without downloading. By default MAJU_DATA_DIR, then the user's "
            "cache, then a download into the cache.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Find or download the data sets, check them and count them.

    These are CIFAR-10 and NusaX-Sentiment.
    The exit code is 2 if a data set is missing or damaged.

    \b
    Examples:
      maju data
      maju data --dataset nusax --language javanese
    """
    wanted = [Name.CIFAR10, Name.NUSAX] if dataset is Name.ALL else [dataset]
    failures: list[MajuError] = []
    for number, name in enumerate(wanted):
        if number:
            console.say("")
        try:
            _show(_load(name, language, data_dir))
        except MajuError as error:
            console.error(str(error))
            failures.append(error)
    if failures:
        raise typer.Exit(2)


def _load(name: Name, language: str, data_dir: Path | None) -> Dataset:
    with console.status(f"Reading {name}"):
        if datasets.is_local(name, language, data_dir):
            return _read(name, language, data_dir)
    datasets.fetch(name, language, data_dir=data_dir, progress=sys.stderr.isatty())
    return _read(name, language, data_dir)


def _read(name: Name, language: str, data_dir: Path | None) -> Dataset:
    return datasets.cifar10(data_dir) if name is Name.CIFAR10 else datasets.nusax(language, data_dir)


def _show(dataset: Dataset) -> None:
    console.say(f"{dataset.name}: {dataset.source}", style="bold")
    console.say("")
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    table = console.Table("Class", *splits, right=list(splits))
    counts = [np.bincount(split.y, minlength=len(dataset.classes)) for split in splits.values()]
    for label, *row in zip(dataset.classes, *counts, strict=True):
        table.add(label, *(f"{count:,}" for count in row))
    table.add("all", *(f"{len(split.y):,}" for split in splits.values()), style="bold")
    table.show()
