"""Let atheris look for a file that maju.load does not open, run or refuse in the way that it should.

    python fuzz/fuzz_load.py KIND CORPUS [libFuzzer's options]

See README.md beside it.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import atheris
import numpy as np

with atheris.instrument_imports(include=["maju"]):
    import maju
    import maju.formats.safetensors
    from maju import formats
    from maju.formats.specification import LayerSpec, refs_in
    from maju.layers.base import Array, Shape
    from maju.models.build import build
    from maju.models.drawn_weights import DrawnWeights

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from architectures import changed

from formats.test_fuzz import MODELS, SUFFIXES, write_model

FOLDER = Path(tempfile.mkdtemp(prefix="maju-fuzz-"))


def sound() -> dict[tuple[str, str], bytes]:
    """What sound files hold, by model and suffix."""
    held = {}
    for name, (document, arrays) in MODELS.items():
        model = maju.load(write_model(FOLDER / "first.safetensors", document, arrays))
        for suffix in SUFFIXES:
            model.save(FOLDER / f"sound{suffix}")
            held[name, suffix] = (FOLDER / f"sound{suffix}").read_bytes()
    return held


SOUND = sound()


def archive(config: bytes, weights: bytes) -> bytes:
    """A `.keras` file, whose checksums are right whatever it holds."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("metadata.json", '{"keras_version": "3.8.0"}')
        file.writestr("config.json", config)
        file.writestr("model.weights.h5", weights)
    return target.getvalue()


def seeds(suffix: str) -> list[bytes]:
    """The sound files of a format."""
    return [content for (_, kind), content in SOUND.items() if kind == suffix]


def configs() -> list[bytes]:
    """The architectures of the sound files."""
    return [json.dumps(document).encode() for document, _ in MODELS.values()]


WEIGHTS = SOUND["sequences", ".weights.h5"]
CONFIG = json.dumps(MODELS["images"][0]).encode()
#: For each kind: the suffix of the file, what makes it of the fuzzer's bytes, and the bytes to begin with.
KINDS: dict[str, tuple[str, Callable[[bytes], bytes], list[bytes]]] = {
    "keras": (".keras", bytes, seeds(".keras")),
    "config": (".keras", lambda data: archive(data, WEIGHTS), configs()),
    "weights": (".keras", lambda data: archive(CONFIG, data), seeds(".weights.h5")),
    "h5": (".h5", bytes, seeds(".h5")),
    "safetensors": (".safetensors", bytes, seeds(".safetensors")),
    "json": (".json", bytes, configs()),
    "architecture": (".json", bytes, configs()),
}
#: How many values a weight has at most, where weights are made up.
MOST_VALUES = 1 << 16


class MadeUp(DrawnWeights):
    """A store that has what any layer asks for, as long as it is small."""

    def draw(self, layer: LayerSpec, shapes: Mapping[str, Shape], input_shape: Any) -> dict[str, Array]:
        lengths = {name: [2 if n is None else n for n in shape] for name, shape in shapes.items()}
        if any(np.prod(shape, dtype=object) > MOST_VALUES for shape in lengths.values()):
            raise maju.errors.ModelFormatError("larger than a weight that is made up")
        return {name: np.full(shape, 0.25, np.float32) for name, shape in lengths.items()}


def load(path: Path, kind: str) -> Any:
    """The model of a file; of an architecture, with weights that are made up."""
    if kind != "architecture":
        return maju.load(path)
    spec = formats.read(path).spec
    if spec is None:
        raise maju.errors.ModelFormatError("no architecture")
    return build(spec, MadeUp(), path.name)


def row_for(model: Any) -> Any:
    """One row that a model may take."""
    rows = []
    for ref in refs_in(model.spec.inputs):
        shape = [1, *(4 if n is None else n for n in (model.shapes[ref] or ())[1:])]
        rows.append(np.ones(shape if np.prod(shape, dtype=object) < 10**6 else [1], np.float32))
    return rows if len(rows) > 1 else rows[0]


def main() -> None:
    """Hand the fuzzer what it needs, and let it run."""
    kind, corpus, *options = sys.argv[1:]
    suffix, make, first = KINDS[kind]
    Path(corpus).mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(first):
        (Path(corpus) / f"seed-{number}").write_bytes(content)
    path = FOLDER / f"fuzzed{suffix}"
    warnings.simplefilter("error")

    def one(data: bytes) -> None:
        path.write_bytes(make(data))
        refusal = ""
        try:
            model = load(path, kind)
            model.predict(row_for(model))
        except maju.MajuError as error:
            refusal = str(error)
        assert all(len(line) < 1000 for line in refusal.splitlines())

    arguments = [sys.argv[0], corpus, "-rss_limit_mb=2000", "-timeout=20", *options]
    if kind == "architecture":
        known = [file.read_bytes() for file in Path(corpus).iterdir() if file.suffix == ".json"] + first
        atheris.Setup(
            arguments, one, custom_mutator=lambda data, size, seed: changed(data, known, seed)[:size]
        )
    else:
        atheris.Setup(arguments, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
