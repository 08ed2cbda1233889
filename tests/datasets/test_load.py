from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maju.datasets import Dataset, Split, cifar10, fetch, is_local, nusax
from maju.datasets.cifar10_binary import ARCHIVE, CLASSES, read_cifar10
from maju.datasets.sources import Source
from maju.errors import DataError, MissingExtraError


def as_set(split: Split) -> set[tuple[bytes, int]]:
    return {(image.tobytes(), int(label)) for image, label in zip(split.x, split.y, strict=True)}


def test_cifar10_is_split_four_to_one_and_the_test_split_is_left_alone(cifar10_folder: Path) -> None:
    dataset = cifar10(cifar10_folder.parent)
    (x_train, y_train), (x_val, y_val), (x_test, y_test) = dataset
    assert [len(x) for x in (x_train, x_val, x_test)] == [120, 30, 30]
    labelled, test = read_cifar10(cifar10_folder)
    train_set, validation_set = as_set(Split(x_train, y_train)), as_set(Split(x_val, y_val))
    assert len(train_set) == 120
    assert not train_set & validation_set
    assert train_set | validation_set == as_set(labelled)
    np.testing.assert_array_equal(x_test, test.x)
    np.testing.assert_array_equal(y_test, test.y)


def test_the_split_is_the_permutation_of_the_seed(cifar10_folder: Path) -> None:
    labelled, _ = read_cifar10(cifar10_folder)
    order = np.random.default_rng(5).permutation(150)
    dataset = cifar10(cifar10_folder.parent, seed=5)
    np.testing.assert_array_equal(dataset.train.x, labelled.x[order[:120]])
    np.testing.assert_array_equal(dataset.train.y, labelled.y[order[:120]])
    np.testing.assert_array_equal(dataset.validation.x, labelled.x[order[120:]])
    np.testing.assert_array_equal(dataset.validation.y, labelled.y[order[120:]])


