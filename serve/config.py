"""The settings of the service: one dataclass, read from TOML, overridden on the command line."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..model.engine import PRECISIONS
from ..model.errors import ConfigError
from ..model.settings import read_settings
from .addresses import is_loopback, parsed_networks

LOGINS = ("none", "password", "proxy")

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


@dataclass(frozen=True, kw_only=True)
class ServeConfig:
    """Everything that decides where the service listens and how much it takes on."""

    host: str = "127.0.0.1"
    """Address to listen on; 127.0.0.1 is reached from this machine only, 0.0.0.0 from everywhere."""
    port: int = 7860
    """TCP port, 0..65535; 0 takes any free one."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which clients may address the service (the Host header). Empty: the loopback names, and
    where `host` is no loopback address also any address in figures."""
    login: str = "none"
    """How people log in: "none", "password" (names and hashes in `password_file`), or "proxy" (a proxy in
    front says in `proxy_header` who it is). Whatever writes needs it."""
    login_for_reading: bool = True
    """Whether reading needs the login too, where there is one; /health never does."""
    open_without_login: bool = False
    """Listen to more than this machine although nobody has to log in."""
    password_file: str = ""
    """The file that `diplotone-serve password NAME` writes; empty for `passwords` in DIPLOTONE_HOME."""
    session_s: float = 43_200.0
    """Seconds that a login with a password lasts, 60..31,536,000."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of proxies in front; what they say of client, scheme and name is believed."""
    proxy_header: str = "Remote-User"
    """The header in which such a proxy gives the name of who is logged in."""
    release: str = ""
    """A release folder; empty takes the promoted release, else the shipped one."""
    precision: str = ""
    """What to compute in, "f32" or "bf16", which is some twice as fast on processors that have it; empty takes what the
    release was tested in."""
    n_analyzers: int = 1
    """Analyzers that work side by side, each in a memory of its own; 1..64."""
    n_workers: int = 4
    """Requests that an analyzer works on at once, their sentences going through the network together; of several, one
    is kept for short texts; 1..64."""
    max_chars: int = 200_000
    """Longest text of one request, in characters; 1..2,000,000."""
    max_records: int = 2_000
    """Most records of one request, 1..100,000."""
    max_body_bytes: int = 4_000_000
    """Largest body of one request, in bytes; at least 1,000."""
    max_file_bytes: int = 10_000_000
    """Largest file that is dropped on the page to be read, in bytes; 1,000..1,000,000,000."""
    fetch_urls: bool = False
    """Whether the service fetches pages of the public web whose address somebody gives."""
    max_archive_bytes: int = 50_000_000
    """Largest archive to be scored in one go, in bytes; 1,000..1,000,000,000."""
    max_archive_rows: int = 20_000
    """Most texts of one archive, 1..1,000,000."""
    max_archives: int = 4
    """Archives that may be under way at once, 1..100."""
    keep_files_s: float = 3_600.0
    """Seconds from its last use after which a result, kept for its downloads, is removed; 1..604,800."""
    share_days: float = 0.0
    """Days for which the text of an article is kept in `DIPLOTONE_HOME` when somebody makes a link to it, and after
    which it is deleted; 0 makes no links and keeps no texts, 0..3,650."""
    max_waiting: int = 256
    """Requests that may wait for an analyzer, 1..10,000; further ones are told to come back later."""
    deadline_s: float = 60.0
    """Seconds after which a request is given up, waiting included; above 0."""
    mcp: bool = False
    """Whether assistants may call the service as tools (Model Context Protocol, at /mcp); not where people log in,
    which assistants cannot."""
    retraining: bool = True
    """Whether whoever may write here may also retrain, put releases into use and go back."""
    retrain_recipe: str = ""
    """TOML with settings for retrainings; empty takes the shipped configs/retrain.toml."""

    def __post_init__(self) -> None:
        ranges: dict[str, tuple[float, float]] = {
            "port": (0, 65_535),
            "n_analyzers": (1, 64),
            "n_workers": (1, 64),
            "max_chars": (1, 2_000_000),
            "max_records": (1, 100_000),
            "max_body_bytes": (1_000, 1_000_000_000),
            "max_file_bytes": (1_000, 1_000_000_000),
            "max_archive_bytes": (1_000, 1_000_000_000),
            "max_archive_rows": (1, 1_000_000),
            "max_archives": (1, 100),
            "keep_files_s": (1, 604_800),
            "share_days": (0, 3_650),
            "max_waiting": (1, 10_000),
            "deadline_s": (0.001, 86_400),
            "session_s": (60, 31_536_000),
        }
        for name, (least, most) in ranges.items():
            if not least <= getattr(self, name) <= most:
                raise ConfigError(
                    f"{name} is {getattr(self, name):,}; it must lie between {least:,} and {most:,}"
                )
        if self.precision not in ("", *PRECISIONS):
            raise ConfigError(f'precision is "{self.precision}"; it must be one of {", ".join(PRECISIONS)}')
        if not self.host:
            raise ConfigError('host is empty; give an address such as "127.0.0.1"')
        self._check_doors()

    def _check_doors(self) -> None:
        if self.login not in LOGINS:
            raise ConfigError(f'login is "{self.login}"; it must be one of {", ".join(LOGINS)}')
        parsed_networks(self.trusted_proxies, "trusted_proxies")
        if self.login == "proxy" and not self.trusted_proxies:
            raise ConfigError('login is "proxy"; name the addresses of the proxy in trusted_proxies')
        if self.login == "proxy" and not _HEADER.fullmatch(self.proxy_header):
            raise ConfigError(f'proxy_header is "{self.proxy_header}"; give a name such as "Remote-User"')
        if self.mcp and self.login != "none":
            raise ConfigError(
                f'mcp is on and login is "{self.login}"; assistants cannot log in: set mcp to false or login to "none"'
            )
        if self.login == "none" and not is_loopback(self.host) and not self.open_without_login:
            raise ConfigError(
                f"host is {self.host}, which others can reach, and nobody has to log in; set login to"
                ' "password" or "proxy", or open_without_login to true if everybody may read and write'
            )

    def as_dict(self) -> dict[str, Any]:
        """Return all fields."""
        return dataclasses.asdict(self)


def load_config(
    path: Path | None = None, overrides: Sequence[str] = (), **options: str | int | None
) -> ServeConfig:
    """Return the settings: from a TOML file, without one from the shipped `configs/serve.toml`.

    `overrides` are `name=value`; `options` are fields by name, None leaving one alone (see `read_settings`).

    Raises:
        ConfigError: The file cannot be read, a name is unknown, or a value is of the wrong type or size.
    """
    return read_settings(ServeConfig, "serve.toml", path, overrides, **options)
