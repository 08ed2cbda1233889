"""Integrated gradients: how much each number of an input adds to an output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maju.errors import GradientError, InputError
from maju.formats.specification import TensorRef
from maju.layers.base import Array
from maju.models import Model
from maju.visualize.image import as_picture, channels_are_first, draw_picture, image_input
from maju.visualize.probe import call_at, find_layer, gradient_at
from maju.visualize.sample import Sample, sample_of
from maju.visualize.style import colour_bar, colours, finish, headline, limits, panels, shape_text
from maju.visualize.target import Index, Target, target_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["AT_ONCE", "IntegratedGradients", "integrated_gradients", "plot_integrated_gradients"]

#: How many points of the way are computed at once, so that they hold no more numbers than this in all.
AT_ONCE, MOST_NUMBERS = 32, 400_000
#: How many points there are, and at most.
STEPS, MOST_STEPS = 32, 1024
#: How far the sum may be from the difference of the outputs, in parts of that, before more steps are taken.
CLOSE = 0.01


@dataclass(frozen=True, eq=False)
class IntegratedGradients:
    """What each number adds to an output on the way from a baseline.

    Attributes:
        layer: the path of the layer whose output is explained: that of an input, or an embedding.
        target: what it is added to.
        x, baseline: where the way ends and where it begins.
        values: what each number adds, in the shape of x.
        at_x, at_baseline: the output there.
        steps: at how many points of the way the gradient was taken.
        sample: what it was computed for.
    """

    layer: str
    target: Target
    x: Array
    baseline: Array
    values: Array
    at_x: float
    at_baseline: float
    steps: int
    sample: Sample

    @property
    def gap(self) -> float:
        """What the sum of all numbers lacks of the difference of the outputs: 0 with endless steps."""
        return self.at_x - self.at_baseline - float(self.values.sum())


def integrated_gradients(
    model: Model,
    x: Any,
    layer: str | None = None,
    *,
    target: Index = None,
    output: int | str | None = None,
    row: int = 0,
    baseline: float | Array = 0.0,
    steps: int | None = None,
    logits: bool = False,
) -> IntegratedGradients:
    """Integrated gradients of row `row` of x.

    values = (x − x′) ∘ ∫₀¹ ∂F/∂x (x′ + a (x − x′)) da, the integral as the mean over the middles of `steps`
    equal parts. They sum to F(x) − F(x′).

    Args:
        layer: what x is: an input layer, by default the first that is an image; or any other layer, the
            output of which is then taken for x.
        target: the class that F is the output for; by default the one that the model finds.
        output: which of several outputs; by default the first.
        baseline: x′, a number or an array of the shape of x.
        steps: by default 32, doubled until the sum is right to a hundredth, 1,024 at most.
        logits: whether F is what goes into the last softmax or sigmoid.

    Raises:
        InputError: there is no such layer or class, or x is no floating-point number there.
        GradientError: there is no way back from the output to x.

    Source: Sundararajan et al., 2017.
    """
    if steps is not None and (not isinstance(steps, (int, np.integer)) or steps < 1):
        raise InputError(f"steps={steps!r}; expected a whole number of at least 1")
    sample = sample_of(model, x, row)
    aim = target_of(model, sample, target, output)
    path = image_input(model, sample).layer if layer is None else find_layer(model, layer)[0]
    seen, score = aim.before_activation(model) if logits else (model, aim)
    end = call_at(model, sample.inputs, path).y
    if not isinstance(end, np.ndarray) or end.dtype.kind not in "biuf":
        raise InputError(f"layer {path!r} gives no numbers that could be changed little by little")
    end = end.astype(np.result_type(end.dtype, np.float32), copy=False)
    start = np.asarray(baseline, end.dtype)
    if start.ndim and start.shape not in (end.shape, end.shape[1:]):
        raise InputError(f"baseline: expected one number or shape {end.shape[1:]}, got {start.shape}")
    start = np.broadcast_to(start, end.shape)
    way = _Way(seen, sample, path, score, start, end)
    first, last = way.outputs()
    count = int(steps or STEPS)
    while True:
        values = (end - start)[0] * way.mean_gradient(count)
        error = abs(last - first - float(values.sum()))
        if steps is not None or count >= MOST_STEPS or error <= CLOSE * abs(last - first):
            break
        count *= 2
    return IntegratedGradients(path, aim, end[0], start[0], values, last, first, count, sample)


@dataclass(frozen=True, eq=False)
class _Way:
    """The straight way from a baseline to an input."""

    model: Model
    sample: Sample
    path: str
    target: Target
    start: Array
    end: Array

    def outputs(self) -> tuple[float, float]:
        """The output at both ends."""
        scores, _ = self._run(np.array([0.0, 1.0]))
        if not np.isfinite(scores).all():
            raise InputError("the output is not finite at the baseline, or for the input itself")
        return float(scores[0]), float(scores[1])

    def mean_gradient(self, steps: int) -> Array:
        """The mean gradient over the middles of so many equal parts."""
        middles = (np.arange(steps) + 0.5) / steps
        total = np.zeros(self.end.shape[1:], np.float64)
        at_once = max(1, min(AT_ONCE, MOST_NUMBERS // max(self.end.size, 1)))
        for begin in range(0, steps, at_once):
            _, gradients = self._run(middles[begin : begin + at_once])
            total += gradients.sum(axis=0, dtype=np.float64)
        return total / steps

    def _run(self, parts: Array) -> tuple[Array, Array]:
        """The outputs and the gradients at these parts of the way."""
        shares = parts.reshape(-1, *(1 for _ in self.end.shape[1:])).astype(self.end.dtype)
        points = self.start + shares * (self.end - self.start)
        inputs = self.sample.repeated(len(parts))

        def back_from(values: Mapping[TensorRef, Any]) -> dict[TensorRef, Array]:
            scores.append(self.target.of(values))
            return self.target.back_from(values)

        scores: list[Array] = []
        _, call = gradient_at(self.model, inputs, self.path, back_from, instead=points)
        if call.dy is None:
            where = f"layer {self.path!r} ({call.layer.keras_class})"
            raise GradientError(
                f"{where}: no gradient comes back to it from output {self.target.ref.layer!r}"
            )
        return scores[0], call.dy


def plot_integrated_gradients(
    model: Model,
    x: Any,
    *,
    target: Index = None,
    output: int | str | None = None,
    row: int = 0,
    baseline: float | Array = 0.0,
    steps: int | None = None,
    logits: bool = False,
    classes: Sequence[str] | None = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Figure:
    """Draw an image, and beside it what each pixel adds to the output, all its channels together.

    The strongest hundredth of the pixels has the full colour, so that the others can be seen.

    Args:
        target, output, row, baseline, steps, logits: see `integrated_gradients`.
        classes: the classes' names.
        ax: where to draw; a new figure by default.
        save: a file to write, .png, .svg or .pdf.

    Raises:
        InputError: the model takes no image.
    """
    sample = sample_of(model, x, row)
    layer = image_input(model, sample).layer
    found = integrated_gradients(
        model, x, layer, target=target, output=output, row=row, baseline=baseline, steps=steps, logits=logits
    )
    first = channels_are_first(model)
    pixels = found.values if found.values.ndim == 2 else found.values.sum(axis=0 if first else -1)
    picture = as_picture(found.x, first)
    wide = max(0.6, min(2.0, picture.shape[1] / picture.shape[0]))
    figure, (left, right) = panels(ax, 1, 2, 1.6 + 5.4 * wide, 3.5)
    draw_picture(left, picture, "input")
    bound = float(np.quantile(np.abs(pixels), 0.99)) or limits(pixels, signed=True)[1]
    drawn = right.imshow(pixels, cmap=colours(True), vmin=-bound, vmax=bound, interpolation="nearest")
    right.set_axis_off()
    right.set_title("what each pixel adds", fontsize=8.5)
    colour_bar(figure, drawn, right, "added to the output", extend="both")
    kind = "logit" if logits else "output"
    heading = f"Integrated gradients for {found.target.name(classes)} at {layer}, {shape_text(found.x.shape)}"
    difference = found.at_x - found.at_baseline
    sums = (
        f"{kind} {found.at_baseline:.3g} at the baseline, {found.at_x:.3g} here; sum {found.values.sum():.3g}"
    )
    notes = [
        sums + (f" (off by {found.gap:.2g})" if abs(found.gap) > CLOSE * abs(difference) else ""),
        f"{found.steps} steps",
        sample.where,
    ]
    headline(figure, ax, heading, *notes)
    return finish(figure, save)
