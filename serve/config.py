"""The settings of the service: one dataclass, read from TOML, overridden on the command line."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..model.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ServeConfig:
    """Everything that decides where the service listens and how much it takes on."""

    host: str = "127.0.0.1"
    """Address to listen on; 127.0.0.1 is reached from this machine only, 0.0.0.0 from everywhere."""
    port: int = 7860
    """TCP port, 0..65535; 0 takes any free one."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which clients may address the service (the Host header). Empty: the loopback names where
    `host` is a loopback address, any name elsewhere."""
    release: str = ""
    """A release folder; empty takes the promoted release, else the shipped one."""
    n_analyzers: int = 1
    """Analyzers that work side by side, each in a thread and a memory of its own; 1..64."""
    max_chars: int = 200_000
    """Longest text of one request, in characters; 1..2,000,000."""
    max_records: int = 2_000
    """Most records of one request, 1..100,000."""
    max_body_bytes: int = 4_000_000
    """Largest body of one request, in bytes; at least 1,000."""
    max_waiting: int = 64
    """Requests that may wait for an analyzer, 1..10,000; further ones are told to come back later."""
    deadline_s: float = 60.0
    """Seconds after which a request is given up, waiting included; above 0."""

    def __post_init__(self) -> None:
        ranges: dict[str, tuple[float, float]] = {
            "port": (0, 65_535),
            "n_analyzers": (1, 64),
            "max_chars": (1, 2_000_000),
            "max_records": (1, 100_000),
            "max_body_bytes": (1_000, 1_000_000_000),
            "max_waiting": (1, 10_000),
            "deadline_s": (0.001, 86_400),
        }
        for name, (least, most) in ranges.items():
            if not least <= getattr(self, name) <= most:
                raise ConfigError(
                    f"{name} is {getattr(self, name):,}; it must lie between {least:,} and {most:,}"
                )
        if not self.host:
            raise ConfigError('host is empty; give an address such as "127.0.0.1"')

    def as_dict(self) -> dict[str, Any]:
        """Return all fields."""
        return dataclasses.asdict(self)


def load_config(
    path: Path | None = None, overrides: Sequence[str] = (), **options: str | int | None
) -> ServeConfig:
    """Read the settings; a later source wins over an earlier one: file, overrides, options.

    Args:
        path: A TOML file; None takes the shipped `configs/serve.toml`.
        overrides: `name=value` with the value in TOML's notation (a bare word is taken as a string).
        options: Fields by name; None leaves a field alone.

    Raises:
        ConfigError: The file cannot be read, a name is unknown, or a value is of the wrong type or size.
    """
    where = str(path) if path else "serve.toml"
    try:
        source = files("diplotone.configs").joinpath("serve.toml") if path is None else path
        values = tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{where}: cannot be read: {error}") from error
    settings = _checked(values, where)
    settings |= _checked(dict(map(_override, overrides)), "--set")
    settings |= {name: value for name, value in options.items() if value is not None}
    return ServeConfig(**settings)


def _override(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f'--set {text}: there is no "="; write --set name=value')
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name.strip(), value.strip()


def _checked(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values under known names, each of its field's type."""
    known = ServeConfig().as_dict()
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise ConfigError(f"{where}: {name} is not known; known are {', '.join(known)}")
        kind = type(known[name])
        if kind is float and type(value) is int:
            value = float(value)
        elif kind is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
            value = tuple(value)
        elif type(value) is not kind:
            wanted = "list of strings" if kind is tuple else kind.__name__
            raise ConfigError(f"{where}: {name} is {value!r}; it must be a {wanted}")
        checked[name] = value
    return checked
