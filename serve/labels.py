"""The label store: every label and correction that anybody gave, in one SQLite file that only grows.

A label is about a sentence, or about an ordered pair of actors in it, and answers one task of the codebook.
Where annotators disagree, somebody may settle it by a label of its own, beside theirs.
Whoever changes their mind adds a row, whoever takes a label back adds a row that names the one it undoes;
the file itself refuses updates and deletions. A call that returns has committed and flushed what it was
given, so nothing that the page called saved is lost when a process dies.

Several processes may write at once (see `label_database`).
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..model.codebook import TASKS, Codebook
from ..model.records import Span, check_rows
from ..model.release import home
from .label_database import LabelDatabase
from .label_types import (
    CORRECTION,
    LONGEST_NOTE,
    Contradiction,
    Doubtful,
    Item,
    Label,
    LabelError,
    NewLabel,
    checked_annotator,
    contradictions,
    sha256,
)

STORE_FILE = "labels.sqlite3"

MOST_AT_ONCE = 10_000
"""Labels of one call; an import of more goes in parts."""

_STANDS = """undoes IS NULL AND NOT EXISTS (SELECT 1 FROM labels AS undo WHERE undo.undoes = labels.id)"""

_LATEST = f"""SELECT * FROM labels WHERE {_STANDS}
  AND (:hashes IS NULL OR text_sha256 IN (SELECT value FROM json_each(:hashes)))
  AND NOT EXISTS (
    SELECT 1 FROM labels AS later
    WHERE later.text_sha256 = labels.text_sha256 AND later.task = labels.task
      AND later.settles = labels.settles AND (labels.settles OR later.annotator = labels.annotator)
      AND later.id > labels.id
      AND later.source_start IS labels.source_start AND later.source_end IS labels.source_end
      AND later.target_start IS labels.target_start AND later.target_end IS labels.target_end
      AND later.undoes IS NULL
      AND NOT EXISTS (SELECT 1 FROM labels AS undo WHERE undo.undoes = later.id)
) ORDER BY id"""

_SEEN = f"""SELECT annotator, text_sha256, min(id) AS first FROM labels
  WHERE text_sha256 IN (SELECT value FROM json_each(?)) AND undoes IS NULL AND NOT settles
    AND (origin = '{CORRECTION}' OR old IS NOT NULL OR release IS NOT NULL)
  GROUP BY annotator, text_sha256"""
"""Since when who has known what a release reads in a sentence; as `Label.is_blind` has it."""


class LabelStore:
    """Reads and writes one file of labels; may be used from any thread.

    Args:
        path: The file; it and its folder are made when first needed.
        codebook: Which labels there are.
    """

    def __init__(self, path: Path, codebook: Codebook) -> None:
        self.path = path
        self.codebook = codebook
        self._database = LabelDatabase(path)

    @classmethod
    def at_home(cls, codebook: Codebook) -> LabelStore:
        """Return the store in the folder of all state, `DIPLOTONE_HOME`."""
        return cls(home() / STORE_FILE, codebook)

    # -------------------------------------------------------------------------------- writing

    def add(
        self, labels: Sequence[NewLabel], *, annotator: str, release: str | None, origin: str
    ) -> tuple[Label, ...]:
        """Store labels, all or none, and return their rows once they are on the disk.

        Raises:
            LabelError: A label, a span or the annotator's name is wrong, or the store cannot be written.
        """
        return self._add(labels, annotator=annotator, release=release, origin=origin, settles=False)

    def settle(self, label: NewLabel, *, annotator: str, origin: str) -> Label:
        """Store which label holds where annotators disagree, beside theirs, and return its row.

        Raises:
            LabelError: It cannot be taken (see `add`), or nobody disagrees about the item.
        """
        if label.item not in {found.item for found in contradictions(self.standing())}:
            raise LabelError(
                f"{label.item.task}: nobody disagrees about it, so there is nothing to settle; give a label"
            )
        (row,) = self._add([label], annotator=annotator, release=None, origin=origin, settles=True)
        return row

    def _add(
        self,
        labels: Sequence[NewLabel],
        *,
        annotator: str,
        release: str | None,
        origin: str,
        settles: bool,
    ) -> tuple[Label, ...]:
        annotator = checked_annotator(annotator)
        if not labels:
            raise LabelError("labels: there are none; give at least one")
        if len(labels) > MOST_AT_ONCE:
            raise LabelError(f"labels: there are {len(labels):,}; at most {MOST_AT_ONCE:,} are taken at once")
        self.check(labels)
        made = _now()
        with self._database.transaction() as connection:
            ids = [
                _insert(
                    connection, label.item, made=made, annotator=annotator, release=release, origin=origin,
                    old=label.old, new=label.new, note=label.note, settles=settles,
                )
                for label in labels
            ]  # fmt: skip
            return tuple(_by_ids(connection, ids))

    def undo(self, number: int, *, annotator: str, note: str | None = None) -> Label:
        """Take a label back by a row of its own, and return that row.

        Raises:
            LabelError: There is no such label, it is an undoing itself, or it is undone already.
        """
        annotator = checked_annotator(annotator)
        _check_note(note, "note")
        with self._database.transaction() as connection:
            found = list(_by_ids(connection, [number]))
            if not found:
                raise LabelError(f"label {number}: there is none of this number")
            (label,) = found
            if label.undoes is not None:
                raise LabelError(
                    f"label {number}: takes back label {label.undoes}; label the item anew instead"
                )
            if label.undone:
                raise LabelError(f"label {number}: is undone already")
            row = _insert(
                connection, label.item, made=_now(), annotator=annotator, release=label.release,
                origin=label.origin, old=label.new, new=None, note=note, undoes=number, settles=label.settles,
            )  # fmt: skip
            return next(_by_ids(connection, [row]))

    def check(self, labels: Iterable[NewLabel]) -> None:
        """Check labels without storing them.

        Raises:
            LabelError: A label or a span is wrong; the text names the label by its number, from 1.
        """
        for number, label in enumerate(labels, 1):
            self._check(label, f"label {number}")

    def _check(self, label: NewLabel, where: str) -> None:
        item = label.item
        if item.task not in TASKS:
            raise LabelError(f'{where}: task "{item.task}" is not one of {", ".join(TASKS)}')
        _check_note(label.note, f"{where}: note")
        if TASKS[item.task] == "sentence":
            if item.source or item.target:
                raise LabelError(
                    f"{where}: {item.task} is about a whole sentence; leave source and target out"
                )
            row: dict[str, Any] = {"text": item.text, item.task: label.new}
        else:
            if item.target is None:
                raise LabelError(f"{where}: {item.task} is about a pair; give its target")
            row = {
                "text": item.text,
                "pairs": [{"source": item.source, "target": item.target, item.task: label.new}],
            }
        if label.new is None:
            raise LabelError(f"{where}: {item.task} is missing")
        report = check_rows([row], self.codebook)
        if report.faults:
            raise LabelError(f"{where}: {report.faults[0].message}")
        if label.old is not None and label.old not in self.codebook[item.task].names:
            raise LabelError(
                f'{where}: old label "{label.old}" is not one of {", ".join(self.codebook[item.task].names)}'
            )

    # -------------------------------------------------------------------------------- reading

    def rows(
        self,
        *,
        before: int | None = None,
        limit: int = 100,
        text: str | None = None,
        annotator: str | None = None,
    ) -> list[Label]:
        """Return rows, the latest first, undoings included.

        Args:
            before: Only rows with smaller ids, to turn pages.
            limit: At most so many.
            text: Only rows about this sentence.
            annotator: Only rows of this person.
        """
        with self._database.connection() as connection:
            found = connection.execute(
                "SELECT * FROM labels WHERE id < coalesce(?, id + 1)"
                " AND text_sha256 = coalesce(?, text_sha256) AND annotator = coalesce(?, annotator)"
                " ORDER BY id DESC LIMIT ?",
                (before, sha256(text) if text is not None else None, annotator, limit),
            ).fetchall()
            return list(_labels(connection, found))

    def standing(self) -> list[Label]:
        """Return the label that each annotator stands by, for each item, the oldest first."""
        return [label for label in self._standing(None) if not label.settles]

    def settled(self) -> dict[Item, Label]:
        """Return the label that holds for each item whose disagreement was settled, whoever did it last."""
        return {label.item: label for label in self._standing(None) if label.settles}

    def _standing(self, hashes: str | None) -> list[Label]:
        with self._database.connection() as connection:
            return list(_labels(connection, connection.execute(_LATEST, {"hashes": hashes}).fetchall()))

    def given(self, texts: Iterable[str]) -> dict[str, list[Label]]:
        """Return the labels that stand, settling ones too, for each of these sentences that has any."""
        if not self.path.exists():
            return {}
        by_text: dict[str, list[Label]] = defaultdict(list)
        for label in self._standing(json.dumps(sorted({sha256(text) for text in texts}))):
            by_text[label.item.text].append(label)
        return by_text

    def contradictions(self) -> list[Contradiction]:
        """Return the items about which annotators disagree and which nobody has settled."""
        settled = self.settled()
        return [found for found in contradictions(self.standing()) if found.item not in settled]

    def annotators(self) -> dict[str, int]:
        """Return how many labels each annotator stands by, the most busy first."""
        counts: dict[str, int] = defaultdict(int)
        for label in self.standing():
            counts[label.annotator] += 1
        return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))

    # ----------------------------------------------------------------------- sentences to label

    def put_up(self) -> list[str]:
        """Return all sentences that were put up for labelling, those worth most first."""
        with self._database.connection() as connection:
            found = connection.execute("SELECT text FROM sentences ORDER BY doubt DESC, text_sha256")
            return [row["text"] for row in found]

    def queue(self, sentences: Iterable[Doubtful], *, annotator: str) -> int:
        """Put sentences up for labelling; those that wait already stay. Return how many are new."""
        annotator = checked_annotator(annotator)
        rows = [(sha256(s.text), s.text, _now(), annotator, s.release, s.doubt) for s in sentences]
        with self._database.transaction() as connection:
            before = connection.total_changes
            connection.executemany("INSERT OR IGNORE INTO sentences VALUES (?, ?, ?, ?, ?, ?)", rows)
            return connection.total_changes - before

    def next_to_label(self, annotator: str, *, limit: int = 20) -> list[Doubtful]:
        """Return the most doubtful sentences whose tone and sentiment this annotator has not both given."""
        with self._database.connection() as connection:
            found = connection.execute(
                f"""SELECT text, release, doubt FROM sentences WHERE (
                    SELECT count(DISTINCT task) FROM labels
                    WHERE labels.text_sha256 = sentences.text_sha256 AND annotator = ?
                      AND task IN ('tone', 'sentiment') AND NOT settles AND {_STANDS}
                ) < 2 ORDER BY doubt DESC, text_sha256 LIMIT ?""",
                (annotator, limit),
            ).fetchall()
        return [Doubtful(text=row["text"], release=row["release"], doubt=row["doubt"]) for row in found]


def _check_note(note: str | None, where: str) -> None:
    if note is not None and len(note) > LONGEST_NOTE:
        raise LabelError(f"{where}: has {len(note):,} characters; at most {LONGEST_NOTE:,} are kept")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _insert(
    connection: sqlite3.Connection,
    item: Item,
    *,
    made: str,
    annotator: str,
    release: str | None,
    origin: str,
    old: str | None,
    new: str | None,
    note: str | None,
    settles: bool,
    undoes: int | None = None,
) -> int:
    cursor = connection.execute(
        "INSERT INTO labels (made, annotator, release, origin, text, text_sha256, task, source_start,"
        " source_end, target_start, target_end, old, new, note, undoes, settles)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            made, annotator, release, origin, item.text, item.text_sha256, item.task,
            *(item.source or (None, None)), *(item.target or (None, None)), old, new, note or None, undoes, settles,
        ),
    )  # fmt: skip
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _by_ids(connection: sqlite3.Connection, ids: Sequence[int]) -> Iterator[Label]:
    found = [connection.execute("SELECT * FROM labels WHERE id = ?", (number,)).fetchone() for number in ids]
    return _labels(connection, [row for row in found if row is not None])


def _labels(connection: sqlite3.Connection, rows: Iterable[sqlite3.Row]) -> Iterator[Label]:
    rows = list(rows)
    undone = {row[0] for row in connection.execute("SELECT undoes FROM labels WHERE undoes IS NOT NULL")}
    hashes = json.dumps(sorted({row["text_sha256"] for row in rows}))
    seen = {
        (row["annotator"], row["text_sha256"]): row["first"] for row in connection.execute(_SEEN, (hashes,))
    }
    for row in rows:
        yield Label(
            id=row["id"],
            made=row["made"],
            annotator=row["annotator"],
            release=row["release"],
            origin=row["origin"],
            item=Item(
                text=row["text"],
                task=row["task"],
                source=_span(row["source_start"], row["source_end"]),
                target=_span(row["target_start"], row["target_end"]),
            ),
            old=row["old"],
            new=row["new"],
            note=row["note"],
            undoes=row["undoes"],
            undone=row["id"] in undone,
            settles=bool(row["settles"]),
            had_seen=seen.get((row["annotator"], row["text_sha256"]), row["id"]) < row["id"],
        )


def _span(start: int | None, end: int | None) -> Span | None:
    return None if start is None or end is None else (start, end)
