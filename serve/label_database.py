"""The SQLite file of the label store: its tables, how it is opened, and how processes wait for one another.

SQLite's write-ahead log lets readers go on, and writers wait for each other for up to `BUSY_TIMEOUT_S`.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .label_types import LabelError, StoreFailed

BUSY_TIMEOUT_S = 10.0
"""How long a writer waits for the others before it gives up."""

PAUSES_S = (0.001, 0.008)
"""Least and most between two looks whether the others are done; of random length, so that nobody is out of step."""

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


class LabelDatabase:
    """The file; may be used from any thread.

    Args:
        path: It and its folder are made when first needed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ready = False

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Open the file, make or bring it up to date where that is needed, and close it at the end of the block.

        Raises:
            LabelError: It cannot be used, or not for what was asked.
        """
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
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all that the block writes, or nothing; at the end of the block it is on the disk.

        Raises:
            LabelError: As `connection`.
        """
        with self.connection() as connection:
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
