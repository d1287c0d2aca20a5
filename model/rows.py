"""From bytes to rows: JSONL, CSV and Parquet, each row with its line, and what is wrong with it where it has a fault.

Cells are taken as they stand: "NA" is Namibia. A row that cannot be read is told with its reason, never mended.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from .errors import RecordError

if TYPE_CHECKING:
    import pyarrow.parquet

MAX_LINE_BYTES = 8 << 20
"""Longest line that is read; of a longer one, only so much is ever held in memory."""

MARK = b"\xef\xbb\xbf"
"""In front of a UTF-8 file, put there by spreadsheets."""

PARQUET_BATCH = 500
"""Rows of Parquet that are unpacked at once."""

LONGEST_SHOWN = 40
"""Characters of a value that a message quotes."""


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in one place of a file."""

    line: int
    """Where it begins, from 1; in Parquet its place among the rows."""
    cells: Mapping[str, Any] | None
    """None where it cannot be read."""
    problem: str | None = None
    raw: Any = None
    """The row as it stands, where it cannot be read."""


@dataclass(frozen=True, slots=True)
class CsvShape:
    """What the first line of a CSV file says of the others."""

    columns: tuple[str, ...]
    delimiter: str


class Lines:
    """The lines of a file from where it stands, with their numbers; holds one at a time, and never all of a long one.

    Args:
        file: Open for reading bytes.
        number: Number of the first line, from 1.
        stop: Where to end, in bytes; None reads to the end.
    """

    def __init__(self, file: BinaryIO, *, number: int = 1, stop: int | None = None) -> None:
        self.position = file.tell()
        """Where the line that was given last ends, in bytes."""
        self.number = number
        """Number of the line that comes next."""
        self._file = file
        self._stop = stop

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        return self

    def __next__(self) -> tuple[int, bytes]:
        if self._stop is not None and self.position >= self._stop:
            raise StopIteration
        line = self._file.readline(MAX_LINE_BYTES + 1)
        if not line:
            raise StopIteration
        self.position += len(line)
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = self._file.readline(MAX_LINE_BYTES + 1)
            self.position += len(rest)
        number, self.number = self.number, self.number + 1
        return number, line.removeprefix(MARK) if number == 1 else line


def json_rows(lines: Iterable[tuple[int, bytes]]) -> Iterator[Row]:
    """Return the row of each line that is not blank."""
    for number, line in lines:
        if not line.strip():
            continue
        if (problem := _too_long(line)) is None:
            try:
                cells = parse_json(line.decode("utf-8"))
                if isinstance(cells, dict):
                    yield Row(number, cells)
                    continue
                shown = shortened(json.dumps(cells, ensure_ascii=False))
                problem = f"holds {shown}; it must be an object in braces"
            except UnicodeDecodeError as error:
                problem = _not_utf8(error, line)
            except ValueError as error:
                problem = str(error)
        yield Row(number, None, problem, _shown(line))


def parse_json(line: str) -> Any:
    """Return what a line of JSON holds.

    Raises:
        ValueError: It is not JSON, or a key stands in it twice; the text says where or which.
    """
    try:
        return json.loads(line, object_pairs_hook=_object_without_repeats)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at column {error.colno}: {error.msg}") from None
    except _RepeatedKeyError as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:  # the one thing more that the library refuses
        raise ValueError(f"a number has more than {sys.get_int_max_str_digits():,} digits") from None


class _RepeatedKeyError(Exception):
    pass


def _object_without_repeats(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) < len(items):
        counts = Counter(key for key, _ in items)
        repeated = min(key for key, n in counts.items() if n > 1)
        raise _RepeatedKeyError(f'the key "{shortened(repeated)}" stands more than once; keep one')
    return found


