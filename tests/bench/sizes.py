"""How much is measured: enough for figures, or just enough to see that the benchmark runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Numbers of sentences and of repeats."""

    sentences: int
    """Scored by every system in each turn."""
    of_32_tokens: int
    """The same, of sentences of exactly 32 tokens, as far as there are so many."""
    rounds: int
    products: int
    """Of matrices, whose best counts."""
    starts: int
    pages: int
    """Starts of the service."""
    long_article: int
    """Sentences of one, for memory and for what a short text waits beside."""
    scored: int
    """Rows that `diplotone score` is given, for its memory."""
    repeats: int
    """Of a point of a curve."""
    tokens: tuple[int, ...]
    batches: tuple[int, ...]
    articles: tuple[int, ...]
    archives: tuple[int, ...]
    clients: tuple[int, ...]
    client_seconds: float
    every_way: bool
    """Whether what is the same system in another way (bf16, larger batches) is measured too."""


FULL = Sizes(
    sentences=192,
    of_32_tokens=96,
    rounds=7,
    products=15,
    starts=9,
    pages=3,
    long_article=300,
    scored=2_000,
    repeats=9,
    tokens=(8, 16, 32, 64, 128, 256),
    batches=(1, 2, 4, 8, 16, 32, 64),
    articles=(3, 10, 30, 100, 300),
    archives=(100, 500, 2_000),
    clients=(1, 10, 100),
    client_seconds=12,
    every_way=True,
)

QUICK = Sizes(
    sentences=6,
    of_32_tokens=3,
    rounds=1,
    products=1,
    starts=1,
    pages=1,
    long_article=12,
    scored=20,
    repeats=1,
    tokens=(8, 32),
    batches=(1, 4),
    articles=(3, 10),
    archives=(10, 20),
    clients=(1, 4),
    client_seconds=0.3,
    every_way=False,
)
