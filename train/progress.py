"""How far a run is, in a file for others to read while it goes on: `progress.json` in the folder of the run.

    {"phase": "training", "step": 40, "steps": 120, "seconds_left": 61.5, "began": "2026-03-01T09:28:00.000+00:00",
     "took": {"preparing": 9.2}, "updated": "2026-03-01T09:30:00.000+00:00"}

The phases are preparing, training, writing (the release: export, calibration, measurement), judging (against the
release in use) and ended. Only training has steps. `began` is when the phase did, `took` the seconds of those before
it. A run that fails or is killed leaves the phase that it was in.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

PROGRESS = "progress.json"
SECONDS_BETWEEN = 1.0
"""Least time between two entries of one phase."""

Phase = Literal["preparing", "training", "writing", "judging", "ended"]


def write_progress(run: Path, phase: Phase, **figures: Any) -> None:
    """Replace the file; where it cannot be written the run goes on, and what it writes itself will tell why."""
    now = datetime.now(UTC)
    began, took = _so_far(run, phase, now)
    entry = {"phase": phase, **figures, "began": _written(began), "took": took, "updated": _written(now)}
    part = run / (PROGRESS + ".part")
    with contextlib.suppress(OSError):
        run.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(entry) + "\n", encoding="utf-8")
        os.replace(part, run / PROGRESS)


def _so_far(run: Path, phase: Phase, now: datetime) -> tuple[datetime, dict[str, float]]:
    """When the phase began, and the seconds of those before it; a run that is started again counts anew."""
    if phase == "preparing":
        return now, {}
    try:
        before = json.loads((run / PROGRESS).read_text(encoding="utf-8"))
        began, took = datetime.fromisoformat(before["began"]), dict(before["took"])
    except (OSError, ValueError, KeyError, TypeError):
        return now, {}
    if before["phase"] == phase:
        return began, took
    return now, took | {before["phase"]: round((now - began).total_seconds(), 1)}


def _written(time_of_day: datetime) -> str:
    return time_of_day.isoformat(timespec="milliseconds")


class ReportProgress(TrainerCallback):
    """Writes how many steps of a training are done and how long the others will take, at most."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self._began = self._written = time.monotonic()
        self._first = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Start the clock; a run that goes on has steps behind it already."""
        self._began, self._first = time.monotonic(), state.global_step
        self._write(state)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Write, unless it was done a moment ago."""
        if time.monotonic() - self._written >= SECONDS_BETWEEN:
            self._write(state)

    def _write(self, state: TrainerState) -> None:
        if not state.is_world_process_zero:
            return
        self._written = time.monotonic()
        done = state.global_step - self._first
        pace = (self._written - self._began) / done if done else None
        left = None if pace is None else round(pace * (state.max_steps - state.global_step), 1)
        write_progress(self.run, "training", step=state.global_step, steps=state.max_steps, seconds_left=left)
