"""Keras's own values, from a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from explore.fixtures import cnn, serving
from maju.errors import InputError, MajuError
from maju.explore.keras_values import KerasValues
from maju.explore.session import Session
from maju.explore.shelf import Shelf

pytestmark = pytest.mark.slow

CNN: dict[str, Any] = {"model": "file-0", "input": {"kind": "sample", "index": 3}}
LSTM: dict[str, Any] = {"model": "file-1", "input": {"kind": "text", "text": "Saya tidak enak, pusing!"}}


@pytest.fixture(scope="module")
def beside(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    keras = KerasValues.where_installed(tmp_path_factory.mktemp("keras"))
    assert keras is not None
    yield Session(Shelf(files.values()), keras)
    keras.close()


def test_keras_and_maju_agree_in_every_layer(beside: Session) -> None:
    for asked, layers in (
        (CNN, ["rescaling", "conv", "pool", "dropout", "flatten", "classes"]),
        (LSTM, None),
    ):
        found = beside.beside_keras(asked)
        assert found["version"].startswith("Keras 3.")
        assert max(found["differences"].values()) <= 1e-5
        assert list(found["differences"]) == (layers or ["words", "embedding", "lstm", "classes"])
    value = beside.value({**CNN, "layer": "conv", "at": [2, 3, 1], "keras": True})
    assert value["keras"] == pytest.approx(value["given"], abs=1e-5)
    assert beside.value({**CNN, "layer": "conv", "at": [2, 3, 1]})["keras"] is None


def test_keras_reads_the_text_without_the_words_that_are_left_out(beside: Session) -> None:
    whole = beside.beside_keras(LSTM)["differences"]
    shorter = beside.beside_keras({**LSTM, "drop": [1, 3]})["differences"]
    assert max(shorter.values()) <= 1e-5
    value = beside.value({**LSTM, "drop": [1, 3], "layer": "words", "at": [1], "keras": True})
    assert value["keras"] == value["given"] == 3  # enak
    assert whole.keys() == shorter.keys()


def test_a_dropped_file_reaches_keras_as_maju_writes_it(beside: Session, files: dict[str, Path]) -> None:
    entry = beside.shelf.drop("dropped.keras", files["cnn"])
    assert beside.keras is not None
    written = beside.keras._file(entry)
    assert written.parent == beside.keras.folder
    found = beside.beside_keras({**CNN, "model": entry.key})
    assert max(found["differences"].values()) <= 1e-5


def test_the_switch_on_the_page(beside: Session, browser: Browser, tmp_path: Path) -> None:
    with serving(beside, tmp_path) as address:
        page = browser.new_page(locale="en-US")
        page.goto(address)
        page.check("#keras")
        expect(page.locator("[data-key=conv] .badge")).to_contain_text("Keras ±", timeout=60_000)
        expect(page.locator("#keras-note")).to_contain_text("no value differs by more than")
        page.click("[data-key=conv] canvas", position={"x": 8, "y": 8})
        expect(page.locator(".beside .keras")).to_contain_text("Keras gives")
        page.uncheck("#keras")
        expect(page.locator("[data-key=conv] .badge")).to_be_hidden()
        page.close()


def test_what_keras_cannot_do_is_one_line(beside: Session, tmp_path: Path) -> None:
    path = tmp_path / "gone.keras"
    cnn().save(path)
    session = Session(Shelf([path]), beside.keras)
    session.open("file-0")
    path.unlink()
    with pytest.raises(MajuError, match=r"^Keras: .*gone\.keras[^\n]*$"):
        session.beside_keras(CNN)


def test_without_keras() -> None:
    with pytest.raises(InputError, match="pip install 'maju\\[experiments\\]'"):
        Session(Shelf()).beside_keras(CNN)
