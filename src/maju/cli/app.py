"""The typer application: the commands, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from maju import __version__
from maju.cli import console
from maju.cli.convert import convert
from maju.cli.data import data
from maju.cli.demo import demo
from maju.cli.explore import explore
from maju.cli.inspect import inspect
from maju.cli.own_layers import OwnLayersOption, run_own_layers
from maju.cli.predict import predict
from maju.cli.profile import profile
from maju.cli.report import report
from maju.cli.reproduce import reproduce
from maju.cli.verify import verify
from maju.cli.visualize import visualize
from maju.errors import MajuError, UnsupportedModelError

__all__ = ["app"]

INTERRUPTED = 130
# typer's error for options and arguments; which package it comes from depends on typer's version.
UsageError: Any = typer.BadParameter.__base__


class Commands(TyperGroup):
    """The commands; every error becomes one clear line on standard error and an exit code."""

    def main(self, *args: Any, **extra: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # rather than fail at a name's odd character
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
            sys.stdout.flush()
        except (KeyboardInterrupt, typer.Abort):
            code = INTERRUPTED
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that exiting can flush
            code = 1
        except Exception as error:
            if os.environ.get("MAJU_TRACEBACK"):
                raise
            console.error(*_lines(error))
            code = 2
        sys.exit(code or 0)


def _lines(error: Exception) -> list[str]:
    """What an error says to the user: one line, and one more for each thing that is not supported."""
    if isinstance(error, UnsupportedModelError):
        return str(error).split("\n")
    return [_message(error)]


def _message(error: Exception) -> str:
    if isinstance(error, UsageError):
        text = " ".join(error.format_message().split())
        return f"{text} ({error.ctx.command_path} --help tells more)" if error.ctx else text
    if isinstance(error, MajuError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{what} (a fault of maju's own; with MAJU_TRACEBACK=1 set it shows where)"


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\n"
    "Examples:\n"
    "  maju inspect model.keras\n"
    "  maju predict model.keras cat.png --resize --labels cat,dog\n"
    "  echo 'makanannya enak sekali' | maju predict sentiment.keras -\n"
    "  maju visualize model.keras cat.png --resize\n"
    "  maju profile model.keras\n"
    "  maju explore model.keras\n"
    "  maju verify model.keras\n"
    "  maju convert old.h5 new.keras\n"
    "  maju --layers my_layers.py predict mine.keras cat.png\n"
    "  maju data --dataset nusax\n"
    "  maju demo\n"
    "  maju reproduce --quick\n"
    "  maju report maju-quick",
)
for command in (
    inspect,
    predict,
    profile,
    visualize,
    explore,
    verify,
    convert,
    data,
    demo,
    reproduce,
    report,
):
    app.command()(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        console.say(f"maju {__version__}")
        raise typer.Exit()


@app.callback(invoke_without_command=True)
def maju(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
    own_layers: OwnLayersOption = None,
) -> None:
    """Run trained Keras models with neither TensorFlow nor Keras.

    Errors are one line on standard error, with the exit code 2.
    """
    run_own_layers(own_layers)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
