"""The names of the classes, as a user gives them."""

from __future__ import annotations

from pathlib import Path

from maju.errors import InputError

__all__ = ["read_labels"]


def read_labels(given: str) -> list[str]:
    """The names of the classes, from a file with one a line, or from a list like ``cat,dog``.

    Raises:
        InputError: the file is no text, or has an empty line.
    """
    path = Path(given)
    if not path.is_file():
        return [name.strip() for name in given.split(",")]
    try:
        names = [line.strip() for line in path.read_text("utf-8-sig").rstrip().split("\n")]
    except UnicodeDecodeError as error:
        raise InputError(f"{given}: the labels are not UTF-8 ({error.reason})") from error
    if "" in names:
        raise InputError(f"{given}: line {names.index('') + 1} is empty; it takes one name a line")
    return names
