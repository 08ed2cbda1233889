"""Input for a model that nobody gave any for: random, and of the kind that its layers want."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from maju.cli.graph import layers_reading
from maju.formats.specification import TensorRef, refs_in
from maju.layers import EmbeddingLayer, InputLayer, RescalingLayer, TextVectorizationLayer
from maju.layers.base import Array, Layer
from maju.models import Model

__all__ = ["SENTENCES", "sample_input"]

#: For the lengths that a model leaves open: the sides of an image, and all others.
OPEN_SIDE, OPEN_LENGTH = 32, 12
SENTENCES = (
    "Makanannya enak sekali dan pelayanannya ramah.",
    "Saya kecewa, pesanan datang terlambat dan sudah dingin!",
    "Harga tiket kereta naik mulai bulan depan.",
    "Kamarnya bersih, tetapi airnya kecil...",
    "Film itu membosankan; saya hampir tertidur",
    "Terima kasih, masalah saya selesai dalam lima menit",
    "Rapat dimulai pukul sembilan di ruang utama",
    "bagus",
)


def sample_input(model: Model, rows: int = 8, seed: int = 0) -> Any:
    """Random input for a model, as `Model.predict` takes it.

    Texts are Indonesian sentences, every other one drawn from the model's own vocabulary. Where an Embedding
    reads an input, it is ids that the table has, with zeros at the end of all rows but the first. Before a
    Rescaling it is pixels from 0 to 255, else images are in [0, 1] and other numbers normally distributed.

    Args:
        rows: how many; a model for batches of a fixed size gets that many.
    """
    rng = np.random.default_rng(seed)
    inputs = model.spec.inputs
    if isinstance(inputs, Mapping):
        return {key: _sample(model, ref, rows, rng) for key, ref in inputs.items()}
    samples = [_sample(model, ref, rows, rng) for ref in refs_in(inputs)]
    return samples[0] if len(samples) == 1 else samples


def _sample(model: Model, ref: TensorRef, rows: int, rng: np.random.Generator) -> Array:
    entry = model[ref.layer]
    assert isinstance(entry, InputLayer)
    readers = list(layers_reading(model, ref))
    batch, *lengths = entry.batch_shape
    open_length = OPEN_SIDE if len(lengths) == 3 else OPEN_LENGTH
    shape = (batch or rows, *(open_length if n is None else n for n in lengths))
    if entry.dtype == "string":
        return _texts(readers, shape, rng)
    tables = [layer.input_dim for layer in readers if isinstance(layer, EmbeddingLayer)]
    if tables:
        return _ids(min(tables), shape, rng)
    if entry.dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    integers = np.issubdtype(entry.dtype, np.integer)
    if any(isinstance(layer, RescalingLayer) for layer in readers):
        pixels = rng.integers(0, 256 if entry.dtype != "int8" else 128, shape)
        return pixels.astype(entry.dtype if integers else np.float32)
    if integers:
        return rng.integers(0, 10, shape).astype(entry.dtype)
    values = rng.random(shape) if len(lengths) == 3 else rng.standard_normal(shape)
    return values.astype(np.float32)


def _ids(table: int, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    ids = rng.integers(min(1, table - 1), table, shape)
    if len(shape) == 2 and shape[1] > 1:
        kept = rng.integers(1, shape[1] + 1, shape[0])
        kept[0] = shape[1]
        ids[np.arange(shape[1]) >= kept[:, np.newaxis]] = 0
    return ids


def _texts(readers: list[Layer], shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    words = [
        str(token)
        for layer in readers
        if isinstance(layer, TextVectorizationLayer)
        for token in layer.vocabulary or ()
        if token not in ("", "[UNK]")
    ]
    texts = [SENTENCES[i % len(SENTENCES)] for i in range(int(np.prod(shape)))]
    if words:
        for i in range(1, len(texts), 2):
            texts[i] = " ".join(rng.choice(words, rng.integers(1, 13)))
    return np.array(texts).reshape(shape)
