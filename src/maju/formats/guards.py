"""Limits that keep a hostile or damaged file from costing more than its size."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from typing import Any

from maju.errors import ModelFormatError

__all__ = [
    "BROKEN",
    "MAX_CONFIG_BYTES",
    "MAX_DEPTH",
    "MAX_RATIO",
    "Allowance",
    "parse_json",
    "read_member",
    "shorten",
]

#: What reading raises where a document has another form than Keras gives it.
BROKEN = (KeyError, TypeError, IndexError, AttributeError, ValueError, OverflowError)
#: No architecture is larger: the largest of keras.applications takes under 1 MB.
MAX_CONFIG_BYTES = 32 << 20
#: About how many bytes of memory what a mark of JSON begins takes, and how many all of it may take.
JSON_COSTS = {"{": 500, "[": 100, ",": 40}
MAX_JSON_MEMORY = 256 << 20
#: How deep models and wrappers may be nested.
MAX_DEPTH = 32
#: How deep JSON may be nested: a model takes four levels, and what is in it about ten.
MAX_JSON_DEPTH = 200
#: How many times larger than its stored bytes an array may become (gzip's own limit is about 1,000).
MAX_RATIO = 1100
#: How much any file may unpack to, and how many times its own size a larger one may: trained weights,
#: which hardly compress, stay far below.
ALWAYS_ALLOWED = 64 << 20
MAX_TOTAL_RATIO = 100


class Allowance:
    """How many bytes may still be read out of a file of a given size, all its parts together."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.left = max(ALWAYS_ALLOWED, MAX_TOTAL_RATIO * size)

    def take(self, amount: int, where: str) -> None:
        """Count what is about to be read.

        Raises:
            ModelFormatError: it is more than what is left.
        """
        self.left -= amount
        if self.left < 0:
            raise ModelFormatError(f"{where}: the file's {self.size:,} bytes would unpack to far too many")


def parse_json(data: bytes | str, what: str) -> Any:
    """Parse JSON from a file; `what` names it in messages."""
    if len(data) > MAX_CONFIG_BYTES:
        raise ModelFormatError(f"{what}: {len(data):,} bytes of JSON; the limit is {MAX_CONFIG_BYTES:,}")
    text = (
        data if isinstance(data, str) else data.decode("latin-1")
    )  # one letter a byte, which is all it takes
    if sum(text.count(mark) * cost for mark, cost in JSON_COSTS.items()) > MAX_JSON_MEMORY:
        raise ModelFormatError(f"{what}: {len(data):,} bytes of JSON that hold far too many values")
    try:
        value = json.loads(data)
    except RecursionError:
        raise ModelFormatError(f"{what}: nested too deeply") from None
    except ValueError as error:  # also a UnicodeDecodeError
        raise ModelFormatError(f"{what}: not valid JSON ({error})") from None
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        level = [item for holder in level for item in _items(holder)]
        if not level:
            return value
    raise ModelFormatError(f"{what}: nested too deeply")


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, what: str) -> bytes:
    """What a file of an archive holds, and never more than the archive says of it.

    Raises:
        ModelFormatError: it is packed as Keras packs nothing, by a method that cannot be undone in bounds.
        ValueError: it holds more or less.
    """
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        name = shorten(info.filename)
        raise ModelFormatError(f"{what}: {name!r} is neither stored nor deflated; pack it anew")
    with archive.open(info) as file:
        content = file.read(info.file_size)  # without a number it would unpack all that is packed
        if len(content) != info.file_size:
            raise ValueError(f"{shorten(info.filename)!r} is not as long as the archive says")
    return content


def _items(value: Any) -> list[Any]:
    """The lists and objects right inside a list or an object."""
    held = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [item for item in held if isinstance(item, (dict, list))]


def shorten(text: str, limit: int = 200) -> str:
    """A text from a file for a message: on one line, its middle left out where it is long."""
    text = " ".join(text.split()) if "\n" in text else text
    return text if len(text) <= limit else f"{text[: limit - 60]} ... {text[-50:]}"
