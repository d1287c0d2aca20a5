"""Which two actors of a sentence can stand in a relation at all, whatever the network makes of them.

Most actors of a sentence merely keep company. Some of that shows without syntax: a state that is only where something
happens; the members of a list, who do the same but not to one another; what a semicolon keeps apart; and one act seen
from both ends, which had only one doer.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ..analysis import Mention, PairAnalysis
from .sentences import Sentence

DIRECTED_ACTS = frozenset(
    {
        "ACCUSE",
        "AID",
        "ASSAULT",
        "COERCE",
        "CONCEDE",
        "MOBILIZE",
        "PROTEST",
        "REJECT",
        "REQUEST",
        "SANCTION",
        "THREATEN",
    }
)
"""Acts that one does to another; the rest are mostly done together."""

NEAR_LIST = 60
"""Characters before and after a list in which a word makes its members act upon one another."""

FARTHEST_APART = 1_000
"""Characters between two mentions; farther apart nothing is ruled out."""

_LIST_JOINT = re.compile(r"(?:[\s,/]|\b(?:and|or|nor|the|both|then|as well as|along with|also)\b)*")
_COMPOUND_JOINT = re.compile(r"[-‐‑–—/]")
_MUTUAL = re.compile(
    r"\b(?:between|among|each other|one another|mutual(?:ly)?|bilateral(?:ly)?|trilateral|joint(?:ly)?|together|"
    r"relations?|relationship|ties|rapprochement|talks?|talking|negotiat\w+|agree(?:s|d|ment|ments)?|accords?|deals?|"
    r"signs?|signed|signing|me(?:e)?ts?|meetings?|summits?|exchang\w+|trad(?:e|es|ed|ing)|clash\w*|war|wars|"
    r"conflicts?|disputes?|tensions?|rival\w*|feuds?|rows?|standoff|cooperat\w+|alli(?:ance|ed|es)|fought|fight\w*|"
    r"discuss\w*|sever(?:ed|s)?|restor\w+|normali[sz]\w+|resum\w+|two (?:countries|sides|nations|neighbou?rs|states)|"
    r"both (?:countries|sides|nations|states)|differ\w*|split|partners?|reconcil\w+|hostilities|friendship|enmity)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\bbetween(?: both)?(?: the)? $", re.IGNORECASE)
_AND = re.compile(r" and (?:the )?")
_BLOWS_EXCHANGED = re.compile(
    r"\b(?:each other|one another|mutual(?:ly)?|exchang\w+|trad(?:ed|es|ing)|clash\w*|fought|fighting|war|"
    r"tit[- ]for[- ]tat|between|both (?:countries|sides|nations|states)|reciprocal\w*|retaliat\w+|"
    r"in (?:turn|response|return))\b",
    re.IGNORECASE,
)


class Ties:
    """The words between and around the actors of one sentence."""

    def __init__(self, text: str, sentence: Sentence, mentions: Sequence[Mention]) -> None:
        self._text = text
        self._sentence = sentence
        self._mentions = sorted(mentions, key=lambda mention: (mention.start, mention.end))
        self._starts = [mention.start for mention in self._mentions]
        self._is_mutual = bool(_BLOWS_EXCHANGED.search(text, sentence.start, sentence.end)) or any(
            _COMPOUND_JOINT.fullmatch(text[one.end : other.start]) for one, other in pairwise(self._mentions)
        )

    @property
    def bearers(self) -> tuple[Mention, ...]:
        """The mentions that can be the source or the target of a relation: all but mere places."""
        return tuple(mention for mention in self._mentions if not mention.place)

    def may_be_related(self, one: Mention, other: Mention) -> bool:
        """Whether two mentions are more than members of one list and in one part of the sentence."""
        if one.start > other.start:
            one, other = other, one
        if one.end > other.start:
            return True  # one expression for both: "the two Koreas"
        if other.start - one.end > FARTHEST_APART:
            return True
        between = self._between(one, other)
        if ";" in between:
            return False
        if _COMPOUND_JOINT.fullmatch(between.strip()):
            return True
        return not _LIST_JOINT.fullmatch(between) or self._list_is_mutual(one, other)

    def are_joined(self, one: Mention, other: Mention) -> bool:
        """Whether the words tie two mentions to one another: "between Peru and Chile", "Sino-Soviet"."""
        if one.start > other.start:
            one, other = other, one
        if one.end > other.start:
            return False
        between = self._text[one.end : other.start]
        if _COMPOUND_JOINT.fullmatch(between):
            return True
        before = self._text[max(one.start - 12, self._sentence.start) : one.start]
        return bool(_BETWEEN.search(before)) and bool(_AND.fullmatch(between))

    def without_mirror_images(
        self, relations: Iterable[tuple[PairAnalysis, float]]
    ) -> Iterator[PairAnalysis]:
        """The relations without those that are another one's act read backwards.

        Where both directions are reported, one of them as a directed act, and nothing says that it was given back, the
        likelier one stays: who invades is not invaded.

        Args:
            relations: Each with how likely it is, 0..1 (`relations.RelationRule.probability`).
        """
        likely = tuple(relations)
        by_codes = {(pair.source.code, pair.target.code): (pair, p) for pair, p in likely}
        for pair, probability in likely:
            reverse, its_probability = by_codes.get((pair.target.code, pair.source.code), (pair, probability))
            is_mirror_image = its_probability > probability and not DIRECTED_ACTS.isdisjoint(
                (pair.act.label, reverse.act.label)
            )
            if self._is_mutual or not is_mirror_image:
                yield pair

    def _between(self, one: Mention, other: Mention) -> str:
        """The words between two mentions, other mentions left out."""
        pieces: list[str] = []
        position = one.end
        for number in range(bisect_left(self._starts, one.end), bisect_left(self._starts, other.start)):
            mention = self._mentions[number]
            if mention.start >= position and mention.end <= other.start:
                pieces.append(self._text[position : mention.start])
                position = mention.end
        pieces.append(self._text[position : other.start])
        return "".join(pieces)

    def _list_is_mutual(self, one: Mention, other: Mention) -> bool:
        start = max(one.start - NEAR_LIST, self._sentence.start)
        end = min(other.end + NEAR_LIST, self._sentence.end)
        return bool(
            _MUTUAL.search(self._text[start : one.start]) or _MUTUAL.search(self._text[other.end : end])
        )
