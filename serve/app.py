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
from ..model.article.pairs import pairs_in
from ..model.memory import give_free_memory_back
from ..model.release import ReleaseWatch, home
from .addresses import parsed_networks
from .api import answer_errors, build_rest, build_router
from .archive import Archives
from .archive_api import build_archive_router
from .compare_api import build_compare_router
from .config import ServeConfig
from .doubts import keep_doubts
from .hardening import BodyLimit, ClosedRoutes, KnownHosts, OwnSite, PlainInputs, SecurityHeaders, known_hosts
from .intake import Intake
from .label_api import build_label_router
from .label_backup import back_up
from .label_types import StoreFailed
from .labels import LabelStore
from .login import LoginWall, build_login
from .login_api import build_login_router
from .mcp_server import MCP_PATH, as_routes, build_mcp
from .metrics import CountRequests, Metrics
from .model_api import build_model_router
from .openapi import add_examples
from .page import build_page, stylesheet, theme
from .page_api import build_page_router
from .pool import AnalyzerPool
from .proxies import BehindProxies
from .reading import Reading
from .releasing import Releasing
from .retrain_api import build_retrain_router
from .retraining import Retrainings
from .shared_texts import SharedTexts
from .shutdown import EndStreams
from .takeover import Takeover
from .wording import names_of
from .workspace import Workspace

logger = logging.getLogger(__name__)

BACK_UP_EVERY_S = 24 * 3_600.0

LONGEST_SWEEP_S = 60.0
"""What nobody uses any more is looked for at least this often."""
SECONDS_BETWEEN_LOOKS = 1.0
"""Between two looks whether another release has been promoted; a look costs one `stat`."""
STAYS = (
    "this service was started with a release of its own (--release) and stays with it; one that is put into use here"
    " answers in services that were started without"
)


def build_app(
    analyzers: Sequence[Analyzer], config: ServeConfig, watch: ReleaseWatch | None = None
) -> FastAPI:
    """Return the application; its analyzers start when the server starts it, and warm up first.

    The pool is `app.state.pool`; `app.state.closing` is the event that ends open streams.

    Args:
        analyzers: One or more, with the same release, `shareable` (see `batching`) if `n_workers` is above 1; they
            belong to the application from now on.
        config: Limits and names.
        watch: Made before the analyzers were loaded: another release that is promoted takes over. None stays with
            theirs.
    """
    codebook, name_of = analyzers[0].codebook, names_of(analyzers[0])
    gazetteer = analyzers[0].gazetteer
    login = build_login(config)
    pool = AnalyzerPool(
        analyzers,
        max_waiting=config.max_waiting,
        deadline_s=config.deadline_s,
        workers=config.n_workers,
    )
    store = LabelStore.at_home(codebook)
    workspace = Workspace(config.keep_files_s)
    shared_texts = SharedTexts(home() / "shared", config.share_days)
    intake = Intake(config)
    metrics = Metrics(pool, workspace.n_folders)
    reading = Reading(pool, config, metrics)
    archives = Archives(pool, workspace, metrics, most_running=config.max_archives)
    tools = build_mcp(reading) if config.mcp else None
    takeover = Takeover(pool, watch, config.precision or None) if watch else None
    retrainings = Retrainings(store, allowed=config.retraining, recipe=config.retrain_recipe)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        workspace.start()
        pool.start()
        chores = [
            asyncio.create_task(_sweep(workspace, shared_texts, archives)),
            asyncio.create_task(_back_up(store)),
            asyncio.create_task(keep_doubts(store, pool, lambda text: pairs_in(text, gazetteer))),
        ]
        if takeover:
            chores.append(asyncio.create_task(_follow(takeover)))
        try:
            async with tools.session_manager.run() if tools else contextlib.nullcontext():
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
    app.state.login = login
    app.state.workspace = workspace
    app.state.closing = closing = asyncio.Event()
    routers = (
        build_router(reading, pool, codebook, name_of, config, metrics, intake),
        build_label_router(store, pool, gazetteer, archives.texts, config, metrics),
        build_archive_router(archives, codebook, name_of, config),
        build_page_router(reading, pool, workspace, shared_texts, codebook, intake, config),
        build_compare_router(reading, workspace),
        build_retrain_router(retrainings, Releasing(retrainings)),
        build_model_router(
            pool,
            retrainings,
            lambda: takeover.notice if takeover else STAYS if config.release else None,
            allowed=config.retraining,
        ),
        build_login_router(login),
    )
    for router in (*routers, build_rest(*routers)):
        app.include_router(router)
    answer_errors(app)
    add_examples(app)
    if tools:
        app.router.routes += as_routes(tools)
    gr.mount_gradio_app(
        app,
        build_page(reading, analyzers[0], store, workspace, config, login, metrics),
        path="/",
        theme=theme(),
        css=stylesheet(),
        footer_links=[],
        run_history=False,
        show_error=False,  # a fault is no reading for users; their mistakes are shown as what they are
        # The wall has asked already; should a route of Gradio's ever slip past it, Gradio asks again.
        auth_dependency=login.name if login.for_reading else None,
        max_file_size="1kb",  # Gradio's own uploads are closed; files come in by routes of ours
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
    )
    app.add_middleware(EndStreams, closing=closing)
    app.add_middleware(PlainInputs)
    app.add_middleware(
        BodyLimit,
        max_bytes=config.max_body_bytes,
        files={
            "/page/files": config.max_file_bytes,
            "/v1/labels/import": config.max_file_bytes,
            "/v1/sentences/archive": config.max_archive_bytes,
            "/v1/archives": config.max_archive_bytes,
            "/login": 10_000,
        },
    )
    app.add_middleware(LoginWall, login=login)
    app.add_middleware(OwnSite)
    doors = ("/login", "/logout") if login.kind == "password" else ()
    app.add_middleware(ClosedRoutes, also_open=(*doors, MCP_PATH) if tools else doors)
    app.add_middleware(KnownHosts, **known_hosts(config.host, config.allowed_hosts))
    app.add_middleware(SecurityHeaders)  # refusals carry the headers too
    app.add_middleware(
        BehindProxies,
        proxies=parsed_networks(config.trusted_proxies, "trusted_proxies"),
        name_header=config.proxy_header if login.kind == "proxy" else "",
    )
    app.add_middleware(CountRequests, metrics=metrics)  # outermost: refusals are counted too
    return app


async def _follow(takeover: Takeover) -> None:
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        await asyncio.to_thread(takeover.look)


async def _sweep(workspace: Workspace, shared_texts: SharedTexts, archives: Archives) -> None:
    while True:
        await asyncio.to_thread(shared_texts.sweep)
        await asyncio.sleep(min(workspace.keep_s, LONGEST_SWEEP_S))
        await asyncio.to_thread(workspace.sweep)
        archives.sweep()  # their texts go with their folders
        await asyncio.to_thread(give_free_memory_back)


async def _back_up(store: LabelStore) -> None:
    while True:
        await asyncio.sleep(BACK_UP_EVERY_S)
        try:
            await asyncio.to_thread(back_up, store.path)
        except StoreFailed as error:
            logger.error("%s", error)
