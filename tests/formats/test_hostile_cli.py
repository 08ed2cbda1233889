"""What the commands say and leave behind when they are given hostile files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from formats.architectures import functional, input_layer, layer, write_model
from maju.cli.app import app

COMMANDS = ("inspect", "convert", "predict")


def run(command: str, path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """The exit code of a command on a file, and what it prints on either stream."""
    rows = path.parent / "rows.npy"
    np.save(rows, np.ones((1, 4), np.float32))
    more = {"inspect": [], "convert": [str(path.parent / "new.keras")], "predict": [str(rows)]}[command]
    with pytest.raises(SystemExit) as end:
        app([command, str(path), *more])
    streams = capsys.readouterr()
    return int(end.value.code or 0), streams.out, streams.err


BROKEN: dict[str, Any] = {
    "an empty file": b"",
    "half an archive": b"PK\x03\x04" + bytes(60),
    "half an HDF5 file": b"\x89HDF\r\n\x1a\n" + bytes(500),
    "no JSON": b'{"class_name": ' + b"[" * 10_000,
    "a long name": functional(input_layer("x", 4), layer("Dense", "n" * 10**6, "x", units=3)),
    "a circle": functional(input_layer("x", 4), layer("ReLU", "a", "b"), layer("ReLU", "b", "a")),
    "copies without end": functional(input_layer("x", 4), layer("RepeatVector", "many", "x", n=10**12)),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", BROKEN)
def test_one_line_and_no_file(
    command: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.safetensors"
    if isinstance(BROKEN[name], bytes):
        path.write_bytes(BROKEN[name])
    else:
        write_model(path, BROKEN[name])
    code, out, err = run(command, path, capsys)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert len(err) < 600
    assert "fault of maju" not in err
    assert {file.name for file in tmp_path.iterdir()} == {"model.safetensors", "rows.npy"}


@pytest.mark.parametrize("command", COMMANDS)
def test_names_do_not_steer_the_terminal(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "\x1b[2J\u202egnp\u2066\x07\x85\u200b"
    document = functional(input_layer("x", 4), layer("ReLU", name, "x"), name=name)
    path = write_model(tmp_path / "model.safetensors", document)
    code, out, err = run(command, path, capsys)
    assert (code, err) == (0, "")
    assert not set(out) & set(name) - set("[2Jgnp")
    if command == "inspect":
        assert r"\x1b[2J\u202egnp\u2066\x07\x85\u200b" in out


def test_a_long_chain_of_layers_that_compute_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chain = [layer("Dropout", f"d{n}", f"d{n - 1}" if n else "x", rate=0.5) for n in range(3000)]
    path = write_model(tmp_path / "model.safetensors", functional(input_layer("x", 4), *chain))
    for command in COMMANDS:
        assert run(command, path, capsys)[::2] == (0, "")
