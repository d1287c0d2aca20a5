"""What a figure was measured on, and whether something else was running beside."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from diplotone.model.cores import usable_cores

PACKAGES = (
    "diplotone",
    "openvino",
    "tokenizers",
    "torch",
    "transformers",
    "sentence-transformers",
    "onnxruntime",
)

QUIET = 1.15
"""Seconds on the clock to a second of processor time, up to which a run counts as undisturbed."""


class Watch:
    """Looks at the machine from its making until `seen()`."""

    def __init__(self) -> None:
        self._load = os.getloadavg()
        self._date = datetime.now(UTC)
        self._waits = [_wait()]

    def look(self) -> None:
        """Look whether the processor is shared at this moment."""
        self._waits.append(_wait())

    def seen(self) -> dict[str, Any]:
        """Return the machine, its load before and after, and whether the run was quiet."""
        self.look()
        return {
            "date": self._date.isoformat(timespec="seconds"),
            "processor": _processor(),
            "processors_seen": os.cpu_count(),
            "cores_usable": usable_cores(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "packages": {name: found for name in PACKAGES if (found := _version(name))},
            "load_before": [round(value, 2) for value in self._load],
            "load_after": [round(value, 2) for value in os.getloadavg()],
            "clock_to_processor_time": [round(value, 2) for value in self._waits],
            "quiet": max(self._waits) <= QUIET,
        }


def peak_mb(process: int | str = "self") -> float:
    """Return the most memory that a process held so far, in megabytes; 0 where the system does not tell.

    Not by its resource usage: that begins with what the process held that started it.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _wait() -> float:
    """Seconds on the clock to a second of processor time, over a tenth of a second of work; 1 on an idle machine."""
    began, used = time.perf_counter(), time.process_time()
    while time.process_time() - used < 0.1:
        sum(range(1_000))
    return (time.perf_counter() - began) / (time.process_time() - used)


def of_machine(machine: dict[str, Any]) -> Iterator[str]:
    """Yield what figures were measured on."""
    yield f"{machine['processor']}, {machine['cores_usable']} usable of {machine['processors_seen']}, {machine['date']}"
    yield f"load {machine['load_before'][0]} before, {machine['load_after'][0]} after; " + (
        "quiet"
        if machine["quiet"]
        else "NOT QUIET: up to"
        f" {max(machine['clock_to_processor_time']):.1f} s on the clock to 1 s of work ({QUIET} is quiet)"
    )


def flags() -> set[str]:
    """Return what the processor can do, as the system calls it; nothing where it does not tell."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(set(line.partition(":")[2].split()) for line in lines if line.startswith("flags"))
    except (OSError, StopIteration):
        return set()


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            told = dict(line.split(":", 1) for line in lines if ":" in line)
        fields = {key.strip(): value.strip() for key, value in told.items()}
        abilities = [
            flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8") if flag in flags()
        ]
        kind = f"family {fields['cpu family']}, model {fields['model']}"
        return f"{fields['model name']} ({kind}; {', '.join(abilities)})"
    except (OSError, KeyError):
        return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
