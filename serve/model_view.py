"""The release that answers: its figures with n and intervals, and its card."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ..model.codebook import Codebook, Task
from ..model.errors import ReleaseError
from ..model.release import Release
from . import palette
from .markup import element

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def render_card(release: Release) -> str:
    """Return the model card; tags in it are shown as text."""
    from markdown_it import MarkdownIt

    try:
        text = (release.folder / "README.md").read_text(encoding="utf-8")
    except OSError:
        text = "This release has no card."
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(_FRONT_MATTER.sub("", text))
    for name in sorted(release.files):
        if name.endswith(".svg"):
            picture = base64.b64encode((release.folder / name).read_bytes()).decode()
            html = html.replace(f'src="{name}"', f'src="data:image/svg+xml;base64,{picture}"')
    card = element(
        "div", Markup(html), class_="card scroll-x", tabindex=0, role="region", aria_label="The model card"
    )
    return str(element("div", card, class_="diplotone"))


def render_figures(release: Release, codebook: Codebook) -> str:
    """Return which release answers, and what its trainer measured on sentences it was never trained on."""
    try:
        measured = release.metrics().get("test", {}).get("tasks", {})
    except ReleaseError:
        measured = {}
    return str(
        element(
            "div",
            palette.style(codebook),
            element("h2", "The release that answers"),
            element("p", element("code", release.label), f" · codebook {codebook.version}"),
            element(
                "ul",
                *(_task(task, measured[task.name]) for task in codebook if task.name in measured),
                class_="dyads",
            ),
            class_="diplotone model",
        )
    )


def _task(task: Task, figures: Mapping[str, Any]) -> Markup:
    low, high = figures["macro_f1_interval"]
    classes = {name: found for name, found in figures["classes"].items() if name in task.names}
    rows = (
        element(
            "tr",
            element("th", palette.mark(task, name), f" {name}", scope="row"),
            element("td", _bar(found["f1"], palette.css_class(task, name)), class_="bar-cell"),
            element("td", f"{found['f1']:.2f}", class_="number"),
            element("td", f"{found['n']:,}", class_="number"),
        )
        for name, found in classes.items()
    )
    return element(
        "li",
        element("h3", task.name.capitalize()),
        element(
            "p",
            element("b", f"macro-F1 {figures['macro_f1']:.3f}"),
            f" · 95 % interval {low:.3f} to {high:.3f} · n {figures['n']:,} · ECE {figures['ece']:.3f}",
            class_="figures",
        ),
        element(
            "table",
            element(
                "thead",
                element(
                    "tr",
                    *(
                        element("th", head, scope="col")
                        for head in ("Label", element("span", "F1 as a bar", class_="only-heard"), "F1", "n")
                    ),
                ),
            ),
            element("tbody", *rows),
            class_="probabilities",
        ),
        class_="dyad",
    )


def _bar(share: float, css_class: str) -> Markup:
    return element("span", class_=f"bar {css_class}", style=f"width:{share:.1%}")
