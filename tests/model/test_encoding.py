from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.encoding import (
    TOKENS_OF_A_PASS,
    EncodedSentence,
    SentenceEncoder,
    TooLong,
    filled_rows,
    rows_of_a_pass,
)
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


@given(
    lengths=st.lists(st.integers(1, 256), max_size=60),
    tokens=st.integers(1, 2000),
    precision=st.sampled_from(["f32", "bf16"]),
)
def test_batches_hold_each_sentence_once_and_cost_no_more_than_each_length_alone(
    encoder, lengths, tokens, precision
):
    encoder = encoder.padded_for(precision)
    sentences = [EncodedSentence(ids=[1] * length, pairs=[]) for length in lengths]
    batches = list(encoder.batches(sentences, tokens=tokens))
    assert sorted(n for batch in batches for n in batch) == list(range(len(lengths)))
    cost = 0
    for batch in batches:
        width = encoder.collate([sentences[n] for n in batch]).input_ids.shape[1]
        assert width % {"f32": 8, "bf16": 16}[precision] == 0
        assert len(batch) == 1 or filled_rows(len(batch)) * width <= tokens
        cost += TOKENS_OF_A_PASS + filled_rows(len(batch)) * width
    alone = Counter(encoder.padded_length(sentence) for sentence in sentences)
    assert cost <= sum(
        TOKENS_OF_A_PASS + filled_rows(n_rows) * length
        for length, n in alone.items()
        for start in range(0, n, rows_of_a_pass(tokens, length))
        for n_rows in [min(n - start, rows_of_a_pass(tokens, length))]
    )


def test_few_sentences_of_many_lengths_pass_together_and_many_of_each_do_not(encoder):
    few = [EncodedSentence(ids=[1] * length, pairs=[]) for length in (18, 26, 34)]
    assert list(encoder.batches(few, tokens=4096)) == [[0, 1, 2]]
    assert list(map(len, encoder.batches(few * 30, tokens=4096))) == [30, 30, 30]


def test_rows_that_a_batch_is_filled_up_with_have_their_price(encoder):
    """Nine of one length and seven of a longer one: sixteen rows together, or sixteen and seven apart."""
    sentences = [EncodedSentence(ids=[1] * length, pairs=[]) for length in [64] * 9 + [80] * 7]
    assert list(map(len, encoder.batches(sentences, tokens=4096))) == [16]
    one_less = [sentence for n, sentence in enumerate(sentences) if n]  # eight are not filled up
    assert list(map(len, encoder.batches(one_less, tokens=4096))) == [8, 7]


@pytest.mark.parametrize(
    ("tokens", "length", "rows"), [(4096, 40, 96), (64, 8, 8), (71, 8, 8), (8, 16, 1), (135, 9, 8)]
)
def test_a_pass_has_no_more_rows_than_its_tokens_allow_once_it_is_filled_up(tokens, length, rows):
    assert rows_of_a_pass(tokens, length) == rows
    assert rows == 1 or filled_rows(rows) * length <= tokens


def test_padding_never_goes_beyond_what_the_network_reads(tiny_release):
    encoder = SentenceEncoder.from_folder(tiny_release, Reading(max_tokens=10))
    assert encoder.collate([EncodedSentence(ids=[1] * 9, pairs=[])]).input_ids.shape == (1, 10)
