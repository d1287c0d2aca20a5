"""Cells of tables that people open in spreadsheets."""

from __future__ import annotations

import unicodedata
from typing import TypeVar

_FORMULA_STARTS = "=+-@"
"""A cell that starts so, in any width, is run as a formula by spreadsheets."""

_BREAKS = "\t\r\n"
"""Some take what follows one of these, before anything visible, for a cell of its own."""

Cell = TypeVar("Cell")


def safe_cell(cell: Cell) -> Cell | str:
    """Return a cell that no spreadsheet runs: a text that looks like a formula gets an apostrophe in front."""
    return "'" + cell if isinstance(cell, str) and _looks_like_formula(cell) else cell


def _looks_like_formula(cell: str) -> bool:
    first = ""
    for first in cell:
        if first in _BREAKS:
            return True
        if not _is_looked_past(first):
            break
    return unicodedata.normalize("NFKC", first)[:1] in tuple(_FORMULA_STARTS)


def _is_looked_past(character: str) -> bool:
    """White space, control characters, and marks without a shape of their own."""
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf")


def original_cell(cell: str) -> str:
    """Return what a cell was before `safe_cell`."""
    return cell[1:] if cell.startswith("'") and safe_cell(cell[1:]) != cell[1:] else cell
