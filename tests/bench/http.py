"""The service under many clients at once, over loopback."""

from __future__ import annotations

import http.client
import json
import threading
import time
from statistics import median
from typing import Any

from .sizes import Sizes
from .speed import written_sentences
from .start import Service, article, service


def under_clients(sizes: Sizes, precision: str = "") -> dict[str, Any]:
    """Return how long answers take at so many clients, each of which asks again as soon as it is answered.

    Args:
        sizes: How many clients, and for how long.
        precision: What the service is to compute in; empty for what its release was tested in.
    """
    texts = [" ".join(written_sentences(300)[k : k + 2]) for k in range(0, 300, 2)]
    with service(precision) as running:
        one = _ask_in_turn(running, [article(30)], 8)
        rows = [_crowd(running, n, texts, sizes.client_seconds) for n in sizes.clients]
        return {
            "article_of_30_sentences_ms": one,
            "clients": rows,
            "beside_a_long_text": _beside_a_long_text(running, texts, sizes.long_article),
            "peak_mb": running.peak_mb(),
        }


def _ask_in_turn(running: Service, texts: list[str], repeats: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=120)
    times = [_ask(connection, text)[1] for _ in range(repeats) for text in texts]
    connection.close()
    return 1e3 * median(times[1:])


def _ask(connection: http.client.HTTPConnection, text: str) -> tuple[int, float]:
    began = time.perf_counter()
    body = json.dumps({"text": text})
    connection.request("POST", "/v1/analyze", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status, time.perf_counter() - began


def _crowd(running: Service, n_clients: int, texts: list[str], seconds: float) -> dict[str, Any]:
    """So many clients with texts of two sentences."""
    answers: list[tuple[int, float]] = []
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=120)
        turn = number
        while time.perf_counter() < end:
            try:
                answers.append(_ask(connection, texts[turn % len(texts)]))
            except OSError:
                answers.append((0, 0.0))
                connection.close()
            turn += n_clients
        connection.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(n_clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    served = sorted(1e3 * took_s for status, took_s in answers if status == 200)
    return {
        "clients": n_clients,
        "answers": len(served),
        "refused_or_failed": len(answers) - len(served),
        "answers_per_second": len(served) / took,
        "p50_ms": served[len(served) // 2] if served else None,
        "p95_ms": served[int(0.95 * (len(served) - 1))] if served else None,
    }


def _beside_a_long_text(running: Service, texts: list[str], n_sentences: int) -> dict[str, Any]:
    """How long short texts take while one long text is read."""
    long_text = article(n_sentences)
    found: list[tuple[int, float]] = []

    def ask_long() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=120)
        found.append(_ask(connection, long_text))
        connection.close()

    thread = threading.Thread(target=ask_long)
    thread.start()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=120)
    times: list[float] = []
    while thread.is_alive() or not times:
        times.append(1e3 * _ask(connection, texts[len(times) % len(texts)])[1])
    connection.close()
    thread.join()
    return {
        "long_text_sentences": n_sentences,
        "long_text_status": found[0][0],
        "long_text_ms": 1e3 * found[0][1],
        "short_texts": len(times),
        "short_text_p50_ms": median(times),
        "short_text_most_ms": max(times),
    }
