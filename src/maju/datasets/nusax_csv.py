"""NusaX-Sentiment as published: three CSV files a language, with the columns id, text and label."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from maju.datasets.dataset import Split
from maju.errors import DataError

__all__ = ["CLASSES", "ROWS", "parse_csv", "read_nusax"]

CLASSES = ("negative", "neutral", "positive")
ROWS = {"train.csv": 500, "valid.csv": 100, "test.csv": 400}  # the same for every language
COLUMNS = ("id", "text", "label")


def read_nusax(folder: Path) -> tuple[Split, Split, Split]:
    """Read one language's training, validation and test files.

    Returns:
        Three splits. x: (samples,), strings of NumPy's fixed-width kind ``<U``. y: (samples,), int64.
    """
    missing = [name for name in ROWS if not (folder / name).is_file()]
    if missing:
        raise DataError(f"{folder} lacks {', '.join(missing)}")
    train, validation, test = (_read_file(folder / name, rows) for name, rows in ROWS.items())
    return train, validation, test


def parse_csv(data: bytes, where: str) -> Split:
    """Turn the bytes of a CSV file with the columns id, text and label into texts and classes.

    Args:
        data: UTF-8, with a header.
        where: the file's name, for the errors.

    Returns:
        x: (rows,), ``<U``. y: (rows,), int64.
    """
    try:
        text = data.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except UnicodeDecodeError as error:
        raise DataError(f"{where} is not UTF-8: byte {error.start} is {data[error.start]:#04x}") from error
    except csv.Error as error:
        raise DataError(f"{where} is not a whole CSV file ({error})") from error
    if not rows:
        raise DataError(f"{where} is empty")
    header, *rows = rows
    absent = [column for column in COLUMNS if column not in header]
    if absent:
        raise DataError(f"{where} lacks the column {', '.join(absent)}; its columns are {', '.join(header)}")
    if not rows:
        raise DataError(f"{where} has a header and no rows")
    text_at, label_at = header.index("text"), header.index("label")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise DataError(f"{where}: row {number} has {len(row)} fields, not {len(header)}")
        if row[label_at] not in CLASSES:
            raise DataError(
                f"{where}: row {number} has the label {row[label_at]!r}; labels are {', '.join(CLASSES)}"
            )
    texts = np.array([row[text_at] for row in rows])
    return Split(texts, np.array([CLASSES.index(row[label_at]) for row in rows], np.int64))


def _read_file(path: Path, rows: int) -> Split:
    split = parse_csv(path.read_bytes(), str(path))
    if len(split.y) != rows:
        raise DataError(f"{path} has {len(split.y)} rows, not {rows}")
    return split
