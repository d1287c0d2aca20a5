"""The words that actors are known by, and where they stand in a sentence."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Use = Literal["name", "adjective", "people", "seat", "person", "short", "stand-in", "phrase"]
"""What a form is: an actor's name, its adjective ("Afghan"), its people ("Afghans"), its seat of power, one
of its leaders, a form that counts only beside a fuller one, a stand-in ("the bloc"), a phrase that is no
actor."""

_WORD = re.compile(r"[^\W_]+")
_SPACE = re.compile(r"\s+")
_ALIKE = str.maketrans({"’": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-"})

SHORTEST_UPPER_CASE = 4
"""Letters; shorter names in capitals ("CHAD") could be anything."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write an actor, or a phrase that only looks like one."""

    text: str
    codes: tuple[str, ...]
    """Whom it may stand for: several for "the two Koreas" or a doubtful name, none for a phrase."""
    use: Use


@dataclass(frozen=True, slots=True)
class Match:
    """A form found in a sentence: words `[first, last]` of it."""

    form: Form
    first: int
    last: int


class Words:
    """The words of one sentence with their places in the article."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.end = end
        matches = list(_WORD.finditer(text, start, end))
        self.words = [match[0] for match in matches]
        self.starts = [match.start() for match in matches]
        self.ends = [match.end() for match in matches]

    def __len__(self) -> int:
        return len(self.words)

    def low(self, number: int) -> str:
        """The word in lower case; empty where there is none."""
        return self.words[number].casefold() if 0 <= number < len(self.words) else ""

    def joint(self, number: int) -> str:
        """What stands between a word and the next, in plain signs; all that is left after the last."""
        end = self.starts[number + 1] if number + 1 < len(self.words) else self.end
        return plain(self.text[self.ends[number] : end])

    def joint_before(self, number: int) -> str:
        """What stands before a word."""
        return self.joint(number - 1) if number > 0 else plain(self.text[self.start : self.starts[0]])

    def joint_after(self, match: Match) -> str:
        """What stands between a match and the next word, without the full stop of the match itself: "U.S."."""
        joint = self.joint(match.last)
        return joint[1:] if match.form.text.endswith(".") and joint.startswith(".") else joint

    def is_capitalised(self, number: int) -> bool:
        """Whether there is such a word and it begins with a capital."""
        return 0 <= number < len(self.words) and self.words[number][0].isupper()

    def is_possessive(self, number: int) -> bool:
        """Whether a word is followed by 's or, after an s, by a bare apostrophe."""
        joint = self.joint(number)
        return (joint == "'" and self.low(number + 1) == "s") or (
            joint.startswith("' ") and self.words[number][-1] in "sS"
        )

    def after_possessive(self, number: int) -> int:
        """Number of the word that follows a word and its possessive ending."""
        return number + 2 if self.joint(number) == "'" and self.low(number + 1) == "s" else number + 1

    @cached_property
    def is_upper_case(self) -> bool:
        """Whether the sentence is written in capitals."""
        letters = sum(len(word) for word in self.words)
        capitals = sum(len(word) for word in self.words if word.isupper())
        return len(self.words) > 2 and capitals > 0.8 * letters

    @cached_property
    def is_title_case(self) -> bool:
        """Whether nearly every longer word begins with a capital, as in headlines, where they tell no names."""
        longer = [word for word in self.words if len(word) > 3]
        has_stop = self.text[self.start : self.end].endswith(".")
        return self.is_upper_case or (
            not has_stop
            and len(longer) > 3
            and sum(word[0].isupper() for word in longer) > 0.75 * len(longer)
        )


def plain(joint: str) -> str:
    """Return the signs between two words with white space, hyphens and apostrophes of one kind each."""
    return _SPACE.sub(" ", joint.translate(_ALIKE)) if joint != " " else joint


_Entry = tuple[tuple[str, ...], tuple[str, ...], Form]
"""The words of a spelling, what stands between them, and the form that it spells."""


class FormIndex:
    """All forms, to be looked up at every word of a sentence.

    There are thousands and an article holds a few dozen: those that begin with a word are taken apart when the word is
    first met.
    """

    def __init__(self, forms: Iterable[Form]) -> None:
        self._spellings: dict[str, list[tuple[str, Form]]] = defaultdict(list)
        for form in forms:
            for text in _variants(form.text):
                if first := _WORD.search(text):
                    self._spellings[first[0]].append((text, form))
        self._entries: dict[str, list[_Entry]] = {}

    def matches(self, words: Words) -> list[Match]:
        """Return the forms in a sentence from left to right, at each word the longest; none overlap."""
        found: list[Match] = []
        number = 0
        while number < len(words):
            form, length = self._longest(words, number)
            if form:
                found.append(Match(form, number, number + length - 1))
            number += length
        return found

    def _longest(self, words: Words, number: int) -> tuple[Form | None, int]:
        for form_words, joints, form in self._beginning_with(words.words[number]):
            length = len(form_words)
            if length == 1 or (
                tuple(words.words[number : number + length]) == form_words
                and all(words.joint(number + n) == joint for n, joint in enumerate(joints))
            ):
                return form, length
        return None, 1

    def _beginning_with(self, word: str) -> Sequence[_Entry]:
        """The spellings that begin with a word, the longest first."""
        spellings = self._spellings.get(word)
        if spellings is None:
            return ()
        if (entries := self._entries.get(word)) is None:
            entries = [_entry(text, form) for text, form in spellings]
            entries.sort(key=lambda entry: -len(entry[0]))
            self._entries[word] = entries
        return entries


def _entry(text: str, form: Form) -> _Entry:
    words = Words(text, 0, len(text))
    return tuple(words.words), tuple(words.joint(n) for n in range(len(words) - 1)), form


def _variants(text: str) -> set[str]:
    """The form as it stands, without accents, and in capitals where that can be told from other words."""
    spellings = {text} if text.isascii() else {text, without_accents(text)}
    if len(text.replace(".", "")) >= SHORTEST_UPPER_CASE:
        spellings |= {spelling.upper() for spelling in spellings}
    return spellings


def without_accents(text: str) -> str:
    """Return the text with its accents taken off: Élysée, Elysee."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
