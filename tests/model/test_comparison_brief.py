"""The brief of a comparison: self-contained, escaped, and readable without colour."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.analyzer import load
from diplotone.model.comparison_brief import as_html

from .test_brief import _Page

BEFORE = (
    "The Council met on Monday. It expresses concern at the raid on Lima. The crew is well. The ship is in."
)
AFTER = (
    "The Council met on Thursday. It strongly condemns the raid on Lima. Two <b>envoys</b> were called home."
)


@pytest.fixture(scope="module")
def comparison(tiny_release):
    return load(tiny_release).compare(BEFORE, AFTER)


def test_it_has_its_parts_and_needs_nothing_else(comparison, codebook):
    html = as_html(comparison, codebook)
    page = _Page(html)
    for part in (
        "Two statements compared",
        "Phrases of register",
        "Sentence by sentence",
        "Caveats",
        "Provenance",
    ):
        assert part in page.text
    assert comparison.before.provenance.text_sha256 in page.text
    assert comparison.after.provenance.text_sha256 in page.text
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not any(name in ("src", "href") or name.startswith("on") for name, _ in page.attributes)
    assert "@media print" in html
    assert "text-decoration:line-through" in html


def test_it_says_what_was_dropped_added_and_reworded(comparison, codebook):
    html = as_html(comparison, codebook)
    assert "The Council met on <del>Monday</del>." in html
    assert "The Council met on <ins>Thursday</ins>." in html
    assert "<del class='whole'>The crew is well.</del>" in html
    page = _Page(html)
    assert "Sentences that stand for each other: 2; dropped: 2; added: 1." in page.text
    assert "concerned (-2) → condemning (-5), 3 down the ladder" in page.text
    dropped, _, added = page.text.partition("Added: only in the later text")
    assert "“express concern”" in dropped
    assert "“strongly condemn”" in added
    assert "Guilt is pronounced" in added


def test_a_shift_stands_with_its_interval_or_its_reason(comparison, codebook):
    known = replace(comparison, tone_shift=-0.5, low=-0.75, high=-0.25, reason=None)
    assert "Shift of tone -0.50" in _Page(as_html(known, codebook)).text
    assert "95 % interval -0.75 to -0.25" in _Page(as_html(known, codebook)).text
    unknown = replace(comparison, tone_shift=None, low=None, high=None, reason="one is <too> short")
    assert "No shift of the wholeone is <too> short" in _Page(as_html(unknown, codebook)).text


@settings(max_examples=50, deadline=None)
@given(text=st.text(alphabet="<>&\"'/ =abscript\x00é", min_size=1, max_size=60))
def test_whatever_is_in_the_texts_stays_text(comparison, codebook, text):
    def holding(words):
        phrases = tuple(
            replace(p, phrase=words, means=words, gloss=words, rung=words) for p in comparison.phrases_added
        )
        after = replace(
            comparison.after, sentences=tuple(replace(s, text=words) for s in comparison.after.sentences)
        )
        changes = tuple(replace(change, edits=()) for change in comparison.sentences)
        return replace(comparison, after=after, sentences=changes, phrases_added=phrases, reason=words)

    plain, page = _Page(as_html(holding("Oslo."), codebook)), _Page(as_html(holding(text), codebook))
    assert page.tags == plain.tags
    assert page.attributes == plain.attributes
