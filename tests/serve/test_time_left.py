"""About how long a retraining goes on, from what it says of itself and what earlier ones took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from diplotone.serve.time_left import MEASURED, seconds_left, usual_seconds

BEGAN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
TOOK = {"preparing": 10.0, "training": 100.0, "writing": 30.0, "judging": 20.0}


def at(phase: str, **more) -> dict:
    return {"phase": phase, "began": BEGAN.isoformat(), "updated": BEGAN.isoformat(), "took": {}, **more}


def left(progress: dict, usual: dict[str, float], after: float = 0.0) -> float | None:
    return seconds_left(progress, usual, BEGAN + timedelta(seconds=after))


@pytest.mark.parametrize(
    ("progress", "after", "expected"),
    [
        ({}, 0, 160),
        (at("preparing"), 4, 156),
        (at("training"), 0, 150),  # no step is done yet
        (at("training", seconds_left=70.0), 0, 120),
        (at("training", seconds_left=70.0), 5, 115),  # between two entries
        (at("writing"), 12, 38),
        (at("writing"), 45, 20),  # overdue
        (at("judging"), 5, 15),
        (at("judging"), 25, None),  # overdue, and nothing comes after it
        (at("ended"), 0, None),
    ],
)
def test_each_phase_counts_itself_and_what_comes_after(progress, after, expected):
    assert left(progress, TOOK, after) == expected


def test_without_an_earlier_one_the_training_tells_and_what_comes_after_is_as_measured():
    usual = usual_seconds([])
    assert usual == MEASURED
    assert left({}, usual) is None
    assert left(at("preparing"), usual) is None
    assert left(at("training"), usual) is None
    after_it = MEASURED["writing"] + MEASURED["judging"]
    assert left(at("training", seconds_left=70.0), usual) == 70 + after_it
    assert left(at("writing"), usual) == after_it


def test_the_last_one_that_ended_says_what_is_usual():
    ended = {"phase": "ended", "took": TOOK}
    earlier = {"phase": "ended", "took": dict.fromkeys(TOOK, 1.0)}
    killed = {"phase": "writing", "took": {"preparing": 3.0}}
    assert usual_seconds([killed, ended, earlier]) == TOOK
    assert (
        usual_seconds([{"phase": "ended", "updated": "from before it was noted"}, earlier]) == earlier["took"]
    )
