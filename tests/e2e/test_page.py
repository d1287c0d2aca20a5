"""The real page in a real browser, with the release that ships."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from diplotone.serve.samples import SAMPLES, read_sample

CHROMIUM = Path("/usr/bin/chromium")
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}

ARTICLE = """Norway and Latvia quarrel over herring

Norway accused Latvia of stealing herring on Monday. Latvia rejected the charge and expelled an attaché.

"We are ready to talk," the Norwegian foreign minister said. The European Union thanked both for their calm."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs Debian's chromium in {CHROMIUM}"),
]


@contextlib.contextmanager
def serving() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The service started as users start it, with the smallest limit that the samples pass, and its URL."""
    command = [sys.executable, "-m", "diplotone.serve", "--port", "0", "--set", "max_chars=5_000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        line = service.stdout.readline()
        try:
            found = re.fullmatch(
                r"Diplotone is ready at (http://127\.0\.0\.1:\d+) \(\S+@[0-9a-f]{12}\)\n", line
            )
            assert found, f"the service said {line!r}"
            yield service, found[1]
        finally:
            service.terminate()
            service.communicate(timeout=20)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving() as (_, address):
        yield address


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the dev extra")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=BROWSER_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, url):
    """Opens the page; in the end nothing may have gone wrong in it, and nothing come from elsewhere."""
    complaints: list[str] = []
    opened = []

    def open_page(**options):
        page = browser.new_page(**(options or DESKTOP))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("response", lambda r: complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.on(
            "request",
            lambda r: (
                None if r.url.startswith((url, "data:", "blob:")) else complaints.append(f"foreign {r.url}")
            ),
        )
        page.goto(url)
        page.wait_for_selector("[data-state=welcome]", timeout=60_000)
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        page.close()
    assert complaints == []


def analyze(page, text: str, state: str = "analysis") -> None:
    page.fill("#article textarea", text)
    page.click("#analyze")
    page.wait_for_selector(f"[data-state={state}]", timeout=60_000)
    page.wait_for_timeout(300)


def index_value(page) -> float:
    return float(page.inner_text(".verdict .value").replace("−", "-"))


def test_a_first_visitor_is_told_what_will_come(visit):
    page = visit()
    welcome = page.inner_text("#result")
    assert "What you will see" in welcome
    for tone in ("hostile", "critical", "neutral", "cooperative", "conciliatory"):
        assert tone in welcome
    assert page.get_by_role("button", name="Analyze").is_visible()


def test_a_pasted_article_is_read_in_one_view(visit):
    page = visit()
    analyze(page, ARTICLE)
    shown = page.inner_text("#result")
    assert re.search(r"95 % interval [−+]?\d\.\d\d to [−+]?\d\.\d\d", shown)
    assert "5 of 5 sentences scored" in shown
    assert page.locator(".article p").count() == 3
    assert page.locator(".article .sentence").count() == 5
    assert "Norway → Latvia" in re.sub(
        r" toward ", "", page.locator(".dyads").inner_text().replace("\n", " ")
    )
    assert page.locator(".arc [data-sentence]").count() == 5
    page.get_by_text("How it is computed").click()
    assert "sum of expected tone" in page.inner_text(".formula")
    assert page.evaluate("getComputedStyle(document.querySelector('.sentences')).display") == "table"
    page.get_by_text("5 sentences as a table").click()
    assert page.locator(".sentences tbody tr").count() == 5


def test_the_samples_differ_as_they_should(visit):
    page = visit()
    values = {}
    for title in SAMPLES:
        page.get_by_role("button", name=title).click()
        first_words = read_sample(title)[:30]
        page.wait_for_function(
            "words => document.querySelector('.article')?.textContent.includes(words)", arg=first_words
        )
        values[title] = index_value(page)
    assert values["A border crisis"] < values["A routine trade day"]
    assert values["A border crisis"] < values["A summit thaw"]
    assert values["A summit thaw"] > 0 > values["A border crisis"]


def test_a_sentence_is_selected_by_mouse_and_by_keyboard(visit):
    page = visit()
    analyze(page, ARTICLE)
    page.locator(".article .sentence").nth(1).click()
    detail = page.locator(".detail:visible")
    assert detail.count() == 1
    assert "Sentence 1" in detail.inner_text()
    assert "Norway NOR as “Norway”" in detail.inner_text()
    assert page.locator('.sentence[aria-pressed="true"]').count() == 1
    page.keyboard.press("ArrowRight")
    assert "Sentence 2" in page.locator(".detail:visible").inner_text()
    page.keyboard.press("End")
    assert "Sentence 4" in page.locator(".detail:visible").inner_text()
    page.keyboard.press("Escape")
    assert page.locator(".detail:visible").count() == 0
    page.keyboard.press("Enter")
    assert "Sentence 4" in page.locator(".detail:visible").inner_text()


def test_the_details_stay_in_sight_in_a_long_article(visit):
    page = visit()
    analyze(page, " ".join(f"Norway thanked Latvia for gift number {n} on that day." for n in range(90)))
    page.locator(".article .sentence").nth(85).click()
    assert page.locator(".detail:visible h4").bounding_box()["y"] >= 0
    assert page.locator(".detail:visible h4").bounding_box()["y"] < 850


def test_evidence_leads_to_its_sentence(visit):
    page = visit()
    analyze(page, ARTICLE)
    page.locator(".dyad summary").first.click()
    link = page.locator(".dyad .to-sentence").first
    number = link.inner_text()
    link.click()
    assert page.locator(".detail:visible h4").inner_text().endswith(f" {number}")


def test_another_article_leaves_nothing_of_the_first(visit):
    page = visit()
    analyze(page, ARTICLE)
    page.locator(".article .sentence").nth(1).click()
    analyze(page, "Chad praised Niger. Niger thanked Chad for the grain. Their ministers met on Friday.")
    page.wait_for_function("() => !document.querySelector('.article').textContent.includes('herring')")
    assert "Norway" not in page.locator("#result").text_content()
    assert page.locator(".detail:visible").count() == 0
    page.locator(".article .sentence").first.click()
    assert "Chad TCD" in page.locator(".detail:visible").inner_text()
    page.get_by_role("button", name="Clear").click()
    page.wait_for_selector("[data-state=welcome]")
    assert page.input_value("#article textarea") == ""


@pytest.mark.parametrize(
    ("text", "state", "words"),
    [
        ("   ", "problem", "the text is empty; paste an article or a statement"),
        ("Oslo met Riga. " * 1_000, "problem", "more than 5,000 characters"),
        (
            "Die Minister trafen sich am Montag in der Hauptstadt und sprachen über den Vertrag.",
            "analysis",
            "does not seem to be English",
        ),
    ],
    ids=["empty", "too long", "german"],
)
def test_what_cannot_be_read_is_told_clearly(visit, text, state, words):
    page = visit()
    analyze(page, text, state)
    alert = page.get_by_role("alert").filter(has_text=words)
    assert alert.is_visible()


def test_an_article_is_text_and_never_program(visit):
    page = visit()
    hostile = (
        '<img src=x onerror="window.taken=1"><script>window.taken=1</script> ${window.taken=1} {{taken}}'
    )
    analyze(page, f"{hostile} said Norway on Monday. Latvia condemned Norway. They met in Oslo.")
    assert "<script>window.taken=1</script>" in page.inner_text(".article")
    assert "${window.taken=1} {{taken}}" in page.inner_text(".article")
    assert page.evaluate("window.taken") is None


def test_dark_pages_take_the_dark_colours(visit, codebook):
    page = visit(**DESKTOP, color_scheme="dark")
    analyze(page, ARTICLE)
    for number, label in enumerate(codebook["tone"].labels):
        shown = page.evaluate(
            f"getComputedStyle(document.querySelector('.legend .tone-{number}')).borderColor"
        )
        red, green, blue = (int(label.dark[n : n + 2], 16) for n in (1, 3, 5))
        assert shown == f"rgb({red}, {green}, {blue})"


def test_a_phone_scrolls_in_one_direction_and_shows_details_beside_the_text(visit):
    page = visit(**PHONE)
    analyze(page, ARTICLE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".article .sentence").nth(1).tap()
    box = page.locator(".details.open").bounding_box()
    assert box is not None
    assert box["y"] >= 844 * 0.4
    assert box["y"] + box["height"] <= 845
    page.get_by_role("button", name="Close the details").tap()
    assert page.locator(".details.open").count() == 0


def test_python_clients_get_the_analysis_of_the_http_interface(url):
    import httpx
    from gradio_client import Client

    client = Client(url, verbose=False)
    found = client.predict(text=ARTICLE, api_name="/analyze")
    expected = httpx.post(f"{url}/v1/analyze", json={"text": ARTICLE}, timeout=60).json()
    assert {**found, "provenance": 0} == {**expected, "provenance": 0}


def test_an_open_page_does_not_hold_up_the_end(browser):
    with serving() as (service, url):
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector("[data-state=welcome]", timeout=60_000)
        page.wait_for_timeout(500)
        service.send_signal(signal.SIGINT)
        _, complaints = service.communicate(timeout=20)
        page.close()
    assert (service.returncode, complaints) == (0, "")
