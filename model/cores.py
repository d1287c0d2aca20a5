"""How many cores this process may really use: containers often see all of a machine and get a part of it."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_TOPOLOGY = Path("/sys/devices/system/cpu")


def usable_cores(control_groups: Path = _CONTROL_GROUPS, membership: Path = _MEMBERSHIP) -> int:
    """Return the processors that this process may use, by affinity and by the quotas of its control groups; at least 1.

    Args:
        control_groups: Where the system mounts them, as a container sees its own; other systems have none.
        membership: The file in which the system says to which of them this process belongs.
    """
    return _limited(len(_processors()), control_groups, membership)


def whole_cores(
    control_groups: Path = _CONTROL_GROUPS, membership: Path = _MEMBERSHIP, topology: Path = _TOPOLOGY
) -> int:
    """Return the same, two hardware threads of one core counting as one: for processes that fill a core each.

    Args:
        control_groups: As of `usable_cores`.
        membership: As of `usable_cores`.
        topology: Where the system says which processors are of one core.
    """
    return _limited(len({_core(number, topology) for number in _processors()}), control_groups, membership)


def _processors() -> set[int]:
    try:
        return os.sched_getaffinity(0)
    except AttributeError:  # not every system knows affinity
        return set(range(os.cpu_count() or 1))


def _core(processor: int, topology: Path) -> tuple[str, str]:
    folder = topology / f"cpu{processor}" / "topology"
    try:
        return (folder / "physical_package_id").read_text(), (folder / "core_id").read_text()
    except OSError:
        return "", str(processor)


def _limited(n: int, control_groups: Path, membership: Path) -> int:
    quotas = [quota for group in _groups(control_groups, membership) if (quota := _quota(group))]
    return max(1, min([n, *quotas]))


def _groups(control_groups: Path, membership: Path) -> Iterator[Path]:
    """The folders of the groups that this process may be in, with those around them, each of which limits it.

    The file tells the group as the system sees it ("0::/job/step", in version 1 "4:cpu,cpuacct:/job/step"). A
    container that sees its own group as the root finds no such folder; those that there are not are passed over by
    whoever reads them.
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        lines = []
    found = [line.split(":", 2) for line in lines if line.count(":") >= 2]
    for roots, path in [
        *((_roots(control_groups, controllers), path) for _, controllers, path in found),
        ((control_groups, control_groups / "cpu"), "/"),
    ]:
        inner = PurePosixPath("/", path)
        if ".." in inner.parts:  # outside what is seen here
            inner = PurePosixPath("/")
        for root in roots:
            for group in (inner, *inner.parents):
                yield root / group.relative_to("/")


def _roots(control_groups: Path, controllers: str) -> tuple[Path, ...]:
    """Where a hierarchy of groups may be mounted; nowhere if it does not limit processors."""
    if not controllers:  # version 2, alone or beside version 1
        return control_groups, control_groups / "unified"
    if "cpu" in controllers.split(","):
        return control_groups / controllers, control_groups / "cpu"
    return ()


def _quota(group: Path) -> int | None:
    """The quota of a group in whole cores, a part counting as one more; None where there is none."""
    with contextlib.suppress(OSError, ValueError, IndexError):  # version 2: "150000 100000", or "max 100000"
        quota, period = (group / "cpu.max").read_text().split()[:2]
        return None if quota == "max" else math.ceil(int(quota) / int(period))
    with contextlib.suppress(OSError, ValueError):  # version 1; -1 is none
        quota = int((group / "cpu.cfs_quota_us").read_text())
        period = int((group / "cpu.cfs_period_us").read_text())
        return math.ceil(quota / period) if quota > 0 else None
    return None
