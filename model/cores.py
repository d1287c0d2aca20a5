"""How many cores this process may really use: containers often see all of a machine and get a part of it."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path

_CONTROL_GROUPS = Path("/sys/fs/cgroup")


def usable_cores(control_groups: Path = _CONTROL_GROUPS) -> int:
    """Return the cores that this process may use, by affinity and by the quota of its control group; at least 1.

    Args:
        control_groups: Where the system mounts them, as a container sees its own; other systems have none.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not every system knows affinity
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota(control_groups) or cores))


def _quota(control_groups: Path) -> int | None:
    """The quota in whole cores, a part counting as one more; None where there is none."""
    with contextlib.suppress(OSError, ValueError, IndexError):  # version 2: "150000 100000", or "max 100000"
        quota, period = (control_groups / "cpu.max").read_text().split()[:2]
        return None if quota == "max" else math.ceil(int(quota) / int(period))
    with contextlib.suppress(OSError, ValueError):  # version 1; -1 is none
        quota = int((control_groups / "cpu" / "cpu.cfs_quota_us").read_text())
        period = int((control_groups / "cpu" / "cpu.cfs_period_us").read_text())
        return math.ceil(quota / period) if quota > 0 else None
    return None
