"""A scored archive as one HTML page that needs nothing else: to be read, printed or filed.

There is no script on it, and every text is escaped by serve/markup.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from markupsafe import Markup

from ..model.article.bootstrap import interval
from ..model.brief_page import page
from ..model.codebook import Codebook
from . import palette
from .archive import Archive
from .archive_parts import chip, dyad_table, how_to_read, lines_over_time, summary, trend_table
from .markup import element, join
from .trend import dyad_totals
from .trend_plot import TimeAxis, trend
from .wording import NameOf, counted
from .wording import interval as interval_words

STRONGEST = 8
"""Sentences that are quoted from each end of the tone scale, one of a text at most."""

LINES = 12
"""Dyads that are drawn over time."""

DYADS = 60
"""Dyads in the table."""

_STYLE = """
.only-heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.mark{color:var(--label)}.number{font-variant-numeric:tabular-nums}
.trend{display:block;width:100%;max-width:26em;height:auto}.trend text{font:11.5px sans-serif;fill:#555}
.trend .trend-n{fill:#1a1a1a;font-size:10px}.trend line{stroke:#bbb}.trend .trend-zero{stroke:#777}
.trend-line{fill:none;stroke:#777;stroke-width:1.5}.trend-point{fill:var(--label);stroke:#fff}
section{break-inside:avoid}h3{font-size:1em;margin:1.2em 0 .2em}section table{width:auto;font-size:.9em}
section :is(th,td){padding-right:1.4em}.dyad-totals td.number,section td.number{text-align:left}
"""


def archive_brief(
    archive: Archive, rows: Sequence[Mapping[str, Any]], codebook: Codebook, name_of: NameOf
) -> str:
    """Return a brief of an archive: tone, dyads and their trends, strongest sentences, caveats, provenance.

    Args:
        archive: Whose it is.
        rows: What is scored of it.
        codebook: That of the release which did.
        name_of: From the code of an actor to its name.
    """
    body = join(
        palette.style(codebook),
        element("h1", f"Tone of the archive {archive.name}"),
        element("p", *summary(archive, rows)),
        _tone(rows, codebook),
        element("h2", "Who stands where toward whom"),
        _dyads(rows, codebook, name_of),
        element("h2", "Over time"),
        _over_time(rows, codebook, name_of),
        element("h2", "Strongest sentences"),
        _strongest(rows, codebook),
        element("h2", "Caveats"),
        _caveats(archive, rows),
        element("h2", "Provenance"),
        _provenance(rows),
    )
    return page(f"Diplotone brief: {archive.name}", [body], _STYLE)


def _tone(rows: Sequence[Mapping[str, Any]], codebook: Codebook) -> Markup:
    tone = codebook["tone"]
    values = [row["tone"] for row in rows if row["tone"] is not None]
    if not values:
        return element("p", "No text has an index.")
    mean = fmean(values)
    return join(
        element("p", chip(mean, tone), class_="index"),
        element(
            "p",
            f"Mean index of {counted(len(values), 'text')}, on a scale from −1 ({tone.names[0]}) to +1"
            f" ({tone.names[-1]}); 95 % interval {interval_words(*interval(values))}.",
        ),
    )


def _dyads(rows: Sequence[Mapping[str, Any]], codebook: Codebook, name_of: NameOf) -> Markup:
    totals = dyad_totals(rows)
    if not totals:
        return element("p", "No relation between two known actors was found surely enough to report.")
    rest = len(totals) - DYADS
    return join(
        dyad_table(totals[:DYADS], codebook, name_of),
        element("p", f"{counted(rest, 'dyad')} with less evidence left out.", class_="quiet")
        if rest > 0
        else None,
    )


def _over_time(rows: Sequence[Mapping[str, Any]], codebook: Codebook, name_of: NameOf) -> Markup:
    drawn = lines_over_time(rows, name_of)[: LINES + 1]
    if not drawn:
        return element("p", "No text has a date, so there is no trend.")
    axis = TimeAxis.of(line for _, line in drawn)
    sections = []
    for title, line in drawn:
        task = codebook["stance" if line.source else "tone"]
        sections.append(
            element("section", element("h3", title), trend(line, axis, task), trend_table(line, task))
        )
    return join(element("p", *how_to_read(axis, codebook), class_="quiet"), *sections)


def _strongest(rows: Sequence[Mapping[str, Any]], codebook: Codebook) -> Markup:
    tone = codebook["tone"]
    quoted: list[Markup] = []
    for end, sign in ((tone.names[0], -1), (tone.names[-1], +1)):
        found = [
            (sentence, row)
            for row in rows
            for sentence in row["strongest"]
            if tone[sentence["label"]].score * sign > 0
        ]
        found.sort(key=lambda pair: (-sign * pair[0]["value"], pair[1]["row"]))
        first_of: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
        for sentence, row in found:  # what agencies and their readers repeat is quoted once
            first_of.setdefault(sentence["text"], (sentence, row))
        if found:
            quoted.append(element("p", element("b", f"Toward {end}")))
        for sentence, row in [*first_of.values()][:STRONGEST]:
            where = f"text {row['row']}" + "".join(
                f", {more}" for more in (row["date"], _name(row)) if more is not None
            )
            quoted.append(
                element(
                    "blockquote",
                    sentence["text"],
                    " ",
                    element(
                        "span",
                        f"[{where}] ",
                        chip(sentence["value"], tone, sentence["label"]),
                        class_="quiet",
                    ),
                )
            )
    return join(*quoted) if quoted else element("p", "No sentence leans to either side.")


def _name(row: Mapping[str, Any]) -> str | None:
    """What the file calls a text, where that is more than its place."""
    return None if row["id"] == str(row["row"]) else row["id"]


def _caveats(archive: Archive, rows: Sequence[Mapping[str, Any]]) -> Markup:
    without = sum(row["tone"] is None for row in rows)
    n, total = sum(row["n"] for row in rows), sum(row["total"] for row in rows)
    return element(
        "ul",
        element(
            "li",
            f"The archive was not read to its end: {counted(archive.total - len(rows), 'text')} missing.",
        )
        if len(rows) < archive.total
        else None,
        element(
            "li",
            f"{n:,} of {counted(total, 'sentence')} count; what could not be judged is left out, not guessed.",
        ),
        element(
            "li", f"{counted(without, 'text')} without an index: too few of the sentences could be judged."
        )
        if without
        else None,
        element(
            "li",
            "Labels are a model's, and it errs; an interval says how far the texts differ, not how often the model is"
            " wrong. Figures of its errors are in the model card of the release.",
        ),
        element(
            "li",
            "A trend follows the texts that are in the archive: what was chosen for it, and how often the same event is"
            " told, moves the line as well as what happened.",
        ),
        element("li", "A text's number is its place in the file, from 1."),
    )


def _provenance(rows: Sequence[Mapping[str, Any]]) -> Markup:
    digest = hashlib.sha256("".join(f"{row['text_sha256']}\n" for row in rows).encode()).hexdigest()

    def several(key: str) -> str:
        return ", ".join(dict.fromkeys(str(row[key]) for row in rows))

    facts = (
        ("Release", f"{several('release')}, computed in {several('precision')}"),
        ("Codebook", several("codebook")),
        ("Diplotone", several("diplotone")),
        (
            "Scored",
            f"{min(row['scored'] for row in rows)} to {max(row['scored'] for row in rows)}" if rows else "–",
        ),
        ("SHA-256 over those of the texts, one a line", digest),
    )
    return element(
        "table",
        element(
            "tbody",
            *(element("tr", element("th", name, scope="row"), element("td", value)) for name, value in facts),
        ),
    )
