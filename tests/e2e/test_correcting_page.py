"""Correcting in a real browser: what is stored is what somebody chose, and nothing else.

The service is the real one; its reader knows a few words, so that what it gives no label is known beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from ..browser import IN_A_BROWSER, a_page
from ..serve.conftest import WordAnalyzer, served
from .test_page import analyze, offences
from .test_reading_page import clear

pytestmark = IN_A_BROWSER

READ = "Norway accused Latvia of stealing herring on Monday."
NO_ACT = "Norway thanked Latvia for a murky deal on Tuesday."
NO_TONE = "Norway thanked Latvia for a hazy deal on Friday."
ARTICLE = " ".join((READ, NO_ACT, NO_TONE))
NORWAY_TO_LATVIA = {"source": [0, 6], "target": [15, 21]}


class UnsureAnalyzer(WordAnalyzer):
    """Gives no act in murky sentences, and no tone in hazy ones."""

    def _guess(self, name: str, text: str) -> np.ndarray:
        found = super()._guess(name, text)
        unsure = (name == "act" and "murky" in text) or (name == "tone" and "hazy" in text)
        return np.full_like(found, 1 / len(found)) if unsure else found


@pytest.fixture(scope="module")
def url(codebook, tmp_path_factory) -> Iterator[str]:
    with served(UnsureAnalyzer(codebook), tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture(scope="module")
def loaded(url) -> Iterator:
    """One page for all tests: each reads the article anew, which is quick, where loading the page is not."""
    with a_page(url) as page:
        yield page


@pytest.fixture
def page(loaded):
    complaints: list[str] = []
    loaded.on("pageerror", lambda error: complaints.append(str(error)))
    loaded.get_by_role("tab", name="Analyze").click()
    clear(loaded)
    analyze(loaded, ARTICLE)
    yield loaded
    assert complaints == []


def open_form(page, sentence: int, button: str, name: str) -> None:
    page.locator(".article .sentence").nth(sentence).click()
    page.locator(".detail:visible").get_by_role("button", name=re.compile(button)).first.click()
    page.fill(".correction [name=annotator]", name)


def choices(page, task: str):
    return page.locator(f".correction fieldset[data-task={task}]")


def save(page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector(".detail:not([hidden]) .given .fresh")


def refused(page) -> str:
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".form-error:not(:empty)").wait_for()
    return page.inner_text(".form-error")


def rows(url: str, annotator: str) -> list[dict]:
    """The labels of somebody, the first one first."""
    query = {"annotator": annotator, "limit": 500}
    return httpx.get(f"{url}/v1/labels", params=query).json()["labels"][::-1]


def answers(url: str, annotator: str) -> list[tuple[str, str | None, str]]:
    return [(row["task"], row["old"], row["new"]) for row in rows(url, annotator)]


def test_who_corrects_the_tone_says_nothing_of_the_sentiment(page, url):
    open_form(page, 0, "Correct this sentence", "tess")
    assert choices(page, "sentiment").get_by_label("negative").is_checked()
    choices(page, "tone").get_by_label("hostile").check()
    save(page)
    assert answers(url, "tess") == [("tone", "critical", "hostile")]


def test_who_corrects_the_stance_of_a_pair_without_an_act_gives_it_none(page, url):
    open_form(page, 1, "Correct the relation Norway", "stan")
    assert choices(page, "act").get_by_label("Act").input_value() == ""
    assert "The model gives no label" in choices(page, "act").inner_text()
    assert not choices(page, "act").get_by_label("Right as it is").is_visible()
    choices(page, "stance").get_by_label("neutral").check()
    save(page)
    assert answers(url, "stan") == [("stance", "supportive", "neutral")]
    assert rows(url, "stan")[0] | NORWAY_TO_LATVIA == rows(url, "stan")[0]


def test_what_is_right_is_stored_when_somebody_says_so(page, url):
    open_form(page, 0, "Correct this sentence", "cora")
    assert "The model says negative" in choices(page, "sentiment").inner_text()
    choices(page, "sentiment").get_by_label("Right as it is").check()
    save(page)
    assert answers(url, "cora") == [("sentiment", "negative", "negative")]


def test_what_nobody_touched_is_not_stored(page, url):
    for button in ("Correct this sentence", "Correct the relation Norway"):
        open_form(page, 0, button, "nora")
        assert "Nothing is changed" in refused(page)
    tone = choices(page, "stance")
    tone.get_by_label("neutral").check()
    assert tone.get_by_label("Right as it is").is_disabled()
    tone.get_by_label("opposed").check()  # as it was
    assert tone.get_by_label("Right as it is").is_enabled()
    assert "Nothing is changed" in refused(page)
    assert rows(url, "nora") == []


def test_another_label_is_not_right_as_it_is(page, url):
    open_form(page, 0, "Correct this sentence", "otto")
    tone = choices(page, "tone")
    tone.get_by_label("Right as it is").check()
    tone.get_by_label("neutral").check()
    assert not tone.get_by_label("Right as it is").is_checked()
    save(page)
    assert answers(url, "otto") == [("tone", "critical", "neutral")]


def test_a_relation_is_added_with_both_its_labels_or_not_at_all(page, url):
    open_form(page, 1, "Add a relation", "adda")
    assert not page.locator(".correction .right:visible").count()
    assert "both a stance and an act" in refused(page)
    choices(page, "stance").get_by_label("supportive").check()
    assert "both a stance and an act" in refused(page)
    assert rows(url, "adda") == []
    choices(page, "act").get_by_label("Act").select_option("AID")
    save(page)
    assert answers(url, "adda") == [("stance", None, "supportive"), ("act", None, "AID")]


def test_nobody_who_saw_the_reading_is_blind_even_where_it_gave_no_label(page, url):
    for name in ("ina", "jon"):
        open_form(page, 2, "Correct this sentence", name)
        choices(page, "tone").get_by_label("cooperative").check()
        choices(page, "sentiment").get_by_label("Right as it is").check()
        save(page)
        assert answers(url, name)[0] == ("tone", None, "cooperative")
        assert {row["origin"] for row in rows(url, name)} == {"correction"}
    agreed = {task["task"]: task["n"] for task in httpx.get(f"{url}/v1/labels/agreement").json()["tasks"]}
    assert agreed["tone"] == 0
    open_form(page, 1, "Correct the relation Norway", "ken")
    choices(page, "act").get_by_label("Act").select_option("SUPPORT")
    choices(page, "stance").get_by_label("Right as it is").check()
    save(page)
    for level in ("sentence", "pair"):
        query = {"annotator": "zoe", "level": level, "second": True}
        asked = httpx.get(f"{url}/v1/sentences", params=query).json()["questions"]
        assert {READ, NO_ACT, NO_TONE}.isdisjoint(question["text"] for question in asked)


def test_labels_of_the_other_tab_are_blind(page, url):
    httpx.post(f"{url}/v1/sentences", json={"annotator": "lia", "texts": ["Oslo praised Riga at noon."]})
    page.get_by_role("tab", name="Labels").click()
    page.fill(".labels-tab [name=annotator]", "lia")
    page.keyboard.press("Tab")
    page.get_by_text("1 to label").wait_for()
    page.locator(".to-label").focus()
    for key in ("4", "e", "Enter"):
        page.keyboard.press(key)
    page.get_by_text("Saved: cooperative").wait_for()
    assert [(row["task"], row["origin"]) for row in rows(url, "lia")] == [
        ("tone", "labelling"), ("sentiment", "labelling"),
    ]  # fmt: skip
    query = {"annotator": "zoe", "second": True}
    asked = httpx.get(f"{url}/v1/sentences", params=query).json()["questions"]
    assert [question["text"] for question in asked] == ["Oslo praised Riga at noon."]


def test_the_form_is_sound_for_helping_devices(page):
    for sentence, button in (
        (0, "Correct this sentence"),
        (1, "Correct the relation"),
        (1, "Add a relation"),
    ):
        open_form(page, sentence, button, "axel")
        assert offences(page) == []
