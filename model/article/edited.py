"""The sentences of two compared texts cut at the words that differ, for whoever marks them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..analysis import Fragment, SentenceAnalysis


def pieces(sentence: SentenceAnalysis, differing: Iterable[Fragment | None]) -> Iterator[tuple[str, bool]]:
    """Return the text of a sentence in pieces, from left to right, each with whether it differs.

    Args:
        sentence: Of either text.
        differing: The fragments of that text in the sentence's edits, from left to right; None is passed over.
    """
    position = 0
    for fragment in differing:
        if fragment is None:
            continue
        start, end = fragment.start - sentence.start, fragment.end - sentence.start
        if position < start:
            yield sentence.text[position:start], False
        yield sentence.text[start:end], True
        position = end
    if position < len(sentence.text):
        yield sentence.text[position:], False
