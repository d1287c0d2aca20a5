"""Reads an archive: many texts in one file, each with a date if it has one."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from ..model.errors import RecordError, TextError, require_extra
from ..model.rows import Lines, Row, check_encoding, csv_rows, csv_shape, json_rows
from .ingest import extracted

DATE_KEYS = ("date", "published", "datetime", "day")
ID_KEYS = ("id", "url", "title")
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveText:
    """One text of an archive."""

    row: int
    """Its place, from 1."""
    id: str
    text: str
    date: date | None
    date_found: str | None
    """What stands there, where it is no date that can be read."""


def read_archive(name: str, data: bytes, *, max_rows: int, max_chars: int) -> list[ArchiveText]:
    """Return the texts of a CSV, JSONL or Parquet file with a column "text" and perhaps "date" and "id".

    Cells are taken as they stand: "NA" is Namibia. Dates are ISO 8601, a day, a month or a year; others
    are kept as undated and said to be.

    Raises:
        RecordError: It cannot be read, has no column "text", too many rows, or a text that is too long.
        MissingExtra: It is Parquet and pyarrow is not installed.
    """
    shown = PurePath(name.replace("\\", "/")).name or "the archive"
    suffix = PurePath(shown).suffix.lower()
    if suffix not in (".csv", ".jsonl", ".ndjson", ".parquet"):
        raise RecordError(f"{shown}: is of no kind that is read here; those are .csv, .jsonl and .parquet")
    texts: list[ArchiveText] = []
    try:
        for number, row in enumerate(_rows(suffix, data, max_rows), 1):
            if number > max_rows:
                raise RecordError(f"has more than {max_rows:,} rows; split it")
            if row.cells is None:
                raise RecordError(f"line {row.line}: {row.problem}")
            texts.append(_text(number, row.cells, max_chars))
    except RecordError as error:
        raise RecordError(f"{shown}: {error}") from error
    if not texts:
        raise RecordError(f"{shown}: holds no rows")
    return texts


def _text(number: int, row: Mapping[str, Any], max_chars: int) -> ArchiveText:
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise RecordError(f'row {number}: "text" is missing or empty; fill it in or delete the row')
    if len(text) > max_chars:
        raise RecordError(f"row {number}: the text has more than {max_chars:,} characters; split it")
    found = next((row[key] for key in DATE_KEYS if row.get(key) not in (None, "")), None)
    day = _date(found)
    name = next((row[key] for key in ID_KEYS if row.get(key) not in (None, "")), number)
    return ArchiveText(
        row=number,
        id=_whole(str(name)[:200]),
        text=_whole(text),
        date=day,
        date_found=_whole(str(found)[:100]) if found is not None and day is None else None,
    )


def _whole(text: str) -> str:
    """A text without halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-8", "replace").decode()


def _date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, (str, int)):
        return None
    found = str(value).strip()
    try:
        if partial := _PARTIAL.fullmatch(found):
            return date(int(partial[1]), int(partial[2] or 1), 1)
        return datetime.fromisoformat(found).date()
    except ValueError:
        return None


def _rows(suffix: str, data: bytes, max_rows: int) -> Iterator[Row]:
    """The rows of a file by its ending.

    Parquet comes by way of JSONL, which a process of its own makes: a file of a few bytes can unpack to gigabytes.
    """
    if suffix == ".parquet":
        require_extra("parquet", "pyarrow")
        try:
            data = extracted("parquet", data, max_rows).text.encode()
        except TextError as error:
            raise RecordError(str(error)) from error
    check_encoding(data)
    lines = Lines(io.BytesIO(data))
    if suffix != ".csv":
        return json_rows(lines)
    _, header = next(lines, (1, b""))
    return csv_rows(lines, csv_shape(header.lower()))  # people write "Text" and "DATE" as well
