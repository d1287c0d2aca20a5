"""The one shape of a sentence with its labels, and the checks that each of them passes.

    {"text": "Seoul welcomed Pyongyang's offer.", "sentiment": "positive", "tone": "cooperative",
     "pairs": [{"source": [0, 5], "target": [15, 24], "stance": "supportive", "act": "SUPPORT"}]}

All labels are optional. Spans are `[start, end)` in characters of `text`; a person may write the substring
instead where it occurs once. A pair whose source is null asks how the text itself treats the target.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from .codebook import Codebook
from .errors import RecordError
from .rows import shortened

Span = tuple[int, int]

QuestionKey = tuple[str, str, Span | None, Span | None]
"""What a label answers: text, task, source and target, the same for every writing of the text (`question_key`)."""

PAIR_KEYS = ("source", "target", "stance", "act", "source_code", "target_code")
RECORD_KEYS = ("id", "text", "sentiment", "tone", "pairs", "register", "hard", "group", "split")
SPLITS = ("train", "dev", "test")
REGISTERS = ("wire", "headline", "statement", "speech", "analysis", "cable", "history")

MOST_PLACES = 6
"""Places of a part that stands in the text more than once, that a message names."""

MOST_FAULTS = 10_000
"""Of one file; beyond them it is of another kind, and the rest is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An ordered pair of actors in a sentence, with what is known of it."""

    target: Span
    source: Span | None = None
    """None: how the text itself treats the target."""
    stance: str | None = None
    act: str | None = None
    source_code: str | None = None
    target_code: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the pair in record form; absent labels and codes are left out, a null source stays."""
        row: dict[str, Any] = {
            "source": list(self.source) if self.source else None,
            "target": list(self.target),
        }
        labels = {key: getattr(self, key) for key in PAIR_KEYS[2:]}
        return row | {key: value for key, value in labels.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A sentence with the labels that are known of it."""

    text: str
    id: str
    sentiment: str | None = None
    tone: str | None = None
    pairs: tuple[Pair, ...] = ()
    register: str | None = None
    hard: bool | None = None
    """A careless reader would get a label wrong."""
    group: str | None = None
    """Shared by sentences that must stay on one side of a split."""
    split: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Keys of the user's own, handed back as they came."""

    @property
    def is_labelled(self) -> bool:
        """Whether it has any label, of its own or of a pair."""
        answers = (self.sentiment, self.tone, *(a for pair in self.pairs for a in (pair.stance, pair.act)))
        return any(answer is not None for answer in answers)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as a JSON-ready dict in the order of `RECORD_KEYS`, then the user's own keys."""
        row: dict[str, Any] = {"id": self.id, "text": self.text}
        for key in RECORD_KEYS[2:]:
            value = getattr(self, key)
            if key == "pairs":
                row["pairs"] = [pair.as_dict() for pair in self.pairs]
            elif value is not None:
                row[key] = value
        return row | dict(self.extra)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with one line: where, what was found, what is allowed."""

    where: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.where}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that reading a file found."""

    where: str
    records: tuple[Record, ...]
    """The records without fault."""
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    """Worth knowing, not wrong: exact duplicates."""

    def raise_for_faults(self) -> tuple[Record, ...]:
        """Return the records.

        Raises:
            RecordError: There are faults; the text lists every one of them.
        """
        if self.faults:
            count = f"{len(self.faults)} fault" + "s" * (len(self.faults) > 1)
            raise RecordError("\n".join([f"{self.where}: {count}", *map(str, self.faults)]))
        return self.records


def text_id(text: str) -> str:
    """Return the id of a record that was given none: sixteen hexadecimal digits of the text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def question_key(text: str, task: str, source: Span | None = None, target: Span | None = None) -> QuestionKey:
    """Return what a label answers: labels that differ contradict each other where this is the same.

    Letter case and white space make no other text. Spans are counted in the text without such differences, so that a
    pair of actors is the same pair in each writing of its sentence.
    """
    key = _text_key(text)
    if len(key) == len(text) == len(text.casefold()):  # each character stands where it stood
        return key, task, source, target
    return key, task, _span_key(text, source), _span_key(text, target)


def _text_key(text: str) -> str:
    return " ".join(text.split()).casefold()


def _span_key(text: str, span: Span | None) -> Span | None:
    return (_place(text, span[0]), _place(text, span[1])) if span else None


def _place(text: str, offset: int) -> int:
    """Where an offset of a text is in its key."""
    before = text[:offset]
    key = _text_key(before)
    return len(key) + bool(key and before[-1].isspace())


def check_rows(
    rows: Iterable[Mapping[str, Any]],
    codebook: Codebook,
    *,
    where: str = "record",
    keep_unknown: bool = True,
) -> Report:
    """Check rows that are in memory already; their place in the order, from 1, is their line."""
    return check_numbered_rows(
        [(n, dict(row) if isinstance(row, Mapping) else row) for n, row in enumerate(rows, 1)],
        codebook,
        where,
        [],
        keep_unknown=keep_unknown,
    )


def check_row(
    row: Any, codebook: Codebook, *, where: str, line: int
) -> tuple[Record, None] | tuple[None, tuple[Fault, ...]]:
    """Return the record that a row is, or everything that is wrong with it.

    Rows are looked at one by one: unlike in `check_rows`, ids may repeat and the same text may be labelled twice.
    Unknown keys are kept.
    """
    checker = _RowChecker(codebook, where, line, keep_unknown=True)
    record = checker.check(row)
    if record is None or checker.faults:
        return None, tuple(checker.faults)
    return record, None


def check_numbered_rows(
    rows: Iterable[tuple[int, Any]],
    codebook: Codebook,
    where: str,
    faults: list[Fault],
    *,
    keep_unknown: bool,
) -> Report:
    """Check rows that come with their lines.

    Args:
        rows: Line and what stands there; reading them may add to the faults.
        codebook: Which labels there are.
        where: The file, for messages.
        faults: What is wrong already.
        keep_unknown: Hand unknown keys back in `extra` instead of calling them faults.
    """
    records: list[Record] = []
    notes: list[Fault] = []
    seen: dict[str, int] = {}
    answers: dict[QuestionKey, tuple[int, str]] = {}
    ids: dict[str, int] = {}
    for line, row in rows:
        if len(faults) >= MOST_FAULTS:
            break
        checker = _RowChecker(codebook, where, line, keep_unknown)
        record = checker.check(row)
        if record is not None and record.id in ids and "id" in row:
            checker.fault(
                f'id "{shortened(record.id)}" stands in line {ids[record.id]} already; ids are unique'
            )
        if record is not None:
            ids.setdefault(record.id, line)
            for question, label in _answers(record):
                first_line, first = answers.setdefault(question, (line, label))
                for conflict in _contradiction(question[1], first, label):
                    checker.fault(f"{conflict} in line {first_line}, which has the same text")
            first_line = seen.setdefault(_text_key(record.text), line)
            if first_line != line:
                notes.append(Fault(where=where, line=line, message=f"repeats the text of line {first_line}"))
        faults.extend(checker.faults)
        if record is not None and not checker.faults:
            records.append(record)
    faults.sort(key=lambda fault: fault.line)
    if len(faults) >= MOST_FAULTS:
        last = faults[MOST_FAULTS - 1].line
        faults[MOST_FAULTS:] = [
            Fault(where=where, line=last, message=f"{MOST_FAULTS:,} faults; the rest is not looked at")
        ]
    return Report(where=where, records=tuple(records), faults=tuple(faults), notes=tuple(notes))


def _answers(record: Record) -> Iterator[tuple[QuestionKey, str]]:
    for task in ("sentiment", "tone"):
        if (label := getattr(record, task)) is not None:
            yield question_key(record.text, task), label
    for pair in record.pairs:
        for task in ("stance", "act"):
            if (label := getattr(pair, task)) is not None:
                yield question_key(record.text, task, pair.source, pair.target), label


def _contradiction(task: str, first: str | None, second: str | None) -> Iterator[str]:
    if first is not None and second is not None and first != second:
        yield f'{task} "{second}" contradicts "{first}"'


class _RowChecker:
    """One row: its record if there is one, and all its faults."""

    def __init__(self, codebook: Codebook, where: str, line: int, keep_unknown: bool) -> None:
        self.codebook = codebook
        self.where = where
        self.line = line
        self.keep_unknown = keep_unknown
        self.faults: list[Fault] = []

    def fault(self, message: str) -> None:
        self.faults.append(Fault(where=self.where, line=self.line, message=message))

    def check(self, row: Any) -> Record | None:
        if not isinstance(row, dict):
            self.fault(f"holds {_kind(row)}; a record is an object in braces")
            return None
        unknown = {key: row[key] for key in row if key not in RECORD_KEYS}
        if unknown and not self.keep_unknown:
            for key in unknown:
                self.fault(
                    f'unknown key "{shortened(key)}"{_guess(key, RECORD_KEYS)}; known are {", ".join(RECORD_KEYS)}'
                )
        text = self.text(row.get("text"))
        if text is None:
            return None
        return Record(
            text=text,
            id=self.string(row, "id") or text_id(text),
            sentiment=self.label(row, "sentiment"),
            tone=self.label(row, "tone"),
            pairs=self.pairs(row.get("pairs"), text),
            register=self.choice(row, "register", REGISTERS),
            hard=self.flag(row, "hard"),
            group=self.string(row, "group"),
            split=self.choice(row, "split", SPLITS),
            extra=unknown if self.keep_unknown else {},
        )

    def text(self, value: Any) -> str | None:
        if not isinstance(value, str):
            self.fault(f"text is {_kind(value)}; it must be a string")
        elif not value.strip():
            self.fault("text is empty; delete the line or fill it in")
        elif (surrogate := re.search("[\ud800-\udfff]", value)) is not None:
            self.fault(f"text has half a character (a lone surrogate) at {surrogate.start()}; mend it")
        else:
            return value
        return None

    def string(self, row: dict[str, Any], key: str) -> str | None:
        value = row.get(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            self.fault(f"{key} is {_kind(value)}; it must be a string that is not empty")
            return None
        return value

    def flag(self, row: dict[str, Any], key: str) -> bool | None:
        value = row.get(key)
        if value is not None and not isinstance(value, bool):
            self.fault(f"{key} is {_kind(value)}; it must be true or false")
            return None
        return value

    def choice(self, row: dict[str, Any], key: str, allowed: Sequence[str]) -> str | None:
        value = row.get(key)
        if value is None or value in allowed:
            return value
        self.fault(f'{key} "{shortened(value)}"{_guess(value, allowed)} is not one of {", ".join(allowed)}')
        return None

    def label(self, row: dict[str, Any], task: str, prefix: str = "") -> str | None:
        value = row.get(task)
        names = self.codebook[task].names
        if value is None or value in names:
            return value
        self.fault(
            f'{prefix}{task} "{shortened(value)}"{_guess(value, names)} is not one of {", ".join(names)}'
        )
        return None

    def pairs(self, value: Any, text: str) -> tuple[Pair, ...]:
        if value is None:
            return ()
        if not isinstance(value, (list, tuple)):
            self.fault(f"pairs is {_kind(value)}; it must be a list")
            return ()
        pairs: dict[tuple[Span | None, Span], Pair] = {}
        for n, row in enumerate(value, 1):
            pair = self.pair(row, text, f"pair {n}: ")
            if pair is None:
                continue
            twin = pairs.setdefault((pair.source, pair.target), pair)
            for task in ("stance", "act"):
                for conflict in _contradiction(task, getattr(twin, task), getattr(pair, task)):
                    self.fault(f"pair {n}: {conflict} of an earlier pair with the same spans")
            if twin is not pair and twin == pair:
                self.fault(f"pair {n}: stands twice; keep one")
        return tuple(pairs.values())

    def pair(self, row: Any, text: str, prefix: str) -> Pair | None:
        if not isinstance(row, dict):
            self.fault(f"{prefix}is {_kind(row)}; a pair is an object in braces")
            return None
        if not self.keep_unknown:
            for key in row:
                if key not in PAIR_KEYS:
                    self.fault(
                        f'{prefix}unknown key "{shortened(key)}"{_guess(key, PAIR_KEYS)};'
                        f" known are {', '.join(PAIR_KEYS)}"
                    )
        target = self.span(row.get("target"), text, f"{prefix}target")
        source = None
        if row.get("source") is not None:
            source = self.span(row["source"], text, f"{prefix}source")
            if source is None:
                return None
        if target is None:
            return None
        if source and source != target and source[0] < target[1] and target[0] < source[1]:
            self.fault(
                f'{prefix}source "{shortened(text[slice(*source)])}" and target "{shortened(text[slice(*target)])}"'
                " overlap; choose spans that do not"
            )
        codes = {}
        for key in ("source_code", "target_code"):
            code = row.get(key)
            if code is not None and (
                not isinstance(code, str) or not re.fullmatch(r"[A-Z][A-Z0-9_-]*", code)
            ):
                self.fault(
                    f'{prefix}{key} "{shortened(code)}" is not an actor code; codes are capitals such as PRK or NATO'
                )
            codes[key] = code
        return Pair(
            source=source,
            target=target,
            stance=self.label(row, "stance", prefix),
            act=self.label(row, "act", prefix),
            **codes,
        )

    def span(self, value: Any, text: str, name: str) -> Span | None:
        """A span from offsets, or from a substring that occurs once."""
        if isinstance(value, str):
            return self.substring(value, text, name)
        offsets = value if isinstance(value, (list, tuple)) else ()
        if len(offsets) != 2 or not all(type(offset) is int for offset in offsets):
            self.fault(f"{name} is {_kind(value)}; it must be [start, end] or a part of the text")
        elif not 0 <= offsets[0] < offsets[1] <= len(text):
            self.fault(f"{name} [{offsets[0]}, {offsets[1]}] is outside the text, which has 0 to {len(text)}")
        elif not text[slice(*offsets)].strip():
            self.fault(f"{name} [{offsets[0]}, {offsets[1]}] covers only white space")
        else:
            return offsets[0], offsets[1]
        return None

    def substring(self, value: str, text: str, name: str) -> Span | None:
        starts = list(islice(_places(value, text), MOST_PLACES + 1)) if value.strip() else []
        if len(starts) == 1:
            return starts[0], starts[0] + len(value)
        if not starts:
            self.fault(f'{name} "{shortened(value)}" does not stand in the text; copy it letter by letter')
        else:
            count = f"{len(starts)} times" if len(starts) <= MOST_PLACES else f"more than {MOST_PLACES} times"
            places = ", ".join(f"[{start}, {start + len(value)}]" for start in starts[:MOST_PLACES])
            self.fault(
                f'{name} "{shortened(value)}" stands {count} in the text; give a longer part or one of {places}'
            )
        return None


def _places(part: str, text: str) -> Iterator[int]:
    """Where a part begins in a text, overlaps included."""
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)


def _kind(value: Any) -> str:
    """What a value is, in words for people who do not write programs."""
    if value is None:
        return "missing"
    return shortened(json.dumps(value, ensure_ascii=False, default=str))


def _guess(found: Any, allowed: Sequence[str]) -> str:
    """`(did you mean …?)` where one of the allowed words is close, differences of case included."""
    folded = {name.casefold(): name for name in allowed}
    close = difflib.get_close_matches(str(found).strip().casefold(), folded, n=1, cutoff=0.7)
    return f' (did you mean "{folded[close[0]]}"?)' if close else ""
