"""Expressions that stand for the two states just named: "both countries", "the two neighbours"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from ..analysis import ActorKind, Mention
from .sentences import Sentence

MOST_MENTIONS = 60
"""Mentions of a sentence; one with more is a table or junk."""

MOST_IN_A_SENTENCE = 4
"""Expressions of one sentence that are looked at."""

_BOTH = re.compile(
    r"\b(?:both|(?<=[Tt]he )two|(?<=[Tt]heir )two) (?:(?:allied|hostile|neighbou?ring|rival) )?"
    r"(?:countries|governments|nations|neighbou?rs|states)\b",
    re.IGNORECASE,
)
_STATES = frozenset({"state", "historical"})


def with_both_states(
    text: str, sentences: Sequence[Sentence], mentions: Sequence[tuple[Mention, ...]]
) -> tuple[tuple[Mention, ...], ...]:
    """Return the mentions with two more, of one span, for each expression that plainly means two states.

    It is plain where exactly two states stand before it in its sentence or, with none there, where the sentence before
    names exactly the two that the article speaks of most. Anything else is left alone.
    """
    found = list(mentions)
    foremost = _foremost_two(mentions)
    for number, sentence in enumerate(sentences):
        if len(found[number]) > MOST_MENTIONS:
            continue
        for match in islice(_BOTH.finditer(text, sentence.start, sentence.end), MOST_IN_A_SENTENCE):
            own = found[number]
            if any(m.start < match.end() and match.start() < m.end for m in own):
                continue
            states = _states(m for m in own if m.end <= match.start())
            if not states and number > 0:
                states = _states(found[number - 1])
                states = states if states.keys() == foremost else {}
            if len(states) == 2:
                both = [
                    Mention(start=match.start(), end=match.end(), text=match[0], code=code, kind=kind)
                    for code, kind in sorted(states.items())
                ]
                found[number] = tuple(sorted([*own, *both], key=lambda m: (m.start, m.end)))
    return tuple(found)


def _foremost_two(mentions: Sequence[Sequence[Mention]]) -> frozenset[str]:
    """The two states named in the most sentences; none where a third is named as often as the second."""
    counted = Counter(code for sentence in mentions for code in _states(sentence)).most_common(3)
    if len(counted) < 2 or (len(counted) == 3 and counted[1][1] == counted[2][1]):
        return frozenset()
    return frozenset(code for code, _ in counted[:2])


def _states(mentions: Iterable[Mention]) -> dict[str, ActorKind]:
    """The states of some mentions, those that are mere places left out."""
    return {m.code: m.kind for m in mentions if m.kind in _STATES and not m.place}
