"""What is closed, and what every answer says to the browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from diplotone.serve.app import build_app
from diplotone.serve.config import ServeConfig
from diplotone.serve.hardening import known_names


@pytest.fixture(scope="module")
def client(analyzer) -> Iterator[TestClient]:
    with TestClient(build_app([analyzer], ServeConfig()), base_url="http://localhost:7860") as client:
        yield client


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
        "/gradio_api/stream/x/y/z/playlist.m3u8",
        "/monitoring",
        "/monitoring/summary",
        "/docs",
        "/redoc",
        "/login",
        "/pwa_icon",
        "/static/%2e%2e/config",
        "/custom_component/a/client/b/c",
    ],
)
def test_what_the_page_does_not_need_is_closed(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/gradio_api/upload", "/gradio_api/component_server", "/gradio_api/vibe-edit", "/login"]
)
def test_nothing_can_be_posted_there_either(client, path):
    assert client.post(path, json={}).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/config", "/theme.css", "/health", "/openapi.json", "/gradio_api/info"]
)
def test_what_it_needs_is_open(client, path):
    assert client.get(path).status_code in (200, 503)


def test_the_named_endpoint_is_offered_and_cannot_pass_by_the_queue(client):
    named = client.get("/gradio_api/info").json()["named_endpoints"]
    assert list(named) == ["/analyze"]
    assert client.post("/gradio_api/run/analyze", json={"data": ["Oslo met Riga."]}).status_code == 404


@pytest.mark.parametrize("path", ["/", "/health", "/v1/analyze", "/gradio_api/proxy=x"])
def test_every_answer_forbids_other_hosts(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy.replace("'self'", "")
    assert "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_the_page_names_no_analytics_and_keeps_no_history(client):
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    assert config["run_history"] is False
    assert config["footer_links"] == []


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.nip.io:7860"])
def test_a_foreign_name_is_refused(client, host):
    response = client.get("/health", headers={"host": host})
    assert response.status_code == 403
    assert "Host header" in response.json()["error"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:7860", "[::1]:7860", "LOCALHOST:1"])
def test_our_own_names_are_known(client, host):
    assert client.get("/health", headers={"host": host}).status_code in (200, 503)


def test_which_names_are_known_follows_from_the_address():
    assert known_names("0.0.0.0", ()) is None
    assert known_names("0.0.0.0", ("a.example",)) == ("a.example",)
    assert known_names("127.0.0.1", ()) == known_names("localhost", ()) == known_names("::1", ())
