"""An analysis as a file to take away: JSON with everything, CSV and Parquet with a row per sentence."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from ..model.cells import safe_cell
from ..model.errors import require_extra

Form = Literal["json", "csv", "parquet"]

MEDIA_TYPES: Mapping[Form, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}

JUDGED = ("sentiment", "tone")


def available() -> tuple[Form, ...]:
    """Return the forms that can be written here; Parquet needs pyarrow, too large to ask of everyone."""
    return tuple(form for form in MEDIA_TYPES if form != "parquet" or importlib.util.find_spec("pyarrow"))


def export(analysis: Mapping[str, Any], form: Form) -> bytes:
    """Return an analysis (`Analysis.as_dict()`) as the bytes of a file.

    Raises:
        MissingExtra: The form is Parquet and pyarrow is not installed.
    """
    return as_file(analysis, sentence_rows, form)


def as_file(
    result: Mapping[str, Any], rows_of: Callable[[Mapping[str, Any]], list[dict[str, Any]]], form: Form
) -> bytes:
    """Return a result as the bytes of a file: JSON holds all of it, the tables its rows.

    Raises:
        MissingExtra: The form is Parquet and pyarrow is not installed.
    """
    if form == "json":
        return as_json(result)
    rows = rows_of(result)
    return as_csv(rows) if form == "csv" else as_parquet(rows)


def sentence_rows(analysis: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one flat row per sentence: place, labels, probabilities, voice, actors, relations, provenance."""
    provenance = analysis["provenance"]
    return [
        {
            "id": s["id"],
            "start": s["start"],
            "end": s["end"],
            "kind": s["kind"],
            "voice": s["voice"]["kind"],
            "speaker": s["voice"]["speaker"],
            **{key: value for task in JUDGED for key, value in _judgement(task, s[task]).items()},
            "actors": " ".join(dict.fromkeys(mention["code"] for mention in s["mentions"])),
            "relations": "; ".join(map(_relation, s["pairs"])),
            "text": s["text"],
            "text_sha256": provenance["text_sha256"],
            "release": provenance["release"],
            "precision": provenance["precision"],
            "codebook": provenance["codebook"],
            "date": provenance["date"],
        }
        for s in analysis["sentences"]
    ]


def _judgement(task: str, judgement: Mapping[str, Any]) -> dict[str, Any]:
    return {
        task: judgement["label"],
        f"{task}_probability": max(judgement["probabilities"].values(), default=None),
        f"{task}_unscored": judgement["reason"],
    }


def _relation(pair: Mapping[str, Any]) -> str:
    sides = f"{pair['source']['code']}>{pair['target']['code']}"
    return f"{sides} {pair['stance']['label'] or '?'} {pair['act']['label'] or '?'}"


def as_json(found: Mapping[str, Any]) -> bytes:
    """Return a result as indented JSON."""
    return (json.dumps(found, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Iterable[str] | None = None) -> bytes:
    """Return rows as CSV that a spreadsheet opens rightly and runs nothing of: UTF-8 with its mark."""
    out = io.StringIO()
    names = list(columns or rows[0])
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)  # a separator of another country parts no cell
    writer.writerow(safe_cell(name) for name in names)
    writer.writerows([safe_cell(_cell(row.get(name))) for name in names] for row in rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def as_parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as a Parquet file with typed columns.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    require_extra("parquet", "pyarrow")
    import pyarrow
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([dict(row) for row in rows]), buffer)
    return buffer.getvalue()
