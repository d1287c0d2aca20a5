"""Fairness: what a sentence says must not hang on which countries it is told of.

Country swap: every sentence that names states is scored as it stands and with other states in their places, drawn from
all that can take any place (`Exchange.replacements`). Nothing that the labels mean changes, so no label should. A
state's own pull is the mean shift of the expected tone and stance in the sentences that it was put into.

Roles exchanged: the two states of a pair change places in the text. Who does it is now the other, so the labels must
stay with the places: "Lima praised Quito" has one direction, "Quito praised Lima" the other.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, pstdev
from typing import Any

import numpy as np

from ..model.analyzer import Analyzer, Prediction
from ..model.article.exchange import Exchange
from ..model.codebook import Codebook
from ..model.records import Record
from .augment import exchanged, told_of_others
from .changes import Changes, compared
from .metrics import share_interval

SWAPS = 3
"""Other sets of states that each sentence is told with."""

LEAST_SENTENCES = 10
"""Sentences that a state was put into, from which its pull is judged."""

FAR = 3.0
"""Standard deviations of all states' pulls beyond which a state's own is too much."""


LEAST_SPREAD = 0.002
"""Of the states' pulls, where 1 is the way from neutral to the end of a scale: deviations are measured in no smaller
unit, since among pulls that are all next to nothing some state is always many of their deviations away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountrySwap:
    """What exchanging states did to the predictions."""

    sentences: int
    """Sentences that name a state."""
    changes: Changes
    """The labels of sentences and of pairs, once for each swap."""
    z: Mapping[str, float]
    """Code of each state whose pull was judged -> its pull toward friendlier (+) or less friendly tone and stance, in
    standard deviations of all states' pulls from their mean."""

    @property
    def flips(self) -> float:
        """Share of the labels that changed, 0..1."""
        return self.changes.all.share

    @property
    def states(self) -> int:
        """How many states' pulls were judged."""
        return len(self.z)

    @property
    def largest_state(self) -> str:
        """The code of the state with the largest pull; empty where none was judged."""
        return max(self.z, key=lambda state: abs(self.z[state]), default="")

    @property
    def largest_z(self) -> float:
        """The largest pull without its sign, in standard deviations; 0 where none was judged."""
        return max(map(abs, self.z.values()), default=0.0)

    @property
    def far(self) -> tuple[str, ...]:
        """The states beyond `FAR` standard deviations."""
        return tuple(sorted(state for state, z in self.z.items() if abs(z) > FAR))


def country_swap(analyzer: Analyzer, records: Sequence[Record], *, seed: int = 1) -> CountrySwap:
    """Return how far predictions depend on which states a sentence names.

    Args:
        analyzer: The release.
        records: Sentences with their pairs; those that name no state are passed over.
        seed: Of the drawing of states.
    """
    swaps = list(swapped(records, seed=seed))
    originals = list({id(before): before for before, _, _ in swaps}.values())
    place = {id(record): n for n, record in enumerate(originals)}
    scored = analyzer.predict(originals)
    told = analyzer.predict([after for _, after, _ in swaps])
    changes = Changes()
    pulls: dict[str, list[float]] = defaultdict(list)
    for (before, _, states), answer in zip(swaps, told, strict=True):
        first = scored[place[id(before)]]
        if isinstance(first, Prediction) and isinstance(answer, Prediction):
            changes.add(analyzer.codebook, first, answer, place[id(before)])
            for state in states:
                pulls[state].append(_shift(analyzer.codebook, first, answer))
    return CountrySwap(
        sentences=len(originals),
        changes=changes,
        z=_in_deviations(pulls),
    )


def _shift(codebook: Codebook, before: Prediction, after: Prediction) -> float:
    """How much friendlier tone and stances became, as a share of the way from neutral to the end of their scales."""
    shift = 0.0
    for one, other in compared(before, after):
        for name in ("tone", "stance"):
            if name in one:
                scores = np.array(codebook[name].scores) / max(map(abs, codebook[name].scores))
                shift += float((other[name] - one[name]) @ scores) / (1 + len(before.pairs))
    return shift


def _in_deviations(pulls: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Each state's mean pull, as standard deviations from the mean of all states."""
    means = {state: fmean(shifts) for state, shifts in pulls.items() if len(shifts) >= LEAST_SENTENCES}
    spread = max(LEAST_SPREAD, pstdev(means.values()) if len(means) > 1 else 0.0)
    centre = fmean(means.values()) if means else 0.0
    return {state: (mean - centre) / spread for state, mean in sorted(means.items())}


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


def roles_exchanged(analyzer: Analyzer, records: Sequence[Record]) -> Changes:
    """Return what became of the labels of pairs when source and target changed places in the text.

    Args:
        analyzer: The release.
        records: Sentences with their pairs; pairs without two coded states that can change places are passed over.
    """
    both = list(with_roles_exchanged(records))
    before = analyzer.predict([record for record, _ in both])
    after = analyzer.predict([record for _, record in both])
    changes = Changes()
    for n, (first, other) in enumerate(zip(before, after, strict=True)):
        if isinstance(first, Prediction) and isinstance(other, Prediction):
            changes.add(analyzer.codebook, replace(first, sentence={}), replace(other, sentence={}), n)
    return changes


def with_roles_exchanged(records: Sequence[Record]) -> Iterator[tuple[Record, Record]]:
    """Yield each pair of two states in a record of its own, beside the same with the two in each other's place."""
    exchange = Exchange()
    for record in records:
        named = exchange.codes(record.text)
        for pair in record.pairs:
            source, target = pair.source_code, pair.target_code
            if pair.source is None or source == target or source not in named or target not in named:
                continue
            alone = replace(record, pairs=(pair,))
            told = exchanged(exchange, alone, {source: target, target: source})
            if told is not None and told.text != record.text:
                yield alone, told


def as_metrics(swap: CountrySwap, roles: Changes) -> dict[str, Any]:
    """Return the figures as they stand in `metrics.json`; of the states only those that pull far."""
    moved, followed = swap.changes.all, roles.all
    return {
        "swap_labels": moved.n,
        "swap_flips": moved.share,
        "swap_flips_interval": list(share_interval(moved.flipped, moved.sentence_of)),
        "swap_dp": moved.mean_dp,
        "states": swap.states,
        "state_sd": swap.largest_z,
        "far_states": {state: round(swap.z[state], 3) for state in swap.far},
        "role_labels": followed.n,
        "role_flips": followed.share,
        "role_flips_interval": list(share_interval(followed.flipped, followed.sentence_of)),
    }
