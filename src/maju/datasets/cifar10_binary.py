"""The binary version of CIFAR-10: six files of fixed-size records, in a folder or in the official archive."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from maju.datasets.dataset import Split
from maju.errors import DataError

__all__ = ["ARCHIVE", "CLASSES", "FILES", "FOLDER", "parse_records", "read_cifar10"]

FOLDER = "cifar-10-batches-bin"
ARCHIVE = "cifar-10-binary.tar.gz"
FILES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

RECORD_SIZE = 1 + 3 * 32 * 32  # a label, then the red, the green and the blue plane
RECORDS_PER_FILE = 10_000
OTHER_BYTES = 2**20  # ample for what else is in the archive: headers, padding, a page and a list of classes


def read_cifar10(location: Path) -> tuple[Split, Split]:
    """Read the 50,000 training and the 10,000 test records, in the order of the files.

    Args:
        location: the folder `FOLDER`, or the archive `ARCHIVE`, which is never unpacked to disk.

    Returns:
        Training and test split. x: (samples, 32, 32, 3), uint8. y: (samples,), int64.
    """
    batches = list(_read_folder(location) if location.is_dir() else _read_archive(location))
    x = np.concatenate([batch.x for batch in batches[:-1]])
    y = np.concatenate([batch.y for batch in batches[:-1]])
    return Split(x, y), batches[-1]


def parse_records(data: bytes | memoryview, where: str) -> Split:
    """Turn records of 1 label byte and 3,072 pixel bytes into images and classes.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".

    Args:
        data: whole records, one after the other.
        where: the file's name, for the error.

    Returns:
        x: (records, 32, 32, 3), uint8. y: (records,), int64.
    """
    records = np.frombuffer(data, np.uint8).reshape(-1, RECORD_SIZE)
    labels = records[:, 0]
    wrong = np.flatnonzero(labels >= len(CLASSES))
    if wrong.size:
        raise DataError(f"{where}: record {wrong[0]} has the label {labels[wrong[0]]}; labels are 0 to 9")
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return Split(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels.astype(np.int64))


def _read_folder(folder: Path) -> Iterable[Split]:
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise DataError(f"{folder} lacks {', '.join(missing)}")
    for name in FILES:
        path = folder / name
        _expect_file_size(path.stat().st_size, str(path))
        yield parse_records(path.read_bytes(), str(path))


def _read_archive(path: Path) -> Iterable[Split]:
    limit = len(FILES) * _file_size() + OTHER_BYTES
    try:
        # In one piece: gzip compares its checksum at the end alone, and no archive outgrows the limit.
        with gzip.open(path) as stream:
            content = stream.read(limit + 1)
        if len(content) > limit:
            raise DataError(f"{path} unpacks to more than {limit:,} bytes; the official archive does not")
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            members = archive.getmembers()
    except (gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError, ValueError, OverflowError) as error:
        raise DataError(f"{path} is not a whole .tar.gz archive ({error})") from error
    for name in FILES:
        where = f"{path}: {FOLDER}/{name}"
        found = [member for member in members if member.name == f"{FOLDER}/{name}"]
        if len(found) != 1:
            raise DataError(f"{path} holds {FOLDER}/{name} {len(found)} times, not once")
        member = found[0]
        if not member.isreg() or member.issparse():
            raise DataError(f"{where} is a link or another special entry, not a plain file")
        records = memoryview(content)[member.offset_data :][: member.size]
        _expect_file_size(len(records), where)
        yield parse_records(records, where)


def _expect_file_size(size: int, where: str) -> None:
    if size != _file_size():
        records = f"{RECORDS_PER_FILE:,} records of {RECORD_SIZE:,}"
        raise DataError(f"{where} has {size:,} bytes, not {_file_size():,} ({records})")


def _file_size() -> int:
    return RECORDS_PER_FILE * RECORD_SIZE
