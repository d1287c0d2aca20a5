"""A comparison of two statements as text for a terminal and as JSON."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator

from .analysis import Comparison, Fragment, PhraseChange, SentenceAnalysis, SentenceChange


def as_json(comparison: Comparison) -> str:
    """Return the whole comparison as indented JSON."""
    return json.dumps(comparison.as_dict(), ensure_ascii=False, indent=2) + "\n"


def as_text(comparison: Comparison) -> str:
    """Return the shift of the whole first, then the sentences one by one; "=" says that no word changed."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    before, after = comparison.before, comparison.after
    if comparison.tone_shift is None:
        yield f"Shift of tone: not judged, {comparison.reason}"
    else:
        yield (
            f"Tone {before.tone.value:+.2f} ({before.tone.label}) -> {after.tone.value:+.2f} ({after.tone.label}):"
            f" shift {comparison.tone_shift:+.2f}, 95 % interval {comparison.low:+.2f} to {comparison.high:+.2f}"
        )
    yield (
        f"{len(before.sentences)} sentences before, {len(after.sentences)} after,"
        f" {comparison.aligned} stand for each other"
    )
    for name, phrases in (("dropped", comparison.phrases_dropped), ("added", comparison.phrases_added)):
        if phrases:
            yield f"Phrases of register {name}: {'; '.join(map(_phrase, phrases))}"
    for change in comparison.sentences:
        yield ""
        yield from _change(change, before.sentences, after.sentences)
    yield ""
    yield f"{after.provenance.release}, codebook {after.provenance.codebook}, {after.provenance.date}"


def _change(
    change: SentenceChange, before: tuple[SentenceAnalysis, ...], after: tuple[SentenceAnalysis, ...]
) -> Iterator[str]:
    if change.before is None or change.after is None:
        is_added = change.before is None
        sentence = after[change.after or 0] if is_added else before[change.before or 0]
        place = f"     {sentence.id:>4}" if is_added else f"{sentence.id:>4}     "
        yield f"{'+' if is_added else '-'} {place}  {sentence.tone.label or 'unscored'}"
        yield from _wrapped(sentence.text)
        return
    one, other = before[change.before], after[change.after]
    tones = [sentence.tone.label or "unscored" for sentence in (one, other)]
    shift = "" if change.tone_shift is None else f" ({change.tone_shift:+.2f})"
    yield (
        f"{'~' if change.edits else '='} {one.id:>4} {other.id:>4}  {tones[0]} -> {tones[1]}{shift}"
        f"{_ladder(change)}"
    )
    yield from _wrapped(other.text)
    for edit in change.edits:
        yield f"             {_quoted(edit.before)} -> {_quoted(edit.after)}"


def _ladder(change: SentenceChange) -> str:
    if change.rung_before is None and change.rung_after is None:
        return ""
    names = [rung.rung if rung else "no phrase" for rung in (change.rung_before, change.rung_after)]
    if names[0] == names[1]:
        return f"; ladder: {names[0]}"
    steps = f" ({abs(change.steps)} {'up' if change.steps > 0 else 'down'})" if change.steps else ""
    return f"; ladder: {names[0]} -> {names[1]}{steps}"


def _phrase(phrase: PhraseChange) -> str:
    return f"{phrase.phrase}{' denied' if phrase.negated else ''} ({phrase.rung}, {phrase.height:+d})"


def _quoted(fragment: Fragment | None) -> str:
    return "nothing" if fragment is None else f'"{" ".join(fragment.text.split())}"'


def _wrapped(text: str) -> list[str]:
    width = min(shutil.get_terminal_size().columns, 110)
    return textwrap.wrap(" ".join(text.split()), width, initial_indent=" " * 13, subsequent_indent=" " * 13)
