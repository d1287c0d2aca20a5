import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diplotone.model.codebook import Codebook
from diplotone.model.record_files import read_records
from diplotone.model.spelling import Spelling
from diplotone.train.corpus import data_folder


@pytest.fixture(scope="module")
def spelling():
    return Spelling(lambda word: word in ("kyiv", "renamo"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (
            "The goverment wtihdrew its embasador.",
            "The government withdrew its embasador.",
        ),  # two slips: left
        ("taht", "that"),
        ("They did nto agree", "They did nto agree"),  # three letters are too few to be sure
        ("Rsusia", "Russia"),
        ("Iarn's envoy condmened it", "Iran's envoy condemned it"),
        ("Renamo and Kyiv", "Renamo and Kyiv"),
        ("Mkrtchyan met Zelensky", "Mkrtchyan met Zelensky"),
        ("It didn't, wouldn't and couldn't.", "It didn't, wouldn't and couldn't."),
        ("defence and defense, honour and labour", "defence and defense, honour and labour"),
        ("an ex-presdient", "an ex-president"),
        ("naïve Türkiye coöperates", "naïve Türkiye coöperates"),
        ("NTAO", "NTAO"),
        ("", ""),
    ],
)
def test_a_slip_is_read_as_the_word_that_was_meant(spelling, typed, meant):
    assert spelling.mended(typed, [])[0] == meant


def test_the_ends_of_pairs_move_along(spelling):
    text = "The goverment of Rsusia tahnked the Kenyan ministr."
    source, target = (17, 23), (36, 50)
    assert (text[slice(*source)], text[slice(*target)]) == ("Rsusia", "Kenyan ministr")
    read, ends = spelling.mended(text, [(source, target), (None, target)])
    assert read == "The government of Russia thanked the Kenyan minister."
    assert [read[slice(*span)] for span in ends[0]] == ["Russia", "Kenyan minister"]
    assert ends[1] == (None, ends[0][1])


def test_sentences_without_errors_are_read_as_they_are(spelling):
    texts = [record.text for record in read_records(data_folder() / "written.jsonl", Codebook.load())]
    some = random.Random(1).sample(texts, 1000)
    changed = [(text, spelling.mended(text, [])[0]) for text in some]
    words = sum(len(text.split()) for text in some)
    others = sum(
        one != other for text, read in changed for one, other in zip(text.split(), read.split(), strict=True)
    )
    assert others / words < 0.001


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_is_no_latin_word_stays(spelling, text):
    read, _ = spelling.mended(text, [])
    assert re.sub(r"[A-Za-z]+", "", read) == re.sub(r"[A-Za-z]+", "", text)


def test_a_word_of_a_million_letters_takes_no_time(spelling):
    start = time.process_time()
    assert spelling.mended("x" * 1_000_000, [])[0] == "x" * 1_000_000
    assert time.process_time() - start < 5  # trying every letter at every place would take hours
