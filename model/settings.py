"""Settings: a frozen dataclass, its defaults in it alone, read from TOML and overridden by name."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from .errors import ConfigError

Settings = TypeVar("Settings")


def read_toml(shipped: str, path: Path | None = None) -> dict[str, Any]:
    """Return the tables of a TOML file; without a path those of a file that comes in `configs/`.

    Raises:
        ConfigError: The file cannot be read or is not TOML.
    """
    try:
        source = files("diplotone.configs").joinpath(shipped) if path is None else path
        return parse_toml(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path or shipped}: cannot be read: {error}") from error
    except ValueError as error:
        raise ConfigError(f"{path or shipped}: not valid TOML: {error}") from error


def parse_toml(text: str) -> dict[str, Any]:
    """Return the tables of a TOML text whose numbers a person could have meant.

    Raises:
        ValueError: It is not TOML, is nested too deeply, or holds a whole number beyond 64 bits; the standard
            library lets the latter two pass or fail in ways of its own.
    """
    try:
        tables = tomllib.loads(text)
        _refuse_huge(tables)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return tables


def _refuse_huge(value: Any) -> None:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _refuse_huge(item)
    elif isinstance(value, int) and value.bit_length() > 63:
        raise ValueError(f"a whole number of {value.bit_length():,} bits; TOML knows 64")


def read_settings(
    kind: type[Settings],
    shipped: str,
    path: Path | None = None,
    overrides: Sequence[str] = (),
    **options: Any,
) -> Settings:
    """Return settings; a later source wins over an earlier one: defaults, file, overrides, options.

    Args:
        kind: A dataclass of settings whose every field has a default.
        shipped: Name of the file in `configs/` that is read without a path.
        path: A TOML file.
        overrides: `name=value` with the value in TOML's notation (a bare word is taken as a string);
            `table.name=value` reaches into a table.
        options: Fields by name; None leaves a field alone.

    Raises:
        ConfigError: The file cannot be read, a name is unknown, or a value is of the wrong type or size.
    """
    values = _checked(kind, read_toml(shipped, path), str(path or shipped))
    for override in overrides:
        for name, value in _checked(kind, _parsed(override), "--set").items():
            is_table = isinstance(value, Mapping)
            values[name] = {**values.get(name, {}), **value} if is_table else value
    values |= {name: value for name, value in options.items() if value is not None}
    defaults = kind()
    for name, value in values.items():
        if isinstance(value, Mapping):
            values[name] = {**getattr(defaults, name), **value}
    return kind(**values)


def _parsed(override: str) -> dict[str, Any]:
    """`a.b=1` as {"a": {"b": 1}}."""
    name, equals, text = override.partition("=")
    if not equals:
        raise ConfigError(f'--set {override:.60}: there is no "="; write --set name=value')
    try:
        value = parse_toml(f"value = {text}")["value"]
    except ValueError:
        value = text.strip()
    *tables, last = name.strip().split(".")
    parsed: dict[str, Any] = {last: value}
    for table in reversed(tables):
        parsed = {table: parsed}
    return parsed


def _checked(kind: type, values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values under known names, each of its field's type."""
    defaults = kind()
    known = [field.name for field in dataclasses.fields(kind)]
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise ConfigError(f"{where}: {name:.60} is not known; known are {', '.join(known)}")
        wanted = type(getattr(defaults, name))
        if wanted is float and type(value) is int:
            value = float(value)
        elif wanted is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
            value = tuple(value)
        elif type(value) is not wanted:
            called = "list of strings" if wanted is tuple else "table" if wanted is dict else wanted.__name__
            raise ConfigError(f"{where}: {name} is {value!r:.60}; it must be a {called}")
        checked[name] = value
    return checked
