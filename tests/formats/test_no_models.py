from __future__ import annotations

import io
import json
import os
import random
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import maju
from formats.archives import members, write_archive
from formats.samples import SAMPLES
from maju.errors import InputError, MajuError, ModelFormatError
from maju.models import Classifier

Saved = Callable[..., Path]

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
NEITHER = "no model: neither .keras, .h5, .safetensors nor a JSON architecture"


def zipped(**held: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in held.items():
            archive.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


def hdf5(change: Callable[[Any], object]) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        change(file)
    return buffer.getvalue()


#: What is in the file, and what is said about it after its name; in brackets, a library's own words follow.
CONTENTS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "no model: an empty file"),
    "one byte": (b"P", NEITHER),
    "text": (b"Selamat pagi, ini bukan model.\n" * 9, NEITHER),
    "a picture": (PNG * 4, NEITHER),
    "random bytes": (np.random.default_rng(0).bytes(5000), NEITHER),
    "zeros": (bytes(5000), NEITHER),
    "a pickle": (b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05maju.\x94.", NEITHER),
    "numpy's own": (b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}", NEITHER),
    "an empty zip": (zipped(), NEITHER),
    "a zip of texts": (zipped(readme_txt=b"hello"), "no Keras model: it holds no metadata.json"),
    "a zip with metadata alone": (
        zipped(metadata_json=b'{"keras_version": "3.8.0"}'),
        "no Keras model: it holds no config.json",
    ),
    "the start of a zip": (
        b"PK\x03\x04 and no more",
        "damaged or truncated archive (File is not a zip file)",
    ),
    "metadata that are a list": (
        zipped(metadata_json=b"[]", config_json=b"{}"),
        "metadata.json holds no object",
    ),
    "metadata that are no JSON": (
        zipped(metadata_json=b"{'a'", config_json=b"{}"),
        "metadata.json: not valid JSON "
        "(Expecting property name enclosed in double quotes: line 1 column 2 (char 1))",
    ),
    "a config that is a list": (
        zipped(metadata_json=b'{"keras_version": "3.8.0"}', config_json=b"[1]"),
        "no Keras architecture: it has no class_name and config",
    ),
    "the start of HDF5": (
        b"\x89HDF\r\n\x1a\n" + bytes(90),
        "damaged or truncated HDF5 (",
    ),
    "an empty HDF5": (
        hdf5(lambda file: None),
        "no Keras model: an HDF5 file without model_config and layer_names",
    ),
    "an HDF5 of data": (
        hdf5(lambda file: file.create_dataset("train/x", data=np.eye(3))),
        "no Keras model: an HDF5 file without model_config and layer_names",
    ),
    "an HDF5 whose layers are an array": (
        hdf5(lambda file: file.create_dataset("layers", data=np.eye(3))),
        "layers: expected a group, found a dataset",
    ),
    "a JSON object": (
        b'{"name": "Budi", "age": 7}',
        "no Keras architecture: it has no class_name and config",
    ),
    "a JSON list": (b'[{"class_name": "Dense"}]', NEITHER),
    "half of a JSON": (
        b' {"class_name": "Sequential", "config',
        "not valid JSON (Unterminated string starting at: line 1 column 31 (char 30))",
    ),
    "safetensors without an end": (
        b"\x40\x00\x00\x00\x00\x00\x00\x00{" + b" " * 9,
        "damaged or truncated safetensors (",
    ),
}


@pytest.mark.parametrize("name", ["file.keras", "file.h5", "file.safetensors", "file"])
@pytest.mark.parametrize(("content", "reason"), CONTENTS.values(), ids=CONTENTS)
def test_what_is_no_model(content: bytes, reason: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFormatError) as error:
        maju.load(tmp_path / name)
    said = str(error.value).removeprefix(f"{name}: ")
    assert said.startswith(reason) if reason.endswith("(") else said == reason
    assert len(said) < 250


