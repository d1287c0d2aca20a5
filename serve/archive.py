"""Archives under way: many texts scored one after the other, with progress, an end in sight and a way out.

An archive takes one turn of the analyzers at a time, so that people at the page are served in between.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any, Literal

from ..model.analyzer import Analyzer
from ..model.errors import DiplotoneError
from .archive_file import ArchiveText
from .archive_rows import RESULTS, scored
from .metrics import Metrics
from .pool import AnalyzerPool, Busy
from .shortage import shortage
from .workspace import Gone, Workspace

State = Literal["running", "done", "cancelled", "failed"]
End = Literal["done", "cancelled", "failed"]

CHARS_PER_TURN = 20_000
"""Texts that one turn of an analyzer takes, in characters: a second or so, after which others may go first."""

TURN_DEADLINE_S = 3_600.0
"""What a turn may take: nobody sits and waits for it, and on a busy machine it waits for those who do."""

MOST_ENDED = 64
"""Archives that have ended and are kept; beyond these the earliest go early, since each may be large."""

logger = logging.getLogger(__name__)


RETRY_AFTER_S = 30
"""When to ask again for an archive's turn, for want of a better guess."""


class TooManyArchives(DiplotoneError):
    """Enough archives are under way."""

    def __init__(self, n: int) -> None:
        super().__init__(f"{n} archives are under way already; try again when one of them is done")
        self.retry_after_s = RETRY_AFTER_S


@dataclass(slots=True, kw_only=True)
class Archive:
    """One archive and how far it is."""

    token: str
    name: str
    folder: Path
    texts: Sequence[ArchiveText]
    """What is to be scored; empty once it is dropped (see `Archives.sweep`)."""
    total: int = field(init=False)
    undated: int = field(init=False)
    state: State = "running"
    done: int = 0
    problem: str | None = None
    begun: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    """On the monotonic clock; means nothing while it runs."""
    task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.total = len(self.texts)
        self.undated = sum(text.date is None for text in self.texts)

    def as_dict(self) -> dict[str, Any]:
        """Return how far it is, with the seconds left as far as they can be told."""
        took = time.monotonic() - self.begun
        left = took / self.done * (self.total - self.done) if self.done else None
        return {
            "id": self.token,
            "name": self.name,
            "state": self.state,
            "done": self.done,
            "total": self.total,
            "seconds_left": round(left, 1) if left is not None and self.state == "running" else None,
            "undated": self.undated,
            "problem": self.problem,
        }


class Archives:
    """All archives of the service; lives in its event loop."""

    def __init__(
        self, pool: AnalyzerPool, workspace: Workspace, metrics: Metrics, *, most_running: int
    ) -> None:
        self._pool = pool
        self._workspace = workspace
        self._metrics = metrics
        self._most_running = most_running
        self._archives: dict[str, Archive] = {}

    def begin(self, name: str, texts: Sequence[ArchiveText]) -> Archive:
        """Start to score texts and return at once.

        Raises:
            TooManyArchives: Enough are under way.
        """
        self.check_room()
        token, folder = self._workspace.new()
        archive = Archive(token=token, name=name, folder=folder, texts=texts)
        self._archives[token] = archive
        archive.task = asyncio.create_task(self._score(archive))
        return archive

    def check_room(self) -> None:
        """Raise TooManyArchives when enough are under way."""
        running = sum(archive.state == "running" for archive in self._archives.values())
        if running >= self._most_running:
            raise TooManyArchives(running)

    def get(self, token: str) -> Archive:
        """Return an archive.

        Raises:
            Gone: There is none of this token.
        """
        self._workspace.folder(token, "this archive")  # counts as a use
        try:
            return self._archives[token]
        except KeyError:
            raise Gone("this archive") from None

    def texts(self, token: str) -> list[str]:
        """Return the texts of an archive.

        Raises:
            Gone: There is none of this token, or it ended a while ago and others after it.
        """
        if texts := self.get(token).texts:
            return [text.text for text in texts]
        raise Gone("the text of this archive")

    def cancel(self, token: str) -> Archive:
        """Stop an archive at once; what is scored by now stays to be downloaded, and nothing is added to it."""
        archive = self.get(token)
        self._end(archive, "cancelled")
        if archive.task is not None:
            archive.task.cancel()
        return archive

    def stop(self) -> None:
        """Stop all."""
        for archive in self._archives.values():
            if archive.task is not None:
                archive.task.cancel()

    def sweep(self) -> None:
        """Let go of what need not be kept: to be called now and then, since texts are large.

        An archive that has ended goes when the workspace has removed its folder, or when too many ended after it.
        The latest keep their texts, whose sentences may still be put up for labelling.
        """
        ended = sorted(
            (archive for archive in self._archives.values() if archive.state != "running"),
            key=lambda archive: -archive.ended,
        )
        for place, archive in enumerate(ended):
            if place >= MOST_ENDED:
                self._workspace.remove(archive.token)
            if not archive.folder.exists():
                del self._archives[archive.token]
            elif place >= self._most_running:  # so that no more texts wait than may be under way
                archive.texts = ()

    def _end(self, archive: Archive, state: End, problem: str | None = None) -> None:
        """Take note of how an archive ended; what ended it first stands."""
        if archive.state == "running":
            archive.state, archive.problem, archive.ended = state, problem, time.monotonic()
            self.sweep()

    async def _score(self, archive: Archive) -> None:
        analyzers = self._pool.analyzers  # one release for all of it, whatever is promoted meanwhile
        try:
            with (archive.folder / RESULTS).open("wb", buffering=0) as file:
                for turn in _turns(archive.texts):
                    rows = await self._turn(archive, turn, analyzers)
                    if archive.state != "running":  # what was shown as its end stays as it is
                        return
                    _append(
                        file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
                    )
                    archive.done += len(rows)
                    self._metrics.sentences.inc(sum(row["total"] for row in rows))
                    self._workspace.folder(archive.token)  # in use as long as it runs
            self._end(archive, "done")
        except DiplotoneError as error:
            self._end(archive, "failed", str(error))
        except Exception as error:
            logger.exception("an archive failed")
            self._end(archive, "failed", shortage(error) or "a fault of the service; its log has the details")

    async def _turn(
        self, archive: Archive, texts: Sequence[ArchiveText], analyzers: tuple[Analyzer, ...]
    ) -> list[dict[str, Any]]:
        while True:
            try:
                return await self._pool.run(
                    lambda analyzer: _scored_while_running(analyzer, archive, texts),
                    analyzers,
                    deadline_s=TURN_DEADLINE_S,
                )
            except Busy as busy:  # people go first
                await asyncio.sleep(busy.retry_after_s)


def _scored_while_running(
    analyzer: Analyzer, archive: Archive, texts: Iterable[ArchiveText]
) -> list[dict[str, Any]]:
    """Rows of texts, one after the other; whoever stops the archive has the analyzer back after the next."""
    rows = []
    for text in texts:
        if archive.state != "running":
            break
        rows.append(scored(analyzer, text))
    return rows


def _append(file: FileIO, data: bytes) -> None:
    """Write all of it, or nothing where the disk has no room for all."""
    whole = file.tell()
    try:
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]
    except OSError:
        file.truncate(whole)
        raise


def _turns(texts: Iterable[ArchiveText]) -> Iterable[list[ArchiveText]]:
    turn: list[ArchiveText] = []
    n_chars = 0
    for text in texts:
        if turn and n_chars + len(text.text) > CHARS_PER_TURN:
            yield turn
            turn, n_chars = [], 0
        turn.append(text)
        n_chars += len(text.text)
    if turn:
        yield turn
