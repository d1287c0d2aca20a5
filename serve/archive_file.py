"""Reads an archive: many texts in one file, each with a date if it has one."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from ..model.errors import RecordError, TextError, require_extra
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
    readers = {".csv": _csv_rows, ".jsonl": _json_rows, ".ndjson": _json_rows, ".parquet": _parquet_rows}
    reader = readers.get(PurePath(shown).suffix.lower())
    if reader is None:
        raise RecordError(f"{shown}: is of no kind that is read here; those are .csv, .jsonl and .parquet")
    texts: list[ArchiveText] = []
    csv.field_size_limit(
        max(csv.field_size_limit(), max_chars + 1)
    )  # 131,072 else, less than an article may have
    try:
        for number, row in enumerate(reader(data, max_rows), 1):
            if number > max_rows:
                raise RecordError(f"has more than {max_rows:,} rows; split it")
            texts.append(_text(number, row, max_chars))
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


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecordError(
            f"line {line}: byte 0x{data[error.start]:02x} is not UTF-8; save it as UTF-8"
        ) from None


def _csv_rows(data: bytes, _: int) -> Iterator[Mapping[str, Any]]:
    text = _decoded(data)
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if "text" not in header:
            raise RecordError(f'the header has no column "text"; found {", ".join(header) or "nothing"}')
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                raise RecordError(
                    f"line {reader.line_num}: has {len(cells)} cells; the header has {len(header)}"
                    " (put quotation marks around a text that contains the separator)"
                )
            yield dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise RecordError(f"line {reader.line_num}: not CSV: {error}") from error


def _json_rows(data: bytes, _: int) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(_decoded(data).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RecordError(f"line {number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise RecordError(f"line {number}: is no object in braces")
        yield row


def _parquet_rows(data: bytes, max_rows: int) -> Iterator[Mapping[str, Any]]:
    """The rows by way of JSONL, which a process of its own makes: a file of a few bytes can unpack to gigabytes."""
    require_extra("parquet", "pyarrow")
    try:
        return _json_rows(extracted("parquet", data, max_rows).text.encode(), max_rows)
    except TextError as error:
        raise RecordError(str(error)) from error
