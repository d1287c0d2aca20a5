"""The real page in a real browser, with the release that ships."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from diplotone.serve.samples import SAMPLES, read_sample

from ..browser import DESKTOP, IN_A_BROWSER, PHONE, a_browser

ARTICLE = """Norway and Latvia quarrel over herring

Norway accused Latvia of stealing herring on Monday. Latvia rejected the charge and expelled an attaché.

"We are ready to talk," the Norwegian foreign minister said. The European Union thanked both for their calm."""

pytestmark = IN_A_BROWSER


@contextlib.contextmanager
def serving(home: Path, *settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The service started as users start it, with the smallest limit that the samples pass, and its URL."""
    environment = os.environ | {"DIPLOTONE_HOME": str(home)}
    command = [sys.executable, "-m", "diplotone.serve", "--port", "0", "--set", "max_chars=5_000"]
    command += [word for setting in settings for word in ("--set", setting)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as service:
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
def url(tmp_path_factory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("home")) as (_, address):
        yield address


@pytest.fixture(scope="module")
def browser():
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def desktop(browser):
    """One cache for all pages of the usual kind: each would load Gradio's scripts anew otherwise."""
    context = browser.new_context(**DESKTOP)
    yield context
    context.close()


@pytest.fixture
def visit(browser, desktop, url):
    """Opens the page; in the end nothing may have gone wrong in it, and nothing come from elsewhere."""
    complaints: list[str] = []
    opened = []

    def open_page(*, forgive: str = "\0", **options):
        page = browser.new_page(**options) if options else desktop.new_page()
        page.on(
            "console", lambda m: m.type == "error" and forgive not in m.text and complaints.append(m.text)
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "response",
            lambda r: (
                complaints.append(f"{r.status} {r.url}")
                if r.status >= 400 and forgive not in str(r.status)
                else None
            ),
        )
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
        page.evaluate("localStorage.clear()")
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
    assert "make a link" not in welcome


def test_a_pasted_article_is_read_in_one_view(visit):
    page = visit()
    analyze(page, ARTICLE)
    shown = page.inner_text("#result")
    assert re.search(r"95 % interval [−+]?\d\.\d\d to [−+]?\d\.\d\d", shown)
    assert "5 of 5 sentences scored" in shown
    assert page.locator(".article p").count() == 3
    assert page.locator(".article .sentence").count() == 5
    assert "Norway → Latvia" in re.sub(
        r" toward ", "", page.locator(".dyads").first.inner_text().replace("\n", " ")
    )
    assert page.locator("[data-view=all] .arc [data-sentence]").count() == 5
    page.get_by_text("How it is computed").locator("visible=true").click()
    assert "sum of expected tone" in page.locator(".formula").first.inner_text()
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


def test_a_selected_sentence_shows_its_rungs_and_its_precedents(visit):
    page = visit()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "/precedents/" in r.url else None)
    analyze(
        page, "Norway strongly condemned Latvia on Monday. Latvia thanked Norway. They met in Oslo on Friday."
    )
    assert asked == []
    page.locator(".article .sentence").first.focus()
    page.keyboard.press("Enter")
    detail = page.locator(".detail:visible")
    assert "strongly condemn" in detail.locator(".rungs").inner_text()
    assert "Rung −" in detail.locator(".rungs").inner_text()
    detail.locator(".nearest > li").first.wait_for()
    assert detail.locator(".nearest > li").count() == 3
    likeness = [float(n) for n in detail.locator(".nearest .number").all_inner_texts()]
    assert likeness == sorted(likeness, reverse=True)
    assert all(detail.locator(".nearest > li").nth(n).locator(".chip").count() for n in range(3))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")  # passes the second sentence without a stop
    page.locator(".detail:visible .nearest > li").first.wait_for()
    assert [url.rpartition("/")[2] for url in asked] == ["0", "2"]
    analyze(page, ARTICLE)
    page.wait_for_function("() => document.querySelector('.article').textContent.includes('herring')")
    assert page.locator(".nearest").count() == 0
    page.locator(".article .sentence").first.click()
    page.locator(".detail:visible .nearest > li").first.wait_for()


def test_the_details_stay_in_sight_in_a_long_article(visit):
    page = visit()
    analyze(page, " ".join(f"Norway thanked Latvia for gift number {n} on that day." for n in range(90)))
    page.locator(".article .sentence").nth(85).click()
    assert page.locator(".detail:visible h3").bounding_box()["y"] >= 0
    assert page.locator(".detail:visible h3").bounding_box()["y"] < 850


