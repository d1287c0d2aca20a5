"""What is to be scored: one file, cut into slices that can be read for themselves.

The cuts depend on the file and the size of a slice alone, so that a second run meets the same slices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..errors import RecordError, require_extra
from ..rows import (
    CsvShape,
    Lines,
    Row,
    check_columns,
    check_encoding,
    csv_rows,
    csv_shape,
    json_rows,
    parquet_rows,
)

MAX_SLICE_BYTES = 16 << 20
"""A slice ends after so many bytes however few rows they are: memory stays flat when rows are long."""

SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the input."""

    number: int
    """From 0, in the order of the file."""
    start: int
    """In bytes; in Parquet the first row of the row group."""
    stop: int
    """In bytes; in Parquet the row after the last of the row group."""
    line: int
    """Number of the first line, in Parquet of the first row, from 1."""
    group: int = 0
    """Row group of Parquet."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells one input from another, wherever it lies."""

    bytes: int
    sha256: str
    rows: int
    """As many as its lines, which may be a few more than its rows; exact in Parquet."""


class Source(Protocol):
    """A file of rows; small enough to be sent to another process."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns; None where each row has names of its own."""
        ...

    def slices(self, rows: int) -> Iterator[Slice]:
        """Cut into slices of so many rows or fewer."""
        ...

    def rows(self, part: Slice) -> Iterator[Row]:
        """Read one slice."""
        ...

    def fingerprint(self) -> Fingerprint:
        """Read the whole file once."""
        ...


def open_source(path: Path) -> Source:
    """Return the input, its header read.

    Raises:
        RecordError: It cannot be read or is of no kind that is read here.
        MissingExtra: It is Parquet and pyarrow is not installed.
    """
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise RecordError(
            f'{path}: ends in "{path.suffix}"; archives are read from .jsonl, .csv and .parquet'
        )
    try:
        with path.open("rb") as file:
            lines = Lines(file)
            _, head = next(lines, (1, b""))
        if kind == "parquet":
            require_extra("parquet", "pyarrow")
            return _open_parquet(path)
        check_encoding(head)
        return JsonSource(path) if kind == "jsonl" else CsvSource(path, csv_shape(head), lines.position)
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror or error}") from error
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from error


@dataclass(frozen=True, slots=True)
class JsonSource:
    """A line of JSON per row."""

    path: Path

    @property
    def columns(self) -> None:
        """Each row has names of its own."""
        return None

    def slices(self, rows: int) -> Iterator[Slice]:
        """Cut after so many lines."""
        with self.path.open("rb") as file:
            lines = Lines(file)
            yield from _cut(lines, lines, rows)

    def rows(self, part: Slice) -> Iterator[Row]:
        """Read the lines of a slice."""
        with self.path.open("rb") as file:
            file.seek(part.start)
            yield from json_rows(Lines(file, number=part.line, stop=part.stop))

    def fingerprint(self) -> Fingerprint:
        """Hash the file and count its lines."""
        return _fingerprint(self.path)


@dataclass(frozen=True, slots=True)
class CsvSource:
    """A table with a header."""

    path: Path
    shape: CsvShape
    header_bytes: int

    @property
    def columns(self) -> tuple[str, ...]:
        """As the header names them."""
        return self.shape.columns

    def slices(self, rows: int) -> Iterator[Slice]:
        """Cut between rows, of which some go over several lines."""
        with self.path.open("rb") as file:
            file.seek(self.header_bytes)
            lines = Lines(file, number=2)
            yield from _cut(lines, csv_rows(lines, self.shape), rows)

    def rows(self, part: Slice) -> Iterator[Row]:
        """Read the rows of a slice."""
        with self.path.open("rb") as file:
            file.seek(part.start)
            yield from csv_rows(Lines(file, number=part.line, stop=part.stop), self.shape)

    def fingerprint(self) -> Fingerprint:
        """Hash the file and count its lines."""
        return _fingerprint(self.path)


@dataclass(frozen=True, slots=True)
class ParquetSource:
    """A table with typed columns, in row groups."""

    path: Path
    schema: Any
    """As pyarrow has it."""
    groups: tuple[int, ...]
    """Rows of each row group."""

    @property
    def columns(self) -> tuple[str, ...]:
        """As the schema names them."""
        return tuple(self.schema.names)

    def slices(self, rows: int) -> Iterator[Slice]:
        """Cut each row group."""
        number, line = 0, 1
        for group, size in enumerate(self.groups):
            for start in range(0, size, rows):
                stop = min(start + rows, size)
                yield Slice(number, start, stop, line, group)
                number, line = number + 1, line + stop - start

    def rows(self, part: Slice) -> Iterator[Row]:
        """Unpack the rows of a slice."""
        import pyarrow
        import pyarrow.parquet

        try:
            with pyarrow.parquet.ParquetFile(self.path) as file:
                rows = parquet_rows(file, self.columns, groups=[part.group], start=part.start, stop=part.stop)
                for line, cells in enumerate(rows, part.line):
                    yield Row(line, cells)
        except pyarrow.ArrowException as error:
            raise RecordError(f"{self.path}: is damaged: {error}") from error

    def fingerprint(self) -> Fingerprint:
        """Hash the file; its rows it knows itself."""
        return _fingerprint(self.path, rows=sum(self.groups))


def _open_parquet(path: Path) -> ParquetSource:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            schema, meta = file.schema_arrow, file.metadata
            check_columns(schema.names)
            groups = tuple(meta.row_group(n).num_rows for n in range(meta.num_row_groups))
            return ParquetSource(path, schema, groups)
    except pyarrow.ArrowException as error:
        raise RecordError(f"is damaged or no Parquet file: {error}") from error


def _cut(lines: Lines, rows: Iterator[Any], most: int) -> Iterator[Slice]:
    """Cut where a row ends: after `most` rows, or once there are bytes enough."""
    number, start, line, count = 0, lines.position, lines.number, 0
    for _ in rows:
        count += 1
        if count >= most or lines.position - start >= MAX_SLICE_BYTES:
            yield Slice(number, start, lines.position, line)
            number, start, line, count = number + 1, lines.position, lines.number, 0
    if count:
        yield Slice(number, start, lines.position, line)


def _fingerprint(path: Path, rows: int | None = None) -> Fingerprint:
    digest, size, n_lines = hashlib.sha256(), 0, 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            size += len(block)
            n_lines += block.count(b"\n")
    return Fingerprint(size, digest.hexdigest(), n_lines + 1 if rows is None else rows)
