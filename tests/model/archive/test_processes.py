"""Archives as people score them: a command with workers, killed at any moment and begun again; Ray; memory."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

KILLS = 5


def command(source, out, release, *more):
    return [
        sys.executable,
        "-m",
        "diplotone.model",
        "score",
        *map(str, (source, "-o", out, "--release", release, *more)),
    ]


def run(source, out, release, *more):
    done = subprocess.run(
        command(source, out, release, *more), capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stderr


def many_rows(path: Path, eight_rows: list[dict], n: int) -> Path:
    """Rows of which every hundredth is bad and every tenth repeats an earlier one."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(n):
            text = f"{eight_rows[number % 8]['text']} So it was said for the {number - number % 10 // 9 * 9}th time."
            file.write("{bad\n" if number % 100 == 50 else json.dumps({"text": text, "n": number}) + "\n")
    return path


def processes_of(group: int) -> list[int]:
    """Processes of a group that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(stat.parent.name))
    return found


def test_kills_lose_and_double_nothing(tiny_release, eight_rows, tmp_path):
    source = many_rows(tmp_path / "in.jsonl", eight_rows, 2_000)
    more = ("--once", "--workers", "2", "--rows-per-shard", "100")
    began = time.monotonic()
    run(source, tmp_path / "whole.jsonl", tiny_release, *more)
    seconds = time.monotonic() - began
    out = tmp_path / "out.jsonl"
    chance = random.Random(7)
    kills = under_way = 0
    for n in range(3 * KILLS):
        child = subprocess.Popen(
            command(source, out, tiny_release, *more),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0.1, 0.6) * seconds)
        if n == 0:  # the first is met at its shards, however slow the machine is
            while not list(tmp_path.glob("out.jsonl.shards/part-*.jsonl")):
                time.sleep(0.05)
        os.kill(child.pid, signal.SIGKILL)
        if child.wait() != -signal.SIGKILL:  # it was done before the kill
            break
        kills += 1
        under_way += (tmp_path / "out.jsonl.shards").exists()
        for _ in range(200):  # no worker outlives the command
            if not processes_of(child.pid):
                break
            time.sleep(0.1)
        assert not processes_of(child.pid)
        if kills == KILLS:
            break
    assert under_way
    told = run(source, out, tiny_release, *more)
    print(f"{kills} kills, {under_way} of them amid shards; {told}")  # noqa: T201
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    rejects = (tmp_path / "out.rejects.jsonl").read_bytes()
    assert rejects == (tmp_path / "whole.rejects.jsonl").read_bytes()
    numbers = [json.loads(line)["n"] for line in out.read_text().splitlines()]
    assert numbers == [n for n in range(2_000) if n % 100 != 50]
    assert not list(tmp_path.glob("*half*")) + list(tmp_path.glob("*.shards"))


def test_ctrl_c_is_told_in_one_line_and_can_be_gone_on_with(tiny_release, eight_rows, tmp_path):
    source = many_rows(tmp_path / "in.jsonl", eight_rows, 3_000)
    out = tmp_path / "out.jsonl"
    more = ("--workers", "2", "--rows-per-shard", "50")
    child = subprocess.Popen(
        command(source, out, tiny_release, *more),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_DFL
        ),  # ignored where the tests run in the background
    )
    done = tmp_path / "out.jsonl.shards" / "_done.jsonl"
    while not (done.exists() and b"\n" in done.read_bytes()):
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    _, told = child.communicate(timeout=60)
    assert child.returncode == 130
    assert told == f"diplotone: stopped; the same command goes on with {out}\n"
    deadline = time.monotonic() + 10
    while processes_of(child.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not processes_of(child.pid)
    assert "shards were there already" in run(source, out, tiny_release, *more)


def test_several_processes_write_what_one_writes(tiny_release, eight_rows, tmp_path):
    source = many_rows(tmp_path / "in.jsonl", eight_rows, 1_000)
    told = run(
        source, tmp_path / "two.jsonl", tiny_release, "--workers", "2", "--rows-per-shard", "90", "--progress"
    )
    run(source, tmp_path / "one.jsonl", tiny_release, "--workers", "1", "--rows-per-shard", "90")
    assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()
    assert "10 rows rejected" in told


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs pip install 'diplotone[ray]'")
def test_ray_writes_the_same_and_listens_to_this_machine_alone(tiny_release, eight_rows, tmp_path):
    source = many_rows(tmp_path / "in.jsonl", eight_rows, 1_000)
    more = ("--workers", "2", "--rows-per-shard", "90", "--once")
    run(source, tmp_path / "local.jsonl", tiny_release, *more)
    before = listening()
    heard: set[str] = set()
    said = tmp_path / "said.txt"  # a file and no pipe, which would be full while nobody reads it
    with said.open("w") as file:
        child = subprocess.Popen(
            command(source, tmp_path / "ray.jsonl", tiny_release, *more, "--engine", "ray"), stderr=file
        )
        while child.poll() is None:
            heard |= listening() - before
            time.sleep(0.2)
    told = said.read_text()
    if "timed out during startup" in told:
        pytest.skip("Ray gives itself thirty seconds to start, and this machine is too busy for that")
    assert "10 rows rejected" in told, told
    assert (tmp_path / "ray.jsonl").read_bytes() == (tmp_path / "local.jsonl").read_bytes()
    assert heard
    assert all(address.startswith(("127.", "::1 ", "::ffff:127.")) for address in heard), heard


def listening() -> set[str]:
    """Addresses, with ports, that any process of this machine listens on for TCP."""
    import psutil

    found = psutil.net_connections("tcp")
    return {f"{one.laddr.ip} {one.laddr.port}" for one in found if one.status == psutil.CONN_LISTEN}


def test_memory_does_not_grow_with_the_archive(tiny_release, eight_rows, tmp_path):
    peaks = []
    for n in (4_000, 32_000):
        source = many_rows(tmp_path / f"{n}.jsonl", eight_rows, n)
        code = (
            "import resource, sys; from diplotone.model.__main__ import main; code = main(sys.argv[1:]);"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
        )
        arguments = command(source, tmp_path / "out.jsonl", tiny_release, "--workers", "1", "--once")[3:]
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments, "--rows-per-shard", "2000"],
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
        )
        assert done.returncode == 1, done.stderr
        peaks.append(int(done.stdout) / 1024)
    print(f"peak memory {peaks[0]:.0f} and {peaks[1]:.0f} MB")  # noqa: T201
    assert peaks[1] < peaks[0] + 40
