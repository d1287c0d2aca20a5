"""The network reads the same few states; what is given out stays the text's own."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.analyzer import Analyzer, load
from diplotone.model.article.exchange import Exchange
from diplotone.model.encoding import SentenceEncoder
from diplotone.model.reading import Reading
from diplotone.model.records import check_rows
from diplotone.model.release import open_release
from diplotone.model.stand_ins import STAND_INS, StandIns
from diplotone.train.corpus import data_folder

EXCHANGE = Exchange()
STAND = StandIns()


def test_every_stand_in_can_take_any_place():
    assert set(STAND_INS) <= set(EXCHANGE.replacements)
    assert len(set(STAND_INS)) == len(STAND_INS)


def test_a_sentence_is_read_alike_whatever_states_it_names():
    told = {
        STAND.retold(text, [])[0]
        for text in (
            "Chad accused Sudan of arming a Chadian militia.",
            "Peru accused Norway of arming a Peruvian militia.",
            "The Netherlands accused the Philippines of arming a Dutch militia.",
        )
    }
    assert len(told) == 1


def test_the_ends_of_pairs_move_with_the_words():
    text = "Ouagadougou told the Papua New Guinean envoy, not the UN, that Chad had lied."
    names = ("Ouagadougou", "Papua New Guinean envoy", "Chad")
    spans = [(text.index(name), text.index(name) + len(name)) for name in names]
    told, pairs = STAND.retold(text, [(spans[0], spans[1]), (None, spans[2])])
    (first, second), (none, third) = pairs
    assert none is None
    assert told[slice(*first)] == "Oslo"
    assert told[slice(*second)] == "Mongolian envoy"
    assert told[slice(*third)] == "Peru"
    assert "not the UN" in told


def test_a_sentence_without_states_stays_as_it_is():
    assert STAND.retold("The dockers struck.", [(None, (4, 11))]) == (
        "The dockers struck.",
        [(None, (4, 11))],
    )


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from(["Chad", "Omani", "the UK", "Kyiv", "said", ", ", "—", "İ", "a "]), max_size=30),
    st.data(),
)
def test_moved_ends_lie_in_the_text_whatever_it_is(parts, data):
    text = " ".join(parts)
    if not text:
        return
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    told, ((_, (first, last)),) = STAND.retold(text, [(None, (start, end))])
    assert 0 <= first <= last <= len(told)


@pytest.mark.parametrize("change", [str.upper, str.lower])
def test_states_are_known_in_letters_of_one_case(change):
    text = "The Ivorian and Turkish envoys left Chad for Ankara."
    read, _ = StandIns().retold(change(text), [])
    as_usual, _ = StandIns().retold(text, [])
    assert read.lower() == as_usual.lower() != text.lower()


def test_small_us_is_no_state():
    assert StandIns().retold("they asked us to leave turkey.", [])[0] == "they asked us to leave Norway."
    assert StandIns().retold("US LEAVES TURKEY.", [])[0] == "Norway LEAVES Mongolia."


@pytest.fixture(scope="module")
def reader(tiny_release):
    """The tiny release, read through stand-ins."""
    analyzer = load(tiny_release)
    release = open_release(tiny_release)
    return Analyzer(
        release,
        analyzer.engine,
        SentenceEncoder.from_folder(release.folder, Reading(max_tokens=256, stand_ins=True)),
    )


def test_predictions_do_not_hang_on_the_states(reader, codebook):
    rows = [
        {"text": "Chad thanked Sudan.", "pairs": [{"source": "Chad", "target": "Sudan"}]},
        {"text": "Bolivia thanked Kyrgyzstan.", "pairs": [{"source": "Bolivia", "target": "Kyrgyzstan"}]},
    ]
    one, other = reader.predict(check_rows(rows, codebook).raise_for_faults())
    for task in codebook.at("sentence"):
        np.testing.assert_array_equal(one.sentence[task.name], other.sentence[task.name])
    for task in codebook.at("pair"):
        np.testing.assert_array_equal(one.pairs[0][task.name], other.pairs[0][task.name])


def test_a_release_says_whether_it_reads_so(tiny_release):
    config = json.loads((tiny_release / "config.json").read_text(encoding="utf-8"))
    assert open_release(tiny_release).reading.stand_ins is config["stand_ins"] is True


def test_few_written_sentences_name_more_states_than_there_are_stand_ins():
    lines = (data_folder() / "written.jsonl").read_text(encoding="utf-8").splitlines()
    assert all(len(EXCHANGE.codes(json.loads(line)["text"])) <= len(STAND_INS) for line in lines[::7])
