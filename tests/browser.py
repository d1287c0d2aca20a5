"""Debian's Chromium, driven by Playwright, as every test of the page starts it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}

IN_A_BROWSER = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs Debian's chromium in {CHROMIUM}"),
]
"""Marks of a module all of whose tests start a browser."""

_QUIETLY = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
]


@contextlib.contextmanager
def a_browser() -> Iterator[Browser]:
    """A browser that asks nobody for anything by itself."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the dev extra")
    with (
        playwright.sync_playwright() as driver,
        contextlib.closing(driver.chromium.launch(executable_path=str(CHROMIUM), args=_QUIETLY)) as browser,
    ):
        yield browser


@contextlib.contextmanager
def a_page(url: str, **options: Any) -> Iterator[Page]:
    """The page in a browser of its own, ready to be typed into; of a desktop, or as the options say."""
    with a_browser() as browser:
        page = browser.new_page(**(options or DESKTOP))
        page.goto(url)
        page.wait_for_selector("[data-state=welcome]", timeout=60_000)
        yield page
