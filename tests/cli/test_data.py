"""`maju data`, on small data sets that lie as the real ones do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.fixtures import Maju
from maju import datasets
from maju.datasets import cifar10_binary, nusax_csv
from maju.errors import DataError

RECORDS = 20
ROWS = {"train.csv": 6, "valid.csv": 2, "test.csv": 3}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with both, each smaller than the real one, which the readers are told to expect."""
    monkeypatch.setattr(cifar10_binary, "RECORDS_PER_FILE", RECORDS)
    monkeypatch.setattr(nusax_csv, "ROWS", ROWS)
    monkeypatch.delenv("MAJU_DATA_DIR", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    rng = np.random.default_rng(0)
    images = tmp_path / "data" / "cifar-10-batches-bin"
    images.mkdir(parents=True)
    for name in cifar10_binary.FILES:
        records = rng.integers(0, 256, (RECORDS, cifar10_binary.RECORD_SIZE), np.uint8)
        records[:, 0] = np.arange(RECORDS) % 10
        (images / name).write_bytes(records.tobytes())
    texts = tmp_path / "data" / "nusax" / "javanese"
    texts.mkdir(parents=True)
    for name, rows in ROWS.items():
        lines = [f"{i},teks {i},{nusax_csv.CLASSES[i % 2]}" for i in range(rows)]
        (texts / name).write_text("\n".join(["id,text,label", *lines]) + "\n")
    return tmp_path / "data"


def counts(stdout: str) -> dict[str, list[int]]:
    """The numbers of each row of the tables."""
    rows = [line.split() for line in stdout.splitlines()]
    return {row[0]: [int(n) for n in row[1:]] for row in rows if len(row) == 4 and row[1].isdigit()}


def test_both_with_their_counts(cli: Maju, folder: Path) -> None:
    result = cli("data", "--data-dir", folder, "--language", "javanese")
    assert (result.code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == f"CIFAR-10: {folder / 'cifar-10-batches-bin'}"
    assert f"NusaX-Sentiment (javanese): {folder / 'nusax' / 'javanese'}" in lines
    found = counts(result.stdout)
    assert found["negative"] == [3, 1, 2]
    assert found["neutral"] == [3, 1, 1]
    assert found["positive"] == [0, 0, 0]
    for name in cifar10_binary.CLASSES:
        train, validation, test = found[name]
        assert (train + validation, test) == (10, 2)


def test_the_totals(cli: Maju, folder: Path) -> None:
    result = cli("data", "--data-dir", folder, "--dataset", "cifar10")
    assert counts(result.stdout)["all"] == [80, 20, 20]
    assert "NusaX" not in result.stdout


def test_the_folder_of_the_environment(cli: Maju, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJU_DATA_DIR", str(folder))
    result = cli("data", "--dataset", "nusax", "--language", "javanese")
    assert result.code == 0
    assert str(folder / "nusax" / "javanese") in result.stdout


def test_one_is_missing_and_the_other_is_shown(cli: Maju, folder: Path) -> None:
    result = cli("data", "--data-dir", folder)
    assert result.code == 2
    assert result.stdout.startswith("CIFAR-10: ")
    assert result.stderr.startswith(f"error: {folder} does not hold NusaX-Sentiment (indonesian)")
    assert result.stderr.count("\n") == 1


def test_one_is_damaged(cli: Maju, folder: Path) -> None:
    path = folder / "cifar-10-batches-bin" / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:-1])
    message = cli("data", "--data-dir", folder, "--dataset", "cifar10").error
    assert message.startswith(f"{path} has 61,459 bytes, not 61,460")


def test_a_language_that_is_not_there(cli: Maju, folder: Path) -> None:
    message = cli("data", "--dataset", "nusax", "--language", "klingon").error
    assert message.startswith("NusaX has no language 'klingon'; it has acehnese, ")


def test_what_is_not_here_is_fetched_without_a_bar_where_nobody_sees_it(
    cli: Maju, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Any] = []

    def fetch(*arguments: Any, **options: Any) -> None:
        calls.append((arguments, options))
        raise DataError("there is no network")

    monkeypatch.setattr(datasets, "fetch", fetch)
    assert cli("data", "--dataset", "nusax").error == "there is no network"
    assert calls == [(("nusax", "indonesian"), {"data_dir": None, "progress": False})]


def test_what_was_fetched_is_shown(cli: Maju, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(*_: Any, **__: Any) -> None:
        monkeypatch.setenv("MAJU_DATA_DIR", str(folder))

    monkeypatch.setattr(datasets, "fetch", fetch)
    result = cli("data", "--dataset", "nusax", "--language", "javanese")
    assert (result.code, counts(result.stdout)["all"]) == (0, [6, 2, 3])
