"""What stands between the network and the application: closed routes, headers, sizes, names.

Plain ASGI middleware, so that streamed answers pass through untouched.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

GRADIO_ROUTES_IN_USE = re.compile(
    r"/(?:config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?/?"
    r"|/(?:assets|static|svelte)/[\w./-]+"
    r"|/gradio_api/(?:info|openapi\.json|app_id|login_check|startup-events|theme\.css|reset|cancel)/?"
    r"|/gradio_api/(?:queue/(?:join|data)|heartbeat/\w+)/?"
    r"|/gradio_api/(?:run|api|call|call/v2)/\w+(?:/\w+)?/?"
)
"""What the page and gradio_client call. Everything else of Gradio is closed, known or yet to come: fetching
of foreign URLs (file=http...), proxy=, uploads, monitoring, development and editing routes."""

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


class ClosedRoutes:
    """Answers 404 to every path that is neither ours nor one the page needs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a known path through."""
        if scope["type"] == "http" and not _is_open(scope["path"]):
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
                if scope["path"].startswith(("/v1/", "/page/", "/health", "/metrics")):
                    headers["cache-control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_completed if scope["type"] == "http" else send)


class KnownHosts:
    """Refuses requests under a name that is not ours.

    A page of another site can point a name of its own at 127.0.0.1 and read our answers ("DNS rebinding");
    its requests carry that name.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self.app = app
        self.names = frozenset(name.lower().strip("[]") for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let requests under a known name through."""
        if scope["type"] == "http" and _host_name(Headers(scope=scope).get("host", "")) not in self.names:
            await _refuse(
                send, 403, "this service is not known under the name in the Host header; see allowed_hosts"
            )
        else:
            await self.app(scope, receive, send)


def known_names(host: str, allowed_hosts: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the names to answer to, None for any."""
    if allowed_hosts:
        return allowed_hosts
    return LOOPBACK_NAMES if host == "localhost" or _is_loopback(host) else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_name(header: str) -> str:
    """The name without the port: "localhost:7860" -> localhost, "[::1]:7860" -> ::1."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


class OwnSite:
    """Refuses requests that change something and that a page of another site makes a browser send.

    Browsers say where a request comes from; programs that are no browsers say nothing and are let through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let reading requests and our own pages through."""
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            headers = Headers(scope=scope)
            site, origin = headers.get("sec-fetch-site"), headers.get("origin")
            foreign = (
                site not in ("same-origin", "none")
                if site is not None
                else origin is not None and urlsplit(origin).netloc != headers.get("host")
            )
            if foreign:
                return await _refuse(send, 403, "a page of another site may not do this here")
        await self.app(scope, receive, send)


class BodyLimit:
    """Refuses bodies above a size, whether they announce it or not.

    Args:
        app: What comes next.
        max_bytes: The limit.
        files: Limits of their own for the paths that take files.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, files: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.files = files or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as long as its body keeps within the limit."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        limit = self.files.get(scope["path"], self.max_bytes)
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdigit() and int(announced) > limit:
            return await _refuse_body(send, limit)
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
                await _refuse_body(send, limit)


async def _refuse_body(send: Send, limit: int) -> None:
    await _refuse(send, 413, f"the request has more than {limit:,} bytes; split it")


class _BodyTooLarge(BaseException):
    """Not an Exception, so that no handler on the way takes it for a fault of its own."""


async def _refuse(send: Send, status: int, message: str) -> None:
    body = json.dumps({"error": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 413:  # the rest of the body is not read
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
