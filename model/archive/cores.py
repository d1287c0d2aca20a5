"""How many cores there really are for this process."""

from __future__ import annotations

import math
import os
from pathlib import Path

_TOPOLOGY = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def available_cores() -> int:
    """Return the cores that this process may use: by its affinity and its container's quota.

    Two hardware threads of one core count as one, for arithmetic like the network's fills a core by itself.
    """
    cores = {_core(cpu) for cpu in os.sched_getaffinity(0)}
    return int(max(1, min(len(cores), _quota())))


def _core(cpu: int) -> tuple[str, str]:
    topology = _TOPOLOGY / f"cpu{cpu}" / "topology"
    try:
        return (topology / "physical_package_id").read_text(), (topology / "core_id").read_text()
    except OSError:
        return "", str(cpu)


def _quota() -> float:
    """Cores' worth of time that a container has, rounded up."""
    try:
        limit, period = _QUOTA.read_text().split()
        return math.ceil(int(limit) / int(period))
    except (OSError, ValueError):  # none is set: "max 100000"
        return math.inf
