"""One network for many requests at once: sentences of one length that wait together go through it together.

Nobody waits for company: a request that finds the network free has it at once, and what comes in while it is busy
makes up the next round. A round is bounded in tokens and shared out evenly among those who wait, so that a short text
is done in a round or two however long the one beside it is.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..model.analyzer import Analyzer
from ..model.encoding import Batch, rows_of_a_pass
from ..model.engine import EMBEDDING, Embeddings, Engine, Logits

TOKENS_PER_ROUND = 1_024
"""Padded tokens that go through the network before others have their turn: a quarter of a second on a slow core.
Larger rounds are hardly faster."""


def shareable(analyzer: Analyzer) -> Analyzer:
    """Return the analyzer, made fit to be used by several threads: all of it but its engine is already."""
    analyzer.engine = SharedEngine(analyzer.engine)
    return analyzer


@dataclass(slots=True, eq=False)
class _Request:
    batch: Batch
    begun: int = 0
    """Sentences that have been taken into a round."""
    parts: list[Logits] = field(default_factory=list)
    """What the rounds gave, the embeddings among it."""
    error: BaseException | None = None

    @property
    def left(self) -> int:
        return len(self.batch.input_ids) - self.begun

    @property
    def width(self) -> int:
        return self.batch.input_ids.shape[1]

    @property
    def is_done(self) -> bool:
        return self.error is not None or (self.left == 0 and sum(map(_n_rows, self.parts)) == self.begun)


class SharedEngine:
    """An engine for any number of threads, around one that is not to be shared.

    Args:
        engine: What runs the network; it belongs to this object from now on.
        tokens: Padded tokens of a round; one sentence is a round however long it is.
    """

    def __init__(self, engine: Engine, *, tokens: int = TOKENS_PER_ROUND) -> None:
        self.name = engine.name
        self.precision = engine.precision
        self._engine = engine
        self._tokens = tokens
        self._changed = threading.Condition()
        self._waiting: list[_Request] = []
        self._busy = False

    def run(self, batch: Batch) -> Logits:
        """Return the logits of every task."""
        return self.run_and_embed(batch)[0]

    def run_and_embed(self, batch: Batch) -> tuple[Logits, Embeddings | None]:
        """Return the logits of every task and, where the release has them as an output, the embeddings."""
        request = _Request(batch)
        with self._changed:
            self._waiting.append(request)
            while not request.is_done:
                if self._busy:
                    self._changed.wait()
                else:
                    self._round()
        if request.error is not None:
            raise request.error
        found = {name: np.concatenate([part[name] for part in request.parts]) for name in request.parts[0]}
        return found, found.pop(EMBEDDING, None)

    def _round(self) -> None:
        """Run the network for all whose turn it is, on the thread of one of them.

        Called and left with the lock held, which is open to others meanwhile.
        """
        taken = self._taken()
        self._busy = True
        self._changed.release()
        error: BaseException | None = None
        logits: Logits = {}
        try:
            logits, embeddings = self._engine.run_and_embed(_merged([part for _, part in taken]))
            if embeddings is not None:
                logits = logits | {EMBEDDING: embeddings}
        except BaseException as caught:  # it belongs to each of those whose sentences were in the round
            error = caught
        finally:
            self._changed.acquire()
            self._busy = False
        row = 0
        for request, part in taken:
            request.error = error
            if error is None:
                rows, slots = slice(row, row + len(part.input_ids)), part.source.shape[1]
                request.parts.append({name: _cut(values[rows], slots) for name, values in logits.items()})
            row += len(part.input_ids)
        self._waiting = [request for request in self._waiting if request.error is None and request.left]
        self._changed.notify_all()

    def _taken(self) -> list[tuple[_Request, Batch]]:
        """The sentences of the next round, an even share of each request that waits for the first one's length."""
        width = self._waiting[0].width
        alike = [request for request in self._waiting if request.width == width]
        room = rows_of_a_pass(self._tokens, width)
        taken: list[tuple[_Request, Batch]] = []
        for number, request in enumerate(alike):
            share = min(request.left, -(-room // (len(alike) - number)))
            if share:
                taken.append((request, _rows(request.batch, request.begun, request.begun + share)))
                request.begun += share
                room -= share
        unserved = [r for r in self._waiting if all(r is not request for request, _ in taken)]
        self._waiting = unserved + [request for request, _ in taken]
        return taken


def _n_rows(logits: Logits) -> int:
    return len(next(iter(logits.values())))


def _rows(batch: Batch, start: int, end: int) -> Batch:
    return Batch(*(array[start:end] for array in batch.as_dict().values()))


def _merged(batches: Sequence[Batch]) -> Batch:
    """Batches of one width as one, their pairs padded to the most of them."""
    if len(batches) == 1:
        return batches[0]
    slots = max(batch.source.shape[1] for batch in batches)

    def padded(spans: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.pad(spans, ((0, 0), (0, slots - spans.shape[1]), (0, 0)))

    return Batch(
        input_ids=np.concatenate([batch.input_ids for batch in batches]),
        attention_mask=np.concatenate([batch.attention_mask for batch in batches]),
        source=np.concatenate([padded(batch.source) for batch in batches]),
        target=np.concatenate([padded(batch.target) for batch in batches]),
    )


def _cut(values: NDArray[np.float32], slots: int) -> NDArray[np.float32]:
    """Values of sentences as they are, those of pairs without the slots that were padded."""
    return values[:, :slots] if values.ndim == 3 else values
