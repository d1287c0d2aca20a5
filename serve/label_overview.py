"""What is told of the whole label store after each label: who gave how many, what is disputed, how far people agree.

It is kept in memory, text by text, and only texts that have new rows are looked at again: the store only grows, and no
row says anything of another text. Writings of a text that differ in letter case and white space are one text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..model.codebook import Codebook
from ..model.records import QuestionKey, question_key
from .agreement import Tally, Unit, units
from .label_types import Contradiction, Label, contradictions


@dataclass(frozen=True, slots=True)
class _OfText:
    """What the labels of one text add."""

    annotators: tuple[str, ...]
    """Of each label that stands."""
    disputes: tuple[Contradiction, ...]
    settled: frozenset[QuestionKey]
    units: tuple[Unit, ...]
    n_unknown: int


NOTHING = _OfText((), (), frozenset(), (), 0)


class LabelOverview:
    """Counts what stands; for one thread at a time.

    Args:
        codebook: Labels that it does not have count for nobody but their annotators.
    """

    def __init__(self, codebook: Codebook) -> None:
        self.tally = Tally()
        self.n_settled = 0
        """Questions that were settled."""
        self.n_unknown = 0
        """Labels that stand and are not in the codebook."""
        self._codebook = codebook
        self._of_text: dict[str, _OfText] = {}
        self._writings: dict[str, set[str]] = {}
        self._disputed: set[str] = set()
        self._annotators: Counter[str] = Counter()

    def writings(self, text: str, text_sha256: str) -> set[str]:
        """Return the SHA-256 of every writing of a text that has labels, this one included from now on."""
        found = self._writings.setdefault(key_of(text), set())
        found.add(text_sha256)
        return found

    def replace(self, key: str, standing: Sequence[Label]) -> None:
        """Take the labels of a text that stand now, settling ones too, for those that stood before.

        Args:
            key: See `key_of`.
            standing: Those of all its writings, the oldest first.
        """
        opinions = [label for label in standing if not label.settles]
        known = [label for label in opinions if label.is_in(self._codebook)]
        new = _OfText(
            annotators=tuple(label.annotator for label in opinions),
            disputes=tuple(contradictions(known)),
            settled=frozenset(
                label.item.question for label in standing if label.settles and label.is_in(self._codebook)
            ),
            units=units(known),
            n_unknown=len(opinions) - len(known),
        )
        self._count(self._of_text.pop(key, NOTHING), -1)
        self._count(new, 1)
        self._of_text[key] = new
        (self._disputed.add if _open(new) else self._disputed.discard)(key)

    def _count(self, found: _OfText, sign: int) -> None:
        for annotator in found.annotators:
            self._annotators[annotator] += sign
        self.tally.count(found.units, sign)
        self.n_settled += sign * len(found.settled)
        self.n_unknown += sign * found.n_unknown

    def annotators(self) -> dict[str, int]:
        """Return how many labels each annotator stands by, the most busy first."""
        counted = {name: n for name, n in self._annotators.items() if n}
        return dict(sorted(counted.items(), key=lambda entry: (-entry[1], entry[0])))

    def disputes(self) -> list[Contradiction]:
        """Return the questions about which annotators disagree and which nobody has settled, the oldest first."""
        found = [dispute for key in self._disputed for dispute in _open(self._of_text[key])]
        return sorted(found, key=lambda dispute: dispute.labels[0].id)

    def is_disputed(self, question: QuestionKey) -> bool:
        """Return whether annotators disagree about a question, settled or not."""
        of_text = self._of_text.get(question[0], NOTHING)
        return any(dispute.item.question == question for dispute in of_text.disputes)


def key_of(text: str) -> str:
    """Return what is the same for every writing of a text."""
    return question_key(text, "")[0]


def _open(of_text: _OfText) -> list[Contradiction]:
    return [dispute for dispute in of_text.disputes if dispute.item.question not in of_text.settled]
