"""What is closed, and what every answer says to the browser, over real connections."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from diplotone.serve.hardening import BodyLimit, known_hosts

OPEN_IN_GRADIO = {
    "/",
    "/config",
    "/theme.css",
    "/favicon.ico",
    "/manifest.json",
    "/robots.txt",
    "/static/{path:path}",
    "/assets/{path:path}",
    "/svelte/{path:path}",
    "/gradio_api/info",
    "/gradio_api/openapi.json",
    "/gradio_api/app_id",
    "/gradio_api/login_check",
    "/gradio_api/startup-events",
    "/gradio_api/theme.css",
    "/gradio_api/reset",
    "/gradio_api/cancel",
    "/gradio_api/queue/join",
    "/gradio_api/queue/data",
    "/gradio_api/heartbeat/{session_hash}",
    "/gradio_api/call/{api_name}",
    "/gradio_api/call/{api_name}/{event_id}",
}


@pytest.fixture(scope="module")
def url(running) -> Iterator[str]:
    with running(max_body_bytes=20_000) as url:
        yield url


@pytest.fixture(scope="module")
def client(url) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, verify=False, timeout=60) as client:
        yield client


def raw(url: str, request: str, *, body: bytes = b"") -> int:
    """Send a request exactly as written, which no client library would, and return the status."""
    place = urlsplit(url)
    head = f"{request}\r\nHost: {place.netloc}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(head.encode("latin-1") + body)
        return int(connection.makefile("rb").readline().split()[1])


# ------------------------------------------------------------------------------- the framework's side doors


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://example.org/",
        "/gradio_api/file=https%3A%2F%2Fexample.org",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "//gradio_api/file=http://example.org/",
        "/gradio_api/%66ile=http://example.org/",
        "/gradio_api/proxy=http://example.org/",
        "/gradio_api/upload_progress",
        "/gradio_api/dev/reload",
        "/gradio_api/vibe-code",
        "/gradio_api/deep_link",
        "/gradio_api/runs",
        "/gradio_api/run-history/records",
        "/gradio_api/token",
        "/gradio_api/user",
        "/gradio_api/profiling/traces",
        "/gradio_api/mcp/",
        "/gradio_api/mcp/schema",
        "/gradio_api/stream/x/y/z/playlist.m3u8",
        "/monitoring",
        "/monitoring/summary",
        "/docs",
        "/redoc",
        "/login",
        "/logout",
        "/pwa_icon",
        "/static/%2e%2e/config",
        "/static/../config",
        "/assets/..%2f..%2fconfig",
        "/gradio_api/call/../file=http://example.org",
        "/custom_component/a/client/b/c",
        "http://example.org/",
    ],
)
def test_what_the_page_does_not_need_is_closed(url, path):
    assert raw(url, f"GET {path} HTTP/1.1") in (400, 404)
    assert raw(url, f"HEAD {path} HTTP/1.1") in (400, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/upload?upload_id=x",
        "/gradio_api/component_server",
        "/gradio_api/component_server/",
        "/gradio_api/stream/x",
        "/gradio_api/process_recording",
        "/gradio_api/vibe-edit",
        "/gradio_api/undo-vibe-edit",
        "/gradio_api/vibe-starter-queries",
        "/gradio_api/run-history/connect",
        "/gradio_api/profiling/clear",
        "/gradio_api/call/v2/analyze",
        "/login",
        "/logout",
    ],
)
def test_nothing_can_be_posted_there_either(client, path):
    assert client.post(path, json={"data": ["x"]}).status_code == 404
    assert client.post(path, files={"files": ("a.txt", b"x")}).status_code == 404


def test_of_all_routes_that_gradio_has_only_those_known_are_open(client, analyzer):
    """A route that a later Gradio brings is closed until somebody opens it."""
    from diplotone.serve.app import build_app
    from diplotone.serve.config import ServeConfig

    (mount,) = [route for route in build_app([analyzer], ServeConfig()).routes if isinstance(route, Mount)]
    paths = set(_paths(mount.routes)) - {"/openapi.json"}  # ours hides it
    assert len(paths) > 50
    closed = {path for path in paths if _is_closed(client, path)}
    assert paths - closed == OPEN_IN_GRADIO


def _paths(routes: list[Any]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, Route):
            yield route.path.rstrip("/") or "/"
        else:
            yield from _paths(route.original_router.routes)


def _is_closed(client: httpx.Client, path: str) -> bool:
    """Whether it is our own answer; no route of Gradio's takes OPTIONS."""
    answer = client.options(re.sub(r"\{[^}]*\}", "x", path))
    return answer.content == b'{"error": "there is nothing at this address"}'


