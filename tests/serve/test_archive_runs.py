"""Archives under way: how they end, and how long anything of them is kept."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from diplotone.serve import archive as archive_module
from diplotone.serve.app import build_app
from diplotone.serve.archive import Archives
from diplotone.serve.archive_file import ArchiveText
from diplotone.serve.config import ServeConfig
from diplotone.serve.pool import Busy
from diplotone.serve.workspace import Workspace

ARTICLE = "Oslo accused Riga of theft on Monday. Riga thanked Oslo for its calm. They met in Suva for talks."


@contextlib.contextmanager
def serving(analyzer, **settings: Any) -> Iterator[TestClient]:
    app = build_app([analyzer], ServeConfig(**settings))
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        assert app.state.pool.wait_until_ready(20)
        yield client


def begin(client: TestClient, mark: str, n: int = 3) -> str:
    rows = "\n".join(json.dumps({"text": f"{ARTICLE} {mark}"}) for _ in range(n))
    return client.post("/v1/archives", params={"name": "a.jsonl"}, content=rows.encode()).json()["id"]


def end_of(client: TestClient, token: str) -> dict[str, Any]:
    give_up = time.monotonic() + 20
    while (state := client.get(f"/v1/archives/{token}").json())["state"] == "running":
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return state


def in_memory(mark: str) -> int:
    """How many texts of archives that hold these words the process still has.

    What refers to the class is asked for, not every object: among all of them are tuples that another thread
    is still filling, and a tuple that has been seen from outside can no longer be filled (CPython raises
    ``SystemError: Objects/tupleobject.c`` in that thread).
    """
    gc.collect()
    return sum(
        isinstance(found, ArchiveText) and mark in found.text for found in gc.get_referrers(ArchiveText)
    )


@pytest.mark.slow
def test_no_text_outlives_the_time_that_is_configured(analyzer, monkeypatch):
    mark, genuine, seen = "It was the heron of Vardø.", analyzer.analyze, []
    monkeypatch.setattr(analyzer, "analyze", lambda text: seen.append(in_memory(mark)) or genuine(text))
    with serving(analyzer, keep_files_s=1) as client:
        begin(client, mark)
        give_up = time.monotonic() + 30
        while len(seen) < 4 and time.monotonic() < give_up:  # the warm-up and three texts
            time.sleep(0.05)
        assert seen == [0, 3, 3, 3]
        while in_memory(mark) and time.monotonic() < give_up:  # and nobody asks for anything meanwhile
            time.sleep(0.2)
        assert in_memory(mark) == 0


@pytest.mark.slow
def test_only_the_latest_keep_their_texts_and_all_their_results(analyzer):
    marks = ["It was the heron of Bergen.", "It was the heron of Narvik."]
    with serving(analyzer, max_archives=1) as client:
        first, last = [end_of(client, begin(client, mark))["id"] for mark in marks]
        assert [in_memory(mark) for mark in marks] == [0, 3]
        query = {"archive": first, "annotator": "ada"}
        refused = client.post("/v1/sentences/archive", params=query)
        assert (refused.status_code, "text of this archive" in refused.json()["error"]) == (404, True)
        assert client.post("/v1/sentences/archive", params=query | {"archive": last}).status_code == 201
        shown = [client.get(f"/page/archives/{token}").text for token in (first, last)]
        assert ['class="put-up"' in html for html in shown] == [False, True]
        assert len(client.get(f"/v1/archives/{first}/result?form=jsonl").text.splitlines()) == 3


def test_of_too_many_that_ended_the_earliest_go(analyzer, monkeypatch):
    monkeypatch.setattr(archive_module, "MOST_ENDED", 2)
    with serving(analyzer) as client:
        tokens = [end_of(client, begin(client, "They left."))["id"] for _ in range(4)]
        statuses = [client.get(f"/v1/archives/{token}/result").status_code for token in tokens]
        assert statuses == [404, 404, 200, 200]


def test_what_is_stopped_in_its_last_turn_stays_stopped_and_reads_no_further(analyzer, monkeypatch):
    genuine, reading, go_on, read = analyzer.analyze, threading.Event(), threading.Event(), []

    def analyze(text: str):
        if "Tromsø" in text:
            read.append(text)
            reading.set()
            assert go_on.wait(20)
        return genuine(text)

    monkeypatch.setattr(analyzer, "analyze", analyze)
    with serving(analyzer, n_workers=1) as client:
        token = begin(client, "It was the heron of Tromsø.", n=5)
        assert reading.wait(20)
        stopped = client.delete(f"/v1/archives/{token}").json()
        go_on.set()
        assert client.post("/v1/analyze", json={"text": ARTICLE}).status_code == 200  # its turn
        assert client.get(f"/v1/archives/{token}").json() == stopped
        assert (stopped["state"], stopped["done"], len(read)) == ("cancelled", 0, 1)
        assert client.get(f"/v1/archives/{token}/result").status_code == 200
        assert "0 of 5 texts" in client.get(f"/page/archives/{token}").text


def test_what_waits_for_its_turn_is_stopped_at_once():
    """A pool that is always full, as it is on a day of much news."""

    class FullPool:
        analyzers = ()

        async def run(self, *_: Any, **__: Any) -> None:
            raise Busy(256, 60)

    async def stopped_after_s() -> float:
        workspace = Workspace(keep_s=100)
        workspace.start()
        try:
            metrics = SimpleNamespace(sentences=None)
            archives = Archives(cast(Any, FullPool()), workspace, cast(Any, metrics), most_running=1)
            text = ArchiveText(row=1, id="1", text=ARTICLE, date=None, date_found=None)
            archive = archives.begin("a.csv", [text])
            await asyncio.sleep(0.1)
            begun = time.monotonic()
            assert archives.cancel(archive.token).state == "cancelled"
            assert archive.task is not None
            await asyncio.wait([archive.task], timeout=10)
            assert archive.task.done()
            return time.monotonic() - begun
        finally:
            workspace.stop()

    assert asyncio.run(stopped_after_s()) < 5


def test_what_has_ended_cannot_be_stopped_any_more(analyzer):
    with serving(analyzer) as client:
        done = end_of(client, begin(client, "They left."))
        assert client.delete(f"/v1/archives/{done['id']}").json() == done
        assert done["state"] == "done"