def test_the_seed_decides(cifar10_folder: Path) -> None:
    first, again, other = (cifar10(cifar10_folder.parent, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.train.x, again.train.x)
    assert as_set(first.validation) != as_set(other.validation)
    np.testing.assert_array_equal(first.test.x, other.test.x)


def test_cifar10_says_what_it_is(cifar10_folder: Path) -> None:
    dataset = cifar10(cifar10_folder.parent)
    assert (dataset.name, dataset.classes) == ("CIFAR-10", CLASSES)
    assert dataset.source == str(cifar10_folder)
    assert dataset.train.x.shape[1:] == (32, 32, 3)
    assert dataset.train.x.dtype == np.uint8
    assert dataset.train.y.dtype == np.int64


def test_cifar10_from_the_archive(
    archive: bytes, cifar10_folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir(parents=True)
    (cache / ARCHIVE).write_bytes(archive)
    from_archive, from_folder = cifar10(), cifar10(cifar10_folder.parent)
    assert from_archive.source == str(cache / ARCHIVE)
    for mine, yours in zip(from_archive, from_folder, strict=True):
        np.testing.assert_array_equal(mine.x, yours.x)
        np.testing.assert_array_equal(mine.y, yours.y)


def test_nusax_says_what_it_is(nusax_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJU_DATA_DIR", str(nusax_folder.parent.parent))
    dataset = nusax()
    assert dataset.name == "NusaX-Sentiment (indonesian)"
    assert dataset.classes == ("negative", "neutral", "positive")
    assert dataset.source == str(nusax_folder)
    assert [len(split.y) for split in dataset] == [500, 100, 400]
    assert dataset.train.x[0] == "kalimat train.csv, nomor 0"


def test_a_data_set_does_not_change(nusax_folder: Path) -> None:
    dataset = nusax(data_dir=nusax_folder.parent.parent)
    assert isinstance(dataset, Dataset)
    with pytest.raises(FrozenInstanceError):
        setattr(dataset, "name", "another")  # noqa: B010 - as an assignment, mypy refuses it too


def test_an_unknown_language() -> None:
    with pytest.raises(DataError, match=r"^NusaX has no language 'klingon'; it has acehnese"):
        nusax("klingon")


def test_an_argument_that_lacks_the_data_is_an_error_and_asks_no_server(
    small_cifar10: Source, site: Any, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    message = (
        f"{empty} does not hold CIFAR-10: there is no cifar-10-batches-bin/ or cifar-10-binary.tar.gz in it"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        cifar10(empty)
    message = (
        f"{empty} does not hold NusaX-Sentiment (javanese): "
        "there is no nusax/javanese/ with train.csv, valid.csv, test.csv in it"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        nusax("javanese", data_dir=empty)
    assert site.asked == []


def test_a_damaged_file_is_named_with_a_way_out(cifar10_folder: Path) -> None:
    path = cifar10_folder / "data_batch_1.bin"
    path.write_bytes(path.read_bytes()[:-100])
    message = (
        f"{path} has 92,090 bytes, not 92,190 (30 records of 3,073). "
        f"Put a whole copy there, or remove {cifar10_folder} and run `maju data`"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        cifar10(cifar10_folder.parent)


def test_a_damaged_copy_in_the_environment_is_not_passed_over(
    nusax_folder: Path, small_nusax: Source, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAJU_DATA_DIR", str(nusax_folder.parent.parent))
    (nusax_folder / "valid.csv").unlink()
    with pytest.raises(DataError, match=r"indonesian lacks valid\.csv\. Put a whole copy there, or remove "):
        fetch("nusax", base_url=site.url)
    assert site.asked == []


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "nusax" / "indonesian").mkdir(parents=True)
    for name in ("train.csv", "valid.csv", "test.csv"):
        (tmp_path / "nusax" / "indonesian" / name).write_text("id,text,label\n")

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        with pytest.raises(DataError, match=r"indonesian cannot be read: .*Permission denied: .*train\.csv"):
            nusax(data_dir=tmp_path)


def test_what_is_nowhere_is_downloaded_into_the_cache_once(
    small_cifar10: Source,
    archive: bytes,
    site: Any,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAJU_DATA_DIR", str(tmp_path / "without it"))
    site.serve(f"/mirror/{ARCHIVE}", archive)
    assert not is_local("cifar10")
    first, second = cifar10(), cifar10()
    assert first.source == second.source == str(cache / ARCHIVE)
    assert site.asked == [f"/mirror/{ARCHIVE}"]
    assert [len(split.y) for split in first] == [120, 30, 30]
    assert is_local("cifar10")


def test_fetch_downloads_from_the_address_it_is_given(
    small_nusax: Source, nusax_files: dict[str, bytes], site: Any, cache: Path
) -> None:
    for name, content in nusax_files.items():
        site.serve(f"/mirror/indonesian/{name}", content)
    assert fetch("nusax", base_url=site.url, progress=False) == cache / "nusax" / "indonesian"
    assert len(site.asked) == 3
    assert fetch("nusax", base_url=site.url, progress=False) == cache / "nusax" / "indonesian"
    assert len(site.asked) == 3
    assert nusax().source == str(cache / "nusax" / "indonesian")


def test_fetch_reads_what_it_finds(cifar10_folder: Path) -> None:
    assert fetch("cifar10", data_dir=cifar10_folder.parent) == cifar10_folder
    content = bytearray((cifar10_folder / "test_batch.bin").read_bytes())
    content[0] = 10
    (cifar10_folder / "test_batch.bin").write_bytes(content)
    with pytest.raises(
        DataError, match=r"test_batch\.bin: record 0 has the label 10; labels are 0 to 9\. Put"
    ):
        fetch("cifar10", data_dir=cifar10_folder.parent)


def test_no_network_and_no_data(small_cifar10: Source, site: Any, cache: Path) -> None:
    with pytest.raises(DataError) as caught:
        cifar10()
    message = str(caught.value)
    assert message.startswith("CIFAR-10 is not on this machine and could not be downloaded from http://")
    assert "(1) set MAJU_DATA_DIR to a folder that holds cifar-10-batches-bin/ or cifar-10-binary" in message
    assert f"(2) put that into the cache folder {cache};" in message
    assert message.endswith("(3) connect to the internet and run `maju data`")
    assert list(cache.rglob("*")) == []
    assert not is_local("cifar10")


def test_is_local_looks_where_loading_looks(
    nusax_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = nusax_folder.parent.parent
    assert not is_local("nusax")
    assert is_local("nusax", data_dir=data)
    assert not is_local("nusax", "javanese", data_dir=data)
    assert not is_local("cifar10", data_dir=data)
    monkeypatch.setenv("MAJU_DATA_DIR", str(data))
    assert is_local("nusax")
    assert not is_local("nusax", data_dir=tmp_path / "elsewhere")


def test_is_local_knows_the_names() -> None:
    with pytest.raises(DataError, match=r"^there is no data set 'mnist'"):
        is_local("mnist")


def test_without_the_extra_the_cache_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    assert not is_local("cifar10")
    with pytest.raises(
        MissingExtraError, match=r"^CIFAR-10 is not in MAJU_DATA_DIR, and downloading it needs"
    ):
        cifar10()


EXTRAS = ("h5py", "keras", "pooch", "requests", "tensorflow", "tqdm")


def test_reading_data_imports_no_extra(nusax_folder: Path) -> None:
    script = (
        "import sys; from maju.datasets import nusax; nusax(data_dir=sys.argv[1]); "
        "print([name for name in sys.argv[2:] if name in sys.modules])"
    )
    command = [sys.executable, "-c", script, str(nusax_folder.parent.parent), *EXTRAS]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"
