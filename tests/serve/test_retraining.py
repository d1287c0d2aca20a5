"""Retrainings as processes of their own: started, waited for, cancelled, killed, outliving who started them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from fastapi.testclient import TestClient

from diplotone.model.errors import MissingExtra
from diplotone.model.release import open_release, releases_folder, write_pointer
from diplotone.serve.app import build_app
from diplotone.serve.config import ServeConfig
from diplotone.serve.label_files import as_jsonl, export_records, import_file
from diplotone.serve.labels import LabelStore
from diplotone.serve.processes import Process
from diplotone.serve.retraining import (
    HELD_OUT,
    RetrainError,
    RetrainingBusy,
    RetrainingClosed,
    Retrainings,
)
from diplotone.train.releases import promote
from diplotone.train.retrain import RetrainConfig, prepare
from diplotone.train.splits import SHARES

QUICK = """epochs = 0.5
replay = 40
heads_only_below = 0
[gates]
calibration_rise = 1.0
"""
ENDLESS = """epochs = 100_000.0
replay = 40
"""


def labels(n: int) -> bytes:
    tones = ("hostile", "critical", "neutral", "cooperative", "conciliatory")
    rows = [
        "text,tone",
        *(f"Oslo sent Riga the heron and the walnut number {k}.,{tones[k % 5]}" for k in range(n)),
    ]
    return "\n".join(rows).encode()


@pytest.fixture
def store(codebook) -> Iterator[LabelStore]:
    """Twelve labels; what was started with them is ended with the test."""
    store = LabelStore.at_home(codebook)
    import_file(store, "labels.csv", labels(12), annotator="ada")
    yield store
    for one in Retrainings(store).all():
        Retrainings(store).cancel(one.id)


@pytest.fixture
def recipe(tmp_path):
    """Writes settings to a file and returns its name."""

    def write(text: str) -> str:
        path = tmp_path / "recipe.toml"
        path.write_text(text)
        return str(path)

    return write


@pytest.fixture
def retrainings(tiny_release, store, recipe) -> Retrainings:
    """Retrainings of the tiny network that do not end by themselves."""
    promote(tiny_release)
    return Retrainings(store, recipe=recipe(ENDLESS))


def until(condition, seconds: float = 1_800.0):
    """What a condition returns once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
    return found


def test_few_labels_are_told_of_before_anything_starts(store, codebook):
    plan = Retrainings(store).plan()
    assert (plan.sentences, plan.left_out, plan.problem) == (12, 0, None)
    assert "only the last layer is trained" in plan.notes[0]
    assert "undecided" in plan.notes[1]
    import_file(store, "labels.csv", labels(60), annotator="ada")
    import_file(store, "other.csv", labels(60).replace(b"hostile", b"critical"), annotator="ben")
    plan = Retrainings(store).plan()
    assert (plan.sentences, plan.left_out, plan.held_out) == (48, 12, 10)


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (19, ["Fewer than 40 sentences to learn from are few", "With fewer than 20 none can be held out"]),
        (20, ["Fewer than 40 sentences to learn from are few"]),
        (43, ["Fewer than 40 sentences to learn from are few"]),
        (48, ["Should fewer than 40 be left to learn from"]),
        (60, []),
    ],
)
def test_few_are_counted_without_those_that_are_held_out(codebook, n, said):
    store = LabelStore.at_home(codebook)
    import_file(store, "labels.csv", labels(n), annotator="ada")
    notes = Retrainings(store).plan().notes
    assert len(notes) == len(said)
    assert all(note.startswith(words) for note, words in zip(notes, said, strict=True))


def test_as_many_are_held_out_as_the_training_deals_out():
    assert abs(HELD_OUT - (1 - SHARES["train"])) < 1e-9


@pytest.fixture
def in_use(own_home, other_codebook):
    """Puts a folder into use that has a codebook and nothing else."""

    def put(toml: str | None) -> None:
        folder = own_home / "releases" / "other-1"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if toml is not None:
            (folder / "codebook.toml").write_text(toml, encoding="utf-8")
        write_pointer(["shipped", "other-1"])

    return put


def test_labels_that_the_release_in_use_does_not_have_are_left_out_and_told(store, in_use, other_codebook):
    """It may have come with another codebook than the service was started with."""
    in_use(other_codebook.toml)
    plan = Retrainings(store).plan()
    assert (plan.sentences, plan.left_out, plan.unknown) == (9, 0, 3)
    in_use(other_codebook.toml.replace('"neutral"', '"none"'))
    assert Retrainings(store).plan().unknown == 5
    in_use(None)
    plan = Retrainings(store).plan()
    assert (plan.sentences, plan.unknown) == (12, 0), "a damaged release is told of by whatever opens it"


