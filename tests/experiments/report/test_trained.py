from __future__ import annotations

import csv
import math
from pathlib import Path
from statistics import fmean, stdev

import pytest

from experiments.report.fakes import (
    COLLAPSED,
    GOOD,
    MIDDLING,
    NEARLY,
    asked_of_maju,
    by_maju,
    done,
    failed,
    missing,
    save,
    seeded,
    study,
    texts,
    under,
)
from maju.experiments.grid import write_studies
from maju.experiments.report.outcomes import RowOutcome, read_outcomes
from maju.experiments.report.sentences import failures
from maju.experiments.report.sentences import missing as not_run
from maju.experiments.report.spreadsheet import as_csv
from maju.experiments.report.tables import results_table, seeds_table
from maju.experiments.report.trained import comparison, comparisons, trained_sentences, trained_table
from maju.experiments.report.words import LANGUAGES, Language
from maju.experiments.report.write import write_report

EN, ID = LANGUAGES["en"], LANGUAGES["id"]


def same(name: str = "same") -> RowOutcome:
    """Three seeds on each side, which score alike but in another order, and one differently."""
    return by_maju(seeded(name, [GOOD, GOOD, MIDDLING], units=(1,)), GOOD, MIDDLING, MIDDLING)


def apart(name: str = "apart") -> RowOutcome:
    return by_maju(seeded(name, [GOOD, GOOD], units=(2,)), MIDDLING, MIDDLING)


def collapsed(name: str = "flat") -> RowOutcome:
    return by_maju(seeded(name, [COLLAPSED, COLLAPSED], units=(3,)), NEARLY, COLLAPSED)


def one_seed(name: str = "once") -> RowOutcome:
    return by_maju(done(name, GOOD, units=(4,)), MIDDLING)


def said(*rows: RowOutcome, language: Language = EN) -> list[str]:
    return trained_sentences(comparisons([study(*rows)]), language)


def test_the_noise_is_twice_the_standard_error_of_the_difference() -> None:
    found = comparison(same())
    assert found is not None
    keras = [scores.keras.macro_f1 for scores in found.row.scores]
    maju = [scores.scratch.macro_f1 for scores in found.row.trained_scores]
    assert found.difference == pytest.approx(fmean(maju) - fmean(keras), abs=1e-4)
    expected = 2 * math.sqrt(stdev(keras) ** 2 / 3 + stdev(maju) ** 2 / 3)
    assert found.noise == pytest.approx(expected, abs=5e-5)
    assert found.within
    other = comparison(apart())
    assert other is not None
    assert (other.noise, other.within) == (0.0, False)


def test_equal_scores_of_every_seed_are_within_a_noise_of_nothing() -> None:
    found = comparison(by_maju(seeded("a", [GOOD, GOOD]), GOOD, GOOD))
    assert found is not None
    assert (found.difference, found.noise, found.within) == (0.0, 0.0, True)


def test_the_table_has_both_and_what_they_differ_by() -> None:
    table = trained_table(study(same(), apart(), collapsed(), one_seed(), done("keras-alone")), EN)
    assert table is not None
    assert under(table, 0) == {
        "row": "same",
        "macro-F1: Keras": "0.6595 ±\N{NO-BREAK SPACE}0.1873",
        "macro-F1: trained from scratch": "0.5513 ±\N{NO-BREAK SPACE}0.1873",
        "macro-F1: difference": "−0.1082",
        "seed noise": "0.3059",
        "within it": "yes",
        "seeds: Keras": "3",
        "seeds: trained from scratch": "3",
        "seconds to train: Keras": "12.3",
        "seconds to train: trained from scratch": "20.5",
    }
    assert [line[3:6] for line in texts(table)[1:]] == [
        ["−0.3245", "0.0000", "no"],
        ["+0.0267", "–", "one label"],
        ["−0.3245", "–", "–"],
    ]
    assert trained_table(study(done()), EN) is None


def test_the_sentences_follow_from_the_table() -> None:
    assert said(same()) == [
        "Trained from scratch, macro-F1 is within seed noise of Keras's in the one row where that can be "
        "told."
    ]
    assert said(same(), apart()) == [
        "Trained from scratch, macro-F1 is within seed noise of Keras's in 1 of 2 rows where that can be "
        "told, and not in “apart” (−0.3245, with noise of 0.0000). Over these rows the difference is −0.2164 "
        "on average, where seeds alone explain up to 0.1530."
    ]
    assert said(apart()) == [
        "Trained from scratch, macro-F1 is not within seed noise of Keras's in the one row where that can be "
        "told: “apart” (−0.3245, with noise of 0.0000)."
    ]
    other = by_maju(seeded("other", [GOOD, MIDDLING], units=(9,)), GOOD, MIDDLING)
    assert said(same(), other) == [
        "Trained from scratch, macro-F1 is within seed noise of Keras's in all 2 rows where that can be "
        "told. Over these rows the difference is −0.0541 on average, where seeds alone explain up to 0.2758."
    ]


def test_models_that_all_collapsed_are_told_apart_from_agreement() -> None:
    assert said(collapsed()) == [
        "In one row seeds have nothing to tell, since by Keras as from scratch every seed ends in a model "
        "that gives (nearly) all test rows one label: there the difference is +0.0267."
    ]
    half = by_maju(seeded("half", [COLLAPSED, COLLAPSED]), COLLAPSED, GOOD)
    assert said(half)[0].startswith("Trained from scratch, macro-F1 is within seed noise")


