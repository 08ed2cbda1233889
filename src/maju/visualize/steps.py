"""Steps: where the time of a prediction goes, as bars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from maju.engine.profiling import Profile
from maju.errors import InputError
from maju.visualize.style import COLOURS, NORMAL, SMALL, axes_for, finish, short, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_steps"]

#: How many steps get a bar of their own; the others share the last.
MOST_STEPS = 40


def plot_steps(profile: Profile, *, ax: Axes | None = None, save: str | Path | None = None) -> Figure:
    """Draw what `Model.plan` found: a bar for each step, in their order from the top.

    Args:
        profile: what ``model.plan(x)`` gives.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.

    Raises:
        InputError: no step was timed.
    """
    if profile.untimed:
        raise InputError(f"no step was timed: {profile.untimed}")
    named = [
        (f"{number}  {short(' + '.join(step.layers), 44)}", 1e3 * (step.seconds or 0), share)
        for number, (step, share) in enumerate(zip(profile.steps, profile.shares(), strict=True), start=1)
    ]
    if len(named) > MOST_STEPS:
        longest = sorted(named, key=lambda bar: -bar[1])[: MOST_STEPS - 1]
        others = [bar for bar in named if bar not in longest]
        rest = (f"the {len(others)} others", sum(bar[1] for bar in others), sum(bar[2] for bar in others))
        named = [*(bar for bar in named if bar in longest), rest]
    figure, axes = axes_for(ax, 7.2, 1.1 + 0.24 * len(named))
    names, milliseconds, shares = zip(*named, strict=True)
    places = range(len(names))
    axes.barh(places, milliseconds, color=COLOURS[0], height=0.7)
    axes.set_yticks(places, names, fontsize=SMALL, parse_math=False)
    axes.invert_yaxis()
    for place, (value, share) in enumerate(zip(milliseconds, shares, strict=True)):
        axes.annotate(
            f"{share:.1%}", (value, place), (3, 0), textcoords="offset points", va="center", fontsize=SMALL
        )
    axes.set_xlim(0, max(milliseconds) * 1.12 or 1)
    axes.set_xlabel("milliseconds for a tile, in one thread", fontsize=NORMAL)
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)
    title(axes, f"{short(profile.name, 40)}: {1e3 * profile.seconds:.2f} ms for {profile.rows} rows")
    return finish(figure, save)
