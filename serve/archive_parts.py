"""Parts of a scored archive that its page and its brief share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ..model.codebook import Codebook, Task
from . import palette
from .archive import Archive
from .markup import Child, arrow, element
from .trend import DyadTotal, Line, dyad_lines, tone_line
from .trend_plot import TimeAxis, label_at
from .wording import NameOf, counted, interval, signed


def summary(archive: Archive, rows: Sequence[Mapping[str, Any]]) -> list[Child]:
    """Return in a few sentences how much of an archive was read, and what is missing."""
    with_index = sum(row["tone"] is not None for row in rows)
    undated = sum(row["date"] is None for row in rows)
    return [
        element("b", f"{len(rows):,} of {counted(archive.total, 'text')}"),
        f" read; {with_index:,} with an index.",
        f" {counted(undated, 'text')} without a date that can be read (ISO 8601), and so in no line over time."
        if undated
        else None,
    ]


def lines_over_time(rows: Sequence[Mapping[str, Any]], name_of: NameOf) -> list[tuple[Markup, Line]]:
    """Return the lines that can be drawn, with titles: the tone of all texts first, then those of dyads.

    Dyads of several periods come before those of one, which show no trend; each by their evidence.
    """
    dyads = sorted(dyad_lines(rows), key=lambda line: len(line.points) < 2)
    whole = tone_line(rows)
    return [
        *([(Markup("All texts: tone"), whole)] if whole.points else ()),
        *((arrow(name_of(line.source or ""), name_of(line.target or "")), line) for line in dyads),
    ]


def how_to_read(axis: TimeAxis, codebook: Codebook) -> list[Child]:
    """Return what the drawings of lines mean."""
    tone, stance = codebook["tone"].names, codebook["stance"].names
    return [
        f"Tone goes from −1 ({tone[0]}) to +1 ({tone[-1]}), stance from −1 ({stance[0]}) to +1 ({stance[-1]})."
        " Each point is a period, in the colour of its label, larger with more evidence; n counts texts, and"
        " for two actors judgements of sentences.",
        f" All dates lie in {axis.periods[0]}: a trend needs two periods."
        if len(axis.periods) == 1
        else None,
    ]


def trend_table(line: Line, task: Task) -> Markup:
    """Return the figures of a line."""
    body = (
        element(
            "tr",
            element("th", point.period, scope="row"),
            element("td", signed(point.mean), class_="number"),
            element("td", palette.mark(task, label), " ", label),
            element("td", f"{point.n:,}", class_="number"),
        )
        for point in line.points
        for label in (label_at(point.mean, task),)
    )
    return element("table", table_head("When", "Mean", task.name.capitalize(), "n"), element("tbody", *body))


def dyad_table(totals: Sequence[DyadTotal], codebook: Codebook, name_of: NameOf) -> Markup:
    """Return the dyads of all texts as a table."""
    stance = codebook["stance"]
    body = (
        element(
            "tr",
            element("th", arrow(name_of(total.source), name_of(total.target)), scope="row"),
            element("td", chip(total.mean, stance)),
            element("td", interval(*total.interval()) if total.texts > 1 else "–", class_="number"),
            element("td", f"{total.n:,}", class_="number"),
            element("td", f"{total.texts:,}", class_="number"),
        )
        for total in totals
    )
    return element(
        "table",
        table_head("From → toward", "Stance", "95 % interval", "Judgements", "Texts"),
        element("tbody", *body),
        class_="dyad-totals",
    )


def chip(mean: float, task: Task, label: str | None = None) -> Markup:
    """Return a mean with its label, its own or that of the scale's part in which it lies."""
    label = label or label_at(mean, task)
    return element(
        "span",
        palette.mark(task, label),
        f" {label} ",
        element("span", signed(mean), class_="number"),
        class_=f"chip {palette.css_class(task, label)}",
    )


def table_head(*heads: str) -> Markup:
    """Return the row of heads of a table."""
    return element("thead", element("tr", *(element("th", head, scope="col") for head in heads)))
