"""How far a run is, as others read it while it goes on."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from transformers import TrainerControl, TrainerState, TrainingArguments

from diplotone.train import progress as progress_module
from diplotone.train.progress import PROGRESS, ReportProgress, write_progress


def test_the_time_left_counts_the_steps_done_here(tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: clock[0])
    state = TrainerState(global_step=10, max_steps=40)  # goes on from a checkpoint at step 10
    arguments, control = TrainingArguments(output_dir=str(tmp_path), report_to=[]), TrainerControl()
    report = ReportProgress(tmp_path)

    def read() -> dict:
        return json.loads((tmp_path / PROGRESS).read_text())

    report.on_train_begin(arguments, state, control)
    assert read()["seconds_left"] is None
    clock[0], state.global_step = 120.0, 20
    report.on_step_end(arguments, state, control)
    found = read()
    assert (found["phase"], found["step"], found["steps"], found["seconds_left"]) == (
        "training",
        20,
        40,
        40.0,
    )
    clock[0], state.global_step = 120.5, 21
    report.on_step_end(arguments, state, control)
    assert read()["step"] == 20, "written a moment ago"


def test_each_phase_leaves_how_long_it_took(tmp_path, monkeypatch):
    class Clock(datetime):
        seconds: float = 0.0

        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 3, 1, 9, 30, tzinfo=tz) + timedelta(seconds=cls.seconds)

    def read() -> dict:
        return json.loads((tmp_path / PROGRESS).read_text())

    monkeypatch.setattr(progress_module, "datetime", Clock)
    for at, phase in (
        (0, "preparing"),
        (9, "training"),
        (40, "training"),
        (69, "writing"),
        (81.5, "judging"),
    ):
        Clock.seconds = at
        write_progress(tmp_path, phase)
    assert read()["took"] == {"preparing": 9.0, "training": 60.0, "writing": 12.5}
    assert read()["began"] == read()["updated"] == "2026-03-01T09:31:21.500+00:00"
    Clock.seconds = 90
    write_progress(tmp_path, "preparing")
    assert read()["took"] == {}, "started again"


def test_a_run_leaves_its_last_phase(tiny_release):
    assert json.loads((tiny_release.parent / PROGRESS).read_text())["phase"] == "writing"


def test_a_disk_that_takes_nothing_does_not_stop_a_run(tmp_path):
    (tmp_path / "file").write_text("")
    write_progress(tmp_path / "file" / "run", "training")
