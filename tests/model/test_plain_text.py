"""What only looks different is the same to the network, and no offset of the original is lost."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diplotone.model.encoding import SentenceEncoder
from diplotone.model.plain_text import LOOK_ALIKES, plain
from diplotone.model.records import Pair
from diplotone.model.release import open_release, shipped_release

TEXT = "Seoul's minister firmly rejected Pyongyang's offer."
DISGUISES = {
    "full-width": "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in TEXT),
    "ligature": TEXT.replace("fi", "ﬁ"),
    "curly": TEXT.replace("'", "’"),
    "zero-width": TEXT.replace("e", "\u200be"),
    "soft hyphen": TEXT.replace("ing", "ing\u00ad").replace("min", "min\u00ad"),
    "byte-order mark": "\ufeff" + TEXT,
    "Cyrillic": TEXT.replace("e", "е").replace("o", "о").replace("P", "Р"),
    "Greek": TEXT.replace("o", "ο"),
    "no-break": TEXT.replace(" ", "\u00a0"),
    "bold": "".join(chr(ord(c) - ord("a") + 0x1D41A) if c.islower() else c for c in TEXT),
}


@pytest.fixture(scope="module")
def encoder():
    release = open_release(shipped_release())
    return SentenceEncoder.from_folder(release.folder, release.reading)


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=list(DISGUISES))
def test_a_disguised_sentence_is_the_same_to_the_network(encoder, disguise):
    """With the release that ships: the same tokens, so the same answers, for the same spans of the original."""

    def marked(text, whom):
        start = next(n for n in range(len(text)) if plain(text[n:]).text.startswith(whom))
        end = next(n for n in range(start, len(text)) if plain(text[start : n + 1]).text == whom)
        return start, end + 1

    sentences = [
        encoder.encode([t], [[Pair(source=marked(t, "Seoul"), target=marked(t, "Pyongyang"))]])[0]
        for t in (TEXT, disguise)
    ]
    assert disguise != TEXT
    assert sentences[0] == sentences[1]


@pytest.mark.parametrize(
    "text", ["СССР", "Вместе", "Ελλάδα met Fiji", "naïve café", "μg", "– so — what?", "γ-ray", "Gазпром"]
)
def test_words_of_other_scripts_and_accents_stay(text):
    assert plain(text).text == text


@given(st.text(st.characters(codec="ascii")), st.data())
def test_ascii_stays_as_it_is(text, data):
    place = data.draw(st.integers(0, len(text)))
    assert plain(text).text == text
    assert plain(text).span((place, len(text))) == (place, len(text))


ODD = st.sampled_from("ab .,é\u0301ﬁ\u200b\u00ad’“Ａ…½ѕοйß\u00a0\ufeff漢\u0308")


@given(st.text(ODD, max_size=30), st.data())
def test_spans_keep_their_order_and_their_words(text, data):
    """A span and what is left and right of it cover the plain text; one of unchanged characters holds them still."""
    found = plain(text)
    a = data.draw(st.integers(0, len(text)))
    b = data.draw(st.integers(a, len(text)))
    (start, end), (zero, before), (after, last) = map(found.span, ((a, b), (0, a), (b, len(text))))
    assert 0 == zero <= start <= end <= last == len(found.text)
    assert start <= before
    assert after <= end or a == b
    joins_what_is_before = [bool(unicodedata.combining(c)) or c in "\u200b\u00ad\ufeff" for c in text] + [
        False
    ]
    if a < b and text[a:b].isascii() and not any(joins_what_is_before[a + 1 : b + 1]):
        assert found.text[start:end] == text[a:b]


@given(st.text(st.sampled_from("ab .,éﬁ\u200b’“Ａ…½ѕοйß\u00a0漢")))
def test_plain_text_is_plain_already(text):
    once = plain(text).text
    assert plain(once).text == once


@given(st.text(st.sampled_from("".join(LOOK_ALIKES) + "abcdeXYZ"), min_size=1))
def test_a_word_with_one_latin_letter_becomes_latin(word):
    found = plain(word).text
    assert found.isascii() == any(letter.isascii() for letter in word)
    assert len(found) == len(word)
