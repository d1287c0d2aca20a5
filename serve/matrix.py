"""Who stands where toward whom, as a table: sources down, targets across."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from ..model.analysis import Dyad
from ..model.codebook import Codebook
from . import palette
from .markup import element, join
from .wording import NameOf, counted, signed

MOST_ACTORS = 12
"""Those with the most evidence; the cards below hold all."""


def matrix(dyads: Sequence[Dyad], codebook: Codebook, name_of: NameOf) -> Markup | None:
    """Return the table, or None where it would say no more than the cards: fewer than two dyads.

    A cell is a control that opens the evidence of its dyad (page.js).
    """
    if len(dyads) < 2:
        return None
    weight: Counter[str] = Counter()
    for dyad in dyads:
        weight[dyad.source] += dyad.n
        weight[dyad.target] += dyad.n
    actors = sorted(code for code, _ in sorted(weight.items(), key=lambda kv: (-kv[1], kv[0]))[:MOST_ACTORS])
    by_codes = {(dyad.source, dyad.target): dyad for dyad in dyads}
    sources = [code for code in actors if any((code, other) in by_codes for other in actors)]
    targets = [code for code in actors if any((other, code) in by_codes for other in actors)]
    heads = (element("th", element("span", code, title=name_of(code)), scope="col") for code in targets)
    rows = (
        element(
            "tr",
            element("th", f"{name_of(code)} ", element("small", code), scope="row"),
            *(_cell(by_codes.get((code, other)), code == other, codebook, name_of) for other in targets),
        )
        for code in sources
    )
    note = (
        "From the actor on the left toward the actor above: mean stance, −1 opposed to +1 supportive, and the number n"
        " of judgements behind it. Select one to see its sentences."
    )
    if len(weight) > len(actors):
        note += f" The {len(actors)} actors of {len(weight)} with the most evidence."
    corner = element("th", "from \\ toward", scope="col", class_="corner")
    return join(
        element("p", note, class_="quiet"),
        element(
            "div",
            element(
                "table",
                element("thead", element("tr", corner, *heads)),
                element("tbody", *rows),
                class_="matrix",
            ),
            class_="scroll-x",
            tabindex=0,
            role="region",
            aria_label="Who stands where toward whom, as a table",
        ),
    )


def dyad_id(dyad: Dyad) -> str:
    """Return the name under which a dyad's card is found."""
    return f"{dyad.source}>{dyad.target}"


def _cell(dyad: Dyad | None, same: bool, codebook: Codebook, name_of: NameOf) -> Markup:
    if dyad is None:
        return element("td", "" if same else "·", class_="self" if same else "none")
    stance = codebook["stance"]
    label = (
        f"{name_of(dyad.source)} toward {name_of(dyad.target)}: {dyad.stance}, {signed(dyad.mean)},"
        f" {counted(dyad.n, 'judgement')}; show the evidence"
    )
    return element(
        "td",
        element(
            "button",
            element("span", signed(dyad.mean, 1), class_="number"),
            element("span", f"{dyad.stance}, n {dyad.n}", class_="n"),
            type="button",
            data_dyad=dyad_id(dyad),
            aria_label=label,
            title=label,
            class_=palette.css_class(stance, dyad.stance),
        ),
    )
