"""The table of a model's layers, as data and as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maju.formats.specification import ModelSpec, refs_in

if TYPE_CHECKING:
    from maju.models.model import Model

__all__ = ["Row", "SummaryText", "connections", "summary_rows", "summary_text"]


@dataclass(frozen=True)
class Row:
    """A layer in the table: `connected_to` names the layers whose outputs it takes."""

    name: str
    type: str
    output_shape: str
    params: int
    connected_to: tuple[str, ...]


def connections(spec: ModelSpec) -> dict[str, list[str]]:
    """For each layer that takes tensors, the layers that they come from, each once, in the calls' order."""
    sources: dict[str, dict[str, None]] = {}  # dicts, as sets that keep their order
    for call in spec.calls:
        for ref in refs_in([call.args, call.kwargs]):
            sources.setdefault(call.layer, {})[ref.layer] = None
    return {layer: list(found) for layer, found in sources.items()}


def summary_rows(model: Model) -> list[Row]:
    """A row for each layer and operation, in the order of the file."""
    sources = connections(model.spec)
    params = {layer.name: layer.count_params() for layer in model.layers}
    return [
        Row(
            node.name,
            node.class_name,
            _outputs(model, node.name),
            params.get(node.name, 0),
            tuple(sources.get(node.name, ())),
        )
        for node in model.spec.layers
    ]


def _outputs(model: Model, name: str) -> str:
    shapes = [_shape(shape) for ref, shape in model.shapes.items() if (ref.layer, ref.call) == (name, 0)]
    return shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"


def _shape(shape: Any) -> str:
    if isinstance(shape, (list, tuple)) and all(n is None or isinstance(n, int) for n in shape):
        return (
            f"({', '.join('None' if n is None else str(n) for n in shape)}{',' if len(shape) == 1 else ''})"
        )
    return "?"


class SummaryText(str):
    """The text of a summary, which an interactive prompt does not repeat below the printed one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<summary of {self.count(chr(10)) + 1} lines>"


def summary_text(model: Model) -> SummaryText:
    """The table in plain text, with the totals below."""
    rows = [
        (row.name, row.type, row.output_shape, f"{row.params:,}", ", ".join(row.connected_to) or "-")
        for row in summary_rows(model)
    ]
    head = ("Layer", "Type", "Output shape", "Params", "Connected to")
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells: tuple[str, ...]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()

    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    title = f'Model "{model.name}" ({type(model).__name__})'
    total = model.count_params()
    trained = sum(weight.size for weight in model.trainable_weights.values())
    totals = [
        f"Total parameters: {total:,}",
        f"Trainable parameters: {trained:,}",
        f"Non-trainable parameters: {total - trained:,}",
    ]
    return SummaryText("\n".join([title, rule, line(head), rule, *map(line, rows), rule, *totals]))
