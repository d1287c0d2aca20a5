"""The HTTP interface: articles and records in, JSON out."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ..model.analysis import Analysis, Comparison
from ..model.brief import as_html
from ..model.codebook import Codebook
from ..model.comparison_brief import as_html as comparison_as_html
from ..model.errors import DiplotoneError, MissingExtra, TextError
from .archive import TooManyArchives
from .config import ServeConfig
from .intake import Intake
from .label_types import StoreFailed
from .login import LoginNeeded, writer
from .metrics import Metrics
from .pool import AnalyzerPool, Busy, TooLate
from .reading import Reading
from .retraining import RetrainingBusy, RetrainingClosed
from .shortage import is_for_want_of_memory, shortage
from .wording import NameOf
from .workspace import Gone

logger = logging.getLogger(__name__)


SCORE_EXAMPLE: dict[str, Any] = {
    "records": [
        {
            "text": "Seoul welcomed Pyongyang's offer.",
            "pairs": [{"source": "Seoul", "target": "Pyongyang"}],
        }
    ]
}


class ErrorAnswer(BaseModel):
    """What every refusal says."""

    error: str = Field(examples=["the text is empty; paste an article or a statement"])


class AnalyzeRequest(BaseModel):
    """One article."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        description="The article in English, as it stands; offsets in the answer point into it.",
        examples=[
            "Seoul welcomed Pyongyang's offer. The two sides will meet on Monday. Tokyo warned of haste."
        ],
    )


class AnalyzeOrFetchRequest(BaseModel):
    """One article, or where it is."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(
        default=None,
        description="The article in English, as it stands.",
        examples=["Seoul welcomed Pyongyang's offer."],
    )
    url: str | None = Field(
        default=None,
        description="Its address on the public web instead of the text.",
        examples=["https://example.org/communique"],
    )


class PairRequest(BaseModel):
    """Two actors, marked in the text."""

    model_config = ConfigDict(extra="allow")

    source: list[int] | str | None = Field(
        default=None,
        description="[start, end) in characters, or the substring where it occurs once; null asks how the"
        " text itself treats the target.",
        examples=[[0, 5]],
    )
    target: list[int] | str = Field(description="[start, end) or the substring.", examples=["Pyongyang"])


class RecordRequest(BaseModel):
    """One sentence, with the pairs of actors to score; other keys are handed back as they came."""

    model_config = ConfigDict(extra="allow")

    text: str = Field(examples=["Seoul welcomed Pyongyang's offer."])
    pairs: list[PairRequest] = Field(default=[])


class ScoreRequest(BaseModel):
    """Sentences to score."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [SCORE_EXAMPLE]})

    records: list[RecordRequest]

    def rows(self) -> list[dict[str, Any]]:
        """Return the records as an analyzer takes them: with what was given, and nothing else."""
        return [record.model_dump(exclude_unset=True) for record in self.records]


COMPARE_EXAMPLE: dict[str, Any] = {
    "a": "Oslo and Riga held constructive talks on herring on Monday. Oslo notes with concern the seizure of a trawler."
    " The two sides remain in contact.",
    "b": "Oslo and Riga held frank talks on herring on Monday. Oslo strongly condemns the seizure of a trawler."
    " Norway will expel the Latvian attaché.",
}


class CompareRequest(BaseModel):
    """Two texts, the earlier one first."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [COMPARE_EXAMPLE]})

    a: str = Field(description="The earlier text in English.", examples=[COMPARE_EXAMPLE["a"]])
    b: str = Field(description="The later text in English.", examples=[COMPARE_EXAMPLE["b"]])


class JudgementAnswer(BaseModel):
    """One label with its probabilities, or no label with the reason why."""

    label: str | None = Field(examples=["cooperative"])
    probabilities: dict[str, float]
    reason: str | None = None


class PairPrediction(BaseModel):
    """The judgements of one pair."""

    stance: JudgementAnswer
    act: JudgementAnswer


class Predicted(BaseModel):
    """The judgements of one record; pairs in the order given."""

    sentiment: JudgementAnswer
    tone: JudgementAnswer
    pairs: list[PairPrediction]


class ScoredRecord(RecordRequest):
    """The record as it came, with what was predicted."""

    predicted: Predicted


class ScoreAnswer(BaseModel):
    """The records in the order given."""

    records: list[ScoredRecord]


class Health(BaseModel):
    """What is running."""

    status: str = Field(examples=["ok", "starting"])
    release: str
    codebook: str
    diplotone: str


RETRY_AFTER: dict[str, Any] = {
    "Retry-After": {
        "description": "Seconds after which it is worth trying again, where that can be foreseen.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 12,
    }
}


def refusal(description: str, example: str, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return how /openapi.json describes a refusal.

    Args:
        description: When there is one.
        example: What it may say.
        headers: Headers that come with it, as OpenAPI describes them.
    """
    told = {"application/json": {"example": {"error": example}}}
    described = {"model": ErrorAnswer, "description": description, "content": told}
    return described | ({"headers": headers} if headers else {})


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: refusal(
        "The text or the records cannot be read.", "the text is empty; paste an article or a statement"
    ),
    401: refusal("This needs a login.", "this needs a login; log in at /login and try again"),
    413: refusal("The body is too large.", "the request has more than 4,000,000 bytes; split it"),
    422: refusal("The request is not of the form asked for.", "text: Field required"),
    429: refusal(
        "Too many requests wait.", "256 requests are waiting already; try again in 12 seconds", RETRY_AFTER
    ),
    503: refusal(
        "Not done before the deadline, or no disk or memory left.",
        "the request was not done within 60 seconds; try again later or with less text",
        RETRY_AFTER,
    ),
}


