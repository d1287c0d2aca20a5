"""Splitting, voices and actors together, on any text whatever."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from diplotone.model.article.actors import Gazetteer
from diplotone.model.article.dyads import candidate_pairs
from diplotone.model.article.sentences import Sentence, split
from diplotone.model.article.ties import Ties
from diplotone.model.article.voices import attribute

GAZETTEER = Gazetteer.load()

WORDS = """Fiji Tonga's the_two_Koreas both_countries in_Yemen the_U.S. Dr. said saying MR._DOE: accused and between
Q 1. Soviet-American"""
MARKS = [*",.;:()\"“”'é。\n\t \u2028\x00\ud800", "\n\n", "...", "?!", "- ", "SEOUL (AP) — ", "x" * 50]
pieces = st.sampled_from([word.replace("_", " ") for word in WORDS.split()] + MARKS)
texts = st.one_of(
    st.text(max_size=300),
    st.lists(pieces, max_size=60).map("".join),
    st.lists(pieces, max_size=60).map(" ".join),
)


def gaps(text: str, sentences: tuple[Sentence, ...]) -> list[str]:
    ends = [0, *(sentence.end for sentence in sentences)]
    starts = [*(sentence.start for sentence in sentences), len(text)]
    return [text[end:start] for end, start in zip(ends, starts, strict=True)]


@given(texts)
def test_sentences_and_gaps_joined_are_the_text(text: str) -> None:
    sentences = split(text)
    between = gaps(text, sentences)
    assert all(not gap.strip() for gap in between)
    words = [text[sentence.start : sentence.end] for sentence in sentences]
    assert all(words)
    assert between[0] + "".join(w + g for w, g in zip(words, between[1:], strict=True)) == text


@given(texts)
def test_offsets_are_inside_and_in_order(text: str) -> None:
    sentences = split(text)
    mentions = GAZETTEER.find(text, sentences)
    voices = attribute(text, sentences, mentions)
    assert len(sentences) == len(mentions) == len(voices)
    assert all(one.end <= other.start for one, other in pairwise(sentences))
    for sentence, found in zip(sentences, mentions, strict=True):
        assert 0 <= sentence.start < sentence.end <= len(text)
        assert [m.start for m in found] == sorted(m.start for m in found)
        for mention in found:
            assert sentence.start <= mention.start < mention.end <= sentence.end
            assert text[mention.start : mention.end] == mention.text
        ties = Ties(text, sentence, found)
        for source, target in candidate_pairs(ties.bearers, ties.may_be_related):
            assert source.code != target.code
            assert not source.place
            assert not target.place
