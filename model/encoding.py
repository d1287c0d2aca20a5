"""From texts with character spans to the arrays that the network takes.

Training and prediction encode with the same class, so that a sentence is the same numbers in both.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .errors import ReleaseError
from .plain_text import plain
from .reading import Reading
from .records import Pair, Span
from .spelling import Spelling
from .stand_ins import Ends, StandIns

TOKENIZER_FILE = "tokenizer.json"

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character: Python's strings can hold it, the tokenizer refuses it."""

PADDING_STEPS: Mapping[str, int] = {"f32": 8, "bf16": 16}
"""Sentences are padded to a multiple of so many tokens, by what the network computes in. At multiples of 16 more
padding changes no bit of a sentence's numbers; at others it moves probabilities by up to 3e-6 in f32, .002 in bf16."""

TOKENS_OF_A_PASS = 64
"""What a pass through the network costs beside its tokens, in tokens: where padding costs less, sentences are padded
to the length of others rather than pass alone. About 30 in f32 and 80 in bf16 on two cores (2.4 and 2.2 ms)."""


ROWS_STEP = 8
"""Batches of more sentences are filled up to a multiple of it, with sentences of theirs: OpenVINO keeps something for
each new shape for good, some .3 MB, and an archive comes in batches of every size."""


@dataclass(frozen=True, slots=True)
class EncodedSentence:
    """One sentence as tokens, its pairs as token ranges."""

    ids: list[int]
    """Token ids, the first and last being the tokenizer's own markers."""
    pairs: list[tuple[Span | None, Span]]
    """Source and target as `[start, end)` in tokens; a source of None asks about the text itself."""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences padded to one length, pairs padded to one count.

    B sentences, S tokens, K pairs in the sentence that has most of them (at least one slot).
    """

    input_ids: NDArray[np.int64]
    """*Shape:* (B, S)"""
    attention_mask: NDArray[np.int64]
    """1 at tokens, 0 at padding. *Shape:* (B, S)"""
    source: NDArray[np.float32]
    """Weight of each token in the mean of the source; a row sums to 1, or to 0 where there is no source.

    *Shape:* (B, K, S)
    """
    target: NDArray[np.float32]
    """The same for the target. *Shape:* (B, K, S)"""

    def as_dict(self) -> dict[str, NDArray]:
        """Return the arrays under the names of the network's arguments."""
        return {
            "input_ids": self.input_ids,
            "attention_mask": self.attention_mask,
            "source": self.source,
            "target": self.target,
        }


class TooLong(Exception):
    """A sentence has more tokens than the network reads."""

    def __init__(self, n_tokens: int, max_tokens: int) -> None:
        self.n_tokens = n_tokens
        self.max_tokens = max_tokens
        super().__init__(f"{n_tokens} tokens, more than the {max_tokens} that the model reads at once")


