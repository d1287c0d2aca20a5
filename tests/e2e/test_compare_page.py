"""The tab Compare in a real browser, with the release that ships: what it shows, by mouse and by keys."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from diplotone.model.article.ladder import Ladder
from diplotone.serve.samples import read_statements

from ..browser import DESKTOP, IN_A_BROWSER, PHONE
from . import test_page
from .test_page import offences, tab_to

pytestmark = IN_A_BROWSER

EARLIER = """\
Oslo and Riga held constructive talks on herring on Monday. Oslo notes with concern the seizure of a trawler.

Oslo thanks Riga for the rescue of a crew. The two sides remain in contact."""
LATER = """\
Oslo and Riga held frank talks on herring on Friday. Oslo strongly condemns the seizure of a trawler.

Oslo expelled the Latvian attaché and will impose sanctions. The two sides remain in contact."""


browser, desktop, url, visit_page = test_page.browser, test_page.desktop, test_page.url, test_page.visit


@pytest.fixture
def visit(visit_page):
    """Opens the tab; in the end nothing may have gone wrong in it but what `forgive` names, nor come from elsewhere."""

    def open_tab(**options):
        page = visit_page(**options)
        page.get_by_role("tab", name="Compare").click()
        page.locator(".compare textarea").first.wait_for()
        return page

    return open_tab


def compare(page, earlier: str = EARLIER, later: str = LATER) -> None:
    page.fill(".compare [name=a]", earlier)
    page.fill(".compare [name=b]", later)
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator(".compared").wait_for(timeout=60_000)
    page.wait_for_timeout(300)


def figure(words: str) -> float:
    return float(words.replace("−", "-"))


def test_an_empty_tab_teaches_and_offers_an_example(visit):
    page = visit()
    assert "What you will see" in page.inner_text(".comparison")
    page.get_by_text("The diplomatic ladder").click()
    assert page.locator(".ladder tbody tr:visible").count() == len(Ladder.load().rungs)
    page.fill(".compare [name=a]", "My own text.")
    assert not page.get_by_role("button", name="Put my texts back").is_visible()
    page.get_by_role("button", name="Try two invented statements").click()
    page.locator(".compared").wait_for(timeout=60_000)
    boxes = [page.input_value(f".compare [name={name}]") for name in "ab"]
    assert tuple(boxes) == read_statements()
    assert {"same", "reworded", "dropped", "added"} <= set(
        " ".join(item.get_attribute("class") or "" for item in page.locator(".change").all()).split()
    )
    assert figure(page.inner_text(".shift-box .value")) < 0
    page.get_by_role("button", name="Put my texts back").click()
    assert [page.input_value(f".compare [name={name}]") for name in "ab"] == ["My own text.", ""]
    assert not page.get_by_role("button", name="Put my texts back").is_visible()


def test_what_changed_is_marked_judged_and_counted(visit, codebook):
    page = visit()
    compare(page)
    assert page.locator(".changes del:not(.whole)").all_inner_texts() == [
        "constructive", "Monday", "notes with concern",
    ]  # fmt: skip
    assert page.locator(".changes ins:not(.whole)").all_inner_texts() == [
        "frank", "Friday", "strongly condemns",
    ]  # fmt: skip
    assert page.locator(".changes del.whole").all_inner_texts() == [
        "Oslo thanks Riga for the rescue of a crew."
    ]
    lines = [
        page.locator(f".changes {tag}").first.evaluate("e => getComputedStyle(e).textDecorationLine")
        for tag in ("del", "ins")
    ]
    assert lines == ["line-through", "underline"]
    assert "3 sentences stand for each other, 1 dropped, 1 added." in page.inner_text(".counts")

    values = [figure(words) for words in page.locator(".two-tones .value").all_inner_texts()]
    assert values[0] == pytest.approx(values[2] - values[1], abs=0.011)
    assert values[0] < 0
    for box in page.locator(".two-tones > div").all_inner_texts():
        assert re.search(r"95 % interval [−+]?\d\.\d\d to [−+]?\d\.\d\d", box)

    condemned = page.locator(".change").nth(1)
    assert "↓ 3 steps down" in " ".join(condemned.locator(".steps").inner_text().split())
    found = page.request.post(f"{page.url}v1/compare", data={"a": EARLIER, "b": LATER}).json()
    shifts = [
        round(change["tone_shift"], 2) for change in found["sentences"] if change["tone_shift"] is not None
    ]
    assert [figure(words) for words in page.locator(".change .shift b").all_inner_texts()] == shifts
    assert [side.split()[-2:] for side in condemned.locator(".rung").all_inner_texts()] == [
        ["−2", "concerned"],
        ["−5", "condemning"],
    ]
    chips = condemned.locator(".signs .chip")
    assert chips.count() == 2
    name, probability = chips.nth(1).inner_text().split()[-2:]
    assert 0.2 <= float(probability) <= 1
    colour = codebook["tone"][name].light
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    assert chips.nth(1).evaluate("e => getComputedStyle(e).borderColor") == f"rgb({red}, {green}, {blue})"

    dropped, added = page.locator(".phrases").all_inner_texts()
    for phrase in ("“constructive”", "“note with concern”", "Rung −2, concerned: "):
        assert phrase in dropped
    for phrase in ("“frank”", "“strongly condemn”", "“impose sanctions”", "Rung −7, breaking: "):
        assert phrase in added
    assert "remain in contact" not in dropped + added

    page.get_by_label(re.compile("Only what changed")).check()
    assert page.locator(".change:visible").count() == page.locator(".change:not(.same)").count() == 4


def test_the_two_are_swapped(visit):
    page = visit()
    compare(page)
    shift = figure(page.inner_text(".shift-box .value"))
    page.get_by_role("button", name="Swap the two").click()
    assert page.input_value(".compare [name=a]") == LATER
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_function("document.querySelector('.changes ins')?.textContent === 'constructive'")
    assert figure(page.inner_text(".shift-box .value")) == -shift


def test_what_cannot_be_compared_is_told_and_takes_nothing_away(visit):
    page = visit(forgive="400")
    compare(page)
    page.fill(".compare [name=b]", "   ")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("alert").get_by_text("the later text (b) is empty").wait_for()
    assert page.locator(".compared").count() == 1
    compare(page, later="Oslo thanked Riga.")
    page.wait_for_function(
        "document.querySelector('.shift-box').textContent.includes('no shift of the whole')"
    )
    assert "the second text has no tone index: 1 of 1 sentences" in page.inner_text(".shift-box")
    assert page.inner_text(".compare .problem") == ""


def test_a_comparison_is_taken_away(visit, browser, tmp_path):
    page = visit()
    compare(page, later="=" + LATER)
    files = {}
    for name in ("Brief", "JSON", "CSV", "Parquet"):
        with page.expect_download() as waiting:
            page.locator(".compared").get_by_role("link", name=name, exact=True).click()
        files[name] = waiting.value
    assert re.fullmatch(r"diplotone-[0-9a-f]{8}-[0-9a-f]{8}\.html", files["Brief"].suggested_filename)
    found = json.loads(Path(files["JSON"].path()).read_bytes())
    assert found["tone_shift"] == pytest.approx(figure(page.inner_text(".shift-box .value")), abs=0.006)
    assert found["after"]["sentences"][0]["text"].startswith("=Oslo")
    rows = list(csv.DictReader(io.StringIO(Path(files["CSV"].path()).read_text("utf-8-sig"))))
    assert [row["change"] for row in rows] == ["reworded", "reworded", "dropped", "added", "same"]
    assert rows[0]["text_after"].startswith("'=Oslo")
    assert rows[1]["words_added"] == "strongly condemns"
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the parquet extra")
    table = parquet.read_table(files["Parquet"].path())
    assert table["change"].to_pylist() == [row["change"] for row in rows]
    assert table["steps"].to_pylist()[1] == -3

    files["Brief"].save_as(tmp_path / "brief.html")
    brief = browser.new_page()
    asked: list[str] = []
    brief.on("request", lambda r: asked.append(r.url))
    brief.goto((tmp_path / "brief.html").as_uri())
    assert asked == [(tmp_path / "brief.html").as_uri()]
    assert brief.locator("td ins").all_inner_texts()[-2:] == [
        "strongly condemns",
        "Oslo expelled the Latvian attaché and will impose sanctions.",
    ]
    assert f"{found['tone_shift']:+.2f}" in brief.inner_text(".index")
    brief.emulate_media(media="print")
    brief.set_viewport_size({"width": 700, "height": 1000})
    assert brief.evaluate("document.documentElement.scrollWidth") <= 700
    assert (
        brief.evaluate("getComputedStyle(document.querySelector('td del')).textDecorationLine")
        == "line-through"
    )
    assert brief.pdf().startswith(b"%PDF")
    assert offences(brief) == []
    brief.close()


def test_a_text_is_text_and_never_program(visit, browser, tmp_path):
    page = visit()
    hostile = (
        '<img src=x onerror="window.taken=1"><script>window.taken=1</script> ${window.taken=1} {{taken}}'
    )
    compare(
        page, f"{hostile} said Oslo to Riga on Monday.", f"{hostile} said Oslo to Riga on Friday. {hostile}"
    )
    assert "<script>window.taken=1</script>" in page.inner_text(".changes")
    assert "${window.taken=1} {{taken}}" in page.inner_text(".changes")
    assert page.evaluate("window.taken") is None
    with page.expect_download() as waiting:
        page.locator(".compared").get_by_role("link", name="Brief", exact=True).click()
    waiting.value.save_as(tmp_path / "brief.html")
    brief = browser.new_page()
    brief.goto((tmp_path / "brief.html").as_uri())
    assert "<script>window.taken=1</script>" in brief.inner_text("body")
    assert brief.evaluate("window.taken") is None
    brief.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, scheme):
    page = visit(**(DESKTOP if scheme == "light" else PHONE), color_scheme=scheme)
    page.get_by_text("The diplomatic ladder").click()
    found = offences(page)
    compare(page)
    assert page.locator("body.dark").count() == (scheme == "dark")
    found += offences(page)
    assert found == []


def test_a_phone_shows_the_shift_without_scrolling_sideways(visit):
    page = visit(**PHONE)
    compare(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    whole = page.locator(".shift-box .value").bounding_box()
    assert 0 <= whole["y"] <= 844 - whole["height"]
    shifts = page.locator(".change .shift b").all()
    assert len(shifts) == 3
    for shift in (page.locator(".shift-box .value"), *shifts):
        box = shift.bounding_box()
        assert 0 <= box["x"] <= 390 - box["width"]
    earlier, later = (page.locator(".change").first.locator(".side").nth(n).bounding_box() for n in (0, 1))
    assert earlier["y"] + earlier["height"] <= later["y"]
    names = page.locator(".change").first.locator(".side-name").all_inner_texts()
    assert names == ["The earlier text, sentence 0", "The later text, sentence 0"]
    scrolled_sideways = page.evaluate(
        "[...document.querySelectorAll('.compare *')].filter(e => e.scrollWidth > e.clientWidth + 1"
        " && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)).length"
    )
    assert scrolled_sideways == 0


def test_two_texts_are_compared_by_keyboard_alone(visit):
    page = visit()

    page.get_by_role("tab", name="Compare").focus()
    tab_to(page, ".compare [name=a]", within=40)
    page.keyboard.insert_text(EARLIER)
    page.keyboard.press("Tab")
    page.keyboard.insert_text(LATER)
    page.keyboard.press("Shift+Enter")
    page.locator(".compared").wait_for(timeout=60_000)
    assert page.input_value(".compare [name=b]") == LATER
    page.wait_for_function("document.activeElement.textContent === 'Shift of tone'")
    tab_to(page, ".download", within=40)
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename.endswith(".html")
    tab_to(page, ".only-changes", within=40)
    assert page.locator(".change.same:visible").count() == 1
    page.keyboard.press("Space")
    assert page.locator(".change.same:visible").count() == 0
