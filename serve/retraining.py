"""Retrainings that the page starts: `diplotone-train` as a process of its own, which outlives the page.

    DIPLOTONE_HOME/retraining/
        .lock               held while one is started
        .turn               held by the one that trains; another waits for it
        ID/                 one retraining
            job.json        when it was asked for, with how many sentences, and what was left out
            labels.jsonl    the labels that stood then
            sentences.jsonl sentences whose labels may change: labelled or put up for labelling
            .alive          held by the process as long as it lives
            process.json    its number and start, to end it by
            begun           it has its turn
            cancelled       somebody ended it
            log.txt         what it said
            run/            its run: progress.json, held_out.jsonl, and release/ with the verdict

Nothing is kept in memory: whichever page, tab or service looks, sees the same.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from ..model.codebook import Codebook
from ..model.errors import CodebookError, DiplotoneError, ReleaseError, require_extra
from ..model.records import Record
from ..model.release import current_release, home
from ..model.settings import read_toml
from .label_files import Export, as_jsonl, export_records
from .labels import LabelStore
from .locks import holding, is_held
from .processes import Process
from .retrain_process import BEGUN, PROCESS
from .time_left import seconds_left, usual_seconds
from .workspace import Gone

State = Literal["waiting", "running", "ended", "cancelled", "failed"]

LOCK, ALIVE = ".lock", ".alive"
JOB, LABELS, SENTENCES, CANCELLED, LOG, RUN = (
    "job.json", "labels.jsonl", "sentences.jsonl", "cancelled", "log.txt", "run",
)  # fmt: skip
PROGRESS = f"{RUN}/progress.json"
MOST_AT_ONCE = 2
"""One that trains and one that waits."""
KEPT = 3
"""Retrainings that are over and whose folders are kept."""
MOST_SENTENCES = 5_000
"""Sentences put up for labelling that are scored anew, those of which the release is least sure."""
HELD_OUT = 0.2
"""Share of the labelled sentences that `diplotone-train` holds out to judge by, by the hash of each: about so many."""
SECONDS_TO_SHOW_ITSELF = 10.0
NEEDED = ("torch", "transformers", "datasets", "accelerate", "sklearn", "nncf", "tomli_w")
TRAIN = (sys.executable, "-m", "diplotone.train")
SAID_BY_TRAIN = "diplotone-train: "
_ID = re.compile(r"\d{8}-\d{6}-\d{6}")
_LINE_ENDS = re.compile(r"[\r\n]+")


class RetrainError(DiplotoneError):
    """A retraining cannot be started."""


class RetrainingBusy(RetrainError):
    """One runs and one waits already."""


class RetrainingClosed(RetrainError):
    """The operator has switched it off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a retraining that is started now would do."""

    sentences: int
    """Labelled sentences that it would be given."""
    left_out: int
    """Labels about which annotators disagree; they are not learnt."""
    notes: tuple[str, ...]
    """What few labels mean for it, in words."""
    problem: str | None
    """Why it cannot be started; None where it can."""
    unknown: int = 0
    """Labels that the codebook of the release in use does not have; they are not learnt either."""
    held_out: int = 0
    """About how many of the sentences would be held out to judge by; the others are learnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraining:
    """One retraining as it stands."""

    id: str
    folder: Path
    asked: str
    """UTC, ISO 8601."""
    sentences: int
    state: State
    left_out: int = 0
    """Labels about which annotators disagreed when it was asked for; they are not learnt."""
    unknown: int = 0
    """Labels that the codebook did not have; they are not learnt either."""
    phase: str | None = None
    """starting, or a phase of `diplotone-train`: preparing, training, writing, judging, ended; of the last while it
    runs, and where it stopped."""
    step: int | None = None
    steps: int | None = None
    seconds_left: float | None = None
    """About, until its verdict, or until its turn where it waits; None where nothing tells."""
    problem: str | None = None
    """Why it failed."""
    verdict: dict[str, Any] | None = None
    """As `diplotone-train` wrote it: outcome, reasons, figures, and the difference in `SENTENCES`; None before it has
    ended."""

    @property
    def is_alive(self) -> bool:
        """Whether there is a process."""
        return self.state in ("waiting", "running")

    @property
    def run(self) -> Path:
        """The folder of its run, which can be promoted once it has ended."""
        return self.folder / RUN


