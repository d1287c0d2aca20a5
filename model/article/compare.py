"""Two analysed statements side by side: what was added, dropped and reworded, and which way the tone went."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from ..analysis import (
    Analysis,
    Comparison,
    Edit,
    Fragment,
    PhraseChange,
    RungMention,
    SentenceAnalysis,
    SentenceChange,
)
from ..codebook import Task
from .alignment import align, words_of
from .bootstrap import interval_of_difference
from .index import expected_score, indexed_tones

MOST_WORDS = 2_000
"""Words of a sentence up to which single words are compared; a longer one is replaced as a whole."""


def compare(before: Analysis, after: Analysis, tone: Task) -> Comparison:
    """Return two analyses side by side.

    Args:
        before: Of the earlier text, or of the one to measure by.
        after: Of the other.
        tone: The tone task of the codebook, for the scale.

    Raises:
        TextError: The texts have too many sentences between them.
    """
    aligned = align([s.text for s in before.sentences], [s.text for s in after.sentences])
    changes = tuple(
        _change(
            None if one is None else before.sentences[one],
            None if other is None else after.sentences[other],
            similarity,
            tone,
        )
        for (one, other), similarity in aligned
    )
    shift = low = high = reason = None
    if before.tone.value is None or after.tone.value is None:
        which = "first" if before.tone.value is None else "second"
        reason = f"the {which} text has no tone index: {(before if which == 'first' else after).tone.reason}"
    else:
        shift = after.tone.value - before.tone.value
        low, high = interval_of_difference(
            *([score / _end(tone) for score in indexed_tones(a.sentences, tone)] for a in (before, after))
        )
    return Comparison(
        before=before,
        after=after,
        sentences=changes,
        aligned=sum(similarity is not None for _, similarity in aligned),
        phrases_dropped=_phrases_of_one_alone(before, after),
        phrases_added=_phrases_of_one_alone(after, before),
        tone_shift=shift,
        low=low,
        high=high,
        reason=reason,
    )


def _change(
    before: SentenceAnalysis | None,
    after: SentenceAnalysis | None,
    similarity: float | None,
    tone: Task,
) -> SentenceChange:
    rungs = _strongest(before), _strongest(after)
    tone_shift = None
    if before and after and before.tone.label is not None and after.tone.label is not None:
        tone_shift = (expected_score(after.tone, tone) - expected_score(before.tone, tone)) / _end(tone)
    return SentenceChange(
        before=before.id if before else None,
        after=after.id if after else None,
        similarity=similarity,
        edits=tuple(_edits(before, after)) if before and after else (),
        tone_shift=tone_shift,
        rung_before=rungs[0],
        rung_after=rungs[1],
        steps=rungs[1].height - rungs[0].height if rungs[0] and rungs[1] else None,
    )


def _edits(before: SentenceAnalysis, after: SentenceAnalysis) -> Iterator[Edit]:
    """The words that differ; of equal words neither case nor punctuation is looked at."""
    spans = words_of(before.text), words_of(after.text)
    words = [
        [sentence.text[start:end].casefold() for start, end in found]
        for sentence, found in zip((before, after), spans, strict=True)
    ]
    if words[0] == words[1]:
        return
    if max(map(len, words)) > MOST_WORDS:
        yield Edit(before=_fragment(before, spans[0]), after=_fragment(after, spans[1]))
        return
    for kind, i, j, k, m in SequenceMatcher(None, words[0], words[1], autojunk=False).get_opcodes():
        if kind != "equal":
            yield Edit(before=_fragment(before, spans[0][i:j]), after=_fragment(after, spans[1][k:m]))


def _fragment(sentence: SentenceAnalysis, words: list[tuple[int, int]]) -> Fragment | None:
    if not words:
        return None
    start, end = words[0][0], words[-1][1]
    return Fragment(start=sentence.start + start, end=sentence.start + end, text=sentence.text[start:end])


def _strongest(sentence: SentenceAnalysis | None) -> RungMention | None:
    """The phrase farthest from noncommittal, of two as far the unfriendly one; what is denied does not count."""
    said = [rung for rung in sentence.rungs if not rung.negated] if sentence else []
    return max(said, key=lambda rung: (abs(rung.height), -rung.height), default=None)


def _end(tone: Task) -> float:
    return max(abs(score) for score in tone.scores)


def _phrases_of_one_alone(one: Analysis, other: Analysis) -> tuple[PhraseChange, ...]:
    """The phrases of one text that the other has not, in their order; denied and said outright are two."""
    known = {(rung.phrase, rung.negated) for sentence in other.sentences for rung in sentence.rungs}
    found: dict[tuple[str, bool], tuple[RungMention, list[int]]] = {}
    for sentence in one.sentences:
        for rung in sentence.rungs:
            if (key := (rung.phrase, rung.negated)) not in known:
                found.setdefault(key, (rung, []))[1].append(sentence.id)
    return tuple(
        PhraseChange(
            phrase=rung.phrase,
            means=rung.means,
            rung=rung.rung,
            height=rung.height,
            gloss=rung.gloss,
            negated=rung.negated,
            sentences=tuple(dict.fromkeys(ids)),
        )
        for rung, ids in found.values()
    )
