"""The labels: what they are, what they mean, how they are shown.

Everything that knows a label reads it from here: heads, checks, colours, help texts, the crosswalk to
PLOVER. The shipped codebook is `configs/codebook.toml`; a release carries the one it was trained with.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from .errors import CodebookError
from .settings import parse_toml

Level = Literal["sentence", "pair"]

SIDES = (
    "verbal cooperation",
    "material cooperation",
    "verbal conflict",
    "material conflict",
    "none",
)
"""PLOVER's quad classes and, for acts that are none, "none"."""

TASKS: dict[str, Level] = {
    "sentiment": "sentence",
    "tone": "sentence",
    "stance": "pair",
    "act": "pair",
}
"""The four tasks and what one label of each is about. The labels themselves are in the TOML."""


@dataclass(frozen=True, kw_only=True)
class NearMiss:
    """A sentence that looks like the label's own and is not."""

    text: str
    label: str
    """The right label."""
    why: str


@dataclass(frozen=True, kw_only=True)
class Label:
    """One label of one task."""

    name: str
    score: float
    """Value on the task's own scale: tone -2..+2, sentiment and stance -1..+1, act PLOVER's score."""
    mark: str
    """Sign shown beside the colour, so that colour is never the only sign."""
    light: str
    """Colour on a light page, `#rrggbb`."""
    dark: str
    """Colour on a dark page, `#rrggbb`."""
    definition: str
    examples: tuple[str, ...]
    near_miss: NearMiss
    side: str | None = None
    """PLOVER's quad class, for acts only."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One question with its labels, in the order of the logits."""

    name: str
    level: Level
    ordinal: bool
    question: str
    labels: tuple[Label, ...]
    rules: tuple[str, ...] = ()
    """What settles cases in doubt, a sentence or two each."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Label names in the order of the logits."""
        return tuple(label.name for label in self.labels)

    @cached_property
    def scores(self) -> tuple[float, ...]:
        """Label scores in the order of the logits."""
        return tuple(label.score for label in self.labels)

    def index(self, name: str) -> int:
        """Return the position of a label among the logits.

        Raises:
            CodebookError: The task has no such label.
        """
        try:
            return self.names.index(name)
        except ValueError:
            raise CodebookError(f'{self.name}: "{name}" is not one of {", ".join(self.names)}') from None

    def __getitem__(self, name: str) -> Label:
        return self.labels[self.index(name)]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, kw_only=True)
class Codebook:
    """The tasks with their labels, and the version that results refer to."""

    version: str
    tasks: tuple[Task, ...]
    toml: str
    """The text that it was read from, byte for byte, to be copied into a release."""

    @classmethod
    def load(cls, path: Path | None = None) -> Codebook:
        """Read a codebook; without a path the shipped one.

        Raises:
            CodebookError: The file cannot be read, is not TOML, or contradicts itself.
        """
        try:
            if path is None:
                where, text = "codebook.toml", _shipped_text()
            else:
                where, text = str(path), path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CodebookError(f"{path}: cannot be read as a codebook: {error}") from error
        try:
            tables = parse_toml(text)
        except ValueError as error:
            raise CodebookError(f"{where}: not valid TOML: {error}") from error
        return _parse(tables, text, where)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return hashlib.sha256(self.toml.encode()).hexdigest()

    def __getitem__(self, task: str) -> Task:
        for candidate in self.tasks:
            if candidate.name == task:
                return candidate
        raise CodebookError(f'"{task}" is not one of the tasks {", ".join(TASKS)}')

    def __iter__(self) -> Iterator[Task]:
        return iter(self.tasks)

    def at(self, level: Level) -> tuple[Task, ...]:
        """The tasks that label a sentence, or those that label a pair."""
        return tuple(task for task in self.tasks if task.level == level)


def _shipped_text() -> str:
    return files("diplotone.configs").joinpath("codebook.toml").read_text(encoding="utf-8")


