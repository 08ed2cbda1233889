"""Studies on a Ray cluster: the same trainings, in one folder that all nodes share.

A node trains one row at a time, with all the CPUs that it gave to Ray, as a machine does without Ray. That no
row is trained twice is not Ray's doing: in the folder a training has a lock and a result, whoever runs it.
When a node dies, its row goes to the next free node, and on from the last epoch that was finished.
"""

from __future__ import annotations

import secrets
import warnings
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from maju.errors import MajuError
from maju.experiments import grid
from maju.experiments.child import OnEvent, ignore
from maju.experiments.experiment import Experiment
from maju.experiments.failures import one_line
from maju.experiments.files import RowFiles
from maju.experiments.ray_connection import connected, require_ray
from maju.experiments.ray_node import Job, Mailbox, train, trouble
from maju.experiments.results import Result
from maju.formats.atomic import replacing

__all__ = ["run_on_ray"]

#: How often a training may be lost before it counts as failed: it may be what kills its nodes.
TRIES = 5
SECONDS_TO_ANSWER = 300.0  # a node may have to download the data first
SECONDS_BETWEEN_LOOKS = 0.5


def run_on_ray(
    experiments: Sequence[Experiment],
    out: Path,
    data_dir: grid.DataDir = None,
    progress: grid.Progress | None = None,
    address: str | None = None,
) -> dict[str, Result]:
    """Run trainings on a Ray cluster, one a node at a time.

    Args:
        out: a folder that every node sees under the same path.
        data_dir: as for `maju.datasets`, on every node.
        address: the cluster's, ``"host:port"``, or ``"auto"`` for the one that this machine is a node of; by
            default a Ray is started on this machine, and stopped at the end.

    Returns:
        Their results by name, those that failed included.

    Raises:
        MissingExtraError: Ray is not installed.
        MajuError: the cluster cannot be reached, a node of it cannot train, or none is left that can.
    """
    require_ray()
    folder = out.expanduser().resolve()
    results: dict[str, Result] = {}
    left: dict[str, Experiment] = {}
    for experiment in experiments:
        done = grid.finished(folder, experiment)
        if done is None:
            left[experiment.name] = experiment
            continue
        results[experiment.name] = done
        if progress is not None:
            progress.finish(done)
    if left:
        folder.mkdir(parents=True, exist_ok=True)
        data = None if data_dir is None else str(Path(data_dir).expanduser().resolve())
        datasets = tuple(sorted({experiment.data.name for experiment in left.values()}))
        with connected(address), _sign(folder) as sign:
            results |= _Run(Job(folder, data, datasets, sign), progress).run(list(left.values()))
    return {experiment.name: results[experiment.name] for experiment in experiments}


@contextmanager
def _sign(folder: Path) -> Iterator[Path]:
    """A file that is there and locked while this runs: a node that sees both shares the folder."""
    path = folder / f".ray-{secrets.token_hex(8)}.lock"
    try:
        with FileLock(path):
            yield path
    finally:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Node:
    """A node, by Ray's id for it, and how many CPUs it gave to Ray."""

    id: str
    name: str
    cpus: float


class _Nodes:
    """The nodes that are free. Each says whether it can train before it does, and again after a loss."""

    def __init__(self, job: Job) -> None:
        import ray

        self.job = job
        self.free: list[_Node] = []
        self.asked: dict[Any, _Node] = {}
        self._known: set[str] = set()
        self._trouble = ray.remote(trouble)

    def start(self) -> None:
        """Find the nodes.

        Raises:
            MajuError: one of them cannot train, or there is none.
        """
        import ray

        self.look()
        if not self.asked:
            raise MajuError("the Ray cluster has no node with CPUs to train on; start one with ray start")
        refs = list(self.asked)
        answers, silent = ray.wait(refs, num_returns=len(refs), timeout=SECONDS_TO_ANSWER)
        problems = self.hear(answers)
        problems += [f"{self.asked[ref].name} gives no answer in {SECONDS_TO_ANSWER:.0f} s" for ref in silent]
        if problems:
            raise MajuError(problems[0])

    def look(self) -> None:
        """Ask the nodes that have joined, and forget those that have died."""
        found = _alive()
        self.free = [node for node in self.free if node.id in found]
        self.asked = {ref: node for ref, node in self.asked.items() if node.id in found}
        for key in found.keys() - self._known:
            host, ip = found[key]["NodeManagerHostname"], found[key]["NodeManagerAddress"]
            self.ask(_Node(key, f"the node {host} ({ip})", found[key]["Resources"]["CPU"]))
        self._known |= found.keys()

    def ask(self, node: _Node) -> None:
        """Let a node say whether it can train."""
        self.asked[self._trouble.options(**_only_on(node.id)).remote(self.job)] = node

    def hear(self, answers: Sequence[Any]) -> list[str]:
        """Free the nodes that can train, and return what is wrong with those that are alive and cannot."""
        import ray

        problems = []
        alive = _alive()
        for ref in answers:
            node = self.asked.pop(ref)
            try:
                problem = ray.get(ref)
            except ray.exceptions.RayError as error:
                problem = f"cannot train: {_reason(error)}"
            if problem is None:
                self.free.append(node)
            elif node.id in alive:
                problems.append(f"{node.name} {problem}")
        return problems


