"""One clear line when the disk is full or read-only, whichever library found out."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from ..model.errors import ConfigError

FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
TORCH_CUT_SHORT = "unexpected pos"
"""What torch says, and no more, when the system wrote less than it was given."""
ROOM = 1 << 20
"""Bytes below which a disk counts as full when a library says no more than that writing failed."""


@contextlib.contextmanager
def disk_faults(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses while a run writes into its folder into a `ConfigError`.

    torch, safetensors and OpenVINO tell of a failed write by errors of their own, which carry the system's words at
    best; other errors pass unchanged.
    """
    try:
        yield
    except Exception as error:  # every library has its own
        reason = _reason(error, folder)
        if reason is None:
            raise
        raise ConfigError(
            f"{folder}: cannot be written: {reason}; no release was made and none was changed. See to it, or give"
            " another --out, and run the same command again: it goes on from the last whole checkpoint"
        ) from error


def _reason(error: BaseException, folder: Path) -> str | None:
    """What the system said, where the error is one of writing."""
    if isinstance(error, OSError) and error.errno in FAULTS:
        return os.strerror(error.errno)
    said = str(error)
    if TORCH_CUT_SHORT in said:
        return "a write was cut short, as on a full disk"
    for code in FAULTS:
        if os.strerror(code) in said:
            return os.strerror(code)
    place = next((parent for parent in (folder, *folder.parents) if parent.is_dir()), None)
    if place is not None and isinstance(error, OSError | RuntimeError):
        free = os.statvfs(place)
        if free.f_bavail * free.f_frsize < ROOM:
            return os.strerror(errno.ENOSPC)
    return None
