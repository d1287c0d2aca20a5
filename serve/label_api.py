"""Labels over HTTP: give, take back, settle, list, export, import, and what to label next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from ..model.analyzer import Analyzer
from ..model.article.actors import Gazetteer
from ..model.article.pairs import pairs_in
from ..model.article.scope import reasons_unscored
from ..model.article.sentences import split
from ..model.next_labels import suggest
from ..model.records import Pair, Record, Span, text_id
from .agreement import agreement
from .api import REFUSALS, ErrorAnswer
from .archive_file import read_archive
from .config import ServeConfig
from .label_files import Which, as_csv, as_jsonl, as_label_studio, export_records, import_file
from .label_types import (
    LONGEST_NAME,
    LONGEST_NOTE,
    Contradiction,
    Doubtful,
    Giver,
    Item,
    NewLabel,
    checked_annotator,
)
from .labelling import FindPairs, Level, first_opinions, second_opinions
from .labels import LabelStore
from .limits import check_records
from .login import Visitor, Writer
from .metrics import Metrics
from .pool import AnalyzerPool

SpanField = tuple[int, int] | None

Annotator = Annotated[
    str | None,
    Field(
        max_length=LONGEST_NAME,
        examples=["ada"],
        description="Who labels; where people log in it is always the name of the login.",
    ),
]

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

    annotator: Annotator = None
    release: str | None = Field(
        default=None, max_length=LONGEST_NAME, description="The release whose labels are corrected."
    )
    origin: Giver = Field(
        default="http",
        description="Where they were given: `correction`, beside what a release reads; `labelling`, with no label in"
        " sight; `http`, by another program. Only labels given with neither `release` nor `old`, and not as"
        " corrections, count as blind.",
    )
    labels: list[LabelRequest] = Field(min_length=1, max_length=1_000)


class SettleRequest(BaseModel):
    """Which label holds where annotators disagree: one of theirs, or another."""

    model_config = ConfigDict(extra="forbid")

    annotator: Annotator = None
    label: LabelRequest


class UndoRequest(BaseModel):
    """Who takes a label back."""

    model_config = ConfigDict(extra="forbid")

    annotator: Annotator = None
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
    settles: bool = Field(description="Whether it settles what annotators disagreed about.")
    had_seen: bool = Field(description="Whether its annotator had corrected that sentence before.")


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

    annotator: Annotator = None
    texts: list[str] = Field(min_length=1, examples=[["Seoul welcomed Pyongyang's offer."]])


class QueuedAnswer(BaseModel):
    """How many of them are new."""

    added: int


class TakenAnswer(QueuedAnswer):
    """What became of an archive's sentences."""

    read: int = Field(description="Sentences that the release has read to choose from.")
    found: int = Field(description="Sentences of the archive that can be judged; repeated ones count once.")


class QuestionAnswer(BaseModel):
    """A sentence, or a pair of actors in it."""

    text: str
    source: list[int] | None
    target: list[int] | None


class NextAnswer(BaseModel):
    """What to label next.

    There are no predictions and no labels of others with it, so that they do not lead the labeller.
    """

    questions: list[QuestionAnswer]


class DisputeAnswer(BaseModel):
    """An item about which annotators disagree, with the label that each stands by."""

    text: str
    task: str
    source: list[int] | None
    target: list[int] | None
    labels: list[LabelAnswer]


class DisputesAnswer(BaseModel):
    """What waits to be settled, the oldest first."""

    disputes: list[DisputeAnswer]
    settled: int = Field(description="Items that were settled already.")


class TaskAgreementAnswer(BaseModel):
    """Agreement in one task, over what two or more people labelled without seeing a label."""

    task: str
    n: int
    annotators: int
    same: float | None = Field(description="Share of those on which all gave the same label.")
    alpha: float | None = Field(description="Krippendorff's alpha, nominal.")


class AgreementAnswer(BaseModel):
    """Agreement in each task."""

    tasks: list[TaskAgreementAnswer]


MOST_TAKEN = 200
"""Sentences of an archive that are put up at once; more than anybody labels in a day."""

TextsOfArchive = Callable[[str], Sequence[str]]
"""From the id of an archive that was scored to its texts."""


