"""Reads and checks the ladder of diplomatic register, `configs/ladder.toml`, and writes its phrases out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..settings import read_toml
from .forms import Words
from .inflection import verb_forms

ANY_WORD = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the ladder."""

    name: str
    height: int
    """Steps from the rung that commits to nothing: above 0 friendly, below 0 unfriendly."""
    gloss: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A phrase of the trade with all the ways to write it."""

    text: str
    """As a person would name it: "take note with concern"."""
    means: str
    rung: Rung
    spellings: tuple[tuple[str, ...], ...]
    """Words in lower case, `ANY_WORD` for any one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderFile:
    """The file, checked: heights fall from rung to rung, and no two phrases share a spelling."""

    version: str
    rungs: tuple[Rung, ...]
    phrases: tuple[Phrase, ...]
    deniers: tuple[tuple[str, ...], ...]
    fillers: frozenset[str]
    cancels: frozenset[str]


def read_ladder_file(path: Path | None = None) -> LadderFile:
    """Return the ladder of a TOML file; without a path the shipped one.

    Raises:
        ConfigError: The file cannot be read or contradicts itself.
    """
    tables, where = read_toml("ladder.toml", path), str(path or "ladder.toml")
    _only(tables, where, version=str, inflection=dict, negation=dict, rungs=list)
    writer = _Writer(tables["inflection"], f"{where}: inflection")
    negation = _only(tables["negation"], f"{where}: negation", deniers=list, fillers=list, cancels=list)
    rungs: list[Rung] = []
    phrases: list[Phrase] = []
    for number, table in enumerate(tables["rungs"], 1):
        at = f"{where}: rung {number}"
        _only(table, at, name=str, height=int, gloss=str, phrases=list)
        rung = Rung(name=table["name"], height=table["height"], gloss=table["gloss"])
        if rungs and rung.height >= rungs[-1].height:
            raise ConfigError(
                f'{at} ("{rung.name}"): height is {rung.height}; it must be below the {rungs[-1].height} of the'
                f' rung before it, "{rungs[-1].name}"'
            )
        rungs.append(rung)
        for row in table["phrases"]:
            _only(row, f'{at} ("{rung.name}")', say=str, means=str)
            phrases.append(
                Phrase(
                    text=named(row["say"]),
                    means=row["means"],
                    rung=rung,
                    spellings=writer.spellings(row["say"]),
                )
            )
    _refuse_shared(phrases, where)
    return LadderFile(
        version=tables["version"],
        rungs=tuple(rungs),
        phrases=tuple(phrases),
        deniers=tuple(s for say in negation["deniers"] for s in writer.spellings(say)),
        fillers=frozenset(negation["fillers"]),
        cancels=frozenset(negation["cancels"]),
    )


def named(say: str) -> str:
    """Return a declared phrase as a person would name it: the first of each choice, nothing that may be missing."""
    words = [word.split("/")[0].rstrip("~") for word in say.split(" ") if not word.startswith("(")]
    return " ".join("…" if word == ANY_WORD else word for word in words)


class _Writer:
    """Writes a declared phrase out into all its spellings."""

    def __init__(self, table: Mapping[str, Any], where: str) -> None:
        _only(table, where, doubling=list, irregular=dict)
        self._doubling = frozenset(table["doubling"])
        self._irregular: Mapping[str, list[str]] = table["irregular"]
        self._where = where

    def spellings(self, say: str) -> tuple[tuple[str, ...], ...]:
        choices = [list(self._choices(word, say)) for word in say.split(" ")]
        found = [tuple(part for parts in chosen for part in parts) for chosen in product(*choices)]
        if not all(any(part != ANY_WORD for part in spelling) for spelling in found):
            raise ConfigError(f'{self._where}: "{say}" leaves no word of its own')
        return tuple(dict.fromkeys(found))

    def _choices(self, word: str, say: str) -> Iterator[tuple[str, ...]]:
        """What may stand at one place of a phrase, each as words."""
        if word.startswith("(") and word.endswith(")"):
            yield ()
            word = word[1:-1]
        for choice in word.split("/"):
            if choice == ANY_WORD:
                yield (ANY_WORD,)
            elif choice.endswith("~"):
                forms = verb_forms(choice[:-1], doubling=self._doubling, irregular=self._irregular)
                yield from ((form,) for form in forms)
            else:
                parts = tuple(part.casefold() for part in Words(choice, 0, len(choice)).words)
                if not parts or any(sign in choice for sign in "()~*"):
                    raise ConfigError(
                        f'{self._where}: "{say}": cannot read "{word}"; written are words, verb~, a/b, (a) and *'
                    )
                yield parts


def _refuse_shared(phrases: list[Phrase], where: str) -> None:
    owners: dict[tuple[str, ...], Phrase] = {}
    for phrase in phrases:
        for spelling in phrase.spellings:
            other = owners.setdefault(spelling, phrase)
            if other is not phrase:
                raise ConfigError(
                    f'{where}: "{" ".join(spelling)}" is a spelling of "{other.text}" ({other.rung.name}) and of'
                    f' "{phrase.text}" ({phrase.rung.name}); keep it in one'
                )


def _only(table: Mapping[str, Any], where: str, **wanted: type) -> Mapping[str, Any]:
    """The table, having exactly these keys, each of its type."""
    if not isinstance(table, Mapping) or set(table) != set(wanted):
        found = ", ".join(table) if isinstance(table, Mapping) else repr(table)
        raise ConfigError(f"{where}: found {found or 'nothing'}; needed are exactly {', '.join(wanted)}")
    for key, kind in wanted.items():
        if type(table[key]) is not kind or table[key] in ("", [], {}):
            raise ConfigError(
                f"{where}: {key} is {table[key]!r}; it must be a {kind.__name__} that is not empty"
            )
    return table
