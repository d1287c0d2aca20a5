"""Reading: every row is a row of the file, with its line, or a reject."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model import rows as rows_module
from diplotone.model.archive.source import open_source
from diplotone.model.errors import RecordError
from diplotone.model.rows import Lines, csv_rows, csv_shape, json_rows

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=12)


def read_csv(data: bytes):
    lines = Lines(io.BytesIO(data))
    _, header = next(lines)
    return list(csv_rows(lines, csv_shape(header)))


def in_slices(path, size):
    source = open_source(path)
    parts = list(source.slices(size))
    return parts, [row for part in parts for row in source.rows(part)]


@settings(max_examples=60, deadline=None)
@given(table=st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=12), size=st.integers(1, 5))
def test_csv_in_slices_is_the_csv_as_python_reads_it(tmp_path_factory, table, size):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "b"], *table])
    parts, found = in_slices(path, size)
    assert [list(row.cells.values()) for row in found] == [row for row in table if any(row)]
    assert [part.number for part in parts] == list(range(len(parts)))


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.binary(max_size=20), max_size=20), size=st.integers(1, 5))
def test_every_line_of_jsonl_is_read_or_rejected_once(tmp_path_factory, lines, size):
    lines = [line.replace(b"\n", b"") for line in lines]
    path = tmp_path_factory.mktemp("jsonl") / "a.jsonl"
    path.write_bytes(b'{"text": "first"}\n' + b"\n".join(lines))
    _, found = in_slices(path, size)
    assert [row.line for row in found] == [1] + [n for n, line in enumerate(lines, 2) if line.strip()]
    assert all((row.cells is None) == (row.problem is not None) for row in found)


@settings(max_examples=100, deadline=None)
@given(
    body=st.binary(max_size=80).map(
        lambda data: data.replace(b"a", b'"').replace(b"b", b"\n").replace(b"c", b",")
    )
)
def test_no_csv_makes_the_reader_fail(tmp_path_factory, body):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(b"text,x\n" + body)
    _, in_ones = in_slices(path, 1)
    _, at_once = in_slices(path, 1000)
    assert in_ones == at_once


def test_a_row_is_told_by_the_line_where_it_begins():
    found = read_csv(b'text,x\n"two\nlines",1\nno,2,3\n"open,4\nstill,5\n')
    assert [(row.line, row.cells and row.cells["x"]) for row in found] == [(2, "1"), (4, None), (5, None)]
    assert "has 3 cells; the header has 2" in found[1].problem
    assert "not CSV" in found[2].problem
    assert found[2].raw == '"open,4\nstill,5'


def test_an_odd_row_does_not_spoil_its_neighbours():
    found = read_csv(b'text;x\nNA;1\n"a"b;2\n\xff;3\nNO;=4\n')
    assert [row.cells and row.cells["text"] for row in found] == ["NA", None, None, "NO"]
    assert "byte 0xff at column 1 is not UTF-8" in found[2].problem
    assert found[2].raw == "\\xff;3"


def test_a_line_without_end_is_rejected_and_never_held(monkeypatch):
    monkeypatch.setattr(rows_module, "MAX_LINE_BYTES", 30)
    lines = Lines(io.BytesIO(b'{"text": "a"}\n{"text": "' + b"x" * 95 + b'"}\n{"text": "b"}\n'))
    first, long, last = json_rows(lines)
    assert (first.cells, last.cells, last.line) == ({"text": "a"}, {"text": "b"}, 3)
    assert long.problem == "has more than 30 bytes; split it"
    assert len(long.raw) == 30


@pytest.mark.parametrize(
    "line", [b"{", b"[1]", b'{"a": 1' + b"0" * 5000 + b"}", b"[" * 100_000, b"\xff{}", b'{"a": 1, "a": 2}']
)
def test_odd_json_is_rejected_with_its_reason(line):
    (row,) = json_rows([(7, line)])
    assert (row.line, row.cells) == (7, None)
    assert row.problem


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xls", b"", 'ends in ".xls"; archives are read from'),
        ("a.csv", b"", 'no column "text"; found nothing'),
        ("a.csv", b"title,Text\nx,y\n", 'no column "text"; found title, Text'),
        ("a.csv", b"text,text\n", 'the column "text" stands more than once'),
        ("a.jsonl", "{}".encode("utf-16"), "UTF-16; save it as UTF-8"),
        ("a.parquet", b"PAR1 no", "no Parquet file"),
    ],
)
def test_a_file_of_no_use_is_refused(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RecordError, match=words) as refused:
        open_source(tmp_path / name)
    assert str(refused.value).startswith(str(tmp_path / name))


def test_parquet_in_slices_is_the_table(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{"text": f"t{n}", "n": n} for n in range(1_700)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=900)
    parts, found = in_slices(tmp_path / "a.parquet", 611)
    assert [row.cells for row in found] == rows
    assert [row.line for row in found] == list(range(1, 1_701))
    assert [(part.group, part.stop - part.start) for part in parts] == [
        (0, 611),
        (0, 289),
        (1, 611),
        (1, 189),
    ]


def test_slices_end_at_bytes_too(tmp_path, monkeypatch):
    monkeypatch.setattr("diplotone.model.archive.source.MAX_SLICE_BYTES", 100)
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": "x" * n}) + "\n" for n in (50, 60, 10, 200, 1)))
    parts, found = in_slices(path, 1000)
    assert [len(row.cells["text"]) for row in found] == [50, 60, 10, 200, 1]
    assert len(parts) == 3
