"""Disk and memory that are not there: told in words, with nothing half written left behind.

The disk is real, and files may not grow on it: that needs no rights, and fails in the middle of a write as a full disk
does.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from diplotone.model.errors import ConfigError
from diplotone.serve.page_api import keep
from diplotone.serve.passwords import set_password
from diplotone.serve.shared_texts import NotShared, SharedTexts
from diplotone.serve.workspace import Workspace

resource = pytest.importorskip("resource", reason="files are limited by a means of Unix")

ARTICLE = "Oslo accused Riga of theft on Monday. Riga thanked Oslo for its calm. They met in Suva for talks."


@contextlib.contextmanager
def files_of_at_most(n_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond; Python turns the signal into an OSError."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def scored(client: httpx.Client, n_rows: int) -> dict:
    """What became of an archive."""
    rows = b"".join(json.dumps({"text": ARTICLE, "id": str(n)}).encode() + b"\n" for n in range(n_rows))
    archive = client.post("/v1/archives", params={"name": "a.jsonl"}, content=rows).json()
    give_up = time.monotonic() + 60
    while archive["state"] == "running" and time.monotonic() < give_up:
        time.sleep(0.05)
        archive = client.get(f"/v1/archives/{archive['id']}").json()
    return archive


@pytest.mark.slow
def test_an_archive_without_room_says_so_keeps_whole_rows_and_the_next_one_is_done(running):
    with running() as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        with files_of_at_most(250_000):
            archive = scored(client, 400)
        assert archive["state"] == "failed"
        assert archive["problem"] == "the service cannot use its disk: File too large; try again later"
        lines = client.get(f"/v1/archives/{archive['id']}/result", params={"form": "jsonl"}).text
        assert [json.loads(line)["row"] for line in lines.splitlines()] == list(range(1, archive["done"] + 1))
        assert 0 < archive["done"] < 400
        assert scored(client, 5)["state"] == "done"


def test_a_result_without_room_is_not_kept_at_all(analyzer):
    workspace, analysis = Workspace(keep_s=100), analyzer.analyze(ARTICLE)
    workspace.start()
    try:
        root = workspace.new()[1].parent
        with files_of_at_most(1_000), pytest.raises(OSError, match="File too large"):
            keep(workspace, ARTICLE, analysis, "x" * 900)
        assert (workspace.n_folders(), len(list(root.iterdir()))) == (1, 1)
        assert workspace.file(keep(workspace, ARTICLE, analysis, "x" * 900), "analysis.json")
    finally:
        workspace.stop()


def test_a_link_without_room_is_refused_and_leaves_nothing(tmp_path):
    texts = SharedTexts(tmp_path / "shared", keep_days=1)
    with files_of_at_most(50), pytest.raises(NotShared, match="could not be kept: File too large"):
        texts.share(ARTICLE, "r@1")
    assert list(texts.folder.iterdir()) == []
    assert texts.share(ARTICLE, "r@1").text == ARTICLE


def test_a_password_without_room_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "passwords"
    set_password(path, "ada", "a long password of ada's")
    before = path.read_bytes()
    with files_of_at_most(len(before) + 10), pytest.raises(ConfigError, match="File too large"):
        set_password(path, "bob", "a long password of bob's")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_read_also_where_the_service_may_have_little():
    """Its process asks for 1.5 GB of address space, and takes less where there is less."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "diplotone.serve.extract", "txt", "100"],
        input=ARTICLE.encode(),
        capture_output=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1_000_000_000,) * 2),
    )
    assert json.loads(done.stdout) == {"text": ARTICLE, "notes": []}


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="a means of Linux")
def test_where_memory_must_be_had_a_file_is_given_up_before_the_service():
    program = (
        "from diplotone.serve import extract; extract._limit_resources();"
        "print(open('/proc/self/oom_score_adj').read())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) == 1_000
