"""Which releases are answered from: what a promotion must not remove.

A running service holds a lock on the manifest of each release that it answers from. Nothing is written for it, so it
does in a home that cannot be written too, and the system lets go of it when the process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import weakref
from pathlib import Path

from .release import MANIFEST


def hold(owner: object, folder: Path) -> None:
    """Keep a release folder from being removed by promotions for as long as an object lives.

    Where the folder is gone or the file system knows no locks, nothing is held.
    """
    try:
        handle = os.open(folder / MANIFEST, os.O_RDONLY)
    except OSError:
        return
    weakref.finalize(owner, os.close, handle)
    with contextlib.suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_SH)  # shared: others may answer from it too


def is_held(folder: Path) -> bool:
    """Return whether some process answers from a release folder, as far as can be known."""
    try:
        handle = os.open(folder / MANIFEST, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False
