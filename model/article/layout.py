"""Paragraphs: which line breaks are borders, and what a paragraph is (headline, byline, bullet, ...).

Pasted articles come in every shape: one line per paragraph, lines wrapped at a fixed width, transcripts
with a speaker's name before each turn. A paragraph here is a stretch of text in which only full stops and
their like can end a sentence. Everything is one pass over the lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..analysis import SentenceKind
from .words import word_set

Span = tuple[int, int]

NARROWEST_WRAP = 40
"""Characters; shorter lines were broken by their writer, not by a line width."""

LONGEST_HEADLINE = 160
"""Characters; a longer line without a full stop is a paragraph that lost it."""

LONGEST_LABEL = 60
"""Characters of a speaker's label, a dateline before the text and of other furniture at a line's start."""

_LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_BULLET = re.compile(r"(?:[•‣◦▪●■○∙·*–—-]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s")
_ENDS_SENTENCE = re.compile(r"[.!?…。！？:;][\"'”’»)\]]{0,3}$")
_OPEN_END = re.compile(r"(?:,|\s(?:of|the|to|and|in|for|with|a|an|by|on|at|from|as|or))$")

_DATELINE = re.compile(
    r"(?:[A-Z][\w.'’-]*[ ,/]{1,2}){0,5}[A-Z][\w.'’-]*,?"  # SEOUL, South Korea
    r"(?: ?,? ?[A-Z][a-z]{2,8}\.? \d{1,2},?)?(?: \d{4})?"  # July 27
    r"(?: ?\([A-Z][\w .,/&-]{1,30}\))?"  # (AP)
    r"\s?(?:—|–|--|-)(?=\s)"
)
_AGENCY = re.compile(r"\([A-Z][\w .,/&-]{1,30}\)\s?(?:—|–|--|-)(?=\s)")
_PLACE_IN_CAPITALS = re.compile(r"[A-Z]{3}|[A-Z][a-z]+ ?(?:,|\()")

_LABEL = re.compile(r"(?=(.{1,60}?):\s)")
_TURN = re.compile(r"([QA])(?:[.:]\s|\s{2,}|\s(?=[A-Z\"“‘']))")
_TITLED = re.compile(
    r"(?:(?:the|deputy|prime|foreign|vice|secretary|attorney|assistant|under|senior) )*"
    r"(?:mr|mrs|ms|dr|amb|gen|sen|president|secretary|minister|ambassador|chancellor|premier|speaker|general|"
    r"admiral|moderator|question|questioner|answer|reporter|journalist|interviewer|interpreter|operator|"
    r"spokesperson|spokesman|spokeswoman|chair|chairman|chairwoman|press|participant|host|senator|"
    r"representative|staff|official|administration official)\b",
    re.IGNORECASE,
)
_INLINE_LABEL = re.compile(
    r"(?<=\s)(?:(?:THE|MR|MS|MRS|DR|GEN|SENATOR|SECRETARY|PRESIDENT|PRIME|FOREIGN|DEFENSE|MINISTER|CHANCELLOR|"
    r"AMBASSADOR|VICE|UNDER|ASSISTANT|SENIOR|ADMINISTRATION|PARTICIPANT|MODERATOR|INTERPRETER)\b\.?)"
    r"(?: [A-Z][A-Z'’.-]+){0,4}:(?=\s)"
)
_INLINE_QUESTION = re.compile(r"(?<=[.?!)\]\"”–—-]\s)Q(?=\s[A-Z\"“‘])")
FEWEST_INLINE_LABELS = 2
"""Speakers' labels in capitals within one line that make it a transcript whose line breaks were lost."""

_NOT_LABELS = word_set("breaking update updated exclusive note watch read more related correction editor")

