"""Which sentences stand for each other: monotone, complete, and what a reader would say."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.article.alignment import LEAST_SIMILARITY, align
from diplotone.model.errors import TextError

WORDS = ["the", "a", "Oslo", "Riga", "talks", "regret", "condemn", "herring", "ferry", "quota", "of", "in"]
SENTENCE = st.one_of(
    st.lists(
        st.sampled_from(
            [
                "the",
                "a",
                "Oslo",
                "Riga",
                "talks",
                "regret",
                "condemn",
                "herring",
                "ferry",
                "quota",
                "of",
                "in",
            ]
        ),
        max_size=9,
    ).map(" ".join),
    st.text(max_size=12),
)


@settings(max_examples=200, deadline=None)
@given(before=st.lists(SENTENCE, max_size=12), after=st.lists(SENTENCE, max_size=12))
def test_it_is_monotone_and_holds_every_sentence_once(before, after):
    pairs = align(before, after)
    assert [one for (one, _), _ in pairs if one is not None] == list(range(len(before)))
    assert [other for (_, other), _ in pairs if other is not None] == list(range(len(after)))
    for (one, other), similarity in pairs:
        assert (one, other) != (None, None)
        assert (similarity is None) == (one is None or other is None)
        assert similarity is None or LEAST_SIMILARITY - 1e-6 <= similarity <= 1


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(SENTENCE, max_size=12))
def test_a_text_is_aligned_with_itself(texts):
    assert [pair for pair, _ in align(texts, texts)] == [(n, n) for n in range(len(texts))]
    assert all(similarity == pytest.approx(1, abs=1e-5) for _, similarity in align(texts, texts))


@settings(max_examples=60, deadline=None)
@given(before=st.lists(SENTENCE, max_size=5), after=st.lists(SENTENCE, max_size=5))
def test_no_other_order_preserving_choice_gains_more(before, after):
    likeness = {
        (i, j): s
        for i, a in enumerate(before)
        for j, b in enumerate(after)
        if (s := _alone(before, after, i, j))
    }

    def best(i, j):
        if i == len(before) or j == len(after):
            return 0.0
        here = likeness.get((i, j), 0.0) - LEAST_SIMILARITY
        return max(best(i + 1, j), best(i, j + 1), here + best(i + 1, j + 1))

    found = sum(s - LEAST_SIMILARITY for _, s in align(before, after) if s is not None)
    assert found == pytest.approx(best(0, 0), abs=1e-4)


def _alone(before, after, i, j):
    from diplotone.model.article.alignment import _similarities

    return float(_similarities(before, after)[i, j])


def test_sentences_that_a_reader_would_pair_are_paired():
    before = [
        "The Council met on Monday.",
        "It expresses concern at the closure of the strait.",
        "It welcomes the release of the crew.",
    ]
    after = [
        "The Council met on Thursday.",
        "It condemns the closure of the strait in the strongest terms.",
        "Sanctions will follow.",
        "It welcomes the release of the whole crew.",
    ]
    assert [pair for pair, _ in align(before, after)] == [(0, 0), (1, 1), (None, 2), (2, 3)]


def test_sentences_without_anything_in_common_stand_alone():
    assert [s for _, s in align(["Herring is a fish."], ["Tunis denied that."])] == [None, None]


def test_texts_beyond_the_cap_are_refused_with_what_to_do():
    with pytest.raises(TextError, match=r"3,000 and 2,000 sentences; .* compare them part by part"):
        align(["a"] * 3_000, ["a"] * 2_000)


def test_long_texts_take_bounded_time():
    texts = [
        f"Sentence {n} of the long report says {n * 7919 % 1000} things about {n % 13}." for n in range(1_000)
    ]
    began = time.process_time()
    assert len(align(texts, texts[::-1])) >= 1_000
    assert time.process_time() - began < 20
