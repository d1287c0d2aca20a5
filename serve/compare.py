"""Two texts side by side: the little that page and HTTP ask of whatever compares them."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from markupsafe import Markup

from ..model.analyzer import Analyzer
from ..model.errors import DiplotoneError
from .markup import element
from .wording import signed


class Comparison(Protocol):
    """What came out. `as_dict()` is what HTTP returns; the page shows `shift` and `aligned` of it.

    `shift` is the tone of the second text minus that of the first, -1..+1 each, or None. `aligned` is a list
    in reading order of {"a": text or None, "b": text or None, "shift": number or None}; one side alone was
    dropped or added. Other keys are handed on as they are.
    """

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON-ready types."""
        ...


@runtime_checkable
class Comparer(Protocol):
    """Whatever compares two texts; an analyzer that has this method does."""

    def compare(self, a: str, b: str) -> Comparison:
        """Return what differs from text a to text b."""
        ...


class CannotCompare(DiplotoneError):
    """The analyzer of this version has no `compare`."""


def compare(analyzer: Analyzer, a: str, b: str) -> dict[str, Any]:
    """Return the comparison of two texts as JSON-ready types.

    Raises:
        CannotCompare: The analyzer cannot.
    """
    if not isinstance(analyzer, Comparer):
        raise CannotCompare("texts cannot be compared by this version; analyze them one by one")
    return analyzer.compare(a, b).as_dict()


def render_comparison(found: dict[str, Any]) -> Markup:
    """Return a comparison as the page shows it."""
    shift = found.get("shift")
    rows = (
        element(
            "tr",
            element("td", pair.get("a") or "–"),
            element("td", pair.get("b") or "–"),
            element("td", _change(pair), class_="number"),
        )
        for pair in found.get("aligned", ())
    )
    return element(
        "div",
        element(
            "p",
            "Shift of tone from the first text to the second: ",
            element("b", "none that can be given" if shift is None else signed(shift)),
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


def _change(pair: dict[str, Any]) -> str:
    if pair.get("a") is None:
        return "added"
    if pair.get("b") is None:
        return "dropped"
    return "–" if pair.get("shift") is None else signed(pair["shift"])
