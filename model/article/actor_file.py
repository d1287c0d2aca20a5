"""Reads and checks the file of actors, `configs/actors.toml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..analysis import ActorKind
from ..errors import ConfigError
from ..settings import parse_toml
from .forms import Form
from .words import word_set

SECTIONS: Mapping[str, ActorKind] = {
    "states": "state",
    "historical": "historical",
    "organisations": "organisation",
    "movements": "movement",
}
_LISTS = ("also", "adjectives", "people", "organs", "seats", "short")
_WORDING = {
    "roles": (
        "nouns",
        "between",
        "tails",
        "titles",
        "ranks",
        "envoys",
        "leading",
        "after_leader",
        "not_after_possessive",
        "not_offices",
    ),
    "places": (
        "before",
        "journeys",
        "ways",
        "after",
        "after_hyphen",
        "parts",
        "state_before",
        "not_in",
        "region",
    ),
    "languages": ("before", "after_hyphen"),
    "others": ("after", "origins", "fighters", "private"),
    "not_actors": ("personal", "heads", "phrases"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One international actor and the words it is known by."""

    code: str
    name: str
    kind: ActorKind
    also: tuple[str, ...] = ()
    """Other names and abbreviations."""
    adjectives: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    organs: tuple[str, ...] = ()
    """Parts of it that act for it, such as a state department."""
    seats: tuple[str, ...] = ()
    """Capitals and palaces that stand for its government."""
    short: tuple[str, ...] = ()
    """Forms that count only once another one is in the article."""
    years: tuple[int, int] | None = None
    """First and last year of a state that is no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """Somebody who spoke for an actor, with the years in office."""

    code: str
    names: tuple[str, ...]
    first_year: int
    last_year: int | None
    """None: still in office when the file was written."""
    short: str | None
    """The family name, counted once a full name is in the article."""
    alone: bool
    """The family name is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Homograph:
    """Forms of two senses, told apart by other words of the article."""

    forms: tuple[str, ...]
    usual: str
    other: str
    """Code of the other sense; empty for no actor."""
    cues: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Words that stand for actors named elsewhere in the article."""

    words: tuple[str, ...]
    codes: tuple[str, ...]
    needs: tuple[str, ...]
    """Codes that must be in the article."""
    doubtful_with: tuple[str, ...]
    """Codes that must not be."""
    after: tuple[str, ...]
    """What must stand directly before, if anything must."""
    before: tuple[str, ...]
    """What must follow, if anything must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorFile:
    """The file, checked: codes are unique, and so are forms unless declared to have two senses."""

    actors: Mapping[str, Actor]
    leaders: tuple[Leader, ...]
    homographs: tuple[Homograph, ...]
    stand_ins: tuple[StandIn, ...]
    wording: Mapping[str, frozenset[str]]
    """Word lists by "section.key"; expressions of several words have single spaces."""
    forms: tuple[Form, ...]


@cache
def shipped_actor_file() -> ActorFile:
    """Return the actors that ship with the package; they are read once."""
    return read_actor_file()


