"""Another release takes over while the service runs: nothing is refused, nothing mixed, nothing kept that is old."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import re
import shutil
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from diplotone.model.analyzer import load
from diplotone.model.golden import GOLDEN_FILE, write_golden
from diplotone.model.release import (
    MANIFEST,
    ReleaseWatch,
    current_release,
    promoted_folder,
    read_pointer,
    releases_folder,
    seal,
    write_pointer,
)
from diplotone.serve.app import build_app
from diplotone.serve.config import ServeConfig
from diplotone.serve.pool import AnalyzerPool
from diplotone.serve.takeover import Takeover
from diplotone.train.corpus import N_GOLDEN, golden_candidates
from diplotone.train.releases import promote

from .conftest import WordAnalyzer

TEXT = "Oslo accused Riga of theft. Riga thanked Oslo for the ship. They met on Monday in Suva."


@pytest.fixture
def variant(tiny_release, tmp_path):
    """Makes releases that answer differently: each divides its logits by a temperature of its own."""

    def make(name: str, temperature: float, change=None) -> Path:
        folder = shutil.copytree(tiny_release, tmp_path / name)
        calibration = json.loads((folder / "calibration.json").read_text())
        calibration["temperatures"] = dict.fromkeys(calibration["temperatures"], temperature)
        calibration["thresholds"] = dict.fromkeys(calibration["thresholds"], 0.0)
        (folder / "calibration.json").write_text(json.dumps(calibration))
        if change:
            change(folder)
        (folder / MANIFEST).unlink()
        seal(folder, name)
        write_golden(folder, load(folder), golden_candidates(), N_GOLDEN)
        (folder / MANIFEST).unlink()
        seal(folder, name)
        return folder

    return make


@pytest.fixture
def serving(variant):
    """A pool with a promoted release "a", and what lets others take over."""
    promote(variant("a", 1.0))
    watch = ReleaseWatch()
    pool = AnalyzerPool([load()], max_waiting=5, deadline_s=20.0)
    pool.start()
    assert pool.wait_until_ready(20)
    yield pool, Takeover(pool, watch)
    pool.stop()


def named(pool: AnalyzerPool) -> str:
    return pool.release.partition("@")[0]


def test_what_runs_ends_with_its_analyzer_and_the_old_one_is_freed(codebook):
    pool = AnalyzerPool([WordAnalyzer(codebook, "old@1")], max_waiting=5, deadline_s=20.0)
    pool.start()
    assert pool.wait_until_ready(20)
    old = weakref.ref(pool.analyzers[0])
    begun, go_on = threading.Event(), threading.Event()

    def slow(analyzer) -> tuple[str, str]:
        before = analyzer.release.label
        begun.set()
        go_on.wait(10)
        return before, analyzer.release.label

    async def swap() -> None:
        running = asyncio.create_task(pool.run(slow))
        await asyncio.to_thread(begun.wait, 10)
        pool.replace([WordAnalyzer(codebook, "new@2")])
        assert pool.release == "new@2"
        assert old() is not None
        go_on.set()
        assert await running == ("old@1", "old@1")
        assert await pool.run(lambda analyzer: analyzer.release.label) == "new@2"

    asyncio.run(swap())
    assert old() is None
    pool.stop()


@pytest.mark.slow
def test_the_application_keeps_nothing_of_the_release_before(codebook):
    app = build_app([WordAnalyzer(codebook, "old@1")], ServeConfig())
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        assert app.state.pool.wait_until_ready(20)
        assert client.post("/v1/analyze", json={"text": TEXT}).json()["provenance"]["release"] == "old@1"
        old = weakref.ref(app.state.pool.analyzers[0])
        app.state.pool.replace([WordAnalyzer(codebook, "new@2")])
        assert client.post("/v1/analyze", json={"text": TEXT}).json()["provenance"]["release"] == "new@2"
        assert "new@2" in client.get("/page/model").json()["parts"]["figures"]
        assert client.get("/health").json()["release"] == "new@2"
        gc.collect()
        assert old() is None


def test_many_runs_of_one_thing_come_from_the_release_it_began_with(codebook):
    pool = AnalyzerPool([WordAnalyzer(codebook, "old@1")], max_waiting=5, deadline_s=20.0)
    pool.start()
    began_with = pool.analyzers
    pool.replace([WordAnalyzer(codebook, "new@2")])

    async def both() -> list[str]:
        return [await pool.run(lambda a: a.release.label, those) for those in (began_with, None)]

    assert asyncio.run(both()) == ["old@1", "new@2"]
    pool.stop()
    with pytest.raises(ValueError, match="cannot take 2"):
        pool.replace([*began_with, *began_with])


@pytest.mark.slow
def test_promoted_releases_take_over_and_a_damaged_one_does_not(serving, variant, caplog):
    pool, takeover = serving
    takeover.look()
    assert named(pool) == "a"
    candidate = variant("b", 0.05)
    folder = promote(candidate)[0].folder
    (folder / GOLDEN_FILE).unlink()
    with caplog.at_level(logging.INFO, "diplotone"):
        for _ in range(3):
            takeover.look()
    assert named(pool) == "a"
    assert len(caplog.records) == 1
    assert "\n" not in caplog.records[0].getMessage()
    assert GOLDEN_FILE in str(takeover.notice)
    assert "goes on answering" in str(takeover.notice)
    promote(candidate)  # mends what is damaged, and leaves the pointer as it is
    takeover.look()
    assert (named(pool), takeover.notice) == ("b", None)
    write_pointer(read_pointer()[:-1])
    takeover.look()
    assert (named(pool), takeover.notice) == ("a", None)


@pytest.mark.slow
def test_the_release_that_answers_stays_on_the_disk_however_many_are_promoted_after_it(serving, variant):
    pool, takeover = serving
    answering = pool.analyzers[0].release
    for name in "bcd":
        (promote(variant(name, 0.05))[0].folder / GOLDEN_FILE).unlink()
        takeover.look()
    assert named(pool) == "a"
    assert answering.folder not in map(promoted_folder, read_pointer())
    assert "test" in answering.metrics()
    promote(variant("e", 0.2))
    takeover.look()
    assert named(pool) == "e"
    gc.collect()
    promote(variant("f", 0.3))
    assert not answering.folder.exists()


@pytest.mark.slow
def test_a_release_that_answers_otherwise_than_it_says_is_not_taken(serving, variant):
    """Whole by its manifest, but promoted on a machine where it answered otherwise."""
    pool, takeover = serving
    folder = variant("b", 0.05)
    shutil.copyfile(current_release() / GOLDEN_FILE, folder / GOLDEN_FILE)
    (folder / MANIFEST).unlink()
    seal(folder, "b")
    shutil.copytree(folder, releases_folder() / "b-0")
    write_pointer((*read_pointer(), "b-0"))
    takeover.look()
    assert named(pool) == "a"
    assert "fails its self-test" in str(takeover.notice)


@pytest.mark.slow
def test_other_labels_ask_for_a_restart(codebook, variant):
    def rename(folder: Path) -> None:
        text = (folder / "codebook.toml").read_text(encoding="utf-8")
        text = text.replace('name = "critical"', 'name = "disapproving"')
        (folder / "codebook.toml").write_text(
            text.replace('label = "critical"', 'label = "disapproving"'), encoding="utf-8"
        )

    watch = ReleaseWatch()
    pool = AnalyzerPool([WordAnalyzer(codebook, "old@1")], max_waiting=5, deadline_s=20.0)
    takeover = Takeover(pool, watch)
    promote(variant("b", 1.0, rename))
    takeover.look()
    assert pool.release == "old@1"
    assert "restart the service" in str(takeover.notice)


# ------------------------------------------------------------------------------- the real service


@contextlib.contextmanager
def service():
    """The service as users start it; yields its URL and the list of what it wrote to its log."""
    command = [sys.executable, "-m", "diplotone.serve", "--port", "0", "--set", "n_analyzers=2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        try:
            assert found
            log: list[str] = []
            yield found[0], log
        finally:
            process.terminate()
            log.append(process.communicate(timeout=20)[1])


def answer_of(analysis: dict) -> str:
    """All but the date."""
    kept = json.loads(json.dumps(analysis))
    kept["provenance"].pop("date")
    return json.dumps(kept, sort_keys=True)


@pytest.mark.slow
def test_two_promotions_under_constant_requests(variant):
    variants = {
        name: variant(name, temperature) for name, temperature in zip("abc", (1.0, 0.2, 0.05), strict=True)
    }
    expected = {name: answer_of(load(folder).analyze(TEXT).as_dict()) for name, folder in variants.items()}
    assert len(set(expected.values())) == 3
    promote(variants["a"])
    answers: list[tuple[int, str]] = []
    over = threading.Event()

    with service() as (url, log):

        def ask() -> None:
            with httpx.Client(base_url=url, timeout=60) as client:
                while not over.is_set():
                    response = client.post("/v1/analyze", json={"text": TEXT})
                    answers.append((response.status_code, response.text))

        def serving(name: str) -> None:
            deadline = time.monotonic() + 30
            while not httpx.get(f"{url}/health").json()["release"].startswith(f"{name}@"):
                assert time.monotonic() < deadline, f"{name} was not taken up"
                time.sleep(0.1)

        def label() -> str:
            asked = httpx.post(
                f"{url}/v1/sentences", json={"annotator": "ada", "texts": [str(time.time_ns())]}
            )
            assert asked.status_code == 201
            given = httpx.post(f"{url}/v1/analyze", json={"text": TEXT}).json()
            row = {
                "text": TEXT,
                "task": "tone",
                "old": given["sentences"][0]["tone"]["label"],
                "new": "neutral",
            }
            body = {"annotator": "ada", "release": given["provenance"]["release"], "labels": [row]}
            return httpx.post(f"{url}/v1/labels", json=body).json()["saved"][0]["release"]

        askers = [threading.Thread(target=ask) for _ in range(3)]
        for asker in askers:
            asker.start()
        seen = [label()]
        for name in "bc":
            subprocess.run(
                [sys.executable, "-m", "diplotone.train", "promote", str(variants[name])],
                check=True,
                capture_output=True,
            )
            serving(name)
            seen.append(label())
        subprocess.run([sys.executable, "-m", "diplotone.train", "rollback"], check=True, capture_output=True)
        serving("b")
        seen.append(label())
        over.set()
        for asker in askers:
            asker.join(30)
        figures = httpx.get(f"{url}/metrics").text

    assert {status for status, _ in answers} == {200}
    found = {answer_of(json.loads(text)) for _, text in answers}
    assert found == set(expected.values()), "an answer is of no single release"
    assert [release.partition("@")[0] for release in seen] == ["a", "b", "c", "b"]
    assert [line for line in figures.splitlines() if line.startswith("diplotone_release{")] == [
        f'diplotone_release{{release="{seen[-1]}"}} 1.0'
    ]
    assert log == [""]
