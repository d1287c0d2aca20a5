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
from ..model.records import Record, Span
from .api import REFUSALS, refusal
from .archive_file import read_archive
from .config import ServeConfig
from .label_files import (
    Which,
    as_csv,
    as_jsonl,
    as_label_studio,
    export_records,
    import_file,
    lost_in_csv,
)
from .label_history import history_as_csv, history_as_jsonl
from .label_types import (
    LONGEST_NAME,
    LONGEST_NOTE,
    Contradiction,
    Doubtful,
    Giver,
    Item,
    Label,
    NewLabel,
    checked_annotator,
)
from .labelling import Level, first_opinions, second_opinions, unlabelled
from .labels import LabelStore
from .limits import check_records
from .login import Visitor, Writer
from .metrics import Metrics
from .pool import AnalyzerPool
from .workspace import Gone

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


class LabelsQuery(BaseModel):
    """Which page of the store."""

    before: int | None = Field(default=None, ge=1, le=LARGEST_ID, description="Only labels with smaller ids.")
    limit: int = Field(default=50, ge=1, le=500)
    annotator: str | None = Field(default=None, description="Only this person's.")


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


class BeforeAnswer(BaseModel):
    """A label in whose place another one stands."""

    id: int
    new: str


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


class RowAnswer(LabelAnswer):
    """A row with what stood before it."""

    before: BeforeAnswer | None = Field(
        description="What its annotator stood by until then; the same label again where it was given twice."
    )


class SavedAnswer(BaseModel):
    """Rows that are on the disk."""

    saved: list[RowAnswer]


class ContradictionAnswer(BaseModel):
    """An item about which annotators disagree."""

    text: str
    task: str
    source: list[int] | None
    target: list[int] | None
    labels: dict[str, str] = Field(
        description="By annotator; with a comma between, where one has labelled several writings of the text.",
        examples=[{"ada": "critical", "ben": "hostile"}],
    )


class LabelsAnswer(BaseModel):
    """A page of the store, the latest first."""

    labels: list[RowAnswer]
    next: int | None = Field(description="Give it as `before` for the next page; null on the last.")
    annotators: dict[str, int] = Field(description="Labels that each annotator stands by.")
    contradictions: list[ContradictionAnswer]


class ImportAnswer(BaseModel):
    """What became of a file."""

    added: int
    repeated: list[str] = Field(description="Labels that stood already; not stored again.")
    changed: list[str] = Field(
        description="Labels of those added whose annotator said otherwise before, in the store or in the same file."
    )
    contradictions: list[ContradictionAnswer]


class LeftOutAnswer(BaseModel):
    """What an export of all labels leaves out."""

    disputed: int = Field(
        description="Questions about which annotators disagree; nobody has settled them yet."
    )
    unknown: int = Field(description="Labels that the codebook in use does not have.")
    csv: int = Field(
        description="In CSV also: labels of pairs whose words stand in their sentence more than once."
    )


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
    unknown: int = Field(
        description="Labels that stand and count nowhere: the codebook in use does not have them, as after a retraining"
        " with another one."
    )


