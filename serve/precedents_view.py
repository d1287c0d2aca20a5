"""What stands beside a selected sentence: its phrases of diplomatic register, and its precedents.

The precedents of an article are many times its own length. So the page holds none of them: it asks for those of a
sentence when the reader selects it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ..model.analysis import Precedents, RungMention
from ..model.codebook import Codebook, Task
from . import palette
from .markup import Child, arrow, element, join


def rungs(found: Sequence[RungMention]) -> Markup | None:
    """Return the phrases of a sentence with what diplomats read in them; None where there are none."""
    if not found:
        return None
    return join(
        element("p", element("b", "On the diplomatic ladder")),
        element("ul", *(element("li", *_rung(rung)) for rung in found), class_="rungs"),
    )


def _rung(rung: RungMention) -> Iterator[Child]:
    yield element("b", f"“{rung.text}”")
    yield " denied: " if rung.negated else ": "
    yield rung.means
    yield element("div", f"Rung {_height(rung.height)}, {rung.rung}: {rung.gloss}", class_="quiet")


def _height(steps: int) -> str:
    return f"{steps:+d}".replace("-", "−") if steps else "0"


def place(precedents: Precedents) -> Markup:
    """Return where the precedents of a sentence will stand (precedents.js), or why there are none."""
    if not precedents.nearest:
        return element(
            "p", element("b", "Precedents"), f" none: {precedents.reason}", class_="precedents quiet"
        )
    return element(
        "div",
        element(
            "p", element("b", "Precedents"), ": the labelled sentences that the network sees nearest to it"
        ),
        element("p", "Looking them up …", class_="quiet awaited"),
        class_="precedents",
    )


def precedents(nearest: Sequence[Mapping[str, Any]], codebook: Codebook) -> str:
    """Return the precedents of a sentence (`Precedent.as_dict()` each), nearest first."""
    return str(
        element("ol", *(element("li", *_precedent(found, codebook)) for found in nearest), class_="nearest")
    )


def _precedent(found: Mapping[str, Any], codebook: Codebook) -> Iterator[Child]:
    yield element("div", " ".join(found["text"].split()))
    yield element(
        "div",
        element(
            "span",
            "likeness ",
            element("span", f"{found['similarity']:.2f}", class_="number"),
            class_="quiet",
            title="Cosine of the two sentences' embeddings; 1 is the same",
        ),
        *(_chip(codebook[task], found[task]) for task in ("tone", "sentiment")),
        class_="chips",
    )
    for pair in found["pairs"]:
        source = pair["source"] or "the text"
        chips = (_chip(codebook[task], pair[task]) for task in ("stance", "act"))
        yield element("div", arrow(source, pair["target"]), *chips, class_="chips")


def _chip(task: Task, label: str | None) -> Markup | None:
    """The sign and name of a label that people gave; a precedent may come from another codebook."""
    if label is None or label not in task.names:
        return None
    return element(
        "span",
        palette.mark(task, label),
        f" {label}",
        class_=f"chip {palette.css_class(task, label)}",
        title=f"{task.name}: {task[label].definition}",
    )
