"""The application: the HTTP interface and the page on one server, behind the hardening."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from importlib.metadata import version

import gradio as gr
from fastapi import FastAPI

from ..model.analyzer import Analyzer
from .api import answer_errors, build_rest, build_router
from .archive import Archives
from .archive_api import build_archive_router
from .config import ServeConfig
from .hardening import BodyLimit, ClosedRoutes, KnownHosts, OwnSite, SecurityHeaders, known_names
from .label_api import build_label_router
from .label_backup import back_up
from .labels import LabelStore, StoreFailed
from .metrics import CountRequests, Metrics
from .page import build_page, stylesheet, theme
from .page_api import build_page_router
from .pool import AnalyzerPool
from .shutdown import EndStreams
from .wording import names_of
from .workspace import Workspace

logger = logging.getLogger(__name__)

BACK_UP_EVERY_S = 24 * 3_600.0

LONGEST_SWEEP_S = 60.0
"""What nobody uses any more is looked for at least this often."""


def build_app(analyzers: Sequence[Analyzer], config: ServeConfig) -> FastAPI:
    """Return the application; its analyzers start when the server starts it, and warm up first.

    The pool is `app.state.pool`; `app.state.closing` is the event that ends open streams.

    Args:
        analyzers: One or more, with the same release; they belong to the application from now on.
        config: Limits and names.
    """
    codebook, name_of = analyzers[0].codebook, names_of(analyzers[0])
    pool = AnalyzerPool(analyzers, max_waiting=config.max_waiting, deadline_s=config.deadline_s)
    store = LabelStore.at_home(codebook)
    workspace = Workspace(config.keep_files_s)
    metrics = Metrics(pool, workspace.n_folders)
    archives = Archives(pool, workspace, metrics, most_running=config.max_archives)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        workspace.start()
        pool.start()
        chores = [asyncio.create_task(_sweep(workspace)), asyncio.create_task(_back_up(store))]
        try:
            yield
        finally:
            for chore in chores:
                chore.cancel()
            archives.stop()
            pool.stop()
            workspace.stop()

    app = FastAPI(
        title="Diplotone",
        version=version("diplotone"),
        description="Sentiment, tone and stance of diplomatic news, sentence by sentence.",
        lifespan=lifespan,
        docs_url=None,  # these pages load their scripts from another host
        redoc_url=None,
    )
    app.state.pool = pool
    app.state.workspace = workspace
    app.state.closing = closing = asyncio.Event()
    routers = (
        build_router(pool, codebook, name_of, config, metrics),
        build_label_router(store, pool, config, metrics),
        build_archive_router(archives, codebook, name_of, config),
        build_page_router(pool, workspace, codebook, config),
    )
    for router in (*routers, build_rest(*routers)):
        app.include_router(router)
    answer_errors(app)
    gr.mount_gradio_app(
        app,
        build_page(pool, analyzers[0], store, workspace, config),
        path="/",
        theme=theme(),
        css=stylesheet(),
        footer_links=[],
        run_history=False,
        show_error=False,  # a fault is no reading for users; their mistakes are shown as what they are
        max_file_size="1kb",  # Gradio's own uploads are closed; files come in by routes of ours
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
    )
    app.add_middleware(EndStreams, closing=closing)
    app.add_middleware(
        BodyLimit,
        max_bytes=config.max_body_bytes,
        files={
            "/page/files": config.max_file_bytes,
            "/v1/labels/import": config.max_file_bytes,
            "/v1/archives": config.max_archive_bytes,
        },
    )
    app.add_middleware(OwnSite)
    app.add_middleware(ClosedRoutes)
    if names := known_names(config.host, config.allowed_hosts):
        app.add_middleware(KnownHosts, names=names)
    app.add_middleware(SecurityHeaders)  # refusals carry the headers too
    app.add_middleware(CountRequests, metrics=metrics)  # outermost: refusals are counted too
    return app


async def _sweep(workspace: Workspace) -> None:
    while True:
        await asyncio.sleep(min(workspace.keep_s, LONGEST_SWEEP_S))
        await asyncio.to_thread(workspace.sweep)


async def _back_up(store: LabelStore) -> None:
    while True:
        await asyncio.sleep(BACK_UP_EVERY_S)
        try:
            await asyncio.to_thread(back_up, store.path)
        except StoreFailed as error:
            logger.error("%s", error)
