"""Scores one slice of an archive into one shard. Local processes and Ray run the same class."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from platform import node
from typing import TextIO

from ..errors import RecordError
from .as_json import one_line
from .check import record_of
from .copies import Copies
from .made_with import MadeWith, made_with
from .output import Output, Scored
from .shards import Done, ShardPaths, written_whole
from .source import Slice, Source

ROWS_AT_ONCE = 2_000
"""Rows in memory at a time: enough to fill batches of every length, few enough to stay small."""


@dataclass(frozen=True, slots=True)
class Job:
    """All that a process needs to know to score slices; small enough to be sent to it."""

    source: Source
    output: Output
    paths: ShardPaths
    release: Path
    made_with: MadeWith
    """What the output is computed with, and no machine with anything else."""


@dataclass(frozen=True, slots=True)
class Task:
    """One slice, and which of its rows repeat others."""

    part: Slice
    copies: Copies = ()


Tell = Callable[[int], None]
"""Is told of so many further rows, in the process that keeps the count."""


class ShardScorer:
    """Turns slices into shards with one analyzer of one thread.

    One thread, so that as many scorers as there are cores do not stand in each other's way, and so that the numbers
    are the same whoever runs them.

    Args:
        job: What to score with.
        tell: Is told of rows as they are done, `ROWS_AT_ONCE` at a time; None tells nobody.

    Raises:
        RecordError: This machine would compute otherwise than the one on which the output was begun.
    """

    def __init__(self, job: Job, tell: Tell | None = None) -> None:
        from ..analyzer import load

        if differing := job.made_with.differing(made_with(job.made_with.precision)):
            raise RecordError(
                f"{job.paths.folder}: cannot be gone on with on {node() or 'this machine'}: {'; '.join(differing)};"
                " leave that machine out, or start over with --fresh"
            )
        self._job = job
        self._tell = tell
        self._analyzer = load(job.release, threads=1, precision=job.made_with.precision)

    def __call__(self, task: Task) -> Done:
        """Score a slice; when this returns, its shard and its rejects are in place.

        Raises:
            RecordError: The input cannot be read, or the shard cannot be written.
        """
        number = task.part.number
        shard, rejects = self._job.paths.shard(number), self._job.paths.rejects(number)
        counts = {"scored": 0, "copies": 0, "rejected": 0}
        try:
            with written_whole(shard) as half:
                with written_whole(rejects) as half_rejects, half_rejects.open("w", encoding="utf-8") as file:
                    self._job.output.write(self._scored(task, counts, file), half)
                if not counts["rejected"]:
                    rejects.unlink()
            return Done(shard=number, bytes=shard.stat().st_size, **counts)
        except OSError as error:
            raise RecordError(
                f"{error.filename or shard}: {error.strerror or error}; mend that and run the same command to go on"
            ) from error

    def _scored(self, task: Task, counts: dict[str, int], rejects: TextIO) -> Iterator[list[Scored]]:
        """The records of a slice with what was found, some at a time, in order."""
        source, codebook = self._job.source, self._analyzer.codebook
        copies = dict(task.copies)
        rows = enumerate(source.rows(task.part))
        while some := list(islice(rows, ROWS_AT_ONCE)):
            records = {}
            for place, row in some:
                record, reason = record_of(row, source, codebook)
                if record is not None:
                    records[place] = record
                    continue
                counts["rejected"] += 1
                fault = {
                    "line": row.line,
                    "reason": reason,
                    "row": row.raw if row.cells is None else row.cells,
                }
                rejects.write(one_line(fault) + "\n")
            fresh = [place for place in records if place not in copies]
            predicted = dict(
                zip(fresh, self._analyzer.score_records([records[place] for place in fresh]), strict=True)
            )
            counts["scored"] += len(fresh)
            counts["copies"] += len(records) - len(fresh)
            yield [
                (
                    record,
                    {"predicted": predicted[place]} if place in predicted else {"copy_of": copies[place]},
                )
                for place, record in records.items()
            ]
            if self._tell:
                self._tell(len(some))
