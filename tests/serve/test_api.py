"""The HTTP interface over the real application, with an analyzer that knows a few words."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from diplotone.model.errors import TextError
from diplotone.serve.app import build_app
from diplotone.serve.config import ServeConfig

ARTICLE = "Oslo accused Riga of theft. Riga thanked Oslo for the ship. They met on Monday in Suva."
SETTINGS = {
    "max_chars": 2_000,
    "max_records": 3,
    "max_body_bytes": 20_000,
    "n_workers": 1,
    "max_waiting": 1,
    "deadline_s": 5.0,
}


@pytest.fixture(scope="module")
def client(analyzer) -> Iterator[TestClient]:
    with TestClient(
        build_app([analyzer], ServeConfig(**SETTINGS)), base_url="http://127.0.0.1:7860"
    ) as client:
        assert client.app.state.pool.wait_until_ready(20)
        yield client


def error(response) -> str:
    """The message of a refusal, which holds nothing else."""
    answer = response.json()
    assert list(answer) == ["error"]
    assert "Traceback" not in answer["error"]
    return answer["error"]


def test_analyze_answers_what_the_analyzer_says(client, analyzer):
    response = client.post("/v1/analyze", json={"text": ARTICLE})
    assert response.status_code == 200
    expected, found = analyzer.analyze(ARTICLE).as_dict(), response.json()
    assert {**found, "provenance": 0} == {**json.loads(json.dumps(expected)), "provenance": 0}


@pytest.mark.parametrize(
    ("accept", "form", "kind"),
    [
        ("", None, "application/json"),
        ("*/*", None, "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", None, "text/html"),
        ("text/html;q=0.5, application/json", None, "application/json"),
        ("Application/JSON;q=0.1, Text/HTML;q=odd, text/html;q=0.2", None, "text/html"),
        ("text/html", "json", "application/json"),
        ("application/json", "html", "text/html"),
    ],
)
def test_an_analysis_comes_as_data_or_as_a_brief(client, accept, form, kind):
    response = client.post(
        "/v1/analyze",
        json={"text": f"<b>{ARTICLE}"},
        params={"form": form} if form else {},
        headers={"accept": accept},
    )
    assert response.headers["content-type"].startswith(kind)
    if kind == "text/html":
        assert response.text.startswith("<!DOCTYPE html>")
        assert "Norway" in response.text
        assert "&lt;b&gt;Oslo accused" in response.text
        assert "<b>Oslo" not in response.text


def test_score_answers_what_the_analyzer_says(client, analyzer):
    rows = [
        {"text": "Oslo accused Riga of theft.", "pairs": [{"source": "Oslo", "target": [13, 17]}], "mine": 1}
    ]
    response = client.post("/v1/score", json={"records": rows})
    assert response.status_code == 200
    assert response.json() == {"records": json.loads(json.dumps(analyzer.score(rows)))}
    assert response.json()["records"][0]["mine"] == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("analyze", {"text": "  "}, 400, "the text is empty"),
        ("analyze", {"text": "x " * 2_000}, 400, "more than 2,000 characters"),
        ("analyze", {}, 422, "text: Field required"),
        ("analyze", {"text": 3}, 422, "text: Input should be a valid string"),
        ("analyze", {"text": "a", "txet": "b"}, 422, "txet: Extra inputs"),
        ("score", {"records": []}, 400, "there are none"),
        ("score", {"records": [{"text": "Oslo met Riga."}] * 4}, 400, "at most 3"),
        ("score", {"records": [{"text": "Oslo met Riga.", "tone": "angry"}]}, 400, "angry"),
        ("score", {"records": [{"text": "Oslo.", "pairs": [{"target": [0, 99]}]}]}, 400, "target"),
    ],
)
def test_a_mistake_is_told_in_words(client, path, body, status, words):
    response = client.post(f"/v1/{path}", json=body)
    assert response.status_code == status
    assert words in error(response)


def test_the_words_are_those_of_the_exception(client, analyzer, monkeypatch):
    def refuse(_):
        raise TextError("the text is upside down; turn it")

    monkeypatch.setattr(analyzer, "analyze", refuse)
    assert error(client.post("/v1/analyze", json={"text": ARTICLE})) == "the text is upside down; turn it"


def test_a_fault_shows_no_trace(analyzer, monkeypatch):
    app = build_app([analyzer], ServeConfig(**SETTINGS))
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        assert app.state.pool.wait_until_ready(20)
        monkeypatch.setattr(analyzer, "analyze", lambda _: 1 // 0)
        response = client.post("/v1/analyze", json={"text": ARTICLE})
    assert response.status_code == 500
    assert "a fault of the service" in error(response)


def test_odd_bodies(client):
    for body in (b"", b"{", b"[1]", b"\xff\xfe", b'{"text": "\\ud800 Oslo met Riga on Monday."}'):
        response = client.post("/v1/analyze", content=body, headers={"content-type": "application/json"})
        assert 400 <= response.status_code < 500 or response.status_code == 200
        json.loads(response.content)


def test_a_body_is_limited_announced_or_not(client):
    big = b'{"text": "' + b"x" * 30_000 + b'"}'
    announced = client.post("/v1/analyze", content=big, headers={"content-type": "application/json"})
    streamed = client.post(
        "/v1/analyze",
        content=iter([big[:15_000], big[15_000:]]),
        headers={"content-type": "application/json"},
    )
    assert [announced.status_code, streamed.status_code] == [413, 413]
    assert "20,000 bytes" in error(announced)


def test_when_full_it_says_when_to_come_back(client, analyzer, monkeypatch):
    gate = threading.Event()
    genuine = analyzer.analyze
    monkeypatch.setattr(analyzer, "analyze", lambda text: gate.wait(10) and genuine(text))
    statuses: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: statuses.append(client.post("/v1/analyze", json={"text": ARTICLE}).status_code)
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.3)
    refused = client.post("/v1/analyze", json={"text": ARTICLE})
    gate.set()
    for thread in threads:
        thread.join()
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert "waiting already" in error(refused)
    assert statuses == [200, 200]


def test_at_the_deadline_it_says_when_to_come_back(analyzer, monkeypatch):
    gate = threading.Event()
    genuine = analyzer.analyze
    app = build_app([analyzer], ServeConfig(**SETTINGS | {"deadline_s": 0.3}))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert app.state.pool.wait_until_ready(20)
        monkeypatch.setattr(analyzer, "analyze", lambda text: gate.wait(10) and genuine(text))
        late = client.post("/v1/analyze", json={"text": ARTICLE})
        gate.set()
    assert (late.status_code, late.headers["retry-after"]) == (503, "1")
    assert "not done within 0.3 seconds" in error(late)


def test_health_is_503_until_warmed_up(analyzer, monkeypatch):
    gate = threading.Event()
    genuine = analyzer.analyze
    monkeypatch.setattr(analyzer, "analyze", lambda text: gate.wait(10) and genuine(text))
    app = build_app([analyzer], ServeConfig(**SETTINGS))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        early = client.get("/health")
        gate.set()
        assert app.state.pool.wait_until_ready(20)
        ready = client.get("/health")
    assert (early.status_code, early.json()["status"]) == (503, "starting")
    assert ready.status_code == 200
    assert ready.json()["release"] == "words@0123456789ab"
    assert ready.json()["codebook"] == analyzer.codebook.version


def test_other_paths_and_methods_are_refused_in_words(client):
    assert "takes POST, not GET" in error(client.get("/v1/analyze"))
    assert "there is no /v1/analyse" in error(client.post("/v1/analyse", json={}))
