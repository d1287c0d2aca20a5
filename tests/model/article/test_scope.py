from __future__ import annotations

import pytest

from diplotone.model.article.scope import reasons_unscored
from diplotone.model.article.sentences import split

ARTICLE = """Suva and Apia reopen the ferry line

By Mere Vuni, Pacific Desk
Suva and Apia reopen the ferry line
Fiji and Samoa put their ferry back to sea on Monday after a quarrel of nine years over the harbour dues.
(More Samoa stories.)
Get the news faster.
1. Tap to install our app.
Read more than once by the minister, the letter from Apia had lain in a drawer for most of those nine years."""


def _reasons():
    sentences = split(ARTICLE)
    reasons = reasons_unscored(ARTICLE, sentences)
    return [(ARTICLE[s.start : s.end], reason) for s, reason in zip(sentences, reasons, strict=True)]


def test_only_prose_is_judged_and_each_sentence_once():
    judged = [text for text, reason in _reasons() if reason is None]
    assert [text.split()[0] for text in judged] == ["Suva", "Fiji", "Read"]


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("By Mere", "names the author"),
        ("(More Samoa", "belongs to the page, not to the article"),
        ("Get the news", "belongs to the page, not to the article"),
        ("1. Tap", "belongs to the page, not to the article"),
    ],
)
def test_what_is_left_out_has_a_reason(start, reason):
    assert [found for text, found in _reasons() if text.startswith(start)] == [reason]


def test_a_repeated_headline_names_the_first():
    headline = _reasons()[0][0]
    assert _reasons()[2][1] == f"repeats an earlier sentence: the one at characters 0 to {len(headline)}"
