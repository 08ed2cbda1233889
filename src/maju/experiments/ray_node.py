"""What runs on the nodes of a Ray cluster, each of which imports it from the maju that is installed there."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from maju import __version__
from maju.errors import MajuError
from maju.experiments.data import DataChoice, load
from maju.experiments.experiment import Experiment
from maju.experiments.failures import one_line
from maju.experiments.grid import BusyError, run_once

__all__ = ["Job", "Mailbox", "train", "trouble"]

SECONDS_FOR_A_LOCK = 10.0


@dataclass(frozen=True)
class Job:
    """What every node is told.

    Args:
        folder: where the trainings go.
        data_dir: where the data are, if that was said.
        datasets: which of them are needed.
        sign: a file in the folder that the driver holds locked.
        version: maju's on the driver.
    """

    folder: Path
    data_dir: str | None
    datasets: tuple[str, ...]
    sign: Path
    version: str = __version__


def trouble(job: Job) -> str | None:
    """What keeps this node from training, in one line; None if nothing does."""
    if job.version != __version__:
        return f"has maju {__version__}, and the driver {job.version}: install the same on both"
    if not job.sign.exists():
        return f"does not see the folder {job.folder}: all nodes must share it, under the same path"
    try:
        with suppress(Timeout), FileLock(job.sign, timeout=0):
            return f"does not see locks in {job.folder}: it must be on a file system that shares them"
        for name in job.datasets:
            load(DataChoice(name=name), job.data_dir)
    except (MajuError, OSError) as error:
        return f"cannot train: {one_line(error)}"
    return None


def train(experiment: str, job: Job, cpus: float, mailbox: Any) -> str | None:
    """Run a training here, and send its events.

    Args:
        experiment: as JSON.
        cpus: how many to use.
        mailbox: the handle of a `Mailbox`.

    Returns:
        The result as JSON; None if another process still works on this training.
    """
    # By itself TensorFlow uses all cores of the machine, however many of them the node was started with.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(max(1, int(cpus))))
    what = Experiment.model_validate_json(experiment)

    def on_event(event: dict[str, Any]) -> None:
        mailbox.put.remote(what.name, event)

    try:
        # The lock of a node that has just died may outlive it for a moment.
        result = run_once(what, job.folder, job.data_dir, on_event, wait=SECONDS_FOR_A_LOCK)
    except BusyError:
        return None
    return result.model_dump_json()


class Mailbox:
    """Where events wait for the driver to take them."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def put(self, name: str, event: dict[str, Any]) -> None:
        """Keep an event of the training of that name."""
        self.events.append((name, event))

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """Give the events that came since the last time, the oldest first."""
        events, self.events = self.events, []
        return events
