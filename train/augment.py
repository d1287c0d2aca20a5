"""What training makes of its sentences besides reading them: silent pairs, other countries, typing errors."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ..model.analysis import Mention
from ..model.article.actors import Gazetteer
from ..model.article.dyads import candidate_pairs
from ..model.article.exchange import Exchange
from ..model.article.sentences import split
from ..model.records import Pair, Record, Span

TYPO_RATE = 0.1
"""Share of the words that get an error."""

SHORTEST_MISSPELT = 4
"""Letters."""

CLAUSES = (
    ", officials said",
    ", a spokesman said on Thursday",
    ", the ministry's website said",
    ", as had been announced the week before",
    ", state radio reported",
    ", the third such item this month",
    ", according to a summary seen by reporters",
    " shortly before noon",
    " in the first week of the session",
    ", a note to editors added",
    ", agencies reported overnight",
    " on the margins of the annual meeting",
    ", minutes of the sitting show",
    ", as was reported in the evening editions",
    ", diplomats said",
    " during a visit that ended on Sunday",
    ", the archive's finding aid says",
    " in front of some forty reporters",
)
"""What may stand before a sentence's full stop and change nothing of what it says."""


def with_silent_pairs(records: Sequence[Record], share: float = 1.0, *, seed: int = 1) -> list[Record]:
    """Return the records, a share of them with the pairs added of which they say nothing, as neutral and NONE.

    The codebook has every ordered pair labelled of which a sentence says something. What the gazetteer finds beyond
    these is silence, and a network that never saw silence finds a relation in every sentence that names two states.
    A record in which nothing is labelled of any pair is taken to be silent too, one whose pairs lack labels is left as
    it is.

    Args:
        records: Labelled in full.
        share: Of the records, 0..1: with all, silence outnumbers what is said.
        seed: Of the drawing.
    """
    gazetteer = Gazetteer.load()
    rng = random.Random(seed)
    return [
        replace(record, pairs=(*record.pairs, *_silent(record, gazetteer)))
        if rng.random() < share and all(pair.stance for pair in record.pairs)
        else record
        for record in records
    ]


def _silent(record: Record, gazetteer: Gazetteer) -> Iterator[Pair]:
    found = gazetteer.find(record.text, split(record.text))
    mentions = [mention for sentence in found for mention in sentence]
    labelled = {
        (source, target)
        for pair in record.pairs
        if pair.source is not None
        for source in _codes(pair.source, pair.source_code, mentions)
        for target in _codes(pair.target, pair.target_code, mentions)
    }
    for sentence in found:
        for source, target in candidate_pairs(sentence):
            if (source.code, target.code) not in labelled:
                yield Pair(
                    source=(source.start, source.end),
                    target=(target.start, target.end),
                    stance="neutral",
                    act="NONE",
                )


def _codes(span: Span, code: str | None, mentions: Sequence[Mention]) -> set[str]:
    """Whom a labelled span may stand for: its own code, and whoever the gazetteer sees in it."""
    seen = {mention.code for mention in mentions if span[0] < mention.end and mention.start < span[1]}
    return seen | {code} if code else seen


def other_tellings(records: Sequence[Record], n: int, *, seed: int) -> list[tuple[Record, ...]]:
    """Return each record with n other tellings of it, which mean the same.

    They are told of other states, where the record names any; the first is longer by a clause, the last misspelt.

    Args:
        records: To train on.
        n: Other tellings of each.
        seed: Of the drawing.
    """
    exchange = Exchange()
    rng = random.Random(seed)
    tellings = []
    for record in records:
        named = exchange.codes(record.text) if n else ()
        told = [told_of_others(exchange, record, named, rng)[0] or record for _ in range(n)]
        if told:
            told[0] = with_clause(told[0], rng.choice(CLAUSES))
            told[-1] = misspelt(told[-1], rng)
        tellings.append((record, *told))
    return tellings


def with_clause(record: Record, clause: str) -> Record:
    """Return a record with a clause before its full stop; without a full stop as it is."""
    if not re.search(r"[\w)]\.\s*$", record.text):
        return record
    end = record.text.rstrip().rindex(".")
    return replace(record, text=record.text[:end] + clause + record.text[end:])


def misspelt(record: Record, rng: random.Random) -> Record:
    """Return a record with two neighbouring letters exchanged inside one word of ten; all places stay."""

    def spoil(match: re.Match[str]) -> str:
        word = match[0]
        if rng.random() >= TYPO_RATE:
            return word
        place = rng.randrange(1, len(word) - 2)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    return replace(record, text=re.sub(rf"[A-Za-z]{{{SHORTEST_MISSPELT},}}", spoil, record.text))


def told_of_others(
    exchange: Exchange, record: Record, named: Sequence[str], rng: random.Random
) -> tuple[Record | None, dict[str, str]]:
    """Return a record told of states drawn for those it names, or None for lack of a form; and who took whose place."""
    free = [code for code in exchange.replacements if code not in named]
    mapping = dict(zip(named, rng.sample(free, len(named)), strict=True))
    return exchanged(exchange, record, mapping), mapping


def exchanged(exchange: Exchange, record: Record, mapping: Mapping[str, str]) -> Record | None:
    """Return a record told of other states, its labels unchanged; None where a form is lacking."""
    ends = [span for pair in record.pairs for span in (pair.source, pair.target) if span is not None]
    told = exchange.apply(record.text, mapping, ends)
    if told is None:
        return None
    places = dict(zip(ends, told.spans, strict=True))
    pairs: list[Pair] = [
        replace(
            pair,
            source=None if pair.source is None else places[pair.source],
            target=places[pair.target],
            source_code=mapping.get(pair.source_code or "", pair.source_code),
            target_code=mapping.get(pair.target_code or "", pair.target_code),
        )
        for pair in record.pairs
    ]
    return replace(record, text=told.text, pairs=tuple(pairs))
