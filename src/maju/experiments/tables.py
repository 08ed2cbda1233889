"""The table of results, for a terminal and for a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from maju.experiments.results import TOLERANCE, Result, Scores

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["CAPTION", "markdown_table", "rich_table", "verdict"]

# In a file, and narrower on a terminal, so that 80 columns hold them.
COLUMNS = {
    "model": "model",
    "parameters": "params",
    "macro-F1 Keras": "F1\nKeras",
    "macro-F1 maju": "F1\nmaju",
    "labels that agree": "labels\nthat agree",
    "max |Δp|": "max\n|Δp|",
    "s to train": "s to\ntrain",
    "s Keras": "s\nKeras",
    "s maju": "s\nmaju",
}
#: What the short names stand for.
CAPTION = "F1: macro-F1 on all test rows. s: seconds, to train or to predict them; maju on one thread."


def rich_table(results: Sequence[Result]) -> Table:
    """The table for a terminal; what failed is red, and so is a difference that is too large."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=0,
        header_style="bold",
    )
    for column in COLUMNS.values():
        is_text = column == "model"
        table.add_column(column, justify="left" if is_text else "right", no_wrap=not is_text, min_width=5)
    for result in results:
        table.add_row(*map(Text, _cells(result)), style=None if result.sound else "red")
    return table


def markdown_table(results: Sequence[Result]) -> str:
    """The table in Markdown, with its columns in line, so that it reads well as plain text too."""
    # A bar would end the cell.
    rows = [[cell.replace("|", r"\|") for cell in row] for row in (list(COLUMNS), *map(_cells, results))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [rows[0], rule, *rows[1:]]
    return "\n".join(f"| {' | '.join(_justify(line, widths))} |" for line in lines)


def verdict(results: Sequence[Result]) -> str:
    """What the table comes to, a sentence a line: the errors, then how far Keras and maju agree."""
    lines = [f"{result.experiment.title} failed: {result.error}" for result in results if result.error]
    scored = [
        (result.experiment.title, result.scores) for result in results if isinstance(result.scores, Scores)
    ]
    if not scored:
        return "\n".join(lines)
    rows, agree = sum(scores.rows for _, scores in scored), sum(scores.agree for _, scores in scored)
    largest = max(scores.max_difference for _, scores in scored)
    lines.append(
        f"Keras and maju give the same label for {agree:,} of {rows:,} test rows; "
        f"their probabilities differ by at most {largest:.1e}."
    )
    lines += [
        f"{title}: {scores.max_difference:.1e} is more than rounding explains ({TOLERANCE:.0e} at most)."
        for title, scores in scored
        if scores.max_difference > TOLERANCE
    ]
    return "\n".join(lines)


def _cells(result: Result) -> list[str]:
    """What stands under each column."""
    scores = result.scores
    if scores is None:
        return [result.experiment.title, "failed", *["–"] * (len(COLUMNS) - 2)]
    compared = scores if isinstance(scores, Scores) else None  # with Keras
    return [
        result.experiment.title,
        f"{scores.parameters:,}",
        f"{compared.keras.macro_f1:.4f}" if compared else "–",
        f"{scores.scratch.macro_f1:.4f}",
        f"{compared.agree:,}/{compared.rows:,}" if compared else "–",
        f"{compared.max_difference:.1e}" if compared else "–",
        f"{scores.train_seconds:.1f}",
        f"{compared.keras.seconds:.2f}" if compared else "–",
        f"{scores.scratch.seconds:.2f}",
    ]


def _justify(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return [first, *others]
