"""Many visitors at once: nobody sees anything of another's text."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..browser import DESKTOP, IN_A_BROWSER, a_browser
from .test_page import serving

pytestmark = IN_A_BROWSER

MARKERS = [f"Herring{letter * 3}" for letter in "abcdefghij"]
PATIENCE_MS = 120_000


def article(marker: str) -> str:
    """Alike but for the marker, so that all are read together and a mistake would stay unseen without it."""
    return (
        f"Norway accused Latvia of taking the ship {marker} on Monday. Latvia denied that it had seen {marker}.\n\n"
        f'"We want {marker} back," the Norwegian minister said. Both sides met in Suva.'
    )


@pytest.fixture(scope="module")
def visitors(tmp_path_factory):
    """A page of its own for each marker, none of which shares anything with another."""
    with serving(tmp_path_factory.mktemp("home")) as (_, url), a_browser() as browser:
        pages = [browser.new_context(**DESKTOP).new_page() for _ in MARKERS]
        for page in pages:
            page.set_default_timeout(PATIENCE_MS)
            page.goto(url, wait_until="commit")
        for page in pages:
            page.wait_for_selector("[data-state=welcome]")
        yield dict(zip(MARKERS, pages, strict=True))


def only_own(marker: str, seen: str) -> bool:
    return [other for other in MARKERS if other in seen] == [marker]


def test_ten_at_once_see_their_own_text_alone(visitors):
    for marker, page in visitors.items():
        page.fill("#article textarea", article(marker))
    for page in visitors.values():  # none waits for another's answer
        page.evaluate("document.querySelector('#analyze').click()")
    for page in visitors.values():
        page.wait_for_selector("[data-state=analysis]")
    tokens = {page.get_attribute("[data-token]", "data-token") for page in visitors.values()}
    assert len(tokens) == len(MARKERS)
    for marker, page in visitors.items():
        assert only_own(marker, page.content())
        assert page.locator(".article").inner_text().count(marker) == 3

    for page in visitors.values():
        page.get_by_text("What if the states were exchanged?").click()
        page.evaluate("document.querySelector('.exchange-form').requestSubmit()")
    for marker, page in visitors.items():
        page.locator(".exchange-verdict").wait_for()
        exchanged = page.text_content(".exchange-result")
        assert only_own(marker, exchanged)
        assert f"Latvia accused Norway of taking the ship {marker}" in exchanged

    for marker, page in visitors.items():
        for name in ("JSON", "CSV", "Brief"):
            with page.expect_download() as waiting:
                page.get_by_role("link", name=name, exact=True).click()
            assert only_own(marker, Path(waiting.value.path()).read_text(encoding="utf-8"))
