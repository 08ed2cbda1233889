"""The graph of a model, and where its boxes stand."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import given, strategies

import maju
from maju.visualize import graph, plot_graph
from maju.visualize.layout import laid_out
from visualize.fixtures import Pairs


def test_boxes_and_edges(pairs: Pairs) -> None:
    found = graph(pairs["nested"].maju)
    kinds = {box.key: (box.kind, box.shapes, box.parameters) for box in found.boxes}
    live = pairs["nested"].keras
    assert kinds["wide"] == ("Dense", ((None, 5),), 30)
    assert kinds["wide:1"] == ("Dense", ((None, 5),), 0)
    assert kinds["inner"][1:] == (((None, 3, 4, 3),), live.get_layer("inner").count_params())
    assert found.parameters == live.count_params()
    assert {box.key for box in found.boxes if box.is_output} == {"one", "two"}
    assert {("left", "inner"), ("right", "wide"), ("wide", "wide:1")} <= set(found.edges)
    assert ("wide", "wide") not in found.edges
    order = [box.key for box in found.boxes]
    assert all(order.index(before) < order.index(after) for before, after in found.edges)


@given(strategies.integers(0, 10_000), strategies.integers(1, 25), strategies.floats(0, 0.4))
def test_no_boxes_overlap_and_every_arrow_leads_down(seed: int, count: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    nodes = [f"n{i}" for i in range(count)]
    edges = [(nodes[i], nodes[j]) for j in range(count) for i in range(j) if rng.random() < density]
    found = laid_out(nodes, edges)
    for before, after in edges:
        assert found.ranks[before] < found.ranks[after]
        way = [rank for rank, _ in found.ways[before, after]]
        assert way == list(range(found.ranks[before], found.ranks[after] + 1))
    for rank in set(found.ranks.values()):
        places = sorted(found.across[node] for node in nodes if found.ranks[node] == rank)
        assert all(b - a >= 1 - 1e-9 for a, b in pairwise(places))


def test_a_graph_that_is_very_wide_is_saved_all_the_same(tmp_path: Path) -> None:
    inputs = [maju.Input((2,)) for _ in range(190)]
    model = maju.Model(inputs, maju.layers.Add()(inputs))
    figure = plot_graph(model, save=tmp_path / "a.png")
    assert figure.get_figwidth() * 150 > 65_535
    assert (tmp_path / "a.png").read_bytes()[16:20] == (20_000).to_bytes(4, "big")  # the width


def test_a_straight_model_is_a_straight_line() -> None:
    model = maju.Sequential([maju.Input((4,)), *(maju.layers.Dense(3) for _ in range(5))])
    found = graph(model)
    layout = laid_out([box.key for box in found.boxes], found.edges)
    assert set(layout.across.values()) == {0.0}
    assert list(layout.ranks.values()) == list(range(6))
