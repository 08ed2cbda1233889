"""Data sets by name: found or downloaded, read, checked and split."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from maju.datasets import cifar10_binary, nusax_csv, places
from maju.datasets.dataset import Dataset, Split
from maju.datasets.download import download
from maju.datasets.sources import CIFAR10, Source, nusax_source, source_named
from maju.errors import DataError, MissingExtraError

__all__ = ["cifar10", "fetch", "is_local", "nusax"]


def cifar10(data_dir: str | os.PathLike[str] | None = None, seed: int = 0) -> Dataset:
    """Load CIFAR-10: 40,000 training, 10,000 validation and 10,000 test images of 10 classes.

    The 50,000 training records are put in an order drawn from `seed`, without regard to their classes, and
    the last fifth becomes the validation split. The test split is the published one, in its own order.

    Args:
        data_dir: the folder that holds ``cifar-10-batches-bin/`` or ``cifar-10-binary.tar.gz``; by default
            MAJU_DATA_DIR, else the cache, else a download.
        seed: what the order is drawn from, by `numpy.random.default_rng`.

    Returns:
        Splits with x: (samples, 32, 32, 3), uint8, and y: (samples,), int64.

    Source: Krizhevsky, *Learning Multiple Layers of Features from Tiny Images*, 2009.
    """
    location = _obtain(CIFAR10, data_dir)
    labelled, test = _read(CIFAR10, location)
    order = np.random.default_rng(seed).permutation(len(labelled.y))
    kept, held_out = np.split(order, [len(order) * 4 // 5])
    train = Split(labelled.x[kept], labelled.y[kept])
    validation = Split(labelled.x[held_out], labelled.y[held_out])
    return Dataset(CIFAR10.title, train, validation, test, cifar10_binary.CLASSES, str(location))


def nusax(language: str = "indonesian", data_dir: str | os.PathLike[str] | None = None) -> Dataset:
    """Load NusaX-Sentiment in one language: 500 training, 100 validation and 400 test texts of 3 classes.

    Args:
        language: one of `NUSAX_LANGUAGES`.
        data_dir: the folder that holds ``nusax/<language>/``; by default MAJU_DATA_DIR, else the cache, else
            a download.

    Returns:
        The published splits, with x: (samples,), strings (``<U``), and y: (samples,), int64.

    Source: Winata et al., *NusaX: Multilingual Parallel Sentiment Dataset for 10 Indonesian Local Languages*,
    EACL 2023.
    """
    source = nusax_source(language)
    location = _obtain(source, data_dir)
    train, validation, test = _read(source, location)
    return Dataset(source.title, train, validation, test, nusax_csv.CLASSES, str(location))


def fetch(
    name: str,
    language: str = "indonesian",
    *,
    data_dir: str | os.PathLike[str] | None = None,
    base_url: str | None = None,
    progress: bool = True,
) -> Path:
    """Find or download a data set, read it through once, and return the file or folder that holds it.

    Args:
        name: ``"cifar10"`` or ``"nusax"``.
        language: which language of NusaX.
        data_dir: the only folder to look in; nothing is downloaded then.
        base_url: the address of a copy, to download from instead of the official address.
        progress: whether a download draws a bar on standard error.
    """
    source = source_named(name, language)
    location = _obtain(source, data_dir, base_url, progress)
    _read(source, location)
    return location


def is_local(name: str, language: str = "indonesian", data_dir: str | os.PathLike[str] | None = None) -> bool:
    """Say whether a data set is on this machine, so that loading it needs no network."""
    try:
        return places.find(source_named(name, language), data_dir) is not None
    except MissingExtraError:
        return False


def _obtain(
    source: Source,
    data_dir: str | os.PathLike[str] | None,
    base_url: str | None = None,
    progress: bool = True,
) -> Path:
    found = places.find(source, data_dir)
    if found is not None:
        return found
    if data_dir is not None:
        raise DataError(f"{data_dir} does not hold {source.title}: there is no {source.contents} in it")
    return download(source, places.cache_folder(source), base_url, progress)


def _read(source: Source, location: Path) -> tuple[Split, ...]:
    way_out = f"Put a whole copy there, or remove {location} and run `maju data`"
    try:
        return source.read(location)
    except DataError as error:
        raise DataError(f"{error}. {way_out}") from error
    except OSError as error:
        raise DataError(f"{location} cannot be read: {error}. {way_out}") from error
