"""Where data sets are looked for on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from maju.datasets.sources import Source
from maju.errors import DataError, MissingExtraError

__all__ = ["cache_folder", "find"]


def find(source: Source, data_dir: str | os.PathLike[str] | None = None) -> Path | None:
    """Find the file or folder that holds a data set, or None.

    Args:
        source: what to look for.
        data_dir: the only folder to look in; by default MAJU_DATA_DIR, then the cache.
    """
    folders = _folders(source) if data_dir is None else [Path(data_dir).expanduser()]
    entries = (folder / entry for folder in folders for entry in source.entries)
    try:
        return next((entry for entry in entries if entry.exists()), None)
    except OSError as error:
        raise DataError(f"{source.title} cannot be looked for: {error}") from error


def cache_folder(source: Source) -> Path:
    """Name the folder that downloads go into; it need not exist yet."""
    try:
        import pooch
    except ImportError as error:
        what = f"{source.title} is not in MAJU_DATA_DIR, and downloading it"
        raise MissingExtraError(what, "data") from error
    return Path(pooch.os_cache("maju"))


def _folders(source: Source) -> Iterator[Path]:
    named = os.environ.get("MAJU_DATA_DIR")
    if named:
        yield Path(named).expanduser()
    yield cache_folder(source)  # asked for last: what MAJU_DATA_DIR holds can be read without the extra
