"""An article in a few sentences: how it sounds, and who stands where toward whom. For readers with half a minute."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from ..model.analysis import Analysis, Dyad, ToneIndex
from ..model.article.index import label_of_mean
from ..model.codebook import Codebook, Task
from . import palette
from .dyads import points_both_ways
from .markup import Child, element
from .matrix import dyad_id
from .wording import NameOf, counted, signed

MOST, SURE_OF_A_PLACE = 5, 3
"""Relations that are told; those after the third only where they take a side."""

_PREPOSITIONS = {"opposed": "to"}
"""What stands after a stance, where that is not "toward"."""


def in_short(analysis: Analysis, codebook: Codebook, name_of: NameOf) -> Markup:
    """Return the tone and the strongest relations in words; each relation opens its evidence (page.js).

    Args:
        analysis: At least one sentence of it has a tone.
        codebook: The labels.
        name_of: From the code of an actor to its name.
    """
    return element(
        "section",
        element("h2", "In short"),
        element("p", *_tone(analysis.tone, codebook["tone"])),
        *_relations(analysis, codebook, name_of),
        class_="in-short",
    )


def _tone(index: ToneIndex, tone: Task) -> Iterator[Child]:
    if index.value is None or index.low is None or index.high is None:
        yield element("b", "Too little was found to say how it sounds as a whole")
        yield f": {index.reason}."
        return
    scale = max(abs(score) for score in tone.scores)
    lowest, highest = (label_of_mean(bound * scale, tone) for bound in (index.low, index.high))
    yield "The tone is "
    yield element(
        "b", palette.mark(tone, index.label), f" {index.label}", class_=palette.css_class(tone, index.label)
    )
    yield (
        f": {signed(index.value)} on a scale from −1, {tone.names[0]}, to +1, {tone.names[-1]}."
        f" Its 95 % interval reaches from {signed(index.low)} to {signed(index.high)}, "
    )
    yield f"{lowest} throughout." if lowest == highest else f"that is from {lowest} to {highest}."


def _relations(analysis: Analysis, codebook: Codebook, name_of: NameOf) -> Iterator[Markup]:
    if not analysis.dyads:
        yield element("p", "Too little was found to say who stands where toward whom.")
        return
    stance = codebook["stance"]
    shown = [
        dyad
        for place, dyad in enumerate(analysis.dyads[:MOST])
        if place < SURE_OF_A_PLACE or dyad.stance != _middle(stance)
    ]
    yield element("ul", *(_relation(dyad, analysis, stance, name_of) for dyad in shown))
    if len(shown) < len(analysis.dyads):
        rest = counted(len(analysis.dyads) - len(shown), "relation")
        yield element("p", f"{rest} more, with weaker evidence, below the article.", class_="quiet")
    elif len(shown) < SURE_OF_A_PLACE:
        yield element("p", "No other relation was found that is sure enough.", class_="quiet")


def _middle(stance: Task) -> str:
    return stance.names[(len(stance) - 1) // 2]


def _relation(dyad: Dyad, analysis: Analysis, stance: Task, name_of: NameOf) -> Markup:
    both_ways = ", pointing both ways" if points_both_ways(dyad, analysis, stance) else ""
    preposition = _PREPOSITIONS.get(dyad.stance, "toward")
    return element(
        "li",
        element(
            "button",
            palette.mark(stance, dyad.stance),
            " ",
            element(
                "span",
                f"{name_of(dyad.source)} is {dyad.stance} {preposition} {name_of(dyad.target)}"
                f" ({counted(len(dyad.evidence), 'sentence')}{both_ways})",
            ),
            type="button",
            title="Show the sentences that say so",
            data_dyad=dyad_id(dyad),
            class_="to-evidence",
        ),
    )
