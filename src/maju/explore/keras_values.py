"""Keras's own values beside maju's, from a child process, so that this one never imports TensorFlow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from maju.errors import MajuError
from maju.explore.passes import Pass
from maju.explore.shelf import Entry
from maju.layers.base import Array
from maju.models.inputs import flat, given_for

__all__ = ["KerasValues"]

#: The form of a `.keras` archive, which Keras opens itself; all others are written anew as that.
OPENED_BY_KERAS = ".keras"


class KerasValues:
    """A child process with Keras, started when it is first asked.

    A file that was named on the command line is given to Keras as it is. What was dropped on the page is
    first written anew by maju, so that Keras sees nothing but layers and weights that maju knows.

    Args:
        folder: where files for the child go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._last: tuple[Pass, dict[str, Array]] | None = None

    @classmethod
    def where_installed(cls, folder: Path) -> KerasValues | None:
        """One that can run; None where Keras or TensorFlow is not installed."""
        return cls(folder) if find_spec("keras") and find_spec("tensorflow") else None

    def differences(self, entry: Entry, found: Pass) -> dict[str, Any]:
        """For each layer the largest difference, and Keras's name and version."""
        values = self._values(entry, found)
        each = {}
        for key, shown in found.layers.items():
            theirs, ours = values.get(key), shown.y[0] if isinstance(shown.y, (list, tuple)) else shown.y
            if theirs is None or np.shape(theirs) != np.shape(ours) or theirs.dtype.kind not in "biuf":
                continue
            gap = np.abs(theirs.astype(np.float64) - np.asarray(ours, np.float64))
            each[key] = float(np.nan_to_num(gap).max(initial=0))
        return {"differences": each, "version": self.version}

    version = ""

    def value(self, entry: Entry, found: Pass, key: str, at: Sequence[int]) -> float | None:
        """One value of Keras's; None of a layer that Keras does not show."""
        theirs = self._values(entry, found).get(key)
        if theirs is None or theirs.ndim != 1 + len(at) or theirs.dtype.kind not in "biuf":
            return None
        return float(theirs[(0, *at)])

    def _values(self, entry: Entry, found: Pass) -> dict[str, Array]:
        with self._lock:
            if self._last is not None and self._last[0] is found:
                return self._last[1]
            with tempfile.TemporaryDirectory(dir=self.folder) as place:
                given = Path(place) / "input.npz"
                names = [ref.layer for ref in flat(found.model.spec.inputs)]
                rows = given_for(found.model.spec, found.as_input)
                np.savez(given, **{n: _plain(row) for n, row in zip(names, rows, strict=True)})  # type: ignore[arg-type]
                answer = self._ask(
                    {"model": str(self._file(entry)), "input": str(given), "out": f"{place}/out.npz"}
                )
                self.version = str(answer["version"])
                with np.load(f"{place}/out.npz", allow_pickle=False) as file:
                    values = {name: file[name] for name in file.files}
            self._last = (found, values)
            return values

    def _file(self, entry: Entry) -> Path:
        if entry.path is not None and entry.path.suffix == OPENED_BY_KERAS:
            return entry.path.resolve()
        path = self.folder / f"{entry.key}.keras"
        if not path.exists():
            assert entry.model is not None
            entry.model.save(path)
        return path

    def _ask(self, job: Mapping[str, str]) -> dict[str, Any]:
        """What the child says to a job.

        Raises:
            MajuError: it cannot do it.
        """
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "maju.explore.keras_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
            )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self._child.stdin.write(json.dumps(job) + "\n")
            self._child.stdin.flush()
            line = self._child.stdout.readline()
        except OSError:
            line = ""
        if not line:
            raise MajuError("the process with Keras has ended before it answered")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise MajuError(f"Keras: {answer['error']}")
        return answer

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            with self._child as child:  # which closes the pipes, and waits
                child.terminate()
            self._child = None


def _plain(row: Any) -> Array:
    """An array that a .npz holds without pickling."""
    array = np.asarray(row)
    return array.astype(str) if array.dtype.kind == "O" else array
