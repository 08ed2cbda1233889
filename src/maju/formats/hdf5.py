"""Reading HDF5 with care: no links out of the file, no array larger than what the file holds."""

from __future__ import annotations

import io
import math
import mmap
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import MajuError, ModelFormatError
from maju.formats.guards import MAX_RATIO, Allowance, shorten
from maju.layers.policies import from_bits

__all__ = ["attribute", "child", "open_file", "read_array", "steps", "text_list"]

#: How a heap of strings begins: its mark and its version.
HEAP = b"GCOL\x01\x00\x00\x00"
#: What a group or an attribute costs to be looked at, in bytes.
COST = 1 << 12
#: The filters that need no plugin, by their numbers: gzip, shuffle, fletcher32, LZF of h5py.
DEFLATE, FILTERS = 1, {1, 2, 3, 32000}
#: How many pieces an array may be cut into.
MAX_PIECES = 1 << 16


class _Names:
    """How much the names in an open file may still take, and how long the longest text in it is."""

    def __init__(self, size: int, longest: int) -> None:
        self.allowance = Allowance(size)
        self.longest = longest

    def take(self, amount: int, where: str) -> None:
        self.allowance.take(COST + amount, shorten(where))


_names: ContextVar[_Names] = ContextVar("names of the open file")


@contextmanager
def open_file(source: Path | bytes, what: str) -> Iterator[Any]:
    """An HDF5 file open for reading; damage that h5py stumbles over becomes a ModelFormatError."""
    import h5py  # put off: it is the dearest import of maju

    before = _names.set(_Names(0, 0))
    try:
        if isinstance(source, bytes):
            _names.set(_Names(len(source), _longest_text(source)))
        else:
            with source.open("rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as data:
                _names.set(_Names(len(data), _longest_text(data)))
        with h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r") as file:
            yield file
    except MajuError:
        raise
    except Exception as error:
        # h5py has no error of its own: a flipped bit shows as nearly any of Python's.
        raise ModelFormatError(f"{what}: damaged or truncated HDF5 ({shorten(str(error))})") from error
    finally:
        _names.reset(before)


def _longest_text(data: bytes | mmap.mmap) -> int:
    """How long the longest string in the heaps of a file is.

    A damaged heap, over which the HDF5 library (1.14) would run for ever, is refused with a ValueError.
    A heap is ``GCOL``, a version, its size, and objects: number, count, size (all little-endian), content.
    """
    longest = 0
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
            longest = max(longest, size if number else 0)
        if not sound:
            raise ValueError(f"a broken heap of strings at byte {start:,}")
        start = data.find(HEAP, start + 8)
    return longest


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
        _names.get().take(0, f"{group.name}/{step}")
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
    count = math.prod(stored.shape or ())
    claimed = count * kind.get_size()
    plain = kind.get_class() in (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING)
    if not plain or claimed > holder.file.id.get_filesize():
        raise ValueError(f"the attribute {name} is no text")
    of_any_length = kind.get_class() == h5py.h5t.STRING and kind.is_variable_str()
    _names.get().take(count * _names.get().longest if of_any_length else claimed, name)
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
    piece = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    allowance.take(max(claimed, piece), where)
    _check_pieces(dataset, piece, where)
    values: npt.NDArray[Any] = np.asarray(dataset[()])
    if two_bytes and attribute(dataset, "dtype") in ("bfloat16", b"bfloat16"):
        return from_bits(values)
    return values


def _check_pieces(dataset: Any, size: int, where: str) -> None:
    """Refuse an array that is cut into pieces of which one unpacks to more than its size.

    HDF5 unpacks all that there is before it looks how much of it belongs to the piece.
    """
    made = dataset.id.get_create_plist()
    filters = [made.get_filter(index)[0] for index in range(made.get_nfilters())]
    if len(set(filters)) < len(filters) or set(filters) - FILTERS:
        raise ModelFormatError(f"{where}: packed by filters {filters}, which no Keras uses")
    if DEFLATE not in filters:
        return
    starts = [range(0, n, step) for n, step in zip(dataset.shape, dataset.chunks, strict=True)]
    if math.prod(map(len, starts)) > MAX_PIECES:
        raise ModelFormatError(f"{where}: cut into more than {MAX_PIECES:,} pieces")
    for start in product(*starts):
        info = dataset.id.get_chunk_info_by_coord(start)
        if info.byte_offset is None:
            continue  # not stored, and so 0
        if info.size > dataset.file.id.get_filesize():
            raise ModelFormatError(f"{where}: a piece of it is larger than the file")
        _, packed = dataset.id.read_direct_chunk(start)
        checksum = 4
        try:
            unpacked = zlib.decompressobj().decompress(packed, size + checksum + 1)
        except zlib.error:
            continue  # stored as it is, since packing made it no smaller; or damaged, which HDF5 will say
        if len(unpacked) > size + checksum:
            raise ModelFormatError(f"{where}: a piece of it unpacks to more than its size")
