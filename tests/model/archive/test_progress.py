"""How far an archive is: rows, rate and time left, told while a shard is under way."""

from __future__ import annotations

import io
import json
import sys

import pytest

from diplotone.model.archive import local, scorer
from diplotone.model.archive.progress import Progress
from diplotone.model.archive.run import Options, score_archive


class Clock:
    """Stands still until it is moved on."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def told_by(capsys) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_rows_rate_and_time_left(clock, capsys):
    progress = Progress(100_000, 20_000, shown=True, clock=clock)
    for seconds, rows in ((4, 1_000), (6, 1_000), (5, 2_000), (5, 4_000)):
        clock.seconds += seconds
        progress.add(rows)
    progress.close()
    assert told_by(capsys) == [
        "22,000 of about 100,000 rows, 200 a second, 6 min left",
        "28,000 of about 100,000 rows, 400 a second, 3 min left",
    ]


@pytest.mark.parametrize(
    ("left", "words"), [(119, "119 s left"), (7_199, "120 min left"), (7_200, "2.0 h left"), (0, "0 s left")]
)
def test_the_time_left_is_told_in_what_fits_it(clock, capsys, left, words):
    progress = Progress(10 + left, 0, shown=True, clock=clock)
    clock.seconds += 10
    progress.add(10)
    assert told_by(capsys) == [f"10 of about {10 + left:,} rows, 1 a second, {words}"]


def test_more_rows_than_were_thought_leave_nothing(clock, capsys):
    progress = Progress(10, 0, shown=True, clock=clock)
    clock.seconds += 10
    progress.add(12)
    assert told_by(capsys) == ["12 of about 10 rows, 1 a second, 0 s left"]


def test_nothing_is_told_where_nobody_asked(clock, capsys):
    progress = Progress(10, 0, shown=False, clock=clock)
    clock.seconds += 100
    progress.add(5)
    progress.close()
    assert told_by(capsys) == []


def test_on_a_terminal_one_line_is_written_over_and_over(clock, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    progress = Progress(1_000, 0, shown=True, clock=clock)
    progress.add(10)  # at once: there is no rate yet
    clock.seconds += 1
    progress.add(90)
    progress.close()
    first, second = sys.stderr.getvalue().split("\r")[1:]
    assert first.rstrip() == "10 of about 1,000 rows"
    assert second.rstrip() == "100 of about 1,000 rows, 100 a second, 9 s left"
    assert second.endswith("\n")
    assert len(first) == len(
        second.rstrip("\n")
    )  # the longer line leaves nothing of the shorter, or the reverse


def test_rows_are_told_of_before_their_shard_is_whole(archive, tmp_path, score, monkeypatch):
    monkeypatch.setattr(scorer, "ROWS_AT_ONCE", 3)
    told: list[tuple[int, int]] = []

    def add(self, rows: int) -> None:
        told.append((rows, len(list((tmp_path / "out.jsonl.shards").glob("part-*.jsonl")))))

    monkeypatch.setattr(Progress, "add", add)
    score(archive, tmp_path / "out.jsonl", rows_per_shard=20)
    assert [rows for rows, _ in told] == [3, 3, 3, 3, 3, 3, 2] * 2
    assert [shards for _, shards in told] == [0] * 7 + [1] * 7


@pytest.mark.slow
def test_workers_tell_of_rows_before_their_shard_is_whole(tiny_release, eight_rows, tmp_path, monkeypatch):
    source = tmp_path / "in.jsonl"
    lines = [json.dumps({"text": f"{eight_rows[n % 8]['text']} No {n}."}) + "\n" for n in range(10_000)]
    source.write_text("".join(lines))
    told: list[tuple[int, bool]] = []
    shards = tmp_path / "out.jsonl.shards"
    monkeypatch.setattr(
        Progress, "add", lambda _, rows: told.append((rows, any(shards.glob("part-*.jsonl"))))
    )
    monkeypatch.setattr(local, "SECONDS_BETWEEN_LOOKS", 0.02)
    options = Options(release=tiny_release, workers=2, rows_per_shard=5_000)
    score_archive(source, tmp_path / "out.jsonl", options)
    assert [rows for rows, _ in told].count(2_000) == 4
    assert sum(rows for rows, _ in told) == 10_000
    assert not told[0][1]
