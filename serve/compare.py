"""Two texts side by side, as the page shows them."""

from __future__ import annotations

from markupsafe import Markup

from ..model.analysis import Comparison, SentenceChange
from .markup import element
from .wording import signed


def render_comparison(found: Comparison) -> Markup:
    """Return a comparison as the page shows it."""
    rows = (
        element(
            "tr",
            element("td", "–" if change.before is None else found.before.sentences[change.before].text),
            element("td", "–" if change.after is None else found.after.sentences[change.after].text),
            element("td", _in_words(change), class_="number"),
        )
        for change in found.sentences
    )
    return element(
        "div",
        element(
            "p",
            "Shift of tone from the first text to the second: ",
            element("b", found.reason or "–" if found.tone_shift is None else signed(found.tone_shift)),
        ),
        element(
            "div",
            element(
                "table",
                element(
                    "thead",
                    element(
                        "tr", *(element("th", head, scope="col") for head in ("First", "Second", "Shift"))
                    ),
                ),
                element("tbody", *rows),
                class_="sentences compared",
            ),
            class_="scroll-x",
            tabindex=0,
            role="region",
            aria_label="The two texts, sentence by sentence",
        ),
    )


def _in_words(change: SentenceChange) -> str:
    if change.before is None:
        return "added"
    if change.after is None:
        return "dropped"
    return "–" if change.tone_shift is None else signed(change.tone_shift)