def test_one_seed_leaves_it_open() -> None:
    assert said(one_seed()) == [
        "In one row Keras or maju trained with one seed only, which leaves open what is seed noise: trained "
        "from scratch, macro-F1 differs by −0.3245."
    ]
    assert said(by_maju(done("a", units=(5,)), GOOD, GOOD), one_seed())[0].startswith(
        "In 2 rows Keras or maju trained"
    )


def test_in_indonesian() -> None:
    first, second, third = said(same(), apart(), collapsed(), one_seed(), language=ID)
    assert first.startswith(
        "Dilatih dari nol, makro-F1 berada dalam derau seed dari makro-F1 Keras pada 1 dari 2 "
    )
    assert "“apart” (−0,3245, dengan derau 0,0000)" in first
    assert second.startswith("Pada 1 baris seed tidak berpengaruh")
    assert third.endswith("makro-F1 berbeda −0,3245 sampai −0,3245.")


def test_nothing_is_said_where_maju_trained_nothing_or_is_not_done(tmp_path: Path) -> None:
    assert said(done("a"), by_maju(done("b"), GOOD, None), by_maju(missing("c"), GOOD)) == []
    text = write_report(save(tmp_path, study(done("a")))).markdown.read_text()
    assert "rained from scratch" not in text
    assert "rained from scratch" not in (tmp_path / "plots" / "overview.svg").read_text()


def test_rows_that_share_their_trainings_count_once() -> None:
    outcomes = [study(same(), name="one"), study(same("the-same-again"), name="two")]
    assert len(comparisons(outcomes)) == 1


def test_the_results_have_a_third_column() -> None:
    rows = [same(), by_maju(done("b", units=(2,)), "out of memory"), by_maju(failed("c"), GOOD), done("d")]
    table = results_table(study(*rows), EN)
    column = "macro-F1: trained from scratch"
    assert [under(table, line)[column] for line in range(4)] == [
        "0.5513 ±\N{NO-BREAK SPACE}0.1873",
        "failed",
        "0.7677",
        "–",
    ]
    assert under(table, 2)["parameters"] == "failed"  # which is Keras's failure
    assert {sum(cell.span for cell in line) for line in table.rows} == {len(table.columns)}
    assert [span for group, span, _ in table.groups if group == "macro-F1"] == [3]


def test_every_seed_of_either_has_a_line() -> None:
    table = seeds_table(study(by_maju(done("a", GOOD), MIDDLING, GOOD, None)), EN)
    assert table is not None
    assert [line[:5] for line in texts(table)] == [
        ["a", "0", "0.7677", "0.7677", "0.4432"],
        ["a", "1", "–", "0.7677", "–"],
        ["a", "2", "–", "not run yet", "–"],
    ]
    assert {sum(cell.span for cell in line) for line in table.rows} == {len(table.columns)}


def test_failures_and_gaps_are_told() -> None:
    rows = study(by_maju(done("a"), "it broke"), by_maju(done("b"), GOOD, "killed"), by_maju(done("c"), None))
    assert failures(rows, EN) == [
        "“a”, trained from scratch, failed: it broke",
        "“b”, trained from scratch, seed 1, failed: killed",
    ]
    assert not_run(rows, EN) == ["Not yet trained from scratch: “c”."]
    assert failures(rows, ID)[0] == "“a”, dilatih dari nol, gagal: it broke"


def test_the_spreadsheet_tells_what_trained_each_line() -> None:
    lines = list(csv.DictReader(as_csv([study(by_maju(done("a"), MIDDLING, "it broke"))]).splitlines()))
    assert [(line["trained_with"], line["seed"], line["state"]) for line in lines] == [
        ("keras", "0", "finished"),
        ("maju", "0", "finished"),
        ("maju", "1", "failed"),
    ]
    assert [line["keras_macro_f1"] != "" for line in lines] == [True, False, False]
    assert [line["scratch_accuracy"] for line in lines] == ["0.8", "0.4666666666666667", ""]


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_report_is_made_of_what_reproduce_leaves(language: str, tmp_path: Path) -> None:
    folder = save(tmp_path, study(same(), collapsed(), done("keras-alone", units=(9,))))
    written = write_report(folder, language="en" if language == "en" else "id")
    words = LANGUAGES[language]
    for text in (written.html.read_text(), written.markdown.read_text()):
        assert text.count(words("trained")) == 1
        assert words("column.trained") in text
        assert words("caption.trained") in text.replace("&#34;", '"')
    assert words("plot.trained") in (written.plots[0]).read_text()
    facts = written.markdown.read_text()
    assert f"- **{words('fact.trained')}:** 5: 5 " in facts
    assert "maju 0.1.0 / 0.2.0" in facts
    assert ("di sana selisihnya +0,0267" if language == "id" else "there the difference is +0.0267") in facts


def test_a_row_that_was_changed_since_is_not_set_beside_the_old_one(tmp_path: Path) -> None:
    outcome = study(same())
    folder = save(tmp_path, outcome)
    asked = asked_of_maju(outcome)
    (row,) = asked.rows
    longer = row.model_copy(update={"training": row.training.model_copy(update={"epochs": 9})})
    write_studies([asked.model_copy(update={"rows": (longer,)})], folder)
    (read,) = read_outcomes(folder)
    assert read.trained == []


def test_without_keras_there_is_a_report_too(tmp_path: Path) -> None:
    outcome = study(same())
    folder = save(tmp_path, outcome)
    (folder / "studies" / "mine.json").unlink()
    text = write_report(folder).markdown.read_text()
    assert "0.5513 ± 0.1873" in text
