"""The label store: every label and correction that anybody gave, in one SQLite file that only grows.

A label is about a sentence, or about an ordered pair of actors in it, and answers one task of the codebook.
Where annotators disagree, somebody may settle it by a label of its own, beside theirs.
Whoever changes their mind adds a row, whoever takes a label back adds a row that names the one it undoes;
the file itself refuses updates and deletions. A call that returns has committed and flushed what it was
given, so nothing that the page called saved is lost when a process dies.

Several processes may write at once: SQLite's write-ahead log lets readers go on, and writers wait for each
other for up to `BUSY_TIMEOUT_S`.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..model.codebook import TASKS, Codebook
from ..model.errors import DiplotoneError
from ..model.records import Span, check_rows
from ..model.release import home

STORE_FILE = "labels.sqlite3"

BUSY_TIMEOUT_S = 10.0
"""How long a writer waits for the others before it gives up."""

MOST_AT_ONCE = 10_000
"""Labels of one call; an import of more goes in parts."""

PAUSES_S = (0.001, 0.008)
"""Least and most between two looks whether the others are done; of random length, so that nobody is out of step."""

LONGEST_NAME = 100
LONGEST_NOTE = 2_000

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE labels (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            made TEXT NOT NULL,
            annotator TEXT NOT NULL,
            release TEXT,
            origin TEXT NOT NULL,
            text TEXT NOT NULL,
            text_sha256 TEXT NOT NULL,
            task TEXT NOT NULL,
            source_start INTEGER, source_end INTEGER,
            target_start INTEGER, target_end INTEGER,
            old TEXT,
            new TEXT,
            note TEXT,
            undoes INTEGER REFERENCES labels (id),
            CHECK ((new IS NULL) = (undoes IS NOT NULL))
        )""",
        "CREATE INDEX labels_by_item ON labels (text_sha256, task, annotator)",
        "CREATE UNIQUE INDEX labels_undone_once ON labels (undoes) WHERE undoes IS NOT NULL",
        """CREATE TRIGGER labels_are_not_deleted BEFORE DELETE ON labels
            BEGIN SELECT RAISE (ABORT, 'labels are never deleted; undo them'); END""",
        """CREATE TRIGGER labels_are_not_changed BEFORE UPDATE ON labels
            BEGIN SELECT RAISE (ABORT, 'labels are never changed; add another'); END""",
    ),
    (
        """CREATE TABLE sentences (
            text_sha256 TEXT PRIMARY KEY,
            text TEXT NOT NULL,
            added TEXT NOT NULL,
            added_by TEXT NOT NULL,
            release TEXT NOT NULL,
            doubt REAL NOT NULL
        )""",
        "CREATE INDEX sentences_by_doubt ON sentences (doubt DESC)",
    ),
    ("ALTER TABLE labels ADD COLUMN settles INTEGER NOT NULL DEFAULT 0",),
)
"""Statements that lead from each version of the file to the next; `user_version` counts those done. Never
edit one that has been released: add another."""

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


class LabelError(DiplotoneError):
    """A label cannot be taken, or the store cannot be used."""


class StoreFailed(LabelError):
    """The store cannot be used: no fault of who asked."""