_CAPTION = re.compile(
    r"(?:FILE\b|(?:file )?photos?\b ?[:(]|image ?:|caption ?:|picture ?:|pictured\b|\((?:photo|image)\b|"
    r"(?:in )?this (?:[\w.,]+ ){0,6}(?:file )?(?:photo|image|picture|frame|screengrab)\b|"
    r"in this (?:[\w.,]+ ){0,6}(?:file )?(?:photo|image|picture)\b)",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\((?:AP|AFP|Reuters|Getty|[^()]{0,60}(?:Photo|via AP|File|Image|Pool|Getty))[^()]{0,60}\)$"
)
_FURNITURE = re.compile(
    r"\(?(?:more (?:[\w'’-]+ ){0,4}(?:stories|news|coverage)\b|(?:get|receive) (?:the|our|breaking) .{0,30}\bnews\b|"
    r"sign up\b|subscribe\b|click here\b|tap (?:to|in|here|the)\b|(?:install|download) (?:the|our)\b|"
    r"(?:share|print|save|e-?mail) (?:this|article)\b|read (?:more|next|also)\b|follow us\b|advertisement\b|"
    r"all rights reserved\b|copyright\b|©|related (?:articles?|stories|topics?)\b|see also\b|skip to\b|"
    r"support our journalism\b|have an opinion\b)",
    re.IGNORECASE,
)
_LONGEST_FURNITURE = 80
"""Characters; "Read more than once by the minister, the letter ..." is a sentence of an article."""