class Retrainings:
    """Starts, shows and ends retrainings; may be used from any thread, by any number of services.

    Args:
        store: Where the labels are.
        allowed: Whether they may be started and ended here.
        recipe: TOML of settings for them; empty takes the shipped configs/retrain.toml.
    """

    def __init__(self, store: LabelStore, *, allowed: bool = True, recipe: str = "") -> None:
        self._store = store
        self._allowed = allowed
        self._recipe = recipe
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def folder(self) -> Path:
        """The folder of all of them."""
        return home() / "retraining"

    def check_allowed(self) -> None:
        """Check that changes of the release may be made here.

        Raises:
            RetrainingClosed: They may not.
        """
        if not self._allowed:
            raise RetrainingClosed(
                "retraining is switched off here (retraining = false); ask whoever runs this service"
            )

    def plan(self) -> Plan:
        """Return what a retraining would learn from, and whether one can be started.

        Raises:
            DiplotoneError: The labels or the recipe cannot be read.
        """
        labelled = self._labelled()
        n = len(labelled.records)
        problem = None
        try:
            self.check_allowed()
            require_extra("train", *NEEDED)
            _check_labels(labelled)
        except DiplotoneError as error:
            problem = str(error)
        least = self._least()
        held_out = round(n * HELD_OUT) if n >= least["held_out_from"] else 0
        return Plan(
            sentences=n,
            left_out=len(labelled.contradictions),
            unknown=len(labelled.unknown),
            held_out=held_out,
            notes=tuple(_few(n, held_out, least)) if n else (),
            problem=problem,
        )

    def start(self) -> Retraining:
        """Start a retraining with the labels that stand now, or let it wait for the one that runs.

        Raises:
            RetrainingClosed: Switched off.
            MissingExtra: What training needs is not installed.
            RetrainingBusy: One runs and one waits.
            RetrainError: There are no labels, or the home cannot be written.
        """
        self.check_allowed()
        require_extra("train", *NEEDED)
        labelled = self._labelled()
        _check_labels(labelled)
        with self._disk_faults():
            self.folder.mkdir(parents=True, exist_ok=True)
            with holding(self.folder / LOCK):
                if sum(found.is_alive for found in self.all()) >= MOST_AT_ONCE:
                    raise RetrainingBusy(
                        "one retraining runs and another waits already; cancel one of them, or wait until one has ended"
                    )
                self._tidy()
                folder = self._new_folder(labelled)
                self._launch(folder)
        return self.get(folder.name)

    def all(self) -> list[Retraining]:
        """Return those that are kept, the latest first."""
        self._children = [child for child in self._children if child.poll() is None]  # no zombies
        try:
            names = sorted((p.name for p in self.folder.iterdir() if _ID.fullmatch(p.name)), reverse=True)
        except OSError:
            return []
        folders = [self.folder / name for name in names]
        usual = usual_seconds(_json(folder / PROGRESS) for folder in folders)
        found = [one for folder in folders if (one := _read(folder, usual)) is not None]
        turn = next((one.seconds_left for one in found if one.state == "running"), None)
        return [replace(one, seconds_left=turn) if one.state == "waiting" else one for one in found]

    def get(self, name: str) -> Retraining:
        """Return one by its id.

        Raises:
            Gone: There is none of this id.
        """
        found = next((one for one in self.all() if one.id == name), None)
        if found is None:
            raise Gone("this retraining")
        return found

    def cancel(self, name: str) -> Retraining:
        """End a retraining and return it as it is then; one that is over stays as it is.

        Raises:
            Gone: There is none of this id.
            RetrainingClosed: Switched off.
        """
        self.check_allowed()
        found = self.get(name)
        if not found.is_alive:
            return found
        with contextlib.suppress(
            OSError
        ):  # on a full disk it ends all the same, and is shown as ended from outside
            (found.folder / CANCELLED).touch()
        deadline = time.monotonic() + SECONDS_TO_SHOW_ITSELF
        while (process := Process.read(found.folder / PROCESS)) is None and time.monotonic() < deadline:
            time.sleep(0.05)  # it was started a moment ago
        if process is not None:
            process.end()
        deadline = time.monotonic() + SECONDS_TO_SHOW_ITSELF
        while (ended := self.get(name)).is_alive and time.monotonic() < deadline:
            time.sleep(0.05)  # its children let go of the lock a moment after it
        if ended.state == "cancelled":
            shutil.rmtree(ended.run, ignore_errors=True)
        return ended

    # ------------------------------------------------------------------------------- starting

    def _labelled(self) -> Export:
        """The labelled sentences, and what is left out.

        The retraining goes on from the release in use and keeps its codebook, which need not be the one that this
        service was started with.
        """
        if not self._store.path.exists():
            return Export(records=(), contradictions=(), unknown=())
        try:
            codebook = Codebook.load(current_release() / "codebook.toml")
        except (CodebookError, ReleaseError):  # a damaged release is told of by whatever opens it
            codebook = None
        return export_records(self._store, codebook=codebook)

    def _least(self) -> dict[str, int]:
        """From how many sentences on more is done with them than with few, by the names of the recipe."""
        settings = read_toml("retrain.toml", Path(self._recipe) if self._recipe else None)
        shipped = read_toml("retrain.toml")
        return {
            name: int(settings.get(name, shipped[name])) for name in ("heads_only_below", "held_out_from")
        }

    def _new_folder(self, labelled: Export) -> Path:
        records = labelled.records
        asked = datetime.now(UTC)
        folder = self.folder / f"{asked:%Y%m%d-%H%M%S-%f}"  # to the microsecond, so that names sort as asked
        staging = folder.with_name(f".{folder.name}")
        staging.mkdir()
        try:
            (staging / LABELS).write_text(as_jsonl(records), encoding="utf-8")
            (staging / SENTENCES).write_text(self._sentences(records), encoding="utf-8")
            job = {
                "asked": asked.isoformat(timespec="seconds"),
                "sentences": len(records),
                "left_out": len(labelled.contradictions),
                "unknown": len(labelled.unknown),
            }
            (staging / JOB).write_text(json.dumps(job) + "\n", encoding="utf-8")
            os.replace(staging, folder)
        except OSError:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        return folder

    def _sentences(self, records: Sequence[Record]) -> str:
        labelled = {record.text for record in records}
        nobody = ""  # who has labelled nothing, so that all are next for them
        others = [s.text for s in self._store.next_to_label(nobody, limit=MOST_SENTENCES)]
        rows = [json.dumps({"text": text}, ensure_ascii=False) for text in others if text not in labelled]
        return as_jsonl(records) + "".join(row + "\n" for row in rows)

    def _launch(self, folder: Path) -> None:
        command = [
            *TRAIN, "fit", "--from", "current",
            "--labels", str(folder / LABELS),
            "--sentences", str(folder / SENTENCES),
            "--out", str(folder / RUN),
        ]  # fmt: skip
        if self._recipe:
            command += ["--config", str(Path(self._recipe).resolve())]
        with holding(folder / ALIVE) as alive, (folder / LOG).open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "diplotone.serve.retrain_process", str(folder), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                start_new_session=True,  # what stops the page does not reach it
                pass_fds=(alive,),  # held from the first moment until the process is no more
            )
        self._children.append(child)

    def _tidy(self) -> None:
        """Remove what nobody needs of those that are over, and what a page left that was killed while starting one."""
        for path in self.folder.iterdir():
            if path.name.startswith(".") and _ID.fullmatch(path.name[1:]):
                shutil.rmtree(path, ignore_errors=True)
        over = [found for found in self.all() if not found.is_alive]
        for n, found in enumerate(over, 1):
            shutil.rmtree(found.folder if n > KEPT else found.run / "checkpoints", ignore_errors=True)

    @contextlib.contextmanager
    def _disk_faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RetrainError(
                f"{error.filename or self.folder}: {error.strerror}; no retraining was started; make room there, or"
                " set DIPLOTONE_HOME to a folder that can be written"
            ) from error