def csv_shape(line: bytes) -> CsvShape:
    """Read the header.

    Raises:
        RecordError: It cannot be read, or names no column "text" or one column twice.
    """
    try:
        header = line.decode("utf-8-sig")
        delimiter = max(",;\t", key=header.count)  # spreadsheets of many countries save with ";"
        columns = tuple(
            name.strip() for name in next(csv.reader([header], delimiter=delimiter, strict=True), [])
        )
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecordError(f"line 1: the header cannot be read: {error}") from error
    check_columns(columns)
    return CsvShape(columns, delimiter)


def check_columns(columns: Sequence[str]) -> None:
    """Raise RecordError where there is no column "text" or one name stands twice."""
    if "text" not in columns:
        found = shortened(", ".join(columns)) or "nothing"
        raise RecordError(f'the header has no column "text"; found {found}')
    if repeated := {name for name in columns if columns.count(name) > 1}:
        raise RecordError(f'the column "{shortened(min(repeated))}" stands more than once')


def csv_rows(lines: Iterable[tuple[int, bytes]], shape: CsvShape) -> Iterator[Row]:
    """Return the rows below the header; a row goes over several lines where a quoted cell does."""
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_BYTES))  # else less than an article may have
    taken = _Taken(lines)
    reader = csv.reader(taken, delimiter=shape.delimiter, strict=True)
    while True:
        taken.forget()
        try:
            cells = next(reader)
            problem = taken.problem
        except StopIteration:
            return
        except csv.Error as error:
            cells, problem = [""], taken.problem or f"not CSV: {error}"
        if problem is None and not any(cells):
            continue
        if problem is None and len(cells) != len(shape.columns):
            problem = (
                f"has {len(cells)} cells; the header has {len(shape.columns)}"
                " (put quotation marks around a text that contains the separator)"
            )
        if problem is None:
            yield Row(taken.first, dict(zip(shape.columns, cells, strict=True)))
        else:
            yield Row(taken.first, None, problem, _shown(b"".join(taken.lines)))


class _Taken:
    """Hands lines to the CSV reader and remembers those of the present row."""

    def __init__(self, lines: Iterable[tuple[int, bytes]]) -> None:
        self._numbered = iter(lines)
        self.forget()

    def forget(self) -> None:
        self.first = 0
        self.lines: list[bytes] = []
        self.problem: str | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = next(self._numbered)
        self.first = self.first or number
        self.lines.append(line)
        self.problem = self.problem or _too_long(line)
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            self.problem = self.problem or _not_utf8(error, line)
            return line.decode("utf-8", "replace")


def parquet_rows(
    file: pyarrow.parquet.ParquetFile,
    columns: Sequence[str],
    *,
    groups: Sequence[int],
    start: int = 0,
    stop: int | None = None,
) -> Iterator[Mapping[str, Any]]:
    """Return rows of some row groups, those from `start` to before `stop` of them."""
    place = 0
    for batch in file.iter_batches(batch_size=PARQUET_BATCH, row_groups=list(groups), columns=list(columns)):
        wanted = batch.slice(
            max(start - place, 0), None if stop is None else max(stop - max(start, place), 0)
        )
        yield from wanted.to_pylist()
        place += len(batch)
        if stop is not None and place >= stop:
            return


def check_encoding(beginning: bytes) -> None:
    """Raise RecordError where a file begins as UTF-16 does."""
    if beginning[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise RecordError("the file is UTF-16; save it as UTF-8")


def shortened(value: Any) -> str:
    """Return a value for a message: as it is, or where it is long, its beginning."""
    shown = str(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 3]}..."


def _too_long(line: bytes) -> str | None:
    return f"has more than {MAX_LINE_BYTES:,} bytes; split it" if len(line) > MAX_LINE_BYTES else None


def _not_utf8(error: UnicodeDecodeError, line: bytes) -> str:
    return (
        f"byte 0x{line[error.start]:02x} at column {error.start + 1} is not UTF-8"
        " (often a file saved as Windows-1252 or Latin-1); save it as UTF-8"
    )


def _shown(line: bytes) -> str:
    return line[:MAX_LINE_BYTES].decode("utf-8", "backslashreplace").rstrip("\r\n")
