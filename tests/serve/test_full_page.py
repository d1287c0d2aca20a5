"""What somebody sees on the page when too many wait already, in a real browser."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from diplotone.serve.page import PAGE_EVENTS

from ..browser import IN_A_BROWSER, a_page
from ..e2e.test_page import ARTICLE

pytestmark = IN_A_BROWSER


@pytest.fixture
def full(running, analyzer, monkeypatch):
    """A service in which as many requests of the page wait as may, and what lets them go on."""
    gate = threading.Event()
    genuine = analyzer.analyze
    with running(max_waiting=1) as url, httpx.Client(base_url=url, trust_env=False) as http:
        monkeypatch.setattr(analyzer, "analyze", lambda text: gate.wait(60) and genuine(text))
        dependencies = http.get("/config").json()["dependencies"]
        number = next(found["id"] for found in dependencies if found["api_name"] == "show")
        taken = refused = 0
        while refused < 20:  # and so no longer because one has not begun yet
            call = {"data": [ARTICLE], "fn_index": number, "session_hash": f"crowd{taken}"}
            status = http.post("/gradio_api/queue/join", json=call).status_code
            assert status in (200, 503)
            taken, refused = (taken + 1, 0) if status == 200 else (taken, refused + 1)
            time.sleep(0.02)
        assert taken == PAGE_EVENTS + 1
        yield url, gate
        gate.set()


def test_a_page_that_finds_the_queue_full_says_so_and_can_try_again(full):
    url, gate = full
    with a_page(url) as page:
        page.fill("#article textarea", ARTICLE)
        page.click("#analyze")
        page.get_by_text("This application is currently busy. Please try again.").first.wait_for()
        assert page.input_value("#article textarea") == ARTICLE
        assert page.get_by_role("button", name="Analyze").is_enabled()
        gate.set()
        for _ in range(20):  # until the others are done
            page.click("#analyze")
            page.wait_for_timeout(500)
            if page.locator("[data-state=analysis]").count():
                break
        assert page.locator("[data-state=analysis]").is_visible()
