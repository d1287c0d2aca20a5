"""Archives under way: many texts scored one after the other, with progress, an end in sight and a way out.

An archive takes one turn of the analyzers at a time, so that people at the page are served in between.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any, Literal

from ..model.analysis import Analysis
from ..model.analyzer import Analyzer
from ..model.errors import DiplotoneError
from .archive_file import ArchiveText
from .metrics import Metrics
from .pool import AnalyzerPool, Busy
from .shortage import shortage
from .workspace import Gone, Workspace

State = Literal["running", "done", "cancelled", "failed"]

RESULTS = "texts.jsonl"
CHARS_PER_TURN = 20_000
"""Texts that one turn of an analyzer takes, in characters: a second or so, after which others may go first."""

TURN_DEADLINE_S = 3_600.0
"""What a turn may take: nobody sits and waits for it, and on a busy machine it waits for those who do."""

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
    state: State = "running"
    done: int = 0
    problem: str | None = None
    begun: float = field(default_factory=time.monotonic)
    task: asyncio.Task[None] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return how far it is, with the seconds left as far as they can be told."""
        took = time.monotonic() - self.begun
        left = took / self.done * (len(self.texts) - self.done) if self.done else None
        return {
            "id": self.token,
            "name": self.name,
            "state": self.state,
            "done": self.done,
            "total": len(self.texts),
            "seconds_left": round(left, 1) if left is not None and self.state == "running" else None,
            "undated": sum(text.date is None for text in self.texts),
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
        self._forget()
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

    def cancel(self, token: str) -> Archive:
        """Stop an archive; what is scored stays to be downloaded."""
        archive = self.get(token)
        if archive.state == "running":
            archive.state = "cancelled"
        return archive

    def stop(self) -> None:
        """Stop all."""
        for archive in self._archives.values():
            if archive.task is not None:
                archive.task.cancel()

    def _forget(self) -> None:
        """Drop what is done and whose folder the workspace has removed."""
        for token, archive in list(self._archives.items()):
            if archive.state != "running" and not archive.folder.exists():
                del self._archives[token]

    async def _score(self, archive: Archive) -> None:
        analyzers = self._pool.analyzers  # one release for all of it, whatever is promoted meanwhile
        try:
            with (archive.folder / RESULTS).open("wb", buffering=0) as file:
                for turn in _turns(archive.texts):
                    if archive.state != "running":
                        return
                    rows = await self._turn(turn, analyzers)
                    _append(
                        file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
                    )
                    archive.done += len(rows)
                    self._metrics.sentences.inc(sum(row["total"] for row in rows))
                    self._workspace.folder(archive.token)  # in use as long as it runs
            archive.state = "done"
        except DiplotoneError as error:
            archive.state, archive.problem = "failed", str(error)
        except Exception as error:
            logger.exception("an archive failed")
            archive.state = "failed"
            archive.problem = shortage(error) or "a fault of the service; its log has the details"

    async def _turn(
        self, texts: Sequence[ArchiveText], analyzers: tuple[Analyzer, ...]
    ) -> list[dict[str, Any]]:
        while True:
            try:
                return await self._pool.run(
                    lambda analyzer: [_scored(analyzer, text) for text in texts],
                    analyzers,
                    deadline_s=TURN_DEADLINE_S,
                )
            except Busy as busy:  # people go first
                await asyncio.sleep(busy.retry_after_s)


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


def _scored(analyzer: Analyzer, text: ArchiveText) -> dict[str, Any]:
    analysis = analyzer.analyze(text.text)
    return {
        "row": text.row,
        "id": text.id,
        "date": text.date.isoformat() if text.date else None,
        "begins": " ".join(text.text[:160].split()),
        **_figures(analysis),
    }


def _figures(analysis: Analysis) -> dict[str, Any]:
    tone = analysis.tone
    return {
        "tone": tone.value if tone.value is None else round(tone.value, 4),
        "low": tone.low if tone.low is None else round(tone.low, 4),
        "high": tone.high if tone.high is None else round(tone.high, 4),
        "label": tone.label,
        "n": tone.n,
        "total": tone.total,
        "reason": tone.reason,
        "shares": {
            task: {k: round(v, 4) for k, v in shares.items()} for task, shares in analysis.shares.items()
        },
        "dyads": [
            {"source": d.source, "target": d.target, "stance": d.stance, "mean": round(d.mean, 4), "n": d.n}
            for d in analysis.dyads
        ],
        "text_sha256": analysis.provenance.text_sha256,
        "release": analysis.provenance.release,
    }


def read_results(folder: Path) -> list[dict[str, Any]]:
    """Return the rows that are scored so far."""
    path = folder / RESULTS
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


FLAT = ("row", "id", "date", "begins", "tone", "low", "high", "label", "n", "total", "reason")


def flat_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one flat row per text, for CSV and Parquet."""
    return [
        {
            **{key: row[key] for key in FLAT},
            **{
                f"{task}_{name}": share
                for task, shares in row["shares"].items()
                for name, share in shares.items()
            },
            "dyads": "; ".join(
                f"{d['source']}>{d['target']} {d['mean']:+.2f} ({d['n']})" for d in row["dyads"]
            ),
            "text_sha256": row["text_sha256"],
            "release": row["release"],
        }
        for row in rows
    ]
