from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maju.datasets.nusax_csv import CLASSES, parse_csv, read_nusax
from maju.errors import DataError

# NumPy's strings drop zero characters at their end, and UTF-8 has no lone surrogates.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.lists(st.tuples(TEXTS, st.sampled_from(CLASSES)), min_size=1, max_size=8))
def test_rows_round_trip(rows: list[tuple[str, str]]) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(["id", "text", "label"])
    writer.writerows([number, text, label] for number, (text, label) in enumerate(rows))
    x, y = parse_csv(written.getvalue().encode(), "file")
    assert x.tolist() == [text for text, _ in rows]
    assert [CLASSES[position] for position in y] == [label for _, label in rows]
    assert x.dtype.kind == "U"
    assert y.dtype == np.int64


def test_columns_are_found_by_name_and_a_byte_order_mark_is_no_part_of_one() -> None:
    x, y = parse_csv("\ufefflabel,id,text\nneutral,7,halo\n".encode(), "file")
    assert (x.tolist(), y.tolist()) == (["halo"], [1])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "f.csv is empty", id="empty"),
        pytest.param(b"id,text,label\n", "f.csv has a header and no rows", id="header alone"),
        pytest.param(
            b"id,text\n1,baik\n", "f.csv lacks the column label; its columns are id, text", id="no label"
        ),
        pytest.param(
            b"a;b\n", "f.csv lacks the column id, text, label; its columns are a;b", id="another file"
        ),
        pytest.param(
            b"id,text,label\n1,baik,positive\n2,biasa,netral\n",
            "f.csv: row 2 has the label 'netral'; labels are negative, neutral, positive",
            id="unknown label",
        ),
        pytest.param(
            b"id,text,label\n1,baik,positive\n2,bia", "f.csv: row 2 has 2 fields, not 3", id="cut in a row"
        ),
        pytest.param(
            b'id,text,label\n1,"baik',
            "f.csv is not a whole CSV file (unexpected end of data)",
            id="cut in quotes",
        ),
        pytest.param(
            b"id,text,label\n1,caf\xe9,neutral\n", "f.csv is not UTF-8: byte 19 is 0xe9", id="Latin-1"
        ),
        pytest.param("id,text,label\n".encode("utf-16"), "f.csv is not UTF-8: byte 0 is 0xff", id="UTF-16"),
    ],
)
def test_a_damaged_file_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_csv(content, "f.csv")
    assert str(caught.value) == message


def test_the_three_files_become_three_splits(nusax_folder: Path) -> None:
    train, validation, test = read_nusax(nusax_folder)
    assert [len(split.y) for split in (train, validation, test)] == [500, 100, 400]
    assert train.x[1] == "kalimat train.csv, nomor 1"
    assert validation.x[2] == "kalimat valid.csv, nomor 2"
    assert test.x[399] == "kalimat test.csv, nomor 399"
    assert test.y[:4].tolist() == [0, 1, 2, 0]


def test_missing_files_are_named(nusax_folder: Path) -> None:
    (nusax_folder / "valid.csv").unlink()
    with pytest.raises(DataError, match=r"indonesian lacks valid\.csv$"):
        read_nusax(nusax_folder)


def test_a_file_cut_between_two_rows_is_refused(nusax_folder: Path) -> None:
    rows = (nusax_folder / "test.csv").read_bytes().splitlines(keepends=True)
    (nusax_folder / "test.csv").write_bytes(b"".join(rows[:-30]))
    with pytest.raises(DataError, match=r"test\.csv has 370 rows, not 400$"):
        read_nusax(nusax_folder)