_BYLINE = re.compile(
    r"(?:By|BY)\s+[A-Z][\w.'’-]*(?:[ ,]|$)|"
    r"(?:Reporting|Writing|Editing|Additional reporting|Written|Compiled|Edited)"
    r"(?: and (?:writing|editing|reporting))? by\s"
)
_DATE_WORDS = word_set(
    """
        monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun
        january february march april may june july august september october november december jan feb mar
        apr jun jul aug sep sept oct nov dec edt est cdt cst mdt mst pdt pst et ct mt pt gmt utc bst cet ist
        a p m am pm posted updated published last modified on at of the st nd rd th release for immediate
        local time d c washington
        """
)
_MONTH_OR_DAY = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tues|wednes|thurs|fri|satur|sun)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d{1,2}(?::\d\d)? ?(?:[ap]\.?m\b|hrs\b|gmt\b)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A stretch of text `[start, end)` that line layout does not divide further."""

    start: int
    end: int
    kind: SentenceKind


def paragraphs(text: str) -> Iterator[Paragraph]:
    """Yield the paragraphs of a text in order; what lies between them is white space."""
    blocks = [turn for block in _blocks(text) for turn in _turns(text, *block)]
    labels = _speaker_labels(text, blocks)
    for number, (start, end) in enumerate(blocks):
        label_end = _label_end(text, start, end, labels)
        if label_end:
            yield Paragraph(start, label_end, "speaker")
            start = _skip_space(text, label_end)
            if start >= end:
                continue
            yield Paragraph(start, end, "body")
            continue
        kind = _kind(text[start:end], first=number == 0 and len(blocks) > 1)
        if kind == "body" and (dateline_end := _dateline_end(text, start, end)):
            yield Paragraph(start, dateline_end, "dateline")
            start = _skip_space(text, dateline_end)
        yield Paragraph(start, end, kind)


# ----------------------------------------------------------------------------------------- lines


def _lines(text: str) -> Iterator[Span]:
    """The lines, trimmed; an empty one as an empty span."""
    start = 0
    for match in _LINE_BREAK.finditer(text):
        yield _trimmed(text, start, match.start())
        start = match.end()
    yield _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Span:
    line = text[start:end]
    left = len(line) - len(line.lstrip())
    return start + left, start + max(left, len(line.rstrip()))


def _blocks(text: str) -> Iterator[Span]:
    """Runs of lines that were one line before somebody wrapped them."""
    lines = list(_lines(text))
    width = _wrap_width(text, lines)
    block: Span | None = None
    last_line: Span = (0, 0)
    for line in lines:
        is_empty = line[0] == line[1]
        if block and not is_empty and _is_continued(text, last_line, line, width):
            block = block[0], line[1]
        else:
            if block:
                yield block
            block = None if is_empty else line
        last_line = line
    if block:
        yield block


def _wrap_width(text: str, lines: Sequence[Span]) -> int:
    """Width that the text was wrapped to; 0 where it was not.

    A sign of wrapping is a long line that goes on in lower case on the next one.
    """
    return max(
        (
            end - start
            for (start, end), (below, below_end) in pairwise(lines)
            if end - start >= NARROWEST_WRAP and below < below_end and text[below].islower()
        ),
        default=0,
    )


def _is_continued(text: str, line: Span, below: Span, width: int) -> bool:
    """Whether the line below belongs to the same paragraph: the break between is a space."""
    start, end = line
    if any(furniture.match(text, *below) for furniture in (_BULLET, _TURN, _BYLINE)):
        return False
    tail = text[max(start, end - 12) : end]
    if text[below[0]].islower():
        return not tail.endswith((":", ";"))
    if _OPEN_END.search(tail):
        return end - start >= NARROWEST_WRAP or tail.endswith(",")
    # The first word below would not have fitted into the width.
    length = end - start
    word_end = below[0]
    while word_end < below[1] and word_end - below[0] <= width and not text[word_end].isspace():
        word_end += 1
    return width > 0 and length <= width + 8 and length + 1 + (word_end - below[0]) > width


def _turns(text: str, start: int, end: int) -> Iterator[Span]:
    """The turns of a transcript that lost its line breaks; any other block as it is."""
    labels = [match.start() for match in _INLINE_LABEL.finditer(text, start, end)]
    if len(labels) >= FEWEST_INLINE_LABELS:
        questions = [match.start() for match in _INLINE_QUESTION.finditer(text, start, end)]
        for border in sorted({*labels, *questions} - {start}):
            yield _trimmed(text, start, border)
            start = border
    yield _trimmed(text, start, end)


# --------------------------------------------------------------------------------- parts of lines


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _speaker_labels(text: str, blocks: Sequence[Span]) -> frozenset[str]:
    """Labels before a colon that are speakers: with a title, or in capitals more than once."""
    counted = Counter(label for start, end in blocks if (label := _label(text, start, end)))
    return frozenset(
        label
        for label, n in counted.items()
        if _TITLED.match(label) or (n > 1 and label.upper() == label and label.casefold() not in _NOT_LABELS)
    )


def _label(text: str, start: int, end: int) -> str | None:
    """What stands before the first colon of a paragraph when it looks like a name."""
    match = _LABEL.match(text, start, min(end, start + LONGEST_LABEL + 2))
    if not match:
        return None
    words = match[1].split()
    if len(words) > 6 or not all(
        word.lstrip("(")[:1].isupper() or word in ("of", "the", "for") for word in words
    ):
        return None
    return match[1]


def _label_end(text: str, start: int, end: int, labels: frozenset[str]) -> int | None:
    if turn := _TURN.match(text, start, end):
        is_answer = turn[1] == "A"
        if not is_answer or turn[0][1] in ".:":
            return turn.end(1) + (1 if turn[0][1] in ".:" else 0)
    label = _label(text, start, end)
    return start + len(label) + 1 if label in labels and label else None


def _dateline_end(text: str, start: int, end: int) -> int | None:
    limit = min(end, start + LONGEST_LABEL + 20)
    for pattern in (_AGENCY, _DATELINE):
        match = pattern.match(text, start, limit)
        if match and (pattern is _AGENCY or _PLACE_IN_CAPITALS.match(match[0])) and match.end() < end:
            return match.end()
    return None


# ------------------------------------------------------------------------------------------ kinds


def _kind(paragraph: str, *, first: bool) -> SentenceKind:
    marker = _BULLET.match(paragraph)
    unmarked = paragraph[marker.end() :] if marker else paragraph
    if len(unmarked) <= _LONGEST_FURNITURE and (_FURNITURE.match(unmarked) or _CREDIT.fullmatch(unmarked)):
        return "furniture"
    if marker and not (marker[0][0].isdigit() and len(paragraph) > LONGEST_HEADLINE):
        return "bullet"  # a long one with a number is a numbered paragraph
    if _CAPTION.match(paragraph) or _CREDIT.search(paragraph[-130:]):
        return "caption"
    if len(paragraph) > LONGEST_HEADLINE:
        return "body"
    if _is_dateline(paragraph):
        return "dateline"
    if _ENDS_SENTENCE.search(paragraph[-5:]):
        is_question = paragraph.rstrip("\"'”’»)]").endswith(("?", "!", "…", "..."))
        return "headline" if first and is_question and len(paragraph) <= 100 else "body"
    if _BYLINE.match(paragraph):
        return "byline"
    has_words = len(_WORD.findall(paragraph)) > 1
    return "headline" if has_words and not paragraph[0].islower() else "body"


def _is_dateline(paragraph: str) -> bool:
    """Whether a line holds a date or a time and next to nothing else."""
    if len(paragraph) > 80 or not (_CLOCK.search(paragraph) or _MONTH_OR_DAY.search(paragraph)):
        return False
    if not any(character.isdigit() for character in paragraph):
        return False
    others = [word for word in _WORD.findall(paragraph) if word.casefold() not in _DATE_WORDS]
    return len(others) <= 2 and not any(word.islower() and len(word) > 3 for word in others)
