"""What a sentence looks like to the network: typographic and look-alike characters as the plain ones they stand for.

A full-width letter, a ligature, a curly quote, a soft hyphen, a Cyrillic letter inside a Latin word: the reader sees
the same sentence, the tokenizer would see another. Only the network reads the plain form; every offset that is given
out is one of the text as it came.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from .records import Span

LOOK_ALIKES = {
    # Cyrillic
    **dict(zip("АВЕКМНОРСТУХЅІЈԚԜӀ", "ABEKMHOPCTYXSIJQWI", strict=True)),
    **dict(zip("аеорсухѕіјһԁԛԝӏ", "aeopcyxsijhdqwl", strict=True)),
    # Greek
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
    **dict(zip("ανορυικ", "avopuik", strict=True)),
}
"""Letters of other scripts that are drawn like a Latin one -> that one."""

_SIGNS = {
    ord(sign): plain_sign
    for plain_sign, signs in {"'": "‘’‚‛′´", '"': "“”„‟″", "-": "‐‑−"}.items()
    for sign in signs
}
"""Quotes and hyphens as ASCII has them; NFKC leaves most as they are."""

_TO_LATIN = str.maketrans(LOOK_ALIKES)

_INVISIBLE = "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
"""Soft hyphen, zero-width and direction characters, variation selectors: what Unicode draws as nothing."""

_ODD = re.compile(r".?[^\x00-\x7f]+", re.DOTALL)
"""Characters that may change, with the one before them: a mark may join it."""

_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_NOTHING = re.compile(f"[{_INVISIBLE}]+")


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text in its plain form, and where each place of the original lies in it."""

    text: str
    _starts: tuple[int, ...] = ()
    """Where the changed stretches begin in the original, rising."""
    _ends: tuple[int, ...] = ()
    _plain_starts: tuple[int, ...] = ()
    _plain_ends: tuple[int, ...] = ()

    def span(self, span: Span) -> Span:
        """Return where a span of the original lies in the plain text; empty where nothing is left of it.

        A boundary inside a stretch that was changed moves outward, to that stretch's own.
        """
        start, end = span
        return self._place(start, self._plain_starts, last=False), self._place(
            end, self._plain_ends, last=True
        )

    def _place(self, place: int, inside: tuple[int, ...], *, last: bool) -> int:
        """Where a boundary goes; `inside` says where, when it falls into a changed stretch."""
        n = (bisect_left if last else bisect_right)(self._starts, place) - 1
        if n < 0:
            return place
        if place < self._ends[n] or (last and place == self._ends[n]):
            return inside[n]
        return self._plain_ends[n] + place - self._ends[n]


def plain(text: str) -> PlainText:
    """Return a text as the network is to read it; ASCII stays as it is.

    Compatibility forms become plain (Unicode's NFKC), invisible characters go, typographic quotes and hyphens become
    ASCII's, and a letter of another script becomes the Latin one that it looks like where it stands in a Latin word
    whose other letters can be read so too.
    """
    if text.isascii():
        return PlainText(text)
    parts: list[str] = []
    marks: list[tuple[int, int, int, int]] = []
    done = length = 0
    for start, end, new in _changes(text):
        kept = text[done:start]
        begin = length + len(kept)
        length = begin + len(new)
        parts += [kept, new]
        marks.append((start, end, begin, length))
        done = end
    return PlainText(_WORD.sub(_latin, "".join([*parts, text[done:]])), *zip(*marks, strict=True))


def _changes(text: str) -> Iterator[tuple[int, int, str]]:
    """Stretches that become another text, in order: `[start, end)` and what takes their place."""
    for odd in _ODD.finditer(text):
        start = odd.start()
        for cluster in _clusters(odd[0]):
            end = start + len(cluster)
            new = unicodedata.normalize("NFKC", _NOTHING.sub("", cluster).translate(_SIGNS))
            if new != cluster:
                same = int(cluster[0] == new[:1])
                yield start + same, end, new[same:]
            start = end


def _clusters(text: str) -> Iterator[str]:
    """Each character with the marks and invisible characters that follow it."""
    start = 0
    for n in range(1, len(text) + 1):
        if n == len(text) or not (unicodedata.combining(text[n]) or _NOTHING.match(text[n])):
            yield text[start:n]
            start = n


def _latin(word: re.Match[str]) -> str:
    """A word of Latin letters and look-alikes in Latin letters; any other as it is."""
    found = word[0]
    if found.isascii() or not _LATIN.search(found):
        return found
    others = _LATIN.sub("", found)
    return found.translate(_TO_LATIN) if all(letter in LOOK_ALIKES for letter in others) else found
