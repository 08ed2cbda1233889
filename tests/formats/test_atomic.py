from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import maju
from formats.samples import SAMPLES
from maju.errors import ModelFormatError
from maju.formats import OPENED
from maju.models import Model

Saved = Callable[..., Path]

#: Saves again and again over an old file, each time in a child that kills itself a little later on the way,
#: and tells whether what is there afterwards is the old model or the new one.
KILLED = """
import collections, json, os, signal, sys
import numpy as np
import maju

source, folder, suffix, x, every = sys.argv[1:]
x, path = np.load(x), f"{folder}/model{suffix}"

def predictions():
    model = maju.load(path, architecture=source) if suffix == ".weights.h5" else maju.load(path)
    return model.predict(x)

model = maju.load(source)
model.save(path)
old, before = predictions(), open(path, "rb").read()
for weight in model.weights.values():
    weight += 0.25
new = model.predict(x)
assert abs(new - old).max() > 0.01

found, moment, status = collections.Counter(), 0, None
while status != 0:
    moment += int(every)
    open(path, "wb").write(before)
    child = os.fork()
    if child == 0:
        calls = 0
        def kill(frame, event, argument):
            global calls
            calls += 1
            if calls == moment:
                os.kill(os.getpid(), signal.SIGKILL)
        sys.setprofile(kill)
        model.save(path)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), status
    there = predictions()
    state = "old" if (there == old).all() else "new" if (there == new).all() else "broken"
    found[state if status else "finished " + state] += 1
print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "every"), {".keras": 71, ".weights.h5": 59, ".h5": 37, ".safetensors": 5}.items()
)
def test_a_save_that_is_killed_leaves_the_old_file_or_the_new_one(
    suffix: str, every: int, saved: Saved, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", SAMPLES["rnn"].x)
    (tmp_path / "there").mkdir()
    arguments = [saved("rnn"), tmp_path / "there", suffix, tmp_path / "x.npy", every]
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert set(found) <= {"old", "new", "finished new"}
    assert found["old"] > 20
    assert found["finished new"] == 1


@pytest.fixture
def model(saved: Saved) -> Model:
    return maju.load(saved("rnn"))


def assert_old_file_is_whole(path: Path, before: bytes) -> None:
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def fail(error: BaseException) -> Callable[..., Any]:
    def raise_it(*_: Any, **__: Any) -> Any:
        raise error

    return raise_it


#: Where a save can fail: opening the file, filling it, handing it to the disk, putting it in its place.
STEPS = ["touch", "write", "fsync", "replace"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("suffix", OPENED)
def test_a_full_disk_leaves_the_old_file_and_no_other(
    suffix: str, step: str, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"model{suffix}"
    model.save(path)
    before = path.read_bytes()
    full = fail(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    if step == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    elif step == "write":
        monkeypatch.setattr(Path, "write_bytes", full)
        monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    else:
        monkeypatch.setattr(Path, step, full)
    with pytest.raises(ModelFormatError) as error:
        model.save(path)
    assert str(error.value) == f"{path}: cannot be written (No space left on device)"
    monkeypatch.undo()
    assert_old_file_is_whole(path, before)


FULL = """
import resource, sys
import maju

source, path = sys.argv[1:]
model = maju.load(source)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
try:
    model.save(path)
except maju.ModelFormatError as error:
    print(error)
"""


@pytest.mark.parametrize("suffix", OPENED)
def test_a_file_that_may_not_grow_so_large(suffix: str, model: Model, saved: Saved, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    model.save(path)
    before = path.read_bytes()
    assert len(before) > 3000
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(saved("rnn")), str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == f"{path}: cannot be written (File too large)\n"
    assert ran.stderr == ""
    assert_old_file_is_whole(path, before)


@pytest.mark.parametrize("suffix", OPENED)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), RuntimeError("a bug")], ids=repr)
def test_whatever_goes_wrong_goes_on_and_leaves_the_old_file(
    error: BaseException, suffix: str, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"model{suffix}"
    model.save(path)
    before = path.read_bytes()
    monkeypatch.setattr(Path, "write_bytes", fail(error))
    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail(error))
    with pytest.raises(type(error)):
        model.save(path)
    monkeypatch.undo()
    assert_old_file_is_whole(path, before)


@pytest.mark.parametrize("suffix", OPENED)
def test_a_folder_that_may_not_be_written(
    suffix: str, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"model{suffix}"
    monkeypatch.setattr(Path, "touch", fail(PermissionError(errno.EACCES, os.strerror(errno.EACCES))))
    with pytest.raises(ModelFormatError) as error:
        model.save(path)
    assert str(error.value) == f"{path}: cannot be written (Permission denied)"


@pytest.mark.parametrize("suffix", OPENED)
def test_a_folder_that_is_not_there(suffix: str, model: Model, tmp_path: Path) -> None:
    path = tmp_path / "absent" / f"model{suffix}"
    with pytest.raises(ModelFormatError) as error:
        model.save(path)
    assert str(error.value) == f"{path}: cannot be written: there is no folder {tmp_path / 'absent'}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", OPENED)
def test_a_folder_in_the_place_of_the_file(suffix: str, model: Model, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    path.mkdir()
    with pytest.raises(ModelFormatError) as error:
        model.save(path)
    assert str(error.value) == f"{path}: cannot be written: it is a directory"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(model: Model, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    target = tmp_path / "runs" / "first.keras"
    target.write_bytes(b"old")
    link = tmp_path / "latest.keras"
    link.symlink_to(target)
    model.save(link)
    assert link.is_symlink()
    assert maju.load(target).layers[0].name == model.layers[0].name
    assert list(target.parent.iterdir()) == [target]


def test_who_may_read_a_file_stays_as_it_was(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    mask = os.umask(0o027)
    try:
        model.save(path)
    finally:
        os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o640
    path.chmod(0o604)
    model.save(path)
    assert path.stat().st_mode & 0o777 == 0o604


def test_the_longest_name_that_the_system_takes(model: Model, tmp_path: Path) -> None:
    path = tmp_path / ("m" * 249 + ".keras")
    model.save(path)
    assert list(tmp_path.iterdir()) == [path]
