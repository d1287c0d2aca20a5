"""Files and addresses that people hand in, read a few at a time: each may take much memory."""

from __future__ import annotations

from functools import partial

import anyio

from .config import ServeConfig
from .fetch import fetch
from .ingest import Ingested, ingest
from .pool import Busy

AT_ONCE = 2
MOST_WAITING = 16
SECONDS_EACH = 3
"""What one takes, roughly; tells others when to come back."""


class Intake:
    """Reads what is handed in; lives in one event loop."""

    def __init__(self, config: ServeConfig) -> None:
        self._limits = {"max_bytes": config.max_file_bytes, "max_chars": config.max_chars}
        self._turns = anyio.CapacityLimiter(AT_ONCE)

    async def file(self, name: str, data: bytes) -> Ingested:
        """Return the text of a file (see `ingest`).

        Raises:
            Busy: Too many wait already.
            TextError, MissingExtra: It cannot be read.
        """
        waiting = self._turns.statistics().tasks_waiting
        if waiting >= MOST_WAITING:
            raise Busy(waiting, SECONDS_EACH * waiting // AT_ONCE)
        read = partial(ingest, name, data, **self._limits)
        return await anyio.to_thread.run_sync(read, limiter=self._turns)

    async def url(self, url: str) -> Ingested:
        """Return the text of a page of the public web (see `fetch`).

        Raises:
            Busy: Too many wait already.
            TextError, MissingExtra: It cannot be fetched or read.
        """
        page = await fetch(url, self._limits["max_bytes"])
        return await self.file(page.name, page.data)
