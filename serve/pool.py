"""Analyzers behind a bounded queue, each with threads of its own.

One inference fills the cores already: so the page and the HTTP interface hand their work to this pool and wait. What
cannot start before its deadline is dropped unrun; what finds the queue full is refused at once, which is kinder than a
wait without end.

Jobs begin in the order in which they come, but one worker of each analyzer leaves the long ones to the others: however
many long texts and archives are at work, a short text begins at once.

Another release takes over between two jobs: each job is done from its beginning to its end by one analyzer.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ..model.errors import DiplotoneError
from ..model.release_use import hold

if TYPE_CHECKING:
    from ..model.analyzer import Analyzer

Result = TypeVar("Result")
Work = Callable[["Analyzer"], Result]

WARM_UP = "The two ministers met in Suva on Monday. Fiji thanked Tonga for its help. Talks go on in May."
"""Read once by each analyzer before it takes requests: the first inference compiles and allocates."""

LONG_CHARS = 8_000
"""Characters from which on a text is a long one: some sixty sentences, a quarter of a second on two cores."""

SECONDS_TO_FINISH = 5.0
"""What a running job gets when the service stops; the threads die with the process anyway."""

logger = logging.getLogger(__name__)


class Busy(DiplotoneError):
    """Too many requests wait already."""

    def __init__(self, n_waiting: int, retry_after_s: int) -> None:
        super().__init__(
            f"{n_waiting} requests are waiting already; try again in {retry_after_s} seconds"
            if retry_after_s > 1
            else f"{n_waiting} requests are waiting already; try again in a second"
        )
        self.retry_after_s = retry_after_s


class TooLate(DiplotoneError):
    """A request was not done before its deadline."""

    def __init__(self, deadline_s: float, retry_after_s: int) -> None:
        super().__init__(
            f"the request was not done within {deadline_s:g} seconds; try again later or with less text"
        )
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    deadline_s: float
    expires: float
    """On the monotonic clock, in seconds."""
    analyzers: tuple[Analyzer, ...] | None
    """Whose it is; None: of those that answer when it begins."""
    is_long: bool
    future: Future[Any] = field(default_factory=Future)


class AnalyzerPool:
    """Runs work on whichever analyzer is free.

    Args:
        analyzers: One or more, all with the same release; the pool owns them from now on.
        max_waiting: Jobs that may wait.
        deadline_s: Seconds that a job may take, waiting included.
        workers: Threads to an analyzer, the last of several for short jobs alone. For more than one it must be
            `shareable` (see `batching`).
    """

    def __init__(
        self, analyzers: Sequence[Analyzer], *, max_waiting: int, deadline_s: float, workers: int = 1
    ) -> None:
        if not analyzers:
            raise ValueError("a pool needs at least one analyzer")
        self._analyzers = _held(analyzers)
        self._deadline_s = deadline_s
        self._workers = workers
        self._max_waiting = max_waiting
        self._waiting: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._stopped = False
        self._threads: list[threading.Thread] = []
        self._warm = [threading.Event() for _ in self._analyzers]
        self._seconds_per_job = 0.1  # a first guess, soon replaced by what is measured

    @property
    def analyzers(self) -> tuple[Analyzer, ...]:
        """Those that answer now, one to a thread."""
        return self._analyzers

    @property
    def release(self) -> str:
        """Label of the release that answers."""
        return self._analyzers[0].release.label

    @property
    def codebook_version(self) -> str:
        """Version of the codebook that answers."""
        return self._analyzers[0].codebook.version

    @property
    def ready(self) -> bool:
        """Whether every analyzer has been warmed up."""
        return all(event.is_set() for event in self._warm)

    @property
    def n_waiting(self) -> int:
        """Jobs that wait for an analyzer."""
        return len(self._waiting)

    def start(self) -> None:
        """Start the threads; the first of each analyzer warms it up before there are others."""
        for number in range(len(self._analyzers)):
            self._start(self._warm_up, number, name=f"analyzer-{number}")

    def _start(self, target: Callable[..., None], *arguments: Any, name: str) -> None:
        thread = threading.Thread(target=target, args=arguments, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def wait_until_ready(self, timeout_s: float) -> bool:
        """Return whether the pool became ready in time."""
        return all(event.wait(timeout_s) for event in self._warm)

    def stop(self) -> None:
        """Drop what waits, give what runs a moment to finish, and end the threads."""
        with self._changed:
            self._stopped = True
            for job in self._waiting:
                job.future.cancel()
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=SECONDS_TO_FINISH)
        self._threads.clear()

    def replace(self, analyzers: Sequence[Analyzer]) -> None:
        """Let others answer from now on, in one step.

        What runs ends with the analyzer that it began with; the old ones are freed with the last job that needs them.

        Args:
            analyzers: As many as there were, with one release, and warmed up.
        """
        if len(analyzers) != len(self._analyzers):
            raise ValueError(f"a pool of {len(self._analyzers)} analyzers cannot take {len(analyzers)}")
        self._analyzers = _held(analyzers)

    async def run(
        self,
        work: Work[Result],
        analyzers: tuple[Analyzer, ...] | None = None,
        *,
        chars: int = 0,
        deadline_s: float | None = None,
    ) -> Result:
        """Return what `work` makes of an analyzer.

        Args:
            work: Called with the analyzer, in its thread.
            analyzers: Those that answered (`analyzers`) when something began that takes many runs, so that all of it
                comes from one release; None takes those that answer now.
            chars: Characters to be read; from `LONG_CHARS` on it is a long job.
            deadline_s: Seconds that it may take, waiting included; None takes the pool's. Who has longer than that has
                a long job.

        Raises:
            Busy: The queue is full.
            TooLate: The deadline passed; a job that had not begun is never run.
        """
        deadline_s = self._deadline_s if deadline_s is None else deadline_s
        is_long = chars >= LONG_CHARS or deadline_s > self._deadline_s
        job = _Job(work, deadline_s, time.monotonic() + deadline_s, analyzers, is_long)
        with self._changed:
            if len(self._waiting) >= self._max_waiting:
                raise Busy(len(self._waiting), self._retry_after_s())
            self._waiting.append(job)
            self._changed.notify_all()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(job.future), deadline_s)
        except TimeoutError:
            raise TooLate(deadline_s, self._retry_after_s()) from None

    def _retry_after_s(self) -> int:
        seconds = len(self._waiting) * self._seconds_per_job / max(1, len(self._threads))
        return max(1, min(round(seconds), round(self._deadline_s)))

    def _warm_up(self, number: int) -> None:
        try:
            self._analyzers[number].analyze(WARM_UP)
        except Exception:  # not ready it stays, which /health reports; the reason is in the log
            logger.exception("the analyzer failed at its first text")
            return
        for worker in range(1, self._workers):
            only_short = worker == self._workers - 1
            self._start(self._serve, number, only_short, name=f"analyzer-{number}-{worker}")
        self._warm[number].set()
        self._serve(number, only_short=False)

    def _serve(self, number: int, only_short: bool) -> None:
        while (job := self._next(only_short)) is not None:
            if job.future.set_running_or_notify_cancel():
                self._do(job, number)
            del job  # else it would keep its analyzer and its answer alive until the next one comes

    def _next(self, only_short: bool) -> _Job | None:
        """The first job that a worker may take, once there is one; None when the pool has stopped."""
        with self._changed:
            while not self._stopped:
                # Not by a loop here, whose name would keep a job that is passed over alive while this one waits.
                place = next((n for n, j in enumerate(self._waiting) if not (only_short and j.is_long)), None)
                if place is not None:
                    job = self._waiting[place]
                    del self._waiting[place]
                    return job
                self._changed.wait()
        return None

    def _do(self, job: _Job, number: int) -> None:
        begun = time.monotonic()
        if begun >= job.expires:
            job.future.set_exception(TooLate(job.deadline_s, self._retry_after_s()))
            return
        try:
            job.future.set_result(job.work((job.analyzers or self._analyzers)[number]))
        except BaseException as error:  # whatever it is belongs to whoever asked; the thread goes on
            job.future.set_exception(error)
        took = time.monotonic() - begun
        self._seconds_per_job += 0.1 * (took - self._seconds_per_job)


def _held(analyzers: Sequence[Analyzer]) -> tuple[Analyzer, ...]:
    """The analyzers, whose releases no promotion removes while they live: figures and card are read when asked for."""
    for analyzer in analyzers:
        hold(analyzer, analyzer.release.folder)
    return tuple(analyzers)
