"""How the network of a release reads a sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is done to a sentence before its tokens are counted; part of a release, for it was trained so."""

    max_tokens: int
    """Longest sentence; a longer one is not read."""
    stand_ins: bool = False
    """Whether the same few states are read whatever states a sentence names (see `stand_ins`)."""
    spelling: bool = False
    """Whether a misspelt word is read as the one that was meant (see `spelling`)."""
