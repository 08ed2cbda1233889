"""Changing what a model file holds, to see what a reader makes of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py

__all__ = ["members", "rewrite", "rewrite_h5", "write_archive"]


def members(path: Path) -> dict[str, bytes]:
    """What an archive holds, by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_archive(path: Path, held: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    """An archive that holds these files."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return path


def rewrite(
    source: Path,
    target: Path,
    config: Callable[[Any], Any] = lambda document: document,
    metadata: Callable[[Any], Any] = lambda document: document,
    weights: Callable[[Any], None] | None = None,
) -> Path:
    """A `.keras` file with other contents.

    Args:
        config, metadata: take the parsed JSON, and change it or return another.
        weights: takes the open HDF5 file of the weights, and changes it.
    """
    held = members(source)
    for name, change in (("config.json", config), ("metadata.json", metadata)):
        document = json.loads(held[name])
        changed = change(document)
        held[name] = json.dumps(document if changed is None else changed).encode()
    if weights is not None:
        buffer = io.BytesIO(held["model.weights.h5"])
        with h5py.File(buffer, "r+") as file:
            weights(file)
        held["model.weights.h5"] = buffer.getvalue()
    return write_archive(target, held)


def rewrite_h5(source: Path, target: Path, change: Callable[[Any], None]) -> Path:
    """An HDF5 file with other contents; `change` takes it open."""
    target.write_bytes(source.read_bytes())
    with h5py.File(target, "r+") as file:
        change(file)
    return target
