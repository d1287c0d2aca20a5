"""The label store as a file: every row that there ever was, with who gave it, when, about which release, and why.

An export holds the labels that stand, one to a question, as records to train on; this is what they came from.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from ..model.cells import safe_cell
from .label_types import Label

_OF_ITEM = ("text", "text_sha256", "task")
_OF_SPAN = ("words", "start", "end")

COLUMNS = (
    *(field.name for field in fields(Label) if field.name != "item"),
    *_OF_ITEM,
    *(f"{end}_{part}" for end in ("source", "target") for part in _OF_SPAN),
)
"""Of a history in CSV."""


def history_as_jsonl(labels: Iterable[Label]) -> str:
    """Return rows of the store as JSONL."""
    return "".join(json.dumps(label.as_dict(), ensure_ascii=False) + "\n" for label in labels)


def history_as_csv(labels: Iterable[Label]) -> str:
    """Return rows of the store as CSV; what a spreadsheet would run as a formula gets an apostrophe."""
    out = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for label in labels:
        writer.writerow({key: safe_cell(_cell(value)) for key, value in _flat(label).items()})
    return out.getvalue()


def is_history(data: bytes) -> bool:
    """Return whether a file is such a history: records and tables of records have no such names."""
    first, _, _ = data.partition(b"\n")
    return all(name in first for name in (b"text_sha256", b"undoes", b"annotator"))


def _flat(label: Label) -> dict[str, Any]:
    row = label.as_dict()
    for end in ("source", "target"):
        span = row.pop(end)
        values = (label.item.text[slice(*span)], *span) if span else ("", "", "")
        row |= {f"{end}_{part}": value for part, value in zip(_OF_SPAN, values, strict=True)}
    return row


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value
