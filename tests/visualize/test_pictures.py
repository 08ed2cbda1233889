"""Every picture: drawn anew and on given axes, saved, and with all of its text inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib._pylab_helpers import Gcf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import Patch

import maju
from maju import visualize
from maju.errors import InputError
from visualize.fixtures import Pairs, image

TEXTS = ["saya tidak suka", "enak, ramah dan murah $x_1$ " + "sangat" * 9, ""]
IDS = np.array([[3, 7, 2, 10, 0, 0]])
X = image(3, 12, 10, 3)
P = np.random.default_rng(0).dirichlet(np.ones(4), 40)
TRUTH = np.random.default_rng(1).integers(0, 4, 40)
NAMES = ["cat", "a_long $name$ of a class", "dog", "猫"]
HISTORY = {"loss": [1.0, 0.5], "val_loss": [1.0, 0.75]}

Draw = Callable[..., Figure]
PICTURES: Mapping[str, Callable[[Pairs], tuple[Draw, tuple[Any, ...], dict[str, Any]]]] = {
    "graph": lambda p: (visualize.plot_graph, (p["nested"].maju,), {}),
    "filters-in-colour": lambda p: (visualize.plot_filters, (p["image_classifier"].maju,), {}),
    "filters": lambda p: (visualize.plot_filters, (p["image_classifier"].maju, "last"), {}),
    "filters-of-steps": lambda p: (visualize.plot_filters, (p["sequence"].maju,), {}),
    "filters-of-volumes": lambda p: (visualize.plot_filters, (p["volume"].maju,), {}),
    "feature-maps": lambda p: (visualize.plot_feature_maps, (p["image_classifier"].maju, X), {"row": 1}),
    "maps-of-steps": lambda p: (visualize.plot_feature_maps, (p["sequence"].maju, image(1, 9, 3)), {}),
    "maps-of-volumes": lambda p: (visualize.plot_feature_maps, (p["volume"].maju, image(1, 5, 6, 4, 2)), {}),
    "grad-cam": lambda p: (visualize.plot_grad_cam, (p["image_classifier"].maju, X), {"classes": NAMES}),
    "grad-cam-of-grey": lambda p: (visualize.plot_grad_cam, (p["binary"].maju, image(1, 9, 7, 1)), {}),
    "grad-cam-of-steps": lambda p: (visualize.plot_grad_cam, (p["sequence"].maju, image(1, 9, 3)), {}),
    "grad-cam-of-volumes": lambda p: (visualize.plot_grad_cam, (p["volume"].maju, image(1, 5, 6, 4, 2)), {}),
    "integrated-gradients": lambda p: (
        visualize.plot_integrated_gradients,
        (p["image_classifier"].maju, X),
        {"steps": 4, "target": 1},
    ),
    "hidden-states": lambda p: (visualize.plot_hidden_states, (p["text"].maju, TEXTS), {"row": 1}),
    "hidden-states-of-no-text": lambda p: (visualize.plot_hidden_states, (p["text"].maju, TEXTS), {"row": 2}),
    "gates": lambda p: (visualize.plot_gates, (p["text"].maju, TEXTS), {}),
    "gates-without-mask": lambda p: (visualize.plot_gates, (p["ids"].maju, IDS % 9), {}),
    "tokens": lambda p: (visualize.plot_token_contributions, (p["text"].maju, TEXTS), {"row": 1, "steps": 4}),
    "attention": lambda p: (visualize.plot_attention, (p["attending"].maju, IDS), {}),
    "words": lambda p: (visualize.plot_embeddings, (p["text"].maju,), {}),
    "rows": lambda p: (
        visualize.plot_embeddings,
        (p["image_classifier"].maju, image(9, 12, 10, 3), "last"),
        {"labels": np.arange(9) % 4, "classes": NAMES},
    ),
    "weights": lambda p: (visualize.plot_weight_histograms, (p["text"].maju,), {}),
    "activations": lambda p: (visualize.plot_activation_histograms, (p["text"].maju, TEXTS), {}),
    "confusion": lambda p: (visualize.plot_confusion, (TRUTH, P), {"classes": NAMES}),
    "reliability": lambda p: (visualize.plot_reliability, (TRUTH, P), {}),
    "mistakes": lambda p: (visualize.plot_mistakes, (image(40, 6, 7, 3), TRUTH, P), {"classes": NAMES}),
    "mistakes-in-texts": lambda p: (visualize.plot_mistakes, (TEXTS[:1] * 40, TRUTH, P), {"most": 3}),
    "no-mistakes": lambda p: (visualize.plot_mistakes, (image(4, 6, 7), np.arange(4), np.eye(4)), {}),
    "curves": lambda p: (visualize.plot_curves, ({"_a $b$": HISTORY, "b": HISTORY},), {}),
}


def is_whole(path: Path) -> bool:
    """Whether there is white all around a picture: nothing is cut off at its edges."""
    pixels = imread(path)[..., :3]
    return all((edge == 1).all() for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_saved_whole(pairs: Pairs, name: str, tmp_path: Path) -> None:
    draw, arguments, options = PICTURES[name](pairs)
    figure = draw(*arguments, **options, save=tmp_path / "a.png")
    assert is_whole(tmp_path / "a.png")
    pixels = imread(tmp_path / "a.png")
    assert pixels.shape[1] == int(figure.get_figwidth() * 150)
    assert pixels[..., :3].std() > 0.01
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert Gcf.get_all_fig_managers() == []  # pyplot knows of no figure


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_drawn_where_one_says(pairs: Pairs, name: str) -> None:
    figure = Figure(figsize=(12, 6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1])
    draw, arguments, options = PICTURES[name](pairs)
    assert draw(*arguments, **options, ax=right) is figure
    figure.draw_without_rendering()
    assert figure.axes[:2] == [left, right]
    assert right.get_children()


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_other_formats_are_the_same_file_every_time(pairs: Pairs, kind: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        visualize.plot_filters(pairs["image_classifier"].maju, save=tmp_path / f"{name}.{kind}")
    content = (tmp_path / f"a.{kind}").read_bytes()
    assert content[:5] in (b"<?xml", b"%PDF-")
    assert kind == "pdf" or content == (tmp_path / f"b.{kind}").read_bytes()


def test_a_file_of_another_kind(pairs: Pairs, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.gif: pictures are saved as \.png, \.svg, \.pdf"):
        visualize.plot_filters(pairs["image_classifier"].maju, save=tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []


def hatched(figure: Figure) -> int:
    return sum(
        1 for patch in figure.findobj(Patch) if isinstance(patch, Patch) and patch.get_hatch() == "////"
    )


def test_padding_is_hatched_and_much_of_it_shortened(pairs: Pairs) -> None:
    figure = visualize.plot_hidden_states(pairs["text"].maju, TEXTS, "gru")
    labels = [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
    assert labels == ["saya", "tidak", "suka", "padding", "padding", "+3 padding"]
    assert hatched(figure) == 3
    assert hatched(visualize.plot_hidden_states(pairs["sequence"].maju, image(1, 9, 3))) == 0
    read = visualize.plot_gates(pairs["ids"].maju, IDS % 9)
    assert read.get_suptitle().endswith("padding hatched, and read by the layer")
    assert hatched(read) == 2 * 4


def test_the_bars_of_shortened_padding_hold_the_sum_of_all(pairs: Pairs) -> None:
    x = np.array([[3, 5, 0, 0, 0, 0, 0]])
    found = visualize.token_contributions(pairs["ids"].maju, x, target=1)
    figure = visualize.plot_token_contributions(pairs["ids"].maju, x, method="gradients", target=1)
    bars: Any = figure.axes[0].containers[0]
    heights = [bar.get_height() for bar in bars]
    expected = [*found.values[:4], found.values[4:].sum()]
    np.testing.assert_allclose(heights, expected)


def test_weights_that_are_all_0_and_values_that_are_not_finite(pairs: Pairs) -> None:
    model = maju.load(pairs["image_classifier"].keras)
    layer: Any = model["last"]
    layer.kernel[...] = 0
    assert visualize.plot_filters(model, "last").axes[0].images[0].get_clim() == (-1, 1)
    x = X.copy()
    x[0, 2, 2, 1] = np.nan
    figure = visualize.plot_feature_maps(model, x, "scale")
    assert figure.axes[0].get_title().endswith("row 0 of 3, 1 value not finite, left white")
    for huge in (3e38, np.inf):
        layer.bias[0] = huge
        visualize.plot_feature_maps(model, X, "last").draw_without_rendering()
        layer.activation = "linear"
        visualize.plot_feature_maps(model, X, "last").draw_without_rendering()


def test_256_channels_are_all_there_and_more_are_said_to_be(tmp_path: Path) -> None:
    kernel = np.random.default_rng(0).normal(size=(3, 3, 1, 300)).astype(np.float32)
    conv = maju.layers.Conv2DLayer(kernel, name="conv")
    model = maju.Sequential([maju.Input((7, 9, 1)), conv])
    figure = visualize.plot_feature_maps(model, image(1, 7, 9, 1), save=tmp_path / "a.png")
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert labels == list(map(str, range(256)))
    assert figure.axes[0].get_title() == "conv (Conv2D): 300 maps of 5 × 7\n256 of 300 channels"
    assert is_whole(tmp_path / "a.png")
    assert float(figure.axes[0].texts[0].get_fontsize()) >= 3.5
    figure = visualize.plot_feature_maps(model, image(1, 7, 9, 1), channels=[299, 3])
    assert [text.get_text() for text in figure.axes[0].texts] == ["299", "3"]


def test_colours_keep_signs_apart_in_grey_print() -> None:
    from maju.visualize.style import colours

    red, green, blue, _ = np.array([colours(True)(0.0), colours(True)(0.5), colours(True)(1.0)]).T
    lightness = 0.299 * red + 0.587 * green + 0.114 * blue
    below, zero, above = lightness
    assert zero - above > 0.3
    assert above - below > 0.15
