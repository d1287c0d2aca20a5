"""Wire copy that comes again: the same text in another dress, counted once.

Two texts are copies when their first `WORDS` words are the same in the same order, whatever their case, punctuation,
quotation marks, spaces and the line that names town, day and agency; a question mark and a minus are words. A
sentence is compared whole, then, and an article by its beginning, since papers cut wire copy from the end. Texts that
are merely alike are not copies: "will sanction" and "will not sanction" share nine words in ten. Where the same text
is asked about other pairs it is no copy either.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from ..codebook import Codebook
from ..records import Record
from .check import record_of
from .source import Slice, Source

WORDS = 48
"""Longer than nearly every sentence of news."""

_WORD = re.compile(r"[^\W_]+|\?|[-−+](?=\d)")
_DATELINE = re.compile(
    r"\s*[^()]{0,60}\((?:AFP|ANSA|AP|Bloomberg|dpa|EFE|IANS|Interfax|KCNA|Kyodo|PTI|Reuters|TASS|UPI|Xinhua|Yonhap)\)"
    r"\s*[-–—:]+\s"
)

Copies = tuple[tuple[int, str], ...]
"""Of a slice: places of rows, from 0, and the id of the row that each repeats."""


def copy_key(record: Record) -> bytes:
    """Return what copies have in common, in sixteen bytes."""
    text = record.text
    start = found.end() if (found := _DATELINE.match(text)) else 0
    parts = [" ".join(_first_words(text[start:])) or text]
    for pair in record.pairs:
        parts += [
            " ".join(_first_words(text[slice(*span)])) if span else "" for span in (pair.source, pair.target)
        ]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).digest()


def _first_words(text: str) -> list[str]:
    words: list[str] = []
    for found in _WORD.finditer(unicodedata.normalize("NFKC", text[: WORDS * 40]).casefold()):
        words.append(found.group())
        if len(words) == WORDS:
            break
    return words


class Seen:
    """The texts met so far, on the disk: sixteen bytes, place and id of each that was the first.

    Slices must be shown in order. Those that were shown before a kill may be shown again or left out.
    """

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS first (key BLOB PRIMARY KEY, slice INT, place INT, id TEXT) WITHOUT ROWID"
        )

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def copies(self, source: Source, part: Slice, codebook: Codebook) -> Copies:
        """Return which rows of a slice repeat an earlier one."""
        return tuple(self._copies(source, part, codebook))

    def _copies(self, source: Source, part: Slice, codebook: Codebook) -> Iterator[tuple[int, str]]:
        self._database.execute("BEGIN")
        for place, row in enumerate(source.rows(part)):
            record, _ = record_of(row, source, codebook)
            if record is None:
                continue
            key = copy_key(record)
            self._database.execute(
                "INSERT OR IGNORE INTO first VALUES (?, ?, ?, ?)", (key, part.number, place, record.id)
            )
            *first, name = self._database.execute(
                "SELECT slice, place, id FROM first WHERE key = ?", (key,)
            ).fetchone()
            if first != [part.number, place]:
                yield place, name
        self._database.execute("COMMIT")
