"""Reading HDF5 with care: no links out of the file, no array larger than what the file holds."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import ModelFormatError, Problem, UnsupportedModelError
from maju.formats.guards import MAX_RATIO

__all__ = ["attribute", "child", "open_file", "read_array", "text_list"]


@contextmanager
def open_file(source: Path | bytes, what: str) -> Iterator[Any]:
    """An HDF5 file open for reading; damage that h5py stumbles over becomes a ModelFormatError."""
    import h5py  # put off: it is the dearest import of maju

    try:
        with h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        # h5py has no error of its own: a flipped bit shows as any of these.
        raise ModelFormatError(f"{what}: damaged or truncated HDF5 ({error})") from error


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
            raise ModelFormatError(f"{group.name}/{step}: a link to elsewhere, which no Keras writes")
        group = group[step]
    return group


def attribute(holder: Any, name: str) -> Any:
    """An attribute, joined again where Keras cut it into ``name0``, ``name1``, ... since it was too long."""
    if name in holder.attrs:
        return holder.attrs[name]
    chunks: list[npt.NDArray[Any]] = []
    while f"{name}{len(chunks)}" in holder.attrs:
        chunks.append(holder.attrs[f"{name}{len(chunks)}"])
    return np.concatenate(chunks) if chunks else None


def text_list(values: Any) -> list[str]:
    """An attribute of names as strings; HDF5 gives bytes or str, as the writer chose."""
    return [v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in np.asarray(values).ravel()]


def read_array(dataset: Any, where: str) -> npt.NDArray[Any]:
    """The values of a dataset.

    Raises:
        ModelFormatError: it is no array of numbers, lies outside the file, or claims far more than is stored.
        UnsupportedModelError: its numbers are of a type that is not implemented.
    """
    import h5py

    if not isinstance(dataset, h5py.Dataset):
        raise ModelFormatError(f"{where}: expected an array, found {type(dataset).__name__.lower()}")
    if dataset.is_virtual or dataset.external:
        raise ModelFormatError(f"{where}: its values lie in another file, which no Keras writes")
    stored = dataset.id.get_storage_size()
    if dataset.nbytes > MAX_RATIO * max(stored, 1) + 4096:
        raise ModelFormatError(f"{where}: claims {dataset.nbytes:,} bytes, but {stored:,} are stored")
    if dataset.dtype.kind == "V":
        raise UnsupportedModelError([Problem(where, "bfloat16 weights are not implemented")])
    if dataset.dtype.kind not in "fiu":
        raise ModelFormatError(f"{where}: expected numbers, found {dataset.dtype}")
    values: npt.NDArray[Any] = dataset[()]
    return np.asarray(values)
