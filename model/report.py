"""An analysis as text for a terminal, as JSON, and as a table of sentences."""

from __future__ import annotations

import csv
import io
import json
import shutil
import textwrap
from collections.abc import Iterator

from .analysis import Analysis, Judgement, SentenceAnalysis
from .cells import safe_cell
from .dyads_report import against_the_other

CSV_COLUMNS = (
    "id",
    "start",
    "end",
    "kind",
    "voice",
    "speaker",
    "sentiment",
    "sentiment_probability",
    "tone",
    "tone_probability",
    "actors",
    "pairs",
    "text",
)


def as_json(analysis: Analysis, text: str | None = None) -> str:
    """Return the whole analysis as indented JSON, with the article where it is given: then it can be verified."""
    article = {} if text is None else {"text": text}
    return json.dumps(article | analysis.as_dict(), ensure_ascii=False, indent=2) + "\n"


def as_csv(analysis: Analysis) -> str:
    """Return one row per sentence; cells that a spreadsheet would run as a formula get an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for sentence in analysis.sentences:
        writer.writerow([safe_cell(cell) for cell in _cells(sentence)])
    return out.getvalue()


def _cells(sentence: SentenceAnalysis) -> Iterator[str | int]:
    yield from (sentence.id, sentence.start, sentence.end, sentence.kind)
    yield from (sentence.voice.kind, sentence.voice.speaker or "")
    for judgement in (sentence.sentiment, sentence.tone):
        yield judgement.label or f"unscored: {judgement.reason}"
        yield f"{judgement.confidence:.3f}" if judgement.probabilities else ""
    yield " ".join(dict.fromkeys(mention.code for mention in sentence.mentions))
    yield "; ".join(
        f"{p.source.code}>{p.target.code} {p.stance.label or '?'} {p.act.label or '?'}"
        for p in sentence.pairs
    )
    yield sentence.text


def as_text(analysis: Analysis) -> str:
    """Return what a reader wants to know first, then the sentences one by one."""
    return "\n".join(_text_lines(analysis)) + "\n"


def _text_lines(analysis: Analysis) -> Iterator[str]:
    width = min(shutil.get_terminal_size().columns, 110)
    tone = analysis.tone
    if tone.value is None:
        yield f"Tone: not judged, {tone.reason}"
    else:
        yield f"Tone {tone.value:+.2f} ({tone.label}), 95 % interval {tone.low:+.2f} to {tone.high:+.2f}"
    yield f"{tone.n} of {tone.total} sentences scored"
    yield f"Formula: {tone.formula}"
    for name, shares in analysis.shares.items():
        shown = ", ".join(f"{label} {share:.0%}" for label, share in shares.items() if share)
        yield f"{name.capitalize()}: {shown or 'nothing scored'}"
    if analysis.dyads:
        yield ""
        yield "Who stands where toward whom"
        for dyad in analysis.dyads:
            acts = ", ".join(f"{act} {count}" for act, count in dyad.acts.items())
            evidence = ", ".join(map(str, dyad.evidence))
            yield (
                f"  {dyad.source:>9} -> {dyad.target:<9} {dyad.stance:<10} {dyad.mean:+.2f}"
                f" [{dyad.low:+.2f}, {dyad.high:+.2f}]  n {dyad.n}  {acts}  (sentences {evidence})"
            )
            if dyad.asymmetry:
                yield f"            {against_the_other(dyad.asymmetry)}"
    yield ""
    for sentence in analysis.sentences:
        voice = sentence.voice.kind + (f" {sentence.voice.speaker}" if sentence.voice.speaker else "")
        yield f"{sentence.id:>3}  {_shown(sentence.tone)}, {_shown(sentence.sentiment)}, {voice}"
        text = " ".join(sentence.text.split())
        yield textwrap.fill(text, width, initial_indent=" " * 5, subsequent_indent=" " * 5)
    yield ""
    yield f"{analysis.provenance.release}, codebook {analysis.provenance.codebook}, {analysis.provenance.date}"


def _shown(judgement: Judgement) -> str:
    if judgement.label is None:
        return f"unscored ({judgement.reason})"
    return f"{judgement.label} {judgement.confidence:.2f}"