class StoreLost(StoreFailed):
    """The store is damaged, and there is no sound copy of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a label is about."""

    text: str
    task: str
    source: Span | None = None
    """[start, end) in characters of the text; None for a sentence, or where the text itself is the source."""
    target: Span | None = None
    """None for a sentence."""

    @property
    def text_sha256(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return sha256(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLabel:
    """A label to be stored."""

    item: Item
    new: str
    old: str | None = None
    """What stood there before: the prediction that was corrected, or nothing."""
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A row of the store."""

    id: int
    made: str
    """UTC, ISO 8601, milliseconds."""
    annotator: str
    release: str | None
    """The release whose prediction stood there; None where none did."""
    origin: str
    """Where it came from: page, http, or the name of a file."""
    item: Item
    old: str | None
    new: str | None
    """None in a row that undoes another."""
    note: str | None
    undoes: int | None
    """Id of the row that this one takes back."""
    undone: bool
    """Whether a later row takes this one back."""
    settles: bool = False
    """Whether it settles what annotators disagreed about, and is no opinion beside theirs."""

    @property
    def is_blind(self) -> bool:
        """Whether it was given without a label to look at; a correction was not."""
        return self.old is None and not self.settles

    def as_dict(self) -> dict[str, Any]:
        """Return the row as JSON-ready types."""
        row = {key: value for key, value in asdict(self).items() if key != "item"}
        item = self.item
        return row | {
            "text": item.text,
            "text_sha256": item.text_sha256,
            "task": item.task,
            "source": list(item.source) if item.source else None,
            "target": list(item.target) if item.target else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """An item to which annotators gave different labels."""

    item: Item
    labels: tuple[Label, ...]
    """The label that each annotator stands by."""

    def __str__(self) -> str:
        given = ", ".join(f"{label.annotator}: {label.new}" for label in self.labels)
        return f'{self.item.task} of "{self.item.text[:60]}": {given}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """A sentence that waits for labels, with how much they would teach the release."""

    text: str
    release: str
    doubt: float
    """How unsure it was, 0..1, less what the sentence is like others (`model.next_labels.Suggestion.worth`)."""


class LabelStore:
    """Reads and writes one file of labels; may be used from any thread.

    Args:
        path: The file; it and its folder are made when first needed.
        codebook: Which labels there are.
    """

    def __init__(self, path: Path, codebook: Codebook) -> None:
        self.path = path
        self.codebook = codebook
        self._ready = False

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
        with self._transaction() as connection:
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
        with self._transaction() as connection:
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
        with self._connection() as connection:
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
        with self._connection() as connection:
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
        with self._connection() as connection:
            found = connection.execute("SELECT text FROM sentences ORDER BY doubt DESC, text_sha256")
            return [row["text"] for row in found]

    def queue(self, sentences: Iterable[Doubtful], *, annotator: str) -> int:
        """Put sentences up for labelling; those that wait already stay. Return how many are new."""
        annotator = checked_annotator(annotator)
        rows = [(sha256(s.text), s.text, _now(), annotator, s.release, s.doubt) for s in sentences]
        with self._transaction() as connection:
            before = connection.total_changes
            connection.executemany("INSERT OR IGNORE INTO sentences VALUES (?, ?, ?, ?, ?, ?)", rows)
            return connection.total_changes - before

    def next_to_label(self, annotator: str, *, limit: int = 20) -> list[Doubtful]:
        """Return the most doubtful sentences whose tone and sentiment this annotator has not both given."""
        with self._connection() as connection:
            found = connection.execute(
                f"""SELECT text, release, doubt FROM sentences WHERE (
                    SELECT count(DISTINCT task) FROM labels
                    WHERE labels.text_sha256 = sentences.text_sha256 AND annotator = ?
                      AND task IN ('tone', 'sentiment') AND NOT settles AND {_STANDS}
                ) < 2 ORDER BY doubt DESC, text_sha256 LIMIT ?""",
                (annotator, limit),
            ).fetchall()
        return [Doubtful(text=row["text"], release=row["release"], doubt=row["doubt"]) for row in found]

    # -------------------------------------------------------------------------------- the file

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise StoreFailed(f"{self.path}: cannot be opened: {error}; nothing was saved") from error
        try:
            connection.row_factory = sqlite3.Row
            if not self._ready:
                _write_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")  # a commit is on the disk when it returns
            connection.execute("PRAGMA foreign_keys = ON")
            if not self._ready:
                self._migrate(connection)
                self._ready = True
            yield connection
        except sqlite3.Error as error:
            raise StoreFailed(f"{self.path}: {error}; nothing was saved") from error
        except (
            OverflowError,
            UnicodeEncodeError,
        ) as error:  # numbers and half characters that SQLite has not
            raise LabelError(f"label: cannot be kept: {error}; nothing was saved") from error
        finally:
            connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection:
            _begin(connection)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite itself rolls back when the disk is full
                    connection.execute("ROLLBACK")
                raise

    def _migrate(self, connection: sqlite3.Connection) -> None:
        if _version(connection) == len(MIGRATIONS):
            return
        _begin(connection)
        try:
            version = _version(connection)  # another process may have been quicker
            if version > len(MIGRATIONS):
                raise LabelError(
                    f"{self.path}: is of version {version}; this program knows up to {len(MIGRATIONS)};"
                    " install the newer diplotone that wrote it"
                )
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def contradictions(standing: Iterable[Label]) -> list[Contradiction]:
    """Return the items about which the labels given differ."""
    by_item: dict[Item, list[Label]] = defaultdict(list)
    for label in standing:
        by_item[label.item].append(label)
    return [
        Contradiction(item=item, labels=tuple(labels))
        for item, labels in by_item.items()
        if len({label.new for label in labels}) > 1
    ]


def checked_annotator(name: object) -> str:
    """Return an annotator's name without outer white space.

    Raises:
        LabelError: It is empty, too long, or holds control characters.
    """
    if not isinstance(name, str) or not name.strip():
        raise LabelError("annotator: is missing; say who labels, by name or initials")
    name = name.strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise LabelError(f"annotator: must be one line of at most {LONGEST_NAME} characters")
    return name


def sha256(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _check_note(note: str | None, where: str) -> None:
    if note is not None and len(note) > LONGEST_NOTE:
        raise LabelError(f"{where}: has {len(note):,} characters; at most {LONGEST_NOTE:,} are kept")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the log on; SQLite does not wait by itself for others who do the same at the same time."""
    _patiently(connection, "PRAGMA journal_mode = WAL")


def _begin(connection: sqlite3.Connection) -> None:
    """Begin to write once nobody else does.

    SQLite's own waiting looks every tenth of a second in the end and starves beside a writer that hardly
    pauses; so this one looks often.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    _patiently(connection, "BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1_000:.0f}")


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    give_up = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(random.uniform(*PAUSES_S))


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
    undone = {row[0] for row in connection.execute("SELECT undoes FROM labels WHERE undoes IS NOT NULL")}
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
        )


def _span(start: int | None, end: int | None) -> Span | None:
    return None if start is None or end is None else (start, end)
