"""What a reader finds on the Analyze tab: the article in short, filters and exchange; all of it by keyboard too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..browser import IN_A_BROWSER, PHONE, a_page
from .test_page import analyze, offences, serving, tab_to

pytestmark = IN_A_BROWSER

SMALL_SCREEN = {"viewport": {"width": 1280, "height": 800}}

ARTICLE = """Peru and Chile mend their quarrel

Peru thanked Chile on Monday for the return of the ships. Chile praised Peru for its patience. "Peru is a friend whom we
respect," Chile's president said on Tuesday.

Bolivia accused Chile of stealing its water. The bridge at Arica is forty metres long."""


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Iterator:
    """One page for all tests: each reads its article anew, which is quick, where loading the page is not."""
    with serving(tmp_path_factory.mktemp("home")) as (_, url), a_page(url, **SMALL_SCREEN) as page:
        yield page


@pytest.fixture(autouse=True)
def complaints(page) -> Iterator[list[str]]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


def clear(page) -> None:
    """Take the last article away, so that the next one is waited for."""
    if page.locator("[data-state=welcome]").count() == 0:
        page.get_by_role("button", name="Clear", exact=True).click()
        page.wait_for_selector("[data-state=welcome]")


def read(page, text: str) -> None:
    clear(page)
    analyze(page, text)
    page.wait_for_timeout(700)  # the page moves to the result by itself


def seen_without_scrolling(page, place) -> bool:
    box, height = place.bounding_box(), page.viewport_size["height"]
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= height


def in_short(page):
    return page.locator(".in-short:visible")


def test_the_words_at_the_top_say_how_it_sounds_and_who_stands_where(page):
    read(page, ARTICLE)
    words = in_short(page).inner_text()
    label = page.inner_text(".verdict:visible .chip").split()[-1]
    value = page.inner_text(".verdict:visible .value")
    assert re.search(rf"The tone is \W*{label}: {re.escape(value)} on a scale from −1, hostile", words)
    assert re.search(r"95 % interval reaches from [−+]?\d\.\d\d to [−+]?\d\.\d\d", words)
    relations = in_short(page).get_by_role("listitem").all_inner_texts()
    assert 3 <= len(relations) <= 5
    assert any(re.search(r"Bolivia is opposed to Chile \(1 sentence\)", words) for words in relations)
    assert any(re.search(r"Peru is supportive toward Chile \(\d sentences?\)", words) for words in relations)
    assert seen_without_scrolling(page, in_short(page))


def test_a_relation_in_words_leads_to_its_sentences(page):
    read(page, ARTICLE)
    in_short(page).get_by_role("button", name="Bolivia is opposed to Chile").click()
    card = page.locator("[data-dyad-card='BOL>CHL']:visible")
    assert card.locator("ol").get_by_text("Bolivia accused Chile").is_visible()
    assert card.locator("summary").evaluate("summary => summary === document.activeElement")


def test_what_is_too_little_is_said(page):
    read(page, "Oslo has a harbour.")
    words = in_short(page).inner_text()
    assert "Too little was found to say how it sounds as a whole" in words
    assert "an index needs at least 3" in words
    assert "Too little was found to say who stands where" in words


def test_without_quotes_the_words_at_the_top_change_too(page):
    read(page, ARTICLE)
    whole = in_short(page).inner_text()
    page.get_by_label(re.compile("Without quotes")).check()
    assert in_short(page).count() == 1
    assert in_short(page).inner_text() != whole


def test_the_koreas_article_is_understood_without_scrolling(page):
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "articles"
    article = folder / "koreas_2021.txt"
    if not article.is_file():
        pytest.skip(f"needs the public article {article}, which is not part of a checkout")
    read(page, article.read_text(encoding="utf-8"))
    assert seen_without_scrolling(page, in_short(page))
    words = in_short(page).inner_text()
    assert re.search(r"The tone is \W*cooperative: \+0\.\d\d", words)
    assert re.search(r"North Korea is supportive toward South Korea \(\d+ sentences?\)", words)
    assert re.search(r"South Korea is supportive toward North Korea \(\d+ sentences?\)", words)


def test_on_a_phone_and_by_helping_devices_the_words_are_read_as_well(page):
    page.set_viewport_size(PHONE["viewport"])
    read(page, ARTICLE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert offences(page) == []
    page.set_viewport_size(SMALL_SCREEN["viewport"])


def shown(page) -> list[str]:
    """The sentences that are not dimmed."""
    return page.locator(".article .sentence:not(.dimmed)").all_inner_texts()


@pytest.mark.parametrize("group", ["sentiment", "voice"])
def test_each_box_of_a_filter_hides_its_sentences_and_no_others(page, group):
    read(page, ARTICLE)
    page.get_by_text("Filter the sentences").click()
    boxes = page.locator(f"[data-filter={group}]")
    values = [box.get_attribute("value") for box in boxes.all()]
    assert len(values) >= 2
    n_all = page.locator(".article .sentence").count()
    for value in values:
        of_value = page.locator(f".article .sentence[data-{group}='{value}']")
        boxes.and_(page.locator(f"[value='{value}']")).uncheck()
        assert of_value.count() == page.locator(".article .sentence.dimmed").count() > 0
        assert page.locator(f".article .sentence.dimmed[data-{group}='{value}']").count() == of_value.count()
        assert f"{n_all - of_value.count()} of {n_all} sentences match" in page.inner_text(".filter-count")
        page.get_by_role("button", name="Show all").click()
    assert len(shown(page)) == n_all
    spoken = [words for words in shown(page) if "friend whom we" in words]
    page.locator("[data-filter=voice][value=quote]").uncheck()
    assert spoken
    assert not [words for words in shown(page) if "friend whom we" in words]
    hidden = page.locator(".sentences tbody tr[hidden]")  # the table follows
    assert hidden.count() == n_all - len(shown(page))


def test_the_exchange_is_sound_for_helping_devices(page):
    read(page, ARTICLE)
    page.get_by_text("What if the states were exchanged?").click()
    page.get_by_role("button", name="Read it again").click()
    page.locator(".exchange-verdict").wait_for(timeout=30_000)
    for summary in page.locator(".exchange-result summary").all():
        summary.click()
    assert page.locator(".exchanged-dyads tbody tr").count() > 0
    assert offences(page) == []


def test_filters_matrix_and_exports_are_used_by_keyboard_alone(page):
    read(page, ARTICLE)
    page.locator("#article textarea").focus()

    tab_to(page, ".in-short .to-evidence")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('[data-dyad-card]').querySelector('details').open")
    page.locator("#article textarea").focus()

    tab_to(page, "a.download[href$='/json']")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert len(json.loads(Path(waiting.value.path()).read_bytes())["sentences"]) == 6

    tab_to(page, ".filters > summary")
    page.keyboard.press("Enter")
    tab_to(page, "[data-filter=sentiment][value=positive]")
    page.keyboard.press("Space")
    positive = page.locator(".article .sentence[data-sentiment=positive]")
    assert page.locator(".article .sentence.dimmed").count() == positive.count() > 0
    tab_to(page, ".filter-reset")
    page.keyboard.press("Enter")
    assert page.locator(".article .dimmed").count() == 0

    tab_to(page, ".matrix button[data-dyad='BOL>CHL']")
    page.keyboard.press("Enter")
    assert page.locator("[data-dyad-card='BOL>CHL']:visible ol").is_visible()
    assert page.evaluate("document.activeElement.closest('[data-dyad-card]').dataset.dyadCard") == "BOL>CHL"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "Bolivia accused Chile" in page.locator(".detail:visible blockquote").inner_text()
