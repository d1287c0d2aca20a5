"""The Archive tab in a real browser: give a file, watch it, stop it, come back to it, take the result away."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import httpx
import pytest

from ..browser import DESKTOP, IN_A_BROWSER, PHONE
from . import test_page
from .test_page import offences

pytestmark = IN_A_BROWSER

browser, desktop, url, visit = test_page.browser, test_page.desktop, test_page.url, test_page.visit

SHORT = "text,date\n" + "\n".join(
    f'"Norway {verb} Latvia for gift {n}. They met in Suva. Riga agreed to talks.",{day}'
    for n, (day, verb) in enumerate(
        [
            ("2024-01-05", "condemned"),
            ("2024-01-20", "accused"),
            ("2024-02-01", "met"),
            ("2024-07-01", "thanked"),
            ("2024-12-01", "praised"),
            ("", "thanked"),
        ],
        1,
    )
)
N_LONG = 120
LONG_TEXT = " ".join(
    f"Norway thanked Latvia for gift number {{0}}-{n} and met it in Suva." for n in range(60)
)
LONG = "text,date\n" + "\n".join(f'"{LONG_TEXT.format(n)}",2024-01-{n % 28 + 1:02}' for n in range(N_LONG))
"""Some twenty turns of the analyzer: time enough to see it under way."""


def open_tab(page) -> None:
    if page.viewport_size["width"] > 800:
        page.get_by_role("tab", name="Archive").click()
    else:  # a narrow page has a menu of the tabs that find no room
        page.get_by_role("button", name="More tabs").click()
        page.locator(".overflow-dropdown").get_by_role("button", name="Archive").click()


def give(page, content: str, name: str = "press.csv") -> None:
    open_tab(page)
    page.set_input_files(
        ".archive-tab .file", {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )


def wait_for_words(page, pattern: str, timeout_ms: int = 60_000) -> str:
    """Wait until the progress reads so, and return it."""
    page.wait_for_function(
        "pattern => new RegExp(pattern).test(document.querySelector('.progress-words').textContent)",
        arg=pattern,
        timeout=timeout_ms,
    )
    return page.inner_text(".progress-words")


UNDER_WAY = rf"^[1-9]\d* of {N_LONG} texts of press\.csv, about \d+ (s|min) left$"
STOPPED = rf"^Stopped: (\d+) of {N_LONG} texts of press\.csv$"


def stop(page) -> int:
    """Press Stop, and return how many texts the page says are done."""
    page.get_by_role("button", name="Stop").click()
    found = re.search(STOPPED, wait_for_words(page, STOPPED, 5_000))
    assert found
    return int(found[1])


def downloaded(page, form: str) -> Path:
    with page.expect_download() as waiting:
        page.locator(".archive-result").get_by_role("link", name=form, exact=True).click()
    return Path(waiting.value.path())


def test_an_archive_is_scored_shown_over_time_and_downloaded(visit):
    page = visit()
    give(page, SHORT)
    page.locator(".archive-result").wait_for(timeout=60_000)
    assert page.inner_text(".progress-words") == "Done: 6 of 6 texts of press.csv"
    assert page.locator(".archive-result .sentences tbody tr").count() == 6
    assert "Norway" in page.locator(".dyad-totals tbody tr").first.inner_text()
    first = page.locator(".trends .trend").first
    assert re.search(r"4 points, first 2024-01 .*; last 2024-12 ", first.get_attribute("aria-label"))
    assert [first.locator("text", has_text=name).count() for name in ("+1", "−1", "2024-01", "2024-12")] == [
        1
    ] * 4
    page.locator(".trends summary").first.click()
    assert page.locator(".trends table").first.locator("tbody tr").count() == 4
    page.evaluate("localStorage.setItem('diplotone-annotator', 'xan')")
    page.get_by_role("button", name="Put its sentences most worth labelling up").click()
    page.get_by_text(re.compile(r"\d+ put up, of 8 read in 8")).wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV", exact=True).locator("visible=true").click()
    assert waiting.value.suggested_filename == "press-scored.csv"
    assert len(json.loads(downloaded(page, "JSON").read_text())["texts"]) == 6
    assert "Strongest sentences" in downloaded(page, "Brief (HTML)").read_text()


def test_an_archive_is_stopped_in_the_middle_and_what_is_done_is_taken_away(visit, url):
    page = visit()
    give(page, LONG)
    wait_for_words(page, UNDER_WAY)
    assert page.locator(".archive-tab .file").is_disabled()
    done = stop(page)
    assert 0 < done < N_LONG
    page.locator(".archive-result").wait_for()
    assert f"{done} of {N_LONG} texts read" in page.inner_text(".archive-result")
    assert page.locator(".archive-result .sentences tbody tr").count() == done
    assert not page.get_by_role("button", name="Stop").is_visible()
    assert page.locator(".archive-tab .file").is_enabled()
    with downloaded(page, "CSV").open(encoding="utf-8-sig", newline="") as file:
        assert [int(row["row"]) for row in csv.DictReader(file)] == list(range(1, done + 1))
    page.wait_for_timeout(2_500)  # longer than the turn that was under way
    token = page.evaluate("sessionStorage.getItem('diplotone-archive')")
    state = httpx.get(f"{url}/v1/archives/{token}").json()
    assert (state["state"], state["done"]) == ("cancelled", done)
    assert len(downloaded(page, "JSONL").read_text().splitlines()) == done


def test_a_reload_finds_the_archive_again_under_way_and_ended(visit):
    page = visit()
    give(page, LONG)
    before = int(wait_for_words(page, UNDER_WAY).partition(" ")[0])
    for _ in range(2):
        page.reload()
        page.get_by_role("tab", name="Archive").click()
        assert int(wait_for_words(page, UNDER_WAY).partition(" ")[0]) >= before
    done = stop(page)
    page.locator(".archive-result").wait_for()
    page.reload()
    page.get_by_role("tab", name="Archive").click()
    page.locator(".archive-result").wait_for()
    assert wait_for_words(page, STOPPED).startswith(f"Stopped: {done} of ")
    assert page.locator(".archive-tab .file").is_enabled()


def test_an_archive_is_asked_for_again_where_the_service_cannot_be_reached(visit):
    page = visit(forgive="ERR_FAILED")
    give(page, LONG)
    wait_for_words(page, UNDER_WAY)
    page.route("**/v1/archives/*", lambda route: route.abort(), times=2)
    wait_for_words(page, r"^No answer from the service; asking again in 1 s …$")
    wait_for_words(page, r"^No answer from the service; asking again in 2 s …$")
    wait_for_words(page, UNDER_WAY)
    assert page.locator(".archive-tab .problem").inner_text() == ""
    assert stop(page) > 0


def test_an_archive_that_is_not_kept_any_more_says_so(browser, url):
    page = browser.new_page(**DESKTOP)
    page.goto(url)
    page.wait_for_selector("[data-state=welcome]", timeout=60_000)
    page.evaluate("sessionStorage.setItem('diplotone-archive', 'a'.repeat(24))")
    page.reload()
    page.get_by_role("tab", name="Archive").click()
    page.get_by_role("alert").filter(has_text="this archive is not kept any more").wait_for()
    assert page.locator(".archive-tab .file").is_enabled()
    assert page.evaluate("sessionStorage.getItem('diplotone-archive')") is None
    page.close()


@pytest.mark.parametrize(
    ("scheme", "device"), [("light", DESKTOP), ("dark", PHONE)], ids=["light", "dark phone"]
)
def test_axe_finds_nothing_serious_on_a_result(visit, scheme, device):
    page = visit(**device, color_scheme=scheme)
    give(page, SHORT)
    page.locator(".archive-result").wait_for(timeout=60_000)
    page.locator(".trends summary").first.click()
    assert offences(page) == []
    width = device["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    drawing = page.locator(".trends .trend").first.bounding_box()
    assert drawing is not None
    assert 0 <= drawing["x"] < drawing["x"] + drawing["width"] <= width
    letters = page.locator(".trends .trend text").first.bounding_box()
    assert letters is not None
    assert letters["height"] >= 11  # no smaller than the small print of the page
