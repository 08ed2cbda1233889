from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from experiments.rows import SMALL, failed, scored
from maju.experiments.progress import GridProgress, RowProgress, duration

EVENTS: list[dict[str, Any]] = [
    {"event": "started", "pid": 1},
    {"event": "built", "parameters": 5, "batches": 8, "done": 0},
    {"event": "batch", "done": 2},
    {"event": "epoch", "epoch": 1, "epochs": 2, "done": 4, "logs": {"loss": 1.25, "val_loss": 1.5}},
    {"event": "batch", "done": 6},
    {"event": "predicting"},
    {"event": "evaluating"},
]
STATES = [
    (0, None, "starting"),
    (0, 8, "training"),
    (2, 8, "training"),
    (4, 8, "epoch 1/2, loss 1.25, val 1.50"),
    (6, 8, "epoch 1/2, loss 1.25, val 1.50"),
    (6, 8, "predicting"),
    (6, 8, "predicting from scratch"),
]


def test_a_bar_follows_the_events() -> None:
    progress = RowProgress([SMALL], Console(file=io.StringIO()))
    (task,) = progress.bars.tasks
    on_event = progress.row(SMALL)
    seen = []
    for event in EVENTS:
        on_event(event)
        seen.append((task.completed, task.total, task.fields["state"]))
    assert seen == STATES
    on_event({"event": "one that comes in a later version"})


def test_a_terminal_sees_the_bar_with_the_time_left() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)
    with RowProgress([SMALL], console) as progress:
        on_event = progress.row(SMALL)
        for event in EVENTS[:4]:
            on_event(event)
        with console.capture() as capture:
            progress.bars.refresh()
    line = capture.get()
    assert "Small CNN" in line
    assert "━" in line
    assert "epoch 1/2, loss 1.25, val 1.50" in line
    assert line.count(":") >= 4  # the time gone and the time left


def test_elsewhere_there_is_a_line_for_each_row_that_is_finished() -> None:
    file = io.StringIO()
    done, lost = scored(), failed("Lost [bold]", "killed [by] SIGKILL")
    with RowProgress([done.experiment, lost.experiment], Console(file=file, width=40)) as progress:
        progress.finish(done)
        progress.finish(lost)
    assert file.getvalue().splitlines() == [
        "Small CNN: trained in 12 s; 360/360 labels agree",
        "Lost [bold]: failed: killed [by] SIGKILL",
    ]


class TestGrid:
    def events(self, done: int = 0) -> list[dict[str, Any]]:
        return [{**event, "done": done} if event["event"] == "built" else event for event in EVENTS]

    def test_there_is_a_bar_for_all_and_one_for_each_that_runs(self) -> None:
        other = SMALL.model_copy(update={"name": "other", "title": "Other"})
        progress = GridProgress([SMALL, other], Console(file=io.StringIO()))
        assert [task.description for task in progress.bars.tasks] == ["all"]
        on_event = progress.row(SMALL)
        for event in self.events()[:4]:
            on_event(event)
        everything, small = progress.bars.tasks
        assert (small.completed, small.total) == (4, 8)
        assert small.fields["state"] == "epoch 1/2, loss 1.25, val 1.50"
        assert (everything.completed, everything.total) == (0.5, 2)
        progress.finish(scored().model_copy(update={"experiment": SMALL}))
        (everything,) = progress.bars.tasks
        assert everything.completed == 1
        assert re.fullmatch(r"1 of 2 trainings, about \d+ s left", everything.fields["state"])

    def test_what_was_done_before_is_no_bar(self) -> None:
        file = io.StringIO()
        with GridProgress([SMALL], Console(file=file)) as progress:
            progress.row(SMALL)
            progress.finish(scored().model_copy(update={"experiment": SMALL}))
        assert file.getvalue() == "Small CNN: done before\n"
        assert progress.left.seconds() == 0

    def test_a_training_that_goes_on_says_so(self) -> None:
        file = io.StringIO()
        progress = GridProgress([SMALL], Console(file=file))
        on_event = progress.row(SMALL)
        for event in self.events(done=4)[:2]:
            on_event(event)
        assert file.getvalue() == "Small CNN: goes on after 50%\n"
        (everything, small) = progress.bars.tasks
        assert (everything.completed, small.completed) == (0.5, 4)

    def test_elsewhere_than_on_a_terminal_epochs_are_lines(self) -> None:
        file = io.StringIO()
        lost = failed("Lost", "killed").model_copy(update={"experiment": SMALL})
        with GridProgress([SMALL], Console(file=file, width=40)) as progress:
            for event in (*self.events(), self.events()[3]):  # the second epoch comes too soon for a line
                progress.row(SMALL)(event)
            progress.row(SMALL)({"event": "busy"})
            progress.row(SMALL)({"event": "lost", "reason": "it was switched off"})
            progress.finish(lost)
        epoch, busy, gone, end = file.getvalue().splitlines()
        told = r"Small CNN: epoch 1/2, loss 1\.25, val 1\.50; 0 of 1 trainings, about \d+ s left"
        assert re.fullmatch(told, epoch)
        assert busy == "Small CNN: another process is at it"
        assert gone == "Small CNN: lost its node, and goes on elsewhere (it was switched off)"
        assert end == "Small CNN: failed: killed"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (5_300, "88 min"),
        (5_400, "1 h 30 min"),
        (11_100, "3 h 05 min"),
    ],
)
def test_a_duration_is_as_exact_as_an_estimate(seconds: float, words: str) -> None:
    assert duration(seconds) == words
