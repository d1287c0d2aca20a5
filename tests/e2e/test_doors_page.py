"""Logging in and giving an address, in a real browser."""

from __future__ import annotations

import re

import pytest

from diplotone.serve.passwords import password_line

from ..browser import DESKTOP, IN_A_BROWSER, a_browser
from .test_page import ARTICLE, analyze, offences, serving

pytestmark = IN_A_BROWSER

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A browser before a service that asks for a login and fetches addresses."""
    home = tmp_path_factory.mktemp("home")
    passwords = home / "passwords"
    passwords.write_text(password_line("ada", PASSWORD, (2**10, 8, 1)) + "\n")
    passwords.chmod(0o600)
    settings = ("login=password", f"password_file={passwords}", "fetch_urls=true")
    with serving(home, *settings) as (_, url), a_browser() as browser:
        yield browser.new_page(base_url=url, **DESKTOP)


def log_in(page, password: str) -> None:
    page.context.clear_cookies()
    page.goto("/")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_wrong_password_is_told_and_shows_nothing(page):
    log_in(page, "guess")
    assert "do not belong together" in page.get_by_role("alert").inner_text()
    assert offences(page) == []
    page.goto("/")
    assert page.get_by_role("button", name="Log in").is_visible()


def test_whoever_logs_in_signs_what_is_corrected(page):
    log_in(page, PASSWORD)
    page.wait_for_selector("[data-state=welcome]", timeout=60_000)
    analyze(page, ARTICLE)
    page.locator(".article .sentence").nth(3).click()
    page.locator(".detail:visible").get_by_role("button", name="Correct this sentence").click()
    page.locator(".correction fieldset[data-task=tone]").get_by_label("hostile").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector(".detail:not([hidden]) .given .fresh")
    answer = page.request.get("/v1/labels")
    assert [label["annotator"] for label in answer.json()["labels"] if label["task"] == "tone"] == ["ada"]


def test_an_address_in_the_network_at_home_is_refused_in_words(page):
    log_in(page, PASSWORD)
    page.wait_for_selector("[data-state=welcome]", timeout=60_000)
    page.get_by_label("Address of an article").fill("http://127.0.0.1/secrets.html")
    page.get_by_role("button", name="Fetch it").click()
    page.wait_for_function("document.querySelector('.file-status').textContent.includes('127.0.0.1')")
    assert re.search(r"public", page.locator(".file-status").inner_text())
    assert page.locator("#article textarea").input_value() == ""


def test_logged_out_the_page_is_closed_again(page):
    log_in(page, PASSWORD)
    page.wait_for_selector("[data-state=welcome]", timeout=60_000)
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in").wait_for()
    assert page.request.get("/v1/labels").status == 401
