"""A core counts once, whatever its threads, and a container has what its quota says."""

from __future__ import annotations

import os

import pytest

from diplotone.model.archive import cores


@pytest.mark.parametrize(
    ("core_ids", "quota", "expected"),
    [
        ([0, 0, 1, 1], "max 100000", 2),
        ([0, 1, 2, 3], "max 100000", 4),
        ([0, 1, 2, 3], "150000 100000", 2),
        ([0, 1, 2, 3], "10000 100000", 1),
        ([], "no such file", 4),
    ],
)
def test_cores(tmp_path, monkeypatch, core_ids, quota, expected):
    for cpu, core in enumerate(core_ids):
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "physical_package_id").write_text("0")
        (folder / "core_id").write_text(str(core))
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(cores, "_TOPOLOGY", tmp_path)
    monkeypatch.setattr(cores, "_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    assert cores.available_cores() == expected


def test_on_this_machine():
    assert 1 <= cores.available_cores() <= len(os.sched_getaffinity(0))
