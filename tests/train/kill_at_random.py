"""Kills trainings and promotions at random moments and counts, as JSON on standard output, what was lost.

Run by `test_kills.py` in a process of its own: the libraries are imported once, and each attempt is a fork of that, so
that a kill costs no start of Python. Nothing runs in the parent before the forks, which is what makes forking safe.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import datasets  # noqa: F401

import diplotone.train.fit  # noqa: F401  # before the two below, which it keeps from reporting

import nncf  # noqa: F401  # isort: skip
import openvino  # noqa: F401  # isort: skip
from diplotone.model.errors import ReleaseError
from diplotone.model.release import ReleaseWatch, current_release, open_release, releases_folder
from diplotone.model.runtime import import_openvino
from diplotone.train.__main__ import main

import_openvino()

TINY = Path(__file__).resolve().parents[2] / "configs" / "tiny.toml"


def start(arguments: list[str]) -> int:
    """Run a command in a fork and return its process id."""
    if (child := os.fork()) == 0:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os._exit(main(arguments))
    return child


def finish(arguments: list[str]) -> float:
    """Run a command to its end and return the seconds that it took."""
    began = time.monotonic()
    _, status = os.waitpid(start(arguments), 0)
    assert status == 0, (arguments, status)
    return time.monotonic() - began


def kill_within(arguments: list[str], seconds: float, chance: random.Random) -> bool:
    """Kill a command at a random moment; return whether it was still running."""
    child = start(arguments)
    time.sleep(chance.uniform(0, 1.2 * seconds))  # the swap comes last, so some draws go past the usual end
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def is_whole(folder: Path) -> bool:
    try:
        open_release(folder)
    except ReleaseError:
        return False
    return True


def newest_checkpoint(run: Path) -> int:
    """Steps of the newest checkpoint that is whole."""
    states = (run / "checkpoints").glob("checkpoint-*/trainer_state.json")
    return max((int(state.parent.name.rpartition("-")[2]) for state in states), default=0)


def kill_trainings(n: int, labels: Path, scratch: Path, chance: random.Random) -> dict[str, int]:
    run = scratch / "run"
    command = ["fit", "--config", str(TINY), "--labels", str(labels), "--labels-only", "--out", str(run)]
    command += ["--set", "epochs=4", "--set", "patience=4"]
    seconds = finish(command)
    shutil.rmtree(run)
    print(f"a training takes {seconds:.1f} s", file=sys.stderr)  # noqa: T201
    counts = {"kills": 0, "served_lost": 0, "half_releases": 0, "checkpoints_lost": 0, "mid_checkpoint": 0}
    while counts["kills"] < n:
        before = newest_checkpoint(run)
        if not kill_within(command, seconds, chance):
            shutil.rmtree(run)
            continue
        counts["kills"] += 1
        print("training", counts, file=sys.stderr)  # noqa: T201
        counts["served_lost"] += not is_whole(current_release())
        counts["half_releases"] += (run / "release").exists() and not is_whole(run / "release")
        counts["checkpoints_lost"] += newest_checkpoint(run) < before
        folders = list((run / "checkpoints").glob("checkpoint-*"))
        counts["mid_checkpoint"] += any(not (f / "trainer_state.json").exists() for f in folders)
    finish(command)
    assert is_whole(run / "release")
    finish(["promote", str(run)])
    return counts


def kill_promotions(n: int, variants: list[Path], chance: random.Random) -> dict[str, int]:
    seconds = max(finish(["promote", str(variant)]) for variant in variants[:2])
    print(f"a promotion takes {seconds:.1f} s", file=sys.stderr)  # noqa: T201
    labels = {open_release(variant).label for variant in variants}
    counts = {"kills": 0, "served_lost": 0, "strange": 0, "swapped": 0, "left_over": 0}
    watch, turn = ReleaseWatch(), 1
    while counts["kills"] < n:
        turn += 1
        before = current_release()
        killed = kill_within(["promote", str(variants[turn % len(variants)])], seconds, chance)
        served = current_release()
        moved = watch.moved()
        assert (moved or before) == served, "the watch missed a swap"
        if not killed:
            continue
        counts["kills"] += 1
        print("promotion", counts, file=sys.stderr)  # noqa: T201
        if not is_whole(served):
            counts["served_lost"] += 1
        elif served != before:
            counts["swapped"] += 1
            counts["strange"] += open_release(served).label not in labels
        counts["left_over"] += any(releases_folder().glob(".incoming-*"))
    finish(["promote", str(variants[0])])
    assert open_release(current_release()).name == open_release(variants[0]).name
    assert not list(releases_folder().glob(".incoming-*")), "a promotion clears what a killed one left"
    return counts


if __name__ == "__main__":
    labels, scratch, n_trainings, n_promotions, *variants = sys.argv[1:]
    draws = random.Random(time.time_ns())
    found = {
        "promotion": kill_promotions(int(n_promotions), [Path(variant) for variant in variants], draws),
        "training": kill_trainings(int(n_trainings), Path(labels), Path(scratch), draws),
    }
    print(json.dumps(found))  # noqa: T201
