"""Sentences with their place in the text.

The splitter knows the abbreviations of diplomatic prose, splits inside quotations (each sentence of a
quotation has a tone of its own) and never loses a character: the text between two sentences is white
space. It reads the text once from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..analysis import SentenceKind
from .abbreviations import (
    AFTER_CLOCK,
    BEFORE_NUMBERS,
    CLOCK,
    NEVER_LAST,
    SOMETIMES_LAST,
    STARTERS,
    TITLES,
)
from .layout import paragraphs

_STOP = re.compile(r"[.!?…。！？]+[\"'”’»)\]]*(?:\[\d{1,3}\])*")
_CLOSERS = "\"'”’»)]"
_OPENERS = "\"'“‘«([—–-"
_LONGEST_WORD = 24
"""Characters looked at before a full stop: no abbreviation is longer."""

_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]$")
_NEXT_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_ATTRIBUTION = re.compile(
    r"(?:[A-Z][\w.'’-]{0,30}\s){1,5}(?:said|says|asked|asks|added|told|wrote|tweeted|replied|shouted|declared|"
    r"demanded|exclaimed|responded|warned|wondered)\b"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, or one piece of an article that is none, such as a byline.

    Offsets are `[start, end)` in the text as it was given, without the white space around.
    """

    start: int
    end: int
    kind: SentenceKind


def split(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a text in order.

    They do not overlap, and what lies between them is white space. A speaker's label ("THE PRESIDENT:")
    and a dateline before the text ("SEOUL (AP) —") are pieces of their own.
    """
    return tuple(
        Sentence(start, end, paragraph.kind)
        for paragraph in paragraphs(text)
        for start, end in _pieces(text, paragraph.start, paragraph.end, paragraph.kind)
    )


def _pieces(text: str, start: int, end: int, kind: SentenceKind) -> Iterator[tuple[int, int]]:
    if kind in ("speaker", "dateline", "byline"):
        yield start, end
        return
    has_letters_until = start
    has_letters = False
    for stop in _STOP.finditer(text, start, end):
        if stop.end() >= end:
            break
        has_letters = has_letters or any(map(str.isalpha, text[has_letters_until : stop.start()]))
        has_letters_until = stop.end()
        # Without a letter it is the number of a paragraph ("182.", "(3).").
        if has_letters and _is_border(text, start, stop, end):
            yield start, stop.end()
            start = stop.end()
            while text[start].isspace():
                start += 1
            has_letters, has_letters_until = False, start
    yield start, end


def _is_border(text: str, start: int, stop: re.Match[str], end: int) -> bool:
    """Whether a sentence ends with this full stop, question mark or the like."""
    after = stop.end()
    marks = stop[0].rstrip(_CLOSERS + "0123456789[")
    if marks[-1:] in "。！？":
        return True
    if not text[after].isspace():
        return False
    following = after
    while following < end and (text[following].isspace() or text[following] in _OPENERS):
        following += 1
    if following >= end:
        return False
    opens = any(c in _OPENERS[:-3] for c in text[after:following])
    if text[following].islower():
        # "peace," he said; but a bracket or a quotation may begin in lower case after a real stop.
        return False
    word = _NEXT_WORD.match(text, following, min(end, following + 40))
    next_word = word[0].casefold() if word else ""
    starts = next_word.split("'")[0].split("’")[0] in STARTERS
    quoted = any(c in "\"”’»'" for c in stop[0])
    if "!" in marks or "?" in marks:
        return not quoted or starts or not _ATTRIBUTION.match(text, following, min(end, following + 160))
    if marks in ("...", "…") or (marks.startswith(("...", "…")) and len(marks) < 4):
        detached = text[stop.start() - 1].isspace()
        return starts or opens or not detached
    if len(marks) > 1 or quoted:
        return True
    return not _is_abbreviation(text, start, stop.start(), following, next_word, starts or opens)


def _is_abbreviation(text: str, start: int, dot: int, following: int, next_word: str, starts: bool) -> bool:
    """Whether the full stop at `dot` belongs to its word only, what follows being the same sentence."""
    begin = dot
    while begin > max(start, dot - _LONGEST_WORD) and not text[begin - 1].isspace():
        begin -= 1
    token = text[begin:dot].lstrip("\"'“‘«([—–")
    word = token.casefold()
    if word in NEVER_LAST:
        return True
    if word in TITLES:
        return not (word in ("min", "sec", "gen", "rep", "ret", "no") and token.islower() and starts)
    if word in CLOCK:
        return next_word in AFTER_CLOCK or "(" in text[dot:following]
    if word in BEFORE_NUMBERS and (text[following].isdigit() or _is_roman(next_word)):
        return True
    if len(token) == 1 and token.isalpha():
        return not starts if token.isupper() else word in BEFORE_NUMBERS and text[following].isdigit()
    if word in SOMETIMES_LAST or _ACRONYM.match(token):
        # "Inc", "Ind" and so on are abbreviations only when capitalised; "del" and "miss" are words.
        return not starts and (token[:1].isupper() or "." in token)
    tail = word.rsplit("-", 1)[-1]
    return "-" in token and tail in SOMETIMES_LAST and not starts


def _is_roman(word: str) -> bool:
    return bool(word) and all(letter in "ivxlc" for letter in word) and len(word) < 7
