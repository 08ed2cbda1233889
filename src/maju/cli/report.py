"""`maju report`: what `maju reproduce` came to, as one page, and with --models a page a model."""

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
    models: Annotated[
        bool,
        typer.Option(
            "--models",
            help="Draw a page for each model too, with the pictures of `maju visualize`; needs the data.",
        ),
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="With --models: the only folder to look for data in; by default MAJU_DATA_DIR, then the "
            "user's cache. Nothing is downloaded.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write the report of a study: a page, the same in Markdown, plots, and a CSV.

    Needs matplotlib and Jinja: pip install 'maju[experiments]'. report.html is one file that opens with no
    network; report.md has its plots beside it; results.csv is for a spreadsheet. A study that is still
    running can be reported too: rows without a result are said to be missing.

    With --models each model whose .keras file is in DIR gets a page models/STUDY.ROW.html, one file as well,
    to which the report's tables lead: its graph, its mistakes, and what its layers look for; of several seeds
    the first. That takes up to 10 seconds a model.

    \b
    Examples:
      maju report maju-results
      maju report maju-results --lang id --out laporan.html
      maju report maju-results --models
    """
    if any(find_spec(package) is None for package in PACKAGES):
        raise MissingExtraError("maju report", "experiments")
    if data_dir is not None and not models:
        raise typer.BadParameter("only --models needs data", param_hint="--data-dir")
    from maju.experiments.report.summary import outline
    from maju.experiments.report.write import write_report

    with console.status("Drawing") as status:
        written = write_report(
            folder.expanduser(),
            out and out.expanduser(),
            lang.value,
            models=models,
            data_dir=data_dir and data_dir.expanduser(),
            progress=lambda page, number, count: status.update(f"Drawing {page} ({number} of {count})"),
        )
    for path in (written.html, written.markdown, written.csv):
        console.say(str(path))
    console.say(f"{written.plots[0].parent} ({len(written.plots)} plots)")
    if written.models:
        console.say(f"{written.models[0].parent} ({_counted(len(written.models), 'page')})")
    console.say(outline(written.outcomes))
    if written.left_out:
        several = len(written.left_out) > 1
        reasons = [f"{why} ({count})" if several else why for why, count in written.left_out.items()]
        left_out = _counted(sum(written.left_out.values()), "model")
        console.note(f"{left_out} without a page: {'; '.join(reasons)}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
