"""What stands between the network and the application: closed routes, headers, sizes, names.

Plain ASGI middleware, so that streamed answers pass through untouched.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .addresses import is_loopback, parsed_address

GRADIO_ROUTES_IN_USE = re.compile(
    r"/(?:config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?/?"
    r"|/(?:assets|static|svelte)/[\w./-]+"
    r"|/gradio_api/(?:info|openapi\.json|app_id|login_check|startup-events|theme\.css|reset|cancel)/?"
    r"|/gradio_api/(?:queue/(?:join|data)|heartbeat/\w+)/?"
    r"|/gradio_api/call/(?!v2/)\w+(?:/\w+)?/?"
)
"""What the page and gradio_client call. Everything else of Gradio is closed, known or yet to come: fetching
of foreign URLs (file=http...), proxy=, uploads, calls past the queue, monitoring, development and editing
routes."""

_GRADIO_CALLS = re.compile(r"/gradio_api/(?:queue/join|call/\w+)/?")

OWN_ROUTES = re.compile(r"/health|/metrics|/openapi\.json|/(?:v1|page)/[\w/-]*")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio's own page starts with inline scripts and builds its templates with Function().
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

_UNCHANGING = ("/assets/", "/static/", "/svelte/")
"""Gradio's own files; whatever else is answered may concern a person and is kept by no browser."""


class ClosedRoutes:
    """Answers 404 to every path that is neither ours nor one the page needs.

    Args:
        app: What comes next.
        also_open: Further paths.
    """

    def __init__(self, app: ASGIApp, also_open: Iterable[str] = ()) -> None:
        self.app = app
        self.also_open = frozenset(also_open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a known path through."""
        if scope["type"] == "http" and scope["path"] not in self.also_open and not _is_open(scope["path"]):
            await _refuse(send, 404, "there is nothing at this address")
        elif scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self.app(scope, receive, send)


def _is_open(path: str) -> bool:
    if ".." in path:
        return False
    return bool(OWN_ROUTES.fullmatch(path) or GRADIO_ROUTES_IN_USE.fullmatch(path))


class SecurityHeaders:
    """Adds the headers that tell a browser to load nothing from, and show nothing in, another site."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete its answer."""

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                for name in [name for name in headers if name.startswith("access-control-")]:
                    del headers[name]  # Gradio lets every site read what is not on localhost
                if scope["scheme"] == "https":
                    headers["strict-transport-security"] = "max-age=31536000"
                if not scope["path"].startswith(_UNCHANGING):
                    headers["cache-control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_completed if scope["type"] == "http" else send)


class KnownHosts:
    """Refuses requests under a name that is not ours.

    A page of another site can point a name of its own at 127.0.0.1 and read our answers ("DNS rebinding");
    its requests carry that name. An address in figures is no such name.

    Args:
        app: What comes next.
        names: The names.
        any_address: Whether every address in figures is known too.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str], any_address: bool = False) -> None:
        self.app = app
        self.names = frozenset(name.lower().strip("[]") for name in names)
        self.any_address = any_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let requests under a known name through."""
        if scope["type"] == "http" and not all(map(self._knows, _hosts(Headers(scope=scope)))):
            await _refuse(
                send, 403, "this service is not known under the name in the Host header; see allowed_hosts"
            )
        else:
            await self.app(scope, receive, send)

    def _knows(self, host: str) -> bool:
        name = _host_name(host)
        return name in self.names or (self.any_address and parsed_address(name) is not None)


def known_hosts(host: str, allowed_hosts: tuple[str, ...]) -> dict[str, Any]:
    """Return the settings of `KnownHosts` for a service that listens on `host`."""
    if allowed_hosts:
        return {"names": allowed_hosts}
    return {"names": (*LOOPBACK_NAMES, host), "any_address": not is_loopback(host)}


def _hosts(headers: Headers) -> list[str]:
    """The host as the client names it, and as a proxy does that is believed: Gradio builds links from that."""
    forwarded = headers.get("x-forwarded-host")
    named = headers.getlist("host") or [""]
    return named if forwarded is None else [*named, *(part.strip() for part in forwarded.split(","))]


def _host_name(header: str) -> str:
    """The name without the port: "localhost:7860" -> localhost, "[::1]:7860" -> ::1."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


class OwnSite:
    """Refuses what a page of another site makes a browser send, unless it only leads a person here.

    Browsers say where a request comes from; programs that are no browsers say nothing and are let through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let our own pages, programs, and links from elsewhere through."""
        if scope["type"] == "http" and _is_foreign(scope["method"], Headers(scope=scope)):
            await _refuse(send, 403, "a page of another site may not do this here")
        else:
            await self.app(scope, receive, send)


def _is_foreign(method: str, headers: Headers) -> bool:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        follows_link = headers.get("sec-fetch-mode") == "navigate" and method in ("GET", "HEAD")
        return not follows_link or headers.get("sec-fetch-dest") not in (None, "document")
    if origin is None or site is not None:
        return False
    return urlsplit(origin).netloc not in _hosts(headers)


class PlainInputs:
    """Lets calls to Gradio carry texts and numbers, and nothing that it would take for a file.

    Gradio fetches whatever address stands in a file's description, for any component and before its function
    is asked; none of ours takes a file that way.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole of a call, look at it, and pass it on."""
        if scope["type"] != "http" or scope["method"] != "POST" or not _GRADIO_CALLS.fullmatch(scope["path"]):
            return await self.app(scope, receive, send)
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if not _has_plain_inputs(body):
            return await _refuse(send, 422, "data: must be a list of texts and numbers")
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def receive_whole() -> Message:
            return whole.pop() if whole else await receive()

        await self.app(scope, receive_whole, send)


def _has_plain_inputs(body: bytes | bytearray) -> bool:
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        return False
    inputs = call.get("data") if isinstance(call, dict) else None
    return isinstance(inputs, list) and all(
        isinstance(value, (str, int, float, type(None))) for value in inputs
    )


class BodyLimit:
    """Refuses bodies above a size, whether they announce it or not.

    The answer goes out at once. A connection closed while the client still sends is reset, and a client that is reset
    does not see the answer; so what it sends is thrown away for a while before its connection is closed.

    Args:
        app: What comes next.
        max_bytes: The limit.
        files: Limits of their own for the paths that take files.
        lingers: Seconds for which the rest of a refused body is thrown away.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, files: Mapping[str, int] | None = None, lingers: float = 5.0
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.files = files or {}
        self.lingers = lingers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as long as its body keeps within the limit."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        limit = self.files.get(scope["path"], self.max_bytes)
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdigit() and int(announced) > limit:
            return await self._refuse(receive, send, limit)
        taken = 0
        answered = False

        async def receive_counted() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > limit:
                    raise _BodyTooLarge
            return message

        async def send_noted(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, receive_counted, send_noted)
        except _BodyTooLarge:
            if not answered:
                await self._refuse(receive, send, limit)

    async def _refuse(self, receive: Receive, send: Send, limit: int) -> None:
        await _refuse(send, 413, f"the request has more than {limit:,} bytes; split it", stays_open=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.lingers):
                while (await receive()).get("more_body", False):
                    pass
        await send({"type": "http.response.body"})


class _BodyTooLarge(BaseException):
    """Not an Exception, so that no handler on the way takes it for a fault of its own."""


async def _refuse(send: Send, status: int, message: str, *, stays_open: bool = False) -> None:
    """Answer in words; one that stays open is ended by the caller, and its connection closes then."""
    body = json.dumps({"error": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if stays_open:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": stays_open})
