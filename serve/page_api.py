"""What the page asks for beside the public interface: its downloads, the text of a file, an exchange."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParam
from pydantic import BaseModel, ConfigDict

from ..model.analysis import Analysis
from ..model.analyzer import Analyzer
from ..model.codebook import Codebook
from ..model.errors import TextError
from .config import ServeConfig
from .exchange import exchange
from .exchange_view import render_exchange
from .exports import MEDIA_TYPES, Form, export
from .intake import Intake
from .login import Writer
from .pool import AnalyzerPool
from .precedents_view import precedents
from .reading import Reading
from .shared_texts import SharedTexts
from .wording import names_of
from .workspace import Workspace

ANALYSIS, ARTICLE, BRIEF = "analysis.json", "article.txt", "brief.html"


class Address(BaseModel):
    """Where an article is."""

    model_config = ConfigDict(extra="forbid")

    url: str


class ExchangeRequest(BaseModel):
    """Which two actors of which result."""

    model_config = ConfigDict(extra="forbid")

    token: str
    one: str
    other: str


class ShareRequest(BaseModel):
    """Which result somebody wants a link to."""

    model_config = ConfigDict(extra="forbid")

    token: str


def keep(workspace: Workspace, text: str, analysis: Analysis, brief: str) -> str:
    """Keep a result for its downloads and return its token.

    Args:
        workspace: Where it is kept.
        text: The article.
        analysis: What came out.
        brief: The same as an HTML page (`model.brief.as_html`).

    Raises:
        OSError: The disk has no room for all of it; then nothing is kept.
    """
    whole = json.dumps(analysis.as_dict(), ensure_ascii=False)
    return workspace.keep({BRIEF: brief, ARTICLE: text, ANALYSIS: whole})


def build_page_router(
    reading: Reading,
    pool: AnalyzerPool,
    workspace: Workspace,
    shared_texts: SharedTexts,
    codebook: Codebook,
    intake: Intake,
    config: ServeConfig,
) -> APIRouter:
    """Return the routes under /page; they answer HTML, files and the errors of the public interface."""
    router = APIRouter(include_in_schema=False)

    def analysis_of(token: str) -> dict[str, Any]:
        return json.loads(workspace.file(token, ANALYSIS).read_bytes())

    @router.get("/page/results/{token}/{form}")
    def result(token: str, form: Form | Literal["html"]) -> Response:
        analysis = analysis_of(token)
        stem = f"diplotone-{analysis['provenance']['text_sha256'][:12]}"
        if form == "html":
            body, media_type = workspace.file(token, BRIEF).read_bytes(), "text/html; charset=utf-8"
        else:
            body, media_type = export(analysis, form), MEDIA_TYPES[form]
        return Response(
            body,
            media_type=media_type,
            headers={"content-disposition": f'attachment; filename="{stem}.{form}"'},
        )

    @router.get("/page/results/{token}/precedents/{number}")
    def nearest(token: str, number: Annotated[int, PathParam(ge=0)]) -> Response:
        sentences = analysis_of(token)["sentences"]
        if number >= len(sentences):
            raise TextError(f"there is no sentence {number}; they go from 0 to {len(sentences) - 1}")
        html = precedents(sentences[number]["precedents"]["nearest"], codebook)
        return Response(html, media_type="text/html")

    @router.post("/page/share", status_code=201)
    def share(request: ShareRequest, _: Writer) -> dict[str, str]:
        release = analysis_of(request.token)["provenance"]["release"]
        kept = shared_texts.share(workspace.file(request.token, ARTICLE).read_bytes().decode(), release)
        return {"key": kept.key, "until": kept.until}

    @router.get("/page/shared/{key}")
    def shared(key: str) -> dict[str, str]:
        return asdict(shared_texts.find(key))

    @router.post("/page/exchange")
    async def exchanged(request: ExchangeRequest) -> Response:
        data = workspace.file(request.token, ARTICLE).read_bytes()
        text = data.decode()

        def read(analyzer: Analyzer) -> str:
            found = exchange(analyzer, text, request.one, request.other)
            reading.count(found.before, found.after)
            return render_exchange(found, analyzer.codebook, names_of(analyzer))

        return Response(await pool.run(read, chars=len(text)), media_type="text/html")

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
