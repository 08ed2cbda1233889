from __future__ import annotations

import re

import matplotlib as mpl
import pytest

from experiments.report.fakes import (
    COLLAPSED,
    FALLS,
    GOOD,
    TURNS,
    done,
    failed,
    missing,
    scored,
    seeded,
    study,
)
from maju.experiments.report.outcomes import RowOutcome
from maju.experiments.report.plots import confusion_plots, loss_plots, overview_plot
from maju.experiments.report.svg import compact, within_page
from maju.experiments.report.words import LANGUAGES

EN, ID = LANGUAGES["en"], LANGUAGES["id"]


def shown(svg: str) -> list[str]:
    """The texts in a picture."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def lines(svg: str, colour: str) -> list[str]:
    """The styles of the lines of a colour."""
    styles = re.findall(r'style="(fill: none;[^"]*)"', svg)
    return [style for style in styles if f"stroke: {colour.lower()}" in style]


def test_losses_have_a_panel_each_with_a_line_a_row() -> None:
    outcome = study(done("a", history=TURNS), done("b", history=FALLS), failed("c"), done("d", history=None))
    training, validation = loss_plots(outcome, EN)
    assert [training.path, validation.path] == ["mine/training-loss.svg", "mine/validation-loss.svg"]
    assert "Training loss" in shown(training.svg)
    for svg in (training.svg, validation.svg):
        assert {"a", "b"} <= set(shown(svg))
        assert not {"c", "d"} & set(shown(svg))
        assert lines(svg, "#0072B2")
        assert lines(svg, "#D55E00")
    assert training.alt.endswith("At the end: “a” 0.100, “b” 0.700.")
    assert validation.alt.endswith("Lowest: “a” 0.800 in epoch 2, “b” 0.800 in epoch 4.")


def test_rows_that_differ_in_the_mask_share_a_colour_and_not_a_line_style() -> None:
    outcome = study(done("a", mask_zero=False), done("b"))
    _, validation = loss_plots(outcome, EN)
    dashed = ["stroke-dasharray" in style for style in lines(validation.svg, "#0072B2")]
    assert {True, False} == set(dashed)
    assert not lines(validation.svg, "#D55E00")


def test_the_lowest_validation_loss_has_a_ring() -> None:
    training, validation = loss_plots(study(done("a")), EN)
    assert len(re.findall(r"<use ", validation.svg)) == len(re.findall(r"<use ", training.svg)) + 1


def test_several_seeds_have_a_band() -> None:
    outcome = study(seeded("a", [GOOD, COLLAPSED]))
    assert "fill-opacity: 0.15" in loss_plots(outcome, EN)[1].svg
    assert "fill-opacity: 0.15" not in loss_plots(study(done("a")), EN)[1].svg


@pytest.mark.parametrize(
    "row", [failed(), missing(), done(history=None)], ids=["failed", "missing", "no history"]
)
def test_without_curves_there_is_no_plot_of_them(row: RowOutcome) -> None:
    assert loss_plots(study(row), EN) == []


def test_one_epoch_makes_a_plot() -> None:
    training, _ = loss_plots(study(done(history={"loss": [1.0], "val_loss": [0.9]})), EN)
    assert "1" in shown(training.svg)


def test_a_confusion_matrix_has_its_counts_and_classes() -> None:
    ((plot,),) = confusion_plots(study(done("a"), failed("b")), EN)
    texts = shown(plot.svg)
    assert {"40", "10", "3", "6", "20", "4", "2", "5", "60"} <= set(texts)
    assert texts.count("negative") == 2
    assert {"true class", "predicted class", "a", "Keras = from scratch"} <= set(texts)
    assert plot.alt == (
        "Confusion matrix of “a”, Keras = from scratch. Right: 40 of 53 negative, 20 of 30 neutral, "
        "60 of 67 positive."
    )


def test_matrices_that_differ_are_both_shown() -> None:
    ((keras, scratch),) = confusion_plots(study(done("a", scored(COLLAPSED, GOOD))), EN)
    assert [keras.path, scratch.path] == ["mine/confusion-a-keras.svg", "mine/confusion-a-scratch.svg"]
    assert "53" in shown(keras.svg)
    assert "60" in shown(scratch.svg)


def test_rows_without_a_mask_stand_above_those_with_it() -> None:
    outcome = study(done("a", mask_zero=False), done("b"), done("c", mask_zero=False, units=(9,)))
    names = [[plot.path for plot in line] for line in confusion_plots(outcome, EN)]
    assert names == [["mine/confusion-a.svg", "mine/confusion-c.svg"], ["mine/confusion-b.svg"]]


def test_seeds_are_summed() -> None:
    ((plot,),) = confusion_plots(study(seeded("a", [GOOD, GOOD])), EN)
    assert {"80", "120", "sum of 2 seeds"} <= set(shown(plot.svg))


def test_ten_classes_get_a_wide_matrix() -> None:
    ten = scored([[90 if i == j else 1 for j in range(10)] for i in range(10)])
    ((plot,),) = confusion_plots(study(done("a", ten)), EN)
    assert plot.wide
    assert shown(plot.svg).count("90") == 10


def test_the_overview_shows_every_row_and_says_which_have_no_score() -> None:
    outcome = study(done("a", reference=0.5), failed("b"), missing("c"))
    texts = shown(overview_plot([outcome], ID).svg)
    assert {"Mine", "a", "b", "c", "gagal", "belum dijalankan", "0,2", "studi asli, Keras"} <= set(texts)


def test_names_are_drawn_as_they_are() -> None:
    label = "_x $a_1$ <b> \N{GRINNING FACE}"
    outcome = study(done("a", label=label))
    for plot in (*loss_plots(outcome, EN), overview_plot([outcome], EN), confusion_plots(outcome, EN)[0][0]):
        assert "_x $a_1$ &lt;b&gt; \N{GRINNING FACE}" in [text.strip() for text in shown(plot.svg)]


def test_plotting_leaves_the_settings_alone() -> None:
    before = dict(mpl.rcParams)
    overview_plot([study(done())], EN)
    assert dict(mpl.rcParams) == before


def test_pictures_in_one_page_do_not_share_ids() -> None:
    svg = compact('<?xml?><svg><defs><path id="p1"/></defs><g id="axes_1"><use xlink:href="#p1"/></g></svg>')
    assert "axes_1" not in svg
    assert within_page(svg, "one", "a & b") == (
        '<svg role="img" aria-label="a &amp; b"><defs><path id="one-p1"/></defs>'
        '<g><use xlink:href="#one-p1"/></g></svg>'
    )


def test_compact_keeps_texts_and_rounds_numbers() -> None:
    svg = compact('<svg>\n <!-- 0.12345 -->\n <text x="1.23456"\n  y="2">0.12345</text>\n</svg>')
    assert svg == '<svg><text x="1.23" y="2">0.12345</text></svg>\n'
