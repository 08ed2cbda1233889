from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.report.fakes import (
    COLLAPSED,
    FALLS,
    FLAT,
    GOOD,
    MIDDLING,
    NEARLY,
    TURNS,
    done,
    failed,
    missing,
    scored,
    seeded,
    study,
    under,
)
from maju.experiments.report import sentences as say
from maju.experiments.report.outcomes import RowOutcome, StudyOutcome
from maju.experiments.report.tables import results_table
from maju.experiments.report.words import LANGUAGES, Language

EN, ID = LANGUAGES["en"], LANGUAGES["id"]


def test_best_and_worst_with_the_spread() -> None:
    outcome = study(done("a", MIDDLING, units=(1,)), done("b", GOOD, units=(2,)), done("c", COLLAPSED))
    assert say.best_and_worst(outcome, EN) == [
        "The best macro-F1 is 0.7677 (“b”), the worst 0.1741 (“c”): a spread of 0.5936."
    ]
    assert say.best_and_worst(outcome, ID) == [
        "Makro-F1 terbaik adalah 0,7677 (“b”), yang terburuk 0,1741 (“c”): selisihnya 0,5936."
    ]


def test_ties_are_named_together() -> None:
    outcome = study(done("a", GOOD), done("b", GOOD), done("c", MIDDLING), done("d", MIDDLING))
    assert say.best_and_worst(outcome, EN) == [
        "The best macro-F1 is 0.7677 (“a” and “b”), the worst 0.4432 (“c” and “d”): a spread of 0.3245."
    ]
    outcome = study(done("a"), done("b"), done("c"))
    assert say.best_and_worst(outcome, EN) == ["All 3 finished rows reach the same macro-F1, 0.7677."]
    assert say.best_and_worst(outcome, ID) == [
        "Semua 3 baris yang selesai mencapai makro-F1 yang sama, 0,7677."
    ]


def test_rows_without_scores_are_counted_and_never_named() -> None:
    outcome = study(done("a"), failed("b"), missing("c"))
    assert say.best_and_worst(outcome, EN) == [
        "Of 3 rows, 1 is finished so far.",
        "“a” reaches macro-F1 0.7677.",
    ]
    assert say.best_and_worst(study(done("a")), EN) == ["“a” reaches macro-F1 0.7677."]


@pytest.mark.parametrize("language", [EN, ID], ids=["en", "id"])
@pytest.mark.parametrize(
    "rows", [[failed()], [missing()], [failed(), missing()]], ids=["failed", "missing", "both"]
)
def test_without_any_scores_nothing_is_said(rows: list[RowOutcome], language: Language) -> None:
    assert say.sentences(study(*rows), language) == []


def test_a_small_spread_of_one_seed_may_be_chance() -> None:
    near = ((40, 10, 3), (6, 19, 5), (2, 5, 60))
    outcome = study(done("a", GOOD), done("b", near))
    assert say.chance(outcome, EN) == [
        "That spread is within chance: two models of the same quality can differ by about 0.091 in accuracy "
        "on 150 test rows, and each row was trained with one seed only. The order of the rows may be chance."
    ]
    (said,) = say.chance(study(done("a", GOOD), done("b", COLLAPSED)), EN)
    assert said.endswith("differ by about 0.091 in accuracy: smaller differences may be chance.")


def test_a_spread_is_compared_with_that_of_the_seeds() -> None:
    near = ((40, 10, 3), (6, 19, 5), (2, 5, 60))
    outcome = study(seeded("a", [GOOD, MIDDLING]), seeded("b", [GOOD, near]))
    assert say.chance(outcome, EN) == [
        "That spread is no more than twice the largest standard deviation over seeds (0.2295): the order of "
        "the rows may be chance."
    ]
    outcome = study(seeded("a", [GOOD, near]), seeded("b", [COLLAPSED, COLLAPSED]))
    assert say.chance(outcome, EN) == [
        "That spread is more than twice the largest standard deviation over seeds (0.0067)."
    ]


@pytest.mark.parametrize(
    "rows",
    [[done("a")], [done("a"), done("b")], [done("a"), seeded("b", [MIDDLING, NEARLY])]],
    ids=["one row", "a tie", "one row with seeds"],
)
def test_nothing_is_said_about_chance(rows: list[RowOutcome]) -> None:
    assert say.chance(study(*rows), EN) == []