@pytest.mark.parametrize("open_it", [maju.load, maju.CNNFromScratch.load, maju.CNNFromScratch().load_weights])
def test_what_is_no_file(open_it: Callable[[Any], Any], tmp_path: Path) -> None:
    (tmp_path / "saved_model").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, reason in {
        "absent.keras": "there is no such file",
        "saved_model": "a directory; SavedModel folders hold no Keras layers",
        "pipe": "no regular file",
        "m" * 300: "cannot be read (File name too long)",
        "a\0b": "cannot be read (embedded null byte)",
        "saved_model/x/y": "there is no such file",
    }.items():
        for path in (tmp_path / name, str(tmp_path / name)):
            with pytest.raises(ModelFormatError) as error:
                open_it(path)
            assert str(error.value) == f"{tmp_path / name}: {reason}"


@pytest.mark.parametrize(
    "source",
    [None, 3, b"model.keras", object(), ["model.keras"], np.zeros(3)],
    ids=lambda source: type(source).__name__,
)
def test_what_is_neither_a_path_nor_a_model(source: Any) -> None:
    with pytest.raises(InputError, match=f"^expected a path or a Keras model, got {type(source).__name__}$"):
        maju.load(source)


def test_weights_alone_are_not_taken_for_a_model(saved: Saved) -> None:
    weights, model = saved("cnn", ".weights.h5"), saved("cnn")
    message = "weights alone; give the layers too: load\\(path, architecture='model.json'\\)"
    with pytest.raises(ModelFormatError, match=f"^{weights.name}: {message}$"):
        maju.load(weights)
    with pytest.raises(
        ModelFormatError, match=f"^{weights}: weights alone, where an architecture is expected$"
    ):
        maju.load(model, architecture=weights)


