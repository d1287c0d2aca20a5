"""What the tab Compare asks for: two texts side by side as HTML, and the same to take away."""

from __future__ import annotations

import json
import logging
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from ..model.analysis import Comparison
from ..model.codebook import Codebook
from ..model.comparison_brief import as_html
from .compare import render_comparison
from .comparison_exports import export_comparison
from .exports import MEDIA_TYPES, Form
from .reading import Reading
from .workspace import Workspace

COMPARISON, BRIEF = "comparison.json", "comparison.html"

logger = logging.getLogger(__name__)


class TwoTexts(BaseModel):
    """Two texts to compare, the earlier one first."""

    model_config = ConfigDict(extra="forbid")

    a: str
    b: str


def build_compare_router(reading: Reading, workspace: Workspace) -> APIRouter:
    """Return the routes of the tab; they answer HTML, files and the errors of the public interface."""
    router = APIRouter(include_in_schema=False)

    def shown(found: Comparison, codebook: Codebook) -> str:
        try:
            whole = json.dumps(found.as_dict(), ensure_ascii=False)
            token = workspace.keep({BRIEF: as_html(found, codebook), COMPARISON: whole})
        except OSError as error:
            logger.error("a comparison cannot be kept for its downloads: %s", error)
            token = None
        return render_comparison(found, codebook, token)

    @router.post("/page/compare")
    async def compared(request: TwoTexts) -> Response:
        found, codebook = await reading.comparison(request.a, request.b)
        return Response(await run_in_threadpool(shown, found, codebook), media_type="text/html")

    @router.get("/page/compare/{token}/{form}")
    def taken_away(token: str, form: Form | Literal["html"]) -> Response:
        comparison = json.loads(workspace.file(token, COMPARISON, "this comparison").read_bytes())
        if form == "html":
            body, media_type = workspace.file(token, BRIEF).read_bytes(), "text/html; charset=utf-8"
        else:
            body, media_type = export_comparison(comparison, form), MEDIA_TYPES[form]
        parts = (comparison[side]["provenance"]["text_sha256"][:8] for side in ("before", "after"))
        name = f"diplotone-{'-'.join(parts)}.{form}"
        return Response(
            body,
            media_type=media_type,
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    return router
