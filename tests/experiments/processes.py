"""Processes that are killed."""

from __future__ import annotations

import os
import time
from pathlib import Path

__all__ = ["ends"]


def ends(pid: int, seconds: float = 30) -> bool:
    """Whether a process that is no child of this one ends within a time."""
    until = time.monotonic() + seconds
    while _runs(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Where nobody takes note of its end, what is left of it keeps its number.
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return not status.parents[1].exists()
