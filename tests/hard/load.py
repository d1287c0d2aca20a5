"""Load on the service: a ramp, a spike and a soak, by clients that would notice a stranger's answer.

Every client sends sentences with a marker of its own and looks whether the answer is about them. Refusals with 429 and
Retry-After are in order, anything else than an answer is not.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from .figures import Figure
from .service import Service, serving

CLIENTS = 200
OF_CAPACITY = 0.7
MAX_WAITING = 64
TIMEOUT_S = 90.0
WARM_UP = 0.25
"""Of the soak; its memory is not counted."""

SLOPE_FROM_S = 600.0
"""A shorter soak tells its slope and promises none: a few megabytes either way look steep over a minute."""

MOST_MB_PER_HOUR = 5.0


@dataclass(slots=True)
class Tally:
    """What the clients saw."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    """Of the requests that were answered."""
    mixed: int = 0
    """Answers about somebody else's text."""
    hasty: int = 0
    """Refusals without Retry-After."""

    def faults(self) -> int:
        return self.statuses.total() - self.statuses["200"] - self.statuses["429"] + self.mixed + self.hasty

    def told(self) -> str:
        ordered = sorted(self.seconds)
        times = "none answered"
        if ordered:
            p50, p95 = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95))
            times = f"p50 {p50:.2f} s, p95 {p95:.2f} s"
        counts = ", ".join(f"{n:,} x {status}" for status, n in sorted(self.statuses.items()))
        return f"{counts}; {times}; mixed {self.mixed}"


class Client:
    """Somebody with texts of their own."""

    def __init__(self, name: str, http: httpx.AsyncClient, tally: Tally) -> None:
        self.name = name
        self.http = http
        self.tally = tally
        self.turn = 0
        self.chance = random.Random(name)

    async def ask(self) -> float:
        """Send one request; return the seconds after which to come back."""
        self.turn += 1
        marker = f"{self.name} no. {self.turn}"
        text = f"Oslo accused Riga of theft, wrote {marker}. Riga thanked Oslo, wrote {marker}."
        is_article = self.chance.random() < 0.3
        path, body = ("analyze", {"text": text}) if is_article else ("score", {"records": [{"text": text}]})
        begun = time.monotonic()
        try:
            response = await self.http.post(f"/v1/{path}", json=body)
        except httpx.HTTPError as error:
            self.tally.statuses[type(error).__name__] += 1
            return 0.5
        self.tally.statuses[str(response.status_code)] += 1
        if response.status_code == 429:
            wait = response.headers.get("retry-after", "")
            self.tally.hasty += not wait.isdigit()
            return min(float(wait or 1), 5.0) * self.chance.uniform(0.5, 1.5)
        if response.status_code == 200:
            self.tally.seconds.append(time.monotonic() - begun)
            self.tally.mixed += not _is_about(response.json(), text, is_article)
        return 0.0


def _is_about(answer: dict[str, Any], text: str, is_article: bool) -> bool:
    if not is_article:
        return [record["text"] for record in answer["records"]] == [text]
    digest = hashlib.sha256(text.encode()).hexdigest()
    shown = " ".join(sentence["text"] for sentence in answer["sentences"])
    return answer["provenance"]["text_sha256"] == digest and shown == text


async def _loop(client: Client, until: float) -> None:
    while time.monotonic() < until:
        await asyncio.sleep(await client.ask())


async def _ramp(ask: Callable[[str], Client], clients: int, seconds: float) -> None:
    """Ever more clients, all of them at the end."""
    until = time.monotonic() + seconds
    tasks = []
    for number in range(clients):
        tasks.append(asyncio.create_task(_loop(ask(f"ramp {number}"), until)))
        await asyncio.sleep(0.7 * seconds / clients)
    await asyncio.gather(*tasks)


async def _soak(ask: Callable[[str], Client], rate: float, seconds: float) -> None:
    """Requests at a rate, whether the earlier ones are answered or not."""
    tasks: set[asyncio.Task[float]] = set()
    begun = time.monotonic()
    number = 0
    while (now := time.monotonic()) < begun + seconds:
        if number < (now - begun) * rate:
            task = asyncio.create_task(ask(f"soak {number}").ask())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
        else:
            await asyncio.sleep(0.5 / rate)
    await asyncio.gather(*tasks)


