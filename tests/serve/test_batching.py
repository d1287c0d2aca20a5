"""Many threads at one network: each gets its own answers, in rounds that are bounded and shared."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from diplotone.model.encoding import Batch
from diplotone.model.engine import Logits
from diplotone.serve.batching import SharedEngine


def a_batch(first: int, n: int, width: int, slots: int = 1) -> Batch:
    """Sentences numbered from `first`; the number is the first token, and that of a pair stands in its spans."""
    numbers = np.arange(first, first + n)
    ids = np.zeros((n, width), np.int64)
    ids[:, 0] = numbers
    spans = np.zeros((n, slots, width), np.float32)
    spans[:, :, 0] = numbers[:, None] * 100 + np.arange(1, slots + 1)
    return Batch(ids, np.ones_like(ids), spans, spans)


class CountingEngine:
    """Answers with the numbers that it was given; not to be used by two threads at once."""

    name = "counting"
    precision = "f32"

    def __init__(self, seconds: float = 0.0) -> None:
        self.rounds: list[tuple[int, int]] = []
        self._seconds = seconds
        self._in_use = threading.Lock()

    def run(self, batch: Batch) -> Logits:
        return self.run_and_embed(batch)[0]

    def run_and_embed(self, batch: Batch):
        assert self._in_use.acquire(blocking=False), "two threads at once"
        try:
            time.sleep(self._seconds)
            self.rounds.append(batch.input_ids.shape)
            if (batch.input_ids[:, 0] < 0).any():
                raise RuntimeError("a fault in the network")
            numbers = batch.input_ids[:, :1].astype(np.float32)
            return {"tone": numbers, "act": batch.target[:, :, :1]}, numbers * 2
        finally:
            self._in_use.release()


def test_each_thread_gets_its_own_answers_whatever_shares_a_round():
    inner = CountingEngine(seconds=0.002)
    engine = SharedEngine(inner, tokens=64)
    wanted = [a_batch(1_000 * k, 1 + k % 7, 8 * (1 + k % 3), 1 + k % 4) for k in range(60)]
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(engine.run_and_embed, wanted))
    for batch, (logits, embeddings) in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(logits["tone"], batch.input_ids[:, :1])
        np.testing.assert_array_equal(logits["act"], batch.target[:, :, :1])
        np.testing.assert_array_equal(embeddings, batch.input_ids[:, :1] * 2)
    alone = sum(-(-len(batch.input_ids) // (64 // batch.input_ids.shape[1])) for batch in wanted)
    assert len(inner.rounds) < alone  # some went together
    assert all(n * width <= 64 for n, width in inner.rounds)


def test_one_sentence_is_a_round_however_long():
    engine = SharedEngine(inner := CountingEngine(), tokens=64)
    engine.run(a_batch(0, 3, 256))
    assert inner.rounds == [(1, 256)] * 3


def test_a_short_text_does_not_wait_for_the_end_of_a_long_one():
    inner = CountingEngine(seconds=0.005)
    engine = SharedEngine(inner, tokens=64)
    done: list[str] = []

    def ask(name: str, batch: Batch) -> None:
        engine.run(batch)
        done.append(name)

    long = threading.Thread(target=ask, args=("long", a_batch(0, 800, 8)))
    long.start()
    while not inner.rounds:
        time.sleep(0.001)
    shorts = [
        threading.Thread(target=ask, args=("short", a_batch(10_000 + k, 2, 8 * (1 + k % 2))))
        for k in range(6)
    ]
    for thread in shorts:
        thread.start()
    for thread in [*shorts, long]:
        thread.join(30)
    assert done == ["short"] * 6 + ["long"]


def test_a_fault_goes_to_those_of_its_round_only_and_the_next_goes_on():
    engine = SharedEngine(CountingEngine())
    with pytest.raises(RuntimeError, match="a fault in the network"):
        engine.run(a_batch(-5, 1, 8))
    assert engine.run(a_batch(7, 1, 8))["tone"][0, 0] == 7


def test_one_analyzer_shared_by_threads_says_what_it_says_alone(tiny_release):
    from diplotone.model.analyzer import load
    from diplotone.serve.batching import shareable

    texts = [f"Quito accused Lima of theft {n} times. " + "Oslo thanked Riga. " * (n % 3) for n in range(12)]
    alone = load(tiny_release)
    expected = [alone.analyze(text).as_dict() for text in texts]
    shared = shareable(load(tiny_release))
    with ThreadPoolExecutor(6) as threads:
        found = [analysis.as_dict() for analysis in threads.map(shared.analyze, texts)]
    for ours, theirs in zip(found, expected, strict=True):
        for one, other in zip(ours["sentences"], theirs["sentences"], strict=True):
            for task in ("sentiment", "tone"):
                assert one[task]["label"] == other[task]["label"]
                np.testing.assert_allclose(
                    list(one[task]["probabilities"].values()),
                    list(other[task]["probabilities"].values()),
                    atol=1e-4,
                )
