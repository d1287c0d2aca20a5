"""How far a run is, as others read it while it goes on."""

from __future__ import annotations

import json

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


def test_a_run_leaves_its_last_phase(tiny_release):
    assert json.loads((tiny_release.parent / PROGRESS).read_text())["phase"] == "writing"


def test_a_disk_that_takes_nothing_does_not_stop_a_run(tmp_path):
    (tmp_path / "file").write_text("")
    write_progress(tmp_path / "file" / "run", "training")
