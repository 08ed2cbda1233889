"""What a model takes, the samples there are of it, and what the page sends, as arrays."""

from __future__ import annotations

import base64
import binascii
import io
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from maju import datasets
from maju.cli.images import MODES, ImageForm, Scale, scaled
from maju.cli.sample_input import sample_input
from maju.errors import DataError, InputError, MissingExtraError
from maju.explore.demo import sentences
from maju.explore.shapes import SHAPES, drawn_shapes
from maju.formats.guards import read_member
from maju.formats.specification import TensorRef, refs_in
from maju.layers import InputLayer
from maju.layers.base import Array
from maju.layers.embedding import EmbeddingLayer
from maju.models import Model
from maju.visualize.probe import layers_in

__all__ = ["Taken", "array_of", "samples_of", "taken_by"]

#: For the sides of images and the lengths that a model leaves open.
OPEN_SIDE, OPEN_LENGTH = 64, 24
MOST_SAMPLES = 24
#: How many values an input may have, and how many letters a text and ids a sequence.
MOST_VALUES, MOST_LETTERS, MOST_IDS = 1 << 22, 10_000, 2_000
#: How many pixels an image may have for which samples are drawn.
MOST_DRAWN = 1 << 20
WHITE = 255
HEADERS: Mapping[Any, Any] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


@dataclass(frozen=True)
class Taken:
    """What a model takes.

    Attributes:
        kind: "image", "text", "ids", or "arrays" for anything else.
        height, width, channels: of an image, as the page is to give it.
        length, table: of ids: how many, None for any; and how many there are to choose from.
        shapes: of arrays: the shape of each by its name.
    """

    kind: str
    height: int = 0
    width: int = 0
    channels: int = 0
    length: int | None = None
    table: int = 0
    shapes: Mapping[str, Sequence[int | None]] | None = None


def taken_by(model: Model) -> Taken:
    """What a model takes."""
    entries = [_entry(model, ref) for ref in refs_in(model.spec.inputs)]
    shapes = {entry.name: entry.batch_shape[1:] for entry in entries}
    others = Taken("arrays", shapes=shapes)
    if len(entries) != 1:
        return others
    (entry,) = entries
    if entry.dtype == "string":
        return Taken("text") if entry.batch_shape[1:] in ((), (1,)) else others
    tables = [layer.input_dim for _, layer in layers_in(model) if isinstance(layer, EmbeddingLayer)]
    if tables and len(entry.batch_shape) == 2:
        return Taken("ids", length=entry.batch_shape[1], table=min(tables))
    if _is_image(model, entry):
        form = ImageForm.of(model, entry)
        return Taken("image", form.height or OPEN_SIDE, form.width or OPEN_SIDE, form.channels)
    return others


def _entry(model: Model, ref: TensorRef) -> InputLayer:
    entry = model.nodes[ref.layer]
    assert isinstance(entry, InputLayer)
    return entry


def _is_image(model: Model, entry: InputLayer) -> bool:
    lengths = entry.batch_shape[1:]
    sequential = ("rnn", "lstm", "gru", "conv1d", "pooling1d", "attention", "bidirectional")
    if len(lengths) == 2 and any(
        word in layer.keras_class.lower() for _, layer in layers_in(model) for word in sequential
    ):
        return False
    try:
        form = ImageForm.of(model, entry)
    except InputError:
        return False
    return (form.height or 1) > 1 and (form.width or 1) > 1


# Samples


@dataclass(frozen=True)
class Sample:
    """Something to look at: an image, (height, width, 3) of bytes, or a text; the title tells its class."""

    title: str
    pixels: Array | None = None
    text: str | None = None


def samples_of(model: Model, taken: Taken) -> tuple[Sample, ...]:
    """Samples that fit a model: of the study's data sets where they are at hand, or else what maju has."""
    if taken.kind == "text":
        return _texts()
    if taken.kind == "image" and taken.height * taken.width <= MOST_DRAWN:
        return _images(taken.height, taken.width)
    return ()


