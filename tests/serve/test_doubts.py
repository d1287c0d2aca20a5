"""Sentences that wait to be labelled come in the order in which the release that answers now is unsure of them."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest
from fastapi.testclient import TestClient

from diplotone.model.analyzer import Prediction
from diplotone.serve import doubts
from diplotone.serve.app import build_app
from diplotone.serve.config import ServeConfig
from diplotone.serve.doubts import renew_doubts
from diplotone.serve.label_types import Doubtful
from diplotone.serve.labels import LabelStore
from diplotone.serve.pool import AnalyzerPool, Busy

from .conftest import WordAnalyzer

FIRST, SECOND = "Quito met Lima about the ferry.", "Accra thanked Lagos for forty sacks."


class Unsure(WordAnalyzer):
    """Is unsure of every sentence that holds a word, and cannot read any that holds "unreadable"."""

    def __init__(self, codebook, label: str, word: str) -> None:
        super().__init__(codebook, label)
        self.word = word

    def predict(self, records):
        return [
            None
            if "unreadable" in record.text
            else Prediction(sentence=self._sentence_of(record), pairs=one.pairs)
            for record, one in zip(records, super().predict(records), strict=True)
        ]

    def _sentence_of(self, record):
        sizes = {task.name: len(task) for task in self.codebook.at("sentence")}
        if self.word in record.text:
            return {name: np.full(n, 1 / n, np.float32) for name, n in sizes.items()}
        return {name: np.eye(n, dtype=np.float32)[0] for name, n in sizes.items()}


@pytest.fixture
def store(own_home, codebook) -> LabelStore:
    """Two sentences as an old release, sure of the first, has left them."""
    store = LabelStore.at_home(codebook)
    waiting = [
        Doubtful(text=text, release="old@1", doubt=doubt) for text, doubt in ((FIRST, 0.1), (SECOND, 0.9))
    ]
    store.queue(waiting, annotator="ada")
    return store


def order(store) -> list[tuple[str, str]]:
    return [(found.text, found.release) for found in store.next_to_label("ada")]


def renewed(store, analyzer, **options) -> int:
    pool = AnalyzerPool([analyzer], **{"max_waiting": 5, "deadline_s": 20.0} | options)
    pool.start()
    assert pool.wait_until_ready(20)
    try:
        return asyncio.run(renew_doubts(store, pool, lambda text: ()))
    finally:
        pool.stop()


def test_another_release_brings_another_order(store, codebook):
    assert order(store) == [(SECOND, "old@1"), (FIRST, "old@1")]
    assert renewed(store, Unsure(codebook, "new@2", "ferry")) == 2
    assert order(store) == [(FIRST, "new@2"), (SECOND, "new@2")]
    assert renewed(store, Unsure(codebook, "new@2", "sacks")) == 0, "it was asked already"


def test_more_than_are_asked_at_once_are_all_asked_and_the_unreadable_come_last(store, codebook, monkeypatch):
    monkeypatch.setattr(doubts, "PART", 3)
    monkeypatch.setattr(doubts, "TOGETHER", 4)
    more = [Doubtful(text=f"Suva met Apia {n} times.", release="old@1", doubt=0.5) for n in range(9)]
    lost = Doubtful(text="An unreadable one.", release="old@1", doubt=1.0)
    store.queue([*more, lost], annotator="ada")
    assert renewed(store, Unsure(codebook, "new@2", "ferry")) == 12
    found = order(store)
    assert {release for _, release in found} == {"new@2"}
    assert (found[0][0], found[-1][0]) == (FIRST, lost.text)
    assert store.next_to_label("ada", limit=50)[0].doubt == pytest.approx(1, abs=1e-6)


def test_a_busy_pool_is_asked_again(store, codebook, monkeypatch):
    monkeypatch.setattr(doubts, "SECONDS_BETWEEN_LOOKS", 0.01)
    genuine, refusals = AnalyzerPool.run, [Busy(5, 1), Busy(5, 1)]

    async def run(self, work, *rest, **options):
        if refusals:
            raise refusals.pop()
        return await genuine(self, work, *rest, **options)

    monkeypatch.setattr(AnalyzerPool, "run", run)
    assert renewed(store, Unsure(codebook, "new@2", "ferry")) == 2
    assert not refusals


def test_sentences_put_up_again_take_the_doubt_of_the_release_that_answers(store):
    again = [Doubtful(text=FIRST, release="new@2", doubt=0.95)]
    assert store.queue(again, annotator="ben") == 0
    assert order(store)[0] == (FIRST, "new@2")
    assert store.queue([Doubtful(text=FIRST, release="new@2", doubt=0.0)], annotator="ben") == 0
    assert order(store)[0] == (FIRST, "new@2"), "one release has one say"


def until(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


@pytest.mark.slow
def test_the_service_asks_at_its_start_and_after_each_takeover(store, codebook):
    app = build_app([Unsure(codebook, "new@2", "ferry")], ServeConfig())
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        assert app.state.pool.wait_until_ready(20)
        until(lambda: order(store) == [(FIRST, "new@2"), (SECOND, "new@2")])
        app.state.pool.replace([Unsure(codebook, "newer@3", "sacks")])
        until(lambda: order(store) == [(SECOND, "newer@3"), (FIRST, "newer@3")])
        asked = client.get("/v1/sentences", params={"annotator": "ada"}).json()["questions"]
        assert [question["text"] for question in asked] == [SECOND, FIRST]
