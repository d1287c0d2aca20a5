"""What a change of release does to sentences that were analysed before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.analyzer import Analyzer
from ..model.records import Record

LARGEST = 20


@dataclass(frozen=True, slots=True)
class Change:
    """One judgement that changes."""

    text: str
    task: str
    """"tone", or "stance, pair 1" for a pair."""
    before: str | None
    after: str | None
    """None: not sure enough for a label."""
    size: float
    """Largest change of a label's probability, 0..1."""


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changes."""

    n_sentences: int
    n_changed: int
    """Sentences of which a label changes, from or to none included."""
    largest: tuple[Change, ...]
    """The changes of label with the largest change of probability, one a sentence, largest first."""


def difference(candidate: Analyzer, current: Analyzer, records: Sequence[Record]) -> Difference:
    """Score the sentences with both releases and return where their labels differ."""
    rows = [{"text": r.text, "pairs": [_spans(pair.as_dict()) for pair in r.pairs]} for r in records]
    changed: list[Change] = []
    for record, before, after in zip(records, current.score(rows), candidate.score(rows), strict=True):
        changes = _changes(record.text, before["predicted"], after["predicted"])
        if changes:
            changed.append(max(changes, key=lambda change: change.size))
    largest = sorted(changed, key=lambda change: -change.size)[:LARGEST]
    return Difference(len(records), len(changed), tuple(largest))


def as_text(found: Difference) -> str:
    """Return the difference to read."""
    lines = [
        f"of the sentences analysed before, {found.n_changed:,} of {found.n_sentences:,} change"
        + (f"; these are the {len(found.largest)} largest:" if found.largest else "")
    ]
    lines += [
        f"  {change.task}: {change.before or 'not sure'} -> {change.after or 'not sure'} (by {change.size:.2f})"
        f"  {change.text}"
        for change in found.largest
    ]
    return "\n".join(lines)


def _spans(pair: Mapping[str, Any]) -> dict[str, Any]:
    return {"source": pair["source"], "target": pair["target"]}


def _changes(text: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    judged = [(task, before[task], after[task]) for task in before if task != "pairs"]
    for n, (one, other) in enumerate(zip(before["pairs"], after["pairs"], strict=True), 1):
        judged += [(f"{task}, pair {n}", one[task], other[task]) for task in one]
    return [
        Change(text, task, one["label"], other["label"], _size(one["probabilities"], other["probabilities"]))
        for task, one, other in judged
        if one["label"] != other["label"]
    ]


def _size(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """Largest change of a probability; a label that only one release has counts as 0 in the other."""
    labels = before.keys() | after.keys()
    return max((abs(before.get(label, 0.0) - after.get(label, 0.0)) for label in labels), default=0.0)
