"""How numbers, voices and actors are put into words on the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..model.analysis import Judgement, SentenceAnalysis, Voice

if TYPE_CHECKING:
    from ..model.analyzer import Analyzer

NameOf = Callable[[str], str]
"""From the code of an actor to its usual name."""

_VOICES = {"narrator": "the writer", "quote": "direct quote", "reported": "reported speech"}
_KINDS = {"speaker": "speaker's label", "body": "sentence"}


def names_of(analyzer: Analyzer) -> NameOf:
    """Return what gives the names of actors; a code that the analyzer does not know is its own name."""
    gazetteer = analyzer.gazetteer
    return lambda code: gazetteer[code].name if code in gazetteer else code


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign, with a true minus: −0.25, +0.25, 0.00."""
    shown = f"{value:+.{digits}f}"
    if float(shown) == 0:
        return shown[1:]
    return shown.replace("-", "−")


def interval(low: float, high: float) -> str:
    """Return an interval in words, such as "−0.10 to +0.32"."""
    return f"{signed(low)} to {signed(high)}"


def counted(n: int, noun: str) -> str:
    """Return "1 sentence" or "3 sentences"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def days(n: float) -> str:
    """Return "1 day" or "0.5 days"."""
    return "1 day" if n == 1 else f"{n:,g} days"


def voice_words(voice: Voice, name_of: NameOf) -> str:
    """Return who speaks, such as "reported speech, South Korea"."""
    words = _VOICES[voice.kind]
    return f"{words}, {name_of(voice.speaker)}" if voice.speaker else words


def kind_words(sentence: SentenceAnalysis) -> str:
    """Return what the sentence is in the layout of the article, such as "headline"."""
    return _KINDS.get(sentence.kind, sentence.kind)


def reason_heads(judgements: Sequence[Judgement]) -> list[tuple[str, int]]:
    """Return why judgements have no label, in short, with how many share it; the most frequent first.

    A reason reads "head: detail"; the heads are what a reader can count.
    """
    heads = [(j.reason or "").partition(":")[0] for j in judgements if j.label is None]
    return sorted(((head, heads.count(head)) for head in set(heads)), key=lambda item: (-item[1], item[0]))
