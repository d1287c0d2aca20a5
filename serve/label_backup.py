"""Copies of the label store that make themselves, and what happens where the store is damaged.

    labels.sqlite3              the store
    backups/labels-7.sqlite3    its last copies; the highest number is the newest, whatever the clock says
    labels-damaged-1.sqlite3    a store that was found damaged, as it was

A copy is checked before it counts as one. Found are pages and indexes that do not fit together, and sentences that
are not what their SHA-256 says; a flipped bit in a note or a name looks like any other note or name.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..model.release import flush_to_disk
from .label_database import BUSY_TIMEOUT_S
from .label_types import StoreFailed, StoreLost

KEPT = 3
FOLDER = "backups"
BESIDE = ("", "-wal", "-shm")
"""Endings of the files that SQLite keeps for one database."""


def back_up(path: Path) -> Path | None:
    """Copy a store that holds what its newest copy does not, and drop the oldest of more than `KEPT` copies.

    Returns:
        The copy, or None where there was nothing to copy.

    Raises:
        StoreFailed: The store cannot be read or the copy not written; the older copies stay.
    """
    if not path.exists():
        return None
    try:
        with _alone(path):
            copies = _copies(path)
            if copies and _extent(copies[-1]) == _extent(path):
                return None
            number = _number(copies[-1]) + 1 if copies else 1
            copy = path.parent / FOLDER / f"{path.stem}-{number}{path.suffix}"
            _copy(path, copy)
            for old in [*copies, copy][:-KEPT]:
                old.unlink()
            return copy
    except (OSError, sqlite3.Error) as error:
        raise StoreFailed(f"{path}: cannot be backed up into {path.parent / FOLDER}: {error}") from error


def make_sound(path: Path) -> str | None:
    """Check a store before it is used, and put its newest sound copy in the place of a damaged one.

    Labels given after the copy was made are taken out of the damaged file as far as they can be read there.

    Returns:
        What was done, in a line; None where the store is sound or not there yet.

    Raises:
        StoreLost: It is damaged and has no sound copy.
        StoreFailed: It can be neither read nor replaced.
    """
    if not path.exists():
        return None
    try:
        fault = fault_of(path)
        if fault is None:
            return None
        with _alone(path):
            fault = fault_of(path)  # another service may have been quicker
            return None if fault is None else _restore(path, fault)
    except (OSError, sqlite3.Error) as error:
        raise StoreFailed(f"{path}: cannot be checked: {error}") from error


def fault_of(path: Path) -> str | None:
    """Return what is wrong with the file of a store; None where it is sound.

    Raises:
        sqlite3.OperationalError: It cannot be opened here, damaged or not.
    """
    try:
        with closing(_connected(path)) as connection:
            (found, *_) = (row[0] for row in connection.execute("PRAGMA integrity_check(1)"))
            if found != b"ok":
                return found.decode(errors="replace")
            for table in ("labels", "sentences"):
                for text, digest in connection.execute(f"SELECT text, text_sha256 FROM {table}"):
                    if hashlib.sha256(text).hexdigest().encode() != digest:
                        return "a sentence is not what its SHA-256 says"
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # a file of an older version, or of none yet
            return None
        raise
    except sqlite3.DatabaseError as error:
        return str(error)
    return None


def _restore(path: Path, fault: str) -> str:
    sound = next((copy for copy in reversed(_copies(path)) if fault_of(copy) is None), None)
    if sound is None:
        raise StoreLost(
            f"{path}: is damaged ({fault}) and has no sound copy in {path.parent / FOLDER}; put a copy of your own"
            " in its place, or move it away to begin anew"
        )
    number = 1
    while (aside := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    part = path.with_name(path.name + ".part")
    part.write_bytes(sound.read_bytes())
    flush_to_disk(part)
    for ending in BESIDE:
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{ending}", f"{aside}{ending}")
    os.replace(part, path)
    flush_to_disk(path.parent)
    n_before, n_saved = _extent(path)[0], _salvage(aside, path)
    return (
        f"{path}: was damaged ({fault}); put back from {sound.relative_to(path.parent)} with {n_before:,} rows, and"
        f" {n_saved:,} later ones read out of the damaged file, which is kept as {aside.name}"
    )


def _salvage(damaged: Path, restored: Path) -> int:
    """Take over the rows that are later than those restored and whose sentence is whole; return how many."""
    saved = 0
    with closing(sqlite3.connect(damaged)) as old, closing(sqlite3.connect(restored)) as new:
        try:
            (first,) = new.execute("SELECT coalesce(max(id), 0) + 1 FROM labels").fetchone()
            (last,) = old.execute("SELECT seq FROM sqlite_sequence WHERE name = 'labels'").fetchone() or (0,)
            columns = [row[1] for row in new.execute("PRAGMA table_info(labels)")]
        except sqlite3.Error:
            return 0
        for number in range(first, last + 1):
            try:
                row = old.execute(
                    f"SELECT {', '.join(columns)} FROM labels WHERE id = ?", (number,)
                ).fetchone()
                values = dict(zip(columns, row, strict=True)) if row else {}
                if values and hashlib.sha256(values["text"].encode()).hexdigest() == values["text_sha256"]:
                    new.execute(f"INSERT INTO labels VALUES ({', '.join('?' * len(columns))})", row)
                    saved += 1
            except (sqlite3.Error, AttributeError):
                continue
        new.commit()
    return saved


def _copy(path: Path, copy: Path) -> None:
    part = copy.with_name(copy.name + ".part")
    try:
        with closing(_connected(path)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)  # writers go on meanwhile; what they add is in the next copy
            target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        if (fault := fault_of(part)) is not None:
            raise OSError(f"the copy is damaged: {fault}")
        flush_to_disk(part)
        os.replace(part, copy)
        flush_to_disk(copy.parent)
    finally:
        part.unlink(missing_ok=True)


def _extent(path: Path) -> tuple[int, int]:
    """Rows of labels and of sentences; both only grow."""
    with closing(_connected(path)) as connection:
        try:
            return connection.execute(
                "SELECT (SELECT count(*) FROM labels), (SELECT count(*) FROM sentences)"
            ).fetchone()
        except sqlite3.OperationalError:  # no tables yet
            return 0, 0


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
    connection.text_factory = bytes  # a damaged text may be no text
    return connection


def _copies(path: Path) -> list[Path]:
    """The copies, oldest first."""
    return sorted((path.parent / FOLDER).glob(f"{path.stem}-*{path.suffix}"), key=_number)


def _number(copy: Path) -> int:
    found = re.search(r"-(\d+)$", copy.stem)
    return int(found[1]) if found else 0


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one service at a time copy or restore."""
    folder = path.parent / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
