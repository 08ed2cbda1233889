"""Several threads at one piece of work, with the threads of BLAS kept out of their way.

NumPy lets go of Python's lock while it computes, so threads that each take a part of a batch use all cores.
How many there may be is ``MAJU_NUM_THREADS``, or else ``OMP_NUM_THREADS``, or else the number of cores.
"""

from __future__ import annotations

import contextvars
import ctypes
import functools
import math
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from maju.errors import InputError

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["blas", "count", "each", "is_part", "matmul", "one_blas_thread"]

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How many multiplications, and how many rows, a part of a product of matrices has at least.
LEAST_WORK, LEAST_ROWS = 1 << 22, 64

_PART = contextvars.ContextVar("part", default=False)


def count() -> int:
    """How many threads may be at work.

    Raises:
        InputError: ``MAJU_NUM_THREADS`` is no whole number of at least 1.
    """
    said = os.environ.get("MAJU_NUM_THREADS", "").strip()
    if said and not (said.isdecimal() and int(said)):
        raise InputError(f"MAJU_NUM_THREADS: expected a whole number of at least 1, got {said!r}")
    if said:
        return int(said)
    if _BLAS.threads is None:  # it cannot be held to one thread, and uses all cores by itself
        return 1
    said = os.environ.get("OMP_NUM_THREADS", "").strip()
    return int(said) if said.isdecimal() and int(said) else _cores()


def each(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """``[function(item) for item in items]``, with several threads at it.

    The caller's own thread takes part, and does all that no other has begun. So it may be called by many
    threads at once, within itself and after a fork: none waits for what waits itself. Where there are several
    items, BLAS computes with one thread, even if there is no other: so the outcome is the same to the bit.

    Raises:
        Exception: that of the first item, in their order, for which the function raises one.
    """
    todo = deque(enumerate(items))
    if len(todo) < 2:
        return [function(item) for _, item in todo]
    results: dict[int, Result] = {}
    errors: dict[int, BaseException] = {}
    threads = count()

    def work() -> None:
        while todo:
            try:
                place, item = todo.popleft()
            except IndexError:  # another thread has just taken the last
                return
            try:
                results[place] = function(item)
            except BaseException as error:  # the items before it were begun earlier, and may raise too
                errors[place] = error
                todo.clear()

    with _BLAS.held_to_one():
        before = _PART.set(True)
        futures = _begun(work, min(threads, len(todo)) - 1, threads - 1)
        try:
            work()
        finally:
            _PART.reset(before)
            futures = [future for future in futures if not future.cancel()]
            for future in futures:
                future.exception()  # once it is there, the thread is done
    if errors:
        raise errors[min(errors)]
    return [results[place] for place in sorted(results)]


def is_part() -> bool:
    """Whether this runs within `each`, as one of several parts; to part it again would gain little."""
    return _PART.get()


def matmul(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The product of two matrices, with several threads at its rows where it is large.

    How the rows are parted follows from the shapes alone, not from the number of threads.
    """
    parts = min(len(a) * b.size // LEAST_WORK, len(a) // LEAST_ROWS)
    if parts < 2:
        return np.asarray(a @ b)
    product = np.empty((len(a), b.shape[1]), np.result_type(a, b))
    step = -(-len(a) // parts)
    some = [slice(start, start + step) for start in range(0, len(a), step)]
    each(lambda rows: np.matmul(a[rows], b, out=product[rows]), some)
    return product


def blas() -> str:
    """What is known of the library that NumPy multiplies with, to be put behind NumPy's own name."""
    return "" if _BLAS.threads is None else ", OpenBLAS"


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Meanwhile let BLAS use one thread, and leave the others to `each`.

    The threads of OpenBLAS wait for the next product without rest, for some hundredths of a second: time
    that they take from all others, where there are many products.
    """
    with _BLAS.held_to_one():
        yield


def _begun(work: Callable[[], None], helpers: int, most: int) -> list[Future[None]]:
    """Some other threads at work, each with what holds in this one, as `numpy.errstate`."""
    futures = []
    with suppress(RuntimeError):  # the interpreter is about to end: no more threads
        for _ in range(helpers):
            futures.append(_pool(most).submit(contextvars.copy_context().run, work))
    return futures


@functools.cache
def _pool(most: int) -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(most, thread_name_prefix="maju")


@functools.cache
def _cores() -> int:
    """How many cores this process may use."""
    if sys.platform == "linux":
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    with suppress(OSError, ValueError):  # no such file, or "max": there is no quota
        quota, period = map(int, Path("/sys/fs/cgroup/cpu.max").read_text().split())
        cores = min(cores, math.ceil(quota / period))
    return cores


class _Blas:
    """NumPy's library for products of matrices, if it is an OpenBLAS: its threads can be counted and set.

    Attributes:
        threads: the functions that tell and that set how many it uses; None of any other library.
    """

    def __init__(self) -> None:
        self.threads = _functions_of_openblas()
        self._lock = threading.Lock()
        self._holders = 0
        self._before = 1

    @contextmanager
    def held_to_one(self) -> Iterator[None]:
        """Let it use one thread, for all threads that call it, until the last that asked for that is done."""
        if self.threads is None:
            yield
            return
        get, put = self.threads
        with self._lock:
            if not self._holders:
                self._before = get()
                put(1)
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                if not self._holders:
                    put(self._before)

    def forked(self) -> None:
        """In a child process, where the threads that held it are not."""
        self._lock = threading.Lock()
        if self._holders and self.threads is not None:
            self.threads[1](self._before)
        self._holders = 0


def _functions_of_openblas() -> tuple[Callable[[], int], Callable[[int], Any]] | None:
    """What tells and what sets how many threads NumPy's OpenBLAS uses, or None.

    They are found by way of NumPy's own extension, which is linked with it, or in the library that stands
    beside NumPy; builds differ in how they name them.
    """
    extensions = [module for name, module in sys.modules.items() if name.endswith("._multiarray_umath")]
    files = [getattr(extension, "__file__", None) or "" for extension in extensions]
    files += map(str, Path(np.__file__).parent.parent.glob("numpy.libs/*openblas*"))
    for file in filter(None, files):
        try:
            library = ctypes.CDLL(file)
        except OSError:
            continue
        for before, after in product(("scipy_openblas", "openblas"), ("64_", "")):
            with suppress(AttributeError):
                return (
                    getattr(library, f"{before}_get_num_threads{after}"),
                    getattr(library, f"{before}_set_num_threads{after}"),
                )
    return None


_BLAS = _Blas()


def _in_child() -> None:
    """A fork copies no threads but the one that calls it."""
    _pool.cache_clear()
    _BLAS.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
