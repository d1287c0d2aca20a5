"""The file of names and passwords: a line per person, of the password only a hash that is slow to try."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from ..model.errors import ConfigError
from ..model.release import home
from .label_types import LabelError, checked_annotator

SHORTEST = 10
LONGEST = 1_000
"""Characters of a password."""

COST = (2**15, 8, 3)
"""scrypt's n, r and p for new lines: 32 MB and a good tenth of a second for each guess."""
MOST_MEMORY = 300_000_000

_LINE = re.compile(r"(?P<name>[^:]+):scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w+/=]+)\$([\w+/=]+)")


@dataclass(frozen=True, slots=True)
class _Hash:
    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    def matches(self, password: str) -> bool:
        return hmac.compare_digest(_scrypt(password, self.salt, self.n, self.r, self.p), self.digest)


def default_file() -> Path:
    """Return where the file is unless a setting says otherwise."""
    return home() / "passwords"


def password_line(name: str, password: str, cost: tuple[int, int, int] = COST) -> str:
    """Return the line of one person.

    Raises:
        ConfigError: The name cannot be one, or the password is too short or too long.
    """
    name = _checked_name(name)
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigError(
            f"the password has {len(password)} characters; it must have {SHORTEST} to {LONGEST:,}"
        )
    salt = secrets.token_bytes(16)
    n, r, p = cost
    digest = _scrypt(password, salt, n, r, p)
    return f"{name}:scrypt${n}${r}${p}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _checked_name(name: str) -> str:
    try:
        name = checked_annotator(name)
    except LabelError as error:
        raise ConfigError(f'the name "{name}" cannot be used: {error}') from error
    if ":" in name or name.startswith("#"):
        raise ConfigError(f'the name "{name}" holds a colon or begins with "#"; leave them out')
    return name


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"), salt=salt, n=n, r=r, p=p, maxmem=MOST_MEMORY, dklen=32
    )


def set_password(path: Path, name: str, password: str | None) -> bool:
    """Write the line of a person anew, or take it out; return whether there was one before.

    Raises:
        ConfigError: The name or the password cannot be used, or the file cannot be written.
    """
    name = _checked_name(name)
    line = password_line(name, password) if password is not None else None
    try:
        old = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [found for found in old if found.partition(":")[0] != name]
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=".passwords-")  # 0600
        try:
            with open(handle, "w", encoding="utf-8") as file:
                file.writelines(f"{found}\n" for found in (*kept, *([line] if line else ())))
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except OSError:
            os.unlink(part)
            raise
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    return len(kept) < len(old)


class Passwords:
    """The file as it is now; read again whenever it has changed. May be used from any thread.

    Raises:
        ConfigError: It cannot be read, others may write to it, or a line is no line of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] = ()
        self._hashes: dict[str, _Hash] = {}
        self._stranger = _Hash(*COST, salt=secrets.token_bytes(16), digest=bytes(32))
        self._refresh()

    def check(self, name: str, password: str) -> bool:
        """Return whether this is the password of this name; takes as long for a name that is none."""
        if len(password) > LONGEST:
            return False
        known = self._current().get(name)
        return (known or self._stranger).matches(password) and known is not None

    def mark(self, name: str) -> bytes | None:
        """Return what changes whenever the password of a name does; None for a name that is none."""
        known = self._current().get(name)
        return known.digest if known else None

    def _current(self) -> dict[str, _Hash]:
        with self._lock:
            try:
                self._refresh()
            except ConfigError:  # a file that is gone or broken lets nobody in
                self._seen, self._hashes = (), {}
            return self._hashes

    def _refresh(self) -> None:
        try:
            found = self.path.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen == self._seen:
                return
            if os.name == "posix" and found.st_mode & 0o022:
                raise ConfigError(f"{self.path}: others may write to it; run chmod 600 {self.path}")
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            raise ConfigError(
                f"{self.path}: there is no such file; make it with diplotone-serve password NAME"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.path}: cannot be read: {error}") from error
        self._hashes = dict(_parsed(self.path, n, line) for n, line in enumerate(lines, 1) if _counts(line))
        self._seen = seen


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _parsed(path: Path, number: int, line: str) -> tuple[str, _Hash]:
    found = _LINE.fullmatch(line.strip())
    try:
        if not found:
            raise ValueError
        name, n, r, p, salt, digest = found.groups()
        parsed = _Hash(int(n), int(r), int(p), base64.b64decode(salt), base64.b64decode(digest))
        if not 1 <= parsed.p <= 16 or 128 * parsed.n * parsed.r > MOST_MEMORY / 2:
            raise ValueError
    except ValueError:
        raise ConfigError(
            f"{path}: line {number} is no line of diplotone-serve password; write it anew with that command"
        ) from None
    return name, parsed
