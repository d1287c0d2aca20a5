"""The label store: every label and correction that anybody gave, in one SQLite file that only grows.

A label is about a sentence, or about an ordered pair of actors in it, and answers one task of the codebook. Where
another codebook comes into use, labels that it does not have stay and are shown, but count no more.
Where annotators disagree, somebody may settle it by a label of its own, beside theirs.
Whoever changes their mind adds a row, whoever takes a label back adds a row that names the one it undoes;
the file itself refuses updates and deletions. A call that returns has committed and flushed what it was
given, so nothing that the page called saved is lost when a process dies.

Several processes may write at once (see `label_database`).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..model.codebook import TASKS, Codebook
from ..model.records import QuestionKey, Span, check_rows
from ..model.release import home
from .agreement import TaskAgreement
from .label_database import LabelDatabase
from .label_overview import LabelOverview, key_of
from .label_types import (
    CORRECTION,
    LONGEST_NOTE,
    Brought,
    Contradiction,
    Doubtful,
    Item,
    Label,
    LabelError,
    NewLabel,
    checked_annotator,
    sha256,
)

STORE_FILE = "labels.sqlite3"

MOST_AT_ONCE = 10_000
"""Labels of one call; an import of more goes in parts."""

_STANDS = """undoes IS NULL AND NOT EXISTS (SELECT 1 FROM labels AS undo WHERE undo.undoes = labels.id)"""

_OF_TEXTS = "text_sha256 IN (SELECT value FROM json_each(?))"
_LATEST, _LATEST_OF_TEXTS = (
    f"""SELECT * FROM labels WHERE {which} AND {_STANDS}
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
    for which in ("TRUE", _OF_TEXTS)  # two statements, since one with a condition would read every row
)