def _few(n: int, held_out: int, least: Mapping[str, int]) -> Iterator[str]:
    """What few sentences mean for a retraining that is given `n`."""
    heads_only_below, held_out_from = least["heads_only_below"], least["held_out_from"]
    # Which are held out is decided by their hash, so how many is known within two standard deviations.
    give_or_take = 2 * math.sqrt(held_out * (1 - HELD_OUT))
    left = n - held_out
    if left + give_or_take < heads_only_below:
        yield (
            f"Fewer than {heads_only_below} sentences to learn from are few: only the last layer is trained, which goes"
            " fast and forgets little; the encoder stays as it is."
        )
    elif left - give_or_take < heads_only_below:
        yield (
            f"Should fewer than {heads_only_below} be left to learn from, only the last layer is trained, which goes"
            " fast and forgets little. The verdict will say so."
        )
    if n < held_out_from:
        yield (
            f"With fewer than {held_out_from} none can be held out to judge by, so the verdict will most likely be"
            " undecided. More labels would let it be judged."
        )


def _check_labels(labelled: Export) -> None:
    if labelled.records:
        return
    if labelled.contradictions:
        raise RetrainError(
            f"annotators disagree about all {len(labelled.contradictions)} labels; settle some of them on the Labels"
            " tab first"
        )
    if labelled.unknown:
        raise RetrainError(
            f"the codebook of the release in use has none of the labels given ({len(labelled.unknown)}); label some"
            " sentences with those that it has"
        )
    raise RetrainError(
        "there are no labels yet; correct what an analysis got wrong, or label sentences on the Labels tab"
    )


