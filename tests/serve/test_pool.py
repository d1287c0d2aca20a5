"""The queue before the analyzers: bounded, with a deadline, and with one thread to an analyzer."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from diplotone.serve.pool import LONG_CHARS, AnalyzerPool, Busy, TooLate


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Lets blocked work go on; opened at the end in any case."""
    event = threading.Event()
    yield event
    event.set()


def started(analyzers, *, max_waiting=2, deadline_s=5.0, workers=1) -> AnalyzerPool:
    pool = AnalyzerPool(analyzers, max_waiting=max_waiting, deadline_s=deadline_s, workers=workers)
    pool.start()
    assert pool.wait_until_ready(20)
    return pool


def test_work_gets_an_analyzer_and_answers(analyzer):
    pool = started([analyzer])
    assert asyncio.run(pool.run(lambda a: a.release.label)) == pool.release
    pool.stop()


def test_a_fault_goes_to_who_asked_and_the_thread_goes_on(analyzer):
    pool = started([analyzer])
    with pytest.raises(ZeroDivisionError):
        asyncio.run(pool.run(lambda _: 1 // 0))
    assert asyncio.run(pool.run(lambda _: 1)) == 1
    pool.stop()


def test_an_analyzer_is_used_by_one_thread_only(analyzer):
    pool = started([analyzer], max_waiting=50)
    seen: set[str] = set()

    async def many() -> None:
        await asyncio.gather(
            *(pool.run(lambda _: seen.add(threading.current_thread().name)) for _ in range(40))
        )

    asyncio.run(many())
    assert seen == {"analyzer-0"}
    pool.stop()


def test_so_many_workers_so_many_jobs_at_once(analyzer):
    pool = started([analyzer], max_waiting=50, workers=4)
    together = threading.Barrier(4)

    async def four() -> None:
        await asyncio.gather(*(pool.run(lambda _: together.wait(10)) for _ in range(4)))

    asyncio.run(four())
    threads = list(pool._threads)
    pool.stop()
    assert len(threads) == 4
    assert not any(thread.is_alive() for thread in threads)


def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(analyzer, gate):
    pool = started([analyzer], max_waiting=1)

    async def crowd() -> None:
        running = asyncio.create_task(pool.run(lambda _: gate.wait(10)))
        await asyncio.sleep(0.1)
        waiting = asyncio.create_task(pool.run(lambda _: None))
        await asyncio.sleep(0.1)
        with pytest.raises(Busy) as caught:
            await pool.run(lambda _: None)
        assert caught.value.retry_after_s >= 1
        gate.set()
        await running
        await waiting

    asyncio.run(crowd())
    pool.stop()


def test_what_cannot_begin_in_time_is_never_run(analyzer, gate):
    pool = started([analyzer], max_waiting=5, deadline_s=0.2)
    ran: list[int] = []

    async def late() -> None:
        blocker = asyncio.create_task(pool.run(lambda _: gate.wait(10)))
        await asyncio.sleep(0.05)
        with pytest.raises(TooLate, match=r"0\.2 seconds"):
            await pool.run(lambda _: ran.append(1))
        with pytest.raises(TooLate):
            await blocker
        gate.set()
        await asyncio.sleep(0.2)

    asyncio.run(late())
    assert ran == []
    pool.stop()


def test_a_pool_that_cannot_warm_up_never_becomes_ready(analyzer, monkeypatch):
    monkeypatch.setattr(analyzer, "analyze", lambda _: 1 // 0)
    pool = AnalyzerPool([analyzer], max_waiting=1, deadline_s=1)
    pool.start()
    assert not pool.wait_until_ready(0.3)
    pool.stop()


def test_who_can_wait_may_be_given_longer_than_the_others(analyzer):
    pool = started([analyzer], max_waiting=5, deadline_s=0.2)
    assert asyncio.run(pool.run(lambda _: time.sleep(0.5) or "done", deadline_s=20)) == "done"
    pool.stop()


@pytest.mark.parametrize("long", [{"chars": LONG_CHARS}, {"deadline_s": 3_600.0}])
def test_a_short_text_begins_at_once_beside_as_many_long_ones_as_there_are_workers(analyzer, gate, long):
    """Long are texts, and what can wait longer than others may, as the turns of an archive can."""
    pool = started([analyzer], max_waiting=50, workers=4)
    begun: list[int] = []

    async def crowd() -> None:
        async def at_length(number: int) -> None:
            await pool.run(lambda _: begun.append(number) or gate.wait(20), **long)

        crowded = [asyncio.create_task(at_length(n)) for n in range(4)]
        await asyncio.sleep(0.3)
        assert sorted(begun) == [0, 1, 2]
        for n in range(5):
            assert await asyncio.wait_for(pool.run(lambda _, n=n: n, chars=LONG_CHARS - 1), 2) == n
        assert sorted(begun) == [0, 1, 2]  # the place of the short ones was not taken meanwhile
        gate.set()
        await asyncio.gather(*crowded)

    asyncio.run(crowd())
    assert sorted(begun) == [0, 1, 2, 3]
    pool.stop()


def test_short_and_long_texts_begin_in_the_order_in_which_they_came(analyzer, gate):
    pool = started([analyzer], max_waiting=50, workers=2)
    begun: list[str] = []

    async def crowd() -> None:
        blockers = [asyncio.create_task(pool.run(lambda _: gate.wait(10), chars=n)) for n in (LONG_CHARS, 1)]
        await asyncio.sleep(0.1)
        waiting = [
            asyncio.create_task(
                pool.run(lambda _, name=name: (begun.append(name), time.sleep(0.05)), chars=chars)
            )
            for name, chars in (("long", LONG_CHARS), ("first", 1), ("second", 1), ("third", 1))
        ]
        await asyncio.sleep(0.1)
        gate.set()
        await asyncio.gather(*blockers, *waiting)

    asyncio.run(crowd())
    assert begun.index("long") <= 2  # a crowd of short ones does not keep it waiting either
    assert begun.index("first") < begun.index("third")
    pool.stop()


class Text:
    """Something that a job holds."""


def test_nothing_of_a_job_stays_with_a_worker_that_passed_it_over(analyzer, gate):
    """The one for short texts has looked at the long job, and waits for others."""
    pool = started([analyzer], workers=2)

    async def a_long_one() -> weakref.ref[Text]:
        text = Text()
        blocker = asyncio.create_task(pool.run(lambda _: gate.wait(10), chars=LONG_CHARS))
        passed_over = asyncio.create_task(pool.run(lambda _, text=text: None, chars=LONG_CHARS))
        await asyncio.sleep(0.1)
        gate.set()
        await asyncio.gather(blocker, passed_over)
        return weakref.ref(text)

    held = asyncio.run(a_long_one())
    give_up = time.monotonic() + 10
    while held() is not None and time.monotonic() < give_up:
        gc.collect()
        time.sleep(0.02)
    assert held() is None
    pool.stop()


def test_one_worker_alone_takes_all_there_is(analyzer):
    pool = started([analyzer], workers=1)
    assert asyncio.run(pool.run(lambda _: "done", chars=10 * LONG_CHARS)) == "done"
    pool.stop()


def test_a_pool_that_stops_drops_what_waits_and_ends_its_threads(analyzer, gate):
    pool = started([analyzer], max_waiting=50, workers=3)
    ran: list[int] = []

    async def crowd() -> None:
        running = [asyncio.create_task(pool.run(lambda _: gate.wait(10))) for _ in range(3)]
        await asyncio.sleep(0.1)
        waiting = asyncio.create_task(pool.run(lambda _: ran.append(1)))
        await asyncio.sleep(0.1)
        threading.Timer(0.2, gate.set).start()
        await asyncio.to_thread(pool.stop)
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.gather(*running)

    asyncio.run(crowd())
    assert ran == []
    assert pool.n_waiting == 0
