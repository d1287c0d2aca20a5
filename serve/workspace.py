"""Files that the service keeps for its visitors: each result in a folder of its own, for a limited time.

A folder is found by its token alone, which nobody can guess and no two visitors share. All of them lie in
one folder under the system's temporary one, closed to other users of the machine; it goes when the service
stops, and what a killed service left behind goes when the next one starts.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from ..model.errors import DiplotoneError

PREFIX = "diplotone-pages-"
MOST_FOLDERS = 1_000
"""Beyond these the oldest go early, so that a flood of requests cannot fill the disk."""


class Gone(DiplotoneError):
    """A result is not kept any more, or never was."""

    def __init__(self, what: str = "this result") -> None:
        super().__init__(f"{what} is not kept any more; make it again")


class Workspace:
    """Folders with tokens; may be used from any thread.

    Args:
        keep_s: Seconds from its last use after which a folder is removed.
    """

    def __init__(self, keep_s: float) -> None:
        self.keep_s = keep_s
        self._root: Path | None = None
        self._used: dict[str, float] = {}
        """When each folder was last used, on the monotonic clock: the other one may be set."""
        self._lock = threading.Lock()

    def start(self) -> None:
        """Make the folder of folders, and remove those of services that are no more."""
        _remove_orphans()
        self._root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))  # 0700

    def stop(self) -> None:
        """Remove everything."""
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            self._root = None
            self._used.clear()

    def new(self) -> tuple[str, Path]:
        """Return the token of a new folder, and the folder."""
        self.sweep()
        if self._root is None:
            raise RuntimeError("the workspace has not been started")
        token = secrets.token_urlsafe(18)
        folder = self._root / token
        folder.mkdir(mode=0o700)
        self._used[token] = time.monotonic()
        return token, folder

    def keep(self, texts: Mapping[str, str]) -> str:
        """Write texts into a new folder and return its token.

        Args:
            texts: File names with what to write.

        Raises:
            OSError: The disk has no room for all of them; then nothing is kept.
        """
        token, folder = self.new()
        try:
            for name, text in texts.items():
                (folder / name).write_bytes(text.encode("utf-8", "replace"))
        except BaseException:
            self.remove(token)
            raise
        return token

    def remove(self, token: str) -> None:
        """Remove a folder before its time."""
        with self._lock:
            if self._root is not None and self._used.pop(token, None) is not None:
                shutil.rmtree(self._root / token, ignore_errors=True)

    def folder(self, token: str, what: str = "this result") -> Path:
        """Return the folder of a token, and count that as a use of it.

        Raises:
            Gone: There is none.
        """
        if self._root is not None and token in self._used and (folder := self._root / token).is_dir():
            self._used[token] = time.monotonic()
            return folder
        raise Gone(what)

    def file(self, token: str, name: str, what: str = "this result") -> Path:
        """Return a file in the folder of a token; the name must come from the program.

        Raises:
            Gone: There is no such folder, or no such file in it.
        """
        path = self.folder(token, what) / name
        if not path.is_file():
            raise Gone(what)
        return path

    def n_folders(self) -> int:
        """Return how many folders there are."""
        return len(self._used)

    def sweep(self) -> None:
        """Remove the folders whose time is over, and the oldest of too many."""
        with self._lock:
            if self._root is None:
                return
            oldest_first = sorted((used, token) for token, used in list(self._used.items()))
            oldest_kept = time.monotonic() - self.keep_s
            for n, (used, token) in enumerate(oldest_first):
                if used < oldest_kept or len(oldest_first) - n >= MOST_FOLDERS:
                    del self._used[token]
                    shutil.rmtree(self._root / token, ignore_errors=True)


def _remove_orphans() -> None:
    """Remove what services of this user left that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        process = path.name.removeprefix(PREFIX).split("-")[0]
        try:
            if process.isdigit() and path.stat().st_uid == os.getuid() and not _is_alive(int(process)):
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            continue


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
