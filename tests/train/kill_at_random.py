"""Kills retrainings and promotions at random moments and counts, as JSON on standard output, what was lost.

Run by `test_kills.py` in a process of its own: the libraries are imported once, and each attempt is a fork of that, so
that a kill costs no start of Python. Nothing runs in the parent before the forks, which is what makes forking safe.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
from pathlib import Path

import datasets  # noqa: F401

import diplotone.train.fit  # noqa: F401  # before the two below, which it keeps from reporting

import nncf  # noqa: F401  # isort: skip
import openvino  # noqa: F401  # isort: skip
from diplotone.model.codebook import Codebook
from diplotone.model.errors import ReleaseError
from diplotone.model.release import ReleaseWatch, current_release, home, open_release, releases_folder
from diplotone.model.runtime import import_openvino
from diplotone.serve.label_types import Item, NewLabel
from diplotone.serve.labels import STORE_FILE, LabelStore
from diplotone.train import contrast, corpus
from diplotone.train.__main__ import main
from diplotone.train.progress import PROGRESS
from diplotone.train.verdict_file import VERDICT_JSON, VERDICT_TEXT, read_outcome

import_openvino()

PHASES = ("training", "writing", "judging")
"""Of a retraining, which is killed in each of them in turn."""


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


def write_labels(told: Path) -> int:
    """Give labels one after another, in a fork of its own that ends with this process, and return its process id.

    Args:
        told: Gets the number of each label once the store has called it saved.
    """
    parent = os.getpid()
    if child := os.fork():
        return child
    store, out = LabelStore.at_home(Codebook.load()), os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    turn = 0
    while os.getppid() == parent:
        turn += 1
        label = NewLabel(item=Item(text=f"Oslo met Riga, {turn} times.", task="tone"), new="cooperative")
        (saved,) = store.add([label], annotator="ada", release=None, origin="page")
        os.write(out, f"{saved.id}\n".encode())
        time.sleep(0.005)
    os._exit(0)


def lost_labels(told: Path) -> tuple[int, int]:
    """How many labels were told to be saved, and how many of them are not there."""
    promised = {int(number) for number in told.read_text().split()} if told.exists() else set()
    if not promised:
        return 0, 0
    with contextlib.closing(sqlite3.connect(home() / STORE_FILE)) as connection:
        kept = {number for (number,) in connection.execute("SELECT id FROM labels")}
    return len(promised), len(promised - kept)


def phase_of(run: Path) -> str:
    """The phase that a run is in, or was in when it was killed."""
    try:
        return json.loads((run / PROGRESS).read_text())["phase"]
    except FileNotFoundError:
        return "starting"


def has_half_verdict(release: Path) -> bool:
    """Whether an outcome can be read without its words, or figures without an outcome."""
    outcome = read_outcome(release)
    if outcome is None:
        return (release / VERDICT_JSON).exists()
    words = release / VERDICT_TEXT
    return not (words.exists() and words.read_text().startswith(outcome.upper()))


def watched(command: list[str], run: Path) -> dict[str, float]:
    """Run a retraining to its end and return the seconds that each phase took."""
    child, seconds, began, phase = start(command), {}, time.monotonic(), "starting"
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if (now := phase_of(run)) != phase:
            seconds[phase], began, phase = time.monotonic() - began, time.monotonic(), now
        time.sleep(0.01)
    seconds[phase] = time.monotonic() - began
    assert phase_of(run) == "ended", seconds
    return seconds


def kill_in_phase(command: list[str], run: Path, told: Path, phase: str, seconds: float) -> bool:
    """Kill a retraining and who gives labels beside it; return whether the retraining was still running.

    Args:
        command: Of the retraining.
        run: Its folder.
        told: See `write_labels`.
        phase: Of the retraining, in which it is to be killed.
        seconds: After the beginning of that phase.
    """
    (run / PROGRESS).unlink(missing_ok=True)  # of the attempt before
    labelling, training = write_labels(told), start(command)
    ended = 0
    while phase_of(run) != phase and not ended:
        ended, _ = os.waitpid(training, os.WNOHANG)
        time.sleep(0.005)
    time.sleep(seconds)
    os.kill(labelling, signal.SIGKILL)
    os.waitpid(labelling, 0)
    if ended:
        return False
    os.kill(training, signal.SIGKILL)
    _, status = os.waitpid(training, 0)
    return os.WIFSIGNALED(status)


def kill_retrainings(
    n: int, origin: Path, labels: Path, scratch: Path, chance: random.Random
) -> dict[str, int]:
    run, told = scratch / "run", scratch / "told"
    command = ["fit", "--from", str(origin), "--labels", str(labels), "--out", str(run)]
    for setting in ("epochs=4", "patience=4", "replay=8", "heads_only_below=0", "held_out_from=0"):
        command += ["--set", setting]
    seconds = watched(command, run)
    shutil.rmtree(run)
    print(f"a retraining takes {seconds}", file=sys.stderr)  # noqa: T201
    counts = dict.fromkeys(("kills", "served_lost", "half_releases", "half_verdicts", "checkpoints_lost"), 0)
    counts |= dict.fromkeys(("labels_told", "labels_lost", "mid_checkpoint", *PHASES), 0)
    while counts["kills"] < n or not all(counts[phase] for phase in PHASES):
        before, at = newest_checkpoint(run), chance.uniform(0, 0.9)
        phase = min(PHASES, key=counts.__getitem__)
        killed = kill_in_phase(command, run, told, phase, at * seconds[phase])
        if phase_of(run) != phase:
            seconds[phase] *= at  # it took less than that this time
        counts["labels_told"], counts["labels_lost"] = lost_labels(told)
        counts["served_lost"] += not is_whole(current_release())
        counts["half_verdicts"] += has_half_verdict(run / "release")
        counts["half_releases"] += (run / "release").exists() and not is_whole(run / "release")
        counts["checkpoints_lost"] += newest_checkpoint(run) < before
        if not killed:
            shutil.rmtree(run)
            continue
        counts["kills"] += 1
        counts[phase_of(run)] = counts.get(phase_of(run), 0) + 1
        print("retraining", counts, file=sys.stderr)  # noqa: T201
        folders = list((run / "checkpoints").glob("checkpoint-*"))
        counts["mid_checkpoint"] += any(not (f / "trainer_state.json").exists() for f in folders)
    finish(command)
    assert is_whole(run / "release")
    assert read_outcome(run / "release")
    assert not has_half_verdict(run / "release")
    finish(["promote", str(run), "--anyway"])
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
    data, origin, labels, scratch, n_retrainings, n_promotions, *variants = sys.argv[1:]
    for module in (corpus, contrast):
        module.data_folder = lambda: Path(data)
    draws = random.Random(time.time_ns())
    found = {
        "promotion": kill_promotions(int(n_promotions), [Path(variant) for variant in variants], draws),
        "retraining": kill_retrainings(int(n_retrainings), Path(origin), Path(labels), Path(scratch), draws),
    }
    print(json.dumps(found))  # noqa: T201
