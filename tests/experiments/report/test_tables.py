from __future__ import annotations

from experiments.report.fakes import (
    COLLAPSED,
    FLAT,
    GOOD,
    MIDDLING,
    NEARLY,
    done,
    failed,
    missing,
    scored,
    seeded,
    study,
    texts,
    under,
)
from maju.experiments.report.outcomes import RowOutcome
from maju.experiments.report.tables import (
    Table,
    halves_table,
    loss_table,
    overview_table,
    per_class_tables,
    results_table,
    seeds_table,
)
from maju.experiments.report.words import LANGUAGES

EN, ID = LANGUAGES["en"], LANGUAGES["id"]


def marks(table: Table, line: int) -> list[str]:
    return [cell.mark for cell in table.rows[line]]


def test_a_row_has_all_its_numbers() -> None:
    table = results_table(study(done("a", reference=0.7, reference_from_scratch="failed", target=0.787)), EN)
    assert under(table, 0) == {
        "row": "a",
        "parameters": "12,345",
        "epochs": "4",
        "macro-F1: Keras": "0.7677",
        "macro-F1: from scratch": "0.7677",
        "accuracy": "0.8000",
        "agreement: labels": "150/150",
        "agreement: max |Δp|": "2.5×10⁻⁷",
        "original study: Keras": "0.7000",
        "original study: from scratch": "failed",
        "target": "0.787",
        "reached": "no",
        "seconds: training": "12.3",
        "seconds: Keras": "0.25",
        "seconds: from scratch": "0.05",
    }
    assert table.caption == "Scores on 150 test rows, Keras beside from scratch."


def test_indonesian_numbers_have_a_decimal_comma() -> None:
    cells = under(results_table(study(done("a", reference_from_scratch="failed")), ID), 0)
    assert [cells["parameter"], cells["makro-F1: Keras"], cells["studi asli: dari nol"]] == [
        "12.345",
        "0,7677",
        "gagal",
    ]


def test_columns_that_no_row_needs_are_left_out() -> None:
    headings = list(under(results_table(study(done("a")), EN), 0))
    assert not {"original study: Keras", "original study: from scratch", "target", "reached"} & set(headings)


def test_rows_without_scores_have_words_in_place_of_numbers() -> None:
    half = seeded("half", [GOOD, GOOD])
    half = RowOutcome(half.row, (half.runs[0], missing("half", seeds=(0, 1)).runs[1]))
    outcome = study(done("a"), failed("b", reference=0.5), missing("c"), half)
    table = results_table(outcome, EN)
    assert texts(table)[1:] == [
        ["b", "failed", "0.5000", "–", "–", "–"],
        ["c", "not run yet", "–", "–", "–", "–"],
        ["half", "not run yet (1 of 2 seeds run)", "–", "–", "–", "–"],
    ]
    assert {sum(cell.span for cell in line) for line in table.rows} == {len(table.columns)}


def test_a_row_with_a_failed_seed_has_failed() -> None:
    whole = seeded("a", [GOOD, GOOD])
    broken = RowOutcome(whole.row, (whole.runs[0], failed("a", seeds=(0, 1)).runs[1]))
    assert under(results_table(study(broken), EN), 0)["parameters"] == "failed"
    lines = texts(seeds_table(study(broken), EN))
    assert [line[2] for line in lines] == ["0.7677", "failed"]


def test_several_seeds_have_a_mean_a_deviation_and_the_worst_agreement() -> None:
    row = seeded("a", [GOOD, MIDDLING])
    worse = scored(MIDDLING, agree=149, max_difference=1.2e-6)
    result = row.runs[1].result
    assert result is not None
    changed = RowOutcome(
        row.row,
        (row.runs[0], type(row.runs[1])(row.runs[1].experiment, result.model_copy(update={"scores": worse}))),
    )
    table = results_table(study(changed, done("b")), EN)
    cells = under(table, 0)
    assert cells["macro-F1: Keras"] == "0.6054 ±\N{NO-BREAK SPACE}0.2295"
    assert [cells["agreement: labels"], cells["agreement: max |Δp|"]] == ["149/150", "1.2×10⁻⁶"]
    assert "mean ± standard deviation" in table.caption
    assert [line[:3] for line in texts(seeds_table(study(changed, done("b")), EN))] == [
        ["a", "0", "0.7677"],
        ["a", "1", "0.4432"],
    ]
    assert seeds_table(study(done("b")), EN) is None


