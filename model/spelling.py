"""Typing errors: a word that is none is read as the one word that it is a slip away from.

A tokenizer cuts "wtihdrew" into scraps of which a network makes anything. Only the network reads the word that was
meant; every offset and every word that is given out is the text's own. Names are left alone, but for two letters
that changed places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from string import ascii_lowercase

from .article.exchange import Edit, edited, moved
from .stand_ins import Ends

COMMON = 250_000
"""Occurrences in the dictionary's count from which on a word may be what was meant: some 40,000 words. Rarer ones are
words too, but hardly what a slip came from."""

_WORD = re.compile(r"(?<![\w'])[A-Za-z]{4,24}(?!\w|'(?!s\b))")
"""Four to 24 letters, not "didn" of "didn't"."""

_REMEMBERED = 10_000
"""Words whose reading is kept."""


class Spelling:
    """Reads misspelt words.

    English words and how often they are used come from the dictionary of SymSpell (Google Books Ngrams, checked against
    SCOWL), which knows British and American spellings. It is read at the first word that needs it.

    Args:
        is_word: Says of a word in lower case whether it is one that needs no dictionary.
    """

    def __init__(self, is_word: Callable[[str], bool]) -> None:
        self._is_word = is_word
        self._meant = lru_cache(_REMEMBERED)(self._find)
        self._known: dict[str, str] = {}

    def mended(self, text: str, pairs: Sequence[Ends]) -> tuple[str, list[Ends]]:
        """Return a text as it was meant, and where the ends of its pairs are in that."""
        edits = list(self._edits(text))
        return edited(text, edits), [
            (source and moved(source, edits), moved(target, edits)) for source, target in pairs
        ]

    def _edits(self, text: str) -> Iterator[Edit]:
        for found in _WORD.finditer(text):
            if not self._is_word(found[0].lower()) and (meant := self._meant(found[0])):
                yield (*found.span(), meant)

    def _find(self, word: str) -> str | None:
        """The word that was meant by one that is none; None where it is left as it is."""
        if word.lower() in self._counts:
            return None
        if word.islower():
            return self._commonest(_transposed(word)) or self._commonest(_one_letter_off(word))
        if word.istitle() and (name := self._commonest(_transposed(word.lower()))):
            return name.capitalize()
        return None

    def _commonest(self, candidates: Iterator[str]) -> str | None:
        """The commonest of the candidates that are common words."""
        counted = [(count, word) for word in candidates if (count := self._counts.get(word, 0)) >= COMMON]
        return max(counted)[1] if counted else None

    @cached_property
    def _counts(self) -> Mapping[str, int]:
        """Word -> occurrences, of 83,000 words."""
        package = find_spec("symspellpy")  # found, not imported: only its data is needed
        assert package is not None
        assert package.origin is not None
        dictionary = Path(package.origin).with_name("frequency_dictionary_en_82_765.txt")
        listed = dictionary.read_text(encoding="utf-8-sig").split()
        return dict(zip(listed[::2], map(int, listed[1::2]), strict=True))


def _transposed(word: str) -> Iterator[str]:
    """Words with two neighbouring letters exchanged."""
    for n in range(len(word) - 1):
        yield word[:n] + word[n + 1] + word[n] + word[n + 2 :]


def _one_letter_off(word: str) -> Iterator[str]:
    """Words with one letter fewer, one more, or one that is another; the first letter is seldom wrong and stays."""
    for n in range(1, len(word)):
        yield word[:n] + word[n + 1 :]
        for letter in ascii_lowercase:
            yield word[:n] + letter + word[n + 1 :]
            yield word[:n] + letter + word[n:]
    for letter in ascii_lowercase:
        yield word + letter
