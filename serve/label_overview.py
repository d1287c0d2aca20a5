"""What is told of the whole label store after each label: who gave how many, what is disputed, how far people agree.

It is kept in memory, sentence by sentence, and only sentences that have new rows are looked at again: the store only
grows, and no row says anything of another sentence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .agreement import Tally, Unit, units
from .label_types import Contradiction, Label, contradictions


@dataclass(frozen=True, slots=True)
class _OfText:
    """What the labels of one sentence add."""

    annotators: tuple[str, ...]
    """Of each label that stands."""
    disputes: tuple[Contradiction, ...]
    n_settled: int
    units: tuple[Unit, ...]


class LabelOverview:
    """Counts what stands; for one thread at a time."""

    def __init__(self) -> None:
        self._of_text: dict[str, _OfText] = {}
        self._annotators: Counter[str] = Counter()
        self._disputes: dict[str, tuple[Contradiction, ...]] = {}
        self._n_settled = 0
        self.tally = Tally()

    def replace(self, text_sha256: str, standing: Sequence[Label]) -> None:
        """Take the labels of one sentence that stand now, settling ones too, for those that stood before."""
        if (old := self._of_text.pop(text_sha256, None)) is not None:
            self._annotators.subtract(old.annotators)
            self._n_settled -= old.n_settled
            self.tally.count(old.units, -1)
            self._disputes.pop(text_sha256, None)
        if not standing:
            return
        opinions = [label for label in standing if not label.settles]
        settled = {label.item for label in standing if label.settles}
        disputes = tuple(found for found in contradictions(opinions) if found.item not in settled)
        new = _OfText(tuple(label.annotator for label in opinions), disputes, len(settled), units(opinions))
        self._of_text[text_sha256] = new
        self._annotators.update(new.annotators)
        self._n_settled += new.n_settled
        self.tally.count(new.units)
        if disputes:
            self._disputes[text_sha256] = disputes

    def annotators(self) -> dict[str, int]:
        """Return how many labels each annotator stands by, the most busy first."""
        counted = {name: n for name, n in self._annotators.items() if n}
        return dict(sorted(counted.items(), key=lambda entry: (-entry[1], entry[0])))

    def disputes(self) -> list[Contradiction]:
        """Return the items about which annotators disagree and which nobody has settled, the oldest first."""
        found = [dispute for disputes in self._disputes.values() for dispute in disputes]
        return sorted(found, key=lambda dispute: dispute.labels[0].id)

    @property
    def n_settled(self) -> int:
        """Items that were settled."""
        return self._n_settled
