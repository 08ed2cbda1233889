"""The files that a user names on the command line, as input for a model."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zipfile import BadZipFile

import numpy as np
import typer

from maju.cli import console
from maju.cli.images import ImageForm, Scale, read_image, scaled
from maju.errors import InputError
from maju.formats.specification import TensorRef, refs_in
from maju.layers import InputLayer
from maju.layers.base import Array
from maju.models import Model

__all__ = ["Inputs", "ResizeOption", "ScaleOption", "read_inputs"]

NPY, NPZ = b"\x93NUMPY", b"PK\x03\x04"

ResizeOption = Annotated[
    bool, typer.Option("--resize", help="Bring images to the model's size; the proportions are not kept.")
]
ScaleOption = Annotated[
    Scale,
    typer.Option(
        help="What black and white become. auto: 0..255 where the model begins with Rescaling "
        "or takes integers, else 0..1."
    ),
]


@dataclass(frozen=True)
class Inputs:
    """Input for a model: what `Model.predict` takes, and a name for each row."""

    names: list[str]
    x: Any


@dataclass(frozen=True)
class _Part:
    """What one file gives: rows of an array; `pixels` tells that they are still to be scaled."""

    path: str
    names: list[str]
    array: Array
    pixels: bool = False


def read_inputs(
    model: Model, paths: Sequence[str], resize: bool = False, scale: Scale = Scale.AUTO
) -> Inputs:
    """Read images, texts, `.npy` and `.npz`; the first bytes tell what a file is, not its name.

    Args:
        paths: the files; ``-`` is standard input.
        resize: whether images are brought to the model's size.
        scale: what the pixels of images become; arrays are taken as they are.

    Raises:
        InputError: a file cannot be read, or does not fit the model.
    """
    refs: list[TensorRef] = list(refs_in(model.spec.inputs))
    if len(refs) > 1:
        return _read_several(model, paths)
    entry = model[refs[0].layer]
    assert isinstance(entry, InputLayer)
    parts = [_read(model, entry, path, resize) for path in paths]
    for part in parts:
        if len(part.array) == 0:
            raise InputError(f"{part.path}: no rows")
    shapes = {part.array.shape[1:]: part for part in parts}
    if len(shapes) > 1:
        one, other, *_ = shapes.values()
        both = f"{one.array.shape[1:]} and {other.array.shape[1:]}"
        raise InputError(f"{one.path} and {other.path} differ in shape: {both}; run them one by one")
    arrays = [part.array for part in parts]
    images = [index for index, part in enumerate(parts) if part.pixels]
    for index in images:
        arrays[index], assumed = scaled(arrays[index], model, refs[0], entry, scale)
        if assumed and index == images[0]:
            console.note(assumed)
    x = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    value = dict.fromkeys(model.spec.inputs, x) if isinstance(model.spec.inputs, dict) else x
    return Inputs([name for part in parts for name in part.names], value)


def _read_several(model: Model, paths: Sequence[str]) -> Inputs:
    """The input of a model that takes several arrays: one `.npz` with all of them by name."""
    inputs = model.spec.inputs
    names = list(inputs) if isinstance(inputs, dict) else [ref.layer for ref in refs_in(inputs)]
    if len(paths) != 1 or _first_bytes(paths[0])[:4] != NPZ:
        raise InputError(
            f"the model takes {len(names)} inputs: give one .npz that holds {', '.join(map(str, names))}"
        )
    arrays = _load_npz(paths[0])
    if set(arrays) != set(names):
        held, wanted = ", ".join(arrays), ", ".join(map(str, names))
        raise InputError(f"{paths[0]}: holds {held}; the model takes {wanted}")
    rows = {len(array) if array.ndim else 0 for array in arrays.values()}
    if len(rows) > 1 or 0 in rows:
        counts = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise InputError(f"{paths[0]}: every array needs the same number of rows, at least one: {counts}")
    return Inputs(_numbered(paths[0], rows.pop()), arrays)


def _read(model: Model, entry: InputLayer, path: str, resize: bool) -> _Part:
    head = b"" if path == "-" else _first_bytes(path)
    if head == NPY:
        array = _load_npy(path)
    elif head[:4] == NPZ:
        arrays = _load_npz(path)
        name = entry.name if entry.name in arrays else next(iter(arrays))
        if len(arrays) > 1 and name != entry.name:
            raise InputError(f"{path}: holds {', '.join(arrays)}; the model takes one array, {entry.name}")
        array = arrays[name]
    elif entry.dtype == "string":
        texts = _read_texts(path)
        return _Part(path, texts, np.array(texts))
    elif path == "-" or Path(path).suffix in (".txt", ".csv", ".tsv", ".json"):
        raise InputError(
            f"{'standard input' if path == '-' else path}: texts, but the model takes numbers of shape "
            f"{entry.batch_shape}: its vocabulary is not in the file; give the ids as .npy"
        )
    else:
        form = ImageForm.of(model, entry)
        return _Part(path, [path], read_image(Path(path), form, resize)[np.newaxis], pixels=True)
    if array.ndim == 0:
        raise InputError(f"{path}: a single number; the model takes an array with a batch axis")
    try:
        _check(entry, array)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return _Part(path, _numbered(path, len(array)), array)


def _check(entry: InputLayer, array: Array) -> None:
    """Raise the input layer's own error, if the array does not fit it."""
    try:
        entry.forward(array[:1])  # one row is enough to see it, and quick in a large file
    except InputError:
        entry.forward(array)  # and the message tells the shape of all


def _first_bytes(path: str) -> bytes:
    if path == "-":
        return b""
    try:
        with Path(path).open("rb") as file:
            head = file.read(len(NPY))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: a directory; name the files in it, as {path.rstrip('/')}/*") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if not head:
        raise InputError(f"{path}: an empty file")
    return head


def _read_texts(path: str) -> list[str]:
    """One text a line; an empty line is a text without words, so that rows and lines stay in step."""
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: the model takes texts, and this is not UTF-8 ({error.reason})") from error
    if not text.strip():
        raise InputError(f"{'standard input' if path == '-' else path}: holds no text")
    return text.removesuffix("\n").split("\n")


def _load_npy(path: str) -> Array:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
    except (ValueError, OSError, EOFError) as error:
        raise InputError(_unreadable(path, error)) from error


def _load_npz(path: str) -> dict[str, Array]:
    try:
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, BadZipFile) as error:
        raise InputError(_unreadable(path, error)) from error
    if not arrays or not all(isinstance(array, np.ndarray) for array in arrays.values()):
        raise InputError(f"{path}: a zip file, but no .npz: it does not hold arrays alone")
    return arrays


def _unreadable(path: str, error: Exception) -> str:
    if "allow_pickle" in str(error) or "Python objects" in str(error):
        return (
            f"{path}: holds pickled Python objects, which could run code; save it as plain numbers or strings"
        )
    return f"{path}: a damaged .npy or .npz ({error})"


def _numbered(path: str, rows: int) -> list[str]:
    return [f"{path}[{index}]" for index in range(rows)]
