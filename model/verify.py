"""Whether a saved result can be had again: the article is read anew, and every difference is named.

Compared is the whole result, number by number and label by label, but for the date, the version of the package, and
the labelled sentences set beside the article's, which may change places where two are equally near.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .analyzer import Analyzer
from .errors import RecordError, TextError

TOLERANCE = 0.005
"""Difference of two probabilities, 0..1, that is put down to another processor."""

_NOT_COMPARED = frozenset({"date", "diplotone", "precedents", "formula"})
_ADDED_LATER = frozenset({"rungs", "precision", "asymmetry"})
"""What results of older versions lack without being wrong."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the saved result and the new one differ."""

    where: str
    """Such as "sentences[3].tone.label"."""
    saved: str
    now: str

    def __str__(self) -> str:
        return f"{self.where}: saved {self.saved}, now {self.now}"


def read_result(path: Path) -> dict[str, Any]:
    """Return a saved result as a dict.

    Raises:
        RecordError: The file cannot be read, or is no result of `diplotone analyze --format json`.
    """
    try:
        saved = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise RecordError(f"{path}: is not JSON: {error}") from error
    provenance = saved.get("provenance") if isinstance(saved, dict) else None
    if not isinstance(provenance, dict) or not isinstance(provenance.get("text_sha256"), str):
        raise RecordError(
            f"{path}: holds no result; give one that diplotone analyze --format json or POST /v1/analyze made"
        )
    return saved


def text_of(saved: Mapping[str, Any], given: str | None = None, where: str = "the text") -> str:
    """Return the article that a result was made from: the text given, else the one saved with the result.

    Args:
        saved: A result.
        given: The article, for results that do not hold it.
        where: What the given text is called in messages.

    Raises:
        TextError: There is none, or the given one is another than the result was made from.
    """
    if given is not None:
        digest, wanted = _sha256(given), saved["provenance"]["text_sha256"]
        if digest != wanted:
            raise TextError(
                f"{where}: is not the article of this result: its sha256 begins with {digest[:12]}, the"
                f" result's with {wanted[:12]}; give the text as it was when it was analysed"
            )
        return given
    if not isinstance(saved.get("text"), str):
        raise TextError("the result does not hold its article; name the file of it with --text")
    return saved["text"]


def verify(
    saved: Mapping[str, Any], text: str, analyzer: Analyzer, *, tolerance: float = TOLERANCE
) -> tuple[Difference, ...]:
    """Return where a saved result differs from what the analyzer makes of its article now.

    Args:
        saved: The result, as `read_result` returns it.
        text: Its article, as `text_of` returns it.
        analyzer: With the release to verify by.
        tolerance: Difference of two numbers that does not count.
    """
    now = analyzer.analyze(text, precedents=0).as_dict()
    return tuple(_differences("", {k: v for k, v in saved.items() if k != "text"}, now, tolerance))


def _differences(where: str, saved: Any, now: Any, tolerance: float) -> Iterator[Difference]:
    if isinstance(saved, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys([*now, *saved]):
            place = f"{where}.{key}" if where else key
            if key in _NOT_COMPARED or (key in _ADDED_LATER and key not in saved):
                continue
            if key in saved and key in now:
                yield from _differences(place, saved[key], now[key], tolerance)
            else:
                yield Difference(place, *("there" if key in side else "missing" for side in (saved, now)))
    elif isinstance(saved, list) and isinstance(now, list):
        if len(saved) != len(now):
            yield Difference(f"number of {where}", str(len(saved)), str(len(now)))
        for number, (one, other) in enumerate(zip(saved, now, strict=False)):
            yield from _differences(f"{where}[{number}]", one, other, tolerance)
    elif not _same(where, saved, now, tolerance):
        yield Difference(where, _shown(saved), _shown(now))


def _same(where: str, saved: Any, now: Any, tolerance: float) -> bool:
    if isinstance(saved, bool) or isinstance(now, bool):
        return saved is now
    if isinstance(saved, int | float) and isinstance(now, float):
        return abs(saved - now) <= tolerance
    if where.endswith(".reason") and isinstance(saved, str) and isinstance(now, str):
        return _NUMBER.sub("0", saved) == _NUMBER.sub(
            "0", now
        )  # its figures are compared as figures elsewhere
    return type(saved) is type(now) and saved == now


def _shown(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
