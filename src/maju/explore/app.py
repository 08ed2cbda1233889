"""The routes: the page and its assets, and what the page asks for."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from maju.errors import InputError, MajuError, UnsupportedModelError
from maju.explore.answers import encoded
from maju.explore.guard import Guard
from maju.explore.session import Session

__all__ = ["ASSETS", "application"]

ASSETS = Path(__file__).parent / "assets"
#: How large a model file and a question may be.
MOST_UPLOADED, MOST_ASKED = 512 << 20, 64 << 20


def application(
    session: Session,
    folder: Path,
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "::1"),
    token: str | None = None,
    most_uploaded: int = MOST_UPLOADED,
) -> Starlette:
    """The page of a session.

    Args:
        folder: where a dropped file lies while it is opened.
        hosts, token: see `Guard`.
        most_uploaded: how large a model file may be, in bytes.
    """

    async def index(request: Request) -> Response:
        return FileResponse(ASSETS / "index.html")

    async def models(request: Request) -> Response:
        return await _answer(session.models)

    async def drop(request: Request) -> Response:
        name = unquote(request.headers.get("x-file-name", "")) or "model"
        with tempfile.TemporaryDirectory(dir=folder) as place:
            path = Path(place) / "model"
            with path.open("wb") as file:
                async for chunk in request.stream():
                    file.write(chunk)
            return await _answer(lambda: session.opened(session.shelf.drop(name, path)))

    questions: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
        "open": lambda asked: session.open(asked.get("model")),
        "run": session.run,
        "layer": session.layer,
        "value": session.value,
        "grad-cam": session.grad_cam,
        "contributions": session.contributions,
        "keras": session.beside_keras,
    }

    async def ask(request: Request) -> Response:
        question = questions.get(request.path_params["question"])
        if question is None:
            return _failed(InputError("there is no such question"), 404)
        try:
            asked = json.loads(await request.body())
        except (ValueError, RecursionError):
            return _failed(InputError("the question is not JSON"))
        if not isinstance(asked, dict):
            return _failed(InputError("the question is no object"))
        return await _answer(lambda: question(asked))

    most_bytes = {"/api/models": most_uploaded, "": MOST_ASKED}
    return Starlette(
        routes=[
            Route("/", index),
            Route("/api/models", models),
            Route("/api/models", drop, methods=["POST"]),
            Route("/api/{question}", ask, methods=["POST"]),
            Mount("/assets", StaticFiles(directory=ASSETS)),
        ],
        middleware=[Middleware(Guard, hosts=hosts, token=token, most_bytes=most_bytes)],
    )


async def _answer(work: Callable[[], Any]) -> Response:
    """What comes of some work, in a thread so that the page goes on answering; or why nothing came of it."""
    try:
        found = await run_in_threadpool(lambda: encoded(work()))
    except MajuError as error:
        return _failed(error)
    except MemoryError:
        return _failed(InputError("not enough memory for this model or input"))
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return _failed(MajuError(f"{what} (a fault of maju's own)"), 500)
    return Response(found, media_type="application/json")


def _failed(error: MajuError, status: int = 422) -> Response:
    """Why a question has no answer: a message, and each thing that is not supported."""
    problems = [str(problem) for problem in getattr(error, "problems", ())][:100]
    kind = type(error).__name__
    message = str(error).split("\n")[0] if isinstance(error, UnsupportedModelError) else str(error)
    body = encoded({"error": {"kind": kind, "message": message, "problems": problems}})
    return Response(body, status, media_type="application/json")