@lru_cache(maxsize=1)
def _texts() -> tuple[Sample, ...]:
    try:
        if datasets.is_local("nusax"):
            data = datasets.nusax()
            found = zip(data.test.x.tolist(), data.test.y.tolist(), strict=True)
            short = [(text, data.classes[y]) for text, y in found if len(text) < 120]
            return tuple(Sample(f"NusaX: {label}", text=text) for text, label in short[:MOST_SAMPLES])
    except (DataError, MissingExtraError):
        pass  # what cannot be read is no reason to show nothing
    texts, labels = sentences()
    names = ("negative", "neutral", "positive")
    return tuple(
        Sample(names[label], text=text)
        for text, label in zip(texts[:MOST_SAMPLES].tolist(), labels.tolist(), strict=False)
    )


@lru_cache(maxsize=4)
def _images(height: int, width: int) -> tuple[Sample, ...]:
    try:
        if (height, width) == (32, 32) and datasets.is_local("cifar10"):
            data = datasets.cifar10()
            pairs = zip(data.test.x[:MOST_SAMPLES], data.test.y.tolist(), strict=False)
            return tuple(Sample(f"CIFAR-10: {data.classes[y]}", pixels=x.copy()) for x, y in pairs)
    except (DataError, MissingExtraError):
        pass
    images, labels = drawn_shapes(12, height, width, seed=20)
    return tuple(Sample(SHAPES[y], pixels=x) for x, y in zip(images, labels.tolist(), strict=True))


# What the page sends


def array_of(model: Model, taken: Taken, given: Mapping[str, Any], samples: Sequence[Sample]) -> Any:
    """One row of input for a model, as `Model.predict` takes it.

    Args:
        given: what the page sent: ``{"kind": "sample", "index": 3}``, ``{"kind": "text", "text": …}``,
            ``{"kind": "pixels", "data": …}`` with the bytes of (height, width, 3) in base64,
            ``{"kind": "ids", "ids": […]}``, ``{"kind": "file", "data": …}`` with a .npy or .npz, or
            ``{"kind": "random", "seed": 0}``; with ``"scale"`` for images.

    Raises:
        InputError: it is none of these, or does not fit the model.
    """
    kind = given.get("kind")
    if kind == "sample":
        index = given.get("index")
        if not isinstance(index, int) or not 0 <= index < len(samples):
            raise InputError(f"there is no sample {index!r}")
        sample = samples[index]
        return (
            _row(model, sample.text) if sample.pixels is None else _image(model, taken, sample.pixels, given)
        )
    if kind == "text" and taken.kind == "text":
        text = given.get("text")
        if not isinstance(text, str) or len(text) > MOST_LETTERS:
            raise InputError(f"expected a text of at most {MOST_LETTERS:,} letters")
        return _row(model, text)
    if kind == "pixels" and taken.kind == "image":
        pixels = np.frombuffer(_bytes(given), np.uint8)
        if pixels.size != taken.height * taken.width * 3:
            raise InputError(f"expected {taken.height} × {taken.width} pixels of three bytes")
        return _image(model, taken, pixels.reshape(taken.height, taken.width, 3), given)
    if kind == "ids" and taken.kind == "ids":
        return _ids(taken, given.get("ids"))
    if kind == "file":
        return _file(model, _bytes(given))
    if kind == "random":
        _check_size(model)
        return _first_rows(sample_input(model, 1, seed=int(given.get("seed") or 0)))
    raise InputError(f"this model takes {taken.kind}, and not {kind!r}")


def _row(model: Model, text: str | None) -> Array:
    entry = _entry(model, next(refs_in(model.spec.inputs)))
    return np.array([text], dtype=object).reshape((1,) * len(entry.batch_shape))