def test_no_function_of_the_page_is_called_past_the_queue(client):
    names = [found["api_name"] for found in client.get("/config").json()["dependencies"]]
    assert len(names) > 5
    for name in names:
        for way in ("run", "api", "call/v2"):
            answer = client.post(f"/gradio_api/{way}/{name}", json={"data": ["Oslo met Riga."], "x": 1})
            assert (answer.status_code, answer.json()["error"]) == (404, "there is nothing at this address")


def test_private_functions_are_not_offered_and_read_only(client):
    """Gradio runs a private function for whoever knows its number: so none of them may do more than read."""
    info = client.get("/gradio_api/info").json()
    assert list(info["named_endpoints"]) == ["/analyze", "/compare", "/score", "/list_labels", "/add_labels"]
    assert not info["unnamed_endpoints"]
    private = {
        found["api_name"]
        for found in client.get("/config").json()["dependencies"]
        if found["api_visibility"] == "private"
    }
    assert {re.sub(r"_\d+$", "", name) for name in private} == {"show", "partial", "lambda"}


FILE = {
    "path": "http://example.org/x.png",
    "url": "http://example.org/x.png",
    "meta": {"_type": "gradio.FileData"},
}


@pytest.mark.parametrize("value", [FILE, [FILE], {"value": FILE}, {**FILE, "path": "/etc/passwd"}])
@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/queue/join",
        "/gradio_api/queue/join/",
        "/gradio_api/call/analyze",
        "/gradio_api/call/score",
        "/gradio_api/call/add_labels/",
    ],
)
def test_nobody_can_make_gradio_fetch_a_file(client, path, value, monkeypatch):
    from gradio import blocks

    asked: list[str] = []
    monkeypatch.setattr(
        blocks.processing_utils, "async_ssrf_protected_download", lambda url, *_, **__: asked.append(url)
    )
    body = {"data": [value], "fn_index": 0, "session_hash": "a"}
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.json()["error"]) == (422, "data: must be a list of texts and numbers")
    assert asked == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": {"0": 1}}', b"[" * 5_000, b"\xff"])
def test_a_call_that_is_none_is_refused(client, body):
    assert client.post("/gradio_api/queue/join", content=body).status_code == 422


def test_a_call_within_the_rules_is_answered(client):
    begun = client.post("/gradio_api/call/analyze", json={"data": ["Oslo accused Riga of theft."]})
    told = client.get(f"/gradio_api/call/analyze/{begun.json()['event_id']}").text
    assert "event: complete" in told
    assert "Oslo accused Riga of theft." in told


def test_a_body_beyond_the_limit_is_refused_announced_or_not(client):
    assert client.post("/gradio_api/queue/join", content=b"x" * 20_001).status_code == 413
    unannounced = client.post("/v1/analyze", content=(b"x" * 1_000 for _ in range(30)))
    assert unannounced.status_code == 413


def test_who_sends_all_of_a_body_that_is_too_large_still_sees_why_it_was_refused(url):
    assert raw(url, "POST /v1/analyze HTTP/1.1", body=b"x" * 20_000_000) == 413


def test_a_body_without_end_is_answered_at_once_and_read_no_longer_than_said():
    told: list[Message] = []
    read_before: list[int] = []
    read = 0

    async def receive() -> Message:
        nonlocal read
        read += 1
        await asyncio.sleep(0.001)
        return {"type": "http.request", "body": b"x" * 1_000, "more_body": True}

    async def send(message: Message) -> None:
        told.append(message)
        read_before.append(read)

    async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("the request went through")

    scope = {"type": "http", "path": "/v1/analyze", "headers": [(b"content-length", b"1000000000000")]}
    limited = BodyLimit(nobody, max_bytes=20_000, lingers=0.2)
    asyncio.run(asyncio.wait_for(limited(scope, receive, send), 20))
    assert told[0]["status"] == 413
    assert b"20,000 bytes" in told[1]["body"]
    assert read_before[:2] == [0, 0]
    assert read > 1
    assert not told[-1].get("more_body", False)


def test_websockets_are_closed(url):
    upgrade = (
        "GET /gradio_api/queue/data HTTP/1.1\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng=="
    )
    assert raw(url, upgrade) != 101


@pytest.mark.parametrize(
    "path", ["/", "/config", "/theme.css", "/health", "/openapi.json", "/gradio_api/info", "/page/me"]
)
def test_what_it_needs_is_open(client, path):
    assert client.get(path).status_code == 200


# ------------------------------------------------------------------------------- what browsers are told


@pytest.mark.parametrize("path", ["/", "/health", "/v1/analyze", "/gradio_api/proxy=x", "/assets/none.js"])
def test_every_answer_forbids_other_hosts(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy.replace("'self'", "")
    assert "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers


def test_what_concerns_a_person_is_kept_by_no_browser(client):
    for path in ("/", "/config", "/v1/labels", "/v1/labels/export"):
        assert client.get(path).headers["cache-control"] == "no-store"


def test_the_page_names_no_analytics_and_keeps_no_history(client):
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    assert config["run_history"] is False
    assert config["footer_links"] == []
    assert "share" not in config or not config["share"]


# ------------------------------------------------------------------------------- other sites


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:7860", "1.2.3.4"]
)
def test_a_foreign_name_is_refused(client, host):
    response = client.get("/health", headers={"host": host})
    assert response.status_code == 403
    assert "Host header" in response.json()["error"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:7860", "[::1]:7860", "LOCALHOST:1"])
def test_our_own_names_are_known(client, host):
    assert client.get("/health", headers={"host": host}).status_code == 200


def test_which_names_are_known_follows_from_the_address():
    assert known_hosts("127.0.0.1", ())["any_address"] is False
    assert known_hosts("0.0.0.0", ("a.example",)) == {"names": ("a.example",)}


def test_listening_to_others_does_not_mean_to_answer_to_any_name(running):
    with running(host="0.0.0.0", open_without_login=True) as url:
        for host, status in (("192.0.2.7:80", 200), ("[2001:db8::1]", 200), ("evil.example", 403)):
            assert httpx.get(url + "/health", headers={"host": host}).status_code == status
        foreign = {"host": "192.0.2.7", "origin": "https://evil.example"}
        for path in ("/config", "/gradio_api/info", "/v1/labels", "/"):
            answers = [
                httpx.get(url + path, headers=foreign),
                httpx.options(url + path, headers=foreign | {"access-control-request-method": "GET"}),
            ]
            for answer in answers:
                assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_client_cannot_tell_the_page_where_it_lives(client):
    headers = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "forwarded": "host=evil.example",
    }
    assert "evil.example" not in client.get("/config", headers=headers).text


CROSS = {"sec-fetch-site": "cross-site"}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {**CROSS, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}, 403),
        ("GET", {**CROSS, "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, 403),
        ("GET", {**CROSS, "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
        ("GET", {"origin": "https://evil.example"}, 403),
        ("GET", {"origin": "null"}, 403),
        ("GET", {**CROSS, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 200),
        ("GET", {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
        ("GET", {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, 200),
        ("POST", {**CROSS, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 403),
        ("POST", {"sec-fetch-site": "same-site"}, 403),
        ("POST", {"origin": "null"}, 403),
        ("POST", {"origin": "http://127.0.0.1:1"}, 403),
        ("POST", {}, 422),
    ],
)
def test_a_page_of_another_site_may_only_lead_here(client, method, headers, status):
    assert client.request(method, "/v1/labels", headers=headers).status_code == status


# ------------------------------------------------------------------------------- nothing goes out

WATCHED = """
import sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not address[0].startswith("127.") and address[0] != "::1":
            print("OUTSIDE", address, file=sys.stderr, flush=True)
    elif event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "localhost", None):
        print("OUTSIDE", arguments[0], file=sys.stderr, flush=True)
sys.addaudithook(watch)
from diplotone.serve.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_the_service_asks_nobody_outside_anything(tmp_path):
    """With the shipped release, a page opened and a text read: no statistics, no newer version, no tunnel."""
    command = [sys.executable, "-c", WATCHED, "--port", "0"]
    log = (tmp_path / "log").open("w+")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as service:
        try:
            assert service.stdout is not None
            url = service.stdout.readline().split()[4]
            for path in ("/", "/config", "/gradio_api/startup-events"):
                assert httpx.get(url + path, timeout=60).status_code == 200
            text = {"text": "Oslo accused Riga of theft."}
            assert httpx.post(url + "/v1/analyze", json=text, timeout=60).status_code == 200
            service.terminate()
            service.wait(timeout=30)
        finally:
            service.kill()
    log.seek(0)
    assert "OUTSIDE" not in log.read()
