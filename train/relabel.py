"""Records of one codebook read under another: labels that stayed, labels renamed, labels that are gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..model.codebook import Codebook, Task
from ..model.records import Pair, Record

Counterparts = Mapping[str, Mapping[str, str]]
"""Per task: the new name of every old label that has one."""


def counterparts(old: Codebook, new: Codebook) -> Counterparts:
    """Return which label of the new codebook is which of the old.

    A label is the same where its name is, and else, being renamed, where its definition is word for word.
    """
    return {task.name: _same_labels(task, new[task.name]) for task in old}


def _same_labels(old: Task, new: Task) -> dict[str, str]:
    same = {name: name for name in old.names if name in new.names}
    by_definition = {label.definition: label.name for label in new.labels if label.name not in same}
    renamed = {
        label.name: by_definition[label.definition]
        for label in old.labels
        if label.name not in same and label.definition in by_definition
    }
    return same | renamed


def relabelled(records: Sequence[Record], old: Codebook, new: Codebook) -> list[Record]:
    """Return the records with the new codebook's names; a label that is gone becomes an absent one."""
    if old.digest == new.digest:
        return list(records)
    same = counterparts(old, new)

    def renamed(holder: Record | Pair, tasks: Sequence[Task]) -> dict[str, str | None]:
        return {task.name: same[task.name].get(getattr(holder, task.name) or "") for task in tasks}

    return [
        replace(
            record,
            **renamed(record, old.at("sentence")),  # type: ignore[arg-type]
            pairs=tuple(replace(pair, **renamed(pair, old.at("pair"))) for pair in record.pairs),  # type: ignore[arg-type]
        )
        for record in records
    ]


def changes(old: Codebook, new: Codebook) -> list[str]:
    """Return, for people, what the new codebook does with the labels of the old, a line for each task that changes."""
    lines = []
    for task, same in counterparts(old, new).items():
        renamed = [f"{a} is now {b}" for a, b in same.items() if a != b]
        added = [f"{name} is new" for name in new[task].names if name not in same.values()]
        dropped = [f"{name} is gone" for name in old[task].names if name not in same]
        if found := [*renamed, *added, *dropped]:
            lines.append(f"{task}: {', '.join(found)}")
    return lines