class Watch:
    """Memory and queue of the service over time."""

    def __init__(self, service: Service, http: httpx.AsyncClient) -> None:
        self.service = service
        self.http = http
        self.memory: list[tuple[float, float]] = []
        self.longest_queue = 0
        self.slowest_health = 0.0

    async def run(self) -> None:
        while True:
            self.memory.append((time.monotonic(), self.service.resident_mb()))
            begun = time.monotonic()
            try:
                figures = (await self.http.get("/metrics")).text
                self.slowest_health = max(self.slowest_health, time.monotonic() - begun)
                if found := re.search(r"^diplotone_waiting (\S+)", figures, re.MULTILINE):
                    self.longest_queue = max(self.longest_queue, int(float(found[1])))
            except httpx.HTTPError:
                self.slowest_health = float("inf")
            await asyncio.sleep(1)

    def slope(self, since: float) -> float:
        """Growth in MB an hour by least squares."""
        points = [(t, mb) for t, mb in self.memory if t >= since]
        if len(points) < 3:
            return 0.0
        mean_t, mean_mb = (sum(column) / len(points) for column in zip(*points, strict=True))
        over = sum((t - mean_t) * (mb - mean_mb) for t, mb in points)
        return 3_600 * over / sum((t - mean_t) ** 2 for t, _ in points)


async def _load(service: Service, clients: int, ramp_s: float, soak_s: float) -> list[Figure]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
    options: dict[str, Any] = {
        "base_url": service.url,
        "timeout": TIMEOUT_S,
        "limits": limits,
        "trust_env": False,
    }
    promise = "no error but 429 with Retry-After; no answer about another's text"
    figures = []
    async with httpx.AsyncClient(**options) as http, httpx.AsyncClient(**options) as eye:
        watch = Watch(service, eye)
        watching = asyncio.create_task(watch.run())

        async def phase(name: str, go: Callable[[Callable[[str], Client]], Awaitable[object]]) -> float:
            tally, begun = Tally(), time.monotonic()
            await go(lambda who: Client(who, http, tally))
            seconds = time.monotonic() - begun
            rate = len(tally.seconds) / seconds
            told = f"{tally.told()}; {rate:.1f} answers/s over {seconds:.0f} s"
            figures.append(Figure("load", name, told, promise, tally.faults() == 0 and bool(tally.seconds)))
            return rate

        def few(ask: Callable[[str], Client]) -> Awaitable[object]:
            until = time.monotonic() + ramp_s / 3
            return asyncio.gather(*(_loop(ask(f"few {n}"), until) for n in range(4)))

        capacity = await phase("4 clients", few)
        await phase(f"a ramp to {clients} clients", lambda ask: _ramp(ask, clients, ramp_s))
        await phase(
            f"a spike of {clients} requests at once, twice",
            lambda ask: asyncio.gather(*(ask(f"spike {n}").ask() for n in range(2 * clients))),
        )
        begun = time.monotonic()
        await phase(
            f"a soak of {soak_s:.0f} s at {OF_CAPACITY:.0%} of capacity",
            lambda ask: _soak(ask, max(OF_CAPACITY * capacity, 0.5), soak_s),
        )
        slope, end = watch.slope(begun + WARM_UP * soak_s), watch.memory[-1][1]
        watching.cancel()
    counts = soak_s >= SLOPE_FROM_S
    figures += [
        Figure(
            "load", "memory in the soak after its first quarter", f"{slope:+.1f} MB/h at {end:.0f} MB",
            f"at most {MOST_MB_PER_HOUR:g} MB/h" if counts else "", not counts or slope <= MOST_MB_PER_HOUR,
        ),
        Figure(
            "load", "longest queue", f"{watch.longest_queue} waiting; slowest /metrics {watch.slowest_health:.2f} s",
            f"at most {MAX_WAITING} wait", watch.longest_queue <= MAX_WAITING,
        ),
    ]  # fmt: skip
    return figures


def run(soak_s: float, ramp_s: float = 60.0, clients: int = CLIENTS) -> list[Figure]:
    """Put load on a service of its own; the soak lasts as long as asked for."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), f"max_waiting={MAX_WAITING}") as service,
    ):
        figures = asyncio.run(_load(service, clients, ramp_s, soak_s))
        told = service.errors.read_text().strip()
    return [
        *figures,
        Figure("load", "log", told[-200:] or "nothing", "no traceback", "Traceback" not in told),
    ]