def _bytes(given: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(given.get("data") or "", validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise InputError("data that are not in base64") from None


def _image(model: Model, taken: Taken, pixels: Array, given: Mapping[str, Any]) -> Array:
    """Colours as the numbers that a model takes."""
    ref = next(refs_in(model.spec.inputs))
    entry = _entry(model, ref)
    form = ImageForm.of(model, entry)
    if MODES[taken.channels] == "L":  # the weights that pillow has
        grey = np.round(pixels.astype(np.float64) @ (0.299, 0.587, 0.114))
        pixels = grey.astype(np.uint8)[..., np.newaxis]
    elif MODES[taken.channels] == "RGBA":
        pixels = np.concatenate([pixels, np.full((*pixels.shape[:2], 1), WHITE, np.uint8)], axis=-1)
    try:
        scale = Scale(given.get("scale") or "auto")
    except ValueError:
        raise InputError(f"scale {given.get('scale')!r}; expected {', '.join(Scale)}") from None
    values, _ = scaled(form.arranged(pixels)[np.newaxis], model, ref, entry, scale)
    return values


def _ids(taken: Taken, ids: Any) -> Array:
    """Ids, with zeros behind them where the model reads more."""
    if not isinstance(ids, list) or not all(isinstance(i, int) and not isinstance(i, bool) for i in ids):
        raise InputError("expected whole numbers")
    if not 0 < len(ids) <= min(taken.length or MOST_IDS, MOST_IDS):
        raise InputError(f"expected 1 to {min(taken.length or MOST_IDS, MOST_IDS)} ids, got {len(ids)}")
    if not all(0 <= i < taken.table for i in ids):
        raise InputError(f"the table has the ids 0 to {taken.table - 1}")
    return np.array([ids + [0] * ((taken.length or len(ids)) - len(ids))], np.int64)


def _file(model: Model, data: bytes) -> Any:
    """The first row of what a .npy or .npz holds."""
    try:
        arrays = {"": _npy(data)} if data[:4] != b"PK\x03\x04" else _npz(data)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, KeyError, SyntaxError) as error:
        raise InputError(f"neither .npy nor .npz of plain numbers ({error})") from None
    if not arrays or any(array.ndim == 0 or len(array) == 0 for array in arrays.values()):
        raise InputError("an array without rows")
    refs = list(refs_in(model.spec.inputs))
    rows = {name: array[:1] for name, array in arrays.items()}
    if len(refs) == 1:
        x = next(iter(rows.values()))
        return dict.fromkeys(model.spec.inputs, x) if isinstance(model.spec.inputs, Mapping) else x
    return rows


def _npy(data: bytes) -> Array:
    """The array of a .npy that holds as many numbers as it says; NumPy would make room for any."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version not in HEADERS:
        raise ValueError(f"version {version}")
    shape, _, dtype = HEADERS[version](stream)
    if dtype.hasobject or dtype.kind not in "biuf":
        raise ValueError("not plain numbers")
    if math.prod(shape) * dtype.itemsize > len(data) - stream.tell():
        raise ValueError("shorter than it says")
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))


def _npz(data: bytes) -> dict[str, Array]:
    """The arrays of a .npz, if they unpack to no more than a page may send."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if sum(info.file_size for info in members) > 8 * MOST_VALUES:
            raise ValueError("it unpacks to too much")
        return {
            info.filename.removesuffix(".npy"): _npy(read_member(archive, info, "the file"))
            for info in members
        }


def _check_size(model: Model) -> None:
    for ref in refs_in(model.spec.inputs):
        lengths = _entry(model, ref).batch_shape[1:]
        if math.prod(n or OPEN_LENGTH for n in lengths) > MOST_VALUES:
            raise InputError(f"input {ref.layer!r} of shape {lengths} is too large to draw at random")


def _first_rows(x: Any) -> Any:
    if isinstance(x, Mapping):
        return {key: value[:1] for key, value in x.items()}
    return [value[:1] for value in x] if isinstance(x, list) else x[:1]
