"""How far an archive is, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

SECONDS_BETWEEN_LINES = 10.0
"""Where standard error is no terminal."""


class Progress:
    """Tells how many rows are done, how fast, and how long the rest takes.

    Args:
        total: Rows, as far as is known.
        before: Rows that an earlier run had done.
        shown: Whether to tell at all.
        clock: Seconds from any moment on.
    """

    def __init__(
        self, total: int, before: int, *, shown: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total = total
        self._before = before
        self._shown = shown
        self._rows = before
        self._on_terminal = sys.stderr.isatty()
        self._clock = clock
        self._begun = self._told = clock()

    def add(self, rows: int) -> None:
        """Count rows that are done."""
        self._rows += rows
        now = self._clock()
        if self._shown and (self._on_terminal or now - self._told >= SECONDS_BETWEEN_LINES):
            self._told = now
            self._tell(now - self._begun)

    def close(self) -> None:
        """Leave the last line standing."""
        if self._shown and self._on_terminal:
            sys.stderr.write("\n")

    def _tell(self, seconds: float) -> None:
        line = f"{self._rows:,} of about {self._total:,} rows"
        if rate := (self._rows - self._before) / seconds if seconds > 0 else 0.0:
            left = max(self._total - self._rows, 0)
            line += f", {rate:,.0f} a second, {_duration(left / rate)} left"
        sys.stderr.write(f"\r{line:<78}" if self._on_terminal else line + "\n")
        sys.stderr.flush()


def _duration(seconds: float) -> str:
    minutes, hours = seconds / 60, seconds / 3600
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes:.0f} min" if hours < 2 else f"{hours:.1f} h"
