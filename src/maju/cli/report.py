"""`maju report`: what `maju reproduce` came to, as one page."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from maju.cli import console
from maju.errors import MissingExtraError

__all__ = ["report"]

PACKAGES = ("filelock", "jinja2", "matplotlib", "pydantic")


class Lang(StrEnum):
    """A language of the report."""

    EN = "en"
    ID = "id"


def report(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="The folder that `maju reproduce` wrote.", show_default=False),
    ],
    lang: Annotated[Lang, typer.Option(help="English or Indonesian.")] = Lang.EN,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE-OR-FOLDER",
            help="Where the report goes: a folder, or a name for its .html file; by default DIR.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write the report of a study: a page, the same in Markdown, plots, and a CSV.

    Needs matplotlib and Jinja: pip install 'maju[experiments]'. report.html is one file that opens with no
    network; report.md has its plots beside it; results.csv is for a spreadsheet. A study that is still
    running can be reported too: rows without a result are said to be missing.

    \b
    Examples:
      maju report maju-results
      maju report maju-results --lang id --out laporan.html
    """
    if any(find_spec(package) is None for package in PACKAGES):
        raise MissingExtraError("maju report", "experiments")
    from maju.experiments.report.summary import outline
    from maju.experiments.report.write import write_report

    with console.status("Drawing"):
        written = write_report(folder.expanduser(), out and out.expanduser(), lang.value)
    for path in (written.html, written.markdown, written.csv):
        console.say(str(path))
    console.say(f"{written.plots[0].parent} ({len(written.plots)} plots)")
    console.say(outline(written.outcomes))
