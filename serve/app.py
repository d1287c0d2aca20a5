"""The application: the HTTP interface and the page on one server, behind the hardening."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from importlib.metadata import version

import gradio as gr
from fastapi import FastAPI

from ..model.analyzer import Analyzer
from .api import answer_errors, build_router
from .config import ServeConfig
from .hardening import BodyLimit, ClosedRoutes, KnownHosts, SecurityHeaders, known_names
from .page import build_page, stylesheet, theme
from .pool import AnalyzerPool
from .shutdown import EndStreams


def build_app(analyzers: Sequence[Analyzer], config: ServeConfig) -> FastAPI:
    """Return the application; its analyzers start when the server starts it, and warm up first.

    The pool is `app.state.pool`; `app.state.closing` is the event that ends open streams.

    Args:
        analyzers: One or more, with the same release; they belong to the application from now on.
        config: Limits and names.
    """
    pool = AnalyzerPool(analyzers, max_waiting=config.max_waiting, deadline_s=config.deadline_s)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pool.start()
        try:
            yield
        finally:
            pool.stop()

    app = FastAPI(
        title="Diplotone",
        version=version("diplotone"),
        description="Sentiment, tone and stance of diplomatic news, sentence by sentence.",
        lifespan=lifespan,
        docs_url=None,  # these pages load their scripts from another host
        redoc_url=None,
    )
    app.state.pool = pool
    app.state.closing = closing = asyncio.Event()
    app.include_router(build_router(pool, config))
    answer_errors(app)
    gr.mount_gradio_app(
        app,
        build_page(pool, analyzers[0].codebook, config),
        path="/",
        theme=theme(),
        css=stylesheet(),
        footer_links=[],
        run_history=False,
        show_error=False,  # a fault is no reading for users; their mistakes are shown as what they are
        max_file_size="1kb",  # nothing is uploaded
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
    )
    app.add_middleware(EndStreams, closing=closing)
    app.add_middleware(BodyLimit, max_bytes=config.max_body_bytes)
    app.add_middleware(ClosedRoutes)
    if names := known_names(config.host, config.allowed_hosts):
        app.add_middleware(KnownHosts, names=names)
    app.add_middleware(SecurityHeaders)  # outermost: refusals carry the headers too
    return app