STARTING: dict[str, Any] = {
    "model": Health,
    "description": "Still warming up.",
    "content": {
        "application/json": {
            "example": {
                "status": "starting",
                "release": "diplotone-minilm@0123456789ab",
                "codebook": "1.1",
                "diplotone": "0.1.0",
            }
        }
    },
}

ANY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")

AS_BRIEF: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/html": {"schema": {"type": "string"}}},
        "description": "The analysis, or its brief.",
    }
}

COMPARED_OR_BRIEF: dict[int | str, dict[str, Any]] = {
    200: AS_BRIEF[200] | {"description": "The comparison, or its brief."}
}


def prefers_html(accept: str) -> bool:
    """Whether an Accept header asks for HTML rather than JSON; what says nothing of either gets JSON."""
    quality = {"text/html": 0.0, "application/json": 0.0}
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        if kind in quality:
            stated = next((p[2:] for p in parameters if p.startswith("q=")), "1")
            try:
                quality[kind] = float(stated)
            except ValueError:
                continue
    return quality["text/html"] > quality["application/json"]


Form = Annotated[
    Literal["json", "html"] | None,
    Query(description="html: a brief to read, print or file; without it the Accept header decides."),
]
Accept = Annotated[str, Header(include_in_schema=False)]


def build_router(
    reading: Reading,
    pool: AnalyzerPool,
    codebook: Codebook,
    name_of: NameOf,
    config: ServeConfig,
    metrics: Metrics,
    intake: Intake,
) -> APIRouter:
    """Return the routes that read texts, /health and /metrics."""
    router = APIRouter()

    async def analyzed(found: str, form: Form, accept: str) -> Response:
        analysis = await reading.analysis(found)
        if _is_brief(form, accept):
            return _html(await run_in_threadpool(as_html, analysis, codebook, name_of))
        return _json(await run_in_threadpool(lambda: as_json(analysis.as_dict())))

    async def analyze(request: AnalyzeRequest, form: Form = None, accept: Accept = "") -> Response:
        return await analyzed(request.text, form, accept)

    async def analyze_or_fetch(
        request: AnalyzeOrFetchRequest, http: Request, form: Form = None, accept: Accept = ""
    ) -> Response:
        if (request.text is None) == (request.url is None):
            raise TextError('give one of "text" and "url"')
        if request.url is None:
            return await analyzed(request.text or "", form, accept)
        writer(http)  # it makes the service act, so it is not for everybody who may read
        return await analyzed((await intake.url(request.url)).text, form, accept)

    router.add_api_route(
        "/v1/analyze",
        analyze_or_fetch if config.fetch_urls else analyze,
        methods=["POST"],
        response_model=Analysis,
        responses=REFUSALS | AS_BRIEF,
        summary="Read one article",
    )

    @router.post("/v1/score", response_model=ScoreAnswer, responses=REFUSALS, summary="Score sentences")
    async def score(request: ScoreRequest) -> Response:
        scored = await reading.scores(request.rows())
        return _json(await run_in_threadpool(as_json, {"records": scored}))

    @router.post(
        "/v1/compare",
        response_model=Comparison,
        responses=REFUSALS | COMPARED_OR_BRIEF,
        summary="Two texts, aligned, with the shift of tone",
    )
    async def compared(request: CompareRequest, form: Form = None, accept: Accept = "") -> Response:
        found, codebook = await reading.comparison(request.a, request.b)
        if _is_brief(form, accept):
            return _html(await run_in_threadpool(comparison_as_html, found, codebook))
        return _json(await run_in_threadpool(lambda: as_json(found.as_dict())))

    @router.get(
        "/health",
        response_model=Health,
        responses={503: STARTING},
        summary="Whether requests are taken, and by which release",
    )
    def health() -> JSONResponse:
        from importlib.metadata import version

        answer = Health(
            status="ok" if pool.ready else "starting",
            release=pool.release,
            codebook=pool.codebook_version,
            diplotone=version("diplotone"),
        )
        return JSONResponse(answer.model_dump(), status_code=200 if pool.ready else 503)

    @router.get("/metrics", summary="Figures about the service for Prometheus", response_class=Response)
    def figures() -> Response:
        body, media_type = metrics.exposition()
        return Response(body, media_type=media_type)

    return router


