from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from maju.errors import MajuError, MissingExtraError
from maju.experiments import grid, ray_connection, ray_executor, ray_node
from maju.experiments.architectures import ConvolutionalNetwork
from maju.experiments.data import DataChoice
from maju.experiments.experiment import Experiment, Training
from maju.experiments.files import RowFiles
from maju.experiments.ray_executor import run_on_ray
from maju.experiments.results import Result

STORE = 80 * 2**20
EPOCHS = 10
BATCHES = 68  # of 16 of the 1,077 digits


def row(name: str, data: str = "digits", blocks: int = 1) -> Experiment:
    return Experiment(
        name=name,
        title=f"The {name} row",
        data=DataChoice(name=data),
        architecture=ConvolutionalNetwork(blocks=((4,),) * blocks, dense=(8,)),
        training=Training(epochs=EPOCHS, batch_size=16),
    )


THIRD = row("third").model_copy(update={"train_with": "maju"})
FIRST, SECOND, _ = SOUND = [row("first"), row("second"), THIRD]
IMPOSSIBLE = row("impossible", blocks=5)  # five pools leave nothing of 8x8 pixels
ROWS = [FIRST, IMPOSSIBLE, SECOND, THIRD]


@dataclass
class Watch:
    """A progress that remembers all events, and acts on them, and when a row is given to a node."""

    act: Callable[[str, dict[str, Any]], None] = lambda name, event: None
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    finished: list[Result] = field(default_factory=list)

    def row(self, experiment: Experiment) -> Callable[[dict[str, Any]], None]:
        self.act(experiment.name, {"event": "given"})

        def on_event(event: dict[str, Any]) -> None:
            self.events.append((experiment.name, event))
            self.act(experiment.name, event)

        return on_event

    def finish(self, result: Result) -> None:
        self.finished.append(result)

    def of(self, name: str, kind: str) -> list[dict[str, Any]]:
        return [event for who, event in self.events if who == name and event["event"] == kind]


