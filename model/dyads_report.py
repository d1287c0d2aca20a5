"""Dyads over many articles as text for a terminal, as JSON, and as a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence

from .analysis import Asymmetry, DyadOverArticles, Evidence
from .cells import safe_cell

CSV_COLUMNS = (
    "source",
    "target",
    "stance",
    "mean",
    "low",
    "high",
    "n",
    "articles",
    "acts",
    "difference",
    "difference_low",
    "difference_high",
    "evidence",
)


def as_json(dyads: Sequence[DyadOverArticles], release: str, articles: int) -> str:
    """Return the dyads as indented JSON, with the release that read the articles and how many these were."""
    shown = {"release": release, "articles": articles, "dyads": [dyad.as_dict() for dyad in dyads]}
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"


def as_csv(dyads: Sequence[DyadOverArticles]) -> str:
    """Return one row per dyad; cells that a spreadsheet would run as a formula get an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for dyad in dyads:
        evidence = "; ".join(f"{one.article} {one.sentence}" for one in dyad.evidence)
        against = dyad.asymmetry
        figures = (against.difference, against.low, against.high) if against else ("", "", "")
        writer.writerow(
            [
                *map(safe_cell, (dyad.source, dyad.target, dyad.stance)),
                *(round(value, 4) for value in (dyad.mean, dyad.low, dyad.high)),
                dyad.n,
                dyad.articles,
                _acts(dyad.acts),
                *(value if isinstance(value, str) else round(value, 4) for value in figures),
                safe_cell(evidence),
            ]
        )
    return out.getvalue()


def as_text(dyads: Sequence[DyadOverArticles], release: str, articles: int) -> str:
    """Return two or three lines per dyad: its figures, those of the other direction beside it, and where it is said."""
    return "\n".join(_lines(dyads, release, articles)) + "\n"


def _lines(dyads: Sequence[DyadOverArticles], release: str, articles: int) -> Iterator[str]:
    yield f"Who stands where toward whom, in {articles:,} article{'s' * (articles != 1)}"
    if not dyads:
        yield "  no sentence says surely enough how one actor stands toward another"
    for dyad in dyads:
        yield (
            f"  {dyad.source:>9} -> {dyad.target:<9} {dyad.stance:<10} {dyad.mean:+.2f}"
            f" [{dyad.low:+.2f}, {dyad.high:+.2f}]  n {dyad.n} in {dyad.articles}  {_acts(dyad.acts)}"
        )
        if dyad.asymmetry:
            yield f"      {against_the_other(dyad.asymmetry)}"
        yield f"      {_places(dyad.evidence)}"
    yield ""
    yield release


def against_the_other(asymmetry: Asymmetry) -> str:
    """Return in words how much one direction differs from the other, with the interval where there is one."""
    has_interval = asymmetry.low < asymmetry.high
    shown = f" [{asymmetry.low:+.2f}, {asymmetry.high:+.2f}]" if has_interval else ""
    return f"{asymmetry.difference:+.2f} against the other direction{shown}"


def _acts(acts: Mapping[str, int]) -> str:
    return ", ".join(f"{act} {count}" for act, count in acts.items())


def _places(evidence: Sequence[Evidence]) -> str:
    by_article: dict[str, list[str]] = {}
    for one in evidence:
        by_article.setdefault(one.article, []).append(str(one.sentence))
    return "; ".join(f"{article}: {', '.join(numbers)}" for article, numbers in by_article.items())
