"""The release that is promoted, put into use by the service while it runs.

It is loaded beside the one that answers, tested on the sentences that it brings with it, warmed up, and only then
takes over, in one step. Where any of that fails, the old one goes on.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TypeAlias

from ..model.analyzer import Analyzer, load
from ..model.codebook import Codebook
from ..model.errors import DiplotoneError, ReleaseError
from ..model.golden import self_test
from ..model.release import ReleaseWatch, shipped_release
from .batching import shareable
from .pool import WARM_UP, AnalyzerPool

logger = logging.getLogger(__name__)

_Stamp: TypeAlias = "tuple[int, int] | None"


class Takeover:
    """Looks for another promoted release and lets it take over.

    Args:
        pool: Whose analyzers are replaced.
        watch: Made before the pool's release was loaded, so that no promotion is missed.
        precision: What releases are to compute in; None takes what each was tested in.
    """

    def __init__(self, pool: AnalyzerPool, watch: ReleaseWatch, precision: str | None = None) -> None:
        self._pool = pool
        self._watch = watch
        self._precision = precision
        self.notice: str | None = None
        """Why the release that was promoted last does not answer; None where it does."""
        self._refused: tuple[Path, _Stamp] | None = None

    def look(self) -> None:
        """Take up the promoted release, if it is another than at the last look. Takes seconds where it is."""
        folder = self._watch.moved() or self._mended()
        if folder is None:
            return
        self.notice = self._refused = None
        before, stamp = self._pool.analyzers[0].release, _stamp(folder)
        if folder == before.folder:  # gone back from one that was not taken
            return
        try:
            self._pool.replace(self._loaded(folder))
        except Exception as error:  # a library's fault in a strange release is no reason to stop answering
            words = str(error) if isinstance(error, DiplotoneError) else f"{folder}: {error!r}"
            self.notice = (
                f"the release put into use is not taken up: {' '.join(words.split())};"
                f" {before.label} goes on answering"
            )
            self._refused = folder, stamp
            logger.error(self.notice)
        else:
            logger.info("%s answers now, after %s", self._pool.release, before.label)

    def _mended(self) -> Path | None:
        """The folder that was refused, where a new promotion has since put another in its place."""
        if self._refused is None:
            return None
        folder, stamp = self._refused
        return folder if _stamp(folder) != stamp else None

    def _loaded(self, folder: Path) -> list[Analyzer]:
        """As many analyzers as the pool has, ready to answer."""
        now = self._pool.analyzers
        new = [shareable(load(folder, precision=self._precision)) for _ in now]
        if not _same_labels(now[0].codebook, new[0].codebook):
            raise ReleaseError(
                f"{new[0].release.label}: has other labels than the service was started with; restart the service to"
                " use it"
            )
        if folder != shipped_release():  # which is put into use untested, so that there is always one
            self_test(new[0])
        for analyzer in new:
            analyzer.analyze(WARM_UP)
        return new


def _stamp(folder: Path) -> _Stamp:
    """What changes when a folder is replaced; None without one."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _same_labels(one: Codebook, other: Codebook) -> bool:
    return [(task.name, task.names) for task in one] == [(task.name, task.names) for task in other]
