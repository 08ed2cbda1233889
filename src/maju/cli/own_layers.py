"""The user's own layers, registered before a command runs."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Annotated

import typer

from maju.errors import InputError

__all__ = ["OwnLayersOption", "run_own_layers"]

OwnLayersOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--layers",
        metavar="FILE.py",
        help="Run this Python file of yours first: it registers your own layers (maju.register). "
        "May be given several times.",
        show_default=False,
    ),
]


def run_own_layers(files: list[Path] | None) -> None:
    """Run the files that the user names, and let no error of theirs pass for one of maju's.

    Raises:
        InputError: there is no such file, or it fails.
    """
    for file in files or []:
        if not file.is_file():
            raise InputError(f"--layers {file}: there is no such file")
        try:
            runpy.run_path(str(file))
        except Exception as error:
            what = " ".join(f"{type(error).__name__}: {error}".split())
            raise InputError(f"--layers {file}: it fails with {what}") from error
