"""Who is logged in, by a token that says nothing; and how often somebody may try."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_SESSIONS = 10_000
"""Beyond these the oldest end early."""

MOST_KEYS = 20_000


@dataclass(frozen=True, slots=True)
class _Session:
    name: str
    mark: bytes
    ends: float


class Sessions:
    """Sessions in memory alone: none outlives the service. May be used from any thread.

    Args:
        lasts_s: Seconds from login to the end.
        mark: What changes when the password of a name does, None for a name that is no more: either ends
            the sessions of that name.
    """

    def __init__(self, lasts_s: float, mark: Callable[[str], bytes | None]) -> None:
        self.lasts_s = lasts_s
        self._mark = mark
        self._sessions: OrderedDict[bytes, _Session] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: str) -> str | None:
        """Return the token of a new session; None if the name is no more."""
        mark = self._mark(name)
        if mark is None:
            return None
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[_digest(token)] = _Session(name, mark, time.monotonic() + self.lasts_s)
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return token

    def name(self, token: str) -> str | None:
        """Return whose session it is, None if it is none or has ended."""
        session = self._sessions.get(_digest(token))
        if session is None:
            return None
        if session.ends < time.monotonic() or self._mark(session.name) != session.mark:
            self.end(token)
            return None
        return session.name

    def end(self, token: str) -> None:
        """End a session, if it is one."""
        with self._lock:
            self._sessions.pop(_digest(token), None)


def _digest(token: str) -> bytes:
    """What is kept of a token, so that none can be read from memory or told by the time a look-up takes."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


class Attempts:
    """Counts what failed of late, for each of some keys.

    Args:
        most: Failures that are allowed within the window.
        window_s: Its length in seconds.
    """

    def __init__(self, most: int, window_s: float) -> None:
        self.most = most
        self.window_s = window_s
        self._failures: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, key: str) -> int:
        """Count an attempt as failed until it is forgiven; return 0, or the seconds to wait instead."""
        now = time.monotonic()
        with self._lock:
            recent = [at for at in self._failures.pop(key, []) if at > now - self.window_s]
            self._failures[key] = recent
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)
            if len(recent) >= self.most:
                return int(recent[0] + self.window_s - now) + 1
            recent.append(now)
            return 0

    def forgive(self, key: str) -> None:
        """Take back the attempt counted last: it did not fail."""
        with self._lock:
            if self._failures.get(key):
                self._failures[key].pop()
