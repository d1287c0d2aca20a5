"""Archives over HTTP: begin one, ask how far it is, stop it, take the result."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from ..model.codebook import Codebook
from .api import REFUSALS, refusal
from .archive import Archives
from .archive_export import MEDIA_TYPES, Form, export_archive
from .archive_file import read_archive
from .archive_rows import read_rows
from .archive_view import render_archive
from .config import ServeConfig
from .label_api import FILE_BODY
from .login import Writer
from .wording import NameOf
from .workspace import Gone

NO_PARQUET = (
    "this needs pyarrow, which the base installation leaves out: run pip install 'diplotone[parquet]'"
)


class ArchiveAnswer(BaseModel):
    """How far an archive is."""

    id: str = Field(description="Keep it to yourself: whoever has it can read the result.")
    name: str = Field(examples=["press.csv"])
    state: Literal["running", "done", "cancelled", "failed"]
    done: int
    total: int
    seconds_left: float | None
    undated: int = Field(description="Texts without a date that can be read; they are in no trend.")
    problem: str | None


def build_archive_router(
    archives: Archives, codebook: Codebook, name_of: NameOf, config: ServeConfig
) -> APIRouter:
    """Return the routes under /v1/archives."""
    gone: dict[int | str, dict[str, Any]] = {
        404: refusal("It is not kept any more, or never was.", str(Gone("this archive"))),
        501: refusal("What reads and writes Parquet is not installed.", NO_PARQUET),
    }
    router = APIRouter(responses=REFUSALS | gone)

    @router.post(
        "/v1/archives",
        response_model=ArchiveAnswer,
        status_code=202,
        summary='Score a file of texts: .csv, .jsonl or .parquet with "text" and perhaps "date" and "id"',
        openapi_extra=FILE_BODY,
    )
    async def begin(request: Request, name: Annotated[str, Query(max_length=500)], _: Writer) -> Any:
        archives.check_room()
        data = await request.body()
        texts = await run_in_threadpool(
            read_archive, name, data, max_rows=config.max_archive_rows, max_chars=config.max_chars
        )
        return archives.begin(PurePath(name).name, texts).as_dict()

    @router.get("/v1/archives/{token}", response_model=ArchiveAnswer, summary="How far it is")
    async def progress(token: str) -> Any:
        return archives.get(token).as_dict()

    @router.delete(
        "/v1/archives/{token}",
        response_model=ArchiveAnswer,
        summary="Stop it; what is scored by then stays and can be downloaded",
    )
    async def cancel(token: str, _: Writer) -> Any:
        return archives.cancel(token).as_dict()

    @router.get(
        "/v1/archives/{token}/result",
        summary="A row per text; as JSON with the dyads and trends, as HTML a brief of the whole",
        response_class=Response,
    )
    def result(token: str, form: Form = "csv") -> Response:
        archive = archives.get(token)
        body = export_archive(archive, form, codebook, name_of)
        stem = "".join(c if c.isalnum() and c.isascii() else "-" for c in PurePath(archive.name).stem)
        headers = {"content-disposition": f'attachment; filename="{stem[:60]}-scored.{form}"'}
        return Response(body, media_type=MEDIA_TYPES[form], headers=headers)

    @router.get("/page/archives/{token}", include_in_schema=False)
    def shown(token: str) -> Response:
        archive = archives.get(token)
        html = render_archive(archive, read_rows(archive.folder), codebook, name_of)
        return Response(html, media_type="text/html")

    return router