def read_actor_file(path: Path | None = None) -> ActorFile:
    """Return the actors from a TOML file; without a path from the shipped one.

    Raises:
        ConfigError: The file cannot be read, is not TOML, lacks something or contradicts itself.
    """
    where = str(path or "actors.toml")
    try:
        text = (path or files("diplotone.configs").joinpath("actors.toml")).read_text(encoding="utf-8")
        tables = parse_toml(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: cannot be read as a list of actors: {error}") from error
    except ValueError as error:
        raise ConfigError(f"{where}: not valid TOML: {error}") from error
    known = {*SECTIONS, *_WORDING, "leaders", "homographs", "stand_ins"}
    if unknown := set(tables) - known:
        raise ConfigError(
            f"{where}: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}"
        )
    for name, table in tables.items():
        wanted = list if name in ("leaders", "homographs", "stand_ins") else dict
        if not isinstance(table, wanted):
            called = "list of tables" if wanted is list else "table"
            raise ConfigError(f"{where}: {name} is {table!r}; it must be a {called}")
    actors = _actors(tables, where)
    leaders = tuple(_leader(row, actors, where) for row in tables.get("leaders", []))
    homographs = tuple(_homograph(row, actors, where) for row in tables.get("homographs", []))
    stand_ins = tuple(_stand_in(row, actors, where) for row in tables.get("stand_ins", []))
    wording = _wording(tables, where)
    forms = [*_actor_forms(actors, leaders), *_stand_in_forms(stand_ins)]
    phrases = _strings(tables.get("not_actors", {}).get("phrases", []), f"{where}: not_actors.phrases")
    forms += [Form(phrase, (), "phrase") for phrase in phrases]
    return ActorFile(
        actors=actors,
        leaders=leaders,
        homographs=homographs,
        stand_ins=stand_ins,
        wording=wording,
        forms=_without_clashes(forms, homographs, where),
    )


# --------------------------------------------------------------------------------------- sections


def _actors(tables: Mapping[str, Any], where: str) -> dict[str, Actor]:
    actors: dict[str, Actor] = {}
    for section, kind in SECTIONS.items():
        for code, row in tables.get(section, {}).items():
            place = f"{where}: {section}.{code}"
            if code in actors:
                raise ConfigError(
                    f"{place}: the code is taken by {actors[code].name}; give each actor its own"
                )
            if not (code.isascii() and code.isalnum() and code == code.upper()):
                raise ConfigError(f"{place}: a code is of capitals and digits, such as UN or G20")
            _check(row, place, required=("name",), optional=(*_LISTS, "years"))
            years = row.get("years")
            if years is not None and not (
                isinstance(years, list) and len(years) == 2 and all(isinstance(y, int) for y in years)
            ):
                raise ConfigError(f"{place}: years is {years!r}; it must be [first, last]")
            actors[code] = Actor(
                code=code,
                name=row["name"],
                kind=kind,
                years=(years[0], years[1]) if years else None,
                **{key: _strings(row.get(key, []), f"{place}, {key}") for key in _LISTS},
            )
    if not actors:
        raise ConfigError(f"{where}: holds no actors; needed is at least one of {', '.join(SECTIONS)}")
    return actors


def _leader(row: Any, actors: Mapping[str, Actor], where: str) -> Leader:
    place = f"{where}: leaders, {_shown(row, 'names')}"
    _check(row, place, required=("code", "names", "from"), optional=("to", "short", "alone"))
    for key, kind in (("from", int), ("to", int), ("short", str), ("alone", bool)):
        if key in row and type(row[key]) is not kind:
            raise ConfigError(f"{place}: {key} is {row[key]!r}; it must be a {kind.__name__}")
    _check_codes([row["code"]], actors, place)
    return Leader(
        code=row["code"],
        names=_strings(row["names"], f"{place}, names"),
        first_year=row["from"],
        last_year=row.get("to"),
        short=row.get("short"),
        alone=row.get("alone", False),
    )


def _homograph(row: Any, actors: Mapping[str, Actor], where: str) -> Homograph:
    place = f"{where}: homographs, {_shown(row, 'form')}"
    _check(row, place, required=("form", "usual", "else", "cues"), optional=("against",))
    _check_codes([row["usual"], *([row["else"]] if row["else"] else [])], actors, place)
    return Homograph(
        forms=_strings(row["form"], f"{place}, form"),
        usual=row["usual"],
        other=row["else"],
        cues=_strings(row["cues"], f"{place}, cues"),
        against=_strings(row.get("against", []), f"{place}, against"),
    )


def _stand_in(row: Any, actors: Mapping[str, Actor], where: str) -> StandIn:
    place = f"{where}: stand_ins, {_shown(row, 'words')}"
    _check(row, place, required=("words", "codes"), optional=("needs", "doubtful_with", "after", "before"))
    lists = {
        key: _strings(row.get(key, []), f"{place}, {key}")
        for key in ("words", "codes", "needs", "doubtful_with", "after", "before")
    }
    for key in ("codes", "needs", "doubtful_with"):
        _check_codes(lists[key], actors, f"{place}, {key}")
    return StandIn(**lists)


def _wording(tables: Mapping[str, Any], where: str) -> dict[str, frozenset[str]]:
    wording: dict[str, frozenset[str]] = {}
    for section, keys in _WORDING.items():
        table = tables.get(section, {})
        _check(table, f"{where}: {section}", required=(), optional=keys)
        for key in keys:
            value = table.get(key, "")
            words = (
                word_set(value) if isinstance(value, str) else _strings(value, f"{where}: {section}.{key}")
            )
            wording[f"{section}.{key}"] = frozenset(word.replace("_", " ") for word in words)
    return wording


# ------------------------------------------------------------------------------------------ forms


def _actor_forms(actors: Mapping[str, Actor], leaders: tuple[Leader, ...]) -> Iterator[Form]:
    """Every form, an actor's plainest use of it first."""
    for actor in actors.values():
        code = (actor.code,)
        for text in (actor.name, *actor.also, *actor.organs):
            yield Form(text, code, "name")
        for text in actor.adjectives:
            yield Form(text, code, "adjective")
        for text in actor.people:
            yield Form(text, code, "people")
        for text in actor.seats:
            yield Form(text, code, "seat")
        for text in actor.short:
            yield Form(text, code, "short")
    for leader in leaders:
        for text in leader.names:
            yield Form(text, (leader.code,), "person")
        if leader.short:
            yield Form(leader.short, (leader.code,), "person" if leader.alone else "short")


def _stand_in_forms(stand_ins: tuple[StandIn, ...]) -> Iterator[Form]:
    for stand_in in stand_ins:
        for text in stand_in.words:
            yield Form(text, stand_in.codes, "stand-in")


def _without_clashes(forms: list[Form], homographs: tuple[Homograph, ...], where: str) -> tuple[Form, ...]:
    """The forms, each spelling once; two leaders may share a family name, which then has both codes."""
    declared = {(text, code) for h in homographs for text in h.forms for code in (h.usual, h.other)}
    kept: dict[str, Form] = {}
    for form in forms:
        if not any(character.isalnum() for character in form.text):
            raise ConfigError(f'{where}: the form "{form.text}" has no letter')
        first = kept.setdefault(form.text, form)
        if first is form or first.codes == form.codes or "phrase" in (first.use, form.use):
            continue
        if first.use == form.use == "short":
            codes = dict.fromkeys((*first.codes, *form.codes))
            kept[form.text] = Form(form.text, tuple(codes), "short")
        elif not {(form.text, code) for code in (*first.codes, *form.codes)} <= declared:
            raise ConfigError(
                f'{where}: "{form.text}" stands for {" and ".join(first.codes)} and for '
                f"{' and '.join(form.codes)}; keep one or declare both senses under homographs"
            )
    return tuple(kept.values())


# ----------------------------------------------------------------------------------------- checks


def _check(row: Any, where: str, *, required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    if not isinstance(row, dict):
        raise ConfigError(f"{where}: is {row!r}; it must be a table")
    if missing := [key for key in required if key not in row]:
        raise ConfigError(f"{where}: lacks {', '.join(missing)}")
    if unknown := set(row) - {*required, *optional}:
        raise ConfigError(
            f"{where}: unknown {', '.join(sorted(unknown))}; known are {', '.join((*required, *optional))}"
        )
    if not isinstance(row.get("name", ""), str):
        raise ConfigError(f"{where}: name is {row['name']!r}; it must be a text")


def _check_codes(codes: Any, actors: Mapping[str, Actor], where: str) -> None:
    if unknown := [code for code in codes if not isinstance(code, str) or code not in actors]:
        raise ConfigError(f"{where}: no actor has the code {', '.join(map(str, unknown))}")


def _shown(row: Any, key: str) -> Any:
    """What a row is called in messages: its names, where it has any."""
    return row.get(key, row) if isinstance(row, dict) else row


def _strings(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ConfigError(f"{where}: is {value!r}; it must be a list of texts")
    return tuple(value)
