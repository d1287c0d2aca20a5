from __future__ import annotations

import json
from pathlib import Path

import pytest

from diplotone.model.errors import RecordError
from diplotone.train.reading import (
    PLACES,
    Miss,
    Tally,
    as_table,
    load_passages,
    read_boundaries,
    read_sentences,
    seconds_per_million,
)

LABELLED = Path(__file__).resolve().parents[1] / "model" / "article" / "labelled"


@pytest.fixture(scope="module")
def mirror(shared_data: Path) -> Path:
    sources = {json.loads(line)["source"] for path in LABELLED.glob("*.jsonl") for line in path.open()}
    if absent := [
        PLACES[source] for source in sorted(sources) if not (shared_data / PLACES[source]).exists()
    ]:
        pytest.skip(f"needs {', '.join(absent)} in {shared_data}")
    return shared_data


def rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (LABELLED / name).read_text(encoding="utf-8").splitlines()]


def test_the_labels_hold_no_text() -> None:
    allowed = {"id", "source", "doc", "start", "end", "sha256", "half", "draw", "actors", "dyads"}
    allowed |= {"dyads_doubtful", "voice", "speaker"}
    for row in rows("sentences.jsonl"):
        assert set(row) <= allowed
        assert all(set(actor) <= {"start", "end", "code", "optional"} for actor in row["actors"])
        assert all(set(dyad) <= {"source", "target", "stance", "optional"} for dyad in row["dyads"])
    for row in rows("boundaries.jsonl"):
        assert set(row) == {"source", "doc", "start", "end", "sha256", "half", "ends", "doubtful"}


def test_a_passage_that_has_changed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / PLACES["koreas_2021"]).write_text("Another text.", encoding="utf-8")
    row = next(row for row in rows("boundaries.jsonl") if row["source"] == "koreas_2021")
    file = tmp_path / "boundaries.jsonl"
    file.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(RecordError, match=r"line 1: koreas_2021 .* sha256 differs"):
        load_passages(file, tmp_path)


def test_an_absent_source_is_left_out_and_counted(tmp_path: Path) -> None:
    passages = load_passages(LABELLED / "boundaries.jsonl", tmp_path)
    assert passages.found == ()
    assert sum(passages.missing.values()) == len(rows("boundaries.jsonl"))


def test_precision_and_recall() -> None:
    tally = Tally(reported=4, reported_right=3, labelled=6, labelled_found=3)
    assert (tally.precision, tally.recall) == (0.75, 0.5)
    assert tally.f1 == pytest.approx(0.6)
    assert Tally().f1 == 0


def test_splitting_is_timed_per_million_characters() -> None:
    assert 0 < seconds_per_million(["Fiji met Tonga. Both agreed.\n"] * 100) < 60


def test_nearly_every_boundary_is_found(mirror: Path) -> None:
    misses: list[Miss] = []
    passages = load_passages(LABELLED / "boundaries.jsonl", mirror).found
    tallies = read_boundaries(passages, misses.append)
    assert sum(tally.labelled for tally in tallies.values()) >= 300
    assert all(tally.f1 >= 0.98 for tally in tallies.values()), misses
    assert "| sentence boundaries | both |" in as_table(tallies)


@pytest.mark.slow
def test_actors_and_voices_are_found(mirror: Path) -> None:
    from diplotone.model import load
    from diplotone.model.release import shipped_release

    passages = load_passages(LABELLED / "sentences.jsonl", mirror).found
    # Documents of a moderate length keep this test short; the command reads them all.
    passages = [passage for passage in passages if len(passage.document) < 3_000]
    tallies = read_sentences(load(shipped_release()), passages, lambda miss: None)
    for half in ("mended", "held"):
        assert tallies["actors, span and code", half].precision >= 0.93
        assert tallies["actors, span and code", half].recall >= 0.9
        assert tallies["voice", half].precision >= 0.9
