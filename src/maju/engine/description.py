"""A plan as a table: what each step does, what it fuses, and its share of the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maju.engine.plan import Plan
from maju.layers.base import Shape

__all__ = ["StepRow", "plan_rows", "plan_text"]


@dataclass(frozen=True)
class StepRow:
    """A step in the table.

    Attributes:
        layers: the names of the layers that it does at once.
        types: their classes, in the same order.
        kind: how it does them.
        output_shape: of what it leaves; None where the model does not know it.
        seconds: how long it took; None where it was not run.
    """

    layers: tuple[str, ...]
    types: tuple[str, ...]
    kind: str
    output_shape: Shape | None
    seconds: float | None = None


def plan_rows(plan: Plan, seconds: Sequence[float] | None = None) -> list[StepRow]:
    """A row for each step."""
    rows = []
    for number, step in enumerate(plan.steps):
        names = tuple(instruction.outputs[0].layer for instruction in step.instructions)
        types = tuple(instruction.node.keras_class for instruction in step.instructions)
        shape = plan.shapes.get(step.writes[0]) if step.writes else None
        rows.append(StepRow(names, types, step.kind, shape, None if seconds is None else seconds[number]))
    return rows


def plan_text(rows: Sequence[StepRow]) -> str:
    """The rows in plain text."""
    total = sum(row.seconds or 0 for row in rows)
    timed = any(row.seconds is not None for row in rows)
    head = ("Step", "Layers", "Types", "How", "Output shape", *(("ms", "Share") if timed else ()))
    cells = [
        (
            str(number),
            " + ".join(row.layers),
            " + ".join(row.types),
            row.kind,
            "?" if row.output_shape is None else str(row.output_shape),
            *((f"{1e3 * (row.seconds or 0):.3f}", f"{(row.seconds or 0) / total:.1%}") if timed else ()),
        )
        for number, row in enumerate(rows, start=1)
    ]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in (head, *cells)
    ]
    return "\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:]])
