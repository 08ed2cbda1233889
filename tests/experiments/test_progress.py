from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from experiments.rows import SMALL, failed, scored
from maju.experiments.progress import RowProgress

EVENTS: list[dict[str, Any]] = [
    {"event": "started", "pid": 1},
    {"event": "built", "parameters": 5, "batches": 8},
    {"event": "batch", "done": 2},
    {"event": "epoch", "epoch": 1, "epochs": 2, "done": 4, "logs": {"loss": 1.25, "val_loss": 1.5}},
    {"event": "batch", "done": 6},
    {"event": "predicting"},
    {"event": "evaluating"},
]
STATES = [
    (0, None, "importing Keras"),
    (0, 8, "training"),
    (2, 8, "training"),
    (4, 8, "epoch 1/2, loss 1.25, val 1.50"),
    (6, 8, "epoch 1/2, loss 1.25, val 1.50"),
    (6, 8, "predicting with Keras"),
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
