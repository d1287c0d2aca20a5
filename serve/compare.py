"""Two texts side by side, as the page shows them. Pure: comparison in, HTML out; every text is escaped on its way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from ..model.analysis import (
    Comparison,
    Fragment,
    PhraseChange,
    RungMention,
    SentenceAnalysis,
    SentenceChange,
    ToneIndex,
)
from ..model.article.edited import pieces
from ..model.codebook import Codebook, Task
from . import palette, plots
from .downloads import download_links
from .index_figure import index_figure
from .markup import Child, element, join
from .wording import counted, interval, signed

SIGNS = {"same": "=", "reworded": "~", "dropped": "−", "added": "+"}
"""One for each kind of change, as in the terminal."""


def render_comparison(found: Comparison, codebook: Codebook, token: str | None = None) -> str:
    """Return everything there is to see of a comparison.

    Args:
        found: What came out.
        codebook: That of the release which made it.
        token: Where the result is kept for downloads; without one they are not offered.
    """
    tone = codebook["tone"]
    return str(
        element(
            "div",
            palette.style(codebook),
            element(
                "section",
                element("div", *_shift(found, tone), class_="shift-box"),
                element("div", *_index("The earlier text", found.before.tone, tone)),
                element("div", *_index("The later text", found.after.tone, tone)),
                class_="summary two-tones",
            ),
            _downloads(token),
            _phrases(found),
            _sentences(found, tone),
            _provenance(found),
            class_="compared",
        )
    )


def _shift(found: Comparison, tone: Task) -> Iterator[Markup]:
    yield element("h2", "Shift of tone", tabindex=-1, class_="shift-title")
    if found.tone_shift is None or found.low is None or found.high is None:
        yield element("p", "no shift of the whole", class_="value")
        yield element("p", found.reason)
    else:
        yield element("p", element("span", signed(found.tone_shift), class_="value"), class_="verdict")
        yield plots.interval_bar(found.tone_shift / 2, found.low / 2, found.high / 2, "whole-shift")
        yield element(
            "p",
            element("span", f"−2 toward {tone.names[0]}"),
            element("span", "0"),
            element("span", f"+2 toward {tone.names[-1]}"),
            class_="scale-ends",
        )
        yield element(
            "p",
            f"95 % interval {interval(found.low, found.high)}: ",
            _in_words(found.low, found.high, tone),
        )
    yield element(
        "p",
        element("b", counted(found.aligned, "sentence")),
        f" stand{'s' if found.aligned == 1 else ''} for each other, {found.dropped} dropped, {found.added} added.",
        class_="counts",
    )


def _in_words(low: float, high: float, tone: Task) -> str:
    if low > 0:
        return f"the later text stands more toward {tone.names[-1]}."
    if high < 0:
        return f"the later text stands more toward {tone.names[0]}."
    return "it holds 0, so the two may well be alike in tone."


def _index(title: str, index: ToneIndex, tone: Task) -> Iterator[Markup]:
    yield element("h3", title)
    yield from index_figure(index, tone)
    if index.value is None:
        return
    yield element("p", f"{index.n} of {counted(index.total, 'sentence')} scored", class_="quiet")


def _downloads(token: str | None) -> Markup | None:
    if token is None:
        return None
    return element("p", "Take it away: ", *download_links(f"page/compare/{token}"), class_="downloads")


def _phrases(found: Comparison) -> Markup:
    return element(
        "section",
        element("h2", "Phrases of register dropped and added"),
        element(
            "p",
            "Set phrases of the trade that one text has and the other has not, with what diplomats read in them.",
            class_="quiet",
        ),
        element(
            "div",
            _one_sided("dropped", "Dropped", found.phrases_dropped),
            _one_sided("added", "Added", found.phrases_added),
            class_="phrase-lists",
        ),
        class_="part",
    )


def _one_sided(kind: str, title: str, phrases: Sequence[PhraseChange]) -> Markup:
    items = (element("li", *_phrase(phrase)) for phrase in phrases)
    return element(
        "div",
        element("h3", _sign(kind), f" {title} ({len(phrases)})"),
        element("ul", *items) if phrases else element("p", "None.", class_="quiet"),
        class_=f"phrases phrases-{kind}",
    )


def _phrase(phrase: PhraseChange) -> Iterator[Child]:
    yield element("b", f"“{phrase.phrase}”")
    yield " denied: " if phrase.negated else ": "
    yield phrase.means
    which = "sentence" if len(phrase.sentences) == 1 else "sentences"
    yield element(
        "div",
        f"Rung {_height(phrase.height)}, {phrase.rung}: {phrase.gloss}"
        f" ({which} {', '.join(map(str, phrase.sentences))})",
        class_="quiet",
    )


def _height(steps: int) -> str:
    return signed(steps, digits=0)


def _sentences(found: Comparison, tone: Task) -> Markup:
    n_same = sum(change.kind == "same" for change in found.sentences)
    rows = (
        element(
            "li",
            _change(change),
            _side(
                "The earlier text",
                None if change.before is None else found.before.sentences[change.before],
                [edit.before for edit in change.edits],
                "del",
                change,
                tone,
            ),
            _side(
                "The later text",
                None if change.after is None else found.after.sentences[change.after],
                [edit.after for edit in change.edits],
                "ins",
                change,
                tone,
            ),
            class_=f"change {change.kind}",
        )
        for change in found.sentences
    )
    return element(
        "section",
        element("h2", "Sentence by sentence"),
        element("p", *edit_key()),
        _only_changes(n_same) if 0 < n_same < len(found.sentences) else None,
        element(
            "div",
            *(element("span", head) for head in ("The earlier text", "The later text", "Shift")),
            class_="change-heads",
            aria_hidden="true",
        ),
        element("ol", *rows, class_="changes"),
        class_="part",
    )


def edit_key() -> Iterator[Child]:
    """Return how words that differ are marked."""
    yield element("del", "struck out")
    yield ": words that are gone; "
    yield element("ins", "underlined")
    yield ": words that came. A chip is the tone of the sentence with its probability."


def _only_changes(n_same: int) -> Markup:
    return element(
        "label",
        element("input", type="checkbox", class_="only-changes"),
        f" Only what changed ({n_same} without a changed word left out)",
        class_="choice",
    )


def _change(change: SentenceChange) -> Markup:
    """What became of the sentence: the kind, the shift of tone, and the way on the ladder."""
    return element(
        "div",
        element("span", _sign(change.kind), f" {change.kind}", class_="kind"),
        element(
            "span",
            element("span", "shift ", class_="quiet"),
            element("b", signed(change.tone_shift), class_="number"),
            class_="shift",
        )
        if change.tone_shift is not None
        else None,
        _ladder(change),
        class_="change-head",
    )


def _ladder(change: SentenceChange) -> Markup | None:
    """The rungs of the strongest phrases of both sides, with the steps between them."""
    if change.before is None or change.after is None:
        return None
    rungs = change.rung_before, change.rung_after
    if rungs == (None, None):
        return None
    names = [rung.rung if rung else "no phrase" for rung in rungs]
    if change.steps == 0:
        return element("span", f"same rung, {names[0]}", class_="steps")
    up_or_down = None
    if change.steps is not None:
        arrow, direction = ("↑", "up") if change.steps > 0 else ("↓", "down")
        up_or_down = join(
            element(
                "b", element("span", f"{arrow} ", aria_hidden="true"), f"{counted(abs(change.steps), 'step')}"
            ),
            f" {direction}: ",
        )
    return element(
        "span",
        up_or_down,
        names[0],
        element("span", " → ", aria_hidden="true"),
        element("span", " to ", class_="only-heard"),
        names[1],
        class_="steps",
    )


def _side(
    title: str,
    sentence: SentenceAnalysis | None,
    differing: Sequence[Fragment | None],
    tag: str,
    change: SentenceChange,
    tone: Task,
) -> Markup:
    if sentence is None:
        return element(
            "div",
            element("h3", title, class_="side-name"),
            element("p", "no counterpart", class_="quiet"),
            class_="side",
        )
    if change.before is None or change.after is None:
        words: list[Child] = [element(tag, sentence.text, class_="whole")]
    else:
        words = [element(tag, text) if differs else text for text, differs in pieces(sentence, differing)]
    return element(
        "div",
        element("h3", f"{title}, sentence {sentence.id}", class_="side-name"),
        element("p", *words, class_="words"),
        element("p", palette.chip(tone, sentence.tone), *map(_rung, sentence.rungs), class_="signs"),
        class_="side",
    )


def _rung(rung: RungMention) -> Markup:
    return element(
        "span",
        element("b", f"“{' '.join(rung.text.split())}”"),
        f"{' denied' if rung.negated else ''} {_height(rung.height)} {rung.rung}",
        class_="rung",
        title=rung.means,
    )


def _sign(kind: str) -> Markup:
    return element("span", SIGNS[kind], class_="sign", aria_hidden="true")


def _provenance(found: Comparison) -> Markup:
    before, after = found.before.provenance, found.after.provenance
    return element(
        "footer",
        f"Release {after.release}, {after.precision} · codebook {after.codebook} · diplotone {after.diplotone}"
        f" · {after.date} · texts sha256 ",
        element("code", before.text_sha256[:12], title=before.text_sha256),
        " and ",
        element("code", after.text_sha256[:12], title=after.text_sha256),
        class_="provenance",
    )
