"""Labels, archives, comparison, downloads and figures over HTTP, with an analyzer that knows a few words."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from diplotone.model.analysis import Precedent, PrecedentPair, Precedents
from diplotone.model.record_files import check_bytes
from diplotone.serve.app import build_app
from diplotone.serve.config import ServeConfig
from diplotone.serve.label_types import Item, NewLabel
from diplotone.serve.labels import LabelStore
from diplotone.serve.metrics import _route
from diplotone.serve.page_api import keep
from diplotone.serve.view import render_analysis

from .conftest import WordAnalyzer

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


def test_a_label_given_twice_is_shown_as_such(client):
    label = {"text": "Kyoto met Nara on Sunday.", "task": "tone", "new": "neutral"}
    rows = [
        give(client, label | {"new": new}, annotator="tom").json()["saved"][0]
        for new in ("neutral", "neutral", "hostile")
    ]
    before = [row["before"] for row in rows]
    assert before == [None, {"id": rows[0]["id"], "new": "neutral"}, {"id": rows[1]["id"], "new": "neutral"}]
    listed = client.get("/v1/labels", params={"annotator": "tom"}).json()["labels"]
    assert [row["before"] for row in listed] == before[::-1]


def test_what_an_export_leaves_out_is_told_before_and_with_it(client):
    before = client.get("/v1/labels/left-out").json()
    text = "Lome met Lome and Accra on Sunday."
    pair = {"text": text, "task": "stance", "source": [0, 4], "target": [18, 23], "new": "neutral"}
    give(client, pair, {"text": text, "task": "tone", "new": "neutral"}, annotator="uma")
    give(client, {"text": text, "task": "tone", "new": "hostile"}, annotator="val")
    after = client.get("/v1/labels/left-out").json()
    assert (after["disputed"], after["csv"]) == (before["disputed"] + 1, before["csv"] + 1)
    for form, lost in (("csv", str(after["csv"])), ("jsonl", None)):
        headers = client.get("/v1/labels/export", params={"form": form}).headers
        assert (headers["x-left-out"], headers.get("x-left-out-csv")) == (str(after["disputed"]), lost)


def test_the_history_has_all_that_was_ever_said_of_a_label(client, codebook):
    note = "=plain to see"
    pair = {**PAIR, "text": "Oslo accused Riga once more.", "old": "neutral", "note": note}
    number = give(client, pair, annotator="wes", release="r@1").json()["saved"][0]["id"]
    client.post(f"/v1/labels/{number}/undo", json={"annotator": "wes"})
    query = {"form": "history-jsonl", "annotator": "wes"}
    given, undoing = map(json.loads, client.get("/v1/labels/export", params=query).text.splitlines())
    assert (given["annotator"], given["release"], given["old"], given["new"], given["note"]) == (
        "wes", "r@1", "neutral", "opposed", note,
    )  # fmt: skip
    assert (given["undone"], given["source"], undoing["undoes"]) == (True, [0, 4], number)
    assert given["made"] <= undoing["made"]
    table = client.get("/v1/labels/export", params=query | {"form": "history-csv"})
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [(row["id"], row["undone"], row["undoes"]) for row in rows] == [
        (str(number), "true", ""),
        (str(undoing["id"]), "false", str(number)),
    ]
    assert (rows[0]["note"], rows[0]["source_words"], rows[0]["target_start"]) == (f"'{note}", "Oslo", "13")
    everything = client.get("/v1/labels/export", params={"form": "history-jsonl"}).text.splitlines()
    assert len(everything) == client.get("/v1/labels", params={"limit": 1}).json()["labels"][0]["id"]
    for form in ("jsonl", "csv"):  # and what goes on being read is what it was
        data = client.get("/v1/labels/export", params={"form": form}).content
        assert check_bytes(f"labels.{form}", data, codebook).faults == ()


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_history_is_not_taken_for_records(client, form):
    data = client.get("/v1/labels/export", params={"form": f"history-{form}"}).content
    answer = client.post("/v1/labels/import", params={"name": f"a.{form}", "annotator": "eve"}, content=data)
    assert (answer.status_code, "is a history of labels" in answer.json()["error"]) == (400, True)


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
        ({"annotator": "ada", "origin": "labels.csv", "labels": [LABEL]}, 422, "origin"),
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
    assert {frozenset(question) for question in following["questions"]} == {
        frozenset({"text", "source", "target"})
    }
    assert set(texts) <= {question["text"] for question in following["questions"]}


def asked(client, annotator, level, second=False):
    query = {"annotator": annotator, "level": level, "second": second, "limit": 100}
    return client.get("/v1/sentences", params=query).json()["questions"]


def test_pairs_are_asked_until_both_their_labels_are_given(client):
    text = "Chad accused Niger of fishing."
    client.post("/v1/sentences", json={"annotator": "gil", "texts": [text]})

    def waiting():
        return [(q["source"], q["target"]) for q in asked(client, "gil", "pair") if q["text"] == text]

    assert waiting() == [([0, 4], [13, 18]), ([13, 18], [0, 4])]
    spans = {"text": text, "source": [0, 4], "target": [13, 18]}
    give(client, {**spans, "task": "stance", "new": "opposed"}, annotator="gil")
    assert len(waiting()) == 2
    give(client, {**spans, "task": "act", "new": "ACCUSE"}, annotator="gil")
    assert waiting() == [([13, 18], [0, 4])]


def test_a_second_opinion_is_asked_of_somebody_else_and_only_about_blind_labels(client):
    first, corrected = "Ghana met Togo on Monday.", "Ghana met Mali on Monday."
    unread = "Ghana met Chad on Monday."
    for text, old, origin in (
        (first, None, "labelling"), (corrected, "neutral", "http"), (unread, None, "correction"),
    ):  # fmt: skip
        tone = {"text": text, "task": "tone", "new": "cooperative", "old": old}
        sentiment = {"text": text, "task": "sentiment", "new": "neutral"}
        saved = give(client, tone, sentiment, annotator="hal", origin=origin).json()["saved"]
        assert {row["origin"] for row in saved} == {origin}

    def texts(annotator):
        return {question["text"] for question in asked(client, annotator, "sentence", second=True)}

    assert first in texts("ida")
    assert {corrected, unread}.isdisjoint(texts("ida"))
    assert first not in texts("hal")
    give(client, {"text": first, "task": "tone", "new": "neutral"}, annotator="jo", origin="correction")
    assert first not in texts("jo")  # who has seen what the release reads in it
    both = [{"text": first, "task": task, "new": "neutral"} for task in ("tone", "sentiment")]
    give(client, *both, annotator="ida")
    assert first not in texts("ida") | texts("jan")


def test_what_is_settled_stands_beside_what_it_settles(client):
    text = "Benin met Togo on Tuesday."
    item = {"text": text, "task": "tone"}
    for who, new in (("kay", "neutral"), ("lea", "cooperative")):
        give(client, {**item, "new": new}, annotator=who)

    def dispute():
        found = client.get("/v1/labels/disputes").json()["disputes"]
        return next((d for d in found if d["text"] == text), None)

    assert [(label["annotator"], label["new"]) for label in dispute()["labels"]] == [
        ("kay", "neutral"), ("lea", "cooperative"),
    ]  # fmt: skip
    before = client.get("/v1/labels", params={"annotator": "kay"}).json()["labels"]
    settled = client.post(
        "/v1/labels/settle",
        json={"annotator": "mia", "label": {**item, "new": "conciliatory", "note": "a third view"}},
    )
    assert settled.status_code == 201
    (row,) = settled.json()["saved"]
    assert (row["annotator"], row["settles"], row["note"]) == ("mia", True, "a third view")
    assert row["made"].startswith("20")
    assert dispute() is None
    assert client.get("/v1/labels", params={"annotator": "kay"}).json()["labels"] == before
    for which in ("all", "checked", "settled"):
        lines = client.get("/v1/labels/export", params={"which": which}).text.splitlines()
        assert [json.loads(line)["tone"] for line in lines if text in line] == ["conciliatory"]
    again = client.post("/v1/labels/settle", json={"annotator": "kay", "label": {**item, "new": "neutral"}})
    assert again.status_code == 201
    exported = client.get("/v1/labels/export", params={"which": "settled"}).text
    assert '"tone": "neutral"' in next(line for line in exported.splitlines() if text in line)
    for number in (again.json()["saved"][0]["id"], row["id"]):
        client.post(f"/v1/labels/{number}/undo", json={"annotator": "mia"})
    assert dispute() is not None


def test_texts_that_differ_in_case_and_space_alone_are_one_dispute(client):
    first, second = "Mali met Chad on Friday.", "MALI met  Chad on Friday."
    for who, text, new in (
        ("pia", first, "neutral"),
        ("pia", second, "hostile"),
        ("rob", second, "critical"),
    ):
        give(client, {"text": text, "task": "tone", "new": new}, annotator=who)
    (found,) = [d for d in client.get("/v1/labels/disputes").json()["disputes"] if d["text"] == first]
    assert [(label["annotator"], label["text"]) for label in found["labels"]] == [
        ("pia", first), ("pia", second), ("rob", second),
    ]  # fmt: skip
    listed = client.get("/v1/labels").json()["contradictions"]
    assert [c["labels"] for c in listed if c["text"] == first] == [
        {"pia": "neutral, hostile", "rob": "critical"}
    ]
    label = {"text": second, "task": "tone", "new": "neutral"}
    assert client.post("/v1/labels/settle", json={"annotator": "sue", "label": label}).status_code == 201
    exported = [json.loads(line) for line in client.get("/v1/labels/export").text.splitlines()]
    assert {row["text"]: row["tone"] for row in exported if row["text"] in (first, second)} == {
        first: "neutral",
        second: "neutral",
    }


def test_nothing_is_settled_that_nobody_disputes(client):
    label = {"text": "Fiji met Tonga on Wednesday.", "task": "tone", "new": "neutral"}
    give(client, label, annotator="ned")
    answer = client.post("/v1/labels/settle", json={"annotator": "ned", "label": label})
    assert (answer.status_code, "nobody disagrees" in answer.json()["error"]) == (400, True)


def test_agreement_counts_blind_labels_of_two_people(app, codebook, tmp_path):
    store = LabelStore(tmp_path / "labels.sqlite3", codebook)
    given = {"ada": ("neutral", "neutral", "hostile"), "ben": ("neutral", "critical", "hostile")}
    for who, answers in given.items():
        items = [Item(text=f"Oslo met Riga {n}.", task="tone") for n in range(3)]
        labels = [NewLabel(item=item, new=new) for item, new in zip(items, answers, strict=True)]
        corrected = NewLabel(item=Item(text="Oslo.", task="tone"), old="hostile", new=answers[1])
        store.add([*labels, corrected], annotator=who, release=None, origin="labelling")
        unread = NewLabel(item=Item(text="Riga.", task="tone"), new=answers[1])
        store.add([unread], annotator=who, release="r@1", origin="correction")
    tone = next(found for found in store.agreement() if found.task == "tone")
    assert (tone.n, tone.annotators, tone.same) == (3, 2, pytest.approx(2 / 3))
    assert tone.alpha == pytest.approx(1 - 2 / ((36 - 9 - 4 - 1) / 5))
    act = next(found for found in store.agreement() if found.task == "act")
    assert (act.n, act.same, act.alpha) == (0, None, None)


def test_labels_of_another_codebook_are_counted_and_left_out(codebook, other_codebook, own_home):
    tone = Item(text=TEXT, task="tone")
    for who in ("ada", "ben"):
        labels = [
            NewLabel(item=tone, new="critical"),
            NewLabel(item=Item(text="Oslo.", task="tone"), new="neutral"),
        ]
        LabelStore.at_home(codebook).add(labels, annotator=who, release=None, origin="page")
    analyzer = WordAnalyzer(other_codebook)
    with TestClient(build_app([analyzer], SETTINGS), base_url="http://127.0.0.1:7860") as client:
        agreed = client.get("/v1/labels/agreement").json()
        assert (agreed["unknown"], agreed["tasks"][1]["task"], agreed["tasks"][1]["n"]) == (2, "tone", 1)
        for form in ("jsonl", "csv", "label-studio"):
            export = client.get("/v1/labels/export", params={"form": form})
            assert (export.headers["x-left-out-unknown"], "critical" in export.text) == ("2", False)
        assert client.get("/v1/labels").json()["annotators"] == {"ada": 2, "ben": 2}, "nothing is deleted"
        assert client.get("/v1/labels/disputes").json() == {"disputes": [], "settled": 0}


def test_an_archive_gives_its_sentences_most_worth_labelling(client):
    same = "Oslo accused Riga of stealing all the herring again."
    rows = [
        "text",
        f'"{same} {same}"',
        '"Peru thanked Chile for the bridge. Die Minister trafen sich und sprachen nicht über den Vertrag."',
    ]
    query = {"name": "press.csv", "annotator": "ola", "n": 2}
    taken = client.post("/v1/sentences/archive", params=query, content="\n".join(rows).encode()).json()
    assert taken == {"added": 2, "read": 2, "found": 2}
    texts = {question["text"] for question in asked(client, "ola", "sentence")}
    assert {same, "Peru thanked Chile for the bridge."} <= texts
    begun = client.post(
        "/v1/archives", params={"name": "a.csv"}, content=b"text\nSamoa thanked Palau for rice."
    )
    query = {"archive": begun.json()["id"], "annotator": "ola"}
    assert client.post("/v1/sentences/archive", params=query).json() == {"added": 1, "read": 1, "found": 1}
    gone = client.post("/v1/sentences/archive", params={"archive": "a" * 24, "annotator": "ola"})
    assert gone.status_code == 404
    described = client.get("/openapi.json").json()["paths"]["/v1/sentences/archive"]["post"]["responses"]
    assert "404" in described


def test_import_over_http(client):
    data = json.dumps({"text": "Suva praised Apia.", "tone": "cooperative"}).encode()
    for added, repeated in ((1, 0), (0, 1)):
        answer = client.post(
            "/v1/labels/import", params={"name": "a.jsonl", "annotator": "eve"}, content=data
        )
        assert answer.status_code == 201
        assert (answer.json()["added"], len(answer.json()["repeated"])) == (added, repeated)
    query = {"name": "a.jsonl", "annotator": "eve"}
    answer = client.post("/v1/labels/import", params=query, content=data.replace(b"cooperative", b"neutral"))
    assert answer.json()["changed"] == [
        'tone of "Suva praised Apia.": eve said cooperative before, and now neutral'
    ]


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
    whole = client.get(f"/v1/archives/{state['id']}/result", params={"form": "json"}).json()
    dyad = next(dyad for dyad in whole["dyads"] if (dyad["source"], dyad["target"]) == ("NOR", "LVA"))
    assert (dyad["n"], dyad["texts"], dyad["mean"] < 0) == (3, 3, True)
    assert [(point["period"], point["n"]) for point in dyad["over_time"]] == [
        (f"2024-0{n}-01", 1) for n in (1, 2, 3)
    ]
    brief = client.get(f"/v1/archives/{state['id']}/result", params={"form": "html"})
    assert 'filename="press-scored.html"' in brief.headers["content-disposition"]
    assert "=Oslo accused Riga 1 times." in brief.text
    shown = client.get(f"/page/archives/{state['id']}").text
    assert "3 of 3 texts" in shown
    assert "2024-01-01" in shown


def test_an_archive_can_be_stopped_and_keeps_what_is_done(client, analyzer, monkeypatch):
    genuine = analyzer.analyze
    monkeypatch.setattr(analyzer, "analyze", lambda text: time.sleep(0.05) or genuine(text))
    text = "Oslo accused Riga of theft on that day. " * 45
    rows = "text,date\n" + "\n".join(f'"{text}",2024-01-{day:02}' for day in range(1, 31))
    token = client.post("/v1/archives", params={"name": "a.csv"}, content=rows.encode()).json()["id"]
    while not (state := client.get(f"/v1/archives/{token}").json())["done"]:
        time.sleep(0.05)
    assert (state["state"], state["seconds_left"] > 0) == ("running", True)
    stopped = client.delete(f"/v1/archives/{token}").json()
    done = stopped["done"]
    assert (stopped["state"], stopped["seconds_left"]) == ("cancelled", None)
    assert 0 < done < 30
    time.sleep(1.0)  # longer than the turn that was under way
    assert client.get(f"/v1/archives/{token}").json() == stopped

    def taken(form):
        return client.get(f"/v1/archives/{token}/result", params={"form": form})

    lines = list(csv.DictReader(io.StringIO(taken("csv").content.decode("utf-8-sig"))))
    assert [line["date"] for line in lines] == [f"2024-01-{day:02}" for day in range(1, done + 1)]
    assert [json.loads(line)["row"] for line in taken("jsonl").text.splitlines()] == [*range(1, done + 1)]
    whole = taken("json").json()
    assert (whole["state"], whole["done"], whole["total"], len(whole["texts"])) == (
        "cancelled",
        done,
        30,
        done,
    )
    assert f"not read to its end: {30 - done} text" in taken("html").text
    assert f"{done} of 30 texts" in client.get(f"/page/archives/{token}").text


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


def test_no_link_is_made_where_the_operator_keeps_no_texts(client, app, analyzer, tmp_path):
    article = "Oslo accused Riga. Riga thanked Oslo. They met."
    analysis = analyzer.analyze(article)
    token = keep(app.state.workspace, article, analysis, "")
    refused = client.post("/page/share", json={"token": token})
    assert (refused.status_code, "keeps no texts" in refused.json()["error"]) == (400, True)
    assert client.get(f"/page/shared/{'a' * 32}").status_code == 404
    assert "Make a link" not in render_analysis(article, analysis, analyzer.codebook, str, token=token)
    assert "Make a link" in render_analysis(
        article, analysis, analyzer.codebook, str, token=token, share_days=2
    )


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


def figure(client, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def test_figures_for_a_monitoring_system(client):
    client.post("/v1/analyze", json={"text": "Oslo met Riga."})
    give(client, LABEL, annotator="fay")
    figures = client.get("/metrics").text
    assert 'diplotone_requests_total{route="analyze",status="200"}' in figures
    assert "diplotone_ready 1.0" in figures
    assert 'diplotone_release{release="words@0123456789ab"} 1.0' in figures
    assert figure(client, "diplotone_labels_saved_total") >= 1


def test_whatever_clients_ask_for_makes_no_new_series(client):
    other = 'diplotone_requests_total{route="other",status="404"}'
    before = figure(client, other)
    for path in ("/v1/evil", "/page/evil", "/evil", "/v1/evil-2", "/gradio_api/evil"):
        assert client.get(path).status_code == 404
    assert figure(client, other) == before + 5
    assert "evil" not in client.get("/metrics").text


def test_every_address_of_ours_has_its_name_in_the_figures(analyzer):
    app = build_app([analyzer], ServeConfig(fetch_urls=True, share_days=1))
    routers = [part.original_router for part in app.routes if hasattr(part, "original_router")]
    routes = [route for router in routers for route in router.routes]
    paths = {route.path for route in routes if re.match("/(v1|page)/[a-z]", route.path)}
    assert {"/page/share", "/page/fetch", "/page/shared/{key}"} <= paths
    assert {path for path in paths if _route(path) == "other"} == set()


@pytest.mark.parametrize(
    ("path", "body", "sentences"),
    [
        ("/v1/analyze", {"text": "Oslo met Riga. They talked."}, 2),
        ("/v1/score", {"records": [{"text": "Oslo met Riga."}]}, 1),
        ("/v1/compare", {"a": "Oslo met Riga.", "b": "Oslo met Riga. They talked."}, 3),
        ("/page/compare", {"a": "Oslo met Riga.", "b": "Oslo met Riga."}, 2),
        ("/gradio_api/call/analyze", {"data": ["Oslo met Riga. They talked."]}, 2),
        ("/gradio_api/call/show", {"data": ["Oslo met Riga. They talked."], "session_hash": "a"}, 2),
        ("/v1/sentences", {"annotator": "gus", "texts": ["Oslo met Riga at sea."]}, 1),
    ],
)
def test_sentences_are_counted_whichever_way_they_come(client, path, body, sentences):
    before = figure(client, "diplotone_sentences_total")
    answer = client.post(path, json=body)
    assert answer.is_success
    for _ in range(100):
        if figure(client, "diplotone_sentences_total") != before:
            break
        time.sleep(0.05)  # Gradio answers before it begins
    assert figure(client, "diplotone_sentences_total") == before + sentences


def test_every_public_call_is_described(client):
    schema = client.get("/openapi.json").json()
    public = {
        "/v1/labels",
        "/v1/labels/{number}/undo",
        "/v1/labels/export",
        "/v1/labels/import",
        "/v1/sentences",
        "/v1/sentences/archive",
        "/v1/labels/settle",
        "/v1/labels/disputes",
        "/v1/labels/agreement",
        "/v1/labels/left-out",
    }
    assert public | {"/v1/compare", "/v1/archives", "/v1/archives/{token}", "/metrics"} <= set(
        schema["paths"]
    )
    assert not [path for path in schema["paths"] if path.startswith("/page")]
    assert schema["components"]["schemas"]["LabelRequest"]["examples"]


def test_the_store_is_the_one_at_home(own_home, codebook):
    assert LabelStore.at_home(codebook).path.parent == own_home
