"""The Model tab in a real browser: retrain, read the verdict, put the release into use, go back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from diplotone.train.releases import promote

from ..browser import DESKTOP, IN_A_BROWSER, a_browser
from .test_page import offences

pytestmark = IN_A_BROWSER

RECIPE = """epochs = 0.5
replay = 40
"""
LONG_MS = 1_800_000
"""The retraining makes way for whatever else the machine does."""


@pytest.fixture
def url(tiny_release, tmp_path) -> Iterator[str]:
    """The service with a tiny release in use and twelve labels in its store."""
    promote(tiny_release)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    command = [sys.executable, "-m", "diplotone.serve", "--port", "0", "--set", f"retrain_recipe={recipe}"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as service:
        assert service.stdout is not None
        found = re.search(r"http://\S+", service.stdout.readline())
        try:
            assert found
            rows = [f"Oslo sent Riga the heron number {n}.,cooperative" for n in range(12)]
            given = httpx.post(
                f"{found[0]}/v1/labels/import",
                params={"name": "labels.csv", "annotator": "ada"},
                content="\n".join(["text,tone", *rows]),
                timeout=60,
            )
            assert given.json()["added"] == 12
            yield found[0]
        finally:
            for one in httpx.get(f"{found[0]}/v1/retrain", timeout=60).json()["retrainings"] if found else ():
                httpx.delete(f"{found[0]}/v1/retrain/{one['id']}", timeout=60)
            service.terminate()
            service.communicate(timeout=60)


@pytest.fixture
def page(url):
    with a_browser() as browser:
        page = browser.new_page(**DESKTOP)
        complaints: list[str] = []
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.set_default_timeout(120_000)
        open_model(page, url)
        yield page
    assert complaints == []


def open_model(page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("[data-state=welcome]")
    page.get_by_role("tab", name="Model").click()
    page.get_by_text("12 labelled sentences would be learnt").wait_for()


def answer(page, question: str, button: str) -> None:
    dialog = page.get_by_role("dialog", name=re.compile(question))
    dialog.get_by_role("button", name=button, exact=True).click()
    dialog.wait_for(state="hidden")


def test_from_the_button_to_the_way_back(page, url):
    first = page.inner_text(".model code")
    assert "only the last layer is trained" in page.inner_text("[data-part=plan]")
    assert page.get_by_role("button", name="Go back").is_visible()  # the shipped one was in use before
    page.get_by_role("button", name="Retrain", exact=True).click()
    page.locator(".progress.running .progress-words").filter(has_text=re.compile(r"\w+")).wait_for()
    open_model(page, url)  # another tab, another day: it goes on
    page.locator(".progress.running").wait_for()
    page.get_by_role("button", name="Retrain again after this one").click()
    page.locator(".progress.waiting").get_by_text("waits for its turn").wait_for()
    assert page.locator("button.start").is_disabled()
    page.locator(".progress.waiting").get_by_role("button", name="Cancel").click()
    answer(page, "Cancel this retraining", "Yes")
    page.get_by_text("It was cancelled; nothing has changed.").wait_for()

    promoting = page.get_by_role("button", name="Put into use")
    promoting.wait_for(timeout=LONG_MS)
    assert page.locator(".verdict-words").inner_text().partition(":")[0] in ("Better", "Worse", "Undecided")
    page.get_by_text("The project's own test sentences").click()
    assert re.search(r"hostile, F1\s+\d+\s+\d\.\d{3}", page.inner_text("[data-part=outcome]"))
    outcome = page.inner_text("[data-part=outcome]")
    assert re.search(
        r"Of the 12 sentences that are labelled or put up for labelling, \d+ would get another label", outcome
    )
    assert re.search(r"The project's test labels answered right\s+[\d,]+ of [\d,]+\s+[\d,]+ of", outcome)
    assert re.search(r"Speed, in sentences a second\s+1\s+\d+\.\d\d times that", outcome)
    assert "How it was made:" in outcome
    assert "only the heads are trained" in outcome
    assert offences(page) == []

    promoting.click()
    answer(page, "Put tiny-r1@", "No")
    assert page.inner_text(".model code") == first
    promoting.click()
    answer(page, "Put tiny-r1@", "Yes")
    page.locator(".model code").filter(has_text="tiny-r1@").wait_for()
    page.get_by_text(re.compile(r"tiny-r1@\w+ is in use\.")).wait_for()
    page.get_by_role("button", name="Go back").click()
    answer(page, "go back to tiny-", "Yes")
    page.locator(".model code").filter(has_text=first).wait_for()
    assert httpx.get(f"{url}/health", timeout=60).json()["release"] == first
