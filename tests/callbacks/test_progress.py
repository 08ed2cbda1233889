from __future__ import annotations

import io
import re
import sys
import time
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import maju
from maju import callbacks, layers
from maju.callbacks.lines import duration, results
from maju.errors import InputError

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X[:, :1]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def model() -> maju.Model:
    maju.random.set_random_seed(0)
    made = maju.Sequential([maju.Input((3,)), layers.Dense(1)])
    made.compile("sgd", "mse", metrics=["mae"])
    return made


def console(width: int = 120) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=True, width=width, color_system=None, legacy_windows=False
    )


def shown(of: Console) -> str:
    assert isinstance(of.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", of.file.getvalue())


class Slow(callbacks.Callback):
    """Takes time for each batch, so that there is some left."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        time.sleep(0.02)


class EveryBatch(callbacks.ProgressBar):
    """Draws a picture for each batch, however fast they are."""

    PAUSE = 0


LINE = r"epoch {}/2: [\d.]+ m?s, loss [\d.]+, mae [\d.]+, val_loss [\d.]+, val_mae [\d.]+"


@pytest.mark.parametrize("verbose", ["auto", 1, 2, True])
def test_without_a_terminal_a_line_an_epoch(verbose: Any, capsys: pytest.CaptureFixture[str]) -> None:
    model().fit(X, Y, epochs=2, validation_split=0.25, verbose=verbose)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    for number, line in enumerate(lines, 1):
        assert re.fullmatch(LINE.format(number), line), line
    model().evaluate(X, Y, verbose=verbose)
    assert re.fullmatch(r"evaluation: [\d.]+ s, loss [\d.]+, mae [\d.]+\n", capsys.readouterr().out)


@pytest.mark.parametrize("verbose", [0, False])
def test_silence(verbose: Any, capsys: pytest.CaptureFixture[str]) -> None:
    model().fit(X, Y, verbose=verbose)
    model().evaluate(X, Y, verbose=verbose)
    assert capsys.readouterr().out == ""


def test_what_verbose_means_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    for verbose, kind in (("auto", "ProgressBar"), (1, "ProgressBar"), (2, "EpochLines")):
        assert [type(callback).__name__ for callback in callbacks.default_progress(verbose)] == [kind]
    monkeypatch.setitem(sys.modules, "rich", None)
    assert [type(callback).__name__ for callback in callbacks.default_progress(1)] == ["EpochLines"]
    monkeypatch.setattr(sys, "stdout", None)
    assert [type(callback).__name__ for callback in callbacks.default_progress(1)] == ["EpochLines"]


@pytest.mark.parametrize("verbose", [3, -1, "yes", None, [1]], ids=repr)
def test_other_values_are_refused(verbose: Any) -> None:
    with pytest.raises(InputError, match=r"verbose=.*; expected 0, 1, 2 or 'auto'"):
        model().fit(X, Y, verbose=verbose)


def test_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    to = console()
    bar = EveryBatch(to)
    model().fit(X, Y, batch_size=5, epochs=2, validation_split=0.25, callbacks=[Slow(), bar])
    text = shown(to)
    pictures = re.findall(r"epoch (\d)/2 +[^\r\n]*?(\d)/6 (\S+) ([^\r\n]*)", text)
    assert {epoch for epoch, *_ in pictures} == {"1", "2"}
    assert {int(done) for _, done, *_ in pictures} == set(range(7))
    assert any(re.match(r"loss [\d.]+, mae [\d.]+", state) for *_, state in pictures)
    assert any(left.startswith("0:00:0") for *_, left, _ in pictures)
    assert "epoch 1/2, validation" in text
    lines = [line for line in text.splitlines() if "val_loss" in line]
    assert len(lines) == 2
    for number, line in enumerate(lines, 1):
        assert re.search(LINE.format(number), line), line
    assert capsys.readouterr().out == ""


def test_the_bar_of_an_evaluation() -> None:
    to = console()
    model().evaluate(X, Y, batch_size=5, callbacks=[EveryBatch(to)])
    text = shown(to)
    assert re.search(r"evaluation +[^\r\n]*4/8 \S+ loss [\d.]+, mae [\d.]+", text)
    assert re.search(r"evaluation: [\d.]+ s, loss [\d.]+, mae [\d.]+", text)


def test_batches_of_unknown_number_and_a_narrow_terminal() -> None:
    to = console(width=50)
    batches = iter([(X[:8], Y[:8])] * 100)
    made = model()
    made.fit(([X[:8], Y[:8]] for _ in range(5)), callbacks=[EveryBatch(to)])
    assert re.search(r"4/\?", shown(to))
    made.fit(batches, steps_per_epoch=4, callbacks=[EveryBatch(to)])
    assert all(len(line.split("\r")[-1]) <= 50 for line in shown(to).splitlines() if "━" in line)


def test_the_cursor_comes_back_after_an_error() -> None:
    to = console()
    bad = X.copy()
    bad[39] = np.nan
    with pytest.raises(maju.NotFiniteError):
        model().fit(bad, Y, callbacks=[callbacks.ProgressBar(to)])
    assert isinstance(to.file, io.StringIO)
    written = to.file.getvalue()
    assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l") >= 0


def test_a_fast_epoch_is_drawn_ten_times_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []
    now = 100.0
    monkeypatch.setattr("maju.callbacks.progress_bar.time.monotonic", lambda: now)
    monkeypatch.setattr("rich.progress.Progress.refresh", lambda self: drawn.append(now))
    bar = callbacks.ProgressBar(console())
    bar.set_params({"epochs": 1, "steps": 1000})
    bar.on_train_begin()
    bar.on_epoch_begin(0)
    for batch in range(1000):
        now += 0.001
        bar.on_train_batch_end(batch, {"loss": 1.0})
    bar.close()
    assert 6 <= len(drawn) <= 9


def test_numbers_and_times_in_words() -> None:
    logs = {"loss": 0.12345, "lr": 1e-5, "zero": 0, "f1": np.array([0.5, 1e-7]), "big": np.float32(12345.678)}
    assert results(logs) == "loss 0.1235, lr 1.0000e-05, zero 0.0000, f1 [0.5000 1.0000e-07], big 12345.6777"
    assert results(None) == ""
    assert [duration(seconds) for seconds in (0.034, 9.99, 10.4, 59.7, 185.2, 3599.9, 7650)] == [
        "0.03 s",
        "9.99 s",
        "10 s",
        "1 min 00 s",
        "3 min 05 s",
        "1 h 00 min",
        "2 h 07 min",
    ]
