"""Labels, archives, comparison, downloads and figures over HTTP, with an analyzer that knows a few words."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from diplotone.model.analysis import Precedent, PrecedentPair, Precedents
from diplotone.serve.app import build_app
from diplotone.serve.config import ServeConfig
from diplotone.serve.labels import LabelStore
from diplotone.serve.page_api import keep

TEXT = "Oslo accused Riga of theft."
LABEL = {"text": TEXT, "task": "tone", "old": "neutral", "new": "critical"}
PAIR = {"text": TEXT, "task": "stance", "source": [0, 4], "target": [13, 17], "new": "opposed"}
SETTINGS = ServeConfig(max_chars=2_000, max_archive_rows=50, max_file_bytes=50_000, max_body_bytes=20_000)


@pytest.fixture(scope="module")
def app(analyzer, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIPLOTONE_HOME", str(tmp_path_factory.mktemp("home")))
        yield build_app([analyzer], SETTINGS)


@pytest.fixture(scope="module")
def client(app) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        assert app.state.pool.wait_until_ready(20)
        yield client


def give(client, *labels, annotator="ada", **more):
    return client.post("/v1/labels", json={"annotator": annotator, "labels": list(labels), **more})


def test_what_is_answered_as_saved_is_in_the_store(client, app, codebook):
    answer = give(client, LABEL, PAIR, release="r@1")
    assert answer.status_code == 201
    saved = answer.json()["saved"]
    assert [row["new"] for row in saved] == ["critical", "opposed"]
    assert saved[0]["release"] == "r@1"
    listed = client.get("/v1/labels", params={"limit": 2}).json()
    assert [row["id"] for row in listed["labels"]] == [row["id"] for row in reversed(saved)]
    assert listed["annotators"]["ada"] == 2


def test_undo_adds_a_row(client):
    number = give(client, LABEL, annotator="cleo").json()["saved"][0]["id"]
    undone = client.post(f"/v1/labels/{number}/undo", json={"annotator": "cleo"})
    assert (undone.status_code, undone.json()["saved"][0]["undoes"]) == (201, number)
    again = client.post(f"/v1/labels/{number}/undo", json={"annotator": "cleo"})
    assert (again.status_code, "undone already" in again.json()["error"]) == (400, True)


def test_disagreement_is_listed_and_left_out_of_the_export(client):
    text = "Quito met Lima on Monday."
    for who, new in (("ada", "neutral"), ("ben", "cooperative")):
        give(client, {"text": text, "task": "tone", "new": new}, annotator=who)
    listed = client.get("/v1/labels").json()["contradictions"]
    assert {"ada": "neutral", "ben": "cooperative"} in [found["labels"] for found in listed]
    export = client.get("/v1/labels/export")
    assert int(export.headers["x-left-out"]) >= 1
    assert text not in export.text
    assert text in client.get("/v1/labels/export", params={"annotator": "ben", "form": "csv"}).text


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"annotator": "", "labels": [LABEL]}, 400, "annotator: is missing"),
        ({"annotator": "ada", "labels": []}, 422, "labels"),
        ({"annotator": "ada", "labels": [{**LABEL, "new": "angry"}]}, 400, 'tone "angry"'),
        ({"annotator": "ada", "labels": [{**PAIR, "target": [0, 99]}]}, 400, "outside the text"),
        ({"annotator": "ada", "labels": [{**LABEL, "task": "mood"}]}, 422, "task"),
        ({"annotator": "ada"}, 422, "labels: Field required"),
    ],
)
def test_a_faulty_label_is_refused_in_words(client, body, status, words):
    answer = client.post("/v1/labels", json=body)
    assert (answer.status_code, words in answer.json()["error"]) == (status, True)


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
def test_a_page_of_another_site_can_give_no_labels(client, headers):
    for path in ("/v1/labels", "/v1/labels/import?name=a.jsonl&annotator=x", "/v1/archives?name=a.csv"):
        answer = client.post(path, content=b"x", headers={"content-type": "text/plain", **headers})
        assert (answer.status_code, "another site" in answer.json()["error"]) == (403, True)
    own = {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:7860"}
    assert client.post("/v1/labels", json={}, headers=own).status_code == 422


def test_sentences_come_back_by_doubt_and_without_predictions(client):
    texts = ["Suva met Apia on Monday.", "Apia thanked Suva for it."]
    assert client.post("/v1/sentences", json={"annotator": "dee", "texts": texts}).json() == {"added": 2}
    following = client.get("/v1/sentences", params={"annotator": "dee"}).json()
    assert list(following) == ["texts"]
    assert set(texts) <= set(following["texts"])


def test_import_over_http(client):
    data = json.dumps({"text": "Suva praised Apia.", "tone": "cooperative"}).encode()
    for added, repeated in ((1, 0), (0, 1)):
        answer = client.post(
            "/v1/labels/import", params={"name": "a.jsonl", "annotator": "eve"}, content=data
        )
        assert answer.status_code == 201
        assert (answer.json()["added"], len(answer.json()["repeated"])) == (added, repeated)


def test_an_archive_is_scored_and_handed_out(client):
    rows = "text,date\n" + "\n".join(
        f'"=Oslo accused Riga {n} times. They met. It went on.",2024-0{n}-01' for n in (1, 2, 3)
    )
    begun = client.post("/v1/archives", params={"name": "../press.csv"}, content=rows.encode())
    assert begun.status_code == 202
    state = begun.json()
    for _ in range(100):
        state = client.get(f"/v1/archives/{state['id']}").json()
        if state["state"] != "running":
            break
        time.sleep(0.05)
    assert (state["state"], state["done"], state["total"], state["undated"]) == ("done", 3, 3, 0)
    result = client.get(f"/v1/archives/{state['id']}/result")
    assert 'filename="press-scored.csv"' in result.headers["content-disposition"]
    assert result.content.decode("utf-8-sig").count("\n") == 4
    assert "'=Oslo" in result.text
    lines = client.get(f"/v1/archives/{state['id']}/result", params={"form": "jsonl"}).text.splitlines()
    assert [{dyad["source"] for dyad in json.loads(line)["dyads"]} for line in lines] == [{"NOR", "LVA"}] * 3
    shown = client.get(f"/page/archives/{state['id']}").text
    assert "3 of 3 texts" in shown
    assert "2024-01-01" in shown


def test_an_archive_can_be_stopped_and_keeps_what_is_done(client, analyzer, monkeypatch):
    genuine = analyzer.analyze
    monkeypatch.setattr(analyzer, "analyze", lambda text: time.sleep(0.1) or genuine(text))
    text = "Oslo accused Riga of theft on that day. " * 45
    rows = "text\n" + "\n".join(f'"{text}"' for _ in range(40))
    token = client.post("/v1/archives", params={"name": "a.csv"}, content=rows.encode()).json()["id"]
    assert client.delete(f"/v1/archives/{token}").json()["state"] == "cancelled"
    time.sleep(1.5)
    state = client.get(f"/v1/archives/{token}").json()
    assert state["state"] == "cancelled"
    assert state["done"] < 40


def test_a_faulty_archive_is_refused_in_words(client):
    answer = client.post("/v1/archives", params={"name": "a.csv"}, content=b"title\nx")
    assert (answer.status_code, 'no column "text"' in answer.json()["error"]) == (400, True)
    assert client.get("/v1/archives/" + "a" * 24).status_code == 404


def test_a_result_is_taken_away_by_its_token(client, app, analyzer):
    article = "Oslo accused Riga. Riga thanked Oslo. They met."
    token = keep(app.state.workspace, article, analyzer.analyze(article), "<!DOCTYPE html>")
    for form in ("json", "csv", "parquet", "html"):
        answer = client.get(f"/page/results/{token}/{form}")
        assert answer.status_code == 200
        assert f'.{form}"' in answer.headers["content-disposition"]
        assert answer.headers["cache-control"] == "no-store"
    assert client.get(f"/page/results/{'a' * 24}/json").status_code == 404
    assert client.get(f"/page/results/{token}/exe").status_code == 422
    exchanged = client.post("/page/exchange", json={"token": token, "one": "NOR", "other": "LVA"})
    assert "No label changed" in exchanged.text


def test_precedents_come_for_one_sentence_and_as_text(client, app, analyzer):
    article = "Oslo accused Riga. Riga thanked Oslo. They met."
    analysis = analyzer.analyze(article)
    pair = PrecedentPair(source=None, target="<i>Lima", stance="opposed", act="REJECT")
    near = Precedent(
        text="Quito shut out <i>Lima.", similarity=0.876, sentiment=None, tone="hostile", pairs=(pair,)
    )
    first = replace(analysis.sentences[0], precedents=Precedents(nearest=(near,)))
    token = keep(
        app.state.workspace, article, replace(analysis, sentences=(first, *analysis.sentences[1:])), ""
    )
    shown = client.get(f"/page/results/{token}/precedents/0").text
    for words in (
        "Quito shut out &lt;i&gt;Lima.",
        "0.88",
        " hostile",
        "the text",
        "&lt;i&gt;Lima",
        " REJECT",
    ):
        assert words in shown
    assert "<i>" not in shown
    assert "Quito" not in client.get(f"/page/results/{token}/precedents/1").text
    assert "from 0 to 2" in client.get(f"/page/results/{token}/precedents/3").json()["error"]
    assert client.get(f"/page/results/{'a' * 24}/precedents/0").status_code == 404


def test_a_file_becomes_text(client):
    answer = client.post("/page/files", params={"name": "a.md"}, content=b"# Oslo\n\nOslo **met** Riga.")
    assert answer.json()["text"] == "Oslo\n\nOslo met Riga."
    larger_than_other_bodies = client.post("/page/files", params={"name": "a.txt"}, content=b"x" * 30_000)
    assert "more than 2,000 characters" in larger_than_other_bodies.json()["error"]
    assert client.post("/page/files", params={"name": "a.txt"}, content=b"x" * 60_000).status_code == 413


def test_two_texts_are_compared(client):
    texts = {"a": "Oslo met <b>Riga.", "b": "Oslo accused <b>Riga. The envoys of Tallinn stayed away."}
    found = client.post("/v1/compare", json=texts).json()
    assert [(change["before"], change["after"]) for change in found["sentences"]] == [(0, 0), (None, 1)]
    assert found["sentences"][0]["tone_shift"] < 0
    shown = client.post("/page/compare", json=texts).text
    assert "Oslo met &lt;b&gt;Riga." in shown
    assert "added" in shown


def test_figures_for_a_monitoring_system(client):
    client.post("/v1/analyze", json={"text": "Oslo met Riga."})
    give(client, LABEL, annotator="fay")
    figures = client.get("/metrics").text
    assert 'diplotone_requests_total{route="analyze",status="200"}' in figures
    assert "diplotone_ready 1.0" in figures
    assert 'diplotone_release{release="words@0123456789ab"} 1.0' in figures
    saved = next(line for line in figures.splitlines() if line.startswith("diplotone_labels_saved_total"))
    assert float(saved.split()[1]) >= 1
    assert 'route="other"' not in figures or "evil" not in figures


def test_every_public_call_is_described(client):
    schema = client.get("/openapi.json").json()
    public = {
        "/v1/labels",
        "/v1/labels/{number}/undo",
        "/v1/labels/export",
        "/v1/labels/import",
        "/v1/sentences",
    }
    assert public | {"/v1/compare", "/v1/archives", "/v1/archives/{token}", "/metrics"} <= set(
        schema["paths"]
    )
    assert not [path for path in schema["paths"] if path.startswith("/page")]
    assert schema["components"]["schemas"]["LabelRequest"]["examples"]


def test_the_store_is_the_one_at_home(own_home, codebook):
    assert LabelStore.at_home(codebook).path.parent == own_home
