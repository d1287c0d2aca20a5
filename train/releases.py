"""Which release is in use: list, promote, roll back.

    DIPLOTONE_HOME/releases/
        NAME-DIGEST/    a release, copied in whole, never changed after
        current.json    the pointer: the releases that were in use, the current one last
        .lock           held while one process changes any of it

A promotion copies the candidate beside its place, verifies and tests the copy, moves it in, and only then replaces the
pointer, which is one `os.replace`. Whenever it is killed, the pointer names a whole release.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..model.analyzer import load
from ..model.errors import ReleaseError
from ..model.golden import self_test
from ..model.release import (
    MANIFEST,
    SHIPPED,
    Release,
    current_release,
    flush_to_disk,
    open_release,
    promoted_folder,
    read_pointer,
    releases_folder,
    shipped_release,
    write_pointer,
)
from ..model.release_use import is_held
from .verdict_file import VERDICT_FILES, read_outcome, read_verdict

KEPT = 3
"""Promoted releases that are kept, the current one included; the shipped one is always there."""
LOCK = ".lock"
INCOMING = ".incoming-"


@dataclass(frozen=True, slots=True)
class Listed:
    """One release that can be used."""

    name: str
    """Its folder in the releases, or "shipped"."""
    label: str
    """Name and digest as results quote them, or what is wrong with it."""
    outcome: str | None
    """Of the verdict that came with it: promote, refuse, undecided; None where there is none."""
    is_current: bool
    since: str | None
    """When it was first put into use and copied here: UTC, ISO 8601, seconds; None for the shipped one."""


def releases() -> list[Listed]:
    """Return the shipped release and every promoted one that is kept, the latest last."""
    history = read_pointer()
    current = history[-1] if history else SHIPPED
    listed = []
    for name in (SHIPPED, *_on_disk(history)):
        folder = promoted_folder(name)
        try:
            label = open_release(folder).label
        except ReleaseError as error:
            label = f"damaged: {error}"
        since = None if name == SHIPPED else _since(folder)
        listed.append(Listed(name, label, read_outcome(folder), name == current, since))
    return listed


def _since(folder: Path) -> str | None:
    """When the copy was made: its manifest is never written again."""
    try:
        copied = (folder / MANIFEST).stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(copied, UTC).isoformat(timespec="seconds")


def promote(candidate: Path | str) -> tuple[Release, int]:
    """Put a release into use and return it, with the number of sentences that it was tested on.

    Args:
        candidate: A release folder, the folder of a run that holds one, the name or label of a kept release, or
            "shipped".

    Raises:
        ReleaseError: The candidate is damaged or fails its self-test, another promotion is under way, or the home
            cannot be written. What was in use is in use still.
    """
    with _exclusive():
        history = read_pointer_leniently()
        if candidate == SHIPPED:
            release, n_tested = open_release(shipped_release()), 0
            name = SHIPPED
        else:
            folder = find_candidate(candidate)
            release = open_release(folder)
            name = f"{release.name}-{release.digest[:12]}"
            release, n_tested = _admit(release, releases_folder() / name)
        if not history or history[-1] != name:
            history = (*(history or (SHIPPED,)), name)
            write_pointer(history)
        _prune(history)
    return release, n_tested


def rollback() -> tuple[Release, list[str]]:
    """Go back to the release before the current one and return it; damaged ones are passed over and named.

    Raises:
        ReleaseError: There is none before it, another promotion is under way, or the home cannot be written.
    """
    with _exclusive():
        history = list(read_pointer())
        if len(history) < 2:
            raise ReleaseError(
                "the shipped release is in use and none came before it: there is nothing to go back to"
            )
        passed_over: list[str] = []
        while len(history) > 1:
            history.pop()
            try:
                release = open_release(promoted_folder(history[-1]))
            except ReleaseError as error:
                passed_over.append(str(error))
                continue
            write_pointer(history)
            return release, passed_over
        raise ReleaseError(f"no release before it is whole: {'; '.join(passed_over)}; copy the package again")


def find_candidate(given: Path | str) -> Path:
    """Return the release folder that a person means: itself, that of a run, or a kept one by its name or label."""
    path = Path(given)
    inside = path / "release"
    if inside.is_dir() and not (path / MANIFEST).exists():
        return inside
    if path.exists() or str(given) != path.name:
        return path
    name, at, digest = path.name.rpartition("@")
    kept = releases_folder() / (f"{name}-{digest}" if at else path.name)
    return kept if kept.is_dir() else path


def judged_against_another(folder: Path) -> tuple[str, str] | None:
    """Return against which release a candidate was judged and which is in use, where these are two; else None.

    One that is kept since it was in use before is gone back to and not tried, so its verdict is not asked.
    """
    verdict = read_verdict(folder)
    against = verdict.get("current")
    if against is None or folder.resolve().parent == releases_folder().resolve():
        return None
    try:
        in_use = open_release(current_release()).label
    except ReleaseError:  # damaged: nothing is compared with it, and a promotion mends it
        return None
    return None if in_use in (against, verdict.get("candidate")) else (str(against), in_use)


def read_pointer_leniently() -> tuple[str, ...]:
    """Return the pointer's releases, or none where it cannot be read: a promotion mends it."""
    try:
        return read_pointer()
    except ReleaseError:
        return ()


