"""Processes that outlive whoever started them: told from others that got their number later, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

SECONDS_TO_END = 5.0
"""What a process gets after a polite signal, and after one that cannot be refused."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process and its children, which are one group."""

    pid: int
    started: str
    """When, in the system's own terms: with the number it names one process, ever."""

    @classmethod
    def this_one(cls) -> Process:
        """Return the process that calls."""
        return cls(os.getpid(), start_time(os.getpid()) or "")

    @classmethod
    def read(cls, path: Path) -> Process | None:
        """Return the process of a file; None where there is none, or it is not written yet."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(int(found["pid"]), str(found["started"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Write it to a file, whole at any moment."""
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps({"pid": self.pid, "started": self.started}) + "\n", encoding="utf-8")
        os.replace(part, path)

    def is_alive(self) -> bool:
        """Return whether it still runs."""
        return start_time(self.pid) == self.started

    def end(self) -> None:
        """End it and its children: politely, and after `SECONDS_TO_END` in any case."""
        for way in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + SECONDS_TO_END
            with contextlib.suppress(ProcessLookupError):
                if self.is_alive():
                    os.killpg(self.pid, way)
            while self.is_alive():
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            else:
                return


def start_time(pid: int) -> str | None:
    """Return when a process began; None if it has ended, also where its parent has not noticed."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()  # the name before it may hold anything
        return None if fields[0] in "ZX" else fields[19]
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return shown[1].strip() if len(shown) == 2 and not shown[0].startswith("Z") else None
