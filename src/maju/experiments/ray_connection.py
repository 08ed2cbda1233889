"""Connecting to a Ray cluster, or starting a Ray on this machine."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from maju.errors import MajuError, MissingExtraError
from maju.experiments.failures import one_line

__all__ = ["connected", "require_ray"]

SECONDS_TO_CONNECT = 30.0
#: For Ray's store on this machine: about the least that Ray accepts, as only short texts pass through it.
STORE_BYTES = 80 * 2**20
#: What the environment says to Ray, unless the user said otherwise; Ray reads some of it as it is imported.
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # prints no pages about a node that died
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # a node uses what is installed there; nothing is sent to it
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # hides no GPU
}
TRY = "import sys, ray; ray.init(address=sys.argv[1], log_to_driver=False)"


def require_ray() -> None:
    """Import Ray.

    Raises:
        MissingExtraError: it is not installed.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("--executor ray", "ray") from error


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """While this runs, Ray is connected to a cluster; without an address, to one that it starts here.

    Raises:
        MajuError: there is no cluster at the address, it refuses this machine, or the connection is lost.
    """
    import ray

    if ray.is_initialized():
        raise MajuError("this process is connected to Ray already: call ray.shutdown() first")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        options |= {"address": "local", "include_dashboard": False, "object_store_memory": STORE_BYTES}
    else:
        _try(address)
        options |= {"address": address}
    try:
        try:
            ray.init(**options)
        except Exception as error:
            raise MajuError(f"Ray does not start: {one_line(error)}") from error
        yield
    except ray.exceptions.RayError as error:
        raise MajuError(f"Ray has failed: {one_line(error)}; run this again: it goes on") from error
    finally:
        ray.shutdown()


def _try(address: str) -> None:
    """Connect in another process: Ray tries an address for minutes, and may end the process that it is in."""
    if "://" in address:
        raise MajuError(
            f"{address} is an address of Ray Client; run this on a node of the cluster, with --address auto"
        )
    command = [sys.executable, "-P", "-c", TRY, address]  # -P keeps the user's folder off the path
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS_TO_CONNECT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MajuError(
            f"no Ray cluster answers at {address} within {SECONDS_TO_CONNECT:.0f} s: it must run there, and "
            "this machine must be one of its nodes (`ray start`)"
        ) from error
    if done.returncode:
        raise MajuError(f"the Ray cluster at {address} cannot be joined: {_cause(done.stderr)}")


def _cause(printed: str) -> str:
    """The first error of a traceback, in one line: the others follow from it."""
    first = re.search(r"^[\w.]+Error: .*?(?=\n\n|\Z)", printed, re.DOTALL | re.MULTILINE)
    # Ray puts the traceback of an earlier error into the text of some.
    *_, text = re.split(r"\n(?=[\w.]+Error: )", first[0] if first else printed)
    return one_line(MajuError(text))
