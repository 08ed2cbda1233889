"""What keeps strangers away from the page: whose requests are answered, and how large they may be."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard", "is_loopback"]

COOKIE = "maju_explore"
#: What the page may load: what this server has, and nothing from elsewhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """Let requests through that the user's own browser made for this page.

    - The Host header names this server, so that no other site's name can be pointed at it (DNS rebinding).
    - A request that another site's page made, as its Origin header tells, is refused.
    - With a token, the address that holds it sets a cookie, and nothing is answered without that.
    - A body is no longer than it may be.

    Args:
        hosts: the names and addresses that this server is known by.
        token: what the address must hold; None where only this machine can reach the server.
        most_bytes: how long a body may be, by its path, and under "" for all other paths.
    """

    def __init__(
        self, app: ASGIApp, hosts: Iterable[str], token: str | None, most_bytes: Mapping[str, int]
    ) -> None:
        self.app = app
        self.hosts = {host.lower() for host in hosts}
        self.token = token
        self.most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, sent)
            return
        most = left = self._most(scope)

        async def received() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLargeError
            return message

        try:
            await self.app(scope, received, sent)
        except TooLargeError:
            await _too_large(most)(scope, receive, sent)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = _name(headers.get("host", ""))
        if host not in self.hosts and not (self.token and _is_address(host)):
            return PlainTextResponse(f"{host!r} is not a name of this server", 421)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
            return PlainTextResponse("this page was asked for by another site", 403)
        fetched = headers.get("sec-fetch-site", "none")
        if scope["path"] != "/" and fetched not in ("none", "same-origin"):  # a link to the page is welcome
            return PlainTextResponse("this page was asked for by another site", 403)
        length = headers.get("content-length", "0")
        most = self._most(scope)
        if not length.isdigit() or int(length) > most:
            return _too_large(most)
        return None if self.token is None else self._without_token(scope, headers)

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        """What is answered to who has not shown the token yet; None once it was shown."""
        assert self.token is not None
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            cookies = SimpleCookie()
        if COOKIE in cookies and secrets.compare_digest(cookies[COOKIE].value.encode(), self.token.encode()):
            return None
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        if scope["path"] == "/" and secrets.compare_digest(given.encode(), self.token.encode()):
            answer = RedirectResponse("/", 303)
            answer.set_cookie(
                COOKIE, self.token, httponly=True, samesite="lax"
            )  # a strict one would not come with the redirection
            return answer
        return PlainTextResponse("open the address that `maju explore` printed, with its token", 401)

    def _most(self, scope: Scope) -> int:
        return self.most_bytes.get(scope["path"], self.most_bytes[""])


class TooLargeError(Exception):
    """A body that goes on after what it may hold."""


def _too_large(most: int) -> Response:
    return PlainTextResponse(f"larger than the {most:,} bytes that may be sent", 413)


def _name(host: str) -> str:
    """The host without its port."""
    if host.startswith("["):
        return host.partition("]")[0].removeprefix("[").lower()
    return host.rpartition(":")[0].lower() if ":" in host else host.lower()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