def test_models_that_collapsed_to_one_class() -> None:
    outcome = study(done("a", COLLAPSED), done("b", COLLAPSED), done("c", NEARLY), done("d", GOOD))
    assert say.collapse(outcome, EN) == [
        "“a” and “b” give every test row the same label, “negative”: macro-F1 0.1741 is what always "
        "answering it comes to.",
        "“c” gives 97.3% of the test rows one label, “negative”; always answering it comes to macro-F1 "
        "0.1741.",
    ]
    (one,) = say.collapse(study(done("a", COLLAPSED)), EN)
    assert one.startswith("“a” gives every test row the same label")
    assert say.collapse(study(done("a", MIDDLING)), EN) == []


def test_a_row_whose_seeds_collapse_now_and_then() -> None:
    outcome = study(seeded("a", [GOOD, COLLAPSED, NEARLY]))
    assert say.collapse(outcome, EN) == [
        "“a”: in 2 of 3 seeds, 95% or more of the test rows get one label; always answering “negative” comes "
        "to macro-F1 0.1741."
    ]


def test_what_the_mask_changes() -> None:
    outcome = study(
        done("small", COLLAPSED, mask_zero=False, units=(2,)),
        done("large", COLLAPSED, mask_zero=False, units=(3,)),
        done("small-masked", GOOD, units=(2,)),
        done("large-masked", NEARLY, units=(3,)),
    )
    assert say.masking(outcome, EN) == [
        "In 2 pairs of rows that differ in the mask alone, the mask changes macro-F1 by +0.3236 on average "
        "(+0.0535 to +0.5936).",
        "Models that (nearly) always give one label without the mask: “small” and “large”. With it, still: "
        "“large masked”.",
    ]


def test_one_pair_whose_mask_helps() -> None:
    outcome = study(done("a", COLLAPSED, mask_zero=False), done("b", GOOD))
    assert say.masking(outcome, EN) == [
        "In the one pair of rows that differ in the mask alone, the mask changes macro-F1 by +0.5936.",
        "Models that (nearly) always give one label without the mask: “a”. With it: none of these.",
    ]
    outcome = study(done("a", GOOD, mask_zero=False), done("b", MIDDLING))
    assert say.masking(outcome, EN) == [
        "In the one pair of rows that differ in the mask alone, the mask changes macro-F1 by −0.3245."
    ]


@pytest.mark.parametrize(
    "other",
    [failed("b"), missing("b"), done("b", units=(9,)), done("b", seeds=(1,)), done("b", mask_zero=False)],
    ids=["failed", "missing", "other units", "another seed", "no mask either"],
)
def test_no_pair_no_sentence_about_masks(other: RowOutcome) -> None:
    assert say.masking(study(done("a", mask_zero=False), other), EN) == []


def test_where_validation_loss_turns() -> None:
    outcome = study(
        done("a", history=TURNS), done("b", history=FALLS), done("c", history=FLAT), done("d", history=TURNS)
    )
    assert say.turning(outcome, EN) == [
        "Validation loss is lowest before the end, and higher in the last epoch: in epoch 2 of 4 (“a” and "
        "“d”).",
        "Validation loss is still at its lowest in the last epoch: “b”. More epochs might lower it.",
        "Validation loss never falls clearly below 1.0986, which giving all 3 classes the same probability "
        "costs: “c” (1.0800 at the lowest).",
    ]


@pytest.mark.parametrize(
    "history",
    [None, {"loss": [1.0], "val_loss": [0.9]}, {"loss": [1.0, 0.5], "val_loss": [0.9, float("nan")]}],
    ids=["no history", "one epoch", "no number"],
)
def test_nothing_is_said_about_a_curve_that_cannot_turn(history: dict[str, list[float]] | None) -> None:
    assert say.turning(study(done("a", history=history)), EN) == []


