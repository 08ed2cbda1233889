"""What the commands print, and where: tables and JSON on standard output, notes and errors on the other."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Table", "error", "note", "printable", "say", "show_json", "status"]

#: rich takes half a millisecond for each.
MAX_RICH_ROWS = 1_000


def printable(text: str) -> str:
    """The text with its control characters spelled out, since names come from files of any origin."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    # Names of layers and files may hold what rich would read as markup.
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False)


def say(text: str, style: str | None = None) -> None:
    """Print a line of the result."""
    _console().print(printable(text), style=style, soft_wrap=True)


def note(text: str) -> None:
    """Print what the user ought to know, and no program reads."""
    _console(stderr=True).print(f"note: {printable(text)}", style="dim", soft_wrap=True)


def error(*text: str) -> None:
    """Print what went wrong, in a line or more."""
    from rich.text import Text

    lines = "\n".join(map(printable, text))
    _console(stderr=True).print(Text.assemble(("error: ", "bold red"), lines), soft_wrap=True)


def status(text: str) -> AbstractContextManager[Any]:
    """A sign of life on a terminal while something slow runs."""
    return _console(stderr=True).status(text)


class Table:
    """Rows of text under named columns; nothing in it is ever cut.

    Args:
        right: the columns that stand to the right, as numbers do.
    """

    def __init__(self, *columns: str, right: Sequence[str] = ()) -> None:
        self.columns = columns
        self.right = right
        self.rows: list[tuple[list[str], str | None]] = []

    def add(self, *cells: str, style: str | None = None) -> None:
        """Add a row."""
        self.rows.append(([printable(cell) for cell in cells], style))

    def show(self) -> None:
        """Print it: on a terminal in colour, with long cells folded, and elsewhere as plain text."""
        if sys.stdout.isatty() and len(self.rows) <= MAX_RICH_ROWS:
            self._show_rich()
        else:
            sys.stdout.writelines(f"{line}\n" for line in self._plain_lines())

    def _show_rich(self) -> None:
        from rich import box
        from rich.table import Table as RichTable

        table = RichTable(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
        for column in self.columns:
            table.add_column(column, justify="right" if column in self.right else "left", overflow="fold")
        for cells, style in self.rows:
            table.add_row(*cells, style=style)
        _console().print(table)

    def _plain_lines(self) -> Iterator[str]:
        from rich.cells import cell_len

        lines = [list(self.columns), *(cells for cells, _ in self.rows)]
        widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
        lines.insert(1, ["-" * width for width in widths])
        for cells in lines:
            line = ""
            for column, cell, width in zip(self.columns, cells, widths, strict=True):
                space = " " * (width - cell_len(cell))
                line += f"{space}{cell}  " if column in self.right else f"{cell}{space}  "
            yield line.rstrip()


def show_json(document: Any) -> None:
    """Print a document as JSON, in which what is no finite number is null."""
    sys.stdout.write(json.dumps(_finite(document), indent=2) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