def build_rest(*routers: APIRouter) -> APIRouter:
    """Return routes that answer for what does not exist under our addresses; included after the routers.

    Else the page, which is mounted at the root, would take such addresses for its own.
    """
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    known = ", ".join(sorted({r.path for r in routes if r.path.startswith("/v1/") and "{" not in r.path}))

    def nothing_here(request: Request) -> Response:
        asked = request.url.path
        if methods := {m for route in routes if route.path_regex.match(asked) for m in route.methods or ()}:
            allowed = ", ".join(sorted(methods))
            raise HTTPException(405, f"{asked} takes {allowed}, not {request.method}", {"Allow": allowed})
        raise HTTPException(404, f"there is no {asked}; there are {known}")

    rest = APIRouter()
    for path in ("/v1/{path:path}", "/page/{path:path}", "/health", "/metrics"):
        rest.add_api_route(path, nothing_here, methods=list(ANY_METHOD), include_in_schema=False)
    return rest


def answer_errors(app: FastAPI) -> None:
    """Make every refusal of the interface `{"error": "..."}`, and none a stack trace."""

    @app.exception_handler(DiplotoneError)
    def mistake(_: Request, error: DiplotoneError) -> Response:
        return _error(400, str(error))

    @app.exception_handler(LoginNeeded)
    def unknown(_: Request, error: LoginNeeded) -> Response:
        return _error(401, str(error))

    @app.exception_handler(Gone)
    def gone(_: Request, error: Gone) -> Response:
        return _error(404, str(error))

    @app.exception_handler(MissingExtra)
    def cannot(_: Request, error: DiplotoneError) -> Response:
        return _error(501, str(error))

    @app.exception_handler(Busy)
    def busy(_: Request, error: Busy) -> Response:
        return _error(429, str(error), {"Retry-After": str(error.retry_after_s)})

    @app.exception_handler(RetrainingBusy)
    def occupied(_: Request, error: DiplotoneError) -> Response:
        return _error(409, str(error))

    @app.exception_handler(RetrainingClosed)
    def switched_off(_: Request, error: DiplotoneError) -> Response:
        return _error(403, str(error))

    @app.exception_handler(TooManyArchives)
    def too_many(_: Request, error: TooManyArchives) -> Response:
        return _error(429, str(error), {"Retry-After": str(error.retry_after_s)})

    @app.exception_handler(TooLate)
    def too_late(_: Request, error: TooLate) -> Response:
        return _error(503, str(error), {"Retry-After": str(error.retry_after_s)})

    @app.exception_handler(StoreFailed)
    def not_stored(_: Request, error: StoreFailed) -> Response:
        logger.error("%s", error)
        return _error(503, str(error))

    @app.exception_handler(OSError)
    @app.exception_handler(MemoryError)
    @app.exception_handler(RuntimeError)
    def short_of(request: Request, error: Exception) -> Response:
        if (told := shortage(error)) is None:
            raise error  # a fault
        if is_for_want_of_memory(error):
            logger.error("no memory left for %s %s", request.method, request.url.path)
        else:
            logger.error("a file of the service cannot be read or written: %s", error)
        return _error(503, told)

    @app.exception_handler(RequestValidationError)
    def wrong_form(_: Request, error: RequestValidationError) -> Response:
        return _error(422, in_words(error.errors()))

    @app.exception_handler(HTTPException)
    def refused(_: Request, error: HTTPException) -> Response:
        return _error(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(Exception)
    def fault(request: Request, error: Exception) -> Response:
        logger.error("a fault in %s %s", request.method, request.url.path)  # the server logs the traceback
        if (told := shortage(error)) is not None:  # before the request came to its route
            return _error(503, told)
        return _error(500, "a fault of the service, not of the request; its log has the details")


def in_words(faults: Iterable[Any]) -> str:
    """Return what pydantic found as sentences: "text: Field required"."""
    return "; ".join(map(_in_words, faults))


def _in_words(fault: Any) -> str:
    where = ".".join(str(part) for part in fault["loc"] if part != "body")
    return f"{where}: {fault['msg']}" if where else f"the body: {fault['msg']}"


def as_json(value: Any) -> bytes:
    """Return JSON in UTF-8; half characters, which it cannot hold, become "?"."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _is_brief(form: str | None, accept: str) -> bool:
    """Whether a brief is asked for: by the query, or without one by the Accept header."""
    return form == "html" or (form is None and prefers_html(accept))


def _html(page: str) -> Response:
    return Response(page.encode("utf-8", "replace"), media_type="text/html; charset=utf-8")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    body = as_json({"error": message})  # which may quote half characters, that a JSONResponse cannot hold
    return Response(body, status_code=status, headers=headers, media_type="application/json")
