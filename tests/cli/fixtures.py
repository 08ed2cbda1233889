"""What the fixtures of these tests give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Finished", "Maju", "Models"]


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def error(self) -> str:
        """The message of a command that failed as it should: by one line, and nothing else."""
        assert self.code == 2, self
        line, *others = self.stderr.splitlines()
        assert line.startswith("error: ")
        assert others == []
        return line.removeprefix("error: ")


class Maju(Protocol):
    def __call__(self, *arguments: str | Path, stdin: str | bytes | None = None) -> Finished: ...


@dataclass(frozen=True)
class Models:
    """Keras models by name, and the folder with the file ``<name>.keras`` of each."""

    folder: Path
    live: Mapping[str, Any]

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.keras"

    def __getitem__(self, name: str) -> Any:
        return self.live[name]
