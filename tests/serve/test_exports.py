"""An analysis as a file: whole, typed, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
import time

import pytest

from diplotone.serve.exports import export
from diplotone.serve.workspace import Gone, Workspace

ARTICLE = "=Oslo accused Riga of theft. Riga thanked Oslo. +They met on Monday in Suva."


@pytest.fixture
def analysis(analyzer):
    return json.loads(json.dumps(analyzer.analyze(ARTICLE).as_dict()))


def test_json_is_the_whole_analysis(analysis):
    assert json.loads(export(analysis, "json")) == analysis


def test_csv_has_a_row_per_sentence_and_runs_nothing(analysis):
    rows = list(csv.DictReader(io.StringIO(export(analysis, "csv").decode("utf-8-sig"))))
    assert [row["text"].lstrip("'") for row in rows] == [s["text"] for s in analysis["sentences"]]
    assert rows[0]["text"].startswith("'=")
    assert rows[0]["tone"] == "critical"
    assert float(rows[0]["tone_probability"]) == pytest.approx(0.7)
    assert rows[0]["release"] == analysis["provenance"]["release"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_parquet_keeps_types(analysis):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the parquet extra")
    table = parquet.read_table(io.BytesIO(export(analysis, "parquet")))
    assert table.num_rows == len(analysis["sentences"])
    assert str(table.schema.field("tone_probability").type) == "double"
    assert table["text"][0].as_py().startswith("=Oslo")


@pytest.fixture
def workspace():
    workspace = Workspace(keep_s=100)
    workspace.start()
    yield workspace
    workspace.stop()


def test_a_folder_is_found_by_its_token_alone(workspace):
    token, folder = workspace.new()
    (folder / "a").write_text("x")
    assert workspace.file(token, "a").read_text() == "x"
    assert folder.stat().st_mode & 0o077 == 0
    for wrong in ("", "x", "..", "../" * 8, "a" * 24, f"../{token}", token[:-1]):
        with pytest.raises(Gone, match="not kept any more"):
            workspace.file(wrong, "a")


def test_what_nobody_uses_any_more_is_removed(workspace, monkeypatch):
    """By a clock that nobody can set: a jump of the other one removes nothing, and keeps nothing too long."""
    old, _ = workspace.new()
    used, _ = workspace.new()
    now = time.monotonic()
    monkeypatch.setattr(time, "time", lambda: 4e9)
    monkeypatch.setattr(time, "monotonic", lambda: now + 60)
    workspace.sweep()
    workspace.folder(used)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(time, "monotonic", lambda: now + 101)
    workspace.sweep()
    workspace.folder(used)
    with pytest.raises(Gone):
        workspace.folder(old)


def test_nothing_is_left_when_the_service_stops_or_was_killed(workspace):
    _, folder = workspace.new()
    orphan = folder.parent.with_name("diplotone-pages-999999999-x")
    orphan.mkdir()
    other = Workspace(keep_s=1)
    other.start()
    assert folder.exists()
    assert not orphan.exists()
    other.stop()
    workspace.stop()
    assert not folder.parent.exists()
