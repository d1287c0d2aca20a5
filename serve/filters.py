"""The controls above an article that narrow what is shown, and those that take it away."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from ..model.analysis import Analysis
from ..model.codebook import Codebook
from . import palette
from .downloads import download_links
from .markup import element, join
from .wording import NameOf, days

VOICES = (("narrator", "the writer"), ("quote", "direct quote"), ("reported", "reported speech"))

UNSCORED = "unscored"


def bar(analysis: Analysis, codebook: Codebook) -> Markup:
    """Return the filters by tone, sentiment and voice; those that would leave everything are not offered."""
    groups = [
        _group(task.capitalize(), task, list(_labels(analysis, codebook, task)))
        for task in ("tone", "sentiment")
    ]
    found = {sentence.voice.kind for sentence in analysis.sentences}
    voices = [(kind, join(words)) for kind, words in VOICES if kind in found]
    groups.append(_group("Voice", "voice", voices))
    return element(
        "details",
        element("summary", "Filter the sentences"),
        element("div", *filter(None, groups), class_="filter-groups"),
        element(
            "p",
            element("output", class_="filter-count"),
            element("button", "Show all", type="button", class_="filter-reset", hidden=True),
        ),
        class_="filters",
    )


def _labels(analysis: Analysis, codebook: Codebook, task: str) -> Iterator[tuple[str, Markup]]:
    found = {getattr(sentence, task).label for sentence in analysis.sentences}
    for name in codebook[task].names:
        if name in found:
            yield name, join(palette.mark(codebook[task], name), f" {name}")
    if None in found:
        yield UNSCORED, join(palette.mark(codebook[task], None), f" {UNSCORED}")


def _group(title: str, name: str, choices: list[tuple[str, Markup]]) -> Markup | None:
    if len(choices) < 2:
        return None
    return element(
        "fieldset",
        element("legend", title),
        *(
            element(
                "label",
                element("input", type="checkbox", data_filter=name, value=value, checked=True),
                words,
                class_="choice",
            )
            for value, words in choices
        ),
    )


def without_quotes(analysis: Analysis) -> Markup | None:
    """Return the switch that leaves direct quotes out of all figures; None where there are none."""
    n = sum(sentence.voice.kind == "quote" for sentence in analysis.sentences)
    if n in (0, len(analysis.sentences)):
        return None
    return element(
        "label",
        element("input", type="checkbox", role="switch", class_="without-quotes"),
        f" Without quotes ({n} left out): what the writer says, not those quoted",
        class_="choice",
    )


def downloads(token: str | None) -> Markup | None:
    """Return the links that take the result away."""
    if token is None:
        return None
    return element(
        "p",
        "Take it away: ",
        *download_links(f"page/results/{token}"),
        element("button", "Put its sentences up for labelling", type="button", class_="put-up"),
        element("span", class_="put-up-status", role="status"),
        class_="downloads",
    )


def share(token: str | None, keep_days: float) -> Markup | None:
    """Return the control that makes a link, with what it stores; None where none is made."""
    if token is None or not keep_days:
        return None
    return element(
        "p",
        element("button", "Make a link", type="button", class_="make-link", aria_describedby="share-stores"),
        element(
            "span",
            f" stores this article on this service for {days(keep_days)}; whoever has the link can read it till then. ",
            class_="quiet",
            id="share-stores",
        ),
        element("span", class_="share-result", role="status"),
        class_="sharing",
    )


def exchange(analysis: Analysis, name_of: NameOf) -> Markup | None:
    """Return the question "what if the states were exchanged?"; None where fewer than two are named."""
    counts: dict[str, int] = {}
    for sentence in analysis.sentences:
        for mention in sentence.mentions:
            counts[mention.code] = counts.get(mention.code, 0) + 1
    codes = sorted(counts, key=lambda code: (-counts[code], code))
    if len(codes) < 2:
        return None
    return element(
        "details",
        element("summary", "What if the states were exchanged?"),
        element(
            "p",
            "Two actors trade places in the text, which is then read again. A fair reading follows the words:"
            " the labels stay. Labels that change show where the release leans on a name.",
            class_="quiet",
        ),
        element(
            "form",
            _actors("one", "Exchange", codes, 0, name_of),
            _actors("other", "with", codes, 1, name_of),
            element("button", "Read it again", type="submit", class_="primary"),
            class_="exchange-form",
        ),
        element("div", class_="exchange-result", aria_live="polite"),
        class_="exchange fold",
    )


def _actors(name: str, title: str, codes: list[str], chosen: int, name_of: NameOf) -> Markup:
    return element(
        "label",
        title,
        element(
            "select",
            *(
                element("option", f"{name_of(code)} ({code})", value=code, selected=n == chosen)
                for n, code in enumerate(codes)
            ),
            name=name,
        ),
        class_="field",
    )
