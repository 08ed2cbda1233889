"""The page says everything in both languages, and says nothing that it has no words for."""

from __future__ import annotations

import re

import pytest

from explore.fixtures import Seen
from maju.explore.app import ASSETS
from maju.visualize.gates import ORDER


def words() -> dict[str, dict[str, str]]:
    """What stands in words.js, by language and key."""
    text = (ASSETS / "words.js").read_text("utf-8")
    found = {}
    for language in ("en", "id"):
        begin = text.index(f"\n  {language}: {{")
        block = text[begin : text.index("\n  },", begin)]
        pairs = re.findall(r'(?:^|[\s,])"?([\w ]+?)"?: "((?:[^"\\]|\\.)*)"', block, re.MULTILINE)
        found[language] = {key.strip(): said for key, said in pairs}
    return found


def test_both_languages_say_the_same_things() -> None:
    english, indonesian = words()["en"], words()["id"]
    assert len(english) > 100
    assert list(english) == list(indonesian)
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", indonesian[key])), key


def test_every_key_that_is_used_has_words() -> None:
    english = words()["en"]
    used = set()
    for path in ASSETS.glob("*.js"):
        used |= set(re.findall(r'\bt\("([\w ]+)"', path.read_text("utf-8")))
        used |= set(re.findall(r'\? "(\w+)" : "\w+"\)', path.read_text("utf-8"))) & set(english)
    used |= set(re.findall(r'data-t(?:-label)?="(\w+)"', (ASSETS / "index.html").read_text("utf-8")))
    assert used <= set(english), used - set(english)
    others = "".join(path.read_text("utf-8") for path in ASSETS.glob("*.*") if path.name != "words.js")
    names = {"circle", "square", "triangle", "cross", "negative", "neutral", "positive"}  # of classes
    titles = {key for key in english if key.endswith("_gate") or key in ("state", *ORDER)}
    spare = {key for key in english if f'"{key}"' not in others and not key.startswith("note_")}
    assert spare <= names | titles
    notes = set()
    for path in (ASSETS.parent / "workings").glob("*.py"):
        source = path.read_text("utf-8")
        notes |= {f"note_{key}" for key in re.findall(r'Note\(\s*"(\w+)"', source)}
        notes |= {
            key
            for pair in re.findall(r'Group\(\s*"(\w+)"|_gate\(step, "(\w+)"', source)
            for key in pair
            if key
        }
    assert len(notes) > 20
    assert notes <= set(english), notes - set(english)


@pytest.mark.slow
def test_numbers_are_written_as_the_language_does(seen: Seen) -> None:
    script = """async (language) => {
        const words = await import("/assets/words.js");
        words.choose(language);
        const numbers = [0, 0.12345678, -3.14159, 1234567.8, 0.00000123, "NaN", "-Infinity"];
        return numbers.map((n) => words.number(n));
    }"""
    english = ["0", "0.1235", "−3.142", "1,234,568", "1.23 · 10⁻⁶", "NaN", "−∞"]
    assert seen.page.evaluate(script, "en") == english
    indonesian = ["0", "0,1235", "−3,142", "1.234.568", "1,23 · 10⁻⁶", "NaN", "−∞"]
    assert seen.page.evaluate(script, "id") == indonesian
