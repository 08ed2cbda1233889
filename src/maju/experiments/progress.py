"""Progress bars for rows in training."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from maju.experiments.child import OnEvent
from maju.experiments.cost import TimeLeft
from maju.experiments.experiment import Experiment
from maju.experiments.results import Result, Scores

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

__all__ = ["GridProgress", "RowProgress", "duration"]


class RowProgress:
    """A bar a row, with its epoch, its losses and the time left; and a line for each row that is finished."""

    def __init__(self, experiments: Sequence[Experiment], console: Console) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self.console = console
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=10),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[state]}", markup=False),
            console=console,
        )
        self.tasks = {
            experiment.name: self.bars.add_task(experiment.title, start=False, total=None, state="waiting")
            for experiment in experiments
        }

    def __enter__(self) -> Self:
        # Elsewhere than on a terminal, rich would draw all bars once, at the end.
        if self.console.is_terminal:
            self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bars.live.is_started:
            self.bars.stop()

    def row(self, experiment: Experiment) -> OnEvent:
        """What is to be given the events of a row."""
        task = self.tasks[experiment.name]

        def on_event(event: dict[str, Any]) -> None:
            if event["event"] == "built":
                self.bars.start_task(task)
            _show(self.bars, task, event)

        return on_event

    def finish(self, result: Result) -> None:
        """Show that a row is finished."""
        task = self.tasks[result.experiment.name]
        self.bars.start_task(task)
        self.bars.stop_task(task)
        self.bars.update(task, state="failed" if result.scores is None else "done")
        self.console.print(_outcome(result), markup=False, highlight=False, soft_wrap=True)


class GridProgress:
    """A bar for all trainings with the time left, one for each that runs, and a line for each that ends.

    Where there is no terminal, a line an epoch takes the place of the bars.
    """

    #: Elsewhere than on a terminal, how many seconds lie between two lines about epochs.
    PAUSE = 10.0

    def __init__(self, experiments: Sequence[Experiment], console: Console) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self.console = console
        self.left = TimeLeft(experiments)
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=10),
            TextColumn("{task.fields[state]}", markup=False),
            console=console,
        )
        self.all = self.bars.add_task("all", total=len(experiments), state="")
        self.tasks: dict[str, TaskID] = {}
        self.batches: dict[str, int] = {}
        self.ended = 0
        self.said = 0.0
        self._show_all()

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bars.live.is_started:
            self.bars.remove_task(self.all)
            self.bars.stop()

    def row(self, experiment: Experiment) -> OnEvent:
        """What is to be given the events of a training."""

        def on_event(event: dict[str, Any]) -> None:
            self._follow(experiment, event)

        return on_event

    def finish(self, result: Result) -> None:
        """Show that a training is over."""
        name = result.experiment.name
        task = self.tasks.pop(name, None)
        if task is None:  # no event came: it was over before
            self.left.drop(name)
            line = f"{result.experiment.title}: done before"
        else:
            self.bars.remove_task(task)
            (self.left.drop if result.scores is None else partial(self.left.reach, share=1.0))(name)
            line = _outcome(result)
        self.ended += 1
        self._show_all()
        self._say(line)

    def _follow(self, experiment: Experiment, event: dict[str, Any]) -> None:
        name = experiment.name
        if event["event"] == "busy":
            self._say(f"{experiment.title}: another process is at it")
            return
        if event["event"] == "lost":
            self._say(f"{experiment.title}: lost its node, and goes on elsewhere ({event['reason']})")
            return
        if name not in self.tasks:
            self.tasks[name] = self.bars.add_task(experiment.title, total=None, state="")
        task = self.tasks[name]
        if event["event"] == "built":
            self.batches[name] = event["batches"]
            share = event["done"] / event["batches"]
            self.left.begin(name, share)
            if share:
                self._say(f"{experiment.title}: goes on after {share:.0%}")
        elif "done" in event:
            self.left.reach(name, event["done"] / self.batches[name])
        _show(self.bars, task, event)
        self._show_all()
        if event["event"] == "epoch" and not self.console.is_terminal:
            self._say_epoch(f"{experiment.title}: {_state(event)}; {self._all()}")

    def _say(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _say_epoch(self, line: str) -> None:
        now = time.monotonic()
        if now - self.said >= self.PAUSE:
            self.said = now
            self._say(line)

    def _all(self) -> str:
        total = len(self.left.estimates)
        return f"{self.ended} of {total} trainings, about {duration(self.left.seconds())} left"

    def _show_all(self) -> None:
        self.bars.update(self.all, completed=sum(self.left.shares.values()), state=self._all())


def duration(seconds: float) -> str:
    """Seconds in words that are as exact as an estimate is: ``"40 s"``, ``"12 min"``, ``"3 h 20 min"``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def _show(bars: Progress, task: TaskID, event: dict[str, Any]) -> None:
    """Let a training's bar follow an event."""
    if event["event"] == "built":
        bars.update(task, total=event["batches"])
    if "done" in event:
        bars.update(task, completed=event["done"])
    state = _state(event)
    if state is not None:
        bars.update(task, state=state)


def _outcome(result: Result) -> str:
    title, scores = result.experiment.title, result.scores
    if scores is None:
        return f"{title}: failed: {result.error}"
    outcome = f"macro-F1 {scores.scratch.macro_f1:.4f}"
    if isinstance(scores, Scores):
        outcome = f"{scores.agree:,}/{scores.rows:,} labels agree"
    return f"{title}: trained in {scores.train_seconds:.0f} s; {outcome}"


def _state(event: dict[str, Any]) -> str | None:
    """What a training is at, in words; None if an event says nothing new about that."""
    match event["event"]:
        case "started":
            return "starting"
        case "built":
            return "training"
        case "epoch":
            return _epoch(event)
        case "predicting":
            return "predicting"
        case "evaluating":
            return "predicting from scratch"
    return None


def _epoch(event: dict[str, Any]) -> str:
    loss, validation = event["logs"]["loss"], event["logs"]["val_loss"]
    return f"epoch {event['epoch']}/{event['epochs']}, loss {loss:.2f}, val {validation:.2f}"
