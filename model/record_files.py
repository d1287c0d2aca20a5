"""Files of records: a line of JSON each (see `records`), or a row of CSV.

A CSV file has one row per pair with the columns text, sentiment, tone, source, target, stance, act; rows of one text
are one record. Cells and strings are taken as they stand: "NA" is Namibia, "NO" is Norway, and only an empty cell is
missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from .codebook import Codebook
from .errors import RecordError
from .records import MOST_FAULTS, PAIR_KEYS, Fault, Record, Report, check_numbered_rows
from .rows import Lines, Row, check_encoding, csv_rows, csv_shape, json_rows, shortened

CSV_COLUMNS = ("text", "sentiment", "tone", "source", "target", "stance", "act")


def read_records(path: str | Path, codebook: Codebook, *, keep_unknown: bool = False) -> tuple[Record, ...]:
    """Return the records of a JSONL or CSV file.

    Args:
        path: The file; its ending says which of the two it is.
        codebook: Which labels there are.
        keep_unknown: Hand unknown keys back in `extra` instead of calling them faults.

    Raises:
        RecordError: The file cannot be read or is faulty; the text lists every fault.
    """
    return check_file(path, codebook, keep_unknown=keep_unknown).raise_for_faults()


def check_file(path: str | Path, codebook: Codebook, *, keep_unknown: bool = False) -> Report:
    """Read a JSONL or CSV file and return its records with every fault found.

    Raises:
        RecordError: The file cannot be opened or has neither ending.
    """
    path = Path(path)
    _check_ending(path)
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError
        raise RecordError(f"{path}: cannot be read: {getattr(error, 'strerror', error)}") from error
    return check_bytes(str(path), data, codebook, keep_unknown=keep_unknown)


def check_bytes(name: str, data: bytes, codebook: Codebook, *, keep_unknown: bool = False) -> Report:
    """Check what a JSONL or CSV file holds that is in memory already; its name says which of the two it is.

    Raises:
        RecordError: The name has neither ending.
    """
    _check_ending(Path(name))
    faults: list[Fault] = []
    try:
        check_encoding(data)
        lines = Lines(BytesIO(data))
        if Path(name).suffix.lower() == ".csv":
            _, head = next(lines, (1, b""))
            rows = _merged(_sound(csv_rows(lines, csv_shape(head)), name, faults), name, faults)
        else:
            rows = _sound(json_rows(lines), name, faults)
    except RecordError as error:
        return Report(
            where=name, records=(), faults=(Fault(where=name, line=1, message=str(error)),), notes=()
        )
    return check_numbered_rows(rows, codebook, name, faults, keep_unknown=keep_unknown)


def write_jsonl(records: Iterable[Record], path: Path) -> None:
    """Write records as JSONL, one line each, UTF-8."""
    lines = (json.dumps(record.as_dict(), ensure_ascii=False) + "\n" for record in records)
    path.write_text("".join(lines), encoding="utf-8")


_Numbered = tuple[int, dict[str, Any]]
"""The line of a row and what stands there."""


def _check_ending(path: Path) -> None:
    if path.suffix.lower() not in (".jsonl", ".csv"):
        raise RecordError(f'{path}: ends in "{path.suffix}"; records are read from .jsonl and .csv')


def _sound(rows: Iterable[Row], where: str, faults: list[Fault]) -> Iterator[_Numbered]:
    """The rows that could be read; the others go to the faults."""
    for row in rows:
        if len(faults) >= MOST_FAULTS:
            return
        if row.cells is not None:
            yield row.line, dict(row.cells)
        else:
            faults.append(Fault(where=where, line=row.line, message=row.problem or "cannot be read"))


def _merged(rows: Iterable[_Numbered], where: str, faults: list[Fault]) -> Iterator[_Numbered]:
    """A row for each text, with the pairs of all its rows; its line is that of the first."""
    by_text: dict[str, _Numbered] = {}
    for line, cells in rows:
        row = {name: cell for name, cell in cells.items() if cell != ""}
        _merge(row, line, by_text, where, faults)
    yield from by_text.values()


def _merge(
    row: dict[str, Any], line: int, by_text: dict[str, _Numbered], where: str, faults: list[Fault]
) -> None:
    pair = {key: row.pop(key) for key in PAIR_KEYS if key in row}
    hard = row.get("hard")
    if isinstance(hard, str) and hard.lower() in ("true", "false"):
        row["hard"] = hard.lower() == "true"
    if pair and "target" not in pair:
        message = f"has {', '.join(pair)} but no target; fill in the target"
        faults.append(Fault(where=where, line=line, message=message))
        pair = {}
    first_line, merged = by_text.setdefault(row.get("text", ""), (line, {"pairs": []}))
    for key, value in row.items():
        if merged.setdefault(key, value) != value:
            message = (
                f'{key} "{shortened(value)}" contradicts "{shortened(merged[key])}" in line {first_line},'
                " which has the same text"
            )
            faults.append(Fault(where=where, line=line, message=message))
    if pair:
        merged["pairs"].append({"source": None} | pair)
