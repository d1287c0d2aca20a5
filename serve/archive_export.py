"""A scored archive as a file to take away: a row per text, JSON with the trends as well, or a brief to be read."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from ..model.codebook import Codebook
from .archive import Archive
from .archive_brief import archive_brief
from .archive_rows import flat_rows, read_lines, read_rows
from .exports import as_csv, as_parquet
from .trend import dyad_lines, dyad_totals, tone_line
from .wording import NameOf

Form = Literal["csv", "jsonl", "json", "parquet", "html"]

MEDIA_TYPES: Mapping[Form, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "html": "text/html; charset=utf-8",
}

TITLES: Mapping[Form, str] = {
    "csv": "CSV",
    "jsonl": "JSONL",
    "json": "JSON",
    "parquet": "Parquet",
    "html": "Brief (HTML)",
}


def forms_available() -> dict[Form, str]:
    """Return the forms that can be written here, with their titles; Parquet needs pyarrow."""
    return {
        form: title
        for form, title in TITLES.items()
        if form != "parquet" or importlib.util.find_spec("pyarrow")
    }


def export_archive(archive: Archive, form: Form, codebook: Codebook, name_of: NameOf) -> bytes:
    """Return what is scored of an archive by now as the bytes of a file.

    Raises:
        MissingExtra: The form is Parquet and pyarrow is not installed.
    """
    if form == "jsonl":
        return read_lines(archive.folder)
    rows = read_rows(archive.folder)
    if form == "csv":
        return as_csv(flat_rows(rows), None if rows else ["row"])
    if form == "parquet":
        return as_parquet(flat_rows(rows))
    if form == "html":
        return archive_brief(archive, rows, codebook, name_of).encode("utf-8", "replace")
    return (json.dumps(_whole(archive, rows), ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _whole(archive: Archive, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    over_time = {
        (line.source, line.target): [asdict(point) for point in line.points] for line in dyad_lines(rows)
    }
    return {
        "name": archive.name,
        "state": archive.state,
        "done": len(rows),
        "total": archive.total,
        "tone_over_time": [asdict(point) for point in tone_line(rows).points],
        "dyads": [
            {
                "source": total.source,
                "target": total.target,
                "mean": total.mean,
                "n": total.n,
                "texts": total.texts,
                "over_time": over_time.get((total.source, total.target), []),
            }
            for total in dyad_totals(rows)
        ],
        "texts": rows,
    }
