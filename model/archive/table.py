"""Records as rows of a table, for CSV and Parquet.

In: a row is a record of its own, with one pair at most. Out: a row for each pair, one where there is none, so that a
table comes back with the rows that it had. The user's own columns are kept; what was found stands in `FOUND`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..codebook import TASKS
from ..records import PAIR_KEYS, Record
from .as_json import one_line

PREDICTED = tuple(f"predicted_{task}{end}" for task in TASKS for end in ("", "_probability", "_unscored"))
"""Per task: the label, its probability, and where there is no label, why."""

FOUND = ("copy_of", *PREDICTED)

_PAIR = PAIR_KEYS[:4]
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of the output."""

    columns: tuple[str, ...]
    gathers: bool
    """Whether the user's own keys stand in the one column "other", as JSON: of JSONL they are not known beforehand."""


def table_for(columns: Sequence[str] | None) -> Table:
    """Return the output's columns for those of the input (None: each row has names of its own)."""
    if columns is None:
        return Table(("id", "text", "sentiment", "tone", *_PAIR, _OTHER, *FOUND), gathers=True)
    pair = _PAIR if "pairs" in columns else ()
    given = (name for name in columns if name not in (*FOUND, "pairs"))
    return Table(tuple(dict.fromkeys(("id", *given, *pair, *FOUND))), gathers=False)


def as_row(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells of a table in record form: the pair's cells as a pair, empty ones left out."""
    row = {
        name: cell for name, cell in cells.items() if cell is not None and cell != "" and name not in FOUND
    }
    pair = {key: row.pop(key) for key in PAIR_KEYS if key in row}
    for side in ("source", "target"):
        if side in pair:
            pair[side] = _span(pair[side])
    if pair:
        row["pairs"] = [*row.get("pairs", ()), {"source": None} | pair]
    if isinstance(hard := row.get("hard"), str) and hard.lower() in ("true", "false"):
        row["hard"] = hard.lower() == "true"
    return row


def as_cells(record: Record, found: Mapping[str, Any], table: Table) -> Iterator[dict[str, Any]]:
    """Return the rows of a scored record.

    Args:
        record: What was scored.
        found: Its `"predicted"`, or `"copy_of"` where it was not scored.
        table: The columns.
    """
    row = record.as_dict()
    pairs = row.pop("pairs")
    predicted = found.get("predicted", {})
    own = {
        name: row.pop(name) for name in (*record.extra, "register", "hard", "group", "split") if name in row
    }
    if table.gathers:
        own = {_OTHER: one_line(own) if own else None}
    judged_pairs = predicted.get("pairs", ())
    for n, pair in enumerate(pairs or [{}]):
        sides = {side: _words(record.text, pair[side]) for side in ("source", "target") if pair.get(side)}
        cells = {
            **own,
            **row,
            **pair,
            "source": None,
            **sides,
            "copy_of": found.get("copy_of"),
            **_judgements(predicted),
            **_judgements(judged_pairs[n] if judged_pairs else {}),
        }
        yield {name: cells.get(name) for name in table.columns}


def _judgements(judged: Mapping[str, Any]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for task, judgement in judged.items():
        if task in TASKS:
            cells[f"predicted_{task}"] = judgement["label"]
            cells[f"predicted_{task}_probability"] = max(judgement["probabilities"].values(), default=None)
            cells[f"predicted_{task}_unscored"] = judgement["reason"]
    return cells


def _span(cell: Any) -> Any:
    """A part of the text as it stands, or "[0, 5]" as offsets."""
    if isinstance(cell, str) and cell.startswith("["):
        try:
            return json.loads(cell)
        except ValueError:
            pass
    return cell


def _words(text: str, span: Sequence[int]) -> str:
    """A span as its words where they stand once, else as offsets."""
    start, end = span
    words = text[start:end]
    stands_once = text.find(words) == start and text.find(words, start + 1) < 0
    return words if stands_once and not words.startswith("[") else f"[{start}, {end}]"
