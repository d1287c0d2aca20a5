"""A comparison as one HTML page that needs nothing else: to be read, printed or filed.

Every text, from the statements, the ladder or the codebook, is escaped where it enters the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from .analysis import (
    Comparison,
    Fragment,
    PhraseChange,
    RungMention,
    SentenceAnalysis,
    SentenceChange,
    ToneIndex,
)
from .article.edited import pieces
from .brief_page import label, page, provenance_table
from .codebook import Codebook, Task

_STYLE = """
del{text-decoration:line-through;color:#7a3000}ins{text-decoration:underline;text-decoration-thickness:2px;
color:#102a80}del.whole,ins.whole{text-decoration:none}
table.texts{table-layout:fixed}table.texts th:last-child{width:9em}
"""

_NO_COUNTERPART = "<span class='quiet'>&ndash;</span>"


def as_html(comparison: Comparison, codebook: Codebook) -> str:
    """Return a brief of a comparison: the shift, phrases of register, both texts with their edits, caveats, provenance.

    Args:
        comparison: What came out.
        codebook: That of the release which made it.
    """
    return page("Diplotone comparison", _body(comparison, codebook["tone"]), _STYLE)


def _body(comparison: Comparison, tone: Task) -> Iterator[str]:
    yield "<h1>Two statements compared</h1>"
    yield from _shift(comparison, tone)
    yield "<h2>Phrases of register</h2>"
    yield from _phrases("Dropped: only in the earlier text", comparison.phrases_dropped)
    yield from _phrases("Added: only in the later text", comparison.phrases_added)
    yield "<h2>Sentence by sentence</h2>"
    yield from _sentences(comparison, tone)
    yield "<h2>Caveats</h2>"
    yield from _caveats(comparison)
    yield "<h2>Provenance</h2>"
    yield from _provenance(comparison)


def _shift(comparison: Comparison, tone: Task) -> Iterator[str]:
    if comparison.tone_shift is None or comparison.low is None or comparison.high is None:
        yield f"<p class='index'>No shift of the whole</p><p>{escape(comparison.reason or '')}</p>"
    else:
        yield (
            f"<p class='index'>Shift of tone {_signed(comparison.tone_shift)}</p>"
            f"<p>From the earlier to the later text, on a scale from &minus;2 (toward {escape(tone.names[0])}) to +2"
            f" (toward {escape(tone.names[-1])}); 95&nbsp;% interval {_signed(comparison.low)} to"
            f" {_signed(comparison.high)}.</p>"
        )
    yield "<table><thead><tr><th>Text</th><th>Tone</th><th>95&nbsp;% interval</th><th>Sentences</th></tr></thead>"
    yield "<tbody>"
    for name, analysis in (("Earlier", comparison.before), ("Later", comparison.after)):
        yield f"<tr><td>{name}</td>{_index(analysis.tone, tone)}</tr>"
    yield "</tbody></table>"
    yield (
        f"<p>Sentences that stand for each other: {comparison.aligned}; dropped: {comparison.dropped};"
        f" added: {comparison.added}.</p>"
    )


def _index(index: ToneIndex, tone: Task) -> str:
    counted = f"<td>{index.n} of {index.total} scored</td>"
    if index.value is None or index.low is None or index.high is None:
        return f"<td colspan='2'>no index: {escape(index.reason or '')}</td>{counted}"
    return (
        f"<td>{_signed(index.value)} {label(tone, index.label)}</td>"
        f"<td>{_signed(index.low)} to {_signed(index.high)}</td>{counted}"
    )


def _phrases(title: str, found: Sequence[PhraseChange]) -> Iterator[str]:
    yield f"<p><b>{title}</b></p>"
    if not found:
        yield "<p>None.</p>"
        return
    yield "<ul>"
    for phrase in found:
        numbers = ", ".join(map(str, phrase.sentences))
        yield (
            f"<li>&ldquo;{escape(phrase.phrase)}&rdquo;{', denied' if phrase.negated else ''}: {escape(phrase.means)}"
            f" <span class='quiet'>Rung {_height(phrase.height)}, {escape(phrase.rung)}: {escape(phrase.gloss)}"
            f" [{numbers}]</span></li>"
        )
    yield "</ul>"


def _sentences(comparison: Comparison, tone: Task) -> Iterator[str]:
    yield (
        "<p class='quiet'><del>Struck out</del>: words of the earlier text that are gone."
        " <ins>Underlined</ins>: words that came.</p>"
        "<table class='texts'><thead><tr><th>Earlier text</th><th>Later text</th><th>Change</th></tr></thead><tbody>"
    )
    before, after = comparison.before.sentences, comparison.after.sentences
    for change in comparison.sentences:
        one = None if change.before is None else before[change.before]
        other = None if change.after is None else after[change.after]
        yield (
            f"<tr><td>{_side(one, [e.before for e in change.edits], 'del', other is None, tone)}</td>"
            f"<td>{_side(other, [e.after for e in change.edits], 'ins', one is None, tone)}</td>"
            f"<td>{_change(change)}</td></tr>"
        )
    yield "</tbody></table>"


def _side(
    sentence: SentenceAnalysis | None,
    differing: Sequence[Fragment | None],
    tag: str,
    is_alone: bool,
    tone: Task,
) -> str:
    if sentence is None:
        return _NO_COUNTERPART
    if is_alone:
        words = f"<{tag} class='whole'>{escape(sentence.text)}</{tag}>"
    else:
        words = "".join(
            f"<{tag}>{escape(text)}</{tag}>" if differs else escape(text)
            for text, differs in pieces(sentence, differing)
        )
    judged = label(tone, sentence.tone.label)
    sure = (
        f" {sentence.tone.confidence:.2f}"
        if sentence.tone.label
        else f": {escape(sentence.tone.reason or '')}"
    )
    return f"{words}<div class='quiet'>[{sentence.id}] {judged}{sure}</div>"


def _change(change: SentenceChange) -> str:
    shift = "" if change.tone_shift is None else f"<div>tone {_signed(change.tone_shift)}</div>"
    return f"{change.kind}{shift}{_ladder(change)}"


def _ladder(change: SentenceChange) -> str:
    if change.rung_before is None and change.rung_after is None:
        return ""
    names = [_rung(rung) for rung in (change.rung_before, change.rung_after)]
    if change.before is None or change.after is None:
        return f"<div class='quiet'>{names[change.before is None]}</div>"
    if not change.steps:
        moved = " &rarr; ".join(dict.fromkeys(names))
    else:
        direction = "up" if change.steps > 0 else "down"
        moved = f"{' &rarr; '.join(names)}, {abs(change.steps)} {direction} the ladder"
    return f"<div class='quiet'>{moved}</div>"


def _rung(rung: RungMention | None) -> str:
    return "no phrase" if rung is None else f"{escape(rung.rung)} ({_height(rung.height)})"


def _signed(value: float) -> str:
    shown = f"{value:+.2f}"
    return shown if float(shown) else "0.00"


def _height(steps: int) -> str:
    return f"{steps:+d}" if steps else "0"


def _caveats(comparison: Comparison) -> Iterator[str]:
    yield (
        "<ul><li>Sentences stand for each other by the words that they share; the order of both texts is kept, so a"
        " sentence that was moved counts as dropped and added.</li>"
        "<li>A phrase of register is found by its words, and its rung grades the words, not the deeds.</li>"
        "<li>Labels and probabilities are a model's, and it errs; an interval says how far the sentences differ, not"
        " how often the model is wrong. An interval that holds 0 is no evidence of a shift.</li>"
        "<li>Each number in brackets is a sentence's place in its text, from 0.</li></ul>"
    )


def _provenance(comparison: Comparison) -> Iterator[str]:
    before, after = comparison.before.provenance, comparison.after.provenance
    yield from provenance_table(
        (
            ("Release", f"{after.release}, computed in {after.precision}"),
            ("Codebook", after.codebook),
            ("Diplotone", after.diplotone),
            ("Date", after.date),
            ("SHA-256 of the earlier text", before.text_sha256),
            ("SHA-256 of the later text", after.text_sha256),
        )
    )