def parent(pid: int) -> int:
    return int(subprocess.check_output(["ps", "-o", "ppid=", "-p", str(pid)]))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def quiet_ray() -> Iterator[None]:
    assert "ray" not in sys.modules  # which reads the settings as it is imported
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")  # Ray would leave a token in the user's home
        for name, value in ray_connection.SETTINGS.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def cluster(quiet_ray: None) -> Iterator[Any]:
    """A cluster of one node, which more may join."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 1, "object_store_memory": STORE, "include_dashboard": False}
    started = Cluster(initialize_head=True, head_node_args=head)
    yield started
    started.shutdown()


@dataclass
class Guest:
    """A node that can join the cluster while rows run."""

    cluster: Any
    node: Any = None

    def join(self) -> None:
        self.node = self.cluster.add_node(num_cpus=1, object_store_memory=STORE)

    @property
    def raylet(self) -> int:
        return int(self.node.all_processes["raylet"][0].process.pid)


@dataclass(frozen=True)
class Run:
    """A run in which a node was killed: what it gave, and the row that ran on that node."""

    out: Path
    watch: Watch
    results: dict[str, Result]
    interrupted: str
    printed: str


@pytest.fixture(scope="module")
def run(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("shared")
    guest = Guest(cluster)
    guest.join()
    interrupted: list[str] = []

    def kill(name: str, event: dict[str, Any]) -> None:
        if event["event"] != "epoch" or interrupted:
            return
        worker = parent(watch.of(name, "started")[0]["pid"])
        if parent(worker) == guest.raylet:
            interrupted.append(name)
            cluster.remove_node(guest.node, allow_graceful=False)  # SIGKILL

    watch = Watch(kill)
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        results = run_on_ray(ROWS, out, progress=watch, address=cluster.address)
    (name,) = interrupted
    return Run(out, watch, results, name, printed.getvalue())


@pytest.mark.slow
def test_every_row_ends_though_a_node_is_killed(run: Run) -> None:
    assert list(run.results) == ["first", "impossible", "second", "third"]
    for experiment in SOUND:
        result = run.results[experiment.name]
        assert result.error is None
        assert result.sound
        history = RowFiles(run.out / "runs", experiment.name).read_history()
        assert {len(values) for values in history.values()} == {EPOCHS}
    assert run.results["impossible"].scores is None
    assert (run.results["impossible"].error or "").startswith("ValueError: ")
    for name, result in run.results.items():
        assert result == Result.model_validate_json((run.out / "runs" / f"{name}.result.json").read_bytes())


@pytest.mark.slow
def test_no_epoch_is_trained_twice_though_a_node_is_killed(run: Run) -> None:
    started = {name: len(run.watch.of(name, "started")) for name in run.results}
    assert len(run.watch.of(run.interrupted, "lost")) == 1
    assert started == {name: 2 if name == run.interrupted else 1 for name in run.results}
    assert Counter(result.experiment.name for result in run.watch.finished) == Counter(list(run.results))
    for experiment in SOUND:
        name = experiment.name
        assert len(run.watch.of(name, "predicting")) == 1
        *before, built = run.watch.of(name, "built")
        done = built["done"] // BATCHES
        assert (done > 0) == (len(before) > 0) == (name == run.interrupted)
        epochs = [event["epoch"] for event in run.watch.of(name, "epoch")]
        # What the node that died had trained is a part of 1 to done: its last events may be lost with it.
        assert epochs[-(EPOCHS - done) :] == [*range(done + 1, EPOCHS + 1)]
        assert epochs == sorted(set(epochs))


@pytest.mark.slow
def test_ray_prints_nothing_though_a_node_is_killed(run: Run) -> None:
    assert run.printed == ""


@pytest.mark.slow
def test_no_process_that_trains_outlives_the_run(run: Run) -> None:
    pids = [event["pid"] for name, event in run.watch.events if event["event"] == "started"]
    assert len(pids) == 5
    assert [pid for pid in pids if is_alive(pid)] == []
    assert [path.name for path in run.out.iterdir()] == ["runs"]


@pytest.mark.slow
def test_what_is_finished_needs_no_cluster(run: Run) -> None:
    watch = Watch()
    results = run_on_ray(SOUND, run.out, progress=watch, address="ray://nowhere")
    assert results == {experiment.name: run.results[experiment.name] for experiment in SOUND}
    assert watch.finished == list(results.values())


@pytest.fixture
def guest(cluster: Any) -> Iterator[Guest]:
    guest = Guest(cluster)
    yield guest
    if guest.node is not None:
        cluster.remove_node(guest.node)


@pytest.mark.slow
def test_a_node_that_joins_takes_a_row_while_another_waits_for_its_lock(guest: Guest, tmp_path: Path) -> None:
    files = RowFiles(grid.runs_folder(tmp_path), "locked")
    files.log.mkdir(parents=True)  # where a file must go, so that the row fails at once
    lock = FileLock(files.lock)
    lock.acquire()
    raylets = []

    def act(name: str, event: dict[str, Any]) -> None:
        match name, event["event"]:
            case "locked", "given":
                if guest.node is None:
                    guest.join()
            case "locked", "busy":
                lock.release()
            case "other", "started":
                raylets.append(parent(parent(event["pid"])))

    watch = Watch(act)
    rows = [row("locked"), row("other", blocks=5)]
    results = run_on_ray(rows, tmp_path, progress=watch, address=guest.cluster.address)
    assert raylets == [guest.raylet]
    assert [event["event"] for who, event in watch.events if who == "locked"] == ["busy"]
    errors = [(result.error or "").partition(":")[0] for result in results.values()]
    assert errors == ["IsADirectoryError", "ValueError"]


@pytest.mark.slow
def test_a_node_that_joins_and_cannot_train_is_left_out(guest: Guest, tmp_path: Path) -> None:
    def act(name: str, event: dict[str, Any]) -> None:
        if event["event"] == "given":
            for sign in tmp_path.glob(".ray-*.lock"):
                sign.unlink()  # so that a node that looks for it now does not share the folder
            guest.join()

    with pytest.warns(UserWarning, match=r"^the node .* does not see the folder .*; the other nodes go on$"):
        results = run_on_ray([IMPOSSIBLE], tmp_path, progress=Watch(act), address=guest.cluster.address)
    assert (results["impossible"].error or "").startswith("ValueError: ")


@pytest.mark.slow
def test_a_row_that_is_lost_too_often_has_failed(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_executor, "TRIES", 1)

    def kill(name: str, event: dict[str, Any]) -> None:
        if event["event"] == "started":
            os.kill(parent(event["pid"]), signal.SIGKILL)

    watch = Watch(kill)
    result = run_on_ray([FIRST], tmp_path, progress=watch, address=cluster.address)["first"]
    assert re.match(r"^lost 1 times, by the node .* last: WorkerCrashedError: ", result.error or "")
    assert [event["event"] for _, event in watch.events] == ["started", "lost"]
    assert grid.read_result(tmp_path, FIRST) == result
    assert grid.finished(tmp_path, FIRST) is None


@pytest.mark.slow
@pytest.mark.parametrize("seen", [False, True], ids=["no-folder", "no-locks"])
def test_a_node_that_does_not_share_the_folder_is_named(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: bool
) -> None:
    @contextmanager
    def sign(folder: Path) -> Iterator[Path]:
        path = folder / "sign.lock"  # which nobody holds
        if seen:
            path.touch()
        yield path

    monkeypatch.setattr(ray_executor, "_sign", sign)
    what = f"locks in {tmp_path}: it" if seen else f"the folder {tmp_path}: all nodes"
    with pytest.raises(MajuError, match=rf"^the node \S+ \(\S+\) does not see {what} must "):
        run_on_ray(SOUND, tmp_path, address=cluster.address)
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_without_an_address_ray_is_started_here_and_stopped(quiet_ray: None, tmp_path: Path) -> None:
    import ray

    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    with pytest.raises(
        MajuError, match=rf"^the node \S+ \(\S+\) cannot train: {data} does not hold CIFAR-10: "
    ):
        run_on_ray([row("images", data="cifar10")], out, data_dir=data)
    assert not ray.is_initialized()
    assert list(out.iterdir()) == []


def test_ray_must_be_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(
        MissingExtraError, match=r"^--executor ray needs more than maju's core: pip install 'maju\[ray\]'$"
    ):
        run_on_ray(SOUND, tmp_path)


def test_an_address_of_ray_client_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MajuError, match=r"^ray://head:10001 is an address of Ray Client; run this on a node"):
        run_on_ray(SOUND, tmp_path, address="ray://head:10001")


@pytest.mark.slow
def test_an_address_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_connection, "SECONDS_TO_CONNECT", 3)
    with pytest.raises(MajuError, match=r"^no Ray cluster answers at 127\.0\.0\.1:1 within 3 s: "):
        run_on_ray(SOUND, tmp_path, address="127.0.0.1:1")


@pytest.mark.parametrize(
    ("refusal", "line"),
    [
        pytest.param(
            "Version mismatch: The cluster was started with:\n    Ray: 2.40.0\n    Python: 3.11.2",
            "RuntimeError: Version mismatch: The cluster was started with: Ray: 2.40.0 Python: 3.11.2",
            id="version",
        ),
        pytest.param(
            "Last error: Traceback (most recent call last):\n  File 'x'\nray.AuthenticationError: no token",
            "ray.AuthenticationError: no token",
            id="token",
        ),
    ],
)
def test_a_cluster_that_refuses_says_why_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: str, line: str
) -> None:
    code = f"""
try:
    raise RuntimeError({refusal!r})
except RuntimeError as error:
    raise ConnectionError("Failed to connect") from error
"""
    monkeypatch.setattr(ray_connection, "TRY", code)
    with pytest.raises(MajuError) as caught:
        run_on_ray(SOUND, tmp_path, address="head:6379")
    assert str(caught.value) == f"the Ray cluster at head:6379 cannot be joined: {line}"


def test_a_node_with_another_maju_is_refused(tmp_path: Path) -> None:
    job = ray_node.Job(tmp_path, None, (), tmp_path / "sign", version="0.0.1")
    assert re.match(
        r"^has maju \S+, and the driver 0\.0\.1: install the same on both$", ray_node.trouble(job) or ""
    )
