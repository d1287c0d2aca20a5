"""What is in a file of labelled sentences, in a few lines."""

from __future__ import annotations

from collections import Counter

from ..model.codebook import Codebook
from ..model.records import Report


def summary(report: Report, codebook: Codebook) -> str:
    """Return the number of sentences, pairs and faults, and how often each label stands."""
    records = report.records
    pairs = [pair for record in records for pair in record.pairs]
    lines = [
        f"{report.where}: {len(records):,} sentences without fault, {len(pairs):,} pairs,"
        f" {len(report.faults):,} faults"
    ]
    for task in codebook:
        holders = records if task.level == "sentence" else pairs
        counts = Counter(getattr(holder, task.name) for holder in holders)
        shown = ", ".join(f"{name} {counts[name]:,}" for name in task.names)
        unlabelled = f", without {counts[None]:,}" if counts[None] else ""
        lines.append(f"  {task.name}: {shown}{unlabelled}")
    return "\n".join(lines)
