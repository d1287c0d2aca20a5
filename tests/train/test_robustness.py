"""Changes that a reader hardly notices: what they are of, and that marked spans stay on their names."""

from __future__ import annotations

import random

import pytest

from diplotone.model.encoding import SentenceEncoder
from diplotone.model.plain_text import plain
from diplotone.model.records import Pair, Record
from diplotone.model.release import open_release, shipped_release
from diplotone.train.robustness import KINDS, _longer

TEXT = 'Officials in Skopje said "the firm offer" of Seoul\'s fleet affects Lima.'
UNICODE = ("full-width letters", "ligatures", "curly quotes", "look-alike letters", "zero-width spaces")
UNICODE += ("soft hyphens",)


def _record():
    def span(name):
        return TEXT.index(name), TEXT.index(name) + len(name)

    pairs = (Pair(source=span("Skopje"), target=span("Lima")), Pair(source=None, target=span("Seoul")))
    return Record(text=TEXT, id="1", pairs=pairs)


@pytest.mark.parametrize("kind", KINDS)
def test_spans_stay_on_their_names(kind):
    changed = KINDS[kind](_record(), random.Random(1))
    names = ["Skopje", "Lima", "Seoul"]
    first, second = changed.pairs
    spans = [first.source, first.target, second.target]
    assert second.source is None
    for name, span in zip(names, spans, strict=True):
        found = plain(changed.text[slice(*span)]).text
        assert sorted(found.lower()) == sorted(name.lower())


@pytest.mark.parametrize("kind", UNICODE)
def test_forms_of_unicode_are_the_same_to_the_network(kind):
    release = open_release(shipped_release())
    encoder = SentenceEncoder.from_folder(release.folder, release.reading)
    changed = KINDS[kind](_record(), random.Random(1))
    assert changed.text != TEXT
    before, after = encoder.encode([TEXT, changed.text], [_record().pairs, changed.pairs])
    assert before == after


def test_a_clause_comes_before_the_full_stop():
    told = _longer(_record(), random.Random(1))
    assert told.text.startswith(TEXT[:-1] + ", ")
    assert told.text.endswith(".")
    assert told.pairs == _record().pairs
    question = Record(text="Will Seoul come?", id="2")
    assert _longer(question, random.Random(1)) == question
