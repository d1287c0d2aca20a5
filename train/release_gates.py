"""What a new release must not exceed, whatever came before it: the gates of a recipe.

A verdict compares a candidate with the release in use (`gates`); these stand for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..model.errors import ConfigError

LEAST_LABELS = 200
"""With fewer labels compared a share is noise, and its gate stays open."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A figure that has a limit."""

    words: str
    """What the figure is of, for people."""
    n: str
    """Name of the figure that says how many labels were compared."""
    as_share: bool = True


GATES: Mapping[str, Gate] = {
    "swap_flips": Gate("the share of labels that change when states are exchanged", "swap_labels"),
    "swap_dp": Gate("the mean change of a probability when states are exchanged", "swap_labels", False),
    "state_sd": Gate("the largest pull of a single state, in standard deviations,", "swap_labels", False),
    "role_flips": Gate(
        "the share of labels that do not follow when source and target change places", "role_labels"
    ),
}
"""By the name that a recipe's `[gates]` and the fairness figures in `metrics.json` have for it; see `fairness`."""


def check_release_gates(limits: Mapping[str, Any]) -> None:
    """Check that limits are known and make sense.

    Raises:
        ConfigError: One is unknown, no number or below 0.
    """
    for name, limit in limits.items():
        if name not in GATES:
            raise ConfigError(f"gates: {name} is not known; known are {', '.join(GATES)}")
        if not isinstance(limit, int | float) or limit < 0:
            raise ConfigError(f"gates.{name} is {limit!r}; it must be a number, 0 or more")


def broken_gates(figures: Mapping[str, Any], limits: Mapping[str, float]) -> Iterator[str]:
    """Yield a sentence on each limit that is exceeded.

    Args:
        figures: As `fairness.as_metrics` returns them.
        limits: Name of a gate -> the largest value that passes.
    """
    for name, limit in limits.items():
        gate = GATES[name]
        if figures[gate.n] >= LEAST_LABELS and figures[name] > limit:
            found, allowed = (
                f"{value:.2%}" if gate.as_share else f"{value:.3f}" for value in (figures[name], limit)
            )
            yield f"{gate.words[0].upper()}{gate.words[1:]} is {found}; the recipe allows {allowed}."
