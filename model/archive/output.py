"""What is written: scored records as JSONL, CSV or Parquet, a file per shard, and the shards as one file."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cells import safe_cell
from ..errors import RecordError, require_extra
from ..records import Record
from ..rows import MARK
from .as_json import one_line, plain
from .source import Source
from .table import PREDICTED, Table, as_cells, table_for

if TYPE_CHECKING:
    import pyarrow

KINDS = ("jsonl", "csv", "parquet")

Scored = tuple[Record, Mapping[str, Any]]
"""A record with `{"predicted": ...}`, or with `{"copy_of": id}` where it repeats another."""

_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)*([eE][-+]?\d+)?")
"""A cell that starts like a formula and is none."""


@dataclass(frozen=True, slots=True)
class Output:
    """How scored records become files; small enough to be sent to another process."""

    kind: str
    table: Table
    schema: Any = None
    """Of the input, where that is Parquet: the user's own columns keep their types."""

    def write(self, scored: Iterable[Sequence[Scored]], path: Path) -> None:
        """Write a shard.

        Args:
            scored: Records, some at a time.
            path: Where to; what stands there is overwritten.

        Raises:
            OSError: It cannot be written.
        """
        if self.kind == "parquet":
            self._write_parquet(scored, path)
            return
        with path.open("wb") as file:
            if self.kind == "csv":
                file.write(self._csv_header)
            for some in scored:
                file.write(self._json_lines(some) if self.kind == "jsonl" else self._csv_lines(some))

    def join(self, shards: Iterable[Path], path: Path) -> None:
        """Write shards as one file, one after the other.

        Raises:
            OSError: It cannot be written.
        """
        if self.kind == "parquet":
            self._join_parquet(shards, path)
            return
        with path.open("wb") as file:
            if self.kind == "csv":
                file.write(self._csv_header)
            for shard in shards:
                with shard.open("rb") as part:
                    part.seek(len(self._csv_header) if self.kind == "csv" else 0)
                    shutil.copyfileobj(part, file, 1 << 20)

    @staticmethod
    def _json_lines(scored: Sequence[Scored]) -> bytes:
        return "".join(one_line(record.as_dict() | dict(found)) + "\n" for record, found in scored).encode()

    @property
    def _csv_header(self) -> bytes:
        return MARK + _csv_bytes([self.table.columns])

    def _csv_lines(self, scored: Sequence[Scored]) -> bytes:
        return _csv_bytes(
            [_csv_cell(cell) for cell in cells.values()]
            for record, found in scored
            for cells in as_cells(record, found, self.table)
        )

    def _write_parquet(self, scored: Iterable[Sequence[Scored]], path: Path) -> None:
        import pyarrow
        import pyarrow.parquet

        schema = self._parquet_schema()
        with pyarrow.parquet.ParquetWriter(path, schema) as file:
            texts = {field.name for field in schema if pyarrow.types.is_string(field.type)}
            for some in scored:
                rows = [
                    {name: _text_cell(cell) if name in texts else cell for name, cell in cells.items()}
                    for record, found in some
                    for cells in as_cells(record, found, self.table)
                ]
                try:
                    batch = pyarrow.RecordBatch.from_pylist(rows, schema=schema)
                except pyarrow.ArrowException as error:
                    raise RecordError(
                        f"{path.name}: a column of your own has a type that cannot be written again: {error};"
                        " choose .jsonl"
                    ) from error
                file.write_batch(batch)

    def _join_parquet(self, shards: Iterable[Path], path: Path) -> None:
        import pyarrow.parquet

        with pyarrow.parquet.ParquetWriter(path, self._parquet_schema()) as file:
            for shard in shards:
                with pyarrow.parquet.ParquetFile(shard) as part:
                    file.write_table(part.read())

    def _parquet_schema(self) -> pyarrow.Schema:
        """The user's own columns as they came, all others text but for the probabilities."""
        import pyarrow

        def kind(name: str) -> pyarrow.DataType:
            if name in PREDICTED:
                return pyarrow.float64() if name.endswith("_probability") else pyarrow.string()
            if self.schema is None or name not in self.schema.names or name in _AS_TEXT:
                return pyarrow.string()
            own = self.schema.field(name).type
            return own.value_type if pyarrow.types.is_dictionary(own) else own

        return pyarrow.schema([(name, kind(name)) for name in self.table.columns])


_AS_TEXT = ("id", "source", "target")


def output_for(source: Source, kind: str) -> Output:
    """Return how records of an input are written.

    Raises:
        RecordError: There is no such kind.
        MissingExtra: It is Parquet and pyarrow is not installed.
    """
    if kind not in KINDS:
        raise RecordError(f'scored records are written as {", ".join(KINDS)}; not as "{kind}"')
    if kind == "parquet":
        require_extra("parquet", "pyarrow")
    return Output(kind, table_for(source.columns), getattr(source, "schema", None))


def _csv_bytes(rows: Iterable[Iterable[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _csv_cell(cell: Any) -> Any:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell if _NUMBER.fullmatch(cell) else safe_cell(cell)
    if isinstance(cell, (bool, dict, list)):
        return one_line(cell)
    return cell if isinstance(cell, (int, float)) else plain(cell)


def _text_cell(cell: Any) -> str | None:
    """A cell of a column of text; a half character, which only a user's own can have, has no place in Parquet."""
    if cell is None:
        return None
    return (cell if isinstance(cell, str) else one_line(cell)).encode("utf-8", "replace").decode()