LEFT_OUT, UNKNOWN, LOST_IN_CSV = "x-left-out", "x-left-out-unknown", "x-left-out-csv"
"""Headers of an export, with what it leaves out; see `LeftOutAnswer`."""

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
        return store_labels(store, request, login, metrics)

    @router.post(
        "/v1/labels/{number}/undo",
        response_model=SavedAnswer,
        status_code=201,
        summary="Take one back",
        responses={404: refusal("The address has no number in it.", "there is no /v1/labels//undo")},
    )
    def undo(number: Annotated[int, Path(ge=1, le=LARGEST_ID)], request: UndoRequest, login: Writer) -> Any:
        who = checked_annotator(login or request.annotator)
        return {"saved": _rows(store, [store.undo(number, annotator=who, note=request.note)])}

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
        return {"saved": _rows(store, [row])}

    @router.get(
        "/v1/labels/disputes", response_model=DisputesAnswer, summary="What annotators disagree about"
    )
    def disputes() -> Any:
        found = [
            _spans(dispute.item) | {"labels": [label.as_dict() for label in dispute.labels]}
            for dispute in store.contradictions()
        ]
        return {"disputes": found, "settled": store.n_settled()}

    @router.get(
        "/v1/labels/agreement", response_model=AgreementAnswer, summary="How far annotators agree, by task"
    )
    def agreed() -> Any:
        return {"tasks": [task.as_dict() for task in store.agreement()], "unknown": store.n_unknown()}

    @router.get("/v1/labels", response_model=LabelsAnswer, summary="List labels")
    def listed(query: Annotated[LabelsQuery, Query()]) -> Any:
        return page_of_labels(store, query)

    @router.get("/v1/labels/export", summary="All labels that stand, as a file", response_class=Response)
    def exported(
        form: Annotated[
            Literal["jsonl", "csv", "label-studio", "history-jsonl", "history-csv"],
            Query(
                description="Records as JSONL or CSV, and Label Studio's JSON, can be imported again. A history has"
                " every row there ever was, with annotator, time, release, the label before and the note."
            ),
        ] = "jsonl",
        annotator: str | None = None,
        which: Annotated[
            Which,
            Query(
                description="checked: given alike by two people, or settled. Label Studio and a history get all."
            ),
        ] = "all",
    ) -> Response:
        if form == "history-jsonl":
            return _file(
                history_as_jsonl(store.history(annotator)), "labels-history.jsonl", "application/jsonl"
            )
        if form == "history-csv":
            table = "\ufeff" + history_as_csv(store.history(annotator))
            return _file(table, "labels-history.csv", "text/csv; charset=utf-8")
        if form == "label-studio":
            standing = [label for label in store.standing() if annotator in (None, label.annotator)]
            known = [label for label in standing if label.is_in(store.codebook)]
            unknown = {UNKNOWN: str(len(standing) - len(known))}
            return _file(as_label_studio(known), "labels.json", "application/json", unknown)
        export = export_records(store, annotator, which)
        headers = {LEFT_OUT: str(len(export.contradictions)), UNKNOWN: str(len(export.unknown))}
        if form == "csv":
            headers[LOST_IN_CSV] = str(lost_in_csv(export.records))
            return _file("\ufeff" + as_csv(export.records), "labels.csv", "text/csv; charset=utf-8", headers)
        return _file(as_jsonl(export.records), "labels.jsonl", "application/jsonl", headers)

    @router.get(
        "/v1/labels/left-out", response_model=LeftOutAnswer, summary="What an export of all labels leaves out"
    )
    def left_out() -> Any:
        export = export_records(store)
        return {
            "disputed": len(export.contradictions),
            "unknown": len(export.unknown),
            "csv": lost_in_csv(export.records),
        }

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
            "changed": list(found.changed),
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
        records = [unlabelled(row["text"], find_pairs) for row in rows]
        chars = sum(len(record.text) for record in records)
        doubtful = await pool.run(lambda analyzer: _doubtful(analyzer, records, len(records)), chars=chars)
        metrics.sentences.inc(len(records))
        return {"added": await run_in_threadpool(store.queue, doubtful, annotator=who)}

    @router.post(
        "/v1/sentences/archive",
        response_model=TakenAnswer,
        status_code=201,
        responses={404: refusal("There is no such archive any more.", str(Gone("this archive")))},
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
        records = await run_in_threadpool(lambda: [unlabelled(text, find_pairs) for text in chosen])
        chars = sum(len(record.text) for record in records)
        doubtful = await pool.run(lambda analyzer: _doubtful(analyzer, records, n), chars=chars)
        metrics.sentences.inc(len(records))
        added = await run_in_threadpool(store.queue, doubtful, annotator=who)
        return {"added": added, "read": len(chosen), "found": len(sentences)}

    return router


FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def store_labels(
    store: LabelStore, request: LabelsRequest, login: str | None, metrics: Metrics
) -> dict[str, Any]:
    """Store labels and return a `SavedAnswer`; whoever is logged in is their annotator.

    Raises:
        LabelError: One is wrong, nobody says who labels, or the store cannot be written.
    """
    saved = store.add(
        [_new_label(label) for label in request.labels],
        annotator=checked_annotator(login or request.annotator),
        release=request.release,
        origin=request.origin,
    )
    metrics.labels.inc(len(saved))
    return {"saved": _rows(store, saved)}


def page_of_labels(store: LabelStore, query: LabelsQuery) -> dict[str, Any]:
    """Return a page of the store, a `LabelsAnswer`.

    Raises:
        LabelError: The store cannot be read.
    """
    rows = store.rows(before=query.before, limit=query.limit, annotator=query.annotator)
    return {
        "labels": _rows(store, rows),
        "next": rows[-1].id if len(rows) == query.limit and rows[-1].id > 1 else None,
        "annotators": store.annotators(),
        "contradictions": list(map(_contradiction, store.contradictions())),
    }


def _new_label(label: LabelRequest) -> NewLabel:
    item = Item(text=label.text, task=label.task, source=label.source, target=label.target)
    return NewLabel(item=item, new=label.new, old=label.old, note=label.note)


def _rows(store: LabelStore, labels: Sequence[Label]) -> list[dict[str, Any]]:
    """Rows with what their annotators stood by until then."""
    before = store.before(labels)
    return [
        label.as_dict() | {"before": {"id": b.id, "new": b.new} if (b := before.get(label.id)) else None}
        for label in labels
    ]


def _contradiction(contradiction: Contradiction) -> dict[str, Any]:
    labels: dict[str, list[str]] = {}
    for label in contradiction.labels:
        labels.setdefault(label.annotator, []).append(str(label.new))
    shown = {annotator: ", ".join(dict.fromkeys(given)) for annotator, given in labels.items()}
    return _spans(contradiction.item) | {"labels": shown}


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