def test_the_gap_of_the_losses() -> None:
    outcome = study(done("a", history=TURNS), done("b", history=FALLS))
    assert say.gap(outcome, EN) == [
        "At the end validation loss less training loss is between 0.1000 (“b”) and 0.9000 (“a”). A large gap "
        "means that the last epochs learned the training rows by heart."
    ]
    assert say.gap(study(done("a", history=FLAT)), EN) == [
        "At the end validation loss less training loss is −0.0100 (“a”)."
    ]
    assert say.gap(study(done("a", history=None)), EN) == []


def test_the_original_study_beside_this_run() -> None:
    outcome = study(done("a", GOOD, reference=0.7), done("b", MIDDLING, reference=0.5), done("c", GOOD))
    assert say.original(outcome, EN) == [
        "Against the original study's macro-F1 with Keras, 1 of 2 rows came out higher, 1 lower; the "
        "difference is +0.0054 on average, from −0.0568 (“b”) to +0.0677 (“a”)."
    ]
    assert say.original(study(done("a", reference=0.7), failed("b", reference=0.9)), EN) == [
        "The original study reached macro-F1 0.7000 with “a”, and this run 0.7677: +0.0677."
    ]
    assert say.original(study(done("a"), missing("b", reference=0.9)), EN) == []


def test_the_original_study_had_collapsed_models_too() -> None:
    outcome = study(done("a", reference=0.1741), done("b", reference=0.1741), done("c", reference=0.3))
    assert say.original_collapse(outcome, EN) == [
        "The original study's 0.1741 for “a” and “b” is, to four digits, what always answering “negative” "
        "comes to."
    ]


def test_the_original_study_from_scratch() -> None:
    outcome = study(
        done("a", reference=0.5, reference_from_scratch=0.18),
        done("b", scored(agree=149), reference=0.6, reference_from_scratch="failed"),
        done("c", reference=0.5, reference_from_scratch=0.5),
    )
    assert say.original_from_scratch(outcome, EN) == [
        "The original study's own code from scratch reached 0.1800 for “a”, where its Keras model reached "
        "0.5000. Here Keras and from scratch give the same label for 150 of its 150 test rows.",
        "The original study's own code from scratch has no score for “b”: failed. Here Keras and from "
        "scratch give the same label for 149 of its 150 test rows.",
    ]
    assert ": gagal. " in say.original_from_scratch(outcome, ID)[1]


def test_targets() -> None:
    outcome = study(done("a", target=0.76), done("b", target=0.787), done("c"), failed("d", target=0.1))
    assert say.targets(outcome, EN) == [
        "“a” reaches its target of 0.76 with 0.7677.",
        "“b” misses its target of 0.787 by 0.0193, with 0.7677.",
    ]


def test_whether_keras_and_from_scratch_agree() -> None:
    assert say.agreement(study(done("a"), done("b")), EN) == [
        "From scratch equals Keras: all 300 labels agree, and no probability differs by more than 2.5×10⁻⁷ "
        "(the bound is 1.0×10⁻⁵)."
    ]
    outcome = study(done("a"), done("b", scored(agree=148)), done("c", scored(max_difference=1.01e-5)))
    assert say.agreement(outcome, EN) == [
        "From scratch does not equal Keras everywhere: 448 of 450 labels agree, and probabilities differ by "
        "up to 1.1×10⁻⁵ (the bound is 1.0×10⁻⁵). See “b” and “c”."
    ]


def test_failed_and_missing_rows_are_listed() -> None:
    outcome = study(
        failed("a", "ValueError: no"), failed("b", "killed", seeds=(1, 2)), missing("c"), missing("d")
    )
    assert say.failures(outcome, EN) == [
        "“a” failed: ValueError: no",
        "“b”, seed 1, failed: killed",
        "“b”, seed 2, failed: killed",
    ]
    assert say.missing(outcome, EN) == ["Not run yet: “c” and “d”."]
    assert say.missing(study(done()), EN) == []


confusions = st.lists(st.lists(st.integers(0, 20), min_size=3, max_size=3), min_size=3, max_size=3).filter(
    lambda rows: all(map(sum, rows))
)
histories = st.integers(1, 5).flatmap(
    lambda epochs: st.fixed_dictionaries(
        {
            name: st.lists(st.floats(0.01, 3), min_size=epochs, max_size=epochs)
            for name in ("loss", "val_loss")
        }
    )
)


