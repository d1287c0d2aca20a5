"""Labels over HTTP: give, take back, list, export, import, and what to label next."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from ..model.analyzer import Analyzer
from .api import REFUSALS, ErrorAnswer
from .config import ServeConfig
from .label_files import as_csv, as_jsonl, as_label_studio, export_records, import_file
from .labels import (
    LONGEST_NAME,
    LONGEST_NOTE,
    Contradiction,
    Doubtful,
    Item,
    LabelStore,
    NewLabel,
    checked_annotator,
)
from .limits import check_records
from .metrics import Metrics
from .pool import AnalyzerPool

SpanField = tuple[int, int] | None

Annotator = Annotated[str, Field(max_length=LONGEST_NAME, examples=["ada"])]

LARGEST_ID = 2**63 - 1
"""What SQLite counts to."""


class LabelRequest(BaseModel):
    """One label of one sentence or pair."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "text": "Seoul welcomed Pyongyang's offer.",
                    "task": "stance",
                    "source": [0, 5],
                    "target": [15, 24],
                    "old": "neutral",
                    "new": "supportive",
                }
            ]
        },
    )

    text: str
    task: Literal["sentiment", "tone", "stance", "act"]
    source: SpanField = Field(default=None, description="[start, end) in characters; for pairs only.")
    target: SpanField = Field(default=None, description="[start, end) in characters; for pairs only.")
    old: str | None = Field(default=None, description="The label that stood there.")
    new: str = Field(description="The right one.")
    note: str | None = Field(default=None, max_length=LONGEST_NOTE)


class LabelsRequest(BaseModel):
    """Labels of one annotator; all are stored or none."""

    model_config = ConfigDict(extra="forbid")

    annotator: Annotator
    release: str | None = Field(
        default=None, max_length=LONGEST_NAME, description="The release whose labels are corrected."
    )
    labels: list[LabelRequest] = Field(min_length=1, max_length=1_000)


class UndoRequest(BaseModel):
    """Who takes a label back."""

    model_config = ConfigDict(extra="forbid")

    annotator: Annotator
    note: str | None = Field(default=None, max_length=LONGEST_NOTE)


class LabelAnswer(BaseModel):
    """A row of the store."""

    id: int
    made: str = Field(examples=["2026-03-01T09:30:00.000+00:00"])
    annotator: str
    release: str | None
    origin: str
    text: str
    text_sha256: str
    task: str
    source: list[int] | None
    target: list[int] | None
    old: str | None
    new: str | None
    note: str | None
    undoes: int | None
    undone: bool


class SavedAnswer(BaseModel):
    """Rows that are on the disk."""

    saved: list[LabelAnswer]


class ContradictionAnswer(BaseModel):
    """An item about which annotators disagree."""

    text: str
    task: str
    source: list[int] | None
    target: list[int] | None
    labels: dict[str, str] = Field(examples=[{"ada": "critical", "ben": "hostile"}])


class LabelsAnswer(BaseModel):
    """A page of the store, the latest first."""

    labels: list[LabelAnswer]
    next: int | None = Field(description="Give it as `before` for the next page; null on the last.")
    annotators: dict[str, int] = Field(description="Labels that each annotator stands by.")
    contradictions: list[ContradictionAnswer]


class ImportAnswer(BaseModel):
    """What became of a file."""

    added: int
    repeated: list[str] = Field(description="Labels that stood already; not stored again.")
    contradictions: list[ContradictionAnswer]


class SentencesRequest(BaseModel):
    """Sentences to put up for labelling."""

    model_config = ConfigDict(extra="forbid")

    annotator: Annotator
    texts: list[str] = Field(min_length=1, examples=[["Seoul welcomed Pyongyang's offer."]])


class QueuedAnswer(BaseModel):
    """How many of them are new."""

    added: int


class NextAnswer(BaseModel):
    """Sentences worth labelling, those first of which the release is least sure.

    There are no predictions with them, so that they do not lead the labeller.
    """

    texts: list[str]


