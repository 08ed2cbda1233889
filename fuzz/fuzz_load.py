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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["maju"]):
    import maju
    import maju.formats.safetensors
    from maju.formats.specification import refs_in

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

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
}


def row_for(model: Any) -> Any:
    """One row that a model may take."""
    import numpy as np

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
            model = maju.load(path)
            model.predict(row_for(model))
        except maju.MajuError as error:
            refusal = str(error)
        assert all(len(line) < 1000 for line in refusal.splitlines())

    atheris.Setup([sys.argv[0], corpus, "-rss_limit_mb=2000", "-timeout=20", *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
