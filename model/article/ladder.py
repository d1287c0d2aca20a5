"""Finds the phrases of diplomatic register in a sentence, and on which rung of the ladder each stands.

The phrases are a tree of words. It is walked from each word that begins one, and no phrase has more than about
ten words, so the time grows with the length of the text. Of the phrases that begin at a word the longest wins, and
the search goes on behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from ..analysis import RungMention
from .forms import Words
from .ladder_file import ANY_WORD, LadderFile, Phrase, Rung, read_ladder_file

__all__ = ["Ladder", "Rung"]

_QUOTES = str.maketrans("", "", "\"“”‘’'«»")
_Value = TypeVar("_Value")


class Ladder:
    """The rungs and their phrases. Use `Ladder.load()` to get one; it may be shared between threads."""

    def __init__(self, file: LadderFile) -> None:
        self.rungs = file.rungs
        self.phrases = file.phrases
        self._phrases = _Tree((spelling, phrase) for phrase in file.phrases for spelling in phrase.spellings)
        self._deniers = _Tree((spelling, True) for spelling in file.deniers)
        self._fillers = file.fillers
        self._cancels = file.cancels

    @classmethod
    def load(cls, path: Path | None = None) -> Ladder:
        """Return the ladder of a TOML file; without a path the shipped one.

        Raises:
            ConfigError: The file cannot be read or contradicts itself.
        """
        return cls(read_ladder_file(path))

    def find(self, text: str, start: int = 0, end: int | None = None) -> tuple[RungMention, ...]:
        """Return the phrases of one sentence from left to right; none overlap.

        Args:
            text: The article.
            start: Where the sentence begins in it.
            end: Where it ends; None for the end of the text.
        """
        words = Words(text, start, len(text) if end is None else end)
        found: list[RungMention] = []
        number = 0
        while number < len(words):
            length, phrase = self._phrases.longest(words, number)
            if phrase is None or (length == 1 and _is_name(words, number)):
                number += 1
                continue
            found.append(self._mention(words, number, length, phrase))
            number += length
        return tuple(found)

    def _mention(self, words: Words, first: int, length: int, phrase: Phrase) -> RungMention:
        start, end = words.starts[first], words.ends[first + length - 1]
        return RungMention(
            start=start,
            end=end,
            text=words.text[start:end],
            phrase=phrase.text,
            means=phrase.means,
            rung=phrase.rung.name,
            height=phrase.rung.height,
            gloss=phrase.rung.gloss,
            negated=self._is_denied(words, first),
        )

    def _is_denied(self, words: Words, first: int) -> bool:
        """Whether an odd number of deniers stand before a phrase, with nothing between that ends their reach."""
        denied = cancelled = False
        number = first - 1
        while number >= 0 and _joins(words, number):
            length = self._denier_ending_at(words, number)
            if length:
                denied ^= not cancelled
                cancelled = False
                number -= length
                continue
            word = words.low(number)
            if word in self._cancels:
                cancelled = True
            elif word not in self._fillers and not word.endswith("ly"):
                break
            number -= 1
        return denied

    def _denier_ending_at(self, words: Words, number: int) -> int:
        """How many words the denier has that ends with a word; 0 where none does."""
        if (
            words.low(number) == "t"
            and words.joint(number - 1) == "'"
            and words.low(number - 1).endswith("n")
        ):
            return 2  # "didn't", "can't"
        for length in range(min(self._deniers.depth, number + 1), 0, -1):
            if self._deniers.longest(words, number - length + 1)[0] == length:
                return length
        return 0


@dataclass(slots=True)
class _Node(Generic[_Value]):
    children: dict[str, _Node[_Value]] = field(default_factory=dict)
    value: _Value | None = None


class _Tree(Generic[_Value]):
    """Sequences of words, each with a value."""

    def __init__(self, entries: Iterable[tuple[tuple[str, ...], _Value]]) -> None:
        self._root: _Node[_Value] = _Node()
        self.depth = 0
        """Words of the longest sequence."""
        for spelling, value in entries:
            node = self._root
            for word in spelling:
                node = node.children.setdefault(word, _Node())
            node.value = value
            self.depth = max(self.depth, len(spelling))

    def longest(self, words: Words, first: int) -> tuple[int, _Value | None]:
        """The longest sequence that begins at a word, as its length and value; 0 and None where none does."""
        nodes = _step([self._root], words.low(first))
        length, best = 0, None
        number = first
        while nodes:
            value = next((node.value for node in nodes if node.value is not None), None)
            if value is not None:
                length, best = number - first + 1, value
            if number + 1 >= len(words) or not _joins(words, number):
                break
            number += 1
            nodes = _step(nodes, words.low(number))
        return length, best


def _step(nodes: list[_Node[_Value]], word: str) -> list[_Node[_Value]]:
    """The nodes one word on; those of the word itself before those of any word."""
    children: list[Mapping[str, _Node[_Value]]] = [node.children for node in nodes]
    return [branch[key] for key in (word, ANY_WORD) for branch in children if key in branch]


def _joins(words: Words, number: int) -> bool:
    """Whether a word and the next may belong to one phrase: a space or a hyphen, within an abbreviation a stop."""
    joint = words.joint(number).translate(_QUOTES)
    return joint in ("", " ", "-") or (joint in (".", ". ") and len(words.words[number]) == 1)


def _is_name(words: Words, number: int) -> bool:
    """Whether a word alone is rather a name: "Frank", but not "Frank talks were held"."""
    if not words.is_capitalised(number) or words.is_title_case:
        return False
    return number > 0 or words.is_capitalised(number + 1)
