"""The pairs of actors in one sentence that stands alone, outside an article."""

from __future__ import annotations

from ..records import Span
from .actors import Gazetteer
from .dyads import candidate_pairs
from .sentences import Sentence
from .ties import Ties


def pairs_in(text: str, gazetteer: Gazetteer) -> tuple[tuple[Span, Span], ...]:
    """Return source and target of each ordered pair that an article's reading would score in a sentence.

    Left out are two actors that one expression stands for, since no span tells them apart.
    """
    sentence = Sentence(0, len(text), "body")
    (mentions,) = gazetteer.find(text, [sentence])
    ties = Ties(text, sentence, mentions)
    return tuple(
        ((source.start, source.end), (target.start, target.end))
        for source, target in candidate_pairs(ties.bearers, ties.may_be_related)
        if source.end <= target.start or target.end <= source.start
    )
