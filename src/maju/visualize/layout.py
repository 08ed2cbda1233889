"""Where the boxes of a graph stand: in ranks below one another, so that every arrow points down."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Layout", "laid_out"]

#: How many times the places are brought nearer to those of their neighbours.
SWEEPS = 8
#: How wide a box with its margin is, and what an arrow that passes by needs.
BOX, ARROW = 1.0, 0.16


@dataclass(frozen=True)
class Layout:
    """Where each box stands, and along which points each arrow runs.

    Attributes:
        ranks: the rank of each box, from 0 on.
        across: how far to the right each box is, in widths of a box.
        ways: for each edge the (rank, across) of its ends and of the ranks that it passes between.
    """

    ranks: Mapping[str, int]
    across: Mapping[str, float]
    ways: Mapping[tuple[str, str], list[tuple[int, float]]]


def laid_out(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> Layout:
    """Lay out a graph without circles; `nodes` are in an order in which every edge leads onwards.

    Ranks are the lengths of the longest ways there; an edge over several gets a place in each. Within a rank
    the order follows the places of the neighbours, which are then approached as far as there is room.

    Source: Sugiyama, Tagawa & Toda, 1981.
    """
    ranks: dict[str, int] = dict.fromkeys(nodes, 0)
    sources: dict[str, list[str]] = {node: [] for node in nodes}
    for before, after in edges:
        sources[after].append(before)
    for node in nodes:
        ranks[node] = max((ranks[before] + 1 for before in sources[node]), default=0)
    below = {node: [after for before, after in edges if before == node] for node in nodes}
    for node in reversed(nodes):  # what has nothing before it stands right above what needs it
        if not sources[node] and below[node]:
            ranks[node] = min(ranks[after] for after in below[node]) - 1

    layers: list[list[str]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for node in nodes:
        layers[ranks[node]].append(node)
    chains: dict[tuple[str, str], list[str]] = {}
    neighbours: dict[str, tuple[list[str], list[str]]] = {node: ([], []) for node in nodes}
    for number, (before, after) in enumerate(dict.fromkeys(edges)):
        chain = [before]
        for rank in range(ranks[before] + 1, ranks[after]):
            passing = f"\0{number}/{rank}"
            layers[rank].append(passing)
            neighbours[passing] = ([], [])
            chain.append(passing)
        chain.append(after)
        chains[before, after] = chain
        for one, other in itertools.pairwise(chain):
            neighbours[one][1].append(other)
            neighbours[other][0].append(one)

    across: dict[str, float] = {}
    for layer in layers:
        across |= _spread(layer, {node: float(place) for place, node in enumerate(layer)})
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            wish = {}
            for node in layer:
                near = neighbours[node][0 if down else 1]
                wish[node] = sum(across[other] for other in near) / len(near) if near else across[node]
            layer.sort(key=lambda node: wish[node])
            across |= _spread(layer, wish)
    rank_of = {node: rank for rank, layer in enumerate(layers) for node in layer}
    ways = {edge: [(rank_of[node], across[node]) for node in chain] for edge, chain in chains.items()}
    return Layout(ranks, {node: across[node] for node in nodes}, ways)


def _spread(layer: Sequence[str], wish: Mapping[str, float]) -> dict[str, float]:
    """The wishes of a rank, apart enough for what stands there, and on the whole where they were."""
    found: dict[str, float] = {}
    previous: str | None = None
    for node in layer:
        at = wish[node]
        if previous is not None:
            at = max(at, found[previous] + (_width(previous) + _width(node)) / 2)
        found[node], previous = at, node
    shift = sum(found[node] - wish[node] for node in layer) / max(len(layer), 1)
    return {node: at - shift for node, at in found.items()}


def _width(node: str) -> float:
    return ARROW if node.startswith("\0") else BOX
