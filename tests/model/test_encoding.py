from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.encoding import PADDING_STEP, EncodedSentence, SentenceEncoder, TooLong
from diplotone.model.errors import ReleaseError
from diplotone.model.reading import Reading
from diplotone.model.records import Pair

TEXT = "Seoul welcomed Pyongyang's offer."


@pytest.fixture(scope="module")
def encoder(tiny_release) -> SentenceEncoder:
    return SentenceEncoder.from_folder(tiny_release, Reading(max_tokens=256))


def _covered(encoder, text, token_range):
    offsets = encoder.tokenizer.encode(text).offsets[slice(*token_range)]
    return text[offsets[0][0] : offsets[-1][1]]


def test_a_span_becomes_the_tokens_that_touch_it(encoder):
    pair = Pair(source=(0, 5), target=(15, 24))
    (sentence,) = encoder.encode([TEXT], [[pair]])
    source, target = sentence.pairs[0]
    assert _covered(encoder, TEXT, source) == "Seoul"
    assert _covered(encoder, TEXT, target) == "Pyongyang"


def test_weights_of_a_span_sum_to_one_and_of_no_source_to_zero(encoder):
    pairs = [Pair(source=(0, 5), target=(15, 24)), Pair(source=None, target=(0, 5))]
    sentences = encoder.encode([TEXT, "Short one here."], [pairs, []])
    batch = encoder.collate(sentences)
    assert batch.source.shape == batch.target.shape == (2, 2, batch.input_ids.shape[1])
    assert batch.source[0].sum(-1).tolist() == pytest.approx([1, 0])
    assert batch.target[0].sum(-1).tolist() == pytest.approx([1, 1])
    assert not batch.source[1].any()
    assert batch.attention_mask[1].sum() == len(sentences[1])


def test_what_is_too_long_is_said_to_be(tiny_release):
    encoder = SentenceEncoder.from_folder(tiny_release, Reading(max_tokens=10))
    long, short = encoder.encode(["word " * 40, "a b"], [[], []])
    assert isinstance(long, TooLong)
    assert "more than the 10" in str(long)
    assert len(short) == 4


def test_a_missing_tokenizer_is_a_clear_error(tmp_path):
    with pytest.raises(ReleaseError, match=r"tokenizer\.json: cannot be read"):
        SentenceEncoder.from_folder(tmp_path, Reading(max_tokens=8))


@settings(max_examples=200, deadline=None)
@given(text=st.text(min_size=1, max_size=80), data=st.data())
def test_any_span_of_any_text_gets_tokens(encoder, text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    try:
        text.encode()
    except UnicodeEncodeError:
        return  # a lone surrogate never comes this far: records refuse it
    (sentence,) = encoder.encode([text], [[Pair(source=None, target=(start, end))]])
    if isinstance(sentence, TooLong):
        return
    first, last = sentence.pairs[0][1]
    assert 0 <= first < last <= len(sentence)
    weights = encoder.collate([sentence]).target[0, 0]
    assert np.isclose(weights.sum(), 1)


@given(lengths=st.lists(st.integers(1, 256), max_size=60), tokens=st.integers(1, 2000))
def test_batches_hold_each_sentence_once_at_its_own_padding(encoder, lengths, tokens):
    """What stands beside a sentence decides neither its padding nor, so, its rounding."""
    sentences = [EncodedSentence(ids=[1] * length, pairs=[]) for length in lengths]
    batches = list(encoder.batches(sentences, tokens=tokens))
    assert sorted(n for batch in batches for n in batch) == list(range(len(lengths)))
    for batch in batches:
        width = encoder.collate([sentences[n] for n in batch]).input_ids.shape[1]
        assert {encoder.padded_length(sentences[n]) for n in batch} == {width}
        assert all(0 <= width - lengths[n] < PADDING_STEP for n in batch)
        assert len(batch) == 1 or len(batch) * width <= tokens


def test_padding_never_goes_beyond_what_the_network_reads(tiny_release):
    encoder = SentenceEncoder.from_folder(tiny_release, Reading(max_tokens=10))
    assert encoder.collate([EncodedSentence(ids=[1] * 9, pairs=[])]).input_ids.shape == (1, 10)