class _Run:
    """Trainings on their way through the cluster."""

    def __init__(self, job: Job, progress: grid.Progress | None) -> None:
        import ray

        self.job = job
        self.progress = progress
        self.nodes = _Nodes(job)
        self.results: dict[str, Result] = {}
        self.waiting: deque[Experiment] = deque()
        self.running: dict[Any, tuple[Experiment, _Node]] = {}
        self.listeners: dict[str, OnEvent] = {}
        self.losses = Counter[str]()
        self._train = ray.remote(train)
        # On the driver's node, so that it lasts as long as the driver.
        here = ray.get_runtime_context().get_node_id()
        self.mailbox = ray.remote(Mailbox).options(**_only_on(here), max_restarts=-1).remote()

    def run(self, experiments: Sequence[Experiment]) -> dict[str, Result]:
        """Give each free node the next training until all are over."""
        import ray

        self.nodes.start()
        self.waiting.extend(experiments)
        try:
            while self.waiting or self.running:
                self.nodes.look()
                while self.waiting and self.nodes.free:
                    self._start(self.waiting.popleft(), self.nodes.free.pop(0))
                pending = [*self.running, *self.nodes.asked]
                if not pending:
                    raise MajuError(
                        "no node is left that can train; start one and run this again: it goes on"
                    )
                over, _ = ray.wait(pending, num_returns=len(pending), timeout=SECONDS_BETWEEN_LOOKS)
                self._pass_events_on()
                for problem in self.nodes.hear([ref for ref in over if ref in self.nodes.asked]):
                    warnings.warn(f"{problem}; the other nodes go on", stacklevel=3)
                for ref in over:
                    if ref in self.running:
                        self._end(ref)
        finally:
            for ref in self.running:
                ray.cancel(ref)
        return self.results

    def _start(self, experiment: Experiment, node: _Node) -> None:
        self.listeners[experiment.name] = ignore if self.progress is None else self.progress.row(experiment)
        start = self._train.options(**_only_on(node.id, node.cpus), max_retries=0).remote
        ref = start(experiment.model_dump_json(), self.job, node.cpus, self.mailbox)
        self.running[ref] = experiment, node

    def _pass_events_on(self) -> None:
        import ray

        with suppress(ray.exceptions.RayError):
            for name, event in ray.get(self.mailbox.take.remote(), timeout=5):
                self.listeners.get(name, ignore)(event)

    def _end(self, ref: Any) -> None:
        """Take a training's result, or have it wait for another turn."""
        import ray

        experiment, node = self.running.pop(ref)
        listener = self.listeners.pop(experiment.name)
        try:
            text = ray.get(ref)
        except ray.exceptions.RayError as error:
            reason = _reason(error)
            listener({"event": "lost", "reason": reason})
            self._lose(experiment, node, reason)
            return
        self.nodes.free.append(node)
        if text is None:
            listener({"event": "busy"})
            self.waiting.append(experiment)
        else:
            self._finish(Result.model_validate_json(text))

    def _lose(self, experiment: Experiment, node: _Node, reason: str) -> None:
        self.nodes.ask(node)
        self.losses[experiment.name] += 1
        if self.losses[experiment.name] < TRIES:
            self.waiting.appendleft(experiment)
            return
        result = grid.finished(self.job.folder, experiment)  # it may have been lost after its last word
        if result is None:
            result = self._give_up(experiment, f"lost {TRIES} times, by {node.name} last: {reason}")
        self._finish(result)

    def _give_up(self, experiment: Experiment, error: str) -> Result:
        result = Result(experiment=experiment, error=error)
        files = RowFiles(grid.runs_folder(self.job.folder), experiment.name)
        files.folder.mkdir(exist_ok=True)
        with replacing(files.result) as path:
            path.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
        return result

    def _finish(self, result: Result) -> None:
        self.results[result.experiment.name] = result
        if self.progress is not None:
            self.progress.finish(result)


def _alive() -> dict[str, dict[str, Any]]:
    """The nodes that can be given work, as Ray describes them, by their ids."""
    import ray

    nodes = [node for node in ray.nodes() if node["Alive"]]
    return {node["NodeID"]: node for node in nodes if node["Resources"].get("CPU")}


def _only_on(node: str, cpus: float = 0) -> dict[str, Any]:
    """Ray's options for a task or an actor that runs on one node or not at all."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return {"num_cpus": cpus, "scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False)}


def _reason(error: Exception) -> str:
    """Why a task did not end, in one line.

    Raises:
        MajuError: the task did end, with this error, which is not its node's.
    """
    import ray

    cause = error.cause if isinstance(error, ray.exceptions.RayTaskError) else error
    if isinstance(cause, MajuError):
        raise cause from error
    return one_line(cause)