def test_what_is_handed_over_is_read_under_the_codebook_in_use(store, other_codebook, tiny_release, tmp_path):
    labels = tmp_path / "labels.jsonl"
    labels.write_text(as_jsonl(export_records(store, codebook=other_codebook).records), encoding="utf-8")
    plan = prepare(open_release(tiny_release), other_codebook, [labels], RetrainConfig(repeat=1))
    learnt = [record.tone for record in plan.corpus.split("train") if "heron and the walnut" in record.text]
    assert Counter(learnt) == {"hostile": 3, "neutral": 2, "cooperative": 2, "conciliatory": 2}


def test_a_store_without_any_label_of_the_codebook_says_so(codebook, in_use, other_codebook):
    store = LabelStore.at_home(codebook)
    import_file(store, "a.jsonl", b'{"text": "Suva met Apia.", "tone": "critical"}', annotator="ada")
    in_use(other_codebook.toml)
    assert "has none of the labels given (1)" in str(Retrainings(store).plan().problem)
    with pytest.raises(RetrainError, match="label some sentences with those that it has"):
        Retrainings(store).start()


def test_what_cannot_start_says_why_and_leaves_nothing(codebook, own_home, monkeypatch):
    empty = Retrainings(LabelStore.at_home(codebook))
    with pytest.raises(RetrainError, match="there are no labels yet"):
        empty.start()
    assert empty.plan().problem
    with pytest.raises(RetrainingClosed, match="switched off"):
        Retrainings(LabelStore.at_home(codebook), allowed=False).start()
    monkeypatch.setattr("diplotone.serve.retraining.NEEDED", ("torch_of_tomorrow",))
    with pytest.raises(MissingExtra, match=r"run pip install 'diplotone\[train\]'"):
        empty.start()
    assert not list(own_home.iterdir())


def test_a_home_that_cannot_be_written_is_told_in_one_line(store, own_home, monkeypatch):
    (own_home / "retraining").write_text("a file where the folder should be")
    with pytest.raises(RetrainError) as caught:
        Retrainings(store).start()
    assert "no retraining was started; make room there" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(store, own_home):
    import_file(store, "labels.csv", labels(600), annotator="ada")
    code = (
        "import resource; from diplotone.model.codebook import Codebook;"
        "from diplotone.serve.labels import LabelStore; from diplotone.serve.retraining import *;"
        "found = Retrainings(LabelStore.at_home(Codebook.load())); found.plan();"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000));\n"
        "try: found.start()\n"
        "except RetrainError as error: print(error)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.count("\n") == 1
    assert "File too large; no retraining was started; make room there" in shown
    assert [path.name for path in (own_home / "retraining").iterdir()] == [".lock"]


def test_the_interface_refuses_in_words(analyzer, store, monkeypatch):
    with TestClient(build_app([analyzer], ServeConfig()), base_url="http://127.0.0.1:7860") as client:
        answer = client.get("/v1/retrain").json()
        assert (answer["sentences"], answer["problem"], answer["retrainings"]) == (12, None, [])
        for method, path in (
            ("GET", "20260301-093000-041592"),
            ("DELETE", "..%2f..%2fx"),
            ("GET", "nothing"),
        ):
            assert client.request(method, f"/v1/retrain/{path}").status_code == 404
        for candidate in ("../../etc", "/etc", "nothing", "", "20260301-093000-041592"):
            refused = client.post("/v1/releases/promote", json={"candidate": candidate})
            assert refused.status_code == 400
            assert "there is no such release" in refused.json()["error"]
        monkeypatch.setattr("diplotone.serve.retraining.NEEDED", ("torch_of_tomorrow",))
        refused = client.post("/v1/retrain")
        assert refused.status_code == 501
        assert "pip install 'diplotone[train]'" in refused.json()["error"]
        assert "pip install" in client.get("/v1/retrain").json()["problem"]
    closed = ServeConfig(retraining=False)
    with TestClient(build_app([analyzer], closed), base_url="http://127.0.0.1:7860") as client:
        for path in ("retrain", "releases/rollback"):
            assert client.post(f"/v1/{path}").status_code == 403
        assert client.get("/v1/releases").status_code == 200
    assert not releases_folder().exists()


# ---------------------------------------------------------------------------- with real processes


