"""The service as users start it, in a process that the tests may starve, kill and look into."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_S = 180.0
"""Until it is ready; the machine may be busy with other things."""

READY = re.compile(r"Diplotone is ready at (http://127\.0\.0\.1:\d+) \(\S+\)")


@dataclass(slots=True)
class Service:
    """A running service."""

    process: subprocess.Popen[str]
    url: str
    errors: Path
    """Its standard error."""

    def resident_mb(self) -> float:
        """Memory that it holds now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "diplotone.serve", "--port", "0", *arguments]


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    return os.environ | {"DIPLOTONE_HOME": str(home)} | dict(extra or {})


@contextlib.contextmanager
def serving(
    home: Path,
    *settings: str,
    env: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
    **options: Any,
) -> Iterator[Service]:
    """Start the service, wait until it is ready, and stop it in the end.

    Args:
        home: Its folder of all state.
        settings: `name=value`.
        env: Variables besides.
        before: Called in the new process before the service starts, for limits.
        options: More for `Popen`.
    """
    with tempfile.NamedTemporaryFile("w+", prefix="service-", suffix=".err") as errors:
        process = subprocess.Popen(
            command(*(part for setting in settings for part in ("--set", setting))),
            stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=environment(home, env), preexec_fn=before,
            **options,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            found = READY.match(process.stdout.readline())
            assert found, f"the service did not start: {Path(errors.name).read_text()}"
            yield Service(process, found[1], Path(errors.name))
        finally:
            if process.poll() is None:
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=30)
            if process.poll() is None:
                process.kill()


def refused(arguments: Sequence[str], home: Path, **options: Any) -> tuple[int, str]:
    """Start what is expected not to start; return its exit code and what it said on standard error."""
    env = environment(home, options.pop("env", None))
    done = subprocess.run(
        arguments, capture_output=True, text=True, cwd=ROOT, env=env, timeout=START_S, check=False, **options
    )
    return done.returncode, done.stderr.strip()


def until(true: Callable[[], object], seconds: float) -> bool:
    """Wait until something holds; return whether it came to hold in time."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if true():
            return True
        time.sleep(0.2)
    return bool(true())
