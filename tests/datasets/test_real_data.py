"""The real data sets, where MAJU_DATA_DIR holds them; elsewhere every test here says that it did not run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maju.datasets import NUSAX_LANGUAGES, cifar10, fetch, is_local, nusax
from maju.datasets.places import find
from maju.datasets.sources import nusax_source

pytestmark = pytest.mark.data


def test_cifar10_counts_and_classes(real_data: Path) -> None:
    dataset = cifar10()
    assert dataset.source.startswith(str(real_data))
    assert [split.x.shape for split in dataset] == [
        (40_000, 32, 32, 3),
        (10_000, 32, 32, 3),
        (10_000, 32, 32, 3),
    ]
    both = np.concatenate([dataset.train.y, dataset.validation.y])
    assert np.bincount(both).tolist() == [5_000] * 10
    assert np.bincount(dataset.test.y).tolist() == [1_000] * 10
    # In photographs neighbours are alike; in planes read in a wrong order they are not.
    images = dataset.test.x[:1000].astype(float)
    assert np.abs(np.diff(images, axis=1)).mean() < 20
    assert np.abs(np.diff(images, axis=2)).mean() < 20
    # Ships and aeroplanes stand before blue, frogs do not.
    blueness = images[..., 2].mean(axis=(1, 2)) - images[..., 0].mean(axis=(1, 2))
    labels = dataset.test.y[:1000]
    mean = {
        name: blueness[labels == dataset.classes.index(name)].mean() for name in ("airplane", "ship", "frog")
    }
    assert min(mean["airplane"], mean["ship"]) > 0 > mean["frog"]


@pytest.mark.parametrize("language", NUSAX_LANGUAGES)
def test_nusax_counts_and_classes(real_data: Path, language: str) -> None:
    dataset = nusax(language)
    assert dataset.source == str(real_data / "nusax" / language)
    assert [np.bincount(split.y).tolist() for split in dataset] == [
        [192, 119, 189],
        [38, 24, 38],
        [153, 96, 151],
    ]
    assert all(text.strip() for split in dataset for text in split.x)


def test_nusax_begins_as_published(real_data: Path) -> None:
    train = nusax().train
    assert train.x[0].startswith("Nikmati cicilan 0% hingga 12 bulan")
    assert train.y[:2].tolist() == [1, 2]


@pytest.mark.parametrize("language", NUSAX_LANGUAGES)
def test_nusax_downloads_with_the_official_checksums(
    real_data: Path, language: str, site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("train.csv", "valid.csv", "test.csv"):
        content = (real_data / "nusax" / language / name).read_bytes()
        site.serve(f"/mirror/{language}/{name}", content)
    monkeypatch.delenv("MAJU_DATA_DIR")
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / project)
    location = fetch("nusax", language, base_url=site.url, progress=False)
    assert location == tmp_path / "maju" / "nusax" / language
    assert find(nusax_source(language)) == location
    assert is_local("nusax", language)
