"""Reading HDF5 with care: no links out of the file, no array larger than what the file holds."""

from __future__ import annotations

import io
import math
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import MajuError, ModelFormatError
from maju.formats.guards import MAX_RATIO, Allowance, shorten

__all__ = ["attribute", "child", "open_file", "read_array", "steps", "text_list"]

#: How a heap of strings begins: its mark and its version.
HEAP = b"GCOL\x01\x00\x00\x00"


@contextmanager
def open_file(source: Path | bytes, what: str) -> Iterator[Any]:
    """An HDF5 file open for reading; damage that h5py stumbles over becomes a ModelFormatError."""
    import h5py  # put off: it is the dearest import of maju

    try:
        if isinstance(source, bytes):
            _check_heaps(source)
        else:
            with source.open("rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as data:
                _check_heaps(data)
        with h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r") as file:
            yield file
    except MajuError:
        raise
    except Exception as error:
        # h5py has no error of its own: a flipped bit shows as nearly any of Python's.
        raise ModelFormatError(f"{what}: damaged or truncated HDF5 ({shorten(str(error))})") from error


def _check_heaps(data: bytes | mmap.mmap) -> None:
    """Refuse a damaged heap of strings, over which the HDF5 library (1.14) would run for ever.

    A heap is ``GCOL``, a version, its size, and objects: number, count, size (all little-endian), content.
    """
    start, end = data.find(HEAP), 0
    while start >= 0:
        at, before = start + 16, end
        end = start + int.from_bytes(data[start + 8 : start + 16], "little")
        sound = before <= start and end <= len(data)
        while sound and at + 16 <= end:
            number = int.from_bytes(data[at : at + 2], "little")
            size = int.from_bytes(data[at + 8 : at + 16], "little")
            taken = 16 + -(-size // 8) * 8 if number else size  # object 0 is the free space, header included
            sound = 16 <= taken <= end - at
            at += taken
        if not sound:
            raise ValueError(f"a broken heap of strings at byte {start:,}")
        start = data.find(HEAP, start + 8)


def child(group: Any, path: str) -> Any:
    """The group or dataset at a path below a group, or None; only hard links are followed."""
    import h5py

    for step in path.split("/"):
        if not isinstance(group, h5py.Group) or step in ("", ".", ".."):
            return None
        link = group.get(step, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            place = shorten(f"{group.name}/{step}".lstrip("/"))
            raise ModelFormatError(f"{place}: a link to elsewhere, which no Keras writes")
        group = group[step]
    return group


def steps(name: str) -> list[str]:
    """The steps of a path that is a group's name: on Windows Keras joined them by backslashes."""
    return name.split("\\")


def attribute(holder: Any, name: str) -> Any:
    """An attribute, joined again where Keras cut it into ``name0``, ``name1``, ... since it was too long."""
    if name in holder.attrs:
        return _attribute(holder, name)
    chunks: list[npt.NDArray[Any]] = []
    while f"{name}{len(chunks)}" in holder.attrs:
        chunks.append(_attribute(holder, f"{name}{len(chunks)}"))
    return np.concatenate(chunks) if chunks else None


def _attribute(holder: Any, name: str) -> Any:
    """An attribute of strings or numbers: h5py crashes over some others in a damaged file."""
    import h5py

    stored = holder.attrs.get_id(name)
    kind = stored.get_type()
    claimed = math.prod(stored.shape or ()) * kind.get_size()
    plain = kind.get_class() in (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING)
    if not plain or claimed > holder.file.id.get_filesize():
        raise ValueError(f"the attribute {name} is no text")
    return holder.attrs[name]


def text_list(values: Any) -> list[str]:
    """An attribute of names as strings; HDF5 gives bytes or str, as the writer chose."""
    return [v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in np.asarray(values).ravel()]


def read_array(dataset: Any, where: str, allowance: Allowance) -> npt.NDArray[Any]:
    """The values of a dataset.

    Raises:
        ModelFormatError: it is no array of numbers, lies outside the file, or claims far more than is stored.
    """
    import h5py

    where = shorten(where)
    if dataset is None:
        raise ModelFormatError(f"{where}: there is no such array")
    if not isinstance(dataset, h5py.Dataset):
        raise ModelFormatError(f"{where}: expected an array, found a {type(dataset).__name__.lower()}")
    if dataset.is_virtual or dataset.external:
        raise ModelFormatError(f"{where}: its values lie in another file, which no Keras writes")
    two_bytes = dataset.dtype == "V2"  # Keras says beside it that they are a bfloat16; or the layer refuses
    if not (two_bytes or dataset.dtype.kind in "fiu") or dataset.shape is None:
        raise ModelFormatError(f"{where}: expected numbers, found {dataset.dtype}")
    claimed = math.prod(dataset.shape) * dataset.dtype.itemsize  # h5py's own product overflows
    stored = dataset.id.get_storage_size()
    if claimed > MAX_RATIO * stored:
        raise ModelFormatError(f"{where}: claims {claimed:,} bytes, but {stored:,} are stored")
    allowance.take(claimed, where)
    values: npt.NDArray[Any] = np.asarray(dataset[()])
    if two_bytes and attribute(dataset, "dtype") in ("bfloat16", b"bfloat16"):
        return _from_bfloat16(values)
    return values


def _from_bfloat16(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """As float32, whose first half a bfloat16 is."""
    halves = np.frombuffer(values.tobytes(), "<u2").astype(np.uint32)
    return (halves << 16).view(np.float32).reshape(values.shape)
