from __future__ import annotations

import os
import sys
from pathlib import Path

import pooch
import pytest

from maju.datasets.places import cache_folder, find
from maju.datasets.sources import CIFAR10, nusax_source
from maju.errors import DataError, MissingExtraError

NUSAX = nusax_source("indonesian")


def put(folder: Path, entry: str) -> Path:
    path = folder / entry
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_nothing_is_found_where_nothing_is() -> None:
    assert find(CIFAR10) is None
    assert find(NUSAX) is None


def test_the_cache_is_searched(cache: Path) -> None:
    entry = put(cache, "cifar-10-binary.tar.gz")
    assert find(CIFAR10) == entry
    assert find(NUSAX) is None


def test_the_environment_comes_before_the_cache(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cache, "nusax/indonesian")
    entry = put(tmp_path / "named", "nusax/indonesian")
    monkeypatch.setenv("MAJU_DATA_DIR", str(tmp_path / "named"))
    assert find(NUSAX) == entry


def test_a_folder_unpacked_comes_before_the_archive(tmp_path: Path) -> None:
    put(tmp_path, "cifar-10-binary.tar.gz")
    entry = put(tmp_path, "cifar-10-batches-bin")
    assert find(CIFAR10, tmp_path) == entry


@pytest.mark.parametrize("named", ["", "empty", "absent"])
def test_an_environment_that_lacks_the_data_falls_through_to_the_cache(
    named: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("MAJU_DATA_DIR", named and str(tmp_path / named))
    entry = put(cache, "nusax/indonesian")
    assert find(NUSAX) == entry


def test_the_argument_is_the_only_place(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(cache, "nusax/indonesian")
    put(tmp_path / "named", "nusax/indonesian")
    monkeypatch.setenv("MAJU_DATA_DIR", str(tmp_path / "named"))
    (tmp_path / "argument").mkdir()
    assert find(NUSAX, tmp_path / "argument") is None


def test_another_language_is_another_data_set(tmp_path: Path) -> None:
    put(tmp_path, "nusax/javanese")
    assert find(NUSAX, tmp_path) is None


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = put(tmp_path / "data", "nusax/indonesian")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert find(NUSAX, "~/data") == entry
    monkeypatch.setenv("MAJU_DATA_DIR", "~/data")
    assert find(NUSAX) == entry


def test_a_folder_that_cannot_be_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(
        DataError, match=r"^CIFAR-10 cannot be looked for: .*Permission denied: .*/locked/cifar"
    ):
        find(CIFAR10, "/locked")


def test_the_cache_is_that_of_the_operating_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder(CIFAR10) == Path(pooch.os_cache("maju"))


def test_the_environment_needs_no_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    entry = put(tmp_path, "cifar-10-binary.tar.gz")
    monkeypatch.setenv("MAJU_DATA_DIR", os.fspath(tmp_path))
    assert find(CIFAR10) == entry


def test_the_cache_needs_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    message = (
        r"^CIFAR-10 is not in MAJU_DATA_DIR, and downloading it needs more than maju's core: "
        r"pip install 'maju\[data\]'$"
    )
    with pytest.raises(MissingExtraError, match=message):
        find(CIFAR10)