def test_the_best_rows_stand_out_and_so_does_what_disagrees() -> None:
    outcome = study(
        done("a"), done("b"), done("c", scored(MIDDLING, GOOD, agree=140, max_difference=2e-3)), failed("d")
    )
    table = results_table(outcome, EN)
    assert marks(table, 0)[3] == marks(table, 1)[3] == "best"
    assert marks(table, 2)[3:8] == ["", "bad", "bad", "bad", "bad"]
    cells = under(table, 2)
    assert [cells["macro-F1: from scratch"], cells["accuracy"]] == ["0.7677", "0.4667 / 0.8000"]
    assert marks(table, 3)[1] == "bad"


def test_the_halves_stand_side_by_side() -> None:
    outcome = study(
        done("small", COLLAPSED, mask_zero=False, units=(2,), reference=0.1827),
        done("small-masked", GOOD, units=(2,)),
        done("large", NEARLY, mask_zero=False, units=(3,)),
        failed("large-masked", units=(3,)),
        done("alone", units=(4,)),
    )
    table = halves_table(outcome, EN)
    assert table is not None
    assert texts(table) == [
        ["small", "0.1741", "0.7677", "+0.5936", "100% negative", "44.7% positive", "0.1827"],
        ["large", "0.2276", "failed", "–", "97.3% negative", "–", "–"],
    ]
    assert halves_table(study(done("alone")), EN) is None


def test_where_the_losses_end() -> None:
    outcome = study(done("a"), done("b", history=FLAT), done("c", history=None), failed("d"))
    table = loss_table(outcome, EN)
    assert table is not None
    assert texts(table) == [
        ["a", "0.8000", "2/4", "1.0000", "0.1000", "0.9000"],
        ["b", "1.0800", "3/4", "1.0900", "1.1000", "−0.0100"],
    ]
    assert loss_table(study(done("c", history=None)), EN) is None


def test_f1_of_each_class() -> None:
    ten = scored([[9 if i == j else 1 for j in range(10)] for i in range(10)])
    outcome = study(done("a"), done("b", scored(MIDDLING, GOOD)), done("c", ten), missing("d"))
    three, all_ten = per_class_tables(outcome, EN)
    assert [column.title for column in three.columns] == ["row", "negative", "neutral", "positive"]
    assert [line[0] for line in texts(three)] == ["a", "b", "b (from scratch)"]
    assert texts(three)[0][1:] == texts(three)[2][1:] == ["0.7921", "0.6154", "0.8955"]
    assert three.caption.endswith("by Keras and from scratch.")
    assert texts(all_ten) == [["c", *["0.5000"] * 10]]


def test_the_overview_has_a_line_a_study() -> None:
    first = study(done("a", GOOD), done("b", COLLAPSED), done("c", COLLAPSED), failed("d"), name="first")
    table = overview_table([first, study(missing(), name="second")], EN)
    assert texts(table) == [
        ["Mine", "3/4", "0.7677", "a", "0.1741", "b, c", "450/450", "2.5×10⁻⁷"],
        ["Mine", "0/1", "–", "–", "–", "–", "–", "–"],
    ]
    assert [line[0].link for line in table.rows] == ["first", "second"]


def test_headings_are_grouped() -> None:
    groups = [(group, span) for group, span, _ in results_table(study(done("a")), EN).groups]
    assert groups == [("", 1)] * 3 + [("macro-F1", 2), ("", 1), ("agreement", 2), ("seconds", 3)]
