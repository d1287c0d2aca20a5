"""Assistants at the door: the official client against the real server, over a real connection."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest

from diplotone.model.errors import ConfigError
from diplotone.serve.config import ServeConfig

pytest.importorskip("mcp", reason="the mcp extra is not installed")

from mcp import Client

TEXT = "Oslo praised Riga."


@pytest.fixture(scope="module")
def url(running) -> Iterator[str]:
    with running(mcp=True, max_chars=1_000, max_records=3) as url:
        yield url


def asked(url: str, ask: Callable[[Client], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with Client(f"{url}/mcp") as client:
            return await ask(client)

    return anyio.run(run)


def told(url: str, tool: str, **arguments: Any) -> tuple[bool, str]:
    """Whether a call is answered with an error, and the words."""
    answer = asked(url, lambda client: client.call_tool(tool, arguments))
    return bool(answer.is_error), answer.content[0].text


def test_the_three_tools_say_what_they_do_and_that_they_change_nothing(url):
    tools = {tool.name: tool for tool in asked(url, lambda client: client.list_tools()).tools}
    assert set(tools) == {"analyze", "score", "compare"}
    for tool in tools.values():
        assert tool.description
        assert tool.annotations.read_only_hint
        assert all(field["description"] for field in tool.input_schema["properties"].values())


def test_they_answer_as_http_does(url):
    with httpx.Client(base_url=url, trust_env=False) as http:
        over_http = http.post("/v1/analyze", json={"text": TEXT}).json()
        scored = http.post("/v1/score", json={"records": [{"text": TEXT}]}).json()
        compared = http.post("/v1/compare", json={"a": TEXT, "b": "Oslo accused Riga."}).json()
    is_error, words = told(url, "analyze", text=TEXT)
    analysis = json.loads(words)
    assert not is_error
    assert analysis["tone"] == over_http["tone"]
    assert analysis["provenance"]["text_sha256"] == over_http["provenance"]["text_sha256"]
    assert analysis["sentences"][0]["tone"] == over_http["sentences"][0]["tone"]
    assert json.loads(told(url, "score", texts=[TEXT])[1]) == scored
    found = json.loads(told(url, "compare", before=TEXT, after="Oslo accused Riga.")[1])
    assert {**found, "before": None, "after": None} == {**compared, "before": None, "after": None}


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("analyze", {"text": " "}, "empty"),
        ("analyze", {"text": "x" * 1_001}, "1,000"),
        ("score", {"texts": ["a", "b", "c", "d"]}, "at most 3"),
        ("score", {"texts": [""]}, "empty"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(url, tool, arguments, words):
    is_error, found = told(url, tool, **arguments)
    assert is_error
    assert words in found


def test_a_fault_shows_no_words_of_the_exception(url, analyzer, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the secret of the text")

    monkeypatch.setattr(type(analyzer), "score", fail)
    is_error, found = told(url, "score", texts=[TEXT])
    assert is_error
    assert "secret" not in found
    assert "a fault of the service" in found


def test_the_logs_of_the_process_stay_as_they_were(analyzer, codebook):
    from diplotone.serve.mcp_server import build_mcp
    from diplotone.serve.metrics import Metrics
    from diplotone.serve.pool import AnalyzerPool
    from diplotone.serve.reading import Reading

    root = logging.getLogger()
    before = root.handlers[:], root.level
    pool = AnalyzerPool([analyzer], max_waiting=1, deadline_s=1)
    build_mcp(Reading(pool, ServeConfig(mcp=True), Metrics(pool, int)))
    assert (root.handlers, root.level) == before


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPTS = {"Accept": "application/json, text/event-stream"}


def test_pages_of_other_sites_cannot_ask(url):
    with httpx.Client(trust_env=False) as http:
        foreign = ACCEPTS | {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
        assert http.post(f"{url}/mcp", json=CALL, headers=foreign).status_code == 403
        renamed = ACCEPTS | {"Host": "elsewhere.example"}
        assert http.post(f"{url}/mcp", json=CALL, headers=renamed).status_code in (400, 403, 421)
        assert http.post(f"{url}/mcp", json=CALL, headers=ACCEPTS).status_code == 200


def test_it_is_off_unless_switched_on(running):
    with running() as url, httpx.Client(trust_env=False) as http:
        assert http.post(f"{url}/mcp", json=CALL, headers=ACCEPTS).status_code == 404


@pytest.mark.parametrize(
    "login", [{"login": "password"}, {"login": "proxy", "trusted_proxies": ("127.0.0.1",)}]
)
def test_it_is_never_on_beside_a_login(login):
    with pytest.raises(ConfigError, match="assistants cannot log in"):
        ServeConfig(mcp=True, **login)