@pytest.mark.slow
def test_one_trains_one_waits_and_a_third_is_refused(retrainings, store):
    first = retrainings.start()
    until(lambda: retrainings.get(first.id).state == "running")
    second = retrainings.start()
    with pytest.raises(RetrainingBusy, match="one retraining runs and another waits"):
        retrainings.start()
    elsewhere = Retrainings(store)  # another service with the same home
    with pytest.raises(RetrainingBusy):
        elsewhere.start()
    assert [one.id for one in elsewhere.all()] == [second.id, first.id]
    until(lambda: elsewhere.get(first.id).steps)
    assert elsewhere.get(second.id).state == "waiting"
    process = Process.read(first.folder / "process.json")
    assert process is not None
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    assert os.getpriority(os.PRIO_PROCESS, process.pid) >= 10
    assert elsewhere.cancel(first.id).state == "cancelled"
    assert not process.is_alive()
    assert not first.run.exists()
    until(lambda: retrainings.get(second.id).state == "running")
    assert retrainings.cancel(second.id).state == "cancelled"
    assert retrainings.cancel(second.id).state == "cancelled"


@pytest.mark.slow
def test_texts_that_differ_in_case_alone_and_are_labelled_differently_do_not_stop_it(retrainings, store):
    for text, tone in ((b"Suva met Apia.", b"neutral"), (b"SUVA met Apia.", b"hostile")):
        import_file(store, "more.csv", b"text,tone\n" + text + b"," + tone, annotator="ada")
    started = retrainings.start()
    assert (started.sentences, started.left_out) == (12, 1)
    until(lambda: retrainings.get(started.id).steps)  # it has read the labels
    until(lambda: retrainings.get(started.id).phase == "training")


@pytest.mark.slow
def test_one_that_is_killed_is_told_of_and_makes_room(retrainings):
    first = retrainings.start()
    until(lambda: retrainings.get(first.id).steps)
    waiting = retrainings.start()
    process = Process.read(first.folder / "process.json")
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    failed = until(lambda: (one := retrainings.get(first.id)).state == "failed" and one)
    assert "ended from outside while it was training" in failed.problem
    until(lambda: retrainings.get(waiting.id).state == "running")


@pytest.mark.slow
def test_a_mistake_is_told_in_the_words_of_the_training(tiny_release, store, recipe):
    promote(tiny_release)
    retrainings = Retrainings(store, recipe=recipe("epochs = -1.0"))
    started = retrainings.start()
    failed = until(lambda: (one := retrainings.get(started.id)).state == "failed" and one)
    assert failed.problem == "epochs is -1.0; it must be above 0"


@contextlib.contextmanager
def service(recipe: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    command = [sys.executable, "-m", "diplotone.serve", "--port", "0", "--set", f"retrain_recipe={recipe}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        try:
            assert found
            with httpx.Client(base_url=found[0], timeout=120) as client:
                yield process, client
        finally:
            process.kill()


@pytest.mark.slow
def test_a_retraining_outlives_the_page_and_its_release_is_used_and_left_again(tiny_release, store, recipe):
    """From the first request to the rollback, the page killed in the middle, all over HTTP."""
    promote(tiny_release)
    with service(recipe(QUICK)) as (process, client):
        started = client.post("/v1/retrain")
        assert started.status_code == 202
        name = started.json()["id"]
        until(lambda: client.get(f"/v1/retrain/{name}").json()["state"] == "running")
        process.kill()
        process.wait()
    with service(recipe(QUICK)) as (_, client):
        before = client.get("/health").json()["release"]
        seen = client.get("/v1/retrain").json()["retrainings"]
        assert [(one["id"], one["state"]) for one in seen] == [(name, "running")]
        phases = set()

        def over():
            found = client.get(f"/v1/retrain/{name}").json()
            phases.add(found["phase"])
            return found["state"] not in ("running", "waiting") and found

        ended = until(over)
        assert ended["state"] == "ended", ended["problem"]
        assert {"judging", "ended"} <= phases
        assert ended["outcome"] in ("promote", "refuse", "undecided")
        assert ended["reasons"]
        assert ended["verdict"]["test"]["tasks"]["tone"]["classes"]["hostile"]["n"] > 0
        assert ended["verdict"]["difference"]["n_sentences"] == 12
        assert client.get("/health").json()["release"] == before
        done = client.post("/v1/releases/promote", json={"candidate": name, "anyway": True})
        assert done.status_code == 200, done.text
        until(lambda: client.get("/health").json()["release"].startswith("tiny-r1@"))
        listed = client.get("/v1/releases").json()["releases"]
        assert [one["label"].partition("@")[0] for one in listed if one["is_current"]] == ["tiny-r1"]
        assert client.post("/v1/releases/rollback").status_code == 200
        until(lambda: client.get("/health").json()["release"] == before)
