from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from maju import threads
from maju.errors import InputError


@pytest.fixture(params=["1", "2", "5"])
def several(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("MAJU_NUM_THREADS", request.param)
    return int(request.param)


def test_results_come_in_the_order_of_the_items(several: int) -> None:
    assert threads.count() == several
    assert threads.each(lambda n: n * n, range(50)) == [n * n for n in range(50)]
    assert threads.each(str, []) == []


def test_threads_work_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJU_NUM_THREADS", "3")
    together = threading.Barrier(3)  # which lets none go on before three have come
    assert len(set(threads.each(lambda _: (together.wait(60), threading.get_ident())[1], range(3)))) == 3


def test_calls_within_calls_from_many_threads_come_to_an_end(several: int) -> None:
    def sums(n: int) -> int:
        return sum(threads.each(lambda m: n * m, range(9)))

    with ThreadPoolExecutor(8) as callers:
        found = list(callers.map(lambda _: threads.each(sums, range(9)), range(40)))
    assert found == [[36 * n for n in range(9)]] * 40


def test_a_part_knows_that_it_is_one(several: int) -> None:
    assert threads.each(lambda _: threads.is_part(), range(9)) == [True] * 9
    assert threads.each(lambda _: threads.is_part(), range(1)) == [False]
    assert not threads.is_part()


def test_of_several_errors_that_of_the_first_item_comes_out(several: int) -> None:
    second = threading.Event()

    def fail(n: int) -> None:
        if n == 0 and several > 1:
            second.wait(60)  # so that the second comes first
        second.set()
        raise IndexError(f"item {n}")

    with pytest.raises(IndexError, match="item 0"):
        threads.each(fail, range(9))


def test_an_error_comes_out_and_nothing_is_begun_after_it(several: int) -> None:
    begun = []

    def fail(n: int) -> None:
        begun.append(n)
        raise IndexError(f"item {n}")

    with pytest.raises(IndexError, match=r"item \d"):
        threads.each(fail, range(100))
    assert len(begun) <= several


def test_what_numpy_ignores_is_ignored_by_all_threads(several: int) -> None:
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.simplefilter("error")
        assert all(np.isinf(x).all() for x in threads.each(lambda _: np.ones(3) / np.zeros(3), range(20)))


@pytest.mark.parametrize("transposed", [False, True], ids=["rows", "columns"])
def test_a_product_in_parts_is_the_product(transposed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(size=(300, 1000)).T if transposed else rng.normal(size=(1000, 300))
    b = rng.normal(size=(300, 70)).astype(np.float32)
    found = []
    for number in ("1", "2", "5"):
        monkeypatch.setenv("MAJU_NUM_THREADS", number)
        found.append(threads.matmul(a, b))
        np.testing.assert_allclose(found[-1], a @ b, rtol=1e-12, atol=1e-12)
        assert (found[-1] == found[0]).all()
    assert threads.matmul(a[:0], b).shape == (0, 70)


@pytest.mark.parametrize("said", ["0", "-1", "two", "1.5"])
def test_a_number_that_is_none_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJU_NUM_THREADS", said)
    with pytest.raises(InputError, match=f"expected a whole number of at least 1, got '{said}'"):
        threads.count()


def test_what_others_respect_counts_where_nothing_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAJU_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert threads.count() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "2,1")  # of nested regions, which are none here
    assert 1 <= threads.count() <= (os.cpu_count() or 1)


def test_blas_has_one_thread_within_and_its_own_number_after() -> None:
    code = """
import numpy
from maju import threads
get, put = threads._BLAS.threads
put(3)
assert threads.each(lambda _: get(), range(4)) == [1] * 4
try:
    threads.each(lambda _: 1 / 0, range(4))
except ZeroDivisionError:
    print(get())
"""
    environment = {**os.environ, "MAJU_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "4"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "3"), done.stderr


def test_a_fork_has_threads_of_its_own() -> None:
    code = """
import os, threading
from maju import threads
inside, forked = threading.Event(), threading.Event()

def work(n):
    inside.set()
    return forked.wait(60)

caller = threading.Thread(target=threads.each, args=(work, range(4)))
caller.start()
inside.wait(60)
child = os.fork()  # while other threads are at it
if not child:
    together = threading.Barrier(2)
    threads.each(lambda _: together.wait(60), range(2))
    os._exit(7)
forked.set()
caller.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    environment = {**os.environ, "MAJU_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.strip()) == (0, "7"), done.stderr
