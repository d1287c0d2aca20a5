"""Rows as lines of JSON, whatever a user's own keys hold."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def one_line(value: Any) -> str:
    """Return a row, or what stands in one, as one line of JSON that any reader takes: no NaN, no half characters."""
    try:
        line = json.dumps(value, ensure_ascii=False, allow_nan=False, default=plain)
    except ValueError:
        line = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, default=plain)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # half a character in a key of the user's own: escaped, as it came
        return json.dumps(json.loads(line))
    return line


def plain(value: Any) -> str:
    """Return as text what JSON has no word for, such as a date out of Parquet."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value