def build_label_router(
    store: LabelStore, pool: AnalyzerPool, config: ServeConfig, metrics: Metrics
) -> APIRouter:
    """Return the routes under /v1/labels and /v1/sentences."""
    router = APIRouter(responses=REFUSALS)

    @router.post("/v1/labels", response_model=SavedAnswer, status_code=201, summary="Give labels")
    def give(request: LabelsRequest) -> Any:
        saved = store.add(
            [_new_label(label) for label in request.labels],
            annotator=request.annotator,
            release=request.release,
            origin="http",
        )
        metrics.labels.inc(len(saved))
        return {"saved": [label.as_dict() for label in saved]}

    @router.post(
        "/v1/labels/{number}/undo",
        response_model=SavedAnswer,
        status_code=201,
        summary="Take one back",
        responses={404: {"model": ErrorAnswer, "description": "The address has no number in it."}},
    )
    def undo(number: Annotated[int, Path(ge=1, le=LARGEST_ID)], request: UndoRequest) -> Any:
        return {"saved": [store.undo(number, annotator=request.annotator, note=request.note).as_dict()]}

    @router.get("/v1/labels", response_model=LabelsAnswer, summary="List labels")
    def listed(
        before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> Any:
        rows = store.rows(before=before, limit=limit)
        return {
            "labels": [row.as_dict() for row in rows],
            "next": rows[-1].id if len(rows) == limit and rows[-1].id > 1 else None,
            "annotators": store.annotators(),
            "contradictions": list(map(_contradiction, store.contradictions())),
        }

    @router.get("/v1/labels/export", summary="All labels that stand, as a file", response_class=Response)
    def exported(
        form: Literal["jsonl", "csv", "label-studio"] = "jsonl", annotator: str | None = None
    ) -> Response:
        if form == "label-studio":
            standing = [label for label in store.standing() if annotator in (None, label.annotator)]
            return _file(as_label_studio(standing), "labels.json", "application/json")
        export = export_records(store, annotator)
        headers = {"x-left-out": str(len(export.contradictions))}
        if form == "csv":
            return _file("\ufeff" + as_csv(export.records), "labels.csv", "text/csv; charset=utf-8", headers)
        return _file(as_jsonl(export.records), "labels.jsonl", "application/jsonl", headers)

    @router.post(
        "/v1/labels/import",
        response_model=ImportAnswer,
        status_code=201,
        summary="Labels of a file: records as .jsonl or .csv, Label Studio's .json",
        openapi_extra=FILE_BODY,
    )
    async def imported(request: Request, name: str, annotator: str) -> Any:
        who, data = checked_annotator(annotator), await request.body()
        found = await run_in_threadpool(import_file, store, name, data, annotator=who)
        metrics.labels.inc(len(found.added))
        return {
            "added": len(found.added),
            "repeated": list(found.repeated),
            "contradictions": list(map(_contradiction, found.contradictions)),
        }

    @router.get("/v1/sentences", response_model=NextAnswer, summary="What to label next")
    def following(annotator: str, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Any:
        return {"texts": [s.text for s in store.next_to_label(checked_annotator(annotator), limit=limit)]}

    @router.post(
        "/v1/sentences",
        response_model=QueuedAnswer,
        status_code=201,
        summary="Put sentences up for labelling",
    )
    async def queue(request: SentencesRequest) -> Any:
        rows = [{"text": text} for text in dict.fromkeys(request.texts)]
        check_records(rows, config.max_records, config.max_chars)
        who = checked_annotator(request.annotator)
        doubtful = await pool.run(lambda analyzer: _doubtful(analyzer, rows))
        return {"added": await run_in_threadpool(store.queue, doubtful, annotator=who)}

    return router


FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def _new_label(label: LabelRequest) -> NewLabel:
    item = Item(text=label.text, task=label.task, source=label.source, target=label.target)
    return NewLabel(item=item, new=label.new, old=label.old, note=label.note)


def _contradiction(contradiction: Contradiction) -> dict[str, Any]:
    item = contradiction.item
    return {
        "text": item.text,
        "task": item.task,
        "source": list(item.source) if item.source else None,
        "target": list(item.target) if item.target else None,
        "labels": {label.annotator: label.new for label in contradiction.labels},
    }


def _doubtful(analyzer: Analyzer, rows: list[dict[str, str]]) -> list[Doubtful]:
    """Sentences with their doubt: 1 less the smaller lead of the likeliest label over the next."""
    return [
        Doubtful(
            text=row["text"],
            release=analyzer.release.label,
            doubt=1 - min(_lead(row["predicted"][task]["probabilities"]) for task in ("tone", "sentiment")),
        )
        for row in analyzer.score(rows)
    ]


def _lead(probabilities: dict[str, float]) -> float:
    first, second = [*sorted(probabilities.values(), reverse=True), 0.0, 0.0][:2]
    return first - second


def _file(body: str, name: str, media_type: str, headers: dict[str, str] | None = None) -> Response:
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(
        body.encode("utf-8", "replace"), media_type=media_type, headers=disposition | (headers or {})
    )
