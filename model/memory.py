"""Memory: too little of it told as such, before anything is loaded and where it is raised; free memory given back."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import sys
from collections.abc import Callable, Iterator

from .errors import ConfigError

_NO_MEMORY = re.compile(
    r"[Ff]ailed to allocate|can't alloc|bad_alloc|[Cc]annot allocate|[Oo]ut of memory|failed to map segment"
    r"|Resource temporarily unavailable|can't start new thread"
)
"""How OpenVINO, the system's loader and Python say it; the last two are said of a thread too many."""


_M_ARENA_MAX = -8
"""The parameter of mallopt(3)."""


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


def share_one_heap() -> None:
    """Let all threads allocate from one heap; to be called before there is a second thread.

    glibc gives each of many threads a heap of its own (an arena), up to eight for each core. What lives long keeps the
    pages around it, in every one of them, and so a service that holds no more than before grows by megabytes an hour.
    A number of your own in the variable MALLOC_ARENA_MAX stands; other C libraries are left to themselves.
    """
    settle = _of_c_library("mallopt")
    if settle is not None and "MALLOC_ARENA_MAX" not in os.environ:
        settle(_M_ARENA_MAX, 1)


def give_free_memory_back() -> None:
    """Give the system back what this process freed, which glibc by itself keeps; takes a few milliseconds.

    Other C libraries are left to themselves.
    """
    trim = _of_c_library("malloc_trim")
    if trim is not None:
        trim(0)


def _of_c_library(name: str) -> Callable[..., int] | None:
    """A function that glibc has; None where the C library has none of that name."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


@contextlib.contextmanager
def memory_errors() -> Iterator[None]:
    """Turn what is raised for want of memory, and is an error like any other, into a MemoryError."""
    try:
        yield
    except (RuntimeError, ImportError) as error:
        if _NO_MEMORY.search(str(error)):
            raise MemoryError("there is not enough of it to load or run the network") from error
        raise
