"""The server of the page, from its start to its end."""

from __future__ import annotations

import secrets
import socket
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn

from maju.errors import MajuError
from maju.explore.app import application
from maju.explore.guard import is_loopback
from maju.explore.keras_values import KerasValues
from maju.explore.session import Session
from maju.explore.shelf import Shelf

__all__ = ["serve"]


def serve(
    shelf: Shelf,
    host: str = "127.0.0.1",
    port: int = 0,
    most_uploaded: int = 512 << 20,
    browse: bool = False,
    ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve the page until it is interrupted.

    Args:
        shelf: the models.
        host: where it listens; anywhere but on this machine alone, the address holds a token.
        port: 0 for any that is free.
        most_uploaded: how large a dropped file may be, in bytes.
        browse: whether to open the page in the user's browser.
        ready: told the page's address once the server listens.

    Raises:
        MajuError: it cannot listen there.
    """
    listening = _listening(host, port)
    token = None if is_loopback(host) else secrets.token_urlsafe(24)
    with listening, tempfile.TemporaryDirectory(prefix="maju-explore-") as place:
        folder = Path(place)
        keras = KerasValues.where_installed(folder)
        app = application(Session(shelf, keras), folder, _names(host), token, most_uploaded)
        address = _address(host, listening.getsockname()[1], token)
        ready(address)
        if browse:
            webbrowser.open(address)
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, ws="none")
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:
            pass  # this is how it ends
        finally:
            if keras is not None:
                keras.close()


def _listening(host: str, port: int) -> socket.socket:
    """A socket on which browsers may knock from now on."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(where)
            listening.listen()
        except OSError:
            listening.close()
            raise
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        way_out = "; --port 0 takes any that is free" if port else ""
        raise MajuError(f"cannot listen on {host}, port {port}: {reason}{way_out}") from error
    return listening


def _names(host: str) -> tuple[str, ...]:
    """What a browser may call this server."""
    own = ("127.0.0.1", "localhost", "::1")
    return own if is_loopback(host) and host in own else (*own, host, socket.gethostname())


def _address(host: str, port: int, token: str | None) -> str:
    shown = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)
    name = f"[{shown}]" if ":" in shown else shown
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")