class SentenceEncoder:
    """Tokenizer and the way from character spans to token ranges."""

    def __init__(self, tokenizer: Tokenizer, reading: Reading) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()  # nothing is cut silently: what is too long is said to be
        self.tokenizer = tokenizer
        self.max_tokens = reading.max_tokens
        self._spelling = Spelling(self._is_token) if reading.spelling else None
        self._stand_ins = StandIns() if reading.stand_ins else None
        self.pad_id = tokenizer.token_to_id("[PAD]") or 0
        self.padding_step = PADDING_STEPS["f32"]

    def padded_for(self, precision: str) -> SentenceEncoder:
        """Return the same encoder, padding as suits what the network computes in."""
        other = copy.copy(self)
        other.padding_step = PADDING_STEPS[precision]
        return other

    @classmethod
    def from_folder(cls, folder: Path, reading: Reading) -> SentenceEncoder:
        """Load `tokenizer.json` from a folder.

        Raises:
            ReleaseError: The file is missing or not a tokenizer.
        """
        path = folder / TOKENIZER_FILE
        try:
            return cls(Tokenizer.from_file(str(path)), reading)
        except Exception as error:  # the library raises bare Exception
            raise ReleaseError(f"{path}: cannot be read as a tokenizer: {error}") from error

    def encode(
        self, texts: Sequence[str], pairs: Sequence[Sequence[Pair]]
    ) -> list[EncodedSentence | TooLong]:
        """Return each text as tokens, in order; one that is too long comes back as the reason.

        Tokens are those of what the network reads (see `plain_text`, and `Reading`); spans are those of the text as it
        is given.
        """
        read = [self._read(text, given) for text, given in zip(texts, pairs, strict=True)]
        encode = self.tokenizer.encode_batch if any(pairs) else self.tokenizer.encode_batch_fast
        encodings = encode([text for text, _ in read])
        return [
            TooLong(len(encoding.ids), self.max_tokens)
            if len(encoding.ids) > self.max_tokens
            else EncodedSentence(
                ids=encoding.ids,
                pairs=[
                    (
                        source and _token_range(encoding.offsets, source),
                        _token_range(encoding.offsets, target),
                    )
                    for source, target in ends
                ],
            )
            for encoding, (_, ends) in zip(encodings, read, strict=True)
        ]

    def _read(self, text: str, pairs: Sequence[Pair]) -> tuple[str, list[Ends]]:
        """What the network reads of a sentence, and where the ends of its pairs are in that."""
        shown = plain(_LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text))  # offsets stay
        ends: list[Ends] = [
            (pair.source and shown.span(pair.source), shown.span(pair.target)) for pair in pairs
        ]
        read = shown.text
        if self._spelling:
            read, ends = self._spelling.mended(read, ends)
        if self._stand_ins:  # after the spelling: a misspelt state is one too
            read, ends = self._stand_ins.retold(read, ends)
        return read, ends

    def _is_token(self, word: str) -> bool:
        return self.tokenizer.token_to_id(word) is not None

    def padded_length(self, sentence: EncodedSentence) -> int:
        """Return the least tokens of a sentence with its padding."""
        step = self.padding_step
        return min(-(-len(sentence) // step) * step, max(self.max_tokens, len(sentence)))

    def batches(self, sentences: Sequence[EncodedSentence], *, tokens: int) -> Iterator[list[int]]:
        """Yield the sentences' numbers in batches of like length, so that all together they cost least.

        Args:
            sentences: In any order.
            tokens: Padded tokens that a batch may have; one sentence is a batch however long it is.
        """
        by_length: dict[int, list[int]] = {}
        for number, sentence in enumerate(sentences):
            by_length.setdefault(self.padded_length(sentence), []).append(number)
        for lengths in _padded_together({length: len(found) for length, found in by_length.items()}, tokens):
            numbers = [number for length in lengths for number in by_length[length]]
            size = rows_of_a_pass(tokens, lengths[-1])
            for start in range(0, len(numbers), size):
                yield numbers[start : start + size]

    def collate(self, sentences: Sequence[EncodedSentence]) -> Batch:
        """Pad sentences to the longest padded length of them and their pairs to the most of them."""
        width = max(map(self.padded_length, sentences))
        n_pairs = max(1, *(len(sentence.pairs) for sentence in sentences))
        input_ids = np.full((len(sentences), width), self.pad_id, dtype=np.int64)
        attention_mask = np.zeros((len(sentences), width), dtype=np.int64)
        source = np.zeros((len(sentences), n_pairs, width), dtype=np.float32)
        target = np.zeros_like(source)
        for row, sentence in enumerate(sentences):
            input_ids[row, : len(sentence)] = sentence.ids
            attention_mask[row, : len(sentence)] = 1
            for slot, (source_range, target_range) in enumerate(sentence.pairs):
                if source_range is not None:
                    source[row, slot, slice(*source_range)] = 1 / (source_range[1] - source_range[0])
                target[row, slot, slice(*target_range)] = 1 / (target_range[1] - target_range[0])
        return Batch(input_ids, attention_mask, source, target)


def filled_rows(n: int) -> int:
    """Return the rows that go through the network for a batch of `n` sentences."""
    return n if n <= ROWS_STEP else -(-n // ROWS_STEP) * ROWS_STEP


def rows_of_a_pass(tokens: int, length: int) -> int:
    """Return how many sentences of a padded length go together, at least one, so that none are filled up for nothing.

    Args:
        tokens: Padded tokens that one pass may have.
        length: Of each sentence, padded.
    """
    rows = max(1, tokens // length)
    return rows if rows <= ROWS_STEP else rows - rows % ROWS_STEP


def _padded_together(counts: Mapping[int, int], tokens: int) -> list[list[int]]:
    """Return lengths in groups to be padded to the longest of each, in ascending order, so that the whole costs least.

    Args:
        counts: Length -> sentences of that length.
        tokens: Padded tokens that one pass may have.
    """
    lengths = sorted(counts)
    least: list[tuple[int, int]] = [
        (0, 0)
    ]  # of the first n lengths: their cost, and where their last group begins
    for end, longest in enumerate(lengths, 1):
        n, choices = 0, []
        for start in range(end - 1, -1, -1):
            n += counts[lengths[start]]
            size = rows_of_a_pass(tokens, longest)
            passes, rest = divmod(n, size)
            rows = passes * size + filled_rows(rest)
            cost = (passes + (rest > 0)) * TOKENS_OF_A_PASS + rows * longest
            choices.append((least[start][0] + cost, start))
        least.append(min(choices))
    groups, end = [], len(lengths)
    while end:
        start = least[end][1]
        groups.append(lengths[start:end])
        end = start
    return groups[::-1]


def _token_range(offsets: Sequence[Span], span: Span) -> Span:
    """The tokens that touch a span of characters.

    A span that no token touches (a character that the tokenizer drops, such as a control character) is
    given the token that follows it, or the last one, so that every pair has a place to look at.
    """
    start, end = span
    touching = [n for n, (a, b) in enumerate(offsets) if a < b and a < end and start < b]
    if touching:
        return touching[0], touching[-1] + 1
    last = len(offsets) - 1
    following = next((n for n, (a, b) in enumerate(offsets) if a < b and a >= end), max(last - 1, 0))
    return following, following + 1
