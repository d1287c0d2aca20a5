"""The releases that are kept, on the Model tab in a real browser."""

from __future__ import annotations

import re

from diplotone.train.releases import promote

from ..browser import IN_A_BROWSER, a_page
from .test_page import offences, serving

pytestmark = IN_A_BROWSER


def test_every_kept_release_is_shown_with_its_date_and_which_is_in_use(tiny_release, own_home):
    promoted, _ = promote(tiny_release)
    with serving(own_home) as (_, url), a_page(url) as page:
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
