"""Country swap: what a sentence says must not hang on which countries it is told of.

Every sentence that names states is scored as it stands and with other states in their places, drawn from all that can
take any place (`Exchange.replacements`). Nothing that the labels mean changes, so no label should. A state's own pull
is the mean shift of the expected tone and stance in the sentences that it was put into.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

import numpy as np

from ..model.analyzer import Analyzer, Prediction
from ..model.article.exchange import Exchange
from ..model.records import Record
from .augment import told_of_others
from .metrics import accuracy, interval

SWAPS = 3
"""Other sets of states that each sentence is told with."""

LEAST_SENTENCES = 10
"""Sentences that a state was put into, from which its pull is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountrySwap:
    """What exchanging states did to the predictions."""

    sentences: int
    """Sentences that name a state."""
    labels: int
    """Labels compared: those of sentences and of pairs, once for each swap."""
    flips: float
    """Share of them that changed, 0..1."""
    flips_interval: tuple[float, float]
    """95 % bootstrap interval over sentences."""
    flips_by_task: dict[str, float]
    mean_dp: float
    """Mean absolute change of a probability of a label that was the likeliest before, 0..1."""
    states: int
    """States whose pull was judged."""
    largest_z: float
    """The largest pull of a state on the expected tone or stance, in standard deviations of all states' pulls."""
    largest_state: str
    """Its code."""


def country_swap(analyzer: Analyzer, records: Sequence[Record], *, seed: int = 1) -> CountrySwap:
    """Return how far predictions depend on which states a sentence names.

    Args:
        analyzer: The release.
        records: Sentences with their pairs; those that name no state are passed over.
        seed: Of the drawing of states.
    """
    swaps = list(swapped(records, seed=seed))
    originals = list({id(before): before for before, _, _ in swaps}.values())
    scored = dict(zip(map(id, originals), analyzer.predict(originals), strict=True))
    flips: dict[str, list[bool]] = defaultdict(list)
    sentence_of: list[int] = []
    flipped: list[bool] = []
    moves: list[float] = []
    pulls: dict[str, list[float]] = defaultdict(list)
    codebook = analyzer.codebook
    for (before, _, states), told in zip(
        swaps, analyzer.predict([after for _, after, _ in swaps]), strict=True
    ):
        first = scored[id(before)]
        if not isinstance(first, Prediction) or not isinstance(told, Prediction):
            continue
        sentence_tasks, pair_tasks = codebook.at("sentence"), codebook.at("pair")
        levels = [(first.sentence, told.sentence, sentence_tasks)]
        levels += [(one, other, pair_tasks) for one, other in zip(first.pairs, told.pairs, strict=True)]
        shift = 0.0
        for one, other, tasks in levels:
            for task in tasks:
                p, q = one[task.name], other[task.name]
                flips[task.name].append(bool(p.argmax() != q.argmax()))
                flipped.append(flips[task.name][-1])
                sentence_of.append(id(before))
                moves.append(abs(float(p.max() - q[p.argmax()])))
                if task.ordinal and task.name != "sentiment":
                    scores = np.array(task.scores) / max(map(abs, task.scores))
                    shift += float((q - p) @ scores) / len(levels)
        for state in states:
            pulls[state].append(shift)
    means = {state: fmean(shifts) for state, shifts in pulls.items() if len(shifts) >= LEAST_SENTENCES}
    spread = pstdev(means.values()) if len(means) > 1 else 0.0
    centre = fmean(means.values()) if means else 0.0
    z = {state: abs(mean - centre) / spread if spread else 0.0 for state, mean in means.items()}
    largest = max(z, key=lambda state: z[state], default="")
    low, high = (
        interval(accuracy, np.ones(len(flipped), int), np.array(flipped, int), 2, sentence_of)
        if flipped
        else (0.0, 0.0)
    )
    return CountrySwap(
        sentences=len(originals),
        labels=len(flipped),
        flips=fmean(flipped) if flipped else 0.0,
        flips_interval=(low, high),
        flips_by_task={task: fmean(found) for task, found in sorted(flips.items())},
        mean_dp=fmean(moves) if moves else 0.0,
        states=len(means),
        largest_z=z.get(largest, 0.0),
        largest_state=largest,
    )


def swapped(
    records: Sequence[Record], *, seed: int, swaps: int = SWAPS
) -> Iterator[tuple[Record, Record, tuple[str, ...]]]:
    """Yield each record that names states beside itself told of others, and the codes of these."""
    exchange = Exchange()
    rng = random.Random(seed)
    for record in records:
        named = exchange.codes(record.text)
        for _ in range(swaps if named else 0):
            told, mapping = told_of_others(exchange, record, named, rng)
            if told is not None:
                yield record, told, tuple(mapping.values())
