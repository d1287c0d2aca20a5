"""Two texts side by side: what the tab shows, what comes out of it, and what the interface says of it."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from diplotone.model.analysis import Comparison
from diplotone.serve import exports
from diplotone.serve.api import COMPARE_EXAMPLE
from diplotone.serve.app import build_app
from diplotone.serve.compare import render_comparison
from diplotone.serve.compare_tab import render_compare_tab
from diplotone.serve.comparison_exports import export_comparison
from diplotone.serve.config import ServeConfig
from diplotone.serve.openapi import examples
from diplotone.serve.samples import read_statements

from .test_view import HOSTILE, Outline

EARLIER = "Oslo met Riga on Monday. Oslo notes with concern the seizure of a boat. Oslo thanked Riga. =The ferry runs."
LATER = (
    "Oslo met Riga on Friday. Oslo strongly condemns the seizure of a boat. Oslo did not reject talks."
    " =The ferry runs."
)


@pytest.fixture
def comparison(analyzer):
    return analyzer.compare(EARLIER, LATER)


@pytest.fixture
def plain(comparison):
    return json.loads(json.dumps(comparison.as_dict()))


def shown(comparison: Comparison, analyzer, token: str | None = None) -> str:
    return render_comparison(comparison, analyzer.codebook, token)


def outlined(html: str) -> Outline:
    outline = Outline(html)
    assert outline.open == []
    return outline


def test_words_that_went_and_came_are_marked_in_their_sentences(comparison, analyzer):
    html = shown(comparison, analyzer)
    assert "Oslo met Riga on <del>Monday</del>." in html
    assert "Oslo met Riga on <ins>Friday</ins>." in html
    assert "Oslo <del>notes with concern</del> the seizure of a boat." in html
    assert "Oslo <ins>strongly condemns</ins> the seizure of a boat." in html
    assert '<del class="whole">Oslo thanked Riga.</del>' in html
    assert '<ins class="whole">Oslo did not reject talks.</ins>' in html


def test_colour_is_never_the_only_sign(comparison, analyzer):
    html = shown(comparison, analyzer)
    kinds = re.findall(r'class="sign" aria-hidden="true">(.)</span> (\w+)</span>', html)
    assert kinds == [("~", "reworded"), ("~", "reworded"), ("−", "dropped"), ("+", "added"), ("=", "same")]
    chips = re.findall(r'<span class="chip (tone-\d)"[^>]*><span class="mark \1"[^>]*>\S+</span> (\w+)', html)
    assert len(chips) == 10  # two indices, and a side of each sentence


def test_phrases_stand_on_their_rungs_with_the_steps_between(comparison, analyzer):
    text = outlined(shown(comparison, analyzer)).text
    assert "↓ 3 steps down: concerned →  to condemning" in text
    assert "“notes with concern” −2 concerned" in text
    assert "“strongly condemns” −5 condemning" in text
    assert "“reject” denied −4 rejecting" in text
    assert analyzer.compare(LATER, EARLIER).sentences[1].steps == 3
    assert "↑ 3 steps up" in outlined(shown(analyzer.compare(LATER, EARLIER), analyzer)).text


def test_phrases_of_one_text_alone_are_listed_with_what_they_mean(comparison, analyzer):
    text = outlined(shown(comparison, analyzer)).text
    dropped, _, added = text.partition("Dropped (1)")[2].partition("Added (2)")
    (phrase,) = comparison.phrases_dropped
    assert f"“note with concern”: {phrase.means}Rung −2, concerned: {phrase.gloss} (sentence 1)" in dropped
    assert "“strongly condemn”: " in added
    assert "“reject” denied: " in added
    assert text.count("None.") == 0
    assert outlined(shown(analyzer.compare(EARLIER, EARLIER), analyzer)).text.count("None.") == 2


def test_both_tones_and_the_shift_stand_with_their_intervals(comparison, analyzer):
    text = outlined(shown(comparison, analyzer)).text
    assert text.count("95 % interval") == 3
    assert "3 sentences stand for each other, 1 dropped, 1 added." in text
    assert "4 of 4 sentences scored" in text
    hostile, friendly = (
        " ".join(f"Oslo {act} Riga on day {n}." for n in ["three", "four", "five", "six"])
        for act in ("bombed", "thanked")
    )
    warmer = outlined(shown(analyzer.compare(hostile, friendly), analyzer)).text
    assert "the later text stands more toward conciliatory." in warmer
    colder = outlined(shown(analyzer.compare(friendly, hostile), analyzer)).text
    assert "the later text stands more toward hostile." in colder
    alike = outlined(shown(analyzer.compare(EARLIER, EARLIER), analyzer)).text
    assert "it holds 0, so the two may well be alike in tone." in alike


def test_why_there_is_no_shift_is_said(analyzer):
    text = outlined(shown(analyzer.compare("Oslo met Riga.", LATER), analyzer)).text
    assert "no shift of the whole" in text
    assert "the first text has no tone index: 1 of 1 sentences could be scored" in text


def test_the_texts_cannot_become_markup(analyzer):
    html = shown(
        analyzer.compare(f"{HOSTILE} Oslo met Riga.", f"Oslo met Riga. {HOSTILE} {HOSTILE}"), analyzer
    )
    outline = outlined(html)
    assert {"script", "img"}.isdisjoint(tag for tag, _ in outline.tags)
    assert not [key for _, attributes in outline.tags for key in attributes if key.startswith("on")]
    assert "<script>alert(1)</script>" in outline.text


def test_only_what_can_be_left_out_is_offered_to_be(comparison, analyzer):
    assert "Only what changed (1 without a changed word left out)" in shown(comparison, analyzer)
    assert "Only what changed" not in shown(analyzer.compare(EARLIER, EARLIER), analyzer)


def test_downloads_are_those_that_can_be_made(comparison, analyzer, monkeypatch):
    assert "Take it away" not in shown(comparison, analyzer)
    monkeypatch.setattr(exports.importlib.util, "find_spec", lambda name: None)
    html = shown(comparison, analyzer, "T0ken")
    assert re.findall(r'href="(page/compare/[^"]+)"', html) == [
        f"page/compare/T0ken/{form}" for form in ("html", "json", "csv")
    ]


def test_the_tab_teaches_before_anything_is_in_it(analyzer):
    outline = outlined(render_compare_tab(analyzer.ladder.rungs))
    assert "What you will see" in outline.text
    for rung in analyzer.ladder.rungs:
        assert rung.gloss in outline.text
    (button,) = [a for tag, a in outline.tags if tag == "button" and "try-statements" in (a["class"] or "")]
    assert (button["data-a"], button["data-b"]) == read_statements()


def test_the_two_invented_statements_show_every_kind_of_change(analyzer):
    comparison = analyzer.compare(*read_statements())
    assert {change.kind for change in comparison.sentences} == {"same", "reworded", "dropped", "added"}
    assert min(change.steps or 0 for change in comparison.sentences) < 0
    assert len(comparison.phrases_dropped) >= 3
    assert len(comparison.phrases_added) >= 3


def test_json_is_the_whole_comparison(plain):
    assert json.loads(export_comparison(plain, "json")) == plain


def test_csv_has_a_row_per_change_and_runs_nothing(plain):
    rows = list(csv.DictReader(io.StringIO(export_comparison(plain, "csv").decode("utf-8-sig"))))
    assert [row["change"] for row in rows] == ["reworded", "reworded", "dropped", "added", "same"]
    condemned = rows[1]
    assert (condemned["words_dropped"], condemned["words_added"]) == (
        "notes with concern",
        "strongly condemns",
    )
    assert (condemned["phrase_before"], condemned["rung_before"]) == ("note with concern", "concerned")
    assert (condemned["phrase_after"], condemned["rung_after"]) == ("strongly condemn", "condemning")
    assert float(condemned["steps"]) == -3
    assert (rows[2]["text_before"], rows[2]["tone_before"]) == ("Oslo thanked Riga.", "cooperative")
    assert (rows[2]["text_after"], rows[2]["after"], rows[2]["tone_after"]) == ("", "", "")
    assert rows[4]["text_after"] == "'=The ferry runs."
    assert rows[0]["text_sha256_before"] == plain["before"]["provenance"]["text_sha256"]
    assert rows[0]["text_sha256_after"] == plain["after"]["provenance"]["text_sha256"]
    numbers = ("tone_shift", "steps", "rung_height_before", "rung_height_after")
    run_by_spreadsheets = [
        cell
        for row in rows
        for name, cell in row.items()
        if cell.startswith(("=", "+", "-", "@")) and name not in numbers
    ]
    assert run_by_spreadsheets == []


def test_parquet_keeps_types(plain):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the parquet extra")
    table = parquet.read_table(io.BytesIO(export_comparison(plain, "parquet")))
    assert table.num_rows == 5
    kinds = {
        name: str(table.schema.field(name).type) for name in ("before", "steps", "tone_shift", "text_after")
    }
    assert kinds == {"before": "int64", "steps": "int64", "tone_shift": "double", "text_after": "string"}
    assert table["after"].to_pylist() == [0, 1, None, 2, 3]


@pytest.fixture(scope="module")
def app(analyzer, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIPLOTONE_HOME", str(tmp_path_factory.mktemp("home")))
        yield build_app([analyzer], ServeConfig(max_chars=2_000))


@pytest.fixture(scope="module")
def client(app) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        assert app.state.pool.wait_until_ready(20)
        yield client


def test_a_comparison_is_taken_away_by_its_token(client):
    html = client.post("/page/compare", json={"a": EARLIER, "b": LATER}).text
    links = re.findall(r'href="(page/compare/[^"]+)"', html)
    forms = ["html", "json", "csv", *(["parquet"] if importlib.util.find_spec("pyarrow") else [])]
    assert [link.rpartition("/")[2] for link in links] == forms
    for link, form in zip(links, forms, strict=True):
        answer = client.get(f"/{link}")
        assert answer.status_code == 200
        assert re.search(
            rf'filename="diplotone-\w{{8}}-\w{{8}}\.{form}"', answer.headers["content-disposition"]
        )
        assert answer.headers["cache-control"] == "no-store"
    brief = client.get(f"/{links[0]}")
    assert brief.headers["content-type"] == "text/html; charset=utf-8"
    assert "<del>notes with concern</del>" in brief.text
    token = links[0].split("/")[2]
    assert client.get(f"/page/compare/{token}/exe").status_code == 422
    gone = client.get(f"/page/compare/{'a' * 24}/json")
    assert (gone.status_code, gone.json()["error"]) == (
        404,
        "this comparison is not kept any more; make it again",
    )


def test_an_article_is_no_comparison(client, app, analyzer):
    from diplotone.serve.page_api import keep

    token = keep(app.state.workspace, LATER, analyzer.analyze(LATER), "")
    assert client.get(f"/page/compare/{token}/json").status_code == 404


def test_a_full_disk_takes_the_downloads_and_nothing_else(client, app, monkeypatch):
    def refuse():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(app.state.workspace, "new", refuse)
    html = client.post("/page/compare", json={"a": EARLIER, "b": LATER}).text
    assert "<del>notes with concern</del>" in html
    assert "Take it away" not in html


@pytest.mark.parametrize("path", ["/v1/compare", "/page/compare"])
@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"a": " ", "b": LATER}, "the earlier text (a) is empty"),
        ({"a": EARLIER, "b": "\n"}, "the later text (b) is empty"),
        ({"a": EARLIER, "b": "x " * 1_001}, "the later text (b) has more than 2,000 characters"),
    ],
    ids=["no a", "no b", "long b"],
)
def test_a_message_says_which_text_it_is_about(client, path, texts, words):
    answer = client.post(path, json=texts)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_a_comparison_comes_as_data_or_as_a_brief(client, analyzer):
    texts = {"a": EARLIER, "b": LATER}
    found = client.post("/v1/compare", json=texts)
    expected = json.loads(json.dumps(analyzer.compare(EARLIER, LATER).as_dict()))
    whole = {key: value for key, value in found.json().items() if key not in ("before", "after")}
    assert whole == {key: value for key, value in expected.items() if key not in ("before", "after")}
    assert found.json()["after"]["sentences"] == expected["after"]["sentences"]
    for options in ({"params": {"form": "html"}}, {"headers": {"accept": "text/html"}}):
        brief = client.post("/v1/compare", json=texts, **options)
        assert brief.headers["content-type"].startswith("text/html")
        assert "<ins>strongly condemns</ins>" in brief.text


def test_openapi_describes_the_answer_with_an_example(client):
    schema = client.get("/openapi.json").json()
    answer = schema["paths"]["/v1/compare"]["post"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"] == {"$ref": "#/components/schemas/Comparison"}
    described = schema["components"]["schemas"]
    assert {"PhraseChange", "SentenceChange", "Edit", "RungMention"} <= set(described)
    assert described["CompareRequest"]["examples"] == [COMPARE_EXAMPLE]
    TypeAdapter(Comparison).validate_python(answer["example"])
    assert (
        answer["example"] == examples()["POST /v1/compare"]["answer"]
    )  # with its nulls, which FastAPI leaves out of examples


def test_the_example_is_an_answer_to_the_question_beside_it(client):
    found, example = (
        client.post("/v1/compare", json=COMPARE_EXAMPLE).json(),
        examples()["POST /v1/compare"]["answer"],
    )
    assert example.keys() == found.keys()
    assert [s["text"] for s in example["after"]["sentences"]] == [
        s["text"] for s in found["after"]["sentences"]
    ]
    unlearnt = ("before", "after", "edits", "rung_before", "rung_after", "steps")
    for shown_change, change in zip(example["sentences"], found["sentences"], strict=True):
        assert {key: shown_change[key] for key in unlearnt} == {key: change[key] for key in unlearnt}
    assert example["phrases_dropped"] == found["phrases_dropped"]
    assert example["tone_shift"] == pytest.approx(
        example["after"]["tone"]["value"] - example["before"]["tone"]["value"], abs=1e-5
    )
