"""Cells that people open in spreadsheets: none is run, none is lost."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diplotone.model.cells import original_cell, safe_cell

FORMULA = '=cmd|"/C calc"!A0'


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹢", "﹦"])
@pytest.mark.parametrize(
    "before",
    ["", " ", "\u00a0", "\u3000", "\u2003", "\ufeff", "\u200b", "\u00ad", "\u202e", "\x00", "\x0b", " \t"],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(before, sign):
    cell = before + sign + FORMULA[1:]
    assert safe_cell(cell) == "'" + cell
    assert original_cell(safe_cell(cell)) == cell


@pytest.mark.parametrize("cell", ["\tx", "\rx", "\nx", "\t", " \r", "\u200b\nx", "\x00 \tx"])
def test_a_break_at_the_start_does_too(cell):
    assert safe_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", " ", "Oslo = Riga", "'=x", "a-b", "−3", "5", 5, -5.5, None])
def test_anything_else_stays_as_it_is(cell):
    assert safe_cell(cell) is cell


@given(st.text())
def test_whatever_the_text_it_comes_back_and_never_begins_with_a_sign(text):
    cell = safe_cell(text)
    visible = [c for c in cell if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf")]
    assert not visible or unicodedata.normalize("NFKC", visible[0])[:1] not in ("=", "+", "-", "@")
    if not text.startswith("'"):
        assert original_cell(cell) == text
