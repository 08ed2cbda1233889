"""`maju explore`: a page in the browser that shows what goes on inside a model."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from maju.cli import console
from maju.cli.labels import read_labels
from maju.errors import InputError, MissingExtraError

__all__ = ["explore"]

DEMO = Path("maju-demo")


def explore(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL",
            help="A .keras, .h5 or .safetensors file. Without it: the models of maju demo, if they are in "
            "maju-demo here, and tiny ones that maju trains by itself in seconds.",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="The names of MODEL's classes: a file with one a line, or a list like cat,dog.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where to listen. Anything but this machine alone needs the token in the address that is "
            "printed.",
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 8642,
    max_upload: Annotated[
        int, typer.Option(min=1, metavar="MB", help="How large a file dropped on the page may be.")
    ] = 512,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
) -> None:
    """Look inside a model in the browser: every layer of a forward pass, down to single numbers.

    Needs: pip install 'maju[explore]'. Works with no network, and keeps nothing that is dropped on the page.
    Ctrl+C ends it.

    \b
    Examples:
      maju explore
      maju explore sentiment.keras --labels negative,neutral,positive
      maju explore model.keras --host 0.0.0.0 --no-browser
    """
    if any(find_spec(package) is None for package in ("starlette", "uvicorn")):
        raise MissingExtraError("maju explore", "explore")
    from maju.explore.server import serve
    from maju.explore.shelf import Shelf, demo_models

    if model is not None and not model.is_file():
        raise InputError(f"{model}: there is no such file")
    if labels is not None and model is None:
        raise InputError("--labels names the classes of MODEL, and none is given")
    names = None if labels is None else read_labels(labels)
    shelf = Shelf([] if model is None else [model], demo_models(DEMO), names)
    if model is not None:
        with console.status(f"Opening {model}"):
            shelf.entry(shelf.first)

    def ready(address: str) -> None:
        console.say(f"maju explore is at {address}")
        console.note("Ctrl+C ends it")
        sys.stdout.flush()

    serve(shelf, host, port, max_upload << 20, browser, ready)
