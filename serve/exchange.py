"""What if the states were exchanged? Two actors trade places in a text, and it is read again.

A fair reading follows the words and not the flags: every sentence keeps its labels, and whatever one stood
accused of, the other now does. What changes shows where the release leans on a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from ..model.analysis import Analysis, Dyad, Judgement, Mention, PairAnalysis, SentenceAnalysis
from ..model.analyzer import Analyzer
from ..model.article import exchange as article
from ..model.article.dyads import aggregate
from ..model.codebook import Codebook, Task
from ..model.errors import TextError
from ..model.records import Span

Ends = tuple[str, str]
"""Codes of source and target in the text as it was, also for what was found at their places after the exchange."""

Place = tuple[Span, str]
"""Where an actor of the text as it was stands after the exchange, or what has taken its place; and its code."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPair:
    """Two actors of a sentence who got another stance or act, or whose relation was found in one reading alone."""

    ends: Ends
    before: PairAnalysis | None
    """None where the relation was not found."""
    after: PairAnalysis | None
    """With the codes that the exchanged text has there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSentence:
    """A sentence that got another label, of its own or of a pair in it, when the actors were exchanged."""

    id: int
    text: str
    """With the actors exchanged."""
    before: dict[str, Judgement]
    """Task -> judgement, for the tasks of sentences whose label changed."""
    after: dict[str, Judgement]
    pairs: tuple[ChangedPair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BothDyads:
    """Who stands where toward whom over the whole article, in both readings."""

    ends: Ends
    before: Dyad | None
    """None where the relation was not found."""
    after: Dyad | None
    """With the codes that the text as it was has at those places."""

    @property
    def is_changed(self) -> bool:
        """Whether it has another stance or other acts, or was found in one reading alone."""
        if self.before is None or self.after is None:
            return True
        return self.before.stance != self.after.stance or dict(self.before.acts) != dict(self.after.acts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A text as it was and with two actors exchanged, read both times."""

    one: str
    other: str
    text: str
    """With the actors exchanged."""
    before: Analysis
    after: Analysis
    n_exchanged: int
    """Words and names that were replaced."""
    changed: tuple[ChangedSentence, ...] | None
    """None where the text falls into other sentences now, so that they cannot be compared."""
    n_compared: int
    """Sentences that were compared."""
    dyads: tuple[BothDyads, ...]
    """Those of all actors, the two and others; strongest evidence first."""


def exchange(analyzer: Analyzer, text: str, one: str, other: str) -> Exchange:
    """Return what the exchange of two actors changes.

    Args:
        analyzer: Reads both texts.
        text: The article.
        one: Code of an actor.
        other: Code of another one.

    Raises:
        TextError: The codes are unknown or the same, or neither actor is named in the text.
    """
    for code in (one, other):
        if code not in analyzer.gazetteer:
            raise TextError(f'"{code}" is no actor that is known here; choose two of those in the text')
    if one == other:
        raise TextError("the two actors are the same; choose two different ones")
    before = analyzer.analyze(text)
    mentions = [mention for sentence in before.sentences for mention in sentence.mentions]
    exchanged = _exchanged(text, one, other, [(mention.start, mention.end) for mention in mentions])
    if exchanged.n == 0:
        raise TextError(f"neither {one} nor {other} is named in the text by a word that can be exchanged")
    after = analyzer.analyze(exchanged.text)
    places = list(zip(exchanged.spans, (mention.code for mention in mentions), strict=True))
    comparable = len(before.sentences) == len(after.sentences)
    changed = _changes(before.sentences, after.sentences, analyzer.codebook, places) if comparable else None
    dyads = _matched(
        {(dyad.source, dyad.target): dyad for dyad in before.dyads},
        {(dyad.source, dyad.target): dyad for dyad in _dyads_by_place(after, analyzer.codebook, places)},
    )
    return Exchange(
        one=one,
        other=other,
        text=exchanged.text,
        before=before,
        after=after,
        n_exchanged=exchanged.n,
        changed=None if changed is None else tuple(changed),
        n_compared=len(before.sentences) if comparable else 0,
        dyads=tuple(BothDyads(ends=ends, before=old, after=new) for ends, (old, new) in dyads.items()),
    )


