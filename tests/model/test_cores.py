"""A container has what its quota says, wherever the quota stands, and a core counts once, whatever its threads."""

from __future__ import annotations

import os

import pytest

from diplotone.model.cores import usable_cores, whole_cores


@pytest.fixture
def many(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))


@pytest.fixture
def groups(tmp_path):
    """Makes a tree of control groups: what this process is told to be in, and the quotas of some groups."""

    def groups(membership: str, quotas: dict[str, str]):
        told = tmp_path / "membership"
        told.write_text(membership)
        tree = tmp_path / "cgroup"
        tree.mkdir()
        for name, quota in quotas.items():
            folder = tree / name
            folder.mkdir(parents=True, exist_ok=True)
            if " " in quota:
                (folder / "cpu.max").write_text(quota + "\n")
            else:
                (folder / "cpu.cfs_quota_us").write_text(quota + "\n")
                (folder / "cpu.cfs_period_us").write_text("100000\n")
        return tree, told

    return groups


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        ("max 100000", 8),
        ("200000 100000", 2),
        ("150000 100000", 2),
        ("5000 100000", 1),
        ("9900000 100000", 8),
        ("non sense", 8),
    ],
)
def test_a_quota_of_version_2_counts(many, groups, quota, cores):
    assert usable_cores(*groups("0::/\n", {"": quota})) == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", 8), ("300000", 3), ("10000", 1), ("nonsense", 8)])
def test_a_quota_of_version_1_counts(many, groups, quota, cores):
    assert usable_cores(*groups("4:memory:/\n3:cpu,cpuacct:/\n", {"cpu": quota})) == cores


@pytest.mark.parametrize(
    ("membership", "quotas", "cores"),
    [
        ("0::/job/step\n", {"job": "max 100000", "job/step": "300000 100000"}, 3),
        ("0::/job/step\n", {"job": "200000 100000", "job/step": "300000 100000"}, 2),
        ("0::/job/step\n", {"job": "400000 100000", "job/step": "max 100000"}, 4),
        ("0::/job/step\n", {"": "200000 100000"}, 2),
        ("0::/job/step\n", {"other": "100000 100000", "job/step/inner": "100000 100000"}, 8),
        ("3:cpu,cpuacct:/job/step\n0::/\n", {"cpu,cpuacct/job": "500000", "cpu,cpuacct/job/step": "-1"}, 5),
        ("3:cpu:/job\n1:cpuset:/\n", {"cpu/job": "200000", "cpuset": "100000"}, 2),
        ("3:memory:/job\n0::/job\n", {"memory/job": "100000", "unified/job": "600000 100000"}, 6),
        ("3:cpu:/docker/4f0c\n", {"cpu": "200000"}, 2),  # a container that sees its own group as the root
        ("0::/../elsewhere\n", {"": "300000 100000"}, 3),
        ("", {"cpu": "200000"}, 2),
        ("nonsense", {}, 8),
    ],
)
def test_the_least_quota_of_a_group_and_those_around_it_counts(many, groups, membership, quotas, cores):
    assert usable_cores(*groups(membership, quotas)) == cores


def test_without_a_word_on_groups_the_root_is_looked_at(many, groups, tmp_path):
    tree, _ = groups("", {"": "200000 100000"})
    assert usable_cores(tree, tmp_path / "no such file") == 2
    assert usable_cores(tmp_path / "no such folder", tmp_path / "no such file") == 8


@pytest.mark.parametrize(
    ("core_ids", "quota", "cores"),
    [
        ([0, 0, 1, 1, 2, 2, 3, 3], "max 100000", 4),
        ([0, 1, 2, 3, 4, 5, 6, 7], "max 100000", 8),
        ([0, 0, 1, 1, 2, 2, 3, 3], "150000 100000", 2),
        ([0, 1, 2, 3, 4, 5, 6, 7], "10000 100000", 1),
        ([], "max 100000", 8),
    ],
)
def test_two_threads_of_a_core_count_once(many, groups, tmp_path, core_ids, quota, cores):
    for processor, core in enumerate(core_ids):
        folder = tmp_path / f"cpu{processor}" / "topology"
        folder.mkdir(parents=True)
        (folder / "physical_package_id").write_text("0")
        (folder / "core_id").write_text(str(core))
    assert whole_cores(*groups("0::/job\n", {"job": quota}), tmp_path) == cores


def test_on_this_machine():
    assert 1 <= whole_cores() <= usable_cores() <= len(os.sched_getaffinity(0))
