"""Programs that speak Gradio: its own client against the real server, over a real connection."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.client import Endpoint
from gradio_client.exceptions import AppError

from diplotone.serve.passwords import password_line

TEXT = "Oslo accused Riga of theft."
LATER = "Oslo thanked Riga for the ship. They met on Monday in Suva."
LABEL = {"text": TEXT, "task": "tone", "new": "critical"}
ADA = {"username": "ada", "password": "correct horse battery"}
QUICK = (2**10, 8, 1)
FUNCTIONS = {
    "/analyze": ["text"],
    "/compare": ["before", "after"],
    "/score": ["rows"],
    "/list_labels": ["before", "limit", "annotator"],
    "/add_labels": ["labels", "annotator", "release"],
}


@pytest.fixture(scope="module")
def url(running) -> Iterator[str]:
    with running(max_chars=1_000, max_records=3) as url:
        yield url


@contextlib.contextmanager
def calling(url: str, **options: Any) -> Iterator[Client]:
    client = Client(url, verbose=False, **options)
    try:
        yield client
    finally:
        client.close()


@pytest.fixture(scope="module")
def client(url) -> Iterator[Client]:
    with calling(url) as client:
        yield client


@pytest.fixture(scope="module")
def http(url) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        yield http


def refusal(client: Client, function: str, **arguments: Any) -> str:
    """The words in which a call is refused."""
    with pytest.raises(AppError) as caught:
        client.predict(api_name=function, **arguments)
    return str(caught.value)


def stored(http: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    return http.get("/v1/labels", params=query).json()["labels"]


# --------------------------------------------------------------------------------- the same as over HTTP


def test_each_function_says_what_it_is_and_what_it_takes(client):
    told = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert {name: [p["parameter_name"] for p in end["parameters"]] for name, end in told.items()} == FUNCTIONS
    assert all(end["description"] for end in told.values())
    optional = {p["parameter_name"] for p in told["/list_labels"]["parameters"] if p["parameter_has_default"]}
    assert optional == {"before", "limit", "annotator"}


def test_an_article_and_two_statements_are_read_as_over_http(client, http):
    found = client.predict(text=TEXT, api_name="/analyze")
    assert found["sentences"][0]["tone"]["label"] == "critical"
    over_http = http.post("/v1/analyze", json={"text": TEXT}).json()
    assert {**found, "provenance": 0} == {**over_http, "provenance": 0}
    found = client.predict(before=TEXT, after=LATER, api_name="/compare")
    over_http = http.post("/v1/compare", json={"a": TEXT, "b": LATER}).json()
    assert found["tone_shift"] == over_http["tone_shift"]
    assert found["sentences"] == over_http["sentences"]
    assert found["after"]["sentences"] == over_http["after"]["sentences"]


def test_records_come_back_with_all_that_was_in_them(client, http):
    rows = [
        {"text": TEXT, "pairs": [{"source": "Oslo", "target": [13, 17]}], "mine": 10**30},
        {"text": "Oslo met Riga again.", "deep": {"er": [[["half \ud800"]]]}},
    ]
    found = json.loads(client.predict(rows=json.dumps(rows), api_name="/score"))
    body = json.dumps({"records": rows})
    assert found == http.post("/v1/score", content=body, headers={"content-type": "application/json"}).json()
    assert found["records"][0]["mine"] == 10**30
    assert found["records"][0]["predicted"]["pairs"][0]["stance"]["label"] == "opposed"


def test_labels_are_stored_and_listed_as_over_http(client, http):
    labels = [LABEL, {**LABEL, "task": "stance", "source": [0, 4], "target": [13, 17], "new": "opposed"}]
    arguments = {"labels": json.dumps(labels), "annotator": " dora ", "release": "r@1"}
    saved = json.loads(client.predict(**arguments, api_name="/add_labels"))["saved"]
    assert stored(http, annotator="dora") == saved[::-1]
    assert [(row["annotator"], row["release"], row["new"]) for row in saved] == [
        ("dora", "r@1", "critical"), ("dora", "r@1", "opposed"),
    ]  # fmt: skip
    listed = json.loads(client.predict(limit=1, annotator="dora", api_name="/list_labels"))
    assert listed == http.get("/v1/labels", params={"limit": 1, "annotator": "dora"}).json()
    assert listed["labels"] == saved[1:]
    listed = json.loads(client.predict(before=saved[1]["id"], api_name="/list_labels"))
    assert saved[0] in listed["labels"]
    assert saved[1] not in listed["labels"]


@pytest.mark.parametrize(
    ("function", "arguments", "path", "body"),
    [
        ("/analyze", {"text": " "}, "analyze", {"text": " "}),
        ("/analyze", {"text": "x" * 1_001}, "analyze", {"text": "x" * 1_001}),
        ("/compare", {"before": TEXT, "after": ""}, "compare", {"a": TEXT, "b": ""}),
        ("/score", {"rows": "[]"}, "score", {"records": []}),
        ("/score", {"rows": "{}"}, "score", {"records": {}}),
        ("/score", {"rows": '[{"txt": "Oslo"}]'}, "score", {"records": [{"txt": "Oslo"}]}),
        ("/score", {"rows": json.dumps([{"text": TEXT}] * 4)}, "score", {"records": [{"text": TEXT}] * 4}),
        ("/score", {"rows": '[{"text": "a", "x": NaN}]'}, "score", '{"records": [{"text": "a", "x": NaN}]}'),
        (
            "/score",
            {"rows": r'[{"text": "Oslo met Riga.", "tone": "\ud800"}]'},
            "score",
            r'{"records": [{"text": "Oslo met Riga.", "tone": "\ud800"}]}',
        ),
        ("/add_labels", {"labels": json.dumps([LABEL])}, "labels", {"labels": [LABEL]}),
        ("/add_labels", {"labels": "[]", "annotator": "eve"}, "labels", {"labels": [], "annotator": "eve"}),
        (
            "/add_labels",
            {"labels": json.dumps([{**LABEL, "new": "angry"}]), "annotator": "eve"},
            "labels",
            {"labels": [{**LABEL, "new": "angry"}], "annotator": "eve"},
        ),
        (
            "/add_labels",
            {"labels": json.dumps([{**LABEL, "task": "mood"}]), "annotator": "eve"},
            "labels",
            {"labels": [{**LABEL, "task": "mood"}], "annotator": "eve"},
        ),
    ],
)
def test_a_mistake_is_told_in_the_words_of_http(client, http, function, arguments, path, body):
    text = body if isinstance(body, str) else json.dumps(body)
    answer = http.post(f"/v1/{path}", content=text, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert refusal(client, function, **arguments) == answer.json()["error"]
    assert not stored(http, annotator="eve")


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        ("/score", {"rows": '[{"text": '}, "rows: is not JSON: Expecting value"),
        ("/score", {"rows": "[" * 100_000}, "rows: is not JSON"),
        ("/score", {"rows": "1" * 5_000}, "rows: is not JSON"),
        ("/score", {"rows": 7}, "rows: must be JSON text"),
        ("/add_labels", {"labels": None, "annotator": "eve"}, "labels: must be JSON text"),
        ("/list_labels", {"limit": 0}, "limit: Input should be greater than or equal to 1"),
        ("/list_labels", {"before": 2**63}, "before: Input should be less than or equal to"),
        ("/list_labels", {"limit": "many"}, "limit: Input should be a valid integer"),
    ],
)
def test_what_only_a_call_can_get_wrong_is_told_too(client, function, arguments, words):
    assert words in refusal(client, function, **arguments)


def test_a_fault_shows_no_words_of_the_exception(client, analyzer, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the secret of the text")

    monkeypatch.setattr(analyzer, "score", fail)
    told = refusal(client, "/score", rows=json.dumps([{"text": TEXT}]))
    assert "secret" not in told
    assert "a fault of the service" in told


# --------------------------------------------------------------------------------------- files and doors


def test_the_description_of_a_file_stays_text(client, monkeypatch):
    """Gradio would fetch it or copy it, out of what it is sent and out of what it answers; and so would its client."""
    from gradio import processing_utils

    asked: list[str] = []
    monkeypatch.setattr(
        processing_utils, "async_ssrf_protected_download", lambda url, *_, **__: asked.append(url)
    )
    monkeypatch.setattr(Endpoint, "_download_file", lambda _, file: asked.append(file["path"]))
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        rows = [
            {"text": TEXT, "mine": {"path": place, "url": place, "meta": {"_type": "gradio.FileData"}}}
            for place in ("http://example.org/x.png", file.name)
        ]
        found = client.predict(rows=json.dumps(rows), api_name="/score")
    assert asked == []
    assert [row["mine"] for row in json.loads(found)["records"]] == [row["mine"] for row in rows]


def test_names_of_people_cannot_be_taken_for_a_file_either(client, http):
    label = {"text": "Quito met Lima on Monday.", "task": "tone"}
    for who, new in (("path", "neutral"), ("meta", "critical")):
        given = json.dumps([{**label, "new": new}])
        client.predict(labels=given, annotator=who, api_name="/add_labels")
    listed = json.loads(client.predict(api_name="/list_labels"))
    assert listed == http.get("/v1/labels").json()
    assert {"path": "neutral", "meta": "critical"} in [found["labels"] for found in listed["contradictions"]]


@pytest.fixture(scope="module")
def guarded(running, tmp_path_factory) -> Iterator[str]:
    """Everybody may read, who writes must log in."""
    path = tmp_path_factory.mktemp("doors") / "passwords"
    path.write_text(password_line(ADA["username"], ADA["password"], QUICK) + "\n")
    path.chmod(0o600)
    with running(login="password", password_file=str(path), login_for_reading=False) as url:
        yield url


def test_labels_are_given_by_those_who_log_in_and_in_their_names(guarded):
    given = {"labels": json.dumps([LABEL]), "annotator": "eve"}
    with calling(guarded) as stranger, httpx.Client(base_url=guarded, trust_env=False) as http:
        assert stranger.predict(text=TEXT, api_name="/analyze")["sentences"]
        over_http = http.post("/v1/labels", json={"annotator": "eve", "labels": [LABEL]})
        assert over_http.status_code == 401
        assert refusal(stranger, "/add_labels", **given) == over_http.json()["error"]
        assert stored(http) == []
        with calling(guarded, auth=(ADA["username"], ADA["password"])) as ada:
            saved = json.loads(ada.predict(**given, api_name="/add_labels"))["saved"]
            assert [row["annotator"] for row in saved] == ["ada"]
            assert stored(http) == saved
            cookie = "; ".join(f"{name}={value}" for name, value in ada.cookies.items())
            assert http.post("/logout", headers={"cookie": cookie}).json() == {"name": None}
            assert "/login" in refusal(ada, "/add_labels", **given)
        assert stored(http) == saved


def test_a_login_is_not_claimed_past_the_client(guarded):
    call = {"data": [json.dumps([LABEL]), "eve", None], "username": "ada", "request": {"username": "ada"}}
    with httpx.Client(base_url=guarded, trust_env=False, timeout=60) as http:
        begun = http.post(
            "/gradio_api/call/add_labels", json=call, headers={"cookie": "diplotone-session=x"}
        ).json()
        told = http.get(f"/gradio_api/call/add_labels/{begun['event_id']}").text
        assert "event: error" in told
        assert "this needs a login" in told
        assert "eve" not in http.get("/v1/labels").text


def test_who_a_proxy_names_gives_labels(running):
    with running(login="proxy", trusted_proxies=("127.0.0.0/8",), login_for_reading=False) as url:
        with calling(url, headers={"Remote-User": "cleo"}) as client:
            saved = client.predict(labels=json.dumps([LABEL]), annotator="eve", api_name="/add_labels")
        assert json.loads(saved)["saved"][0]["annotator"] == "cleo"
        with calling(url) as stranger:
            assert "this needs a login" in refusal(stranger, "/add_labels", labels=json.dumps([LABEL]))


def test_a_page_of_another_site_can_call_nothing(http):
    for function in FUNCTIONS:
        answer = http.post(
            f"/gradio_api/call{function}", json={"data": []}, headers={"sec-fetch-site": "cross-site"}
        )
        assert answer.status_code == 403


# ------------------------------------------------------------------------------------- queue and deadline


def test_gradio_keeps_the_last_words_of_few_callers(analyzer):
    from fastapi.testclient import TestClient
    from starlette.routing import Mount

    from diplotone.serve.app import build_app
    from diplotone.serve.config import ServeConfig
    from diplotone.serve.page import SESSIONS_KEPT

    app = build_app([analyzer], ServeConfig())
    (mount,) = [route for route in app.routes if isinstance(route, Mount)]
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert app.state.pool.wait_until_ready(20)
        for number in range(SESSIONS_KEPT + 5):
            call = {"data": [f"Oslo met Riga {number} times."], "session_hash": f"caller{number}"}
            begun = client.post("/gradio_api/call/analyze", json=call).json()
            assert "complete" in client.get(f"/gradio_api/call/analyze/{begun['event_id']}").text
        assert 0 < len(mount.app.state_holder.session_data) <= SESSIONS_KEPT


def test_calls_wait_in_the_queue_of_all_others(running, analyzer, monkeypatch):
    gate = threading.Event()
    genuine = analyzer.analyze
    with running(n_workers=1, max_waiting=1) as url, calling(url) as client:
        monkeypatch.setattr(analyzer, "analyze", lambda text: gate.wait(30) and genuine(text))
        before = [
            threading.Thread(target=httpx.post, args=(f"{url}/v1/analyze",), kwargs={"json": {"text": TEXT}})
            for _ in range(2)
        ]
        for thread in before:
            thread.start()
            time.sleep(0.3)
        told = refusal(client, "/score", rows=json.dumps([{"text": TEXT}]))
        gate.set()
        for thread in before:
            thread.join()
    assert "1 requests are waiting already; try again in" in told


def test_calls_are_given_up_at_the_deadline(running, analyzer, monkeypatch):
    gate = threading.Event()
    with running(deadline_s=0.3) as url, calling(url) as client:
        monkeypatch.setattr(analyzer, "compare", lambda *_: gate.wait(30))
        told = refusal(client, "/compare", before=TEXT, after=LATER)
        gate.set()
    assert "not done within 0.3 seconds" in told
