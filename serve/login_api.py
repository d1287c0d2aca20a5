"""Logging in with a password, and out again."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import anyio
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from .login import Login, Visitor, cookie_name, session_token
from .markup import element, join
from .proxies import client_address
from .sessions import Attempts

FAILURES_OF_ADDRESS, FAILURES_OF_NAME = 10, 50
WINDOW_S = 300.0
CHECKS_AT_ONCE = 2
"""Passwords checked side by side: each takes 32 MB and a core."""
MOST_WAITING = 20

_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 ui-sans-serif, system-ui, sans-serif; }
main { max-width: 22rem; margin: 12vh auto 0; padding: 0 1rem; }
label { display: block; margin: 0 0 1rem; }
input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: 0.5rem 0.7rem; }
button { background: #1d4ed8; color: #fff; border: 0; border-radius: 6px; font-weight: 600; cursor: pointer; }
[role=alert] { color: #b42318; font-weight: 600; }
@media (prefers-color-scheme: dark) { [role=alert] { color: #fda29b; } }
"""


def build_login_router(login: Login) -> APIRouter:
    """Return /page/me, and /login and /logout where people log in with a password."""
    router = APIRouter(include_in_schema=False)

    @router.get("/page/me")
    def me(name: Visitor) -> dict[str, Any]:
        return {"name": name, "password": login.kind == "password"}

    if login.passwords is None or login.sessions is None:
        return router
    passwords, sessions = login.passwords, login.sessions
    limiter = anyio.CapacityLimiter(CHECKS_AT_ONCE)
    of_address = Attempts(FAILURES_OF_ADDRESS, WINDOW_S)
    of_name = Attempts(FAILURES_OF_NAME, WINDOW_S)

    @router.get("/login")
    def form() -> Response:
        return HTMLResponse(render_login())

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        name, password = _fields(await request.body())
        address = client_address(request)
        wait_s = of_address.begin(address) or of_name.begin(name)
        if wait_s or limiter.statistics().tasks_waiting >= MOST_WAITING:
            wait_s = wait_s or 1
            answer = _refused(request, 429, f"Too many attempts; try again in {wait_s} s.")
            answer.headers["retry-after"] = str(wait_s)
            return answer
        right = await anyio.to_thread.run_sync(passwords.check, name, password, limiter=limiter)
        token = sessions.begin(name) if right else None
        if token is None:
            return _refused(request, 401, "Name and password do not belong together.")
        of_address.forgive(address)
        of_name.forgive(name)
        sessions.end(session_token(request))
        answer = _done(request, ".", {"name": name})
        answer.set_cookie(
            cookie_name(request),
            token,
            max_age=int(sessions.lasts_s),
            httponly=True,
            samesite="lax",
            secure=request.scope["scheme"] == "https",
        )
        return answer

    @router.post("/logout")
    def log_out(request: Request) -> Response:
        sessions.end(session_token(request))
        answer = _done(request, "login", {"name": None})
        answer.delete_cookie(
            cookie_name(request),
            httponly=True,
            samesite="lax",
            secure=request.scope["scheme"] == "https",
        )
        return answer

    return router


def _fields(body: bytes) -> tuple[str, str]:
    """Name and password of a form, "" for what is missing."""
    try:
        found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return "", ""
    return found.get("username", [""])[0].strip()[:200], found.get("password", [""])[0]


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _done(request: Request, page: str, answer: dict[str, Any]) -> Response:
    return RedirectResponse(page, status_code=303) if _wants_page(request) else JSONResponse(answer)


def _refused(request: Request, status: int, problem: str) -> Response:
    if _wants_page(request):
        return HTMLResponse(render_login(problem), status)
    return JSONResponse({"error": problem}, status)


def render_login(problem: str = "") -> str:
    """Return the page that asks for name and password."""
    form = element(
        "form",
        element(
            "label",
            "Name",
            element("input", name="username", autocomplete="username", required=True, autofocus=True),
        ),
        element(
            "label",
            "Password",
            element(
                "input", name="password", type="password", autocomplete="current-password", required=True
            ),
        ),
        element("button", "Log in", type="submit"),
        method="post",
        action="login",
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", "Diplotone: log in"),
        element("style", Markup(_STYLE)),
    )
    alert = element("p", problem, role="alert") if problem else None
    body = element("body", element("main", element("h1", "Diplotone"), alert, form))
    return str(join(Markup("<!doctype html>"), element("html", head, body, lang="en")))
