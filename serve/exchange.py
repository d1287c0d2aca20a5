"""What if the states were exchanged? Two actors trade places in a text, and it is read again.

A fair reading follows the words and not the flags: every sentence keeps its labels, and whatever one stood
accused of, the other now does. What changes shows where the release leans on a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from ..model.analysis import Analysis, Dyad, Judgement, PairAnalysis, SentenceAnalysis
from ..model.analyzer import Analyzer
from ..model.article import exchange as article
from ..model.codebook import Codebook, Task
from ..model.errors import TextError

Ends = tuple[str, str]
"""Codes of source and target in the text as it was; after the exchange the two stand for each other."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPair:
    """Two actors of a sentence who got another stance or act, or whose relation was found in one reading alone."""

    ends: Ends
    before: PairAnalysis | None
    """None where the relation was not found."""
    after: PairAnalysis | None


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
    exchanged, n = exchanged_text(text, one, other)
    if n == 0:
        raise TextError(f"neither {one} nor {other} is named in the text by a word that can be exchanged")
    swap = {one: other, other: one}
    before, after = analyzer.analyze(text), analyzer.analyze(exchanged)
    comparable = len(before.sentences) == len(after.sentences)
    changed = _changes(before.sentences, after.sentences, analyzer.codebook, swap) if comparable else None
    dyads = _matched(
        {(dyad.source, dyad.target): dyad for dyad in before.dyads},
        {exchanged_ends((dyad.source, dyad.target), swap): dyad for dyad in after.dyads},
    )
    return Exchange(
        one=one,
        other=other,
        text=exchanged,
        before=before,
        after=after,
        n_exchanged=n,
        changed=None if changed is None else tuple(changed),
        n_compared=len(before.sentences) if comparable else 0,
        dyads=tuple(BothDyads(ends=ends, before=old, after=new) for ends, (old, new) in dyads.items()),
    )


def exchanged_ends(ends: Ends, swap: Mapping[str, str]) -> Ends:
    """Return source and target with each of the two actors in the other's place; a third one stays."""
    source, target = ends
    return swap.get(source, source), swap.get(target, target)


def _matched(
    before: Mapping[Ends, Found], after: Mapping[Ends, Found]
) -> dict[Ends, tuple[Found | None, Found | None]]:
    return {ends: (before.get(ends), after.get(ends)) for ends in (*before, *after)}


def _changes(
    before: Sequence[SentenceAnalysis],
    after: Sequence[SentenceAnalysis],
    codebook: Codebook,
    swap: Mapping[str, str],
) -> Iterator[ChangedSentence]:
    for old, new in zip(before, after, strict=True):
        changed = _differing(codebook.at("sentence"), old, new)
        pairs = tuple(_changed_pairs(old, new, codebook, swap))
        if changed or pairs:
            yield ChangedSentence(
                id=old.id,
                text=new.text,
                before={name: getattr(old, name) for name in changed},
                after={name: getattr(new, name) for name in changed},
                pairs=pairs,
            )


def _changed_pairs(
    before: SentenceAnalysis, after: SentenceAnalysis, codebook: Codebook, swap: Mapping[str, str]
) -> Iterator[ChangedPair]:
    found = _matched(
        {(pair.source.code, pair.target.code): pair for pair in before.pairs},
        {exchanged_ends((pair.source.code, pair.target.code), swap): pair for pair in after.pairs},
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
    exchanged = _exchange().apply(text, {one: other, other: one}, or_name=True)
    assert exchanged is not None  # nothing is refused where a name may stand
    return exchanged.text, exchanged.n
