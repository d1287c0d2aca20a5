"""What an exchange of two actors changed, as the page shows it."""

from __future__ import annotations

from markupsafe import Markup

from ..model.analysis import Analysis, ToneIndex
from ..model.codebook import Codebook
from . import palette
from .exchange import ChangedSentence, Exchange
from .markup import arrow, element
from .reader import sentence_link
from .wording import NameOf, counted, signed


def render_exchange(found: Exchange, codebook: Codebook, name_of: NameOf) -> str:
    """Return the verdict, the index before and after, the sentences and the dyads that changed."""
    return str(
        element(
            "div",
            element("p", element("b", _verdict(found)), class_="exchange-verdict"),
            element(
                "p",
                f"{name_of(found.one)} and {name_of(found.other)} traded {counted(found.n_exchanged, 'place')}."
                f" Tone of the article: {_index(found.before.tone)} before, {_index(found.after.tone)} after.",
            ),
            _sentences(found.changed or (), codebook),
            _dyads(found, codebook, name_of),
            element(
                "details",
                element("summary", "The text with the two exchanged"),
                element("p", found.text, class_="exchanged-text"),
            ),
        )
    )


def _verdict(found: Exchange) -> str:
    if found.changed is None:
        return "The text falls into other sentences now, so only the whole can be compared."
    if not found.changed:
        return f"No label changed in {counted(found.n_compared, 'sentence')}: the reading follows the words."
    return f"{len(found.changed)} of {counted(found.n_compared, 'sentence')} got another label."


def _index(index: ToneIndex) -> str:
    return "no index" if index.value is None else signed(index.value)


def _sentences(changed: tuple[ChangedSentence, ...], codebook: Codebook) -> Markup | None:
    if not changed:
        return None
    items = (
        element(
            "li",
            sentence_link(sentence.id),
            " ",
            " ".join(sentence.text.split()),
            *(
                element(
                    "div",
                    f"{task}: ",
                    palette.chip(codebook[task], sentence.before[task]),
                    element("span", " → ", aria_hidden="true"),
                    element("span", " became ", class_="only-heard"),
                    palette.chip(codebook[task], sentence.after[task]),
                    class_="chips",
                )
                for task in sentence.before
            ),
        )
        for sentence in changed
    )
    return element("ol", *items, class_="changed-sentences")


def _dyads(found: Exchange, codebook: Codebook, name_of: NameOf) -> Markup | None:
    """The dyads between the two: what one showed the other, the other should show now."""
    rows = []
    for source, target in ((found.one, found.other), (found.other, found.one)):
        before, after = _mean(found.before, source, target), _mean(found.after, target, source)
        if before is None and after is None:
            continue
        rows.append(
            element(
                "tr",
                element("th", arrow(name_of(source), name_of(target)), scope="row"),
                element("td", "none" if before is None else signed(before), class_="number"),
                element("th", arrow(name_of(target), name_of(source)), scope="row"),
                element("td", "none" if after is None else signed(after), class_="number"),
            )
        )
    if not rows:
        return None
    head = ("Before", "stance", "After", "stance")
    return element(
        "table",
        element("caption", "The same relation, before and after"),
        element("thead", element("tr", *(element("th", words, scope="col") for words in head))),
        element("tbody", *rows),
        class_="exchanged-dyads",
    )


def _mean(analysis: Analysis, source: str, target: str) -> float | None:
    return next((d.mean for d in analysis.dyads if (d.source, d.target) == (source, target)), None)
