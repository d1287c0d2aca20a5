"""What a process does with the memory it does not use."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

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

HEAPS = """
import ctypes, re, threading
from pathlib import Path
from diplotone.model.memory import share_one_heap

if {shared}:
    share_one_heap()

together = threading.Barrier(9)
kept = []

def allocate():
    together.wait()  # none ends before all have begun: a heap that is left is taken by the next thread
    kept.append([bytes(2_000) for _ in range(1_000)])
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
together.wait()
together.wait()

libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
told = libc.fopen(b"{told}", b"w")
libc.malloc_info(0, ctypes.c_void_p(told))
libc.fclose(ctypes.c_void_p(told))
print(len(re.findall("<heap ", Path("{told}").read_text())))
"""


def heaps(told: Path, *, shared: bool, **env: str) -> int:
    """How many heaps eight threads allocate from."""
    script = HEAPS.format(shared=shared, told=told)
    bare = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=bare | env
    )
    return int(shown.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such heaps")
def test_threads_share_one_heap_unless_the_operator_wants_more(tmp_path):
    told = tmp_path / "heaps.xml"
    assert heaps(told, shared=False) > 2
    assert heaps(told, shared=True) == 1
    assert heaps(told, shared=True, MALLOC_ARENA_MAX="2") == 2


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_is_free_among_what_is_in_use_is_given_back():
    """Of a hundred megabytes all but the pages that hold one piece in fifty."""
    shown = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    assert float(shown.stdout) > 80
