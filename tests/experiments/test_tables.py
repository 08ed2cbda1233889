from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from pydantic import ValidationError
from rich.console import Console

from experiments.rows import failed, judged, scored
from maju.experiments.results import Result
from maju.experiments.tables import markdown_table, rich_table, verdict

ROWS = [
    scored(),
    scored("Bidirectional LSTM", agree=359, scratch=judged(macro_f1=0.6)),
    failed("LSTM", "killed | by SIGKILL"),
]


def shown(results: Sequence[Result], width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(rich_table(results))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_a_terminal_of_80_columns_holds_the_table() -> None:
    large = scored("Bidirectional LSTM", rows=10_000, agree=10_000, parameters=1_234_567, train_seconds=123.4)
    lines = shown([large, *ROWS], 80)
    assert max(map(len, lines)) <= 80
    assert lines[3].split() == [
        "Bidirectional", "1,234,567", "0.6123", "0.6123", "10,000/10,000", "2.5e-07", "123.4", "0.51", "0.04",
    ]  # fmt: skip
    assert "…" not in "".join(lines)


def test_every_number_is_there() -> None:
    lines = shown(ROWS, 120)
    assert lines[3].split() == [
        "Small", "CNN", "12,345", "0.6123", "0.6123", "360/360", "2.5e-07", "12.3", "0.51", "0.04",
    ]  # fmt: skip
    assert "359/360" in lines[4]
    assert lines[4].split()[3:5] == ["0.6123", "0.6000"]
    assert lines[5].split() == ["LSTM", "failed", *"–––––––"]


def test_markdown() -> None:
    lines = markdown_table(ROWS).splitlines()
    assert len({len(line) for line in lines}) == 1  # so that plain text reads well too
    assert lines[0].replace(" ", "") == (
        r"|model|parameters|macro-F1Keras|macro-F1maju|labelsthatagree|max\|Δp\||stotrain|sKeras|smaju|"
    )
    assert set(lines[1]) == set("|-: ")
    assert lines[2].replace(" ", "") == "|SmallCNN|12,345|0.6123|0.6123|360/360|2.5e-07|12.3|0.51|0.04|"
    assert lines[4].replace(" ", "") == "|LSTM|failed|–|–|–|–|–|–|–|"


def test_a_bar_in_a_title_ends_no_cell() -> None:
    line = markdown_table([scored("a | b")]).splitlines()[2]
    assert line.startswith(r"| a \| b | ")


def test_the_verdict_names_errors_and_counts_labels() -> None:
    assert verdict(ROWS).splitlines() == [
        "LSTM failed: killed | by SIGKILL",
        "Keras and maju give the same label for 719 of 720 test rows; "
        "their probabilities differ by at most 2.5e-07.",
    ]


def test_the_verdict_names_a_difference_that_is_too_large() -> None:
    assert verdict([scored(max_difference=3e-3)]).splitlines()[1:] == [
        "Small CNN: 3.0e-03 is more than rounding explains (1e-05 at most)."
    ]


def test_the_verdict_on_nothing_but_errors() -> None:
    assert verdict([failed("A", "x"), failed("B", "y")]) == "A failed: x\nB failed: y"


def test_a_result_is_sound_or_not() -> None:
    assert scored().sound
    assert not scored(max_difference=1.1e-5).sound
    assert not failed("A", "x").sound


def test_a_result_has_either_scores_or_an_error() -> None:
    row = scored()
    with pytest.raises(ValidationError, match="either scores or an error"):
        Result(experiment=row.experiment, scores=row.scores, error="x")
    with pytest.raises(ValidationError, match="either scores or an error"):
        Result(experiment=row.experiment)
