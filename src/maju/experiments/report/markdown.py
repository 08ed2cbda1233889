"""Text and tables in Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from maju.experiments.report.tables import Cell, Table
from maju.experiments.report.words import DASH

__all__ = ["Markdown", "escaped", "table"]

#: What Markdown, or the HTML in it, would read as more than a character.
SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#$])")


class Markdown(str):
    """Text that is Markdown already."""

    __slots__ = ()


def escaped(value: Any) -> str:
    """Text as Markdown that shows it as it is, in one line."""
    return value if isinstance(value, Markdown) else SPECIAL.sub(r"\\\1", " ".join(str(value).split()))


def table(content: Table) -> Markdown:
    """A table, with its columns in line, so that it reads well as plain text too."""
    heading = [
        escaped(f"{column.group}: {column.title}" if column.group else column.title)
        for column in content.columns
    ]
    lines = [heading, *(_cells(row) for row in content.rows)]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    rule = [
        "-" * width if column.words else "-" * (width - 1) + ":"
        for width, column in zip(widths, content.columns, strict=True)
    ]
    lines.insert(1, rule)
    words = [column.words for column in content.columns]
    return Markdown("\n".join(f"| {' | '.join(_in_line(line, widths, words))} |" for line in lines))


def _cells(row: Sequence[Cell]) -> list[str]:
    """A cell's text once, and dashes in the other columns that it reaches over."""
    cells = []
    for cell in row:
        text = escaped(cell.text)
        if cell.link:
            text = f"[{text}](#{cell.link})"
        if cell.page:
            text = f"[{text}]({cell.page})"
        cells.append(f"**{text}**" if cell.mark in ("best", "bad") else text)
        cells += [DASH] * (cell.span - 1)
    return cells


def _in_line(cells: Sequence[str], widths: Sequence[int], words: Sequence[bool]) -> list[str]:
    return [
        cell.ljust(width) if left else cell.rjust(width)
        for cell, width, left in zip(cells, widths, words, strict=True)
    ]
