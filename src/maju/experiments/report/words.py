"""The two languages of the report: their phrases, and how they write numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maju.experiments.report.english import ENGLISH
from maju.experiments.report.indonesian import INDONESIAN
from maju.experiments.study import Row, Study

__all__ = ["DASH", "LANGUAGES", "Language"]

#: What stands where there is no number.
DASH = "–"
MINUS = "−"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Language:
    """A language by its code; called with a phrase's key, it gives the phrase."""

    code: str
    phrases: Mapping[str, str]
    separators: tuple[str, str]

    def __call__(self, key: str, **values: str) -> str:
        """The phrase, with its blanks filled."""
        return self.phrases[key].format(**values)

    def counted(self, key: str, number: int, **values: str) -> str:
        """The phrase in its form for a number."""
        one = f"{key}.one"
        return self(one if number == 1 and one in self.phrases else key, **values)

    def known(self, key: str, otherwise: str) -> str:
        """The phrase, or something else where there is none of that key."""
        return self.phrases.get(key, otherwise)

    def number(self, value: float, digits: int = 4) -> str:
        """A number with so many decimals; a dash for what is no finite number."""
        if not math.isfinite(value):
            return DASH
        text = f"{value:,.{digits}f}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("-")
        return self._localized(text)

    def signed(self, value: float, digits: int = 4) -> str:
        """A difference, with its sign."""
        text = self.number(value, digits)
        return text if text.startswith(MINUS) or value != value else f"+{text}"

    def plain(self, value: float) -> str:
        """A number with the decimals that it has, and no more."""
        return self._localized(f"{value:,}" if isinstance(value, int) else f"{value:,.10g}")

    def percent(self, share: float) -> str:
        """A share; one that is not whole is never shown as 100%."""
        return f"{self.number(min(99.9, 100 * share), 1) if share < 1 else 100}%"

    def power(self, value: float) -> str:
        """A small number with two digits, rounded up, as what stays below a bound has to be."""
        if value <= 0 or not math.isfinite(value):
            return "0" if value == 0 else DASH
        exponent = math.floor(math.log10(value))
        # The 9 digits keep 3e-6 / 1e-6, which floats make 3.0000000000000004, from becoming 3.1.
        tenths = math.ceil(round(value / 10**exponent * 10, 9))
        if tenths == 100:
            tenths, exponent = 10, exponent + 1
        return f"{self.number(tenths / 10, 1)}×10{str(exponent).translate(SUPERSCRIPTS)}"

    def duration(self, seconds: float) -> str:
        """A span of time in its two largest units."""
        whole = round(seconds)
        hours, minutes = divmod(whole // 60, 60)
        if hours:
            return self("duration.hours", hours=self.plain(hours), minutes=str(minutes))
        if minutes:
            return self("duration.minutes", minutes=str(minutes), seconds=str(whole % 60))
        return self("duration.seconds", seconds=self.number(seconds, 1))

    def listed(self, parts: Sequence[str]) -> str:
        """The parts as a list in a sentence."""
        if len(parts) < 3:
            return f" {self('and')} ".join(parts)
        return ", ".join(parts[:-1]) + self("comma_and") + parts[-1]

    def quoted(self, names: Sequence[str]) -> str:
        """Names in quotation marks, as a list in a sentence."""
        return self.listed([f"“{name}”" for name in names])

    def label(self, row: Row) -> str:
        """What a row is called."""
        return (row.label_id if self.code == "id" else None) or row.label

    def title(self, study: Study) -> str:
        """What a study is called."""
        return (study.title_id if self.code == "id" else None) or study.title

    def question(self, study: Study) -> str:
        """What a study asks."""
        return (study.question_id if self.code == "id" else None) or study.question

    def dataset(self, name: str) -> str:
        """What a data set is called."""
        if name.startswith("nusax-"):
            return self("data.nusax.other", language=name.removeprefix("nusax-").replace("_", " "))
        return self.known(f"data.{name}", name)

    def _localized(self, text: str) -> str:
        thousands, decimal = self.separators
        swap: dict[str, Any] = {",": thousands, ".": decimal, "-": MINUS}
        return text.translate(str.maketrans(swap))


LANGUAGES = {
    "en": Language("en", ENGLISH, (",", ".")),
    "id": Language("id", INDONESIAN, (".", ",")),
}