def test_evidence_leads_to_its_sentence(visit):
    page = visit()
    analyze(page, ARTICLE)
    page.locator(".dyad summary").first.click()
    link = page.locator(".dyad .to-sentence").first
    number = link.inner_text()
    link.click()
    assert page.locator(".detail:visible h3").inner_text().endswith(f" {number}")


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


def correct(page, sentence: int, label: str, name: str = "ada") -> None:
    """Correct a sentence as a reader does, and wait until the page says that it is saved."""
    page.locator(".article .sentence").nth(sentence).click()
    page.locator(".detail:visible").get_by_role("button", name="Correct this sentence").click()
    page.locator(".correction fieldset[data-task=tone]").get_by_label(label).check()
    page.fill(".correction [name=annotator]", name)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector(".detail:not([hidden]) .given .fresh")


def stored(url: str) -> list[dict]:
    import httpx

    return httpx.get(f"{url}/v1/labels", params={"limit": 500}).json()["labels"]


def test_a_correction_is_stored_shown_again_and_undone(visit, url):
    page = visit()
    analyze(page, ARTICLE)
    correct(page, 3, "hostile")
    row = next(label for label in stored(url) if label["task"] == "tone")
    assert row["text"] == '"We are ready to talk," the Norwegian foreign minister said.'
    assert (row["annotator"], row["old"], row["new"]) == ("ada", "cooperative", "hostile")
    assert "diplotone-minilm@" in row["release"]
    assert page.locator(".article .corrected").count() == 1
    analyze(page, ARTICLE + " ")
    page.wait_for_selector(".article .corrected")
    page.locator(".article .sentence").nth(3).click()
    given = page.locator(".detail:visible .given li", has_text="tone")
    assert "by ada" in given.inner_text()
    given.get_by_role("button", name="Undo").click()
    page.get_by_text("taken back").first.wait_for()
    assert stored(url)[0]["undoes"] == row["id"]


def test_a_pair_is_corrected_with_its_spans(visit, url):
    page = visit()
    analyze(page, ARTICLE)
    page.locator(".article .sentence").nth(1).click()
    page.locator(".detail:visible").get_by_role(
        "button", name=re.compile("Correct the relation Norway")
    ).click()
    assert page.locator(".correction fieldset:visible").count() == 2
    page.locator(".correction [name=act]").select_option("REJECT")
    page.fill(".correction [name=annotator]", "ben")
    page.keyboard.press("Enter")
    page.wait_for_selector(".given .fresh")
    (act,) = [label for label in stored(url) if label["annotator"] == "ben"]  # of the stance ben said nothing
    assert (act["task"], act["new"]) == ("act", "REJECT")
    assert act["text"][slice(*act["source"])] == "Norway"
    assert act["text"][slice(*act["target"])] == "Latvia"


def test_a_label_that_is_refused_is_never_called_saved(visit, url):
    page = visit(forgive="ERR_FAILED")
    analyze(page, ARTICLE)
    before = len(stored(url))
    page.locator(".article .sentence").nth(2).click()
    page.locator(".detail:visible").get_by_role("button", name="Correct this sentence").click()
    page.locator(".correction fieldset[data-task=tone]").get_by_label("conciliatory").check()
    page.fill(".correction [name=annotator]", " ")
    page.route("**/v1/labels", lambda route: route.abort())
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".form-error").get_by_text("nothing was saved").wait_for()
    assert page.locator(".fresh").count() == 0
    assert len(stored(url)) == before
    page.unroute("**/v1/labels")


def test_filters_and_the_switch_narrow_what_is_shown(visit):
    page = visit()
    analyze(page, ARTICLE)
    whole = index_value(page)
    page.get_by_text("Filter the sentences").click()
    page.locator(".filters fieldset").first.get_by_label("critical").uncheck()
    dimmed = page.locator(".article .dimmed").count()
    assert 0 < dimmed < 5
    assert f"{5 - dimmed} of 5 sentences match" in page.inner_text(".filter-count")
    page.get_by_role("button", name="Show all").click()
    assert page.locator(".article .dimmed").count() == 0
    page.get_by_label(re.compile("Without quotes")).check()
    assert page.locator("[data-view=unquoted] .value").first.is_visible()
    shown = page.locator(".verdict .value:visible").inner_text()
    assert float(shown.replace("−", "-")) != whole
    assert "4 of 4 sentences" in page.locator("[data-view=unquoted]").first.inner_text()


