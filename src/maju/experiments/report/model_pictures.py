"""The pictures of `maju.visualize` that fit a model, each kind with a sentence that says how to read it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from maju import visualize
from maju.datasets import Dataset
from maju.errors import GradientError, InputError
from maju.experiments.report.outcomes import History
from maju.experiments.report.words import Language
from maju.layers.base import Array
from maju.models import Model
from maju.visualize.filters import is_convolution
from maju.visualize.gates import has_gates
from maju.visualize.probe import layers_in
from maju.visualize.style import finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Judged", "Picture", "PictureSection", "draw_pictures"]

#: How many test rows histograms are made of.
MOST_ROWS = 64
#: How many of CSS's pixels an inch of a picture is wide, so that its letters are as small as a caption's.
PIXELS = 92
#: To what share of that it may shrink.
LEAST = 0.72

#: What pictures of a kind are of, in words, with what draws each.
Drawn = list[tuple[str, Callable[[], "Figure"]]]


@dataclass(frozen=True, eq=False)
class Judged:
    """A model with all that its pictures are drawn from.

    Attributes:
        label: what its row is called.
        history: of its training, where it was kept.
        dataset: whose test split it was judged on.
        probabilities: of the test rows, (rows, classes).
    """

    label: str
    model: Model
    history: History | None
    dataset: Dataset
    probabilities: Array


@dataclass(frozen=True)
class Picture:
    """A picture within a page.

    Attributes:
        png: the file, in base64.
        width, height: in CSS's pixels.
        alt: what it shows, for who cannot see it.
        label: what it is of, where a section has several.
    """

    png: str
    width: int
    height: int
    alt: str
    label: str

    @property
    def least(self) -> int:
        """How wide it has to be for its letters to be read."""
        return round(LEAST * self.width)


@dataclass(frozen=True)
class PictureSection:
    """Pictures of a kind.

    Attributes:
        name: what links call it.
        caption: how to read them.
        notes: why some could not be drawn.
    """

    name: str
    title: str
    caption: str
    pictures: tuple[Picture, ...]
    notes: tuple[str, ...]


def draw_pictures(judged: Judged, language: Language) -> list[PictureSection]:
    """All pictures that fit the model: convolutions are looked into by images, recurrent layers by texts."""
    kinds = {**_of_all(judged), **_of_layers(judged, language)}
    first = judged.dataset.test.x[:MOST_ROWS]
    kinds["activations"] = [("", partial(visualize.plot_activation_histograms, judged.model, first))]
    return [_section(name, drawn, judged.label, language) for name, drawn in kinds.items() if drawn]


def _of_all(judged: Judged) -> dict[str, Drawn]:
    """The pictures of the whole model, and of all test rows."""
    p, classes, label = judged.probabilities, judged.dataset.classes, judged.label
    x, y = judged.dataset.test
    history = judged.history or {}
    return {
        "graph": [("", partial(visualize.plot_graph, judged.model))],
        "losses": [("", partial(visualize.plot_curves, {label: history}))] if history.get("loss") else [],
        "confusion": [("", partial(visualize.plot_confusion, y, p, classes=classes))],
        "reliability": [("", partial(visualize.plot_reliability, y, p))],
        "mistakes": [("", partial(visualize.plot_mistakes, x, y, p, classes=classes))],
    }


def _of_layers(judged: Judged, language: Language) -> dict[str, Drawn]:
    """The pictures of single layers, and of single test rows."""
    model, classes, x = judged.model, judged.dataset.classes, judged.dataset.test.x
    examples = list(_examples(judged, language))
    if x.dtype.kind in "USOT":
        gated = any(has_gates(layer) for _, layer in layers_in(model))
        plot_inside = visualize.plot_gates if gated else visualize.plot_hidden_states
        return {
            "tokens": [
                (text, partial(visualize.plot_token_contributions, model, x[i : i + 1], classes=classes))
                for i, text in examples
            ],
            "gates" if gated else "states": [
                (text, partial(plot_inside, model, x[i : i + 1])) for i, text in examples
            ],
        }
    paths = [path for path, layer in layers_in(model) if is_convolution(layer)]
    ends = dict.fromkeys([*paths[:1], *paths[-1:]])
    seen, what = examples[0]
    return {
        "filters": [(path, partial(visualize.plot_filters, model, path)) for path in ends],
        "feature_maps": [
            (
                f"{path}, {what}",
                partial(visualize.plot_feature_maps, model, x[seen : seen + 1], path),
            )
            for path in ends
        ],
        "grad_cam": [
            (text, partial(visualize.plot_grad_cam, model, x[i : i + 1], classes=classes))
            for i, text in examples
            if paths
        ],
        "integrated_gradients": [
            (text, partial(visualize.plot_integrated_gradients, model, x[i : i + 1], classes=classes))
            for i, text in examples
        ],
    }


def _examples(judged: Judged, language: Language) -> Iterator[tuple[int, str]]:
    """The first test row that the model is right about, and the first that it is wrong about, in words."""
    truth, predicted = judged.dataset.test.y, judged.probabilities.argmax(axis=1)
    for key, rows in (("right", truth == predicted), ("wrong", truth != predicted)):
        for row in np.flatnonzero(rows)[:1].tolist():
            true, guess = (judged.dataset.classes[each[row]] for each in (truth, predicted))
            yield row, language(f"model.{key}", row=language.plain(row), true=true, guess=guess)


def _section(name: str, drawn: Drawn, label: str, language: Language) -> PictureSection:
    title = language(f"model.{name}")
    pictures, notes = [], []
    for text, draw in drawn:
        try:
            figure = draw()
        except (InputError, GradientError) as error:
            notes.append(language("model.not_drawn", reason=str(error)))
            continue
        pictures.append(_picture(figure, f"{title}: {text or label}", text))
    caption = language(f"model.{name}.caption")
    return PictureSection(name, title, caption, tuple(pictures), tuple(notes))


def _picture(figure: Figure, alt: str, label: str) -> Picture:
    with TemporaryDirectory() as folder:
        path = Path(folder, "picture.png")
        finish(figure, path)
        png = base64.b64encode(path.read_bytes()).decode("ascii")
    width, height = (round(PIXELS * inches) for inches in figure.get_size_inches())
    return Picture(png, width, height, alt, label)
