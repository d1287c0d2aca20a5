"""An analysis as one HTML page that needs nothing else: to be read, printed or filed.

Every text, from the article or the codebook, is escaped where it enters the page; there is no script on it, and
a policy in its head forbids any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from html import escape

from .analysis import Analysis, Dyad, Judgement, SentenceAnalysis
from .article.index import expected_score
from .brief_page import label, page, provenance_table
from .codebook import Codebook, Task
from .dyads_report import against_the_other

STRONGEST = 5
"""Sentences that are quoted from each end of the tone scale."""

MOST_EVIDENCE = 3
"""Sentences that are quoted for one dyad; the others are named by their number."""


def as_html(analysis: Analysis, codebook: Codebook, name_of: Callable[[str], str] = str) -> str:
    """Return a brief of an article: tone, dyads with their evidence, strongest sentences, caveats, provenance.

    Args:
        analysis: What came out.
        codebook: That of the release which made it.
        name_of: From the code of an actor to its name.
    """
    return page("Diplotone brief", _body(analysis, codebook, name_of))


def _body(analysis: Analysis, codebook: Codebook, name_of: Callable[[str], str]) -> Iterator[str]:
    yield "<h1>Tone of the article</h1>"
    yield from _index(analysis, codebook)
    yield "<h2>Who stands where toward whom</h2>"
    yield from _dyads(analysis, codebook, name_of)
    yield "<h2>Strongest sentences</h2>"
    yield from _strongest(analysis.sentences, codebook["tone"])
    yield "<h2>Caveats</h2>"
    yield from _caveats(analysis)
    yield "<h2>Provenance</h2>"
    yield from _provenance(analysis)


def _index(analysis: Analysis, codebook: Codebook) -> Iterator[str]:
    index = analysis.tone
    if index.value is None:
        yield f"<p class='index'>Not judged</p><p>{escape(index.reason or '')}</p>"
    else:
        yield (
            f"<p class='index'>{index.value:+.2f} {label(codebook['tone'], index.label)}</p>"
            f"<p>On a scale from &minus;1 ({escape(codebook['tone'].names[0])}) to +1"
            f" ({escape(codebook['tone'].names[-1])}); 95&nbsp;% interval {index.low:+.2f} to {index.high:+.2f}."
            f" <span class='quiet'>{escape(index.formula)}</span></p>"
        )
    for task, shares in analysis.shares.items():
        shown = ", ".join(f"{escape(name)} {share:.0%}" for name, share in shares.items() if share)
        yield f"<p>{escape(task.capitalize())} of the sentences: {shown or 'nothing scored'}.</p>"


def _dyads(analysis: Analysis, codebook: Codebook, name_of: Callable[[str], str]) -> Iterator[str]:
    if not analysis.dyads:
        yield "<p>No relation between two known actors was found surely enough to report.</p>"
        return
    yield "<table><thead><tr><th>From</th><th>Toward</th><th>Stance</th><th>Mean, 95&nbsp;% interval</th>"
    yield "<th>n</th><th>Acts</th></tr></thead><tbody>"
    for dyad in analysis.dyads:
        acts = ", ".join(f"{escape(act)}&nbsp;{count}" for act, count in dyad.acts.items())
        yield (
            f"<tr><td>{escape(name_of(dyad.source))}</td><td>{escape(name_of(dyad.target))}</td>"
            f"<td>{label(codebook['stance'], dyad.stance)}</td>"
            f"<td class='number'>{dyad.mean:+.2f} [{dyad.low:+.2f}, {dyad.high:+.2f}]</td>"
            f"<td class='number'>{dyad.n}</td><td>{acts}</td></tr>"
            f"<tr><td colspan='6'>{_asymmetry(dyad)}{_evidence(dyad, analysis.sentences)}</td></tr>"
        )
    yield "</tbody></table>"


def _asymmetry(dyad: Dyad) -> str:
    shown = "" if dyad.asymmetry is None else against_the_other(dyad.asymmetry)
    return f"<p class='quiet'>{escape(shown)}</p>" if shown else ""


def _evidence(dyad: Dyad, sentences: Sequence[SentenceAnalysis]) -> str:
    quoted = "".join(
        f"<blockquote>{_text(sentences[number])} <span class='quiet'>[{number}]</span></blockquote>"
        for number in dyad.evidence[:MOST_EVIDENCE]
    )
    rest = ", ".join(str(number) for number in dyad.evidence[MOST_EVIDENCE:])
    return quoted + (f"<span class='quiet'>and sentences {rest}</span>" if rest else "")


def _strongest(sentences: Sequence[SentenceAnalysis], tone: Task) -> Iterator[str]:
    found = False
    for end, sign in ((tone.names[0], -1), (tone.names[-1], +1)):
        rows = [s for s in sentences if s.tone.label is not None and tone[s.tone.label].score * sign > 0]
        rows.sort(key=lambda s: -sign * expected_score(s.tone, tone))
        if rows:
            found = True
            yield f"<p><b>Toward {escape(end)}</b></p>"
        for sentence in rows[:STRONGEST]:
            yield (
                f"<blockquote>{_text(sentence)} <span class='quiet'>[{sentence.id}]"
                f" {_judged(tone, sentence.tone)}, {escape(_voice(sentence))}{_rungs(sentence)}</span></blockquote>"
            )
    if not found:
        yield "<p>No sentence leans to either side.</p>"


def _rungs(sentence: SentenceAnalysis) -> str:
    return "".join(
        f"; {escape(rung.text)}: {'denied, ' if rung.negated else ''}{escape(rung.rung)} ({escape(rung.means)})"
        for rung in sentence.rungs
    )


def _caveats(analysis: Analysis) -> Iterator[str]:
    index = analysis.tone
    yield "<ul>"
    yield (
        f"<li>{index.n} of {index.total} sentences count in the index; what could not be judged is left out,"
        " not guessed.</li>"
    )
    reasons = Counter(
        (sentence.tone.reason or "").partition(":")[0]
        for sentence in analysis.sentences
        if sentence.tone.label is None
    )
    for reason, count in reasons.most_common():
        yield f"<li>Not judged, {escape(reason)}: {count}.</li>"
    yield (
        "<li>Labels and probabilities are a model's, and it errs; an interval says how far the sentences differ,"
        " not how often the model is wrong. Figures of its errors are in the model card of the release.</li>"
    )
    yield "<li>Each number in brackets is a sentence's place in the article, from 0.</li></ul>"


def _provenance(analysis: Analysis) -> Iterator[str]:
    provenance = analysis.provenance
    rows = (
        ("Release", f"{provenance.release}, computed in {provenance.precision}"),
        ("Codebook", provenance.codebook),
        ("Diplotone", provenance.diplotone),
        ("Date", provenance.date),
        ("SHA-256 of the text", provenance.text_sha256),
    )
    yield from provenance_table(rows)


def _judged(task: Task, judgement: Judgement) -> str:
    return f"{label(task, judgement.label)} {judgement.confidence:.2f}"


def _voice(sentence: SentenceAnalysis) -> str:
    return sentence.voice.kind + (f" {sentence.voice.speaker}" if sentence.voice.speaker else "")


def _text(sentence: SentenceAnalysis) -> str:
    return escape(" ".join(sentence.text.split()))
