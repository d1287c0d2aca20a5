"""What if the states were exchanged? Two actors trade places in a text, and it is read again.

A fair reading follows the words and not the flags: every sentence keeps its labels, and whatever one stood
accused of, the other now does. What changes shows where the release leans on a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..model.analysis import Analysis, Judgement, SentenceAnalysis
from ..model.analyzer import Analyzer
from ..model.article.actor_file import Actor
from ..model.article.forms import SHORTEST_UPPER_CASE
from ..model.codebook import Codebook
from ..model.errors import TextError

_WITH_ARTICLE = re.compile(
    r"(?:United|European|African|Arab) |(?:Islands|Emirates|Republic|Union|Nations|States|Court|League)\b"
    r"|\A(?:UN|EU|AU|UK|US|U\.S\.|U\.K\.|USA|UAE|Netherlands|Philippines|Bahamas|Gambia|Maldives|Taliban|Houthis)\Z"
)
"""Names that English puts "the" before."""


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
    exchanged, n = exchanged_text(text, analyzer.gazetteer[one], analyzer.gazetteer[other])
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


Use = Literal["name", "adjective", "people", "seat"]


def exchanged_text(text: str, one: Actor, other: Actor) -> tuple[str, int]:
    """Return the text with each form of either actor replaced by the like form of the other, and how many.

    Names give names, adjectives adjectives, peoples peoples and capitals capitals; a form of which the
    other has no like becomes its name. People who are named stay who they are.
    """
    replacements = {**_replacements(one, other), **_replacements(other, one)}
    replacements |= {
        form.upper(): new for form, new in replacements.items() if len(form) >= SHORTEST_UPPER_CASE
    }
    ambiguous = {form.casefold() for form, _ in _forms(one)} & {form.casefold() for form, _ in _forms(other)}
    words = sorted((w for w in replacements if w.casefold() not in ambiguous), key=len, reverse=True)
    if not words:
        return text, 0
    pattern = re.compile(rf"(\b[Tt]he\s+)?(?<!\w)({'|'.join(map(re.escape, words))})(?!\w)")

    def replaced(match: re.Match[str]) -> str:
        article, word = match[1] or "", match[2]
        new, use = replacements[word]
        if len(word) >= SHORTEST_UPPER_CASE and word.isupper():
            new = new.upper()
        if use != "name":
            return article + new
        return _article(article, word, new, match) + new

    return pattern.subn(replaced, text)


def _article(found: str, word: str, new: str, match: re.Match[str]) -> str:
    """The article before a name: kept, taken off, or put on, as the new name asks."""
    needs, needed = bool(_WITH_ARTICLE.search(new)), bool(_WITH_ARTICLE.search(word))
    if needs == needed or (found and needs):
        return found
    if not needs:
        return ""
    before = match.string[: match.start()].rstrip(" ")
    return "The " if not before or before[-1] in '.!?\n“"' else "the "


def _replacements(source: Actor, target: Actor) -> dict[str, tuple[str, Use]]:
    return {form: _like(use, target) for form, use in _forms(source)}


def _forms(actor: Actor) -> Iterator[tuple[str, Use]]:
    for form in (actor.name, *actor.also):
        yield form, "name"
    for form in actor.adjectives:
        yield form, "adjective"
    for form in actor.people:
        yield form, "people"
    for form in actor.seats:
        yield form, "seat"


def _like(use: Use, actor: Actor) -> tuple[str, Use]:
    forms = {"adjective": actor.adjectives, "people": actor.people, "seat": actor.seats}.get(use, ())
    return (forms[0], use) if forms else (actor.name, "name")