@st.composite
def outcomes(draw: st.DrawFn) -> StudyOutcome:
    """Studies of up to five rows, some of them pairs, some failed or missing, some alike."""
    rows: list[RowOutcome] = []
    pool = draw(st.lists(confusions, min_size=1, max_size=3))
    for place in range(draw(st.integers(1, 5))):
        name = f"row-{place}"
        settings: dict[str, Any] = {
            "mask_zero": place % 2 == 0,
            "units": (1 + place // 2,),
            "reference": draw(st.floats(0, 1)),
        }
        kind = draw(st.sampled_from(["done", "done", "seeded", "failed", "missing"]))
        if kind == "done":
            history = draw(st.none() | histories)
            rows.append(done(name, draw(st.sampled_from(pool)), history=history, **settings))
        elif kind == "seeded":
            rows.append(
                seeded(name, draw(st.lists(st.sampled_from(pool), min_size=2, max_size=3)), **settings)
            )
        elif kind == "failed":
            rows.append(failed(name, **settings))
        else:
            rows.append(missing(name, **settings))
    return study(*rows)


@given(outcomes())
def test_the_best_and_the_worst_row_are_those_of_the_table(outcome: StudyOutcome) -> None:
    shown = {
        cells["row"]: float(cells["macro-F1: Keras"].split()[0])
        for cells in (under(results_table(outcome, EN), line) for line in range(len(outcome.rows)))
        if cells["macro-F1: Keras"]
    }
    said = " ".join(say.best_and_worst(outcome, EN))
    match = re.search(
        r"best macro-F1 is (\S+) \((.*?)\), the worst (\S+) \((.*?)\): a spread of (\S+)\.$", said
    )
    if len(set(shown.values())) < 2:
        assert match is None
        return
    assert match is not None
    best, worst = max(shown.values()), min(shown.values())
    assert [float(match[1]), float(match[3])] == [best, worst]
    assert set(re.findall("“(.*?)”", match[2])) == {label for label, f1 in shown.items() if f1 == best}
    assert set(re.findall("“(.*?)”", match[4])) == {label for label, f1 in shown.items() if f1 == worst}
    assert float(match[5]) == pytest.approx(best - worst, abs=1e-9)


@given(outcomes())
def test_no_sentence_names_a_row_without_scores(outcome: StudyOutcome) -> None:
    finished = {EN.label(row.row) for row in outcome.finished}
    for sentence in say.sentences(outcome, EN):
        named = set(re.findall("“(row .*?)”", sentence))
        assert named <= finished


@given(outcomes())
def test_both_languages_say_the_same_numbers(outcome: StudyOutcome) -> None:
    english, indonesian = (say.sentences(outcome, language) for language in (EN, ID))
    assert len(english) == len(indonesian)
    for one, other in zip(english, indonesian, strict=True):
        assert sorted(numbers(one, EN)) == sorted(numbers(other, ID))


def numbers(sentence: str, language: Language) -> list[str]:
    """The measured numbers in a sentence, in the English way."""
    found = re.findall(r"[−+]?\d+[.,]\d+", re.sub(r"\d+×10\S+", "", sentence))
    return [number.replace(language.separators[1], ".") for number in found]


@given(outcomes())
def test_a_model_is_said_to_collapse_if_its_matrix_has(outcome: StudyOutcome) -> None:
    collapsed = set()
    for row in outcome.finished:
        for scores in row.scores:
            columns = [sum(column) for column in zip(*scores.keras.confusion, strict=True)]
            if max(columns) >= 0.95 * sum(columns):
                collapsed.add(EN.label(row.row))
    said = {name for sentence in say.collapse(outcome, EN) for name in re.findall("“(row .*?)”", sentence)}
    assert said == collapsed


def test_every_pair_of_rows_can_be_compared() -> None:
    kinds = [done("a"), failed("b"), missing("c"), seeded("d", [GOOD, NEARLY]), done("e", history=None)]
    for rows in combinations(kinds, 2):
        for language in (EN, ID):
            for sentence in say.sentences(study(*rows), language):
                assert sentence.endswith((".", "”"))
                assert "{" not in sentence
