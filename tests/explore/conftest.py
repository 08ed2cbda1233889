"""Models in files, a server of the page, and a browser to look at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from explore.fixtures import Seen, Served, cnn, lstm, serving
from maju.explore.session import Session
from maju.explore.shelf import Shelf

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
WAY_OUT = f"there is no Chromium at {CHROMIUM}: apt-get install chromium, or set CHROMIUM to where it is"


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    found = {}
    for make in (cnn, lstm):
        found[make.__name__] = folder / f"{make.__name__}.keras"
        make().save(found[make.__name__])
    return found


@pytest.fixture(scope="session")
def session(files: dict[str, Path]) -> Session:
    return Session(Shelf(files.values(), labels=None))


@pytest.fixture(scope="session")
def served(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The page, served as `maju explore` serves it."""
    folder = tmp_path_factory.mktemp("served")
    with serving(session, folder) as address:
        yield Served(address, folder)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(WAY_OUT)
    expect.set_options(timeout=15_000)  # the machine may have other work
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM))
        yield opened
        opened.close()


@pytest.fixture
def seen(browser: Browser, served: Served, request: pytest.FixtureRequest) -> Iterator[Seen]:
    """The page with the first model open; whatever its console says, or it asks of others, fails the test."""
    width, height = getattr(request, "param", (1400, 1000))
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-US")
    page: Page = context.new_page()
    found = Seen(page, [])
    page.on("console", lambda message: found.said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: found.said.append(f"error: {error}"))
    page.on("request", lambda asked: found.asked.append(asked.url))
    page.goto(served.address)
    page.wait_for_selector("[data-key=conv] canvas")
    yield found
    context.close()
    assert found.said == []
    assert all(url.startswith((served.address, "data:", "blob:")) for url in found.asked)
