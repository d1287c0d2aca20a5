"""The public data sets: what they are, where they come from, whether what is here is what was meant.

`configs/sources.toml` names them. Their files lie in a mirror folder of the user's; none of their text is
part of the project.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..model.errors import ConfigError
from ..model.settings import read_toml

USES = ("train", "evaluate", "text")
CHUNK = 1 << 16
TIMEOUT_S = 30


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One file of a source."""

    path: str
    """Where it lies in a mirror."""
    sha256: str
    bytes: int
    commit: str | None = None
    """Commit of the repository that holds the same bytes; None where the file was converted."""
    url_path: str | None = None

    def url(self, repository: str) -> str | None:
        """Where the file can be fetched; None where no url has these bytes."""
        if self.commit is None or self.url_path is None:
            return None
        quoted = urllib.request.quote(self.url_path)  # type: ignore[attr-defined]
        return f"https://raw.githubusercontent.com/{repository}/{self.commit}/{quoted}"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One public data set."""

    name: str
    title: str
    repository: str
    licence: str
    use: str
    """"train": may be trained on; "evaluate": never; "text": real sentences that the project's labels name."""
    maps_to: str
    traps: tuple[str, ...]
    files: tuple[SourceFile, ...]


def load_sources(path: Path | None = None) -> dict[str, Source]:
    """Return the sources by name; without a path those of the shipped `configs/sources.toml`.

    Raises:
        ConfigError: The file cannot be read or a source lacks something.
    """
    where = str(path or "sources.toml")
    sources = {}
    for name, table in read_toml("sources.toml", path).items():
        try:
            members = tuple(SourceFile(**entry) for entry in table.pop("files"))
            source = Source(name=name, files=members, traps=tuple(table.pop("traps")), **table)
        except (KeyError, TypeError) as error:
            raise ConfigError(f"{where}: {name} lacks or misstates {error}") from error
        if source.use not in USES:
            raise ConfigError(f'{where}: {name}: use "{source.use}" is not one of {", ".join(USES)}')
        sources[name] = source
    return sources


def pick(sources: dict[str, Source], names: list[str]) -> Iterator[Source]:
    """Yield the sources named, or all.

    Raises:
        ConfigError: There is no such source.
    """
    for name in names or sources:
        if name not in sources:
            raise ConfigError(f'"{name}" is not one of the sources {", ".join(sources)}')
        yield sources[name]


def fault(file: SourceFile, mirror: Path) -> str | None:
    """Return what is wrong with a file of a mirror, or None."""
    path = mirror / file.path
    if not path.is_file():
        return "is not there"
    if path.stat().st_size != file.bytes:
        return f"has {path.stat().st_size:,} bytes, expected are {file.bytes:,}"
    if _sha256(path) != file.sha256:
        return "has another sha256 than sources.toml names"
    return None


def get(source: Source, file: SourceFile, destination: Path, mirror: Path | None = None) -> str:
    """Put a file of a source into a folder: from a mirror where it is right there, else from its url.

    It is written beside its place and moved in once its sha256 is right.

    Returns:
        Where it came from, for people.

    Raises:
        ConfigError: It can be had nowhere, or what came is not what was meant.
    """
    target = destination / file.path
    if fault(file, destination) is None:
        return "there already"
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        if mirror is not None and fault(file, mirror) is None:
            shutil.copyfile(mirror / file.path, part)
            origin = f"copied from {mirror}"
        else:
            origin = _fetch(source, file, part)
        found = _sha256(part)
        if found != file.sha256:
            raise ConfigError(
                f"{source.name}: {file.path}: sha256 is {found}; sources.toml says {file.sha256};"
                " nothing was kept, look whether the source has changed"
            )
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return origin


def _fetch(source: Source, file: SourceFile, part: Path) -> str:
    url = file.url(source.repository)
    if url is None:
        raise ConfigError(
            f"{source.name}: {file.path}: no url has these bytes, because the file was converted;"
            " name a folder that has it with --mirror"
        )
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response, part.open("wb") as out:
            _copy_within(response, out, file)
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise ConfigError(
            f"{source.name}: {url} cannot be fetched: {error}; fetch it elsewhere and name its folder with --mirror"
        ) from error
    return f"fetched from {url}"


def _copy_within(response: IO[bytes], out: IO[bytes], file: SourceFile) -> None:
    """Copy no more than the bytes expected, with progress on standard error."""
    received = 0
    while chunk := response.read(CHUNK):
        received += len(chunk)
        if received > file.bytes:
            raise ConfigError(
                f"{file.path}: more than the {file.bytes:,} bytes expected came; nothing was kept"
            )
        out.write(chunk)
        if sys.stderr.isatty():
            print(f"\r{file.path}: {received / file.bytes:.0%}", end="", file=sys.stderr)  # noqa: T201
    if sys.stderr.isatty():
        print(file=sys.stderr)  # noqa: T201


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
