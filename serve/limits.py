"""What one request may hold; the same words on the page and over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..model.errors import RecordError, TextError

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def check_text(text: object, max_chars: int, name: str = "the text") -> str:
    """Return a text that may go to an analyzer.

    Halves of surrogate pairs, which are no characters and cannot be sent back, become U+FFFD; offsets
    stay as they are.

    Args:
        text: What came.
        max_chars: The most characters that are taken.
        name: What the text is called in a message.

    Raises:
        TextError: It is no string, empty or too long.
    """
    if not isinstance(text, str) or not text.strip():
        raise TextError(f"{name} is empty; paste an article or a statement")
    if len(text) > max_chars:
        raise TextError(f"{name} has more than {max_chars:,} characters; split it into parts")
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def check_two_texts(a: object, b: object, max_chars: int) -> tuple[str, str]:
    """Return two texts that may be compared; a message says which of them it is about.

    Raises:
        TextError: One is no string, empty or too long.
    """
    return check_text(a, max_chars, "the earlier text (a)"), check_text(b, max_chars, "the later text (b)")


def check_records(records: Sequence[Mapping[str, Any]], max_records: int, max_chars: int) -> int:
    """Return how many characters the texts of a batch of records have; what else is in them the analyzer checks.

    Raises:
        RecordError: There are none, too many, or too much text in all.
    """
    if not records:
        raise RecordError('records: there are none; give at least one, such as {"text": "..."}')
    if len(records) > max_records:
        raise RecordError(
            f"records: there are {len(records):,}; at most {max_records:,} are taken at once, split them"
        )
    n_chars = sum(len(row["text"]) for row in records if isinstance(row.get("text"), str))
    if n_chars > max_chars:
        raise RecordError(
            f"records: their texts have {n_chars:,} characters in all; at most {max_chars:,} are taken at once,"
            " split them"
        )
    return n_chars


def check_numbers(records: Sequence[Mapping[str, Any]]) -> None:
    """Refuse what Python's reader takes for a number and JSON does not know: it could not be handed back.

    Raises:
        RecordError: A record holds NaN or Infinity.
    """
    for number, row in enumerate(records, 1):
        try:
            json.dumps(row, allow_nan=False)
        except ValueError:
            raise RecordError(
                f"record {number}: holds NaN or Infinity, which JSON has not; write null"
            ) from None