_BEFORE = """SELECT given.id AS given, max(earlier.id) AS earlier FROM labels AS given JOIN labels AS earlier
    ON earlier.text_sha256 = given.text_sha256 AND earlier.task = given.task AND earlier.id < given.id
      AND earlier.settles = given.settles AND (given.settles OR earlier.annotator = given.annotator)
      AND earlier.source_start IS given.source_start AND earlier.source_end IS given.source_end
      AND earlier.target_start IS given.target_start AND earlier.target_end IS given.target_end
  WHERE given.id IN (SELECT value FROM json_each(?)) AND given.undoes IS NULL AND earlier.undoes IS NULL
    AND NOT EXISTS (SELECT 1 FROM labels AS undo WHERE undo.undoes = earlier.id AND undo.id < given.id)
  GROUP BY given.id"""

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
        self._overview = LabelOverview(codebook)
        self._overview_lock = threading.Lock()
        self._newest = 0
        """Id of the latest row that the overview knows of."""

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

    def bring(self, given: Sequence[tuple[str, NewLabel]], *, origin: str) -> Brought:
        """Store labels of several annotators, all or none, but for those that they stand by already.

        Args:
            given: Each with its annotator.
            origin: Where all of them come from.

        Raises:
            LabelError: As `add`; nothing is stored.
        """
        given = [(checked_annotator(annotator), label) for annotator, label in given]
        _check_count(given)
        self.check([label for _, label in given])
        made = _now()
        hashes = {label.item.text_sha256 for _, label in given}
        with self._database.transaction() as connection:
            standing = (label for label in _latest(connection, hashes) if not label.settles)
            stands = {(label.annotator, label.item): label.new for label in standing}
            ids: list[int] = []
            repeated: list[tuple[str, NewLabel]] = []
            for annotator, label in given:
                if stands.get((annotator, label.item)) == label.new:
                    repeated.append((annotator, label))
                    continue
                stands[annotator, label.item] = label.new
                ids.append(
                    _insert(
                        connection, label.item, made=made, annotator=annotator, release=None, origin=origin,
                        old=label.old, new=label.new, note=label.note, settles=False,
                    )
                )  # fmt: skip
            return Brought(added=tuple(_by_ids(connection, ids)), repeated=tuple(repeated))

    def settle(self, label: NewLabel, *, annotator: str, origin: str) -> Label:
        """Store which label holds where annotators disagree, beside theirs, and return its row.

        Raises:
            LabelError: It cannot be taken (see `add`), or nobody disagrees about the item.
        """
        with self._looking_over() as overview:
            is_disputed = overview.is_disputed(label.item.question)
        if not is_disputed:
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
        _check_count(labels)
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

    def history(self, annotator: str | None = None) -> list[Label]:
        """Return every row, the oldest first, undoings and what is undone included.

        Args:
            annotator: Only rows of this person.
        """
        return self.rows(limit=-1, annotator=annotator)[::-1]  # to SQLite a limit below 0 is none

    def before(self, given: Iterable[Label]) -> dict[int, Label]:
        """Return, by the id of each label, the one that its annotator stood by until it was given, if any.

        It says the same where a label was given twice. What settled a question stood until it is settled anew.
        """
        ids = json.dumps([label.id for label in given])
        with self._database.connection() as connection:
            pairs = [(row["given"], row["earlier"]) for row in connection.execute(_BEFORE, (ids,))]
            earlier = {label.id: label for label in _by_ids(connection, [number for _, number in pairs])}
        return {number: earlier[before] for number, before in pairs}

    def standing(self) -> list[Label]:
        """Return the label that each annotator stands by, for each item, the oldest first."""
        return [label for label in self._standing() if not label.settles]

    def known(self) -> list[Label]:
        """Return those of `standing` that the codebook has; others were given under another one."""
        return [label for label in self.standing() if label.is_in(self.codebook)]

    def settled(self, codebook: Codebook | None = None) -> dict[QuestionKey, Label]:
        """Return the label that holds for each question whose disagreement was settled, whoever did it last.

        Args:
            codebook: Labels that it lacks settle nothing; None takes the store's.
        """
        known = codebook or self.codebook
        found = (label for label in self._standing() if label.settles and label.is_in(known))
        return {label.item.question: label for label in found}

    def _standing(self, hashes: Iterable[str] | None = None) -> list[Label]:
        """What stands, settling labels too: of the texts of these hashes, or of all."""
        with self._database.connection() as connection:
            return list(_latest(connection, hashes))

    def given(self, texts: Iterable[str]) -> dict[str, list[Label]]:
        """Return the labels that stand, settling ones too, for each of these sentences that has any."""
        if not self.path.exists():
            return {}
        by_text: dict[str, list[Label]] = defaultdict(list)
        for label in self._standing({sha256(text) for text in texts}):
            by_text[label.item.text].append(label)
        return by_text

    def contradictions(self) -> list[Contradiction]:
        """Return the questions about which annotators disagree and which nobody has settled, the oldest first."""
        with self._looking_over() as overview:
            return overview.disputes()

    def n_settled(self) -> int:
        """Return about how many questions a disagreement was settled."""
        with self._looking_over() as overview:
            return overview.n_settled

    def n_unknown(self) -> int:
        """Return how many labels stand that the codebook does not have."""
        with self._looking_over() as overview:
            return overview.n_unknown

    def annotators(self) -> dict[str, int]:
        """Return how many labels each annotator stands by, the most busy first."""
        with self._looking_over() as overview:
            return overview.annotators()

    def agreement(self) -> list[TaskAgreement]:
        """Return how far annotators agree in each task, in codebook order."""
        with self._looking_over() as overview:
            return overview.tally.agreement(self.codebook)

    @contextmanager
    def _looking_over(self) -> Iterator[LabelOverview]:
        """The overview, brought up to date: only texts with rows that are new, whoever wrote them, are read."""
        with self._overview_lock:
            with self._database.connection() as connection:
                (newest,) = connection.execute("SELECT coalesce(max(id), 0) FROM labels").fetchone()
                if newest < self._newest:  # the file was put back from a copy
                    self._overview, self._newest = LabelOverview(self.codebook), 0
                new = connection.execute(
                    "SELECT text, text_sha256 FROM labels WHERE id > ?", (self._newest,)
                ).fetchall()
                standing: dict[str, list[Label]] = {key_of(row["text"]): [] for row in new}
                hashes = {
                    writing
                    for row in new
                    for writing in self._overview.writings(row["text"], row["text_sha256"])
                }
                for label in _latest(connection, hashes if self._newest else None) if new else ():
                    standing.setdefault(key_of(label.item.text), []).append(label)
            for key, labels in standing.items():
                self._overview.replace(key, labels)
            self._newest = newest
            yield self._overview

    # ----------------------------------------------------------------------- sentences to label

    def put_up(self) -> list[str]:
        """Return all sentences that were put up for labelling, those worth most first."""
        with self._database.connection() as connection:
            found = connection.execute("SELECT text FROM sentences ORDER BY doubt DESC, text_sha256")
            return [row["text"] for row in found]

    def queue(self, sentences: Iterable[Doubtful], *, annotator: str) -> int:
        """Put sentences up for labelling and return how many are new.

        Those that wait already stay, with the doubt of the release that was asked last.
        """
        annotator = checked_annotator(annotator)
        rows = [(sha256(s.text), s.text, _now(), annotator, s.release, s.doubt) for s in sentences]
        with self._database.transaction() as connection:
            (before,) = connection.execute("SELECT count(*) FROM sentences").fetchone()
            connection.executemany(
                "INSERT INTO sentences VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (text_sha256) DO UPDATE"
                " SET release = excluded.release, doubt = excluded.doubt WHERE release != excluded.release",
                rows,
            )
            (after,) = connection.execute("SELECT count(*) FROM sentences").fetchone()
            return after - before

    def doubted_by_others(self, release: str) -> list[str]:
        """Return the sentences put up whose doubt is that of another release, in no order."""
        if not self.path.exists():
            return []
        with self._database.connection() as connection:
            found = connection.execute("SELECT text FROM sentences WHERE release != ?", (release,))
            return [row["text"] for row in found]

    def renew_doubts(self, sentences: Iterable[Doubtful]) -> None:
        """Put the doubt of another release in the place of that of the one before."""
        rows = [(s.release, s.doubt, sha256(s.text)) for s in sentences]
        with self._database.transaction() as connection:
            connection.executemany("UPDATE sentences SET release = ?, doubt = ? WHERE text_sha256 = ?", rows)

    def next_to_label(self, annotator: str, *, limit: int = 20) -> list[Doubtful]:
        """Return the most doubtful sentences whose tone and sentiment this annotator has not both given.

        Labels that the codebook does not have count as none, so that their sentences come again.
        """
        known = [f"{task.name} {name}" for task in self.codebook.at("sentence") for name in task.names]
        with self._database.connection() as connection:
            found = connection.execute(
                f"""SELECT text, release, doubt FROM sentences WHERE (
                    SELECT count(DISTINCT task) FROM labels
                    WHERE labels.text_sha256 = sentences.text_sha256 AND annotator = ?
                      AND task || ' ' || new IN (SELECT value FROM json_each(?)) AND NOT settles AND {_STANDS}
                ) < 2 ORDER BY doubt DESC, text_sha256 LIMIT ?""",
                (annotator, json.dumps(known), limit),
            ).fetchall()
        return [Doubtful(text=row["text"], release=row["release"], doubt=row["doubt"]) for row in found]


def _check_count(labels: Sequence[object]) -> None:
    if not labels:
        raise LabelError("labels: there are none; give at least one")
    if len(labels) > MOST_AT_ONCE:
        raise LabelError(
            f"labels: there are {len(labels):,}; at most {MOST_AT_ONCE:,} are taken at once; give them in parts"
        )


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


def _latest(connection: sqlite3.Connection, hashes: Iterable[str] | None) -> Iterator[Label]:
    if hashes is None:
        return _labels(connection, connection.execute(_LATEST))
    return _labels(connection, connection.execute(_LATEST_OF_TEXTS, (json.dumps(sorted(hashes)),)))


def _labels(connection: sqlite3.Connection, rows: Iterable[sqlite3.Row]) -> Iterator[Label]:
    rows = list(rows)
    ids = json.dumps([row["id"] for row in rows])
    of_these = "SELECT undoes FROM labels WHERE undoes IN (SELECT value FROM json_each(?))"
    undone = {row[0] for row in connection.execute(of_these, (ids,))}
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
