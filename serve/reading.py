"""What every way in has in common: texts and records are checked, wait for the pool, and are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..model.analysis import Analysis, Comparison
from ..model.codebook import Codebook
from .config import ServeConfig
from .limits import check_numbers, check_records, check_text, check_two_texts
from .metrics import Metrics
from .pool import AnalyzerPool


class Reading:
    """Reads for the page, HTTP, Gradio's clients and assistants alike.

    Args:
        pool: Reads the texts.
        config: Limits.
        metrics: Where the sentences are counted.
    """

    def __init__(self, pool: AnalyzerPool, config: ServeConfig, metrics: Metrics) -> None:
        self._pool = pool
        self._config = config
        self._metrics = metrics

    async def analysis(self, text: object, **options: Any) -> Analysis:
        """Return what is in an article; the options are those of `Analyzer.analyze`.

        Raises:
            TextError: It is empty or too long (see `check_text`).
            Busy, TooLate: See `AnalyzerPool.run`.
        """
        checked = self.checked(text)
        found = await self._pool.run(
            lambda analyzer: analyzer.analyze(checked, **options), chars=len(checked)
        )
        self.count(found)
        return found

    async def scores(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return records with what was predicted, in the order given.

        Raises:
            RecordError: There are too many, or one is faulty.
            Busy, TooLate: See `AnalyzerPool.run`.
        """
        chars = check_records(rows, self._config.max_records, self._config.max_chars)
        check_numbers(rows)
        scored = await self._pool.run(lambda analyzer: analyzer.score(rows), chars=chars)
        self._metrics.sentences.inc(len(scored))
        return scored

    async def comparison(self, before: object, after: object) -> tuple[Comparison, Codebook]:
        """Return two texts side by side, the earlier one first, and the codebook by which they were read.

        Raises:
            TextError: One is empty or too long, or both have too many sentences.
            Busy, TooLate: See `AnalyzerPool.run`.
        """
        one, other = check_two_texts(before, after, self._config.max_chars)
        found, codebook = await self._pool.run(
            lambda analyzer: (analyzer.compare(one, other), analyzer.codebook), chars=len(one) + len(other)
        )
        self.count(found.before, found.after)
        return found, codebook

    def checked(self, text: object) -> str:
        """Return a text as an analyzer is given it (see `check_text`).

        Raises:
            TextError: It is empty or too long.
        """
        return check_text(text, self._config.max_chars)

    def count(self, *analyses: Analysis) -> None:
        """Count the sentences of articles that were read."""
        self._metrics.sentences.inc(sum(len(analysis.sentences) for analysis in analyses))
