"""An analysis as the page shows it. Pure: analysis in, HTML out; every text is escaped on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from markupsafe import Markup

from ..model.analysis import Analysis, Judgement, SentenceAnalysis, ToneIndex
from ..model.analyzer import label_shares
from ..model.article.dyads import aggregate
from ..model.article.index import expected_score, tone_index
from ..model.article.scope import NOT_PROSE
from ..model.codebook import Codebook, Task
from . import correcting, dyads, filters, matrix, palette, plots, reader
from .in_short import in_short
from .index_figure import index_figure
from .markup import Child, element, join
from .wording import NameOf, counted, days, reason_heads


def render_analysis(
    text: str,
    analysis: Analysis,
    codebook: Codebook,
    name_of: NameOf,
    *,
    token: str | None = None,
    given: correcting.Given | None = None,
    share_days: float = 0.0,
) -> str:
    """Return everything there is to see of an article.

    Args:
        text: The article as it was given to the analyzer.
        analysis: What came out.
        codebook: That of the release which made it.
        name_of: From the code of an actor to its name.
        token: Where the result is kept for downloads; without one they are not offered.
        given: Labels that people gave sentences of it.
        share_days: For how long the text is kept when somebody makes a link; 0 offers none.
    """
    switch = filters.without_quotes(analysis) if analysis.tone.n else None
    views = [("all", analysis)]
    if switch is not None:
        views.append(("unquoted", _unquoted(analysis, codebook)))
    return _page(
        codebook,
        _views(views, lambda a: _head(a, codebook, name_of)),
        element("div", switch, filters.downloads(token), filters.share(token, share_days), class_="toolbar")
        if switch or token
        else None,
        _legend(codebook["tone"]) if analysis.tone.n else None,
        _part(
            "The article",
            filters.bar(analysis, codebook),
            element(
                "div",
                reader.article(text, analysis.sentences, codebook),
                reader.details(analysis.sentences, codebook, name_of, given or {}),
                class_="reading",
            ),
        ),
        _part("Who stands where toward whom", _views(views, lambda a: _relations(a, codebook, name_of)))
        if analysis.tone.n
        else None,
        filters.exchange(analysis, name_of) if token is not None else None,
        reader.table(analysis.sentences, codebook, name_of),
        _provenance(analysis),
        state="analysis",
        data_token=token,
        data_release=analysis.provenance.release,
    )


def _views(views: list[tuple[str, Analysis]], show: Callable[[Analysis], Child]) -> Markup:
    """One part of the page for each view of the article; the switch shows one of them at a time."""
    return join(*(element("div", show(seen), data_view=name, hidden=name != "all") for name, seen in views))


def _unquoted(analysis: Analysis, codebook: Codebook) -> Analysis:
    """The figures without the sentences that are direct quotes; the sentences stay, so that numbers hold."""
    kept = [sentence for sentence in analysis.sentences if sentence.voice.kind != "quote"]
    return replace(
        analysis,
        tone=tone_index(kept, codebook["tone"]),
        shares={task: label_shares(codebook[task], kept) for task in analysis.shares},
        dyads=aggregate(kept, codebook["stance"]),
    )


def _head(analysis: Analysis, codebook: Codebook, name_of: NameOf) -> Markup:
    if analysis.tone.n == 0:
        return _nothing_scored(analysis.sentences)
    return join(in_short(analysis, codebook, name_of), _summary(analysis, codebook))


def _relations(analysis: Analysis, codebook: Codebook, name_of: NameOf) -> Markup:
    return join(matrix.matrix(analysis.dyads, codebook, name_of), dyads.board(analysis, codebook, name_of))


def render_welcome(codebook: Codebook, share_days: float = 0.0) -> str:
    """Return what the page shows before the first text: what will come, and how to read it."""
    tone = codebook["tone"]
    return _page(
        codebook,
        element(
            "div",
            element("h2", "What you will see"),
            element(
                "ul",
                _point("In short", "how it sounds and the strongest relations, in words"),
                _point(
                    "The tone of the article",
                    "one index from −1 to +1 with its interval, and the sum behind it",
                ),
                _point(
                    "Every sentence", "coloured by tone; select one for its labels, probabilities and speaker"
                ),
                _point("Who stands where toward whom", "each pair of actors with the sentences that say so"),
                _point("What could not be judged", "said and counted, with the reason, never guessed"),
            ),
            element("h2", "The five tones"),
            *meanings(tone),
            element(
                "p",
                "Diplotone reads English. Nothing is sent to other services. A result is kept for its downloads for"
                " a limited time and then removed; only labels that you give are stored for good.",
                f" An article of which you make a link is stored for {days(share_days)}."
                if share_days
                else None,
                class_="quiet",
            ),
        ),
        state="welcome",
    )


def render_problem(message: str, codebook: Codebook) -> str:
    """Return a message that stands where the analysis would."""
    return _page(codebook, _notice("This could not be analysed", element("p", message)), state="problem")


def _page(codebook: Codebook, *children: Child, state: str, **attributes: str | None) -> str:
    return str(
        element("div", palette.style(codebook), *children, class_="diplotone", data_state=state, **attributes)
    )


def _part(title: str, *children: Child) -> Markup:
    return element("section", element("h2", title), *children, class_="part")


def _point(head: str, rest: str) -> Markup:
    return element("li", element("b", head), f": {rest}")


def _notice(title: str, *children: Child) -> Markup:
    return element("div", element("h2", title), *children, class_="notice", role="alert")


def _class(task: Task, label: str | None) -> str:
    return palette.css_class(task, label)


def _nothing_scored(sentences: tuple[SentenceAnalysis, ...]) -> Markup:
    tones = [sentence.tone for sentence in sentences]
    reasons = reason_heads(tones)
    if len(reasons) == 1 and reasons[0][0] == "not English":
        details = sorted({(j.reason or "").partition(": ")[2] for j in tones})
        return _notice(
            "This text does not seem to be English",
            element(
                "p",
                f"Diplotone judges English only, so it scored none of the {counted(len(tones), 'sentence')}"
                f" ({'; '.join(filter(None, details))}). Paste an English version.",
            ),
        )
    return _notice(
        "Nothing could be scored",
        element(
            "p",
            f"None of the {counted(len(tones), 'sentence')} got a tone: {_in_words(reasons)}."
            " Select a sentence for its reason.",
        ),
    )


def _in_words(reasons: list[tuple[str, int]]) -> str:
    return ", ".join(f"{head} ({n})" for head, n in reasons)


def _summary(analysis: Analysis, codebook: Codebook) -> Markup:
    tone = codebook["tone"]
    index = analysis.tone
    return element(
        "section",
        element("div", *_index(index, tone, analysis.sentences), class_="index"),
        element("div", _arc(analysis, tone), class_="arc-box"),
        element(
            "div",
            *(
                _shares(task, analysis, index.n)
                for task in codebook.at("sentence")
                if task.name in analysis.shares
            ),
            class_="all-shares",
        ),
        class_="summary",
    )


def _index(index: ToneIndex, tone: Task, sentences: tuple[SentenceAnalysis, ...]) -> Iterator[Markup]:
    yield element("h2", "Tone of the article")
    yield from index_figure(index, tone)
    yield element("p", *_coverage(index, sentences))
    if index.value is not None:
        yield element(
            "details",
            element("summary", "How it is computed"),
            element("p", index.formula, class_="formula"),
            element(
                "p",
                "A sentence's expected tone is the mean of the scale, weighted with the probabilities of its"
                " labels. The interval is a bootstrap over the scored sentences.",
            ),
        )


def _coverage(index: ToneIndex, sentences: tuple[SentenceAnalysis, ...]) -> Iterator[Child]:
    yield element("b", f"{index.n} of {counted(index.total, 'sentence')}")
    yield f" scored ({index.coverage:.0%})"
    prose = [s for s in sentences if s.kind not in NOT_PROSE]
    if reasons := reason_heads([s.tone for s in prose]):
        yield f"; unscored: {_in_words(reasons)}"
    if n_lines := len(sentences) - len(prose):
        yield f"; left out as no prose, such as bylines: {n_lines}"


def _arc(analysis: Analysis, tone: Task) -> Markup:
    scale = max(abs(score) for score in tone.scores)
    steps = [
        plots.Step(
            sentence=s.id,
            value=expected_score(s.tone, tone) / scale if s.tone.label is not None else None,
            css_class=_class(tone, s.tone.label),
            hint=f"{s.id}: {_hint(s.tone)}",
        )
        for s in analysis.sentences
    ]
    index = analysis.tone
    return join(
        element("h2", "Tone through the text"),
        element(
            "div",
            element(
                "div", element("span", "+1"), element("span", "0"), element("span", "−1"), class_="arc-axis"
            ),
            plots.tone_arc(steps, index.value, index.low, index.high),
            class_="arc-frame",
        ),
        element(
            "p",
            "One bar a sentence, first to last; select a bar to go there."
            " The line is the index, the band its interval.",
            class_="quiet",
        ),
    )


def _hint(judgement: Judgement) -> str:
    return f"unscored, {judgement.reason}" if judgement.label is None else judgement.label


def _shares(task: Task, analysis: Analysis, n: int) -> Markup:
    shares = analysis.shares[task.name]
    shown = [(share, _class(task, name), f"{name} {share:.0%}") for name, share in shares.items()]
    words = (
        element("li", palette.mark(task, name), f" {name} {share:.0%}", title=task[name].definition)
        for name, share in shares.items()
        if share > 0
    )
    return element(
        "div",
        element("h3", task.name.capitalize()),
        element("p", task.question, class_="quiet"),
        plots.share_bar(shown),
        element("ul", *words, class_="share-words"),
    )


def _legend(tone: Task) -> Markup:
    items = (
        element(
            "li",
            element(
                "span",
                palette.mark(tone, label.name),
                f" {label.name}",
                class_=f"chip {_class(tone, label.name)}",
                title=label.definition,
            ),
        )
        for label in tone.labels
    )
    unscored = element("li", element("span", palette.mark(tone, None), " unscored", class_="chip unscored"))
    return element(
        "div",
        element("ul", *items, unscored, class_="legend", aria_label="Legend: the tones"),
        element("details", element("summary", "What the tones mean"), *meanings(tone), class_="meanings"),
    )


def meanings(task: Task) -> Iterator[Markup]:
    """Return the question of a task, and for each label its definition and an example."""
    rows = (
        element(
            "tr",
            element("th", palette.mark(task, label.name), f" {label.name}", scope="row"),
            element("td", label.definition),
            element("td", element("q", label.examples[0]), class_="quiet"),
        )
        for label in task.labels
    )
    yield element("p", task.question, class_="quiet")
    yield element("table", element("tbody", *rows), class_="codebook")


def _provenance(analysis: Analysis) -> Markup:
    p = analysis.provenance
    return element(
        "footer",
        f"Release {p.release}, {p.precision} · codebook {p.codebook} · diplotone {p.diplotone} · {p.date}"
        " · text sha256 ",
        element("code", p.text_sha256[:12], title=p.text_sha256),
        class_="provenance",
    )
