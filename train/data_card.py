"""The counted part of the data card, from the data itself."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..model.codebook import Codebook
from ..model.errors import RecordError
from . import agreement
from .corpus import data_folder

BEGIN, END = "<!-- counted: begin -->", "<!-- counted: end -->"

LENGTHS = ((6, 13), (14, 22), (23, 32), (33, 60))
"""Words, from and to."""

LEAST_PAIRS = 15
"""Pairs of a state from which its shares are shown; below it they are chance."""

YEAR = re.compile(r"\b(1[89]\d\d|20[0-2]\d)\b")
FIRST_DECADE = 1940
"""Earlier years are counted together."""

Row = Mapping[str, Any]


def tables(codebook: Codebook, folder: Path | None = None) -> str:
    """Return all counts of the written and the real sentences as Markdown.

    Texts are needed for the written ones only; the real ones are counted by their labels.
    """
    folder = folder or data_folder()
    written, real = (_rows(folder / name) for name in ("written.jsonl", "real.jsonl"))
    counted = "\n".join(_lines(codebook, written, real))
    if not (folder / "labellings.jsonl").exists():
        return counted
    return f"{counted}\n\nTwo independent labellings:\n\n{agreement.as_table(codebook, folder)}"


def update(card: str, counted: str) -> str:
    """Return the card with its counted part replaced.

    Raises:
        RecordError: The card has no such part.
    """
    before, begin, rest = card.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise RecordError(f"the data card lacks the marks {BEGIN} and {END}; put them where the counts go")
    return f"{before}{BEGIN}\n{counted}\n{END}{after}"


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _lines(codebook: Codebook, written: Sequence[Row], real: Sequence[Row]) -> Iterator[str]:
    kinds = {"written": written, "real": real}
    yield "| | written | real |"
    yield "|---|---|---|"
    yield _row("sentences", [len(rows) for rows in kinds.values()])
    yield _row("without a pair", [sum(not r["pairs"] for r in rows) for rows in kinds.values()])
    yield _row("hard", [sum(bool(r.get("hard")) for r in rows) for rows in kinds.values()])
    yield _row("pairs", [len(_pairs(rows)) for rows in kinds.values()])
    yield _row(
        "pairs without a source", [sum(p["source"] is None for p in _pairs(rows)) for rows in kinds.values()]
    )
    for split in ("train", "dev", "test"):
        yield _row(split, [sum(r["split"] == split for r in rows) for rows in kinds.values()])
    for task in codebook:
        yield ""
        yield f"| {task.name} | written | | real | |"
        yield "|---|---|---|---|---|"
        counts = {
            kind: Counter(
                holder.get(task.name) for holder in (rows if task.level == "sentence" else _pairs(rows))
            )
            for kind, rows in kinds.items()
        }
        totals = {kind: sum(n for label, n in c.items() if label) for kind, c in counts.items()}
        for name in task.names:
            cells = [f"{c[name]:,} | {c[name] / max(totals[kind], 1):.1%}" for kind, c in counts.items()]
            yield f"| {name} | {' | '.join(cells)} |"
    yield ""
    yield from _two_columns("register", Counter(r["register"] for r in written), "written sentences")
    yield ""
    yield from _two_columns("source", Counter(r["source"] for r in real), "real sentences")
    yield ""
    lengths = Counter(_length(len(r["text"].split())) for r in written)
    yield from _two_columns(
        "words", lengths, "written sentences", order=[_span(*bounds) for bounds in LENGTHS]
    )
    yield ""
    regions = _regions()
    yield from _two_columns("region", _by_region(written, regions), "written sentences with an actor of it")
    yield ""
    decades = Counter(_decade(r["text"]) for r in written)
    yield from _two_columns("year named", decades, "written sentences", order=sorted(decades))
    yield ""
    yield from _states(written, regions)


def _row(name: str, counts: Iterable[int]) -> str:
    return f"| {name} | {' | '.join(f'{n:,}' for n in counts)} |"


def _pairs(rows: Sequence[Row]) -> list[Row]:
    return [pair for row in rows for pair in row["pairs"]]


def _two_columns(
    name: str, counts: Counter[str], unit: str, order: Sequence[str] | None = None
) -> Iterator[str]:
    yield f"| {name} | {unit} |"
    yield "|---|---|"
    for key in order or [key for key, _ in counts.most_common()]:
        yield f"| {key} | {counts[key]:,} |"


def _length(n_words: int) -> str:
    return next((_span(*bounds) for bounds in LENGTHS if bounds[0] <= n_words <= bounds[1]), "other")


def _span(first: int, last: int) -> str:
    return f"{first}–{last}"


def _decade(text: str) -> str:
    """The decade of the first year that a text names."""
    year = YEAR.search(text)
    if year is None:
        return "none"
    decade = int(year[1]) // 10 * 10
    return f"{decade}s" if decade >= FIRST_DECADE else f"before {FIRST_DECADE}"


def _regions() -> dict[str, str]:
    """Code of a state -> macro-region of the M49 standard."""
    tables = tomllib.loads((data_folder() / "regions.toml").read_text(encoding="utf-8"))
    return {code: region for region, codes in tables.items() for code in codes.split()}


def _by_region(rows: Sequence[Row], regions: Mapping[str, str]) -> Counter[str]:
    """Sentences by the regions of the states in their pairs; one with states of two regions counts in both."""
    counts: Counter[str] = Counter()
    for row in rows:
        codes = {pair.get(f"{end}_code") for pair in row["pairs"] for end in ("source", "target")}
        counts.update({regions[code] for code in codes if code in regions} or {"no state in a pair"})
    return counts


def _states(written: Sequence[Row], regions: Mapping[str, str]) -> Iterator[str]:
    """Shares of the stances of the states that stand in many pairs, as sources and as targets."""
    roles: dict[str, dict[str, Counter[str]]] = {
        "source": defaultdict(Counter),
        "target": defaultdict(Counter),
    }
    others: set[str] = set()
    for pair in _pairs(written):
        for role, by_code in roles.items():
            code = pair.get(f"{role}_code", "")
            if code in regions:
                by_code[code][pair["stance"]] += 1
            elif code:
                others.add(code)
    codes = {code for by_code in roles.values() for code in by_code}
    yield (
        f"{len(codes)} states and {len(others)} organisations and movements stand in pairs of written sentences."
        f" States with {LEAST_PAIRS} pairs or more, as source and as target:"
    )
    yield ""
    yield "| state | n as source | opposed | supportive | n as target | opposed | supportive |"
    yield "|---|---|---|---|---|---|---|"
    for code in sorted(codes):
        cells = []
        for by_code in roles.values():
            n = sum(by_code[code].values())
            shares = [by_code[code][stance] / n if n else 0 for stance in ("opposed", "supportive")]
            cells += [str(n), *(f"{share:.0%}" for share in shares)]
        if int(cells[0]) >= LEAST_PAIRS:
            yield f"| {code} | {' | '.join(cells)} |"
