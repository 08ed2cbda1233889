"""The command as a whole: help, errors, exit codes, and what it imports."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import maju
from cli.fixtures import Maju, Models
from maju.errors import MajuError

COMMANDS = ["inspect", "predict", "verify", "convert", "data", "demo"]


def python(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def test_version(cli: Maju) -> None:
    assert cli("--version").stdout == f"maju {maju.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]], ids=["nothing", "--help", "-h"])
def test_help_names_every_command_with_an_example(cli: Maju, arguments: list[str]) -> None:
    result = cli(*arguments)
    assert result.code == 0
    for command in COMMANDS:
        summary = re.search(rf"^  {command}  +(.+)$", result.stdout, re.MULTILINE)
        assert summary
        assert summary[1].endswith("."), "cut off"
        assert f"maju {command}" in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example(cli: Maju, command: str) -> None:
    result = cli(command, "--help")
    assert result.code == 0
    assert re.search(rf"\n  Examples?:\n    maju {command}", result.stdout)


@pytest.mark.parametrize(
    "command", ["inspect m.keras", "predict m.keras x.npy", "verify m.keras", "convert m.keras n.keras"]
)
def test_a_missing_file_is_one_line(cli: Maju, command: str) -> None:
    assert cli(*command.split()).error == "m.keras: there is no such file"


@pytest.mark.parametrize(
    ("command", "culprit"),
    [
        ("inspect", "'MODEL'"),
        ("predict m.keras", "'INPUT'"),
        ("inspect --foo", "--foo"),
        ("inspect a.keras b.keras", "b.keras"),
        ("foo", "'foo'"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(cli: Maju, command: str, culprit: str) -> None:
    message = cli(*command.split()).error
    assert culprit in message
    subject = "" if command == "foo" else f" {command.split()[0]}"
    assert message.endswith(f" (maju{subject} --help tells more)")


@pytest.mark.parametrize("option", [["--top", "0"], ["--top", "x"], ["--scale", "0..9"]], ids=" ".join)
def test_an_option_of_no_such_value_is_one_line(cli: Maju, option: list[str]) -> None:
    message = cli("predict", "m.keras", "x.npy", *option).error
    assert message.startswith(f"Invalid value for '{option[0]}': ")
    assert message.endswith("(maju predict --help tells more)")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MajuError("one"), "one"),
        (MemoryError(), "not enough memory"),
        (PermissionError(13, "Permission denied", "x.npy"), "x.npy: Permission denied"),
        (
            ZeroDivisionError("a\nb"),
            "ZeroDivisionError: a b (a fault of maju's own; with MAJU_TRACEBACK=1 set it shows where)",
        ),
    ],
    ids=["maju's own", "memory", "system", "a fault"],
)
def test_no_error_is_a_traceback(
    cli: Maju, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("maju.cli.inspect.read_model_file", fail)
    monkeypatch.delenv("MAJU_TRACEBACK", raising=False)
    assert cli("inspect", "x.keras").error == message


def test_maju_traceback_shows_where(cli: Maju, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "x.keras"
    broken.write_bytes(b"no model")
    monkeypatch.setenv("MAJU_TRACEBACK", "1")
    result = python("-m", "maju", "inspect", broken)
    assert "Traceback" in result.stderr
    assert "in read_model_file" in result.stderr


def test_names_of_files_cannot_control_the_terminal(cli: Maju) -> None:
    assert cli("inspect", "a\x1b[31m\nb.keras").error == r"a\x1b[31m\nb.keras: there is no such file"


def test_python_m_maju() -> None:
    result = python("-m", "maju", "inspect", "no-such.keras")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "error: no-such.keras: there is no such file\n"


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_says_how_to_install_it(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from maju.cli import main; sys.exit(main())"
    result = python("-c", code)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "error: the maju command needs more than maju's core: pip install 'maju[cli]'\n"


def test_main_returns_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from maju.cli import main

    monkeypatch.setattr(sys, "argv", ["maju", "--version"])
    assert main() == 0
    monkeypatch.setattr(sys, "argv", ["maju", "inspect", "no-such.keras"])
    assert main() == 2
    assert capsys.readouterr().err == "error: no-such.keras: there is no such file\n"


@pytest.mark.parametrize("command", ["inspect", "predict"])
def test_neither_tensorflow_nor_keras_is_imported(models: Models, tmp_path: Path, command: str) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("enak\n")
    inputs = [texts] if command == "predict" else []
    code = (
        "import sys; from maju.cli import main; code = main()\n"
        "heavy = {'keras', 'tensorflow', 'sklearn', 'matplotlib', 'PIL', 'pooch'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    result = python("-c", code, command, models.path("sentiment"), *inputs)
    assert (result.returncode, result.stderr) == (0, "")
    assert "enak" in result.stdout or "Bidirectional" in result.stdout


def test_asking_for_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from maju.cli import main; main()\n"
        "heavy = {'keras', 'tensorflow', 'PIL', 'h5py', 'pooch', 'maju.experiments'}\n"
        "sys.exit(str(heavy & set(sys.modules)))"
    )
    assert python("-c", code, "--help").stderr == "set()\n"


def test_a_closed_pipe_is_no_error(models: Models, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("saya suka\n" * 20_000)  # more than a pipe holds
    command = [sys.executable, "-m", "maju", "predict", str(models.path("sentiment")), str(texts)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().startswith(b"Input")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_ctrl_c_stops_it_without_a_traceback(models: Models) -> None:
    code = (
        "import sys, time; from types import SimpleNamespace; from maju.cli import main\n"
        "wait = lambda: (print('waiting', flush=True), time.sleep(60))\n"
        "sys.stdin = SimpleNamespace(buffer=SimpleNamespace(read=wait)); sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "predict", str(models.path("sentiment")), "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"waiting\n"
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate()
    assert (process.returncode, stderr) == (130, b"")


def on_a_terminal(*arguments: str | Path, columns: int = 80, **environment: str) -> str:
    """What a command shows on a terminal of this width."""
    ours, theirs = pty.openpty()
    wishes = ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
    inherited = {key: value for key, value in os.environ.items() if key not in wishes}
    environment = {**inherited, "TERM": "xterm", "COLUMNS": str(columns), **environment}
    with os.fdopen(ours, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            [sys.executable, "-m", "maju", *map(str, arguments)],
            stdout=theirs,
            stderr=theirs,
            env=environment,
        )
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how Linux tells the end
            while piece := screen.read(4096):
                shown += piece
        process.wait()
    return shown.decode()


def test_a_terminal_shows_colours_and_folds_what_is_too_wide(models: Models) -> None:
    shown = on_a_terminal("inspect", models.path("ids"), columns=40)
    assert "\x1b[" in shown
    text = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert "…" not in text
    table = text.split("\r\n\r\n")[1].splitlines()
    assert {len(line) for line in table} == {40}


def test_no_color_is_heeded(models: Models) -> None:
    shown = on_a_terminal("inspect", models.path("unsupported"), NO_COLOR="1")
    assert "\x1b[31m" not in shown
    assert not re.search(r"\x1b\[[\d;]*3[0-7]m", shown)
    assert "Lambda" in shown


def test_what_is_piped_is_neither_cut_nor_coloured(models: Models) -> None:
    result = python("-m", "maju", "inspect", models.path("rescaling"), COLUMNS="20")
    assert result.returncode == 0
    assert "\x1b" not in result.stdout
    assert "global_average_pooling2d  GlobalAveragePooling2D  (None, 4)" in result.stdout
    assert all(line == line.rstrip() for line in result.stdout.splitlines())


def test_a_character_that_the_terminal_lacks_is_spelled_out(tmp_path: Path) -> None:
    result = python("-m", "maju", "inspect", tmp_path / "Δ.keras", PYTHONIOENCODING="ascii")
    assert result.returncode == 2
    assert r"\u0394.keras: there is no such file" in result.stderr