def _parse(tables: dict[str, Any], text: str, where: str) -> Codebook:
    version = tables.pop("version", None)
    if not isinstance(version, str):
        raise CodebookError(f'{where}: needs a version in quotes, such as version = "1.0"')
    if set(tables) != set(TASKS):
        raise CodebookError(
            f"{where}: found the tasks {', '.join(tables) or 'none'}; needed are exactly {', '.join(TASKS)}"
        )
    tasks = tuple(_task(name, tables[name], f"{where}: {name}") for name in TASKS)
    return Codebook(version=version, tasks=tasks, toml=text)


def _task(name: str, table: Any, where: str) -> Task:
    if not isinstance(table, dict):
        raise CodebookError(f"{where}: is {table!r}; it must be a table")
    rules = table.pop("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        raise CodebookError(f"{where}: rules is {rules!r}; it must be a list of texts")
    level, ordinal, question, rows = _take(table, where, level=str, ordinal=bool, question=str, labels=list)
    if level != TASKS[name]:
        raise CodebookError(f'{where}: level is "{level}"; this task labels a {TASKS[name]}')
    labels = tuple(_label(row, f"{where}, label {n}", name) for n, row in enumerate(rows, 1))
    names = [label.name for label in labels]
    if len(labels) < 2 or len(set(names)) < len(names):
        raise CodebookError(
            f"{where}: found the labels {', '.join(names)}; needed are two or more different ones"
        )
    if ordinal and [label.score for label in labels] != sorted({label.score for label in labels}):
        raise CodebookError(f"{where}: an ordinal task lists its labels by rising score")
    for label in labels:
        if label.near_miss.label not in names or label.near_miss.label == label.name:
            raise CodebookError(
                f'{where}: the near miss of "{label.name}" is labelled "{label.near_miss.label}"; '
                f"allowed are the other labels, {', '.join(n for n in names if n != label.name)}"
            )
    return Task(
        name=name,
        level=TASKS[name],
        ordinal=ordinal,
        question=question,
        labels=labels,
        rules=tuple(rules),
    )


def _label(row: Any, where: str, task: str) -> Label:
    if not isinstance(row, dict):
        raise CodebookError(f"{where}: is {row!r}; it must be a table")
    if isinstance(row.get("name"), str):
        where = f'{where} ("{row["name"]}")'
    if isinstance(row.get("score"), int):
        row = row | {"score": float(row["score"])}
    wanted: dict[str, type] = {
        "name": str,
        "score": float,
        "mark": str,
        "colour": dict,
        "definition": str,
        "examples": list,
        "near_miss": dict,
    }
    if task == "act":
        wanted["side"] = str
    values = dict(zip(wanted, _take(row, where, **wanted), strict=True))
    light, dark = _take(values.pop("colour"), f"{where}, colour", light=str, dark=str)
    miss = _take(values.pop("near_miss"), f"{where}, near_miss", text=str, label=str, why=str)
    side = values.get("side")
    if side is not None and side not in SIDES:
        raise CodebookError(f'{where}: side "{side}" is not one of {", ".join(SIDES)}')
    if not math.isfinite(values["score"]):
        raise CodebookError(f"{where}: score is {values['score']}; it must be a finite number")
    if len(values["examples"]) < 2 or not all(isinstance(example, str) for example in values["examples"]):
        raise CodebookError(
            f"{where}: has {len(values['examples'])} examples; needed are at least two, all of them texts"
        )
    values["examples"] = tuple(values["examples"])
    return Label(
        **values,
        light=light,
        dark=dark,
        near_miss=NearMiss(text=miss[0], label=miss[1], why=miss[2]),
    )


def _take(table: dict[str, Any], where: str, **wanted: type) -> list[Any]:
    """The values of exactly these keys, in this order, each of its type."""
    if unknown := set(table) - set(wanted):
        raise CodebookError(f"{where}: unknown {', '.join(sorted(unknown))}; known are {', '.join(wanted)}")
    for key, kind in wanted.items():
        if not isinstance(table.get(key), kind):
            found = f"is {table[key]!r}" if key in table else "is missing"
            raise CodebookError(f"{where}: {key} {found}; it must be a {kind.__name__}")
    return [table[key] for key in wanted]
