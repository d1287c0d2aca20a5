"""The tab Compare as it is before anything happens in it: two boxes, an example, and how to read what will come."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ..model.article.ladder import Rung
from .compare import edit_key
from .markup import element
from .samples import read_statements
from .wording import signed


def render_compare_tab(rungs: Sequence[Rung]) -> str:
    """Return the form for two texts and what teaches its use.

    Args:
        rungs: Of the diplomatic ladder, from the friendliest down.
    """
    earlier, later = read_statements()
    return str(
        element(
            "div",
            element(
                "p",
                "Two statements on one matter, the earlier and the later one: what was dropped, added and reworded, and"
                " which way the tone went.",
            ),
            element(
                "form",
                element(
                    "div",
                    _text("a", "The earlier text"),
                    _text("b", "The later text"),
                    class_="two-texts",
                ),
                element(
                    "div",
                    element("button", "Compare", type="submit", class_="primary"),
                    element("button", "Swap the two", type="button", class_="swap"),
                    element(
                        "button",
                        "Try two invented statements",
                        type="button",
                        class_="try-statements",
                        data_a=earlier,
                        data_b=later,
                    ),
                    element("button", "Put my texts back", type="button", class_="put-back", hidden=True),
                    class_="form-actions",
                ),
                class_="compare-form",
            ),
            element("p", class_="compare-status", role="status"),
            element("p", class_="problem", role="alert"),
            element("div", _lesson(rungs), class_="comparison"),
            class_="diplotone compare",
        )
    )


def _text(name: str, title: str) -> Markup:
    return element(
        "label",
        title,
        element(
            "textarea",
            name=name,
            rows=8,
            required=True,
            placeholder="Paste a statement in English; Shift+Enter compares the two",
        ),
        class_="field",
    )


def _lesson(rungs: Sequence[Rung]) -> Markup:
    return element(
        "div",
        element("h2", "What you will see"),
        element(
            "ul",
            _point(
                "The shift of tone",
                "the tone of either text from −1 to +1, and how far the later one stands from the earlier, with an"
                " interval; an interval that holds 0 is no evidence of a shift",
            ),
            _point(
                "Phrases of register",
                "set phrases of diplomats that came or went, such as “note with concern”, and what is read in them",
            ),
            _point(
                "Sentence by sentence",
                "sentences that share most words stand beside each other; one that was moved counts as dropped and"
                " added",
            ),
        ),
        element("p", *edit_key()),
        element(
            "p",
            "Both texts are kept for the downloads for a limited time and then removed; nothing is sent elsewhere.",
            class_="quiet",
        ),
        element(
            "details",
            element("summary", "The diplomatic ladder: how high a phrase stands"),
            element(
                "table",
                element(
                    "thead",
                    element(
                        "tr", *(element("th", head, scope="col") for head in ("Rung", "Name", "What it says"))
                    ),
                ),
                element("tbody", *map(_rung, rungs)),
                class_="ladder",
            ),
        ),
        class_="lesson",
    )


def _point(head: str, rest: str) -> Markup:
    return element("li", element("b", head), f": {rest}")


def _rung(rung: Rung) -> Markup:
    return element(
        "tr",
        element("td", signed(rung.height, digits=0), class_="number"),
        element("th", rung.name, scope="row"),
        element("td", rung.gloss),
    )
