"""Which of the pairs in a sentence stand in a relation: a logistic regression on what is known of a pair.

The network is asked of every two actors that a sentence names, and of most there is nothing to say. How sure it is
that the one does something to the other, or takes a side, tells the most; that the two stand close together, that few
others are named and that words tie them to one another tells some more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from .analysis import Mention, PairAnalysis

FEATURES = ("act", "side", "distance", "actors", "joined", "before")
"""What is known of a pair, see `relation_features`."""

CONSTANT = "constant"

NO_ACT = "NONE"
NO_SIDE = "neutral"

SUREST = 1e-4
"""Probabilities are kept this far from 0 and 1, so that their log-odds are finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationRule:
    """Weights of the features, and from which probability on a pair is reported."""

    weights: Mapping[str, float]
    """Of each of `FEATURES` and of `CONSTANT`; 0 where absent."""
    threshold: float
    """Least probability of a relation, 0..1."""

    def __post_init__(self) -> None:
        if unknown := set(self.weights) - {*FEATURES, CONSTANT}:
            raise ValueError(f'the weight of "{min(unknown)}", which is no feature of a pair')

    def probability(self, features: Mapping[str, float]) -> float:
        """Return how likely it is that a pair stands in a relation, 0..1."""
        odds = self.weights.get(CONSTANT, 0.0) + sum(
            self.weights.get(name, 0.0) * value for name, value in features.items()
        )
        return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0


PLAIN_RULE = RelationRule(weights={"act": 1.0, "joined": math.log(4)}, threshold=0.5)
"""For a release without a rule of its own: that the one does something to the other is likelier than not, or has a
probability of .2 where the words join the two."""


def relation_features(
    source: Mention,
    target: Mention,
    probabilities: Mapping[str, Mapping[str, float]],
    *,
    actors: int,
    joined: bool,
) -> dict[str, float]:
    """Return what is known of a pair.

    Args:
        source: Who.
        target: Toward whom.
        probabilities: Of the labels of "act" and of "stance". Where there is no NONE among the acts, or no neutral
            among the stances, that they are another tells nothing.
        actors: Different actors that the sentence names.
        joined: Whether the words tie the two to one another (`article.ties`).

    Returns:
        act: log-odds that the source does anything to the target; side: that it takes a side; distance: logarithm of
        one more than the characters between the two; actors: how many are named; joined and before, whether the source
        is named first: 0 or 1.
    """
    between = max(source.start - target.end, target.start - source.end, 0)
    return {
        "act": _odds_of_another(probabilities["act"], NO_ACT),
        "side": _odds_of_another(probabilities["stance"], NO_SIDE),
        "distance": math.log1p(between),
        "actors": float(actors),
        "joined": float(joined),
        "before": float(source.start < target.start),
    }


def is_mere_mention(pair: PairAnalysis) -> bool:
    """Whether the likeliest is that the source does nothing to the target and takes no side: nothing to report."""
    act, stance = pair.act.probabilities, pair.stance.probabilities
    return max(act, key=act.__getitem__) == NO_ACT and max(stance, key=stance.__getitem__) == NO_SIDE


def _odds_of_another(probabilities: Mapping[str, float], label: str) -> float:
    """Log-odds that it is another label than the one given; 0 where there is no such label."""
    if label not in probabilities:
        return 0.0
    p = min(max(1 - probabilities[label], SUREST), 1 - SUREST)
    return math.log(p / (1 - p))
