"""How much the sentences that wait to be labelled would teach the release that answers now.

A sentence that is put up bears the doubt of the release that answered then. Another release is unsure of others; so
once it answers it is asked about all that wait, a few at a time between the requests of readers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence

from ..model.analyzer import Analyzer, Prediction
from ..model.errors import DiplotoneError
from ..model.next_labels import by_worth, uncertainty
from ..model.records import Record
from .label_types import Doubtful
from .labelling import FindPairs, unlabelled
from .labels import LabelStore
from .pool import AnalyzerPool, Busy, TooLate

PART = 32
"""Sentences of which a release is asked at once; a reader who comes in between waits for no more."""

TOGETHER = 2_000
"""Sentences that are compared with one another, so that the alike do not all come first."""

UNREADABLE = -1.0
"""The doubt of a sentence that the release cannot read: below all others, so that it comes last."""

SECONDS_BETWEEN_LOOKS = 1.0
"""Between two looks whether another release answers, and before a pool that is busy is asked again."""

logger = logging.getLogger(__name__)


async def keep_doubts(store: LabelStore, pool: AnalyzerPool, find_pairs: FindPairs) -> None:
    """Renew the doubts whenever another release answers than before, the start included; goes on for ever."""
    asked = None
    while True:
        if pool.ready and (release := pool.release) != asked:
            try:
                await renew_doubts(store, pool, find_pairs)
            except DiplotoneError as error:
                logger.warning("the sentences to label stay in the order of the release before: %s", error)
            asked = release
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


async def renew_doubts(store: LabelStore, pool: AnalyzerPool, find_pairs: FindPairs) -> int:
    """Ask the release that answers about the sentences that bear another one's doubt, and return how many they are.

    Where yet another one takes over meanwhile, nothing is written and 0 returned.

    Raises:
        LabelError: The store cannot be used.
    """
    release = pool.release
    texts = await asyncio.to_thread(store.doubted_by_others, release)
    scored: list[tuple[float, Record]] = []
    for start in range(0, len(texts), PART):
        records = [unlabelled(text, find_pairs) for text in texts[start : start + PART]]
        by, doubts = await _asked(pool, records)
        if by != release:
            return 0
        scored += zip(doubts, records, strict=True)
    if scored:
        doubtful = await asyncio.to_thread(lambda: list(_doubtful(scored, release)))
        await asyncio.to_thread(store.renew_doubts, doubtful)
    return len(scored)


async def _asked(pool: AnalyzerPool, records: Sequence[Record]) -> tuple[str, list[float]]:
    """Who was asked, and how unsure it is of each."""

    def ask(analyzer: Analyzer) -> tuple[str, list[float]]:
        found = analyzer.predict(records)
        doubts = [uncertainty(one) if isinstance(one, Prediction) else UNREADABLE for one in found]
        return analyzer.release.label, doubts

    while True:
        try:
            return await pool.run(ask)
        except (Busy, TooLate):  # readers come first
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


def _doubtful(scored: Sequence[tuple[float, Record]], release: str) -> Iterator[Doubtful]:
    ranked = sorted(scored, key=lambda entry: -entry[0])
    for start in range(0, len(ranked), TOGETHER):
        for found in by_worth(ranked[start : start + TOGETHER], TOGETHER):
            yield Doubtful(text=found.record.text, release=release, doubt=found.worth)
