"""A small stand-in for the project's data, and disks that are full or closed to writing."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from diplotone.train.corpus import data_folder

CAPABILITIES_V3 = 0x20080522
DAC_OVERRIDE, DAC_READ_SEARCH = 1, 2
"""What lets root pass by the rights of files."""


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's data with a few sentences of each split: a retraining and its verdict then take seconds."""
    folder = tmp_path_factory.mktemp("small") / "data"
    shutil.copytree(data_folder(), folder)
    lines = (folder / "written.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = []
    for split, n in (("train", 30), ("dev", 20), ("test", 20)):
        kept += [line for line in lines if json.loads(line)["split"] == split][:n]
    (folder / "written.jsonl").write_text("".join(kept), encoding="utf-8")
    for name, n in (("contrast.jsonl", 16), ("real.jsonl", 1)):
        few = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)[:n]
        (folder / name).write_text("".join(few), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Disk:
    """A folder that can be filled up or closed to writing."""

    folder: Path
    is_mounted: bool
    """Whether it is a disk of its own."""

    def fill(self) -> Path:
        """Leave no byte of room, and return the file that takes it."""
        if not self.is_mounted:
            pytest.skip("no disk may be mounted here, so that none can be filled")
        filler = self.folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4_096))
        return filler

    @contextlib.contextmanager
    def closed(self) -> Iterator[None]:
        """Let nothing be written: a read-only disk where one may be mounted, else files without the right to."""
        if self.is_mounted:
            _mount("remount,ro", self.folder)
            try:
                yield
            finally:
                _mount("remount,rw", self.folder)
            return
        inside = [self.folder, *self.folder.rglob("*")]
        for path in inside:
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            with _bound_by_rights():
                yield
        finally:
            for path in inside:
                path.chmod(0o755 if path.is_dir() else 0o644)


@contextlib.contextmanager
def _bound_by_rights() -> Iterator[None]:
    """Let this thread, if it is root's, be bound by the rights of files as everybody is."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, words = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0), (ctypes.c_uint32 * 6)()
    if libc.capget(header, words):
        pytest.skip("no disk may be mounted here, and the powers of root cannot be given up")
    effective = words[0]
    words[0] &= ~(1 << DAC_OVERRIDE | 1 << DAC_READ_SEARCH)
    libc.capset(header, words)
    try:
        yield
    finally:
        words[0] = effective
        libc.capset(header, words)


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A disk of 40 MB, or where none may be mounted a folder that stands in for one."""
    with tempfile.TemporaryDirectory(prefix="diplotone-disk-") as place:
        folder = Path(place)
        is_mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=40m", "none", str(folder)], capture_output=True, check=False
        ).returncode == 0  # fmt: skip
        try:
            yield Disk(folder, is_mounted)
        finally:
            if is_mounted:
                subprocess.run(["umount", "-l", str(folder)], check=False)


def _mount(options: str, folder: Path) -> None:
    subprocess.run(["mount", "-o", options, str(folder)], check=True)
