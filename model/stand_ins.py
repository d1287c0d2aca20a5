"""The states that the network reads in place of those of a sentence: the same few, whatever states it names.

What is said of a sentence must not hang on which countries it is told of. A network that was trained on many states
still leans a little on their names; one that always reads Norway for the first state named, Mongolia for the second and
so on cannot. Only the network reads the stand-ins; every offset and every word that is given out is the text's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from .article.exchange import Exchange
from .records import Span

STAND_INS = (
    "NOR", "MNG", "PER", "GHA", "KEN", "NPL", "POL", "ECU", "OMN", "LAO",
    "TUN", "BGR", "UGA", "BOL", "FJI", "ISL", "MAR", "CHL",
)  # fmt: skip
"""States by their place in the order of first mention; each has a name without an article, an adjective, a people and a
capital of its own. A state beyond the last keeps its name."""

Ends = tuple[Span | None, Span]
"""Source and target of a pair, `[start, end)` in characters; the source may be None."""


class StandIns:
    """Retells sentences; read from the file of actors when first used, and not before."""

    @cached_property
    def _exchange(self) -> Exchange:
        return Exchange()

    @cached_property
    def _of_one_case(self) -> Exchange:
        return Exchange(any_case=True)

    def retold(self, text: str, pairs: Sequence[Ends]) -> tuple[str, list[Ends]]:
        """Return a sentence told of the stand-ins, and where the ends of its pairs are in it."""
        exchange = self._of_one_case if text in (text.upper(), text.lower()) else self._exchange
        named = exchange.codes(text)
        spans = list({span for ends in pairs for span in ends if span is not None})
        told = exchange.apply(text, dict(zip(named, STAND_INS, strict=False)), spans) if named else None
        if told is None:
            return text, list(pairs)
        moved = dict(zip(spans, told.spans, strict=True))
        return told.text, [(source and moved[source], moved[target]) for source, target in pairs]
