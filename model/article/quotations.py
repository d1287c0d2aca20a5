"""Where quotation marks open and close: straight and curly, over several sentences, never an apostrophe."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

_DOUBLE = re.compile(r"[\"“”„«»]|\n[ \t\r\f\v]*(?=\n)")
_SINGLE = re.compile(r"(?<![\w'’])[‘'](?=[^\W\d_])|(?<=[\w.,!?…])[’'](?![\w'’])|\n")

FEWEST_SINGLE_QUOTED = 3
"""Words between single marks that make a quotation; fewer are a name or a turn of phrase."""


def quotations(text: str) -> tuple[Span, ...]:
    """Return what stands between quotation marks, the marks included, in order and without overlap.

    A quotation that is not closed ends with its paragraph: a speech of several paragraphs opens each of
    them anew. Single marks count only outside double ones.
    """
    double = tuple(_double(text))
    return tuple(sorted([*double, *_single(text, double)]))


def _double(text: str) -> Iterator[Span]:
    opened: int | None = None
    for match in _DOUBLE.finditer(text):
        mark, position = match[0], match.start()
        if mark[0] == "\n":  # an empty line
            if opened is not None:
                yield opened, position
            opened = None
        elif _opens(text, position, is_open=opened is not None):
            if opened is not None:
                yield opened, position
            opened = position
        elif opened is not None:
            yield opened, position + 1
            opened = None
    if opened is not None:
        yield opened, len(text)


def _opens(text: str, position: int, *, is_open: bool) -> bool:
    mark = text[position]
    if mark in "“„«":
        return True
    if mark in "”»":
        return False
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    if (before.isspace() or before in "([—–-") and not after.isspace():
        return True
    if not before.isspace() and (after.isspace() or after in ".,;:!?)]—–-"):
        return False
    return not is_open


def _single(text: str, double: tuple[Span, ...]) -> Iterator[Span]:
    opened: int | None = None
    taken = iter([*double, (len(text) + 1, len(text) + 1)])
    start, end = next(taken)
    for match in _SINGLE.finditer(text):
        position = match.start()
        while end <= position:
            start, end = next(taken)
        if start <= position or match[0] == "\n":
            opened = None
        elif position + 1 < len(text) and text[position + 1].isalpha():
            opened = position
        elif opened is not None and len(text[opened:position].split()) >= FEWEST_SINGLE_QUOTED:
            yield opened, position + 1
            opened = None
