"""The releases that are kept, on the Model tab in a real browser."""

from __future__ import annotations

import re

import pytest

from diplotone.train.releases import promote

from .test_page import BROWSER_OPTIONS, CHROMIUM, DESKTOP, offences, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs Debian's chromium in {CHROMIUM}"),
]


def test_every_kept_release_is_shown_with_its_date_and_which_is_in_use(tiny_release, own_home):
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the dev extra")
    promoted, _ = promote(tiny_release)
    with serving(own_home) as (_, url), playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=BROWSER_OPTIONS)
        page = browser.new_page(**DESKTOP)
        page.goto(url)
        page.wait_for_selector("[data-state=welcome]", timeout=60_000)
        page.get_by_role("tab", name="Model").click()
        rows = page.locator(".releases tbody tr")
        rows.first.wait_for(timeout=60_000)
        tiny, shipped = (" ".join(words.split()) for words in rows.all_inner_texts())
        assert re.fullmatch(
            rf"{re.escape(promoted.label)} 20\d\d-\d\d-\d\d \d\d:\d\d UTC none in use", tiny
        ), tiny
        assert re.fullmatch(r"diplotone-minilm@[0-9a-f]{12} came with Diplotone – shipped", shipped), shipped
        assert offences(page) == []
        page.get_by_role("button", name="Go back").click()
        page.get_by_role("dialog").get_by_role("button", name="Yes").click()
        page.locator(".releases tr.in-use").filter(has_text="shipped").wait_for(timeout=60_000)
        assert page.locator(".releases tr.in-use").count() == 1
        browser.close()
