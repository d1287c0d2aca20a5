"""Who stands where toward whom, with the sentences that say so."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from ..model.analysis import Analysis, Asymmetry, Dyad, PairAnalysis
from ..model.codebook import Codebook, Task
from . import palette, plots
from .markup import arrow, element, join
from .matrix import dyad_id
from .reader import sentence_link
from .wording import NameOf, counted, interval, signed

SHOWN_AT_ONCE = 6
"""Dyads before the fold: a list of states in one sentence makes dozens, each resting on that sentence."""


def board(analysis: Analysis, codebook: Codebook, name_of: NameOf) -> Markup:
    """Return a card for each dyad, the strongest evidence first.

    Args:
        analysis: Its sentences must be the article's, so that evidence is found by its number.
        codebook: The labels.
        name_of: From code to name.
    """
    if not analysis.dyads:
        return element(
            "p",
            "No sentence says surely enough how one actor stands toward another. Relations are looked for"
            " between states, organisations and movements that the article names.",
            class_="quiet",
        )
    cards = [_card(dyad, analysis, codebook, name_of) for dyad in analysis.dyads]
    shown = element("ul", *cards[:SHOWN_AT_ONCE], class_="dyads")
    if len(cards) <= SHOWN_AT_ONCE:
        return shown
    rest = element(
        "details",
        element("summary", f"{len(cards) - SHOWN_AT_ONCE} more, with weaker evidence"),
        element("ul", *cards[SHOWN_AT_ONCE:], class_="dyads"),
        class_="more",
    )
    return join(shown, rest)


def _card(dyad: Dyad, analysis: Analysis, codebook: Codebook, name_of: NameOf) -> Markup:
    stance = codebook["stance"]
    css_class = palette.css_class(stance, dyad.stance)
    certainty = (
        f"95 % interval {interval(dyad.low, dyad.high)}" if dyad.n > 1 else "one judgement, so no interval"
    )
    return element(
        "li",
        element(
            "div",
            element("h3", arrow(name_of(dyad.source), name_of(dyad.target))),
            element(
                "span",
                palette.mark(stance, dyad.stance),
                f" {dyad.stance}",
                class_=f"chip {css_class}",
                title=stance[dyad.stance].definition,
            ),
            class_="dyad-head",
        ),
        plots.interval_bar(dyad.mean, dyad.low, dyad.high, css_class),
        element(
            "p",
            element("b", signed(dyad.mean)),
            f" · {certainty} · n {dyad.n}",
            " · the evidence points both ways" if points_both_ways(dyad, analysis, stance) else None,
            class_="figures",
        ),
        element("p", *_asymmetry(dyad.asymmetry), class_="figures") if dyad.asymmetry else None,
        element("p", *_acts(dyad, codebook), class_="acts") if dyad.acts else None,
        element(
            "details",
            element("summary", f"Evidence: {counted(len(dyad.evidence), 'sentence')}"),
            element("ol", *(_evidence(number, dyad, analysis, codebook) for number in dyad.evidence)),
        ),
        class_="dyad",
        data_dyad_card=dyad_id(dyad),
    )


def _asymmetry(asymmetry: Asymmetry) -> Iterator[str]:
    yield f"{signed(asymmetry.difference)} against the other direction"
    if asymmetry.low < asymmetry.high:
        yield f" · 95 % interval {interval(asymmetry.low, asymmetry.high)}"


def _acts(dyad: Dyad, codebook: Codebook) -> Iterator[Markup]:
    act = codebook["act"]
    for name, n in dyad.acts.items():
        yield element(
            "span",
            palette.mark(act, name),
            f" {name}",
            f" × {n}" if n > 1 else None,
            class_=palette.css_class(act, name),
            title=act[name].definition,
        )


def _pairs(number: int, dyad: Dyad, analysis: Analysis) -> Iterator[PairAnalysis]:
    """The pairs of a sentence that are evidence of a dyad."""
    for pair in analysis.sentences[number].pairs:
        if (pair.source.code, pair.target.code) == (dyad.source, dyad.target):
            yield pair


def points_both_ways(dyad: Dyad, analysis: Analysis, stance: Task) -> bool:
    """Return whether some evidence is opposed and some supportive: its mean, near neutral, would hide that."""
    found = {pair.stance.label for number in dyad.evidence for pair in _pairs(number, dyad, analysis)}
    return {stance.names[0], stance.names[-1]} <= found


def _evidence(number: int, dyad: Dyad, analysis: Analysis, codebook: Codebook) -> Markup:
    sentence = analysis.sentences[number]
    chips = [
        join(palette.chip(codebook["stance"], pair.stance), " ", palette.chip(codebook["act"], pair.act))
        for pair in _pairs(number, dyad, analysis)
    ]
    return element(
        "li",
        sentence_link(number),
        " ",
        " ".join(sentence.text.split()),
        " ",
        element("span", *chips, class_="chips"),
    )