def _admit(release: Release, place: Path) -> tuple[Release, int]:
    """Copy a release to its place, unless it is there, and test what is there."""
    if release.folder.resolve() == place.resolve() or _is_whole(place):
        return open_release(place), self_test(load(place))
    staging = place.with_name(INCOMING + place.name)
    shutil.rmtree(staging, ignore_errors=True)
    try:
        staging.mkdir()
        manifest = json.loads((release.folder / MANIFEST).read_text(encoding="utf-8"))
        for name in (*manifest["files"], MANIFEST, *VERDICT_FILES):
            if name in VERDICT_FILES and not (release.folder / name).exists():
                continue
            shutil.copyfile(release.folder / name, staging / name)
            (staging / name).chmod(0o444)
            flush_to_disk(staging / name)
        flush_to_disk(staging)
        n_tested = self_test(load(staging))  # opening it verifies the copy
        if place.exists():  # a damaged one of this name: it cannot be in use under this digest and whole
            shutil.rmtree(place)
        os.replace(staging, place)
        flush_to_disk(place.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return open_release(place), n_tested


def _is_whole(folder: Path) -> bool:
    try:
        open_release(folder)
    except ReleaseError:
        return False
    return True


def _on_disk(history: tuple[str, ...]) -> list[str]:
    """The folders of promoted releases: those that were never or no longer in use, then the others by latest use."""
    folder = releases_folder()
    if not folder.is_dir():
        return _kept(history)
    used = _kept(history)
    found = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [*(name for name in found if name not in used), *used]


def _kept(history: tuple[str, ...]) -> list[str]:
    """The promoted releases that are kept, by their latest use, the current one last."""
    latest_first = dict.fromkeys(name for name in reversed(history) if name != SHIPPED)
    return list(latest_first)[:KEPT][::-1]


def _prune(history: tuple[str, ...]) -> None:
    """Remove releases that are not kept, and what a killed promotion left. The pointer is right already.

    One that a service still answers from, because it could not take up any of the later ones, goes another time.
    """
    kept = _kept(history)
    for folder in releases_folder().iterdir():
        if folder.is_dir() and folder.name not in kept and not is_held(folder):
            shutil.rmtree(folder, ignore_errors=True)
    trimmed = tuple(name for name in history if name == SHIPPED or name in kept)
    if trimmed != history:
        write_pointer(trimmed)


@contextlib.contextmanager
def _exclusive() -> Iterator[None]:
    """Hold the lock, which a killed process lets go of, and turn what the disk says into one line."""
    folder = releases_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(handle)
    except BlockingIOError as error:
        raise ReleaseError(
            f"{folder}: another promotion is under way; wait until it has ended and try again"
        ) from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        what = (
            "make room there"
            if full
            else "see to its rights, or set DIPLOTONE_HOME to a folder that can be written"
        )
        raise ReleaseError(
            f"{error.filename or folder}: {error.strerror}; what was in use is in use still; {what}"
        ) from error
