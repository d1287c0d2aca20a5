"""What the label store keeps and hands out: labels, what they are about, and what is wrong with them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..model.codebook import Codebook
from ..model.errors import DiplotoneError
from ..model.records import QuestionKey, Span, question_key

LONGEST_NAME = 100
LONGEST_NOTE = 2_000

Giver = Literal["correction", "labelling", "http"]
"""Where a label was given that came in no file: on the Analyze tab, beside what the release reads; on the Labels tab,
with no label in sight; by another program."""
CORRECTION: Giver = "correction"


class LabelError(DiplotoneError):
    """A label cannot be taken, or the store cannot be used."""


class StoreFailed(LabelError):
    """The store cannot be used: no fault of who asked."""


class StoreLost(StoreFailed):
    """The store is damaged, and there is no sound copy of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a label is about."""

    text: str
    task: str
    source: Span | None = None
    """[start, end) in characters of the text; None for a sentence, or where the text itself is the source."""
    target: Span | None = None
    """None for a sentence."""

    @property
    def text_sha256(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return sha256(self.text)

    @property
    def question(self) -> QuestionKey:
        """What is asked; the same for items whose texts differ in letter case and white space alone."""
        return question_key(self.text, self.task, self.source, self.target)

    def __str__(self) -> str:
        about = f'"{self.text[:60]}"'
        if self.target is None:
            return f"{self.task} of {about}"
        ends = [self.text[slice(*span)] for span in (self.source, self.target) if span]
        return f"{self.task} of {' → '.join(ends)} in {about}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLabel:
    """A label to be stored."""

    item: Item
    new: str
    old: str | None = None
    """What stood there before: the prediction that was corrected, or nothing."""
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A row of the store."""

    id: int
    made: str
    """UTC, ISO 8601, milliseconds."""
    annotator: str
    release: str | None
    """The release whose prediction stood there; None where none did."""
    origin: str
    """Where it came from: one of `Giver`, or the name of a file. Older rows of the page bear "http"."""
    item: Item
    old: str | None
    new: str | None
    """None in a row that undoes another."""
    note: str | None
    undoes: int | None
    """Id of the row that this one takes back."""
    undone: bool
    """Whether a later row takes this one back."""
    settles: bool = False
    """Whether it settles what annotators disagreed about, and is no opinion beside theirs."""

    had_seen: bool = False
    """Whether its annotator had corrected that sentence before, and so knew what a release reads in it."""

    @property
    def is_blind(self) -> bool:
        """Whether it was given by somebody who knew no label of the sentence.

        What a release reads stands beside every correction, also where it gives the task at hand no label. Older
        corrections bear no such origin, but name the release that was shown.
        """
        shown = self.origin == CORRECTION or self.old is not None or self.release is not None
        return not (shown or self.had_seen or self.settles)

    def is_in(self, codebook: Codebook) -> bool:
        """Whether a codebook has the label; one that was given under another codebook may not be in it."""
        return self.new in codebook[self.item.task].names

    def as_dict(self) -> dict[str, Any]:
        """Return the row as JSON-ready types."""
        row = {key: value for key, value in asdict(self).items() if key != "item"}
        item = self.item
        return row | {
            "text": item.text,
            "text_sha256": item.text_sha256,
            "task": item.task,
            "source": list(item.source) if item.source else None,
            "target": list(item.target) if item.target else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A question to which different labels were given."""

    item: Item
    """As it was labelled first; the texts of others may differ in letter case and white space."""
    labels: tuple[Label, ...]
    """The label that each annotator stands by; more than one of somebody who labelled several writings of the text."""

    def __str__(self) -> str:
        given = ", ".join(f"{label.annotator}: {label.new}" for label in self.labels)
        return f"{self.item}: {given}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What became of labels that were brought at once."""

    added: tuple[Label, ...]
    repeated: tuple[tuple[str, NewLabel], ...]
    """With their annotators, who stood by them already; not stored again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """A sentence that waits for labels, with how much they would teach the release."""

    text: str
    release: str
    doubt: float
    """How unsure it was, 0..1, less what the sentence is like others (`model.next_labels.Suggestion.worth`)."""


def contradictions(standing: Iterable[Label]) -> list[Contradiction]:
    """Return the questions to which the labels given differ.

    What is one question is as in a file of records, so that what is no contradiction here is none there.
    """
    by_question: dict[QuestionKey, list[Label]] = defaultdict(list)
    for label in standing:
        by_question[label.item.question].append(label)
    return [
        Contradiction(item=labels[0].item, labels=tuple(labels))
        for labels in by_question.values()
        if len({label.new for label in labels}) > 1
    ]


def checked_annotator(name: object) -> str:
    """Return an annotator's name without outer white space.

    Raises:
        LabelError: It is empty, too long, or holds control characters.
    """
    if not isinstance(name, str) or not name.strip():
        raise LabelError("annotator: is missing; say who labels, by name or initials")
    name = name.strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise LabelError(f"annotator: must be one line of at most {LONGEST_NAME} characters")
    return name


def sha256(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
