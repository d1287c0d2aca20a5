"""Shards by several processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing.connection import Connection

from ..errors import RecordError
from .scorer import Job, ShardScorer, Task, Tell
from .shards import Done

SECONDS_BETWEEN_LOOKS = 0.5
"""How often it is looked whether workers have told of rows."""

_scorer: ShardScorer | None = None
"""Of a worker process: made at its first task."""

_told: Connection | None = None
"""Of a worker process: where it tells of rows."""


def score_locally(job: Job, tasks: Iterator[Task], workers: int, tell: Tell) -> Generator[Done, None, None]:
    """Score slices and yield each shard when it is whole, in any order.

    Args:
        job: What to score them with.
        tasks: Slices, read as they are needed; a single one is scored in this process.
        workers: Processes.
        tell: Is told of rows as they are done, long before their shard is whole.

    Raises:
        RecordError: A shard cannot be made, or a process died.
    """
    first = list(islice(tasks, 2))
    if len(first) < 2 or workers == 1:
        scorer = ShardScorer(job, tell) if first else None
        for task in chain(first, tasks):
            assert scorer is not None
            yield scorer(task)
        return
    yield from _by_workers(job, chain(first, tasks), workers, tell)


def _by_workers(job: Job, tasks: Iterator[Task], workers: int, tell: Tell) -> Generator[Done, None, None]:
    # Not forked: threads of this process would not come along, and their locks would stay shut.
    spawn = multiprocessing.get_context("spawn")
    # A pipe and no queue: what is told is so short that it is written in one piece, without a lock that a worker could
    # take to its grave.
    heard, told = spawn.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin_worker, initargs=(told,))
    under_way: set[Future[Done]] = set()
    try:
        while True:
            # One more than there are workers, so that none waits; no more, so that little is read ahead.
            for task in islice(tasks, workers + 1 - len(under_way)):
                under_way.add(pool.submit(_score, job, task))
            if not under_way:
                break
            finished, under_way = wait(under_way, SECONDS_BETWEEN_LOOKS, return_when=FIRST_COMPLETED)
            _hear(heard, tell)
            for future in finished:
                yield future.result()
    except BaseException as error:
        _end_at_once(pool)
        if isinstance(error, BrokenProcessPool):
            raise RecordError(
                "a worker process died, perhaps for want of memory; run the same command to go on, with fewer"
                " --workers"
            ) from error
        raise
    finally:
        heard.close()
        told.close()
    pool.shutdown()


def _hear(heard: Connection, tell: Tell) -> None:
    while heard.poll():
        tell(int.from_bytes(heard.recv_bytes()))


def _end_at_once(pool: ProcessPoolExecutor) -> None:
    """Let no worker finish its shard, which may take long; what it has half done is made anew."""
    processes = list((pool._processes or {}).values())  # Python 3.14 has terminate_workers() for this
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


def _begin_worker(told: Connection) -> None:
    """Set a worker up: one thread for the tokenizer too, deaf to Ctrl-C, and gone when its parent is."""
    global _told
    _told = told
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _score(job: Job, task: Task) -> Done:
    global _scorer
    _scorer = _scorer or ShardScorer(job, _tell)
    return _scorer(task)


def _tell(rows: int) -> None:
    if _told is not None:
        _told.send_bytes(rows.to_bytes(8))
