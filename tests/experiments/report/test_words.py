from __future__ import annotations

import re

import pytest

from maju.experiments.report.english import ENGLISH
from maju.experiments.report.indonesian import INDONESIAN
from maju.experiments.report.words import LANGUAGES

EN, ID = LANGUAGES["en"], LANGUAGES["id"]


def test_both_languages_have_the_same_phrases() -> None:
    assert {key for key in ENGLISH if not key.endswith(".one")} - set(INDONESIAN) == set()
    assert set(INDONESIAN) - set(ENGLISH) == set()


@pytest.mark.parametrize("key", sorted(INDONESIAN))
def test_both_phrases_have_the_same_blanks(key: str) -> None:
    assert set(re.findall(r"{\w+}", ENGLISH[key])) == set(re.findall(r"{\w+}", INDONESIAN[key]))


@pytest.mark.parametrize(
    ("shown", "english", "indonesian"),
    [
        (lambda words: words.number(0.72534), "0.7253", "0,7253"),
        (lambda words: words.number(12345.678, 1), "12,345.7", "12.345,7"),
        (lambda words: words.number(-0.5, 2), "−0.50", "−0,50"),
        (lambda words: words.number(-0.00001), "0.0000", "0,0000"),
        (lambda words: words.number(float("nan")), "–", "–"),
        (lambda words: words.signed(0.25), "+0.2500", "+0,2500"),
        (lambda words: words.signed(-0.25), "−0.2500", "−0,2500"),
        (lambda words: words.signed(0.0), "+0.0000", "+0,0000"),
        (lambda words: words.plain(10_000), "10,000", "10.000"),
        (lambda words: words.plain(0.001), "0.001", "0,001"),
        (lambda words: words.percent(0.975), "97.5%", "97,5%"),
        (lambda words: words.percent(0.99999), "99.9%", "99,9%"),
        (lambda words: words.percent(1.0), "100%", "100%"),
        (lambda words: words.duration(4.2), "4.2 s", "4,2 detik"),
        (lambda words: words.duration(75), "1 min 15 s", "1 menit 15 detik"),
        (lambda words: words.duration(7_320), "2 h 2 min", "2 jam 2 menit"),
        (lambda words: words.listed(["a", "b"]), "a and b", "a dan b"),
        (lambda words: words.listed(["a", "b", "c"]), "a, b and c", "a, b, dan c"),
        (lambda words: words.dataset("nusax-toba_batak"), "NusaX-Sentiment (toba batak)",
         "NusaX-Sentiment (toba batak)"),
    ],
)  # fmt: skip
def test_numbers_and_lists(shown: object, english: str, indonesian: str) -> None:
    assert callable(shown)
    assert [shown(EN), shown(ID)] == [english, indonesian]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3.8e-6, "3.8×10⁻⁶"),
        (3e-6, "3.0×10⁻⁶"),
        (1e-5, "1.0×10⁻⁵"),
        (1.0000001e-5, "1.1×10⁻⁵"),
        (9.91e-6, "1.0×10⁻⁵"),
        (0.0, "0"),
        (0.25, "2.5×10⁻¹"),
    ],
)
def test_what_stays_below_a_bound_is_rounded_up(value: float, shown: str) -> None:
    assert EN.power(value) == shown
