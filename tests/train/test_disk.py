"""A full disk or a read-only one, as the libraries that write report it."""

from __future__ import annotations

import errno
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from diplotone.model.errors import ConfigError
from diplotone.model.record_files import write_jsonl
from diplotone.train.disk import disk_faults

TINY = Path(__file__).resolve().parents[2] / "configs" / "tiny.toml"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "x"),
        OSError(errno.EROFS, "x"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0"),
        Exception("Error while serializing: I/O error: File too large (os error 27)"),
    ],
)
def test_what_the_disk_refuses_is_told_plainly(error, tmp_path):
    with (
        pytest.raises(ConfigError, match=r"cannot be written: .*goes on from the last whole checkpoint"),
        disk_faults(tmp_path / "run"),
    ):
        raise error


def test_other_errors_pass(tmp_path):
    with pytest.raises(ValueError, match="of another kind"), disk_faults(tmp_path):
        raise ValueError("of another kind")


@pytest.mark.slow
@pytest.mark.parametrize("limit", [20_000, 60_000, 200_000])
def test_a_training_on_a_full_disk_ends_in_one_line(limit, eight_records, tmp_path):
    """A limit on the size of files stands in for the full disk; which write fails first depends on it."""
    labels = tmp_path / "labels.jsonl"
    write_jsonl([replace(record, split="train") for record in eight_records], labels)
    command = [
        "fit",
        "--config",
        str(TINY),
        "--labels",
        str(labels),
        "--labels-only",
        "--out",
        str(tmp_path / "run"),
    ]
    code = (
        "import resource, sys; from diplotone.train.__main__ import main;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); sys.exit(main({command!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("diplotone-train: ")]
    assert len(told) == 1
    assert "cannot be written: " in told[0]
    assert "no release was made and none was changed" in told[0]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "release").exists()
