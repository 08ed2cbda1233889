"""`maju explore`."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import maju
from cli.fixtures import Maju
from maju import layers


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.keras"
    maju.Sequential([maju.Input((4,)), layers.Dense(3, activation="softmax")]).save(path)
    return path


@contextmanager
def running(*arguments: str | Path, folder: Path) -> Iterator[str]:
    """The command in a process of its own, and the address that it prints; in the end it is interrupted."""
    command = [sys.executable, "-m", "maju", "explore", "--port", "0", "--no-browser", *map(str, arguments)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env={**os.environ}
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.fullmatch(r"maju explore is at (http://\S+)\n", line)
        assert found, (line, process.poll())
        yield found[1]
    finally:
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    assert process.returncode == 0
    assert error == "note: Ctrl+C ends it\n"


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_the_page_is_served_until_it_is_interrupted(model: Path, tmp_path: Path) -> None:
    with running(model, "--labels", "cat,dog,cow", folder=tmp_path) as address:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        assert status(address) == 200
        with urllib.request.urlopen(f"{address}api/models") as answer:
            assert b'"title":"model.keras"' in answer.read()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.keras"]


def test_elsewhere_a_token_is_needed(tmp_path: Path) -> None:
    with running("--host", "0.0.0.0", folder=tmp_path) as address:
        found = re.fullmatch(r"http://[^:/]+:(\d+)/\?token=([\w-]{20,})", address)
        assert found
        own = f"http://127.0.0.1:{found[1]}/"
        assert status(own) == 401
        assert status(f"{own}?token=wrong") == 401
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(f"{own}?token={found[2]}") as answer:
            assert answer.status == 200


def test_what_cannot_be_opened(cli: Maju, tmp_path: Path) -> None:
    (tmp_path / "broken.keras").write_bytes(b"PK\x03\x04 no model")
    assert "there is no such file" in cli("explore", tmp_path / "none.keras").error
    assert "broken.keras" in cli("explore", tmp_path / "broken.keras").error
    assert "none is given" in cli("explore", "--labels", "cat,dog").error
    assert (
        "cannot listen on 203.0.113.1, port 0" in cli("explore", "--host", "203.0.113.1", "--port", "0").error
    )


def test_a_port_that_is_taken(cli: Maju) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert cli("explore", "--no-browser", "--port", str(port)).error.endswith(
            "; --port 0 takes any that is free"
        )


def test_without_the_extra(cli: Maju, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def without(name: str, *rest: Any) -> Any:
        return None if name == "starlette" else real(name, *rest)

    monkeypatch.setattr("maju.cli.explore.find_spec", without)
    assert cli("explore").error.endswith("pip install 'maju[explore]'")