# ------------------------------------------------------------------------------------- reading


def _read(folder: Path, usual: Mapping[str, float]) -> Retraining | None:
    """What the files of a folder say; None without a folder.

    Args:
        folder: Of one retraining.
        usual: Seconds that each phase takes.
    """
    is_alive = is_held(folder / ALIVE)  # first: what it writes before it ends is read then
    job = _json(folder / JOB)
    if not job:
        return None
    progress = _json(folder / PROGRESS)
    verdict = _json(folder / RUN / "release" / "verdict.json") or None
    state: State
    problem = None
    if is_alive:
        state = "running" if (folder / BEGUN).exists() else "waiting"
    elif progress.get("phase") == "ended" and verdict:
        state = "ended"
    elif (folder / CANCELLED).exists():
        state = "cancelled"
    else:
        state, problem = "failed", _why(folder, str(progress.get("phase", "starting")))
    training = state == "running" and progress.get("phase") == "training"
    return Retraining(
        id=folder.name,
        folder=folder,
        asked=str(job.get("asked")),
        sentences=int(job.get("sentences", 0)),
        left_out=int(job.get("left_out", 0)),
        unknown=int(job.get("unknown", 0)),
        state=state,
        phase=None if state == "waiting" else str(progress.get("phase", "starting")),
        step=progress.get("step") if training else None,
        steps=progress.get("steps") if training else None,
        seconds_left=seconds_left(progress, usual, datetime.now(UTC)) if state == "running" else None,
        problem=problem,
        verdict=verdict if state == "ended" else None,
    )


def _why(folder: Path, phase: str) -> str:
    """Why a process ended early: in its own last words, or else what is to be guessed."""
    try:
        lines = _LINE_ENDS.split((folder / LOG).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        lines = []
    for line in reversed(lines):
        if line.startswith(SAID_BY_TRAIN):
            return line.removeprefix(SAID_BY_TRAIN)
    if any(line.startswith("Traceback") for line in lines):
        return f"a fault of the training while it was {phase}; {folder / LOG} has the details"
    return (
        f"it was ended from outside while it was {phase}, as by a kill, too little memory or a restart of the machine;"
        " start it again"
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
