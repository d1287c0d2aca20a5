"""What is said where the machine has no memory or no disk left for something."""

from __future__ import annotations

import errno

FAULT = "a fault of the service, not of the text; its log has the details"
NO_MEMORY = "the service has no memory left for this; try again later or with less text"


def is_for_want_of_memory(error: BaseException) -> bool:
    """Return whether an error tells that memory ran out, also where it was for a process or a thread."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOMEM, errno.EAGAIN)
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and str(error) == "can't start new thread"  # Python has no better word
    )


def shortage(error: BaseException) -> str | None:
    """Return in words what the machine lacks; None where the error tells of something else."""
    if is_for_want_of_memory(error):
        return NO_MEMORY
    if isinstance(error, OSError):
        return f"the service cannot use its disk: {error.strerror or error}; try again later"
    return None
