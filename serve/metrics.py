"""Figures about the service for a monitoring system, in Prometheus' text form."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .pool import AnalyzerPool

_OWN = re.compile(r"/(?:v1|page)/([a-z]+)|/(health|metrics)\Z|/gradio_api/(?:queue/join|call)\b")
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counters of one application; they start at zero with it."""

    def __init__(self, pool: AnalyzerPool, n_folders: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "diplotone_requests", "Requests answered", ("route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "diplotone_request_seconds",
            "Time to the end of the answer",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.sentences = Counter(
            "diplotone_sentences", "Sentences analysed or scored", registry=self.registry
        )
        self.labels = Counter("diplotone_labels_saved", "Labels committed", registry=self.registry)
        self._gauge("diplotone_waiting", "Jobs that wait for an analyzer", lambda: pool.n_waiting)
        self._gauge("diplotone_ready", "1 once every analyzer is warm", lambda: pool.ready)
        self._gauge("diplotone_results_kept", "Folders of results kept for visitors", n_folders)
        self._release = Gauge(
            "diplotone_release", "The release that answers", ("release",), registry=self.registry
        )
        self._pool = pool

    def _gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        Gauge(name, description, registry=self.registry).set_function(read)

    def exposition(self) -> tuple[bytes, str]:
        """Return all figures and their media type."""
        self._release.clear()  # another may have taken over
        self._release.labels(self._pool.release).set(1)
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


class CountRequests:
    """Counts requests by route and status, and how long they took."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note its answer."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        begun, status = time.monotonic(), 500

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        finally:
            route = _route(scope["path"])
            self.metrics.requests.labels(route, str(status)).inc()
            self.metrics.seconds.labels(route).observe(time.monotonic() - begun)


ROUTES = frozenset(
    (
        "analyze", "score", "compare", "labels", "files", "archives", "results", "exchange", "sentences",
        "retrain", "releases", "model", "fetch", "share", "shared", "me",
    )
)  # fmt: skip


def _route(path: str) -> str:
    """One of a few names, whatever clients ask for."""
    found = _OWN.match(path)
    if not found:
        return "other"
    name = found[1] or found[2] or "page"  # what the page and Gradio's clients have read by Gradio
    return name if found[1] is None or name in ROUTES else "other"
