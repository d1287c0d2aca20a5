"""What a process does with the memory it does not use."""

from __future__ import annotations

import subprocess
import sys

import pytest

FREED = """
from pathlib import Path
from diplotone.model.memory import give_free_memory_back

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

many = [bytes(2_000) for _ in range(50_000)]
kept = many[::50]  # so that what is free lies among what is in use
del many
before = resident_mb()
give_free_memory_back()
print(before - resident_mb())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_is_free_among_what_is_in_use_is_given_back():
    """Of a hundred megabytes all but the pages that hold one piece in fifty."""
    shown = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    assert float(shown.stdout) > 80
