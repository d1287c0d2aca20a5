"""Who is asking: nobody in particular, a person with a password, or one whom a proxy in front names.

What writes needs a login wherever there is one, what reads if the operator says so. The wall in front of the
application refuses first; every handler that writes asks again for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..model.errors import DiplotoneError
from .config import ServeConfig
from .label_types import LabelError, checked_annotator
from .passwords import Passwords, default_file
from .proxies import came_through_proxy
from .sessions import Sessions

COOKIE = "diplotone-session"

ALWAYS_OPEN = frozenset({"/health", "/login", "/logout"})

POSTS_THAT_READ = re.compile(
    r"/v1/(?:analyze|score|compare)|/page/(?:files|exchange|compare)"
    r"|/gradio_api/(?:queue/join|reset|cancel|call/\w+)/?"
)
"""Requests that change nothing though they are not GET; whatever else is sent counts as writing.

Which of Gradio's functions is called stands in the body: so the one that writes asks for itself."""


class LoginNeeded(DiplotoneError):
    """Something needs a login, and the request has none."""

    def __init__(self) -> None:
        super().__init__("this needs a login; log in at /login and try again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How people are known here."""

    kind: str
    """none, password or proxy."""
    for_reading: bool
    """Whether reading needs it too."""
    name: Callable[[HTTPConnection], str | None]
    """Who is logged in, by a request; None for nobody."""
    passwords: Passwords | None = None
    sessions: Sessions | None = None

    @property
    def exists(self) -> bool:
        """Whether anybody is asked who they are."""
        return self.kind != "none"

    def writer(self, connection: HTTPConnection) -> str | None:
        """Return who is logged in, None where the service has no login; for whatever writes.

        Raises:
            LoginNeeded: There is a login, and the request has none.
        """
        name = self.name(connection)
        if self.exists and name is None:
            raise LoginNeeded
        return name


def build_login(config: ServeConfig) -> Login:
    """Return what the settings ask for.

    Raises:
        ConfigError: The file of passwords cannot be used.
    """
    if config.login == "password":
        passwords = Passwords(Path(config.password_file) if config.password_file else default_file())
        sessions = Sessions(config.session_s, passwords.mark)
        return Login(
            kind="password",
            for_reading=config.login_for_reading,
            name=lambda connection: sessions.name(session_token(connection)),
            passwords=passwords,
            sessions=sessions,
        )
    if config.login == "proxy":
        header = config.proxy_header
        return Login(
            kind="proxy",
            for_reading=config.login_for_reading,
            name=lambda connection: _named_by_proxy(connection, header),
        )
    return Login(kind="none", for_reading=False, name=lambda _: None)


def _named_by_proxy(connection: HTTPConnection, header: str) -> str | None:
    names = connection.headers.getlist(header)
    if len(names) != 1 or not came_through_proxy(connection):  # two: the client slipped one past the proxy
        return None
    try:
        return checked_annotator(names[0])
    except LabelError:
        return None


def cookie_name(connection: HTTPConnection) -> str:
    """Return the name of the cookie; behind https one that browsers take only over https, for this host."""
    return f"__Host-{COOKIE}" if connection.scope["scheme"] == "https" else COOKIE


def session_token(connection: HTTPConnection) -> str:
    """Return the token that a request carries, "" for none."""
    return connection.cookies.get(cookie_name(connection), "")


def visitor(request: Request) -> str | None:
    """Return who is logged in; for handlers that only read."""
    return request.app.state.login.name(request)


def writer(request: Request) -> str | None:
    """Return who is logged in, None where the service has no login; for every handler that writes.

    Raises:
        LoginNeeded: There is a login, and the request has none.
    """
    return request.app.state.login.writer(request)


Visitor = Annotated[str | None, Depends(visitor)]
Writer = Annotated[str | None, Depends(writer)]


class LoginWall:
    """Lets nobody past who should log in first; whatever is not known to read counts as writing."""

    def __init__(self, app: ASGIApp, login: Login) -> None:
        self.app = app
        self.login = login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what needs no login, and those who have one."""
        if scope["type"] == "http" and self._is_closed(scope):
            connection = HTTPConnection(scope)
            if self.login.name(connection) is None:
                return await self._refusal(connection)(scope, receive, send)
        await self.app(scope, receive, send)

    def _is_closed(self, scope: Scope) -> bool:
        if not self.login.exists or scope["path"] in ALWAYS_OPEN:
            return False
        reads = scope["method"] in ("GET", "HEAD", "OPTIONS") or POSTS_THAT_READ.fullmatch(scope["path"])
        return self.login.for_reading or not reads

    def _refusal(self, connection: HTTPConnection) -> Response:
        wants_page = connection.scope["path"] == "/" and "text/html" in connection.headers.get("accept", "")
        if wants_page and self.login.kind == "password":
            return RedirectResponse("login", status_code=303)
        if self.login.kind == "proxy":
            return JSONResponse({"error": "the proxy in front did not say who is logged in"}, 401)
        return JSONResponse({"error": str(LoginNeeded())}, 401)