def test_a_cell_of_the_matrix_opens_its_evidence(visit):
    page = visit()
    analyze(page, ARTICLE + " Sweden thanked Norway for its help.")  # one dyad alone makes no matrix
    page.get_by_role("button", name=re.compile("Norway toward Latvia: .* show the evidence")).click()
    assert page.locator("[data-dyad-card='NOR>LVA'] details").first.get_attribute("open") is not None
    assert page.locator("[data-dyad-card='NOR>LVA'] ol").first.is_visible()


def test_states_are_exchanged_and_the_differences_shown(visit):
    page = visit()
    analyze(page, ARTICLE)
    page.get_by_text("What if the states were exchanged?").click()
    page.get_by_role("button", name="Read it again").click()
    verdict = page.locator(".exchange-verdict")
    verdict.wait_for(timeout=30_000)
    assert re.search(
        r"No label changed in \d+ sentences|\d+ of \d+ sentences got another label", verdict.inner_text()
    )
    page.get_by_text("The text with the two exchanged").click()
    assert "Latvia accused Norway of stealing herring" in page.inner_text(".exchanged-text")


def test_a_result_is_taken_away(visit):
    page = visit()
    analyze(page, ARTICLE)
    files = {}
    for name in ("Brief", "JSON", "CSV", "Parquet"):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=name, exact=True).click()
        files[name] = Path(waiting.value.path()).read_bytes()
    assert len(json.loads(files["JSON"])["sentences"]) == 5
    rows = list(csv.DictReader(io.StringIO(files["CSV"].decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == list("01234")
    assert files["Parquet"].startswith(b"PAR1")


def test_the_brief_needs_nothing_else_and_prints_on_its_pages(visit, tmp_path, browser):
    page = visit()
    analyze(page, ARTICLE.replace("Monday", "Monday, <script>document.title='taken'</script>"))
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Brief", exact=True).click()
    assert re.fullmatch(r"diplotone-[0-9a-f]{12}\.html", waiting.value.suggested_filename)
    waiting.value.save_as(tmp_path / "brief.html")
    brief = browser.new_page()
    asked = []
    brief.on("request", lambda r: asked.append(r.url))
    brief.goto((tmp_path / "brief.html").as_uri())
    assert asked == [(tmp_path / "brief.html").as_uri()]
    assert brief.title() == "Diplotone brief"
    assert "Norway" in brief.inner_text("table")
    assert "<script>document.title" in brief.inner_text("body")
    brief.emulate_media(media="print")
    brief.set_viewport_size({"width": 700, "height": 1000})
    assert brief.evaluate("document.documentElement.scrollWidth") <= 700
    assert brief.pdf().startswith(b"%PDF")
    brief.close()


def test_a_file_is_read_into_the_box_and_a_false_one_refused(visit):
    page = visit(forgive="400")
    file = {"name": "a.md", "mimeType": "text/markdown", "buffer": b"# Herring\n\nOslo **thanked** Riga."}
    page.set_input_files(".drop .file", file)
    page.get_by_text("a.md is in the box above").wait_for()
    assert page.input_value("#article textarea") == "Herring\n\nOslo thanked Riga."
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(['Quito met Lima.'], 'dropped.txt'));
            const box = document.querySelector('#article textarea');
            box.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    page.get_by_text("dropped.txt is in the box above").wait_for()
    assert page.input_value("#article textarea") == "Quito met Lima."
    for name, words in (
        ("false.pdf", "is not what its ending says"),
        ("a.exe", "of no kind that is read here"),
    ):
        false = {"name": name, "mimeType": "application/octet-stream", "buffer": b"MZ no text at all"}
        page.set_input_files(".drop .file", false)
        alert = page.locator(".file-status [role=alert]").filter(has_text=name)
        alert.wait_for()
        assert words in alert.inner_text()
        assert page.input_value("#article textarea") == "Quito met Lima."  # what was there is not lost


def test_sentences_are_labelled_with_keys_alone(visit, url):
    page = visit()
    page.get_by_role("tab", name="Labels").click()
    page.fill(".labels-tab [name=annotator]", "kim")
    page.keyboard.press("Tab")
    page.get_by_text("Put sentences up for labelling").click()
    page.fill("[name=sentences]", "Oslo bombed Riga at dawn.\nTunis and Minsk have a zoo.")
    page.get_by_role("button", name="Put them up").click()
    page.get_by_text("2 put up").wait_for()
    page.locator(".to-label").focus()
    texts = []
    for keys in ("1q", "3w"):
        texts.append(page.inner_text(".to-label"))
        for key in (*keys, "Enter"):
            page.keyboard.press(key)
        page.wait_for_function(
            "text => document.querySelector('.to-label').textContent !== text"
            " || document.querySelector('.desk').hidden",
            arg=texts[-1],
        )
    given = [label for label in stored(url) if label["annotator"] == "kim"]
    assert {(label["text"], label["new"]) for label in given} == {
        (texts[0], "hostile"), (texts[0], "negative"), (texts[1], "neutral"),
    }  # fmt: skip
    page.get_by_text("No sentence waits").wait_for()


def give(url: str, annotator: str, *labels: dict) -> None:
    import httpx

    answer = httpx.post(f"{url}/v1/labels", json={"annotator": annotator, "labels": list(labels)})
    assert answer.status_code == 201


def label_as(page, name: str, *, level: str = "Sentences", which: str = "What was put up") -> None:
    page.get_by_role("tab", name="Labels").click()
    page.fill(".labels-tab [name=annotator]", name)
    page.keyboard.press("Tab")
    page.get_by_label(re.compile(level)).check()
    page.get_by_label(re.compile(which)).check()
    page.wait_for_timeout(300)


def skip_until(page, words: str) -> None:
    page.locator(".to-label").focus()
    for _ in range(60):
        if words in page.text_content(".to-label"):
            return
        page.keyboard.press("s")
    raise AssertionError(f"{words!r} was not asked for; {page.text_content('.to-label')!r} was")


def test_pairs_of_an_archive_are_labelled_with_keys(visit, url):
    page = visit()
    label_as(page, "pia", level="Pairs of actors")
    page.get_by_text("Put sentences up for labelling").click()
    rows = b'text\n"Zambia thanked Malawi for maize. It was a fine day for all."'
    page.set_input_files(".labels-tab .archive", {"name": "a.csv", "mimeType": "text/csv", "buffer": rows})
    page.get_by_text("2 put up, of 2 read in 2").wait_for()
    page.wait_for_function("document.querySelector('.to-label').textContent.trim() !== ''")
    skip_until(page, "Zambia source")
    assert "Malawi target" in page.text_content(".to-label")
    assert page.inner_text(".which-pair") == "How does Zambia stand and act toward Malawi?"
    assert page.locator(".desk fieldset:visible").count() == 2
    page.locator(".to-label").focus()
    for key in "3c":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.get_by_text("Saved: supportive, SUPPORT").wait_for()
    given = [label for label in stored(url) if label["annotator"] == "pia"]
    assert [(label["task"], label["new"]) for label in given] == [
        ("act", "SUPPORT"),
        ("stance", "supportive"),
    ]
    assert given[0]["text"][slice(*given[0]["source"])] == "Zambia"


def test_a_second_opinion_is_blind_and_what_differs_is_settled(visit, url):
    text = "Gabon met Angola on Monday."
    give(
        url,
        "una",
        {"text": text, "task": "tone", "new": "neutral"},
        {"text": text, "task": "sentiment", "new": "neutral"},
    )
    page = visit()
    label_as(page, "vic", which="Second opinions, blind")
    skip_until(page, text)
    assert "una" not in page.inner_text(".given-list")
    page.locator(".to-label").focus()
    for key in ("4", "w", "Enter"):
        page.keyboard.press(key)
    page.get_by_text("Saved: cooperative, neutral").wait_for()

    page.fill(".labels-tab [name=annotator]", "wim")
    summary = page.locator(".settling > summary")
    page.wait_for_function("document.querySelector('.n-disputes').textContent !== ''")
    summary.focus()
    page.keyboard.press("Enter")
    page.locator(".agreements").wait_for()
    assert re.search(r"tone\s+\d+\s+\d+\s+\d+ %\s+[−-]?\d\.\d\d", page.inner_text(".agreements"))
    page.locator(".dispute-title").focus()
    for _ in range(20):
        if page.inner_text(".disputed") != text:
            page.get_by_role("button", name="Later").click()
    sides = page.locator(".opinions > li").all_inner_texts()
    assert [side.split()[0] for side in sides] == ["una", "vic"]
    assert "neutral" in sides[0]
    assert "cooperative" in sides[1]
    page.keyboard.press("2")
    assert page.locator("[name=settle-tone][value=cooperative]").is_checked()
    page.locator("[name=settle-tone][value=hostile]").check()
    page.fill(".dispute [name=note]", "neither")
    page.keyboard.press("Enter")
    page.get_by_text("Settled: tone is hostile, says wim").wait_for()
    row = stored(url)[0]
    assert (row["annotator"], row["new"], row["note"], row["settles"]) == ("wim", "hostile", "neither", True)
    kept = [label["new"] for label in stored(url) if label["text"] == text and label["task"] == "tone"]
    assert kept == ["hostile", "cooperative", "neutral"]
    page.get_by_text("Import and export").click()
    with page.expect_download() as waiting:
        page.get_by_text("Those that somebody settled").get_by_role("link", name="JSONL").click()
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert [json.loads(line)["tone"] for line in lines] == ["hostile"]
    assert offences(page) == []


def test_an_import_says_what_it_changed_and_an_export_what_it_leaves_out(visit, url):
    text = "Lome met Lome and <b>Accra on Sunday."
    pair = {"text": text, "task": "stance", "source": [0, 4], "target": [21, 26], "new": "neutral"}
    give(url, "xia", {"text": text, "task": "tone", "new": "neutral"}, pair)
    give(url, "yan", {"text": text, "task": "tone", "new": "critical"})
    page = visit()
    page.get_by_role("tab", name="Labels").click()
    page.fill(".labels-tab [name=annotator]", "xia")
    page.keyboard.press("Tab")
    page.get_by_text("Import and export").click()
    page.get_by_text(
        re.compile("in CSV also [1-9].* about actors whose words stand more than once")
    ).wait_for()
    rows = [{"text": text, "tone": "hostile", "pairs": [pair | {"task": None, "stance": "neutral"}]}]
    file = {"name": "a.jsonl", "mimeType": "application/jsonl", "buffer": json.dumps(rows[0]).encode()}
    page.set_input_files(".labels-tab .import", file)
    page.get_by_text(
        "1 stored, 1 of them in the place of another label of the same person; 1 stood already"
    ).wait_for()
    for title, words in (
        ("In the place of another label (1)", f'tone of "{text}": xia said neutral before, and now hostile'),
        (
            "Stood already and not stored again (1)",
            f'stance of Lome → Accra in "{text}": xia said neutral already',
        ),
        (
            "Contradict other labels, to be settled above (1)",
            f"tone of “{text}”: yan: critical; xia: hostile",
        ),
    ):
        page.get_by_text(title).click()
        assert page.get_by_text(words).is_visible()
    page.get_by_text("hostile (before: neutral)").wait_for()
    assert offences(page) == []


def test_the_model_shows_its_figures_and_its_card(visit):
    page = visit()
    page.get_by_role("tab", name="Model").click()
    page.get_by_text("The release that answers").wait_for()
    assert re.search(r"macro-F1 0\.\d{3} · 95 % interval", page.inner_text(".model"))
    assert "Labels and how each is found" in page.inner_text(".card")


SERIOUS = ("serious", "critical")


def offences(page) -> list[str]:
    """What axe-core finds on the page as it stands, by rule and place."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the dev extra").Axe()
    return [
        f"{found['id']}: {node['target']} {node['html'][:120]}"
        for found in axe.run(page).response["violations"]
        if found["impact"] in SERIOUS
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, scheme):
    page = visit(**(DESKTOP if scheme == "light" else PHONE), color_scheme=scheme)
    found = offences(page)
    analyze(page, ARTICLE)
    for summary in page.locator("#result summary:visible").all():
        summary.click()
    page.locator(".article .sentence").nth(1).press("Enter")
    page.locator(".detail:visible .correct").first.press("Enter")
    page.wait_for_timeout(300)
    found += offences(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    for tab in ("Archive", "Labels", "Model") if scheme == "light" else ("Compare",):
        page.get_by_role("tab", name=tab).press("Enter")
        page.wait_for_timeout(500)
        found += offences(page)
    assert found == []


def tab_to(page, what: str, within: int = 60) -> None:
    """Press Tab, so many times at most, until what has the focus matches a selector."""
    for _ in range(within):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
    raise AssertionError(f"{what} is not reached by Tab")


def test_everything_is_reached_by_keyboard_alone(visit, url):
    page = visit()
    page.locator("#article textarea").focus()
    page.keyboard.insert_text(ARTICLE)
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector("[data-state=analysis]", timeout=60_000)
    page.wait_for_timeout(300)

    tab_to(page, ".sentence")
    page.keyboard.press("ArrowRight")
    tab_to(page, ".detail:not([hidden]) .correct")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "correction-title"
    tab_to(page, ".correction input[type=radio]")
    page.keyboard.press("ArrowRight")
    tab_to(page, ".correction [name=annotator]")
    page.keyboard.insert_text("keys")
    page.keyboard.press("Enter")
    page.wait_for_selector(".given .fresh")
    assert stored(url)[0]["annotator"] == "keys"
    assert page.evaluate("document.activeElement.className") == "correct"


def test_python_clients_get_what_the_http_interface_answers(url):
    import httpx
    from gradio_client import Client

    def answered(path: str, body: dict) -> dict:
        return httpx.post(f"{url}/v1/{path}", json=body, timeout=60).json()

    client = Client(url, verbose=False)
    found = client.predict(text=ARTICLE, api_name="/analyze")
    assert {**found, "provenance": 0} == {**answered("analyze", {"text": ARTICLE}), "provenance": 0}
    rows = [{"text": "Oslo thanked Riga.", "pairs": [{"source": "Oslo", "target": "Riga"}], "mine": 7}]
    found = client.predict(rows=json.dumps(rows), api_name="/score")
    assert json.loads(found) == answered("score", {"records": rows})
    found = client.predict(before="Oslo accused Riga.", after="Oslo thanked Riga.", api_name="/compare")
    expected = answered("compare", {"a": "Oslo accused Riga.", "b": "Oslo thanked Riga."})
    assert found["tone_shift"] == expected["tone_shift"]
    assert found["sentences"] == expected["sentences"]
    labels = [{"text": "Oslo thanked Riga.", "task": "tone", "new": "cooperative"}]
    saved = client.predict(labels=json.dumps(labels), annotator="yve", api_name="/add_labels")
    assert json.loads(saved)["saved"] == stored(url)[:1]
    listed = json.loads(client.predict(annotator="yve", api_name="/list_labels"))
    assert listed["labels"] == stored(url)[:1]


def test_a_link_opens_the_article_again_for_somebody_else(browser, tmp_path):
    with serving(tmp_path, "share_days=1") as (_, url):
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector("[data-state=welcome]", timeout=60_000)
        assert "An article of which you make a link is stored for 1 day" in page.inner_text("#result")
        analyze(page, ARTICLE)
        assert not (tmp_path / "shared").exists()
        button = page.get_by_role("button", name="Make a link")
        assert "stores this article on this service for 1 day" in page.inner_text(".sharing")
        button.focus()
        page.keyboard.press("Enter")
        page.locator(".share-result .link").wait_for()
        link = page.input_value(".share-result .link")
        assert re.fullmatch(re.escape(url) + r"/#shared=[0-9a-f]{32}", link)
        other = browser.new_context().new_page()
        asked: list[str] = []
        other.on("request", lambda r: asked.append(r.url))
        other.goto(link)
        other.wait_for_selector("[data-state=analysis]", timeout=60_000)
        assert other.input_value("#article textarea") == ARTICLE
        assert index_value(other) == index_value(page)
        assert "Opened by a link that works until" in other.inner_text(".file-status")
        assert not [url for url in asked if "#" in url]
        assert offences(page) == []
        (stored,) = (tmp_path / "shared").iterdir()
        stored.unlink()
        other.reload()
        other.get_by_text("the text of this link is not kept any more").wait_for(timeout=60_000)


def test_an_open_page_does_not_hold_up_the_end(browser, tmp_path):
    with serving(tmp_path) as (service, url):
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector("[data-state=welcome]", timeout=60_000)
        page.wait_for_timeout(500)
        service.send_signal(signal.SIGINT)
        _, complaints = service.communicate(timeout=20)
        page.close()
    assert (service.returncode, complaints) == (0, "")
