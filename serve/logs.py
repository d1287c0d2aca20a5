"""Logs that say where something went wrong, and nothing of the texts that people had read."""

from __future__ import annotations

import copy
import logging
import sys
import traceback
from collections.abc import Iterator
from typing import Any


class WithoutTexts(logging.Formatter):
    """Writes of an exception its kind and where it arose; its words may quote what somebody pasted."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what another handler has made of the exception is not taken over."""
        record = copy.copy(record)
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802  (logging's own name)
        """Return the places that an exception and those behind it came through."""
        return "\n".join(
            "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__
            for error in _with_causes(ei[1])
        )


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def log_without_texts() -> logging.Handler:
    """Send warnings and errors of everybody to standard error, and return what does it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(WithoutTexts("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    return handler
