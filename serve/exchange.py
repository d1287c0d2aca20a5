"""What if the states were exchanged? Two actors trade places in a text, and it is read again.

A fair reading follows the words and not the flags: every sentence keeps its labels, and whatever one stood
accused of, the other now does. What changes shows where the release leans on a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from ..model.analysis import Analysis, Judgement, SentenceAnalysis
from ..model.analyzer import Analyzer
from ..model.article import exchange as article
from ..model.codebook import Codebook
from ..model.errors import TextError


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSentence:
    """A sentence that got another label when the actors were exchanged."""

    id: int
    text: str
    """With the actors exchanged."""
    before: dict[str, Judgement]
    """Task -> judgement, for the tasks whose label changed."""
    after: dict[str, Judgement]


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
    before, after = analyzer.analyze(text), analyzer.analyze(exchanged)
    comparable = len(before.sentences) == len(after.sentences)
    return Exchange(
        one=one,
        other=other,
        text=exchanged,
        before=before,
        after=after,
        n_exchanged=n,
        changed=tuple(_changes(before.sentences, after.sentences, analyzer.codebook)) if comparable else None,
        n_compared=len(before.sentences) if comparable else 0,
    )


def _changes(
    before: Sequence[SentenceAnalysis], after: Sequence[SentenceAnalysis], codebook: Codebook
) -> Iterator[ChangedSentence]:
    tasks = [task.name for task in codebook.at("sentence")]
    for old, new in zip(before, after, strict=True):
        changed = [name for name in tasks if getattr(old, name).label != getattr(new, name).label]
        if changed:
            yield ChangedSentence(
                id=old.id,
                text=new.text,
                before={name: getattr(old, name) for name in changed},
                after={name: getattr(new, name) for name in changed},
            )


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
