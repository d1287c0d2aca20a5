"""What of an article is judged at all: its prose, in English, once."""

from __future__ import annotations

from collections.abc import Sequence

from ..analysis import SentenceKind
from .language import why_unscored
from .sentences import Sentence

NOT_PROSE: dict[SentenceKind, str] = {
    "byline": "names the author",
    "dateline": "says where and when",
    "speaker": "names who speaks next",
    "furniture": "belongs to the page, not to the article",
}
"""Kinds of sentences that say nothing of anyone's temper, and why they are left out."""


def reasons_unscored(text: str, sentences: Sequence[Sentence]) -> tuple[str | None, ...]:
    """Return for each sentence why it is not to be judged, or None.

    Left out are lines that are no prose, sentences that are not English or too short, and word-for-word
    repetitions (a headline above and within the article), which would count twice.
    """
    first_seen: dict[str, int] = {}
    reasons: list[str | None] = []
    for number, sentence in enumerate(sentences):
        words = text[sentence.start : sentence.end]
        first = first_seen.setdefault(" ".join(words.split()).casefold(), number)
        if sentence.kind in NOT_PROSE:
            reasons.append(NOT_PROSE[sentence.kind])
        elif first != number:
            earlier = sentences[first]
            reasons.append(
                f"repeats an earlier sentence: the one at characters {earlier.start} to {earlier.end}"
            )
        else:
            reasons.append(why_unscored(words))
    return tuple(reasons)
