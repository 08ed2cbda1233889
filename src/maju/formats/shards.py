"""Weights in several files: the `.weights.json` of Keras 3.10 and later, and the `.weights.h5` it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import ModelFormatError
from maju.formats import hdf5
from maju.formats.guards import Allowance, shorten
from maju.formats.keras3 import OPTIMIZER, Keras3Weights
from maju.formats.specification import ModelFile
from maju.formats.training_state import numbers, read_training

__all__ = ["read_shards"]

ENDING = ".weights.h5"
#: What parts a path or names a drive, on any system; and how long a name may be.
SEPARATORS = frozenset("/\\:")
LONGEST = 200


def read_shards(path: Path, weight_map: Any) -> ModelFile:
    """The weights that a list of several files holds.

    Args:
        path: the list; the files lie beside it.
        weight_map: what it says: for each group of arrays, as ``"/layers/dense/vars"``, in which file it is,
            or in which files.

    Raises:
        ModelFormatError: the list is broken, or a file is missing, damaged, or no regular file beside it.
    """
    groups = _groups(weight_map, path)
    shards = {name: _beside(path, name) for names in groups.values() for name in names}
    allowance = Allowance(sum(shard.stat().st_size for shard in shards.values()))

    def read(start: str) -> dict[str, dict[str, npt.NDArray[Any]]]:
        wanted = {group: names for group, names in groups.items() if f"{group}/".startswith(start)}
        return _read(wanted, shards, allowance)

    def variables() -> list[npt.NDArray[Any]] | None:
        held = read(f"{OPTIMIZER}/").get(OPTIMIZER)
        names = [str(index) for index in range(len(held or ()))]
        return None if held is None else numbers([(name, held.get(name)) for name in names])

    folders = read("layers/")
    training = read_training(lambda: None, variables, major=3)
    return ModelFile(path.name, None, Keras3Weights(folders, None, path.name), training=training)


def _groups(weight_map: Any, path: Path) -> dict[str, list[str]]:
    """For each group the files that hold a part of it."""
    if not isinstance(weight_map, Mapping) or not weight_map:
        raise ModelFormatError(f"{path.name}: a broken list of weights: its weight_map is no object")
    groups = {}
    for group, names in weight_map.items():
        names = names if isinstance(names, list) else [names]
        if not names or not all(isinstance(name, str) for name in names):
            raise ModelFormatError(f"{path.name}: a broken list of weights: no file for {shorten(group)!r}")
        groups[group.strip("/")] = names
    return groups


def _beside(path: Path, name: str) -> Path:
    """A file that the list names: a regular one in the same folder, so that no list leads elsewhere."""
    shard = path.parent / name
    if not name.endswith(ENDING) or not name.isprintable() or set(name) & SEPARATORS or len(name) > LONGEST:
        raise ModelFormatError(f"{path.name}: {shorten(name)!r} is no name of a {ENDING} beside it")
    if shard.is_symlink() or (shard.exists() and not shard.is_file()):
        raise ModelFormatError(f"{path.name}: {shorten(name)!r} is no regular file")
    if not shard.exists():
        raise ModelFormatError(f"{path.name}: {shorten(name)!r}, which it names, is not beside it")
    return shard


def _read(
    groups: Mapping[str, list[str]], shards: Mapping[str, Path], allowance: Allowance
) -> dict[str, dict[str, npt.NDArray[Any]]]:
    """The arrays of these groups by name; each file is opened once."""
    held: dict[str, dict[str, npt.NDArray[Any]]] = {group: {} for group in groups}
    for name, shard in shards.items():
        here = [group for group, names in groups.items() if name in names]
        if not here:
            continue
        with hdf5.open_file(shard, name) as file:
            for place in here:
                _add(held[place], hdf5.child(file, place), f"{name}: {shorten(place)}", allowance)
    return held


def _add(held: dict[str, npt.NDArray[Any]], group: Any, where: str, allowance: Allowance) -> None:
    """Put the arrays of a group beside those of the same group in other files."""
    import h5py

    if not isinstance(group, h5py.Group):
        raise ModelFormatError(f"{where}: there is no such group, which the list of weights names")
    for name in group:
        if name in held:
            raise ModelFormatError(f"{where}/{shorten(name)}: in two files")
        held[name] = np.asarray(hdf5.read_array(hdf5.child(group, name), f"{where}/{name}", allowance))
