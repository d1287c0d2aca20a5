from __future__ import annotations

from typing import Any

import pytest

from diplotone.model.analysis import Judgement, SentenceAnalysis, Voice
from diplotone.model.article.index import tone_index, tone_parts
from diplotone.model.codebook import Codebook

TONE = Codebook.load()["tone"]
UNSURE = Judgement(label=None, probabilities={}, reason="not sure")


def sentence(tone: str | None, *, voice: Any = "narrator", kind: Any = "body") -> SentenceAnalysis:
    sure = Judgement(label=tone, probabilities={name: float(name == tone) for name in TONE.names})
    return SentenceAnalysis(
        id=0,
        start=0,
        end=9,
        text="x" * 9,
        kind=kind,
        voice=Voice(kind=voice),
        sentiment=UNSURE,
        tone=UNSURE if tone is None else sure,
        mentions=(),
        pairs=(),
    )


def test_what_is_quoted_is_told_from_what_the_narrator_says() -> None:
    article = [sentence("hostile", voice="quote")] * 3 + [
        sentence("neutral"),
        sentence("cooperative", voice="reported"),
        sentence("neutral"),
    ]
    parts = tone_parts(article, TONE)
    assert parts.quotes.value == -1
    assert parts.without_quotes.value == pytest.approx(1 / 6)
    assert parts.quotes.n + parts.without_quotes.n == tone_index(article, TONE).n


def test_one_headline_is_enough_and_is_no_body() -> None:
    parts = tone_parts([sentence("hostile", kind="headline"), *[sentence("cooperative")] * 3], TONE)
    assert parts.headline.value == -1
    assert (parts.body.value, parts.body.n) == (0.5, 3)


def test_the_arc_goes_through_the_thirds_of_the_body() -> None:
    article = [sentence("neutral", kind="headline"), *[sentence("hostile")] * 2, *[sentence("neutral")] * 2]
    article += [sentence(None), sentence("conciliatory"), sentence("hostile", kind="byline")]
    arc = tone_parts(article, TONE).arc
    assert [third.value for third in arc] == [-1, 0, 1]
    assert [third.total for third in arc] == [2, 2, 2]


def test_a_part_without_sentences_has_a_reason() -> None:
    parts = tone_parts([sentence("neutral")] * 4, TONE)
    assert parts.headline.value is None
    assert parts.headline.reason
    assert parts.quotes.value is None
