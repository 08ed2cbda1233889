"""A nesting of numbers, texts and arrays in one file: NumPy's .npz without pickle, with JSON in it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from maju.errors import InputError, ModelFormatError
from maju.formats.atomic import replacing
from maju.formats.guards import BROKEN, parse_json, read_member, shorten
from maju.layers.base import Array

__all__ = ["read", "write"]

#: The member that holds the nesting; an array in it is an object of one key, its number among the others.
DOCUMENT = "document"
ARRAY = "$array"
#: What reading a damaged archive raises.
DAMAGED = (*BROKEN, EOFError, MemoryError, NotImplementedError, OSError, zipfile.BadZipFile)


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a nesting to a file, which is there whole or not at all.

    Args:
        content: dicts with texts as keys, lists, numbers, texts, None and arrays.

    Raises:
        InputError: something in it is none of these.
        OSError: the file cannot be written.
    """
    arrays: list[Array] = []
    document = json.dumps(_without_arrays(content, arrays, ""))
    named = {f"array_{place}": array for place, array in enumerate(arrays)}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **{DOCUMENT: np.frombuffer(document.encode(), np.uint8)}, **named)  # type: ignore[arg-type]


def _without_arrays(value: Any, arrays: list[Array], where: str) -> Any:
    """A nesting with each array moved to `arrays`, and its number in its place."""
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or key.startswith("$"):
                raise InputError(f"{where.lstrip('/')}: the key {key!r} cannot be kept; expected a text")
        return {key: _without_arrays(item, arrays, f"{where}/{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_arrays(item, arrays, f"{where}/{place}") for place, item in enumerate(value)]
    if isinstance(value, (np.ndarray, np.generic)) and not np.asarray(value).dtype.hasobject:
        arrays.append(np.asarray(value))
        return {ARRAY: len(arrays) - 1}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise InputError(
        f"{where.lstrip('/')}: a {type(value).__name__} cannot be kept; expected numbers, texts, arrays, or "
        "lists or dicts of them"
    )


def read(path: Path) -> Any:
    """The nesting that a file holds; lists where there were tuples.

    Raises:
        ModelFormatError: the file is truncated, damaged, or of another kind.
    """
    what = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(info.file_size for info in archive.infolist()) > path.stat().st_size:
                raise ModelFormatError(f"{what}: says that it holds more than its own size")
            arrays = {
                info.filename.removesuffix(".npy"): np.lib.format.read_array(
                    io.BytesIO(read_member(archive, info, what)), allow_pickle=False
                )
                for info in archive.infolist()
            }
        return _with_arrays(parse_json(arrays[DOCUMENT].tobytes(), what), arrays)
    except ModelFormatError:
        raise
    except DAMAGED as error:
        raise ModelFormatError(
            f"{what}: no checkpoint of a training, or a damaged one ({shorten(str(error))}); delete it, or "
            "choose another folder"
        ) from None


def _with_arrays(value: Any, arrays: Mapping[str, Array]) -> Any:
    if isinstance(value, dict):
        if list(value) == [ARRAY]:
            return arrays[f"array_{value[ARRAY]}"][()]
        return {key: _with_arrays(item, arrays) for key, item in value.items()}
    return [_with_arrays(item, arrays) for item in value] if isinstance(value, list) else value
