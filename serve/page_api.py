"""What the page asks for beside the public interface: its downloads, the text of a file, an exchange."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from ..model.analysis import Analysis
from .compare import render_comparison
from .config import ServeConfig
from .exchange import exchange
from .exchange_view import render_exchange
from .exports import MEDIA_TYPES, Form, export
from .intake import Intake
from .limits import check_text
from .login import Writer
from .pool import AnalyzerPool
from .wording import names_of
from .workspace import Workspace


class Address(BaseModel):
    """Where an article is."""

    model_config = ConfigDict(extra="forbid")

    url: str


ANALYSIS, ARTICLE = "analysis.json", "article.txt"


class ExchangeRequest(BaseModel):
    """Which two actors of which result."""

    model_config = ConfigDict(extra="forbid")

    token: str
    one: str
    other: str


class TwoTexts(BaseModel):
    """Two texts to compare."""

    model_config = ConfigDict(extra="forbid")

    a: str
    b: str


def keep(workspace: Workspace, text: str, analysis: Analysis) -> str:
    """Keep a result for its downloads and return its token."""
    token, folder = workspace.new()
    _write(folder / ARTICLE, text)
    _write(folder / ANALYSIS, json.dumps(analysis.as_dict(), ensure_ascii=False))
    return token


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "replace"))


def build_page_router(
    pool: AnalyzerPool, workspace: Workspace, intake: Intake, config: ServeConfig
) -> APIRouter:
    """Return the routes under /page; they answer HTML, files and the errors of the public interface."""
    router = APIRouter(include_in_schema=False)

    @router.get("/page/results/{token}/{form}")
    def result(token: str, form: Form) -> Response:
        analysis = json.loads(workspace.file(token, ANALYSIS).read_bytes())
        stem = f"diplotone-{analysis['provenance']['text_sha256'][:12]}"
        return Response(
            export(analysis, form),
            media_type=MEDIA_TYPES[form],
            headers={"content-disposition": f'attachment; filename="{stem}.{form}"'},
        )

    @router.post("/page/exchange")
    async def exchanged(request: ExchangeRequest) -> Response:
        data = workspace.file(request.token, ARTICLE).read_bytes()
        text = data.decode()
        html = await pool.run(
            lambda analyzer: render_exchange(
                exchange(analyzer, text, request.one, request.other), analyzer.codebook, names_of(analyzer)
            )
        )
        return Response(html, media_type="text/html")

    @router.post("/page/compare")
    async def compared(request: TwoTexts) -> Response:
        a, b = check_text(request.a, config.max_chars), check_text(request.b, config.max_chars)
        html = await pool.run(lambda analyzer: str(render_comparison(analyzer.compare(a, b))))
        return Response(html, media_type="text/html")

    @router.post("/page/files")
    async def file(request: Request, name: Annotated[str, Query(max_length=500)]) -> dict:
        found = await intake.file(name, await request.body())
        return {"text": found.text, "notes": found.notes}

    if config.fetch_urls:

        @router.post("/page/fetch")
        async def fetched(request: Address, _: Writer) -> dict:
            found = await intake.url(request.url)
            return {"text": found.text, "notes": found.notes}

    return router