def _code_before(mention: Mention, places: Sequence[Place]) -> str:
    """The code of the actor in whose place a mention of the exchanged text stands.

    Not every mention is exchanged: people who are named stay, and so does what stands for both ("the Koreas").
    """
    codes = [code for (start, end), code in places if start < mention.end and mention.start < end]
    return mention.code if mention.code in codes or not codes else codes[0]


def _ends_before(pair: PairAnalysis, places: Sequence[Place]) -> Ends:
    return _code_before(pair.source, places), _code_before(pair.target, places)


def _dyads_by_place(after: Analysis, codebook: Codebook, places: Sequence[Place]) -> tuple[Dyad, ...]:
    """Who stands where toward whom in the exchanged text, each called by the actor in whose place it stands."""
    sentences = []
    for sentence in after.sentences:
        pairs = []
        for pair in sentence.pairs:
            source, target = _ends_before(pair, places)
            pairs.append(
                replace(
                    pair,
                    source=replace(pair.source, code=source),
                    target=replace(pair.target, code=target),
                )
            )
        sentences.append(replace(sentence, pairs=tuple(pairs)))
    return aggregate(sentences, codebook["stance"])


def _matched(
    before: Mapping[Ends, Found], after: Mapping[Ends, Found]
) -> dict[Ends, tuple[Found | None, Found | None]]:
    return {ends: (before.get(ends), after.get(ends)) for ends in (*before, *after)}


def _changes(
    before: Sequence[SentenceAnalysis],
    after: Sequence[SentenceAnalysis],
    codebook: Codebook,
    places: Sequence[Place],
) -> Iterator[ChangedSentence]:
    for old, new in zip(before, after, strict=True):
        changed = _differing(codebook.at("sentence"), old, new)
        pairs = tuple(_changed_pairs(old, new, codebook, places))
        if changed or pairs:
            yield ChangedSentence(
                id=old.id,
                text=new.text,
                before={name: getattr(old, name) for name in changed},
                after={name: getattr(new, name) for name in changed},
                pairs=pairs,
            )


def _changed_pairs(
    before: SentenceAnalysis, after: SentenceAnalysis, codebook: Codebook, places: Sequence[Place]
) -> Iterator[ChangedPair]:
    found = _matched(
        {(pair.source.code, pair.target.code): pair for pair in before.pairs},
        {
            ends: pair
            for pair in after.pairs
            if len(set(ends := _ends_before(pair, places))) == 2  # not one actor, half of whom was exchanged
        },
    )
    for ends, (old, new) in found.items():
        if old is None or new is None or _differing(codebook.at("pair"), old, new):
            yield ChangedPair(ends=ends, before=old, after=new)


def _differing(tasks: Iterable[Task], before: object, after: object) -> list[str]:
    """Names of the tasks in which two sentences or pairs have different labels."""
    names = [task.name for task in tasks]
    return [name for name in names if getattr(before, name).label != getattr(after, name).label]


@cache
def _exchange() -> article.Exchange:
    """The table of all forms, which is worth keeping."""
    return article.Exchange(sure_only=False)


def exchanged_text(text: str, one: str, other: str) -> tuple[str, int]:
    """Return the text with each form of either actor replaced by the like form of the other, and how many.

    Names give names, adjectives adjectives, peoples peoples and capitals capitals; a form of which the
    other has no like becomes its name.
    """
    exchanged = _exchanged(text, one, other)
    return exchanged.text, exchanged.n


def _exchanged(text: str, one: str, other: str, spans: Sequence[Span] = ()) -> article.Exchanged:
    exchanged = _exchange().apply(text, {one: other, other: one}, spans, or_name=True)
    assert exchanged is not None  # nothing is refused where a name may stand
    return exchanged
