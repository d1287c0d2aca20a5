"""From a row of a file to the record that it is, or to the reason why it is none."""

from __future__ import annotations

from ..codebook import Codebook
from ..records import Record, check_row
from ..rows import Row
from .source import Source
from .table import as_row


def record_of(row: Row, source: Source, codebook: Codebook) -> tuple[Record, None] | tuple[None, str]:
    """Return the record of a row, or what is wrong with it.

    An id that is a whole number is kept in digits; what an earlier scoring found is dropped.
    """
    if row.cells is None:
        return None, row.problem or "cannot be read"
    if source.columns is None:
        cells = {name: cell for name, cell in row.cells.items() if name not in ("predicted", "copy_of")}
    else:
        cells = as_row(row.cells)
    if type(cells.get("id")) is int:
        cells["id"] = str(cells["id"])
    record, faults = check_row(cells, codebook, where=str(source.path), line=row.line)
    if record is None:
        return None, "; ".join(fault.message for fault in faults or ())
    return record, None
