"""Memory: too little of it told as such, before anything is loaded and where it is raised; free memory given back."""

from __future__ import annotations

import contextlib
import ctypes
import re
import sys
from collections.abc import Iterator

from .errors import ConfigError

_NO_MEMORY = re.compile(
    r"[Ff]ailed to allocate|can't alloc|bad_alloc|[Cc]annot allocate|[Oo]ut of memory|failed to map segment"
    r"|Resource temporarily unavailable|can't start new thread"
)
"""How OpenVINO, the system's loader and Python say it; the last two are said of a thread too many."""


def check_memory(least: int) -> None:
    """Refuse to start with so little that libraries would end the process in words of their own, or without any.

    Args:
        least: Bytes of address space.

    Raises:
        ConfigError: The process may have less.
    """
    try:
        import resource
    except ImportError:  # not on Windows, where no such limit is set
        return
    (memory, _) = resource.getrlimit(resource.RLIMIT_AS)
    if memory != resource.RLIM_INFINITY and memory < least:
        raise ConfigError(
            f"this process may have {memory:,} bytes of address space; at least {least:,} are needed, raise the limit"
            " (ulimit -v)"
        )


def give_free_memory_back() -> None:
    """Give the system back what this process freed; takes a few milliseconds.

    glibc keeps what is freed among what is in use, in an arena for each of many threads, and so a service that holds
    no more than before grows by megabytes an hour. Other C libraries are left to themselves.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


@contextlib.contextmanager
def memory_errors() -> Iterator[None]:
    """Turn what is raised for want of memory, and is an error like any other, into a MemoryError."""
    try:
        yield
    except (RuntimeError, ImportError) as error:
        if _NO_MEMORY.search(str(error)):
            raise MemoryError("there is not enough of it to load or run the network") from error
        raise
