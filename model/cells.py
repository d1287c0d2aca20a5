"""Cells of tables that people open in spreadsheets."""

from __future__ import annotations

from typing import TypeVar

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A cell that starts so is run as a formula by spreadsheets; some look past white space and marks."""

_LOOKED_PAST = " \u00a0\ufeff\u200b\u200c\u200d\u2060\0"

Cell = TypeVar("Cell")


def safe_cell(cell: Cell) -> Cell | str:
    """Return a cell that no spreadsheet runs: a text that looks like a formula gets an apostrophe in front."""
    if isinstance(cell, str) and cell.lstrip(_LOOKED_PAST).startswith(_FORMULA_STARTS):
        return "'" + cell
    return cell


def original_cell(cell: str) -> str:
    """Return what a cell was before `safe_cell`."""
    return cell[1:] if cell.startswith("'") and safe_cell(cell[1:]) != cell[1:] else cell
