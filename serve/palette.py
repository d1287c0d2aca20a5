"""The codebook's colours and marks as style and signs.

Classes are made of a task's name and the number of a label, so that no label's name has to be fit for a
style sheet. Each class sets two custom properties, the colour `--label` and the strength `--tint` of a
coloured ground, which grows with the label's distance from neutral; page.css does the rest.
"""

from __future__ import annotations

import re

from markupsafe import Markup

from ..model.analysis import Judgement
from ..model.codebook import Codebook, Task
from .markup import element

STRONGEST_TINT = 24
"""Per cent of a label's colour in the ground of a sentence at the end of the scale; neutral has none."""

UNSCORED = "unscored"
UNSCORED_MARK = "?"

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_NO_COLOUR = "#808080"


def style(codebook: Codebook) -> Markup:
    """Return a style element with the light and dark colour of every label."""
    rules = []
    for task in codebook:
        scale = max(abs(score) for score in task.scores) or 1.0
        for number, label in enumerate(task.labels):
            tint = round(STRONGEST_TINT * abs(label.score) / scale)
            rules.append(f".{task.name}-{number}{{--label:{_safe(label.light)};--tint:{tint}%}}")
            rules.append(f".dark .{task.name}-{number}{{--label:{_safe(label.dark)}}}")
    # A codebook's task names and the checked colours are all that comes from outside.
    return Markup("<style>{}</style>").format(Markup("".join(rules)))


def css_class(task: Task, label: str | None) -> str:
    """Return the class of a label, or of none."""
    return UNSCORED if label is None else f"{task.name}-{task.index(label)}"


def mark(task: Task, label: str | None) -> Markup:
    """Return the sign of a label; it is not read aloud, since the label's name always is."""
    sign = UNSCORED_MARK if label is None else task[label].mark
    return element("span", sign, class_=f"mark {css_class(task, label)}", aria_hidden="true")


def chip(task: Task, judgement: Judgement) -> Markup:
    """Return sign, name and probability of a judgement.

    The hint is the reason where there is no label, and the definition of an act, since only tones have a
    legend; repeating all definitions would double the size of the page.
    """
    if judgement.label is None:
        return element("span", mark(task, None), " unscored", class_="chip unscored", title=judgement.reason)
    return element(
        "span",
        mark(task, judgement.label),
        f" {judgement.label} ",
        element("span", f"{judgement.confidence:.2f}", class_="number"),
        class_=f"chip {css_class(task, judgement.label)}",
        title=task[judgement.label].definition if task.name == "act" else None,
    )


def _safe(colour: str) -> str:
    return colour if _COLOUR.match(colour) else _NO_COLOUR
