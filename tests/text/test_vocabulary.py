from __future__ import annotations

from pathlib import Path

import keras
import pytest

from maju.errors import ModelFormatError
from maju.text import learn_vocabulary, read_vocabulary


def test_falling_count_then_falling_bytes() -> None:
    tokens = [b"b", b"a", b"c", b"c", "é".encode(), b"", b"[UNK]", b""]
    assert learn_vocabulary(tokens) == [b"c", "é".encode(), b"b", b"a"]
    assert learn_vocabulary(tokens, 2) == [b"c", "é".encode()]
    assert learn_vocabulary(tokens, 0) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\n[UNK]\nsaya\nsuka", ["", "[UNK]", "saya", "suka"]),
        (b"[UNK]\nsaya\nsuka", ["[UNK]", "saya", "suka"]),
        (b"[UNK]\nsaya\nsuka\n", ["[UNK]", "saya", "suka"]),
        (b"\r\n[UNK]\r\nsaya", ["", "[UNK]", "saya"]),
        (b"[UNK]\na\r\nb", ["[UNK]", "a\r", "b"]),
        ("[UNK]\nÉ\na\u2028b\nc\x0c\n\x85".encode(), ["[UNK]", "É", "a\u2028b", "c\x0c", "\x85"]),
        ("[UNK]\ncafé".encode("cp1252"), ["[UNK]", "café"]),
        (b"[UNK]\na\n\n\nb", ["[UNK]", "a", "\n", "b"]),
        (b"\n[UNK]\n\n\nb", ["", "[UNK]", "\n", "b"]),
        (b"[UNK]\na\n\n", ["[UNK]", "a", "\n"]),
        (b"[UNK]", ["[UNK]"]),
    ],
    ids=[
        "ids",
        "counts",
        "line end at the end",
        "Windows",
        "a carriage return in a token",
        "other line separators",
        "Windows-1252",
        "a line feed as a token",
        "a line feed first",
        "a line feed last",
        "nothing learned",
    ],
)
def test_read_vocabulary(content: bytes, expected: list[str]) -> None:
    assert read_vocabulary(content) == expected
    assert read_vocabulary(content, len(expected)) == expected


@pytest.mark.parametrize(
    ("content", "size", "message"),
    [
        (b"[UNK]\na\nb", 4, "the vocabulary file holds 3 tokens, the model's configuration says 4"),
        (b"[UNK]\na\n\nb", None, "line 3 of the vocabulary file is empty: the file is damaged"),
        (b"[UNK]\n\xc3\x81\x81\xff", None, "neither in UTF-8 nor in Windows-1252"),
    ],
    ids=["too few", "an empty line", "no text"],
)
def test_a_damaged_file_is_refused(content: bytes, size: int | None, message: str) -> None:
    with pytest.raises(ModelFormatError, match=message):
        read_vocabulary(content, size)


@pytest.mark.parametrize("mode", ["int", "count"])
@pytest.mark.parametrize("split", ["whitespace", "character"])
def test_reads_what_keras_writes(mode: str, split: str, tmp_path: Path) -> None:
    layer = keras.layers.TextVectorization(output_mode=mode, split=split, standardize=None)
    layer.adapt(["baris\npertama\n\n", "É é e\u0301 a\u2028b c\x0bd", "\u3000 ,,\x85 \x1c"])
    layer.save_assets(str(tmp_path))
    content = (tmp_path / "vocabulary.txt").read_bytes()
    assert read_vocabulary(content, layer.vocabulary_size()) == layer.get_vocabulary()
