"""A scored archive as the page shows it: lines over time, the dyads, and a table of its texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ..model.codebook import Codebook, Task
from . import palette
from .archive import Archive
from .archive_export import forms_available
from .archive_parts import chip, dyad_table, how_to_read, lines_over_time, summary, table_head, trend_table
from .markup import element, join
from .trend import Line, dyad_totals
from .trend_plot import TimeAxis, trend
from .wording import NameOf, counted, signed

ROWS_SHOWN = 200
LINES_SHOWN = 12
"""Lines of dyads, beside that of all texts."""
DYADS_SHOWN = 40


def render_archive(
    archive: Archive, rows: Sequence[Mapping[str, Any]], codebook: Codebook, name_of: NameOf
) -> str:
    """Return what an archive holds; every text is escaped on its way."""
    return str(
        element(
            "div",
            palette.style(codebook),
            element("p", *summary(archive, rows)),
            _downloads(archive) if rows else None,
            _trends(rows, codebook, name_of),
            _dyads(rows, codebook, name_of),
            _table(rows, codebook) if rows else None,
            class_="diplotone archive-result",
        )
    )


def _downloads(archive: Archive) -> Markup:
    return element(
        "p",
        "Take it away: ",
        *(
            element(
                "a",
                title,
                href=f"v1/archives/{archive.token}/result?form={form}",
                download=True,
                class_="download",
            )
            for form, title in forms_available().items()
        ),
        element(
            "button",
            "Put its sentences most worth labelling up",
            type="button",
            class_="put-up",
            data_archive=archive.token,
        )
        if archive.texts
        else None,
        element("span", class_="put-up-status", role="status"),
        class_="downloads",
    )


def _trends(rows: Sequence[Mapping[str, Any]], codebook: Codebook, name_of: NameOf) -> Markup | None:
    drawn = lines_over_time(rows, name_of)
    if not drawn:
        return element("p", "A trend needs texts with a date, in a column “date”.", class_="quiet")
    axis = TimeAxis.of(line for _, line in drawn)
    shown = drawn[: LINES_SHOWN + 1]
    rest = len(drawn) - len(shown)
    return join(
        element("h2", "Over time"),
        element("p", *how_to_read(axis, codebook), class_="quiet"),
        element(
            "ul",
            *(
                _trend(title, line, axis, codebook["stance" if line.source else "tone"])
                for title, line in shown
            ),
            class_="dyads trends",
        ),
        element("p", f"{counted(rest, 'dyad')} with less evidence in the JSON download only.", class_="quiet")
        if rest > 0
        else None,
    )


def _trend(title: Markup, line: Line, axis: TimeAxis, task: Task) -> Markup:
    first, last = line.points[0], line.points[-1]
    came_to = f" → {last.period}: {signed(last.mean)}" if last is not first else ""
    return element(
        "li",
        element("h3", title),
        trend(line, axis, task),
        element(
            "p", f"{first.period}: {signed(first.mean)}{came_to} · n\u00a0{line.n:,}", class_="figures number"
        ),
        element("details", element("summary", "Figures"), trend_table(line, task)),
        class_="dyad",
    )


def _dyads(rows: Sequence[Mapping[str, Any]], codebook: Codebook, name_of: NameOf) -> Markup | None:
    totals = dyad_totals(rows)
    if not totals:
        return None
    rest = len(totals) - DYADS_SHOWN
    return join(
        element("h2", "Who stands where toward whom"),
        element(
            "div",
            dyad_table(totals[:DYADS_SHOWN], codebook, name_of),
            class_="scroll-x",
            tabindex=0,
            role="region",
            aria_label="Table of dyads",
        ),
        element("p", f"{counted(rest, 'dyad')} with less evidence in the JSON download only.", class_="quiet")
        if rest > 0
        else None,
    )


def _table(rows: Sequence[Mapping[str, Any]], codebook: Codebook) -> Markup:
    note = (
        f"The first {ROWS_SHOWN} of {len(rows):,}; the download has all." if len(rows) > ROWS_SHOWN else None
    )
    return join(
        element("h2", "Texts"),
        element("p", note, class_="quiet") if note else None,
        element(
            "div",
            element(
                "table",
                table_head("#", "Date", "Tone", "Text", "Scored", "Dyads"),
                element("tbody", *(_row(row, codebook) for row in rows[:ROWS_SHOWN])),
                class_="sentences",
            ),
            class_="scroll-x",
            tabindex=0,
            role="region",
            aria_label="Table of texts",
        ),
    )


def _row(row: Mapping[str, Any], codebook: Codebook) -> Markup:
    tone = codebook["tone"]
    if row["tone"] is None:
        verdict = element(
            "span", palette.mark(tone, None), " no index", class_="chip unscored", title=row["reason"]
        )
    else:
        verdict = chip(row["tone"], tone, row["label"])
    dyads = ", ".join(f"{d['source']} → {d['target']} {signed(d['mean'])}" for d in row["dyads"][:4])
    return element(
        "tr",
        element("td", row["row"], class_="number"),
        element("td", row["date"] or "–"),
        element("td", verdict),
        element("td", row["begins"], class_="text"),
        element("td", f"{row['n']} of {row['total']}", class_="number"),
        element("td", dyads or "–", " …" if len(row["dyads"]) > 4 else None),
    )
