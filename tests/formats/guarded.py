"""Opening and running files in a process of their own, with little memory and little time."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

__all__ = ["bounded", "open_all"]

#: What the work on one file may take in this process: seconds, and bytes beyond what the process has.
SECONDS, MEMORY = 20, 600 << 20

#: Each file is opened in a child that may take 400 MB more than importing takes, and 20 s of work. With "run"
#: what opens also predicts one small row.
CHILD = """
import json, os, resource, sys, warnings
import h5py, numpy as np, safetensors, maju
from maju.formats.specification import refs_in

warnings.simplefilter("error")
pages = int(open("/proc/self/statm").read().split()[0])
memory = pages * resource.getpagesize() + (400 << 20)


def row(model):
    rows = []
    for ref in refs_in(model.spec.inputs):
        shape = [1, *(4 if n is None else n for n in model.shapes[ref][1:])]
        text = model[ref.layer].get_config()["dtype"] == "string"
        rows.append(np.full(shape, "satu dua") if text else np.ones(shape, np.float32))
    return rows if len(rows) > 1 else rows[0]


run, *paths = sys.argv[1:]
for path in paths:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
        try:
            model = maju.load(path)
            said = "opened"
            if run == "run":
                model.predict(row(model))
                said = "predicted"
        except maju.MajuError as error:
            said = f"{type(error).__name__}: {error}"
        except BaseException as error:
            said = f"NOT MAJU'S: {error!r}"
        os.write(writer, said[:60_000].encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps(said if status == 0 else f"DIED: {status}"), flush=True)
"""


def open_all(paths: Iterable[Path], *, run: bool = False) -> list[str]:
    """What `maju.load` says of each file: its error, with its class, or "opened".

    Args:
        run: whether what opens is run on one small row: what `predict` says, or "predicted".
    """
    ran = subprocess.run(
        [sys.executable, "-c", CHILD, "run" if run else "open", *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


@contextmanager
def bounded() -> Iterator[None]:
    """So much time and memory as a small file may take."""

    def too_late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGVTALRM, too_late)
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, before[1]))
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)
