"""A scored archive as the page shows it: a table, and lines over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ..model.article.index import label_of_mean
from ..model.codebook import Codebook
from . import palette, plots
from .archive import Archive
from .exports import available
from .markup import arrow, element, join
from .trend import Line, dyad_lines, tone_line
from .wording import NameOf, counted, signed

ROWS_SHOWN = 200
LINES_SHOWN = 12


def render_archive(
    archive: Archive, rows: Sequence[Mapping[str, Any]], codebook: Codebook, name_of: NameOf
) -> str:
    """Return what an archive holds; every text is escaped on its way."""
    scored = [row for row in rows if row["tone"] is not None]
    undated = sum(row["date"] is None for row in rows)
    return str(
        element(
            "div",
            palette.style(codebook),
            element(
                "p",
                element("b", f"{len(rows):,} of {counted(len(archive.texts), 'text')}"),
                f" read; {len(scored):,} with an index.",
                f" {undated:,} have no date that can be read (ISO 8601) and are in no line below."
                if undated
                else None,
            ),
            _downloads(archive) if rows else None,
            _trends(rows, codebook, name_of),
            _table(rows, codebook) if rows else None,
            class_="diplotone archive-result",
        )
    )


def _downloads(archive: Archive) -> Markup:
    names = {"csv": "CSV", "jsonl": "JSONL", "parquet": "Parquet"}
    forms = [form for form in names if form != "parquet" or "parquet" in available()]
    return element(
        "p",
        "Take it away: ",
        *(
            element(
                "a",
                names[form],
                href=f"v1/archives/{archive.token}/result?form={form}",
                download=True,
                class_="download",
            )
            for form in forms
        ),
        class_="downloads",
    )


def _trends(rows: Sequence[Mapping[str, Any]], codebook: Codebook, name_of: NameOf) -> Markup | None:
    lines = [line for line in dyad_lines(rows) if len(line.points) > 1]
    whole = tone_line(rows)
    if len(whole.points) < 2 and not lines:
        return element("p", "A trend needs texts of two dates at least, in a column “date”.", class_="quiet")
    cards = [_trend("All texts: tone", whole)] if len(whole.points) > 1 else []
    cards += [
        _trend(arrow(name_of(line.source or ""), name_of(line.target or "")), line)
        for line in lines[:LINES_SHOWN]
    ]
    rest = len(lines) - LINES_SHOWN
    return join(
        element("h2", "Over time"),
        element("ul", *cards, class_="dyads trends"),
        element("p", f"{counted(rest, 'dyad')} with less evidence in the download only.", class_="quiet")
        if rest > 0
        else None,
    )


def _trend(title: str | Markup, line: Line) -> Markup:
    first, last = line.points[0], line.points[-1]
    body = (
        element(
            "tr",
            element("th", point.period, scope="row"),
            element("td", signed(point.mean), class_="number"),
            element("td", point.n, class_="number"),
        )
        for point in line.points
    )
    return element(
        "li",
        element("h3", title),
        plots.trend(line.points),
        element(
            "p",
            f"{first.period}: {signed(first.mean)} → {last.period}: {signed(last.mean)} · n {line.n:,}",
            class_="figures",
        ),
        element(
            "details",
            element("summary", "Figures"),
            element(
                "table",
                element(
                    "thead",
                    element("tr", *(element("th", head, scope="col") for head in ("When", "Mean", "n"))),
                ),
                element("tbody", *body),
            ),
        ),
        class_="dyad",
    )


def _table(rows: Sequence[Mapping[str, Any]], codebook: Codebook) -> Markup:
    heads = ("#", "Date", "Text", "Tone", "Scored", "Dyads")
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
                element("thead", element("tr", *(element("th", head, scope="col") for head in heads))),
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
        label = row["label"] or label_of_mean(row["tone"] * 2, tone)
        verdict = element(
            "span",
            palette.mark(tone, label),
            f" {label} ",
            element("span", signed(row["tone"]), class_="number"),
            class_=f"chip {palette.css_class(tone, label)}",
        )
    dyads = ", ".join(f"{d['source']} → {d['target']} {signed(d['mean'])}" for d in row["dyads"][:4])
    return element(
        "tr",
        element("td", row["row"], class_="number"),
        element("td", row["date"] or "–"),
        element("td", row["begins"], class_="text"),
        element("td", verdict),
        element("td", f"{row['n']} of {row['total']}", class_="number"),
        element("td", dyads or "–", " …" if len(row["dyads"]) > 4 else None),
    )