def test_an_architecture_alone_is_not_taken_for_a_model(saved: Saved, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(SAMPLES["cnn"].keras_model.to_json())
    with pytest.raises(ModelFormatError, match=r"^model\.json: an architecture without weights$"):
        maju.load(path)
    assert maju.load(saved("cnn", ".weights.h5"), architecture=path).name == SAMPLES["cnn"].keras_model.name


@pytest.mark.parametrize("kind", [maju.CNNFromScratch, maju.RNNFromScratch, maju.LSTMFromScratch])
def test_a_load_that_fails_leaves_the_classifier_as_it_was(kind: type[Classifier], tmp_path: Path) -> None:
    name = kind.__name__[:-11].lower()
    sample = SAMPLES[name]
    model = kind().load_keras_model(sample.keras_model)
    before = model.predict_proba(sample.x)
    (tmp_path / "bad.keras").write_bytes(b"PK\x03\x04")
    for load in (model.load_weights, model.load_keras_model):
        with pytest.raises(ModelFormatError):
            load(tmp_path / "bad.keras")
        np.testing.assert_array_equal(model.predict_proba(sample.x), before)
    empty = kind()
    with pytest.raises(ModelFormatError):
        empty.load_weights(tmp_path / "bad.keras")
    assert repr(empty) == f"{kind.__name__}()"


# Names that lie


@pytest.mark.parametrize("held", [".keras", ".h5", ".safetensors"])
@pytest.mark.parametrize(
    "claimed", ["model.keras", "model.h5", "model.safetensors", "model.weights.h5", "model"]
)
def test_the_bytes_tell_the_format_not_the_name(
    held: str, claimed: str, saved: Saved, tmp_path: Path
) -> None:
    sample = SAMPLES["rnn"]
    expected = maju.load(saved("rnn")).predict(sample.x)
    maju.load(saved("rnn")).save(tmp_path / f"honest{held}")
    (tmp_path / f"honest{held}").rename(tmp_path / claimed)
    np.testing.assert_array_equal(maju.load(tmp_path / claimed).predict(sample.x), expected)
    model = maju.RNNFromScratch().load_weights(tmp_path / claimed)
    np.testing.assert_array_equal(model.predict_proba(sample.x), expected)


def test_an_archive_that_another_program_compressed(saved: Saved, tmp_path: Path) -> None:
    sample = SAMPLES["texts"]
    path = write_archive(tmp_path / "small.keras", members(saved("texts")), zipfile.ZIP_DEFLATED)
    expected = maju.load(saved("texts")).predict(sample.x)
    np.testing.assert_array_equal(maju.load(path).predict(sample.x), expected)
    for compression in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        path = write_archive(tmp_path / "small.keras", members(saved("texts")), compression)
        with pytest.raises(ModelFormatError, match=r"json' is neither stored nor deflated; pack it anew$"):
            maju.load(path)


# Damage


def attempt(path: Path) -> None:
    """Open a damaged file: that works, or there is an error of maju's, each line of it short."""
    said = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            maju.load(path)
    except MajuError as error:
        said = str(error)
    assert max(map(len, said.split("\n"))) < 600


@pytest.fixture(
    params=["functional with masks.keras", "cnn.h5", "texts.keras", "rnn.safetensors", "cnn deflated"]
)
def whole(request: pytest.FixtureRequest, saved: Saved, tmp_path: Path) -> bytes:
    """What a sound file holds."""
    name, _, suffix = request.param.partition(".")
    if suffix == "safetensors":
        maju.load(saved(name)).save(tmp_path / "whole.safetensors")
        return (tmp_path / "whole.safetensors").read_bytes()
    if name == "cnn deflated":
        held = members(saved("cnn"))
        return write_archive(tmp_path / "whole.keras", held, zipfile.ZIP_DEFLATED).read_bytes()
    return saved(name, f".{suffix}").read_bytes()


def test_a_file_that_is_cut_off_anywhere(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    for end in {*range(40), *range(0, len(whole), max(1, len(whole) // 150)), len(whole) - 1}:
        path.write_bytes(whole[:end])
        with pytest.raises(ModelFormatError, match=r"^cut: .{0,500}$"):
            maju.load(path)


def test_a_file_with_a_flipped_bit(whole: bytes, tmp_path: Path) -> None:
    path, rng = tmp_path / "flipped", random.Random(1)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(rng.choice([1, 1, 3])):
            place = rng.randrange(len(whole))
            damaged[place] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        attempt(path)


def test_a_file_with_a_part_of_it_elsewhere(whole: bytes, tmp_path: Path) -> None:
    path, rng = tmp_path / "mixed", random.Random(2)
    for _ in range(100):
        damaged = bytearray(whole)
        start, end, size = rng.randrange(len(whole)), rng.randrange(len(whole)), rng.choice([1, 4, 8, 64])
        damaged[start : start + size] = whole[end : end + size]
        path.write_bytes(damaged)
        attempt(path)


def test_a_flipped_bit_in_an_archive_is_always_seen(saved: Saved, tmp_path: Path) -> None:
    """Each file in it has a checksum."""
    whole, rng = saved("cnn").read_bytes(), random.Random(3)
    start = whole.index(b"\x89HDF")
    for place in rng.sample(range(start, start + 5000), 60):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.randrange(8)
        (tmp_path / "flipped.keras").write_bytes(damaged)
        with pytest.raises(ModelFormatError, match=r"Bad CRC-32 for file 'model\.weights\.h5'"):
            maju.load(tmp_path / "flipped.keras")


def test_config_of_an_h5_that_is_cut_off(saved: Saved, tmp_path: Path) -> None:
    path = tmp_path / "cut.h5"
    path.write_bytes(saved("cnn", ".h5").read_bytes())
    with h5py.File(path, "r+") as file:
        text = file.attrs["model_config"]
        del file.attrs["model_config"]
        file.attrs["model_config"] = text[: len(text) // 2]
    with pytest.raises(ModelFormatError, match=r"^cut\.h5: model_config: not valid JSON \(.*char \d+\)\)$"):
        maju.load(path)
    assert json.loads(text)["class_name"] == "Sequential"
