"""Who stands where toward whom: the pairs to score in a sentence, and what they add up to in one article or in many."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import Any

from ..analysis import (
    Asymmetry,
    Dyad,
    DyadOverArticles,
    Evidence,
    Mention,
    PairAnalysis,
    SentenceAnalysis,
)
from ..codebook import Task
from ..relations import NO_ACT, NO_SIDE
from .bootstrap import interval, interval_of_difference
from .index import expected_score, label_of_mean

MOST_PAIRS = 12
"""Ordered pairs of one sentence that are scored; of a list of twenty states hardly two are related."""

MOST_MENTIONS = 60
"""Mentions of one sentence that are looked at; only tables and junk have more."""

MentionPair = tuple[Mention, Mention]


def candidate_pairs(
    mentions: Sequence[Mention], may_be_related: Callable[[Mention, Mention], bool] = lambda one, other: True
) -> tuple[MentionPair, ...]:
    """Return the ordered pairs of actors to score in one sentence, both directions of each.

    Each two codes are represented once, by the two mentions of them that lie nearest to each other, fuller
    mentions before shorter ones. Mentions that overlap make no pair, except where one expression stands for
    both ("the two Koreas") and nothing else names them. Of more than `MOST_PAIRS` the nearest are kept.

    Args:
        mentions: The mentions of one sentence.
        may_be_related: Says of two mentions whether the words allow a relation between them.
    """
    by_code: dict[str, list[Mention]] = defaultdict(list)
    for mention in mentions[:MOST_MENTIONS]:
        by_code[mention.code].append(mention)
    chosen = [
        pair
        for one, other in combinations(by_code, 2)
        if (pair := _nearest(by_code[one], by_code[other], may_be_related)) is not None
    ]
    chosen.sort(key=lambda pair: (_distance(*pair), pair[0].start, pair[1].start, pair[0].code, pair[1].code))
    kept = sorted(chosen[: MOST_PAIRS // 2], key=lambda pair: (pair[0].start, pair[1].start, pair[0].code))
    return tuple(ordered for one, other in kept for ordered in ((one, other), (other, one)))


def _nearest(
    ones: Sequence[Mention], others: Sequence[Mention], may_be_related: Callable[[Mention, Mention], bool]
) -> MentionPair | None:
    """The two mentions of two actors that lie nearest of those that may be related, the earlier one first."""
    pairs = [(one, other) for one in ones for other in others if may_be_related(one, other)]
    apart = [pair for pair in pairs if pair[0].end <= pair[1].start or pair[1].end <= pair[0].start]
    shared = [pair for pair in pairs if (pair[0].start, pair[0].end) == (pair[1].start, pair[1].end)]
    candidates = apart or shared
    if not candidates:
        return None

    def rank(pair: MentionPair) -> tuple[int, int, int]:
        one, other = pair
        return _distance(one, other), -len(one.text) - len(other.text), one.start

    best = min(candidates, key=rank)
    return best if best[0].start <= best[1].start else (best[1], best[0])


def _distance(one: Mention, other: Mention) -> int:
    """Characters between two mentions; 0 where they touch or are the same."""
    return max(one.start - other.end, other.start - one.end, 0)


def aggregate(sentences: Sequence[SentenceAnalysis], stance: Task) -> tuple[Dyad, ...]:
    """Return who stands where toward whom over the whole article, strongest evidence first.

    The evidence of a dyad are its pairs whose stance has a label. All of them count alike in the mean of the
    expected stance, neutral ones too, so that one quarrel among nine plain meetings does not read as enmity.
    Only pairs with neither a side nor an act (neutral and NONE: the two are merely named together) are no
    evidence. A pair without a stance label counts nowhere.

    Strength is the size of the mean times the square root of n; ties go to the larger n, then to the codes.

    Args:
        sentences: The sentences of the article.
        stance: The stance task of the codebook, for the scale.
    """
    found = _evidence([("", sentences)], stance)
    return tuple(
        Dyad(
            **_figures(ends, found, stance),
            evidence=tuple(dict.fromkeys(one.sentence.id for one in found[ends])),
        )
        for ends in _strongest_first(found)
    )


def aggregate_articles(
    articles: Iterable[tuple[str, Sequence[SentenceAnalysis]]], stance: Task
) -> tuple[DyadOverArticles, ...]:
    """Return who stands where toward whom over many articles, strongest evidence first.

    What is evidence and what is strong is as in `aggregate`. Sentences of one article are drawn together for the
    intervals, since they are more alike than those of others.

    Args:
        articles: Names, which must differ, and sentences; gone through once, and of each only its evidence is kept.
        stance: The stance task of the codebook, for the scale.
    """
    found = _evidence(articles, stance)
    return tuple(
        DyadOverArticles(
            **_figures(ends, found, stance),
            articles=len({one.article for one in found[ends]}),
            evidence=tuple(
                dict.fromkeys(
                    Evidence(
                        article=one.article,
                        sentence=one.sentence.id,
                        start=one.sentence.start,
                        end=one.sentence.end,
                    )
                    for one in found[ends]
                )
            ),
        )
        for ends in _strongest_first(found)
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """One pair that is evidence."""

    article: str
    sentence: SentenceAnalysis
    act: str | None
    value: float
    """Expected stance."""


_Ends = tuple[str, str]
"""Codes of source and target."""
_Found = Mapping[_Ends, Sequence[_Judged]]


def _evidence(articles: Iterable[tuple[str, Sequence[SentenceAnalysis]]], stance: Task) -> _Found:
    found: dict[_Ends, list[_Judged]] = defaultdict(list)
    for article, sentences in articles:
        for sentence in sentences:
            for pair in sentence.pairs:
                if _is_evidence(pair):
                    judged = _Judged(article, sentence, pair.act.label, expected_score(pair.stance, stance))
                    found[pair.source.code, pair.target.code].append(judged)
    return found


def _is_evidence(pair: PairAnalysis) -> bool:
    if pair.stance.label is None or pair.source.code == pair.target.code:
        return False
    return pair.stance.label != NO_SIDE or pair.act.label not in (None, NO_ACT)


def _strongest_first(found: _Found) -> list[_Ends]:
    def rank(ends: _Ends) -> tuple[float, int, str, str]:
        judged = found[ends]
        return -abs(fmean(one.value for one in judged)) * len(judged) ** 0.5, -len(judged), *ends

    return sorted(found, key=rank)


def _figures(ends: _Ends, found: _Found, stance: Task) -> dict[str, Any]:
    """What a dyad is told by, whether over one article or many."""
    judged, back = found[ends], found.get((ends[1], ends[0]), ())
    values, articles = [one.value for one in judged], [one.article for one in judged]
    mean = fmean(values)
    low, high = interval(values, articles)
    asymmetry = None
    if back:
        theirs, their_articles = [one.value for one in back], [one.article for one in back]
        least, most = interval_of_difference(theirs, values, their_articles, articles)
        asymmetry = Asymmetry(difference=mean - fmean(theirs), low=least, high=most)
    acts = Counter(one.act for one in judged if one.act not in (None, NO_ACT))
    return {
        "source": ends[0],
        "target": ends[1],
        "stance": label_of_mean(mean, stance),
        "mean": mean,
        "low": low,
        "high": high,
        "n": len(judged),
        "acts": {
            act: n for act, n in sorted(acts.items(), key=lambda item: (-item[1], item[0] or "")) if act
        },
        "asymmetry": asymmetry,
    }
