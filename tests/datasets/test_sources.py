from __future__ import annotations

import re

import pytest

from maju.datasets import NUSAX_LANGUAGES
from maju.datasets.sources import CIFAR10, nusax_source, source_named
from maju.errors import DataError


def test_cifar10_is_the_binary_version_at_its_authors_address() -> None:
    (name,) = CIFAR10.files
    assert f"{CIFAR10.address}/{name}" == "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"


def test_nusax_is_at_its_authors_address() -> None:
    source = nusax_source("toba_batak")
    assert [f"{source.address}/{name}" for name in source.files] == [
        f"https://raw.githubusercontent.com/IndoNLP/nusax/main/datasets/sentiment/toba_batak/{split}.csv"
        for split in ("train", "valid", "test")
    ]


def test_nusax_has_twelve_languages() -> None:
    assert len(NUSAX_LANGUAGES) == 12
    assert "indonesian" in NUSAX_LANGUAGES


def test_every_published_file_has_a_checksum_of_its_own() -> None:
    sources = [CIFAR10, *(nusax_source(language) for language in NUSAX_LANGUAGES)]
    checksums = [checksum for source in sources for checksum in source.files.values()]
    assert len(set(checksums)) == len(checksums) == 1 + 12 * 3
    assert all(re.fullmatch("[0-9a-f]{64}", checksum) for checksum in checksums)


def test_names_lead_to_sources() -> None:
    assert source_named("cifar10", "indonesian") is CIFAR10
    assert source_named("nusax", "javanese") == nusax_source("javanese")


@pytest.mark.parametrize("name", ["mnist", "CIFAR10", ""])
def test_an_unknown_data_set_is_named(name: str) -> None:
    with pytest.raises(DataError, match=f"^there is no data set '{name}'; there are cifar10 and nusax$"):
        source_named(name, "indonesian")


@pytest.mark.parametrize("language", ["Indonesian", "../indonesian", ""])
def test_an_unknown_language_is_named(language: str) -> None:
    message = f"^NusaX has no language '{re.escape(language)}'; it has acehnese, balinese, .*, toba_batak$"
    with pytest.raises(DataError, match=message):
        nusax_source(language)
