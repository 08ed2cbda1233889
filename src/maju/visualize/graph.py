"""The graph of a model as a diagram: a box for each call of a layer, arrows for the tensors."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maju.formats.specification import TensorRef, refs_in
from maju.layers.base import Layer, Shape
from maju.models import Model
from maju.visualize.layout import laid_out
from maju.visualize.style import axes_for, finish, shape_text, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Box", "Graph", "graph", "plot_graph"]

#: In inches: a box, and the distance from one to the next.
WIDTH, HEIGHT, ACROSS, DOWN = 2.15, 0.5, 2.45, 0.78
#: How many ranks stand below one another before the picture goes on beside them.
MOST_RANKS = 26
#: A light colour for each kind of layer, by what its class name holds; the first that fits.
FILLS = (
    (("Input",), "#FFFFFF"),
    (("ConvLSTM", "LSTM", "GRU", "RNN", "Bidirectional"), "#CDE9DD"),
    (("Conv1D", "Conv2D", "Conv3D"), "#CFE3F2"),
    (("Pooling", "UpSampling", "Padding", "Cropping"), "#E4F1FB"),
    (("Attention",), "#F3DCE9"),
    (("Embedding", "TextVectorization", "Lookup"), "#FBEBC8"),
    (("Dense",), "#F8DCC8"),
)
PLAIN = "#EFEFEF"


@dataclass(frozen=True)
class Box:
    """One call of a layer or an operation.

    Attributes:
        key: its name, numbered from the second call on, as in `Model.activations`.
        kind: the Keras class.
        shapes: of its outputs, batch axis first.
        parameters: how many numbers the layer's weights hold; 0 for calls after the first.
        is_output: whether the model gives out what it gives.
    """

    key: str
    kind: str
    shapes: tuple[Shape | None, ...]
    parameters: int
    is_output: bool


@dataclass(frozen=True)
class Graph:
    """A model as boxes and arrows; every arrow leads to a later box."""

    name: str
    boxes: tuple[Box, ...]
    edges: tuple[tuple[str, str], ...]
    parameters: int


def graph(model: Model) -> Graph:
    """The graph of a model, in the order in which it computes; a nested model is one box."""
    outputs = {(ref.layer, ref.call) for ref in refs_in(model.spec.outputs)}
    calls = [(ref.layer, ref.call) for ref in refs_in(model.spec.inputs)]
    calls += [(step.call.layer, step.index) for step in model.steps]
    boxes = []
    for name, index in calls:
        node = model.nodes[name]
        shapes: list[Shape | None] = []
        while (ref := TensorRef(name, index, len(shapes))) in model.shapes:
            shapes.append(model.shapes[ref])
        own = node.count_params() if isinstance(node, Layer) and index == 0 else 0
        boxes.append(Box(_key(name, index), node.keras_class, tuple(shapes), own, (name, index) in outputs))
    edges = dict.fromkeys(
        (_key(ref.layer, ref.call), _key(step.call.layer, step.index))
        for step in model.steps
        for ref in refs_in([step.call.args, step.call.kwargs])
    )
    return Graph(model.name, tuple(boxes), tuple(edges), model.count_params())


def _key(name: str, index: int) -> str:
    return name if index == 0 else f"{name}:{index}"


def plot_graph(model: Model, *, ax: Axes | None = None, save: str | Path | None = None) -> Figure:
    """Draw a model as a diagram: name, class, shape of the output and parameters of each layer.

    What is deep goes on in further columns. A nested model is one box; ``plot_graph(model["inner"])`` draws
    what is in it.

    Args:
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.
    """
    found = graph(model)
    layout = laid_out([box.key for box in found.boxes], found.edges)
    places = [at for way in layout.ways.values() for _, at in way] + list(layout.across.values())
    left, right = min(places, default=0.0), max(places, default=0.0)
    ranks = max(layout.ranks.values(), default=0) + 1
    columns = -(-ranks // MOST_RANKS)
    high = -(-ranks // columns)  # ranks in each column
    column_width = (right - left + 1) * ACROSS + 0.35
    width, height = max(3.6, columns * column_width + 0.3), high * DOWN + 0.7
    margin = (width - columns * column_width) / 2

    def point(rank: int, across: float) -> tuple[float, float]:
        column, row = divmod(rank, high)
        return margin + column * column_width + (across - left + 0.5) * ACROSS, -(row + 0.5) * DOWN

    figure, axes = axes_for(ax, width, height)
    from matplotlib.patches import FancyBboxPatch  # there is matplotlib, or axes_for has said so

    room = axes.get_window_extent()
    scale = min(1.0, room.width / figure.dpi / width, room.height / figure.dpi / height)
    for way in layout.ways.values():
        way_line = _way([(rank // high, *point(rank, at)) for rank, at in way], high, column_width, margin)
        _draw_way(axes, way_line, scale)
    for box in found.boxes:
        across, up = point(layout.ranks[box.key], layout.across[box.key])
        fill = next((c for words, c in FILLS if any(word in box.kind for word in words)), PLAIN)
        axes.add_patch(
            FancyBboxPatch(
                (across - WIDTH / 2, up - HEIGHT / 2),
                WIDTH,
                HEIGHT,
                boxstyle="round,pad=0,rounding_size=0.06",
                facecolor=fill,
                edgecolor="black",
                linewidth=(1.6 if box.is_output else 0.7) * scale,
            )
        )
        heading = f"{short(box.key, 26)}"
        shapes = ", ".join("?" if shape is None else shape_text(shape[1:]) for shape in box.shapes[:2])
        more = ", …" if len(box.shapes) > 2 else ""
        parameters = f"  ·  {box.parameters:,}" if box.parameters else ""
        lines = [f"{short(box.kind, 30)}", short(f"{shapes}{more}{parameters}", 40)]
        axes.text(
            across,
            up + 0.13,
            heading,
            fontsize=7.5 * scale,
            weight="bold",
            ha="center",
            va="center",
            parse_math=False,
        )
        for line, text in enumerate(lines):
            axes.text(
                across,
                up - 0.03 - 0.135 * line,
                text,
                fontsize=6.8 * scale,
                ha="center",
                va="center",
                parse_math=False,
            )
    axes.set(xlim=(0, width), ylim=(-high * DOWN - 0.1, 0.1))
    axes.set_aspect("equal")
    axes.set_axis_off()
    heading = f"{found.name}: {len(found.boxes)} layers, {found.parameters:,} parameters"
    note = "name, class, shape of the output · parameters"
    axes.set_title(f"{heading}\n{note}", fontsize=(9 if width > 4.5 else 8) * scale, parse_math=False)
    return finish(figure, save)


def _way(
    points: list[tuple[int, float, float]], high: int, column_width: float, margin: float
) -> list[tuple[float, float]]:
    """The corners of an arrow through points (column, across, up): it runs straight down beside boxes.

    To another column it goes below all boxes of the one, and over the top of the next.
    """
    half = HEIGHT / 2
    line = [(points[0][1], points[0][2] - half)]
    for (column, across, _), (next_column, next_across, up) in itertools.pairwise(points):
        if next_column > column:
            bottom, top = -high * DOWN - 0.05, 0.05
            between = margin + next_column * column_width - 0.17
            line += [(across, bottom), (between, bottom), (between, top), (next_across, top)]
        line += [(next_across, up + half), (next_across, up - half)]
    return line[:-1]


def _draw_way(axes: Axes, line: list[tuple[float, float]], scale: float) -> None:
    from matplotlib.lines import Line2D

    look: dict[str, Any] = {"color": "#444444", "linewidth": 0.8 * scale}
    across, up = zip(*line, strict=True)
    axes.add_line(Line2D(across, up, solid_joinstyle="round", zorder=0.5, **look))
    arrow = {"arrowstyle": "-|>", "mutation_scale": 8 * scale, "shrinkA": 0, "shrinkB": 0, **look}
    axes.annotate("", xy=line[-1], xytext=line[-2], arrowprops=arrow, zorder=0.5)
