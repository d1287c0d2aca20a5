"""Texts that somebody made a link of, kept on the disk for as long as the operator allows, and then deleted.

The key of a text is a part of the hash of the release's name and the text: whoever has the text already learns nothing
from it, nobody else can guess it, and a link made twice is the same. Only the text is kept; it is read anew when the
link is opened.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..model.errors import DiplotoneError
from .workspace import Gone

MOST_TEXTS = 10_000
"""Beyond these the oldest go early, so that nobody can fill the disk."""

DAY_S = 86_400.0

_KEY = re.compile(r"[0-9a-f]{32}")


class NotShared(DiplotoneError):
    """Texts are not kept here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedText:
    """A text that is kept."""

    key: str
    text: str
    release: str
    """The release that had read it when the link was made."""
    until: str
    """UTC, ISO 8601, to the minute; then it is deleted."""


class SharedTexts:
    """One folder of texts; may be used from any thread.

    Args:
        folder: Where they lie; it is made when first needed, closed to other users of the machine.
        keep_days: How long a text is kept after its link was last made; 0 keeps none.
    """

    def __init__(self, folder: Path, keep_days: float) -> None:
        self.folder = folder
        self.keep_days = keep_days

    def share(self, text: str, release: str) -> SharedText:
        """Keep a text and return it with its key.

        Raises:
            NotShared: The operator does not allow it, or the disk does not.
        """
        if not self.keep_days:
            raise NotShared("this service keeps no texts, so it makes no links; its operator sets share_days")
        key = hashlib.sha256(f"{release}\0{text}".encode("utf-8", "replace")).hexdigest()[:32]
        part = self.folder / f".{key}-{secrets.token_hex(4)}.part"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(json.dumps({"text": text, "release": release}).encode())
            os.replace(part, self._path(key))
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()  # half a text
            raise NotShared(f"the text could not be kept: {error.strerror}; there is no link") from error
        self.sweep()
        return self.find(key)

    def find(self, key: str) -> SharedText:
        """Return the text of a key.

        Raises:
            Gone: There is none, or its time is over.
        """
        what = "the text of this link"
        if not _KEY.fullmatch(key):
            raise Gone(what)
        path = self._path(key)
        try:
            ends = path.stat().st_mtime + self.keep_days * DAY_S
            kept = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise Gone(what) from error
        if ends <= time.time():
            raise Gone(what)
        until = datetime.fromtimestamp(ends, UTC).isoformat(timespec="minutes")
        return SharedText(key=key, text=kept["text"], release=kept["release"], until=until)

    def sweep(self) -> None:
        """Delete the texts whose time is over, and the oldest of too many."""
        if not self.folder.is_dir():
            return
        found = sorted((_made(path), path) for path in self.folder.iterdir())
        oldest_kept = time.time() - self.keep_days * DAY_S
        for n, (made, path) in enumerate(found):
            if made <= oldest_kept or len(found) - n > MOST_TEXTS:
                with contextlib.suppress(OSError):  # one that cannot be deleted must not keep the others
                    path.unlink()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def _made(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
