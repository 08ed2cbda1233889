"""Changed files: whatever is done to a sound one, it loads and runs or is refused, in little time and memory.

`MAJU_FUZZ_EXAMPLES` sets how many changes of each kind are tried.
"""

from __future__ import annotations

import copy
import io
import json
import os
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import maju
from formats.architectures import functional, input_layer, layer, operation, write_model
from formats.guarded import bounded
from maju.errors import MajuError
from maju.formats.specification import refs_in

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("MAJU_FUZZ_EXAMPLES", "60"))
FUZZED = settings(
    max_examples=EXAMPLES,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

# Sound files


def _arrays(shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {name: rng.uniform(0.1, 1, shape).astype(np.float32) for name, shape in shapes.items()}


IMAGES = functional(
    input_layer("images", 6, 5, 2),
    layer("Conv2D", "conv", "images", filters=4, kernel_size=[3, 2], padding="same", groups=2),
    layer("BatchNormalization", "norm", "conv", axis=-1, epsilon=0.001),
    layer("MaxPooling2D", "pool", "norm", pool_size=[2, 2], strides=[1, 2], padding="same"),
    layer("UpSampling2D", "up", "pool", size=[2, 2]),
    operation("Add", "sum", "up", 1.5),
    operation("Mean", "mean", "sum", axis=[1, 2], keepdims=False),
    layer("Dropout", "drop", "mean", rate=0.5),
    layer("Dense", "head", "drop", units=3, activation="softmax"),
)
IMAGE_ARRAYS = _arrays(
    {
        "conv/kernel": (3, 2, 1, 4),
        "conv/bias": (4,),
        **{f"norm/{name}": (4,) for name in ("gamma", "beta", "moving_mean", "moving_variance")},
        "head/kernel": (4, 3),
        "head/bias": (3,),
    }
)
LSTM = {"class_name": "LSTM", "config": {"name": "lstm", "units": 2, "return_sequences": True}}
SEQUENCES = functional(
    input_layer("ids", None, dtype="int32"),
    layer("Embedding", "vectors", "ids", input_dim=5, output_dim=3, mask_zero=True),
    layer("Bidirectional", "both", "vectors", layer=LSTM, merge_mode="sum"),
    layer("Dense", "shared", "both", "vectors", units=2),
    layer("GRU", "gru", "both", units=2, reset_after=False),
    layer("RepeatVector", "again", "gru", n=3),
    layer("GlobalMaxPooling1D", "most", "again"),
    layer("Concatenate", "all", ["most", "gru"], axis=-1),
    layer("Reshape", "tall", "all", target_shape=[2, -1]),
    layer("Flatten", "flat", "tall"),
)
for entry in SEQUENCES["config"]["layers"]:
    if entry["name"] == "shared":
        del entry["inbound_nodes"][1:]
SEQUENCE_ARRAYS = _arrays(
    {
        "vectors/embeddings": (5, 3),
        **{
            f"both/{half}_layer/cell/{name}": shape
            for half in ("forward", "backward")
            for name, shape in {"kernel": (3, 8), "recurrent_kernel": (2, 8), "bias": (8,)}.items()
        },
        "shared/kernel": (2, 2),
        "shared/bias": (2,),
        "gru/cell/kernel": (2, 6),
        "gru/cell/recurrent_kernel": (2, 6),
        "gru/cell/bias": (6,),
    }
)
MODELS = {"images": (IMAGES, IMAGE_ARRAYS), "sequences": (SEQUENCES, SEQUENCE_ARRAYS)}
SUFFIXES = (".keras", ".h5", ".weights.h5", ".safetensors")


class Sound(dict[tuple[str, str], bytes]):
    """What sound files hold, by model and suffix."""

    def __repr__(self) -> str:
        return "sound files"  # hypothesis shows what a test is given


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def sound(folder: Path) -> Sound:
    held = Sound()
    for name, (document, arrays) in MODELS.items():
        model = maju.load(write_model(folder / f"{name}.safetensors", document, arrays))
        for suffix in SUFFIXES:
            path = folder / f"{name}-again{suffix}"
            model.save(path)
            held[name, suffix] = path.read_bytes()
    return held


# What is asked of a changed one


def loads_or_is_refused(path: Path, architecture: Path | None = None) -> str:
    """Whether a file was refused, opened, or run on two rows; anything else is an error."""
    said, refusal = "refused", ""
    try:
        with bounded(), warnings.catch_warnings():
            warnings.simplefilter("error")
            model = maju.load(path, architecture)
            said = "opened"
            rows = []
            for ref in refs_in(model.spec.inputs):
                shape = [2, *(4 if n is None else n for n in (model.shapes[ref] or ())[1:])]
                rows.append(np.ones(shape if np.prod(shape, dtype=object) < 10**6 else [2], np.float32))
            y = model.predict(rows if len(rows) > 1 else rows[0])
            assert y is not None
            said = "run"
    except MajuError as error:
        refusal = str(error)
    assert all(len(line) < 1000 for line in refusal.splitlines())
    return said


NUMBERS = st.one_of(
    st.integers(-3, 12),
    st.sampled_from([10**3, 10**5, 10**9, 2**31, 2**63, 2**70, -(10**9), 10**18]),
    st.floats(),
)
TEXTS = st.one_of(
    st.sampled_from(
        ["same", "channels_first", "float16", "int", "Dense", "LSTM", "keras", "images", "conv", ".."]
    ),
    st.text(max_size=5),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a document but the whole."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in [(*path, key), *places(value[key], (*path, key))]]


def within(number: int, count: int) -> int:
    """A place among so many."""
    return number % max(count, 1)


#: What is done to a document or to bytes, where, and what with.
WHERE = st.integers(0, 2**31)
CHANGES = st.lists(
    st.tuples(WHERE, st.sampled_from(["other"] * 4 + ["left out", "doubled", "moved"]), VALUES, TEXTS, WHERE),
    min_size=1,
    max_size=3,
)
DAMAGES = st.lists(
    st.tuples(
        WHERE,
        st.sampled_from(["other", "other", "number", "zero", "ones", "left out", "doubled", "cut"]),
        st.binary(min_size=1, max_size=8),
        st.sampled_from([0, 1, 2**16, 2**31, 2**40, 2**63]),
    ),
    min_size=1,
    max_size=4,
)
Changes = list[tuple[int, str, Any, str, int]]
Damages = list[tuple[int, str, bytes, int]]


def changed(document: Any, changes: Changes) -> Any:
    """A document with values replaced, left out, doubled, or put under other names."""
    document = copy.deepcopy(document)
    for where, what, value, name, target in changes:
        ways = places(document)
        if not ways:
            break
        *way, last = ways[within(where, len(ways))]
        holder = document
        for step in way:
            holder = holder[step]
        if what == "other":
            holder[last] = copy.deepcopy(value)
            continue
        item = copy.deepcopy(holder[last])
        if what != "doubled":
            del holder[last]
        if what != "left out" and isinstance(holder, list):
            holder.insert(within(target, len(holder) + 1), item)
        elif what != "left out":
            holder[name] = item
    return document


def damaged(content: bytes, damages: Damages) -> bytes:
    """Bytes of which some are others, left out, doubled or cut off."""
    data = bytearray(content)
    for where, what, other, number in damages:
        at = within(where, len(data))
        end = at + len(other)
        if what == "other":
            data[at:end] = other
        elif what == "number":
            data[at : at + 8] = struct.pack("<Q", number)
        elif what in ("zero", "ones"):
            data[at:end] = (b"\0" if what == "zero" else b"\xff") * len(other)
        elif what == "doubled":
            data[at:at] = data[at:end]
        else:
            del data[at : end if what == "left out" else None]
    return bytes(data)


def archive(config: Any, weights: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("metadata.json", '{"keras_version": "3.8.0"}')
        file.writestr("config.json", json.dumps(config))
        file.writestr("model.weights.h5", weights)
    return target.getvalue()


NAMES = st.sampled_from(sorted(MODELS))


def test_sound_files_run(sound: Sound, tmp_path: Path) -> None:
    for (name, suffix), content in sound.items():
        path = tmp_path / f"sound{suffix}"
        path.write_bytes(content)
        architecture = tmp_path / "model.json"
        architecture.write_text(json.dumps(MODELS[name][0]))
        assert loads_or_is_refused(path, architecture if suffix == ".weights.h5" else None) == "run"


@FUZZED
@given(name=NAMES, changes=CHANGES)
def test_a_changed_architecture(sound: Sound, folder: Path, name: str, changes: Changes) -> None:
    path = folder / "changed.keras"
    path.write_bytes(archive(changed(MODELS[name][0], changes), sound[name, ".weights.h5"]))
    loads_or_is_refused(path)


@FUZZED
@given(name=NAMES, changes=CHANGES, version=st.sampled_from(["1.1.0", "1.2.2", "2.2.4", "2.13.1", "3.15.1"]))
def test_a_changed_architecture_of_an_older_keras(
    sound: Sound, folder: Path, name: str, changes: Changes, version: str
) -> None:
    path = folder / "changed.h5"
    path.write_bytes(sound[name, ".h5"])
    with h5py.File(path, "r+") as file:
        document = json.loads(file.attrs["model_config"])
        file.attrs["model_config"] = json.dumps(changed(document, changes))
        file.attrs["keras_version"] = version
    loads_or_is_refused(path)


@FUZZED
@given(
    name=NAMES,
    changes=st.lists(
        st.tuples(
            WHERE,
            st.sampled_from(["shape", "type", "left out", "moved", "soft", "external", "hard"]),
            st.lists(st.integers(0, 5), max_size=4),
            st.sampled_from(["f2", ">f4", "f8", "i4", "u1", "?", "c8", "S3", "V2"]),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_changed_arrays(sound: Sound, folder: Path, name: str, changes: list[Any]) -> None:
    weights = io.BytesIO(sound[name, ".weights.h5"])
    with h5py.File(weights, "r+") as file:
        for where, what, shape, kind in changes:
            found: list[str] = []
            file.visit(found.append)
            if not found:
                break
            place = found[within(where, len(found))]
            old = file[place]
            values = old[()] if isinstance(old, h5py.Dataset) else np.zeros(3)
            del file[place]
            if what == "shape":
                file[place] = np.ones(shape, np.float32)
            elif what == "type":
                file[place] = (
                    np.zeros(np.shape(values), kind) if kind in ("S3", "V2") else values.astype(kind)
                )
            elif what == "moved":
                file[f"{place}_"] = old
            elif what != "left out":
                file[place] = {
                    "soft": h5py.SoftLink("/"),
                    "external": h5py.ExternalLink("x", "/"),
                    "hard": file["/"],
                }[what]
    path = folder / "changed.keras"
    path.write_bytes(archive(MODELS[name][0], weights.getvalue()))
    loads_or_is_refused(path)


@FUZZED
@given(name=NAMES, suffix=st.sampled_from(SUFFIXES), damages=DAMAGES)
def test_damaged_bytes(sound: Sound, folder: Path, name: str, suffix: str, damages: Damages) -> None:
    path, architecture = folder / f"damaged{suffix}", folder / "model.json"
    architecture.write_text(json.dumps(MODELS[name][0]))
    path.write_bytes(damaged(sound[name, suffix], damages))
    loads_or_is_refused(path, architecture if suffix == ".weights.h5" else None)


@FUZZED
@given(name=NAMES, damages=DAMAGES)
def test_damaged_weights_in_a_sound_archive(sound: Sound, folder: Path, name: str, damages: Damages) -> None:
    path = folder / "damaged.keras"
    path.write_bytes(archive(MODELS[name][0], damaged(sound[name, ".weights.h5"], damages)))
    loads_or_is_refused(path)
