"""The command line of maju, one file a command."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Run the command line, and return its exit code."""
    try:
        import rich  # noqa: F401 - the commands import it late

        from maju.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("maju"):
            raise
        sys.stderr.write("error: the maju command needs more than maju's core: pip install 'maju[cli]'\n")
        return 2
    try:
        app(prog_name="maju")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0
