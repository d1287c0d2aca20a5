"""Archives: what is read of a file, what comes out of it, and over time."""

from __future__ import annotations

import io

import pytest

from diplotone.model.errors import DiplotoneError
from diplotone.serve.archive_file import read_archive
from diplotone.serve.trend import dyad_lines, dyad_totals, tone_line

LIMITS = {"max_rows": 5, "max_chars": 1_000}


def test_cells_are_taken_as_they_stand():
    data = 'Text;Date;ID\nNA thanked NO.;2024-02-29;NA\n"Oslo; met\nRiga.";29.2.2024;\n'.encode("utf-8-sig")
    first, second = read_archive("a.csv", data, **LIMITS)
    assert (first.text, first.id, str(first.date)) == ("NA thanked NO.", "NA", "2024-02-29")
    assert (second.text, second.id, second.date, second.date_found) == (
        "Oslo; met\nRiga.",
        "2",
        None,
        "29.2.2024",
    )


def test_jsonl_and_parquet_are_read_alike():
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [
        {"text": "Oslo met Riga.", "date": "2024", "id": "x"},
        {"text": "They met.", "date": "2024-05", "id": "y"},
    ]
    out = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows), out)
    lines = b'{"text": "Oslo met Riga.", "date": 2024, "id": "x"}\n{"text": "They met.", "date": "2024-05", "id": "y"}'
    assert read_archive("a.parquet", out.getvalue(), **LIMITS) == read_archive("a.jsonl", lines, **LIMITS)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xls", b"x", "of no kind that is read here"),
        ("a.csv", b"title\nx\n", 'a.csv: the header has no column "text"; found title'),
        ("a.csv", b"text,date\nx\n", "line 2: has 1 cells"),
        ("a.csv", b"text\n\xff\n", "line 2: byte 0xff at column 1 is not UTF-8"),
        ("a.csv", b"text\n" + b"x\n" * 6, "more than 5 rows"),
        ("a.csv", b"text,date\n,2024\n", 'row 1: "text" is missing'),
        ("a.csv", b"text\n" + b"x" * 1_001, "more than 1,000 characters"),
        ("a.csv", b"", 'no column "text"'),
        ("a.jsonl", b"\n", "holds no rows"),
        ("a.jsonl", b"{", "line 1: not JSON"),
        ("a.jsonl", b"[1]", "line 1: holds \\[1\\]; it must be an object"),
        ("a.parquet", b"PAR1 no", "no Parquet file|parquet"),
    ],
)
def test_a_faulty_file_is_told_in_words(name, data, words):
    with pytest.raises(DiplotoneError, match=words):
        read_archive(name, data, **LIMITS)


def row(day, tone, *dyads):
    return {
        "date": day,
        "tone": tone,
        "dyads": [{"source": "A", "target": "B", "mean": m, "n": n} for m, n in dyads],
    }


def test_days_become_months_when_they_are_many():
    near = tone_line(
        [row("2024-01-01", 0.5), row("2024-01-01", 0.1), row("2024-01-09", -1.0), row(None, 1.0)]
    )
    assert [(p.period, p.mean, p.n) for p in near.points] == [("2024-01-01", 0.3, 2), ("2024-01-09", -1.0, 1)]
    far = tone_line(
        [row("2024-01-01", 0.5), row("2024-01-30", 0.1), row("2024-09-09", None), row("2024-09-09", 0.2)]
    )
    assert [p.period for p in far.points] == ["2024-01", "2024-09"]
    assert [p.period for p in tone_line([row("1990-01-01", 0.5), row("2024-01-30", 0.1)]).points] == [
        "1990",
        "2024",
    ]


def test_a_dyad_weighs_its_judgements():
    (line,) = dyad_lines(
        [row("2024-01-01", None, (1.0, 3)), row("2024-01-01", None, (-1.0, 1)), row(None, 0, (0, 9))]
    )
    assert [(p.mean, p.n) for p in line.points] == [(0.5, 4)]


def test_dyads_of_all_texts_are_added_up_with_an_interval_over_texts():
    rows = [row(None, 0, (0.9, 1)), row("2024-01-01", 0, (-0.3, 3)), row("2024-02-01", None, (-0.9, 2))]
    (total,) = dyad_totals(rows)
    assert (total.mean, total.n, total.texts) == (pytest.approx(-0.3), 6, 3)
    low, high = total.interval()
    assert -0.9 <= low < -0.5
    assert 0 < high <= 0.9
    (single,) = dyad_totals(rows[1:2])
    assert single.interval() == (-0.3, -0.3)
