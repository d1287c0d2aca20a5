"""The brief of an archive: what it says, and that it is one file without a program."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from diplotone.serve.archive import Archive
from diplotone.serve.archive_brief import archive_brief
from diplotone.serve.archive_file import ArchiveText
from diplotone.serve.archive_rows import LONGEST_QUOTE, scored
from diplotone.serve.wording import names_of

TEXTS = (
    "Oslo bombed Riga at dawn. Oslo accused Riga of <i>theft</i>. Riga met Oslo for talks.",
    "Riga thanked Oslo for the grain. Oslo and Riga agreed to talks. They signed a treaty in Suva.",
    "Oslo accused Riga of theft. Riga thanked Oslo for its calm. They met in Suva for talks.",
)


def texts(*days: date | None) -> list[ArchiveText]:
    return [
        ArchiveText(row=number, id=f"<b>{number}", text=text, date=day, date_found=None)
        for number, (text, day) in enumerate(zip(TEXTS, days, strict=True), 1)
    ]


def brief(analyzer, given: list[ArchiveText], n_done: int) -> str:
    archive = Archive(token="a", name="<u>press.csv", folder=Path("nowhere"), texts=given, state="cancelled")
    rows = [scored(analyzer, text) for text in given[:n_done]]
    return archive_brief(archive, rows, analyzer.codebook, names_of(analyzer))


def test_it_has_trends_sentences_caveats_and_provenance(analyzer):
    html = brief(analyzer, texts(date(2024, 1, 5), date(2024, 9, 5), None), 3)
    assert "3 of 3 texts" in html
    assert "1 text without a date" in html
    assert html.count("<svg") == 3  # all texts, and both directions of the two
    assert "2024-01" in html
    for words in (
        "Mean index of 3 texts",
        "Norway",
        "Latvia",
        "words@0123456789ab",
        analyzer.codebook.version,
    ):
        assert words in html
    quotes = re.findall(r"<blockquote>(.*?) <span", html)
    assert quotes[0] == "Oslo bombed Riga at dawn."  # the most hostile first
    assert html.index("Toward hostile") < html.index("Toward conciliatory")
    assert "not read to its end" not in html


def test_what_was_stopped_says_what_is_missing(analyzer):
    html = brief(analyzer, texts(None, None, None), 1)
    assert "2 texts missing" in html
    assert "No text has a date" in html


def test_nothing_in_it_runs_or_is_fetched(analyzer):
    html = brief(analyzer, texts(date(2024, 1, 5), date(2024, 9, 5), None), 3)
    assert "default-src 'none'" in html
    assert "&lt;u&gt;press.csv" in html
    assert "&lt;b&gt;1" in html
    assert not re.search(r"<(script|img|link|iframe|u>|i>)|https?://|url\(|\son\w+=", html)


def test_a_long_sentence_is_cut_and_an_empty_archive_has_a_brief(analyzer):
    names = "Oslo accused Riga, " + ", ".join(f"a herring thief number {n}" for n in range(90))
    text = ArchiveText(row=1, id="1", text=f"{names}. They met. It rained.", date=None, date_found=None)
    (sentence,) = [s for s in scored(analyzer, text)["strongest"] if s["label"] == "critical"]
    assert len(sentence["text"]) == LONGEST_QUOTE
    assert sentence["text"].endswith(" …")
    assert "0 of 3 texts" in brief(analyzer, texts(None, None, None), 0)


def test_a_sentence_that_several_texts_have_is_quoted_once(analyzer):
    copies = [replace(text, text=TEXTS[0]) for text in texts(None, None, None)]
    assert brief(analyzer, copies, 3).count("<blockquote>Oslo bombed Riga at dawn.") == 1


@pytest.mark.parametrize("n_done", [1, 3])
def test_one_sentence_of_a_text_stands_for_each_end(analyzer, n_done):
    html = brief(analyzer, texts(None, None, None), n_done)
    for end in ("hostile", "conciliatory"):
        part = html.partition(f"Toward {end}")[2].partition("Toward")[0].partition("<h2>")[0]
        rows = re.findall(r"\[text (\d+)", part)
        assert len(rows) == len(set(rows))
        assert rows