def build_label_router(
    store: LabelStore,
    pool: AnalyzerPool,
    gazetteer: Gazetteer,
    texts_of_archive: TextsOfArchive,
    config: ServeConfig,
    metrics: Metrics,
) -> APIRouter:
    """Return the routes under /v1/labels and /v1/sentences."""
    router = APIRouter(responses=REFUSALS)

    def find_pairs(text: str) -> Sequence[tuple[Span, Span]]:
        return pairs_in(text, gazetteer)

    @router.post("/v1/labels", response_model=SavedAnswer, status_code=201, summary="Give labels")
    def give(request: LabelsRequest, login: Writer) -> Any:
        saved = store.add(
            [_new_label(label) for label in request.labels],
            annotator=checked_annotator(login or request.annotator),
            release=request.release,
            origin=request.origin,
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
    def undo(number: Annotated[int, Path(ge=1, le=LARGEST_ID)], request: UndoRequest, login: Writer) -> Any:
        who = checked_annotator(login or request.annotator)
        return {"saved": [store.undo(number, annotator=who, note=request.note).as_dict()]}

    @router.post(
        "/v1/labels/settle",
        response_model=SavedAnswer,
        status_code=201,
        summary="Settle a disagreement; the labels of the annotators stay",
    )
    def settle(request: SettleRequest, login: Writer) -> Any:
        who = checked_annotator(login or request.annotator)
        row = store.settle(_new_label(request.label), annotator=who, origin="http")
        metrics.labels.inc()
        return {"saved": [row.as_dict()]}

    @router.get(
        "/v1/labels/disputes", response_model=DisputesAnswer, summary="What annotators disagree about"
    )
    def disputes() -> Any:
        found = [
            _spans(dispute.item) | {"labels": [label.as_dict() for label in dispute.labels]}
            for dispute in store.contradictions()
        ]
        return {"disputes": found, "settled": len(store.settled())}

    @router.get(
        "/v1/labels/agreement", response_model=AgreementAnswer, summary="How far annotators agree, by task"
    )
    def agreed() -> Any:
        return {"tasks": [task.as_dict() for task in agreement(store.standing(), store.codebook)]}

    @router.get("/v1/labels", response_model=LabelsAnswer, summary="List labels")
    def listed(
        before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        annotator: Annotated[str | None, Query(description="Only this person's.")] = None,
    ) -> Any:
        rows = store.rows(before=before, limit=limit, annotator=annotator)
        return {
            "labels": [row.as_dict() for row in rows],
            "next": rows[-1].id if len(rows) == limit and rows[-1].id > 1 else None,
            "annotators": store.annotators(),
            "contradictions": list(map(_contradiction, store.contradictions())),
        }

    @router.get("/v1/labels/export", summary="All labels that stand, as a file", response_class=Response)
    def exported(
        form: Literal["jsonl", "csv", "label-studio"] = "jsonl",
        annotator: str | None = None,
        which: Annotated[
            Which,
            Query(description="checked: given alike by two people, or settled. Label Studio gets all."),
        ] = "all",
    ) -> Response:
        if form == "label-studio":
            standing = [label for label in store.standing() if annotator in (None, label.annotator)]
            return _file(as_label_studio(standing), "labels.json", "application/json")
        export = export_records(store, annotator, which)
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
    async def imported(request: Request, name: str, login: Writer, annotator: str | None = None) -> Any:
        who, data = checked_annotator(login or annotator), await request.body()
        found = await run_in_threadpool(import_file, store, name, data, annotator=who, brought_by=login)
        metrics.labels.inc(len(found.added))
        return {
            "added": len(found.added),
            "repeated": list(found.repeated),
            "contradictions": list(map(_contradiction, found.contradictions)),
        }

    @router.get("/v1/sentences", response_model=NextAnswer, summary="What to label next")
    def following(
        login: Visitor,
        annotator: str | None = None,
        level: Level = "sentence",
        second: Annotated[
            bool, Query(description="What one other person has labelled, for a second opinion.")
        ] = False,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Any:
        who = checked_annotator(login or annotator)
        if second:
            found = second_opinions(store, who, level, limit)
        else:
            found = first_opinions(store, find_pairs, who, level, limit)
        return {
            "questions": [
                {"text": q.text, "source": _list(q.source), "target": _list(q.target)} for q in found
            ]
        }

    @router.post(
        "/v1/sentences",
        response_model=QueuedAnswer,
        status_code=201,
        summary="Put sentences up for labelling",
    )
    async def queue(request: SentencesRequest, login: Writer) -> Any:
        rows = [{"text": text} for text in dict.fromkeys(request.texts)]
        check_records(rows, config.max_records, config.max_chars)
        who = checked_annotator(login or request.annotator)
        records = [_unlabelled(row["text"], find_pairs) for row in rows]
        doubtful = await pool.run(lambda analyzer: _doubtful(analyzer, records, len(records)))
        return {"added": await run_in_threadpool(store.queue, doubtful, annotator=who)}

    @router.post(
        "/v1/sentences/archive",
        response_model=TakenAnswer,
        status_code=201,
        responses={404: {"model": ErrorAnswer, "description": "There is no such archive any more."}},
        summary="Put up the sentences of an archive that are most worth labelling",
        description="The archive is the body (.csv, .jsonl, .parquet), or one that was scored, by its id.",
        openapi_extra=FILE_BODY,
    )
    async def take(
        request: Request,
        login: Writer,
        annotator: str | None = None,
        name: Annotated[str, Query(max_length=500)] = "",
        archive: Annotated[str | None, Query(description="Id of an archive that was scored.")] = None,
        n: Annotated[int, Query(ge=1, le=MOST_TAKEN, description="Sentences to put up.")] = 50,
    ) -> Any:
        who = checked_annotator(login or annotator)
        if archive is not None:
            texts = texts_of_archive(archive)
        else:
            limits = {"max_rows": config.max_archive_rows, "max_chars": config.max_chars}
            read = await run_in_threadpool(read_archive, name, await request.body(), **limits)
            texts = [row.text for row in read]
        sentences = await run_in_threadpool(_judgeable, texts)
        chosen = _spread(sentences, config.max_records)
        records = await run_in_threadpool(lambda: [_unlabelled(text, find_pairs) for text in chosen])
        doubtful = await pool.run(lambda analyzer: _doubtful(analyzer, records, n))
        added = await run_in_threadpool(store.queue, doubtful, annotator=who)
        return {"added": added, "read": len(chosen), "found": len(sentences)}

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
    labels = {label.annotator: label.new for label in contradiction.labels}
    return _spans(contradiction.item) | {"labels": labels}


def _spans(item: Item) -> dict[str, Any]:
    return {
        "text": item.text,
        "task": item.task,
        "source": _list(item.source),
        "target": _list(item.target),
    }


def _list(span: Span | None) -> list[int] | None:
    return list(span) if span else None


def _judgeable(texts: Sequence[str]) -> list[str]:
    """The sentences of texts that can be judged, each once, in their order."""
    found: dict[str, None] = {}
    for text in texts:
        sentences = split(text)
        for sentence, reason in zip(sentences, reasons_unscored(text, sentences), strict=True):
            if reason is None:
                found[text[sentence.start : sentence.end]] = None
    return list(found)


def _spread(sentences: Sequence[str], most: int) -> list[str]:
    """At most so many, taken at even distances, so that every part of an archive has its chance."""
    n = min(len(sentences), most)
    return [sentences[place * len(sentences) // n] for place in range(n)]


def _unlabelled(text: str, find_pairs: FindPairs) -> Record:
    pairs = tuple(Pair(source=source, target=target) for source, target in find_pairs(text))
    return Record(text=text, id=text_id(text), pairs=pairs)


def _doubtful(analyzer: Analyzer, records: Sequence[Record], n: int) -> list[Doubtful]:
    return [
        Doubtful(text=s.record.text, release=analyzer.release.label, doubt=s.worth)
        for s in suggest(analyzer, records, n)
    ]


def _file(body: str, name: str, media_type: str, headers: dict[str, str] | None = None) -> Response:
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(
        body.encode("utf-8", "replace"), media_type=media_type, headers=disposition | (headers or {})
    )
