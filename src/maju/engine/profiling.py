"""Profiling: a plan as a table of its steps, with what each fuses and its share of the time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from maju import threads
from maju.engine.arena import Arena
from maju.engine.kernels.kernel import Kernel
from maju.engine.plan import Plan
from maju.errors import InputError
from maju.formats.specification import TensorRef, refs_in
from maju.layers.base import Array, Shape
from maju.layers.embedding import EmbeddingLayer
from maju.models.graph_layer import GraphLayer
from maju.models.inputs import bind

__all__ = ["Profile", "Step", "example", "profile"]

#: How long the runs that are timed take together, in seconds, and how many there are at least and at most.
LONG_ENOUGH, LEAST_RUNS, MOST_RUNS = 0.3, 3, 50
#: How long an axis of an example is, where the model takes any length.
LENGTH = 32
#: How wide the columns of names get before they are cut.
WIDEST = 60


@dataclass(frozen=True)
class Step:
    """A step of a plan.

    Attributes:
        layers: the names of the layers that it does at once.
        types: their classes, in the same order.
        kind: how it does them.
        output_shape: of what it leaves; None where the model does not know it.
        seconds: how long a tile took, the median of several; None where it was not run.
    """

    layers: tuple[str, ...]
    types: tuple[str, ...]
    kind: str
    output_shape: Shape | None
    seconds: float | None = None


@dataclass(frozen=True, repr=False)
class Profile:
    """What a model's plan does, step by step.

    Attributes:
        name: the model's.
        steps: in their order.
        tile: how many rows are computed at a time; None where those of a batch depend on each other.
        rows: how many rows the timed tile had.
        threads: how many tiles are computed at the same time.
        library: what multiplies matrices.
        untimed: why no step was timed, if none was.
    """

    name: str
    steps: tuple[Step, ...]
    tile: int | None
    rows: int
    threads: int
    library: str
    untimed: str = ""

    @property
    def seconds(self) -> float:
        """How long a tile took in all steps together."""
        return sum(step.seconds or 0 for step in self.steps)

    def shares(self) -> list[float]:
        """The share of the time that each step took."""
        return [(step.seconds or 0) / (self.seconds or 1) for step in self.steps]

    def table(self) -> tuple[list[str], list[list[str]]]:
        """The titles of the columns, and the cells of each step."""
        timed = not self.untimed
        head = ["Step", "Layers", "Types", "How", "Output shape", *(["ms", "Share"] if timed else [])]
        rows = []
        for number, (step, share) in enumerate(zip(self.steps, self.shares(), strict=True), start=1):
            shape = "?" if step.output_shape is None else str(step.output_shape)
            cells = [str(number), " + ".join(step.layers), " + ".join(step.types), step.kind, shape]
            rows.append([*cells, *([f"{1e3 * (step.seconds or 0):.3f}", f"{share:.1%}"] if timed else [])])
        return head, rows

    def about(self) -> list[str]:
        """What holds for all steps, in lines."""
        tile = "the rows of a batch together" if self.tile is None else f"{self.tile} rows at a time"
        workers = f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        lines = [f"{tile}, {workers}; {self.library}"]
        if self.untimed:
            return [*lines, f"not timed: {self.untimed}"]
        each = 1e6 * self.seconds / max(self.rows, 1)
        return [
            *lines,
            f"{1e3 * self.seconds:.3f} ms for {self.rows} rows in one thread, {each:.1f} µs a row",
        ]

    def __str__(self) -> str:
        head, rows = self.table()
        cut = [[c if len(c) <= WIDEST else f"{c[: WIDEST - 1]}…" for c in cells] for cells in rows]
        widths = [max(map(len, column)) for column in zip(head, *cut, strict=True)]
        lines = [
            "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip()
            for cells in (head, *cut)
        ]
        rule = "─" * max(map(len, lines))
        return "\n".join([f"Plan of {self.name!r}", rule, lines[0], rule, *lines[1:], rule, *self.about()])

    def __repr__(self) -> str:
        took = "" if self.untimed else f", {1e3 * self.seconds:.3f} ms for {self.rows} rows"
        return f"<plan of {self.name!r}: {len(self.steps)} steps{took}>"


def profile(plan: Plan, model: GraphLayer, x: Any = None) -> Profile:
    """Time each step of a plan on a tile.

    Args:
        model: that of the plan.
        x: what `predict` takes; if not given, random numbers of the shape that the model takes.

    Raises:
        InputError: x does not fit the model. Where it is not given, the outcome says why nothing was timed.
    """
    seconds: list[float | None] = [None] * len(plan.steps)
    rows, untimed = 0, ""
    try:
        inputs = example(model, plan.tile) if x is None else bind(model.spec, x)
        inputs = {ref: value[: plan.tile] for ref, value in inputs.items()}
        rows = len(next(iter(inputs.values())))
        if not rows:
            raise InputError("there are no rows to be timed")
        seconds = list(_timed(plan, inputs))
    except InputError as error:
        if x is not None:
            raise
        untimed = f"{error}; give data to be timed"
    return Profile(
        model.name,
        tuple(_step(plan, step, took) for step, took in zip(plan.steps, seconds, strict=True)),
        None if plan.mixes_rows else plan.tile,
        rows,
        threads.count(),
        f"NumPy {np.__version__}{threads.blas()}",
        untimed,
    )


def _step(plan: Plan, step: Kernel, seconds: float | None) -> Step:
    names = tuple(instruction.outputs[0].layer for instruction in step.instructions)
    types = tuple(instruction.node.keras_class for instruction in step.instructions)
    return Step(names, types, step.kind, plan.shapes.get(step.writes[0]) if step.writes else None, seconds)


def _timed(plan: Plan, inputs: Mapping[TensorRef, Array]) -> list[float]:
    """The median of the seconds that each step takes, with one thread of BLAS, as in a run of many tiles."""
    arena = Arena()
    runs: list[list[float]] = []
    with threads.one_blas_thread():
        plan.timed(inputs, arena)
        begun = time.perf_counter()
        while len(runs) < LEAST_RUNS or (len(runs) < MOST_RUNS and time.perf_counter() - begun < LONG_ENOUGH):
            runs.append(plan.timed(inputs, arena))
    return [statistics.median(took) for took in zip(*runs, strict=True)]


def example(model: GraphLayer, rows: int) -> dict[TensorRef, Array]:
    """Random numbers, ids or words of the shapes and types that a model takes."""
    rng = np.random.default_rng(0)
    embeddings = [node for node in _nodes(model) if isinstance(node, EmbeddingLayer)]
    ids = min((len(node.embeddings) for node in embeddings), default=2)
    configs = {layer.name: layer.config for layer in model.spec.layers}
    made = {}
    for ref in refs_in(model.spec.inputs):
        config = configs[ref.layer]
        shape = (rows, *(LENGTH if n is None else n for n in (config.get("batch_shape") or (None, 1))[1:]))
        kind = str(config.get("dtype") or "float32")
        if kind == "string":
            made[ref] = np.full(shape, "satu dua tiga")
        elif kind == "bool":
            made[ref] = rng.integers(0, 2, shape) > 0
        elif embeddings or "int" in kind:
            made[ref] = rng.integers(0, ids, shape)
        else:
            made[ref] = rng.normal(size=shape).astype(np.float32)
    return made


def _nodes(model: GraphLayer) -> list[Any]:
    return [
        inner
        for node in model.held.values()
        for inner in (_nodes(node) if isinstance(node, GraphLayer) else [node])
    ]
