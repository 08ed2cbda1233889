"""The child process with Keras: a job a line on standard input, an answer a line on standard output."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

__all__: list[str] = []


def main() -> None:
    """Answer jobs until standard input closes, which it does when the server ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what Keras or TensorFlow print is no answer
    opened: dict[str, Any] = {}
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = _answered(job, opened)
        except Exception as error:  # whatever Keras stumbles over is what the user wants to know
            answer = {"error": " ".join(f"{type(error).__name__}: {error}".split())[:400]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _answered(job: dict[str, str], opened: dict[str, Any]) -> dict[str, Any]:
    from maju.verify import _open_in_keras, _run_keras, _taps

    path = job["model"]
    if path not in opened:
        opened.clear()
        opened[path] = _open_in_keras(Path(path))
    model, version = opened[path]
    with np.load(job["input"], allow_pickle=False) as file:
        given = {name: file[name] for name in file.files}
    leaving, _ = _run_keras(model, _taps(model), given)
    values = {key: np.asarray(outputs[0]) for key, outputs in leaving.items() if outputs}
    np.savez(job["out"], **{k: v for k, v in values.items() if v.dtype.kind in "biuf"})  # type: ignore[arg-type]
    return {"version": version}


if __name__ == "__main__":
    main()
