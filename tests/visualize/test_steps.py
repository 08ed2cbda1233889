"""The steps of a plan as bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import maju
from maju import layers
from maju.errors import InputError
from maju.visualize import plot_steps


def deep(count: int) -> maju.Model:
    hidden = [layers.Dense(3, activation="elu", name=f"d{n}") for n in range(count)]
    return maju.Sequential([layers.Input((4,)), *hidden], name="deep")


def widths_in(axes: Any) -> list[float]:
    return [float(bar.get_width()) for bar in axes.patches]


def test_a_bar_for_each_step() -> None:
    profile = deep(3).plan(print_fn=None)
    axes = plot_steps(profile).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1  d0", "2  d1", "3  d2"]
    widths = widths_in(axes)
    np.testing.assert_allclose(widths, [1e3 * (step.seconds or 0) for step in profile.steps])
    assert axes.get_title().startswith("deep: ")


def test_the_shortest_of_many_share_a_bar() -> None:
    profile = deep(60).plan(print_fn=None)
    axes = plot_steps(profile).axes[0]
    assert len(axes.patches) == 40
    assert axes.get_yticklabels()[-1].get_text() == "the 21 others"
    assert sum(widths_in(axes)) == pytest.approx(1e3 * profile.seconds)


def test_without_times_there_is_nothing_to_draw() -> None:
    first, second = maju.Input((None, 3)), maju.Input((None, 7))
    parts = [layers.Dense(4)(first), layers.Dense(4)(second)]
    model = maju.Model([first, second], layers.Reshape((5, 4))(layers.Concatenate(axis=1)(parts)))
    with pytest.raises(InputError, match="no step was timed"):
        plot_steps(model.plan(print_fn=None))
