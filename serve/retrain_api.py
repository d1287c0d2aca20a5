"""Retrainings and releases over HTTP: start one, see how far it is, stop it, put its release into use, go back."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from .api import REFUSALS, refusal
from .login import Writer
from .releasing import Releasing
from .retraining import Retraining, Retrainings
from .workspace import Gone

MAY_BE_CLOSED: dict[int | str, dict[str, Any]] = {
    403: refusal(
        "Retraining is switched off here.",
        "retraining is switched off here (retraining = false); ask whoever runs this service",
    ),
    404: refusal("There is no such retraining.", str(Gone("this retraining"))),
}


class RetrainingAnswer(BaseModel):
    """One retraining as it stands."""

    id: str = Field(examples=["20260301-093000-041592"])
    asked: str = Field(examples=["2026-03-01T09:30:00+00:00"])
    sentences: int = Field(description="Labelled sentences that it was given.")
    left_out: int = Field(description="Labels about which annotators disagreed; it was not given them.")
    unknown: int = Field(description="Labels that the codebook does not have; it was not given them either.")
    state: Literal["waiting", "running", "ended", "cancelled", "failed"]
    phase: str | None = Field(
        description="starting, preparing, training, writing, judging or ended; null while it waits."
    )
    step: int | None = Field(description="Steps of training that are done; null in other phases.")
    steps: int | None
    seconds_left: float | None = Field(
        description="About, until its verdict, or until its turn where it waits; null where nothing tells."
    )
    problem: str | None = Field(description="Why it failed.")
    outcome: Literal["promote", "refuse", "undecided"] | None = Field(description="Of its verdict.")
    reasons: list[str] = Field(description="Of its verdict, in words, the weightiest first.")


class RetrainingWithVerdict(RetrainingAnswer):
    """The same with all figures of the verdict."""

    verdict: dict[str, Any] | None = Field(
        description="What was measured on the same sentences with both releases: by task and label, speed, and under"
        " `difference` what changes in the sentences that are labelled or put up for labelling."
    )


class RetrainAnswer(BaseModel):
    """What a retraining would do now, and those that were."""

    sentences: int = Field(description="Labelled sentences that one started now would be given.")
    held_out: int = Field(
        description="About how many of these it holds out to judge by; the others are learnt."
    )
    left_out: int = Field(description="Labels about which annotators disagree; they are not learnt.")
    unknown: int = Field(
        description="Labels that the codebook of the release in use does not have; they are not learnt either."
    )
    notes: list[str] = Field(description="What few labels mean for it.")
    problem: str | None = Field(description="Why none can be started; null where one can.")
    retrainings: list[RetrainingAnswer] = Field(description="Those that are kept, the latest first.")


class ReleaseAnswer(BaseModel):
    """A release that can be used."""

    name: str = Field(examples=["shipped", "minilm-r1-0123456789ab"])
    label: str = Field(description="As results quote it, or what is wrong with it.")
    outcome: str | None = Field(description="Of the verdict that came with it.")
    is_current: bool
    since: str | None = Field(
        description="When it was first put into use; null for the shipped one.",
        examples=["2026-03-01T10:05:00+00:00"],
    )


class ReleasesAnswer(BaseModel):
    """The releases that can be used."""

    releases: list[ReleaseAnswer]


class PromoteRequest(BaseModel):
    """What to put into use."""

    model_config = ConfigDict(extra="forbid")

    candidate: str = Field(
        max_length=200,
        description='The id of a retraining that has ended, the name of a release that is kept, or "shipped".',
        examples=["20260301-093000-041592"],
    )
    anyway: bool = Field(
        default=False,
        description="Even where its verdict is to refuse it, or compares it with a release not in use any more.",
    )


class DoneAnswer(BaseModel):
    """What was done. The service takes it up within seconds; /health names the release that answers."""

    done: str = Field(
        examples=["minilm-r1@0123456789ab is in use, after 50 sentences answered as when it was made"]
    )


def build_retrain_router(retrainings: Retrainings, releasing: Releasing) -> APIRouter:
    """Return the routes under /v1/retrain and /v1/releases."""
    router = APIRouter(responses=REFUSALS | MAY_BE_CLOSED)

    @router.get(
        "/v1/retrain", response_model=RetrainAnswer, summary="What a retraining would do, and those that were"
    )
    def overview() -> Any:
        plan = retrainings.plan()
        return {
            "sentences": plan.sentences,
            "held_out": plan.held_out,
            "left_out": plan.left_out,
            "unknown": plan.unknown,
            "notes": plan.notes,
            "problem": plan.problem,
            "retrainings": [as_answer(found) for found in retrainings.all()],
        }

    @router.post(
        "/v1/retrain",
        response_model=RetrainingAnswer,
        status_code=202,
        responses={
            409: refusal(
                "One runs and one waits already.",
                "one retraining runs and another waits already; cancel one of them, or wait until one has ended",
            ),
            501: refusal(
                "What training needs is not installed.",
                "this needs torch, which the base installation leaves out: run pip install 'diplotone[train]'",
            ),
        },
        summary="Start a retraining with the labels that stand",
    )
    def start(_: Writer) -> Any:
        return as_answer(retrainings.start())

    @router.get(
        "/v1/retrain/{name}", response_model=RetrainingWithVerdict, summary="How far it is, and its verdict"
    )
    def status(name: str) -> Any:
        found = retrainings.get(name)
        return as_answer(found) | {"verdict": found.verdict}

    @router.delete("/v1/retrain/{name}", response_model=RetrainingAnswer, summary="Cancel it")
    def cancel(name: str, _: Writer) -> Any:
        return as_answer(retrainings.cancel(name))

    @router.get("/v1/releases", response_model=ReleasesAnswer, summary="The releases that can be used")
    def listed() -> Any:
        return {"releases": releasing.releases()}

    @router.post(
        "/v1/releases/promote",
        response_model=DoneAnswer,
        summary="Put a release into use, after a test of it",
    )
    def promote(request: PromoteRequest, _: Writer) -> Any:
        return {"done": releasing.promote(request.candidate, anyway=request.anyway)}

    @router.post("/v1/releases/rollback", response_model=DoneAnswer, summary="Go back to the release before")
    def rollback(_: Writer) -> Any:
        return {"done": releasing.rollback()}

    return router


def as_answer(found: Retraining) -> dict[str, Any]:
    """Return a retraining as HTTP gives it."""
    verdict = found.verdict or {}
    return {
        "id": found.id,
        "asked": found.asked,
        "sentences": found.sentences,
        "left_out": found.left_out,
        "unknown": found.unknown,
        "state": found.state,
        "phase": found.phase,
        "step": found.step,
        "steps": found.steps,
        "seconds_left": found.seconds_left,
        "problem": found.problem,
        "outcome": verdict.get("outcome"),
        "reasons": verdict.get("reasons", []),
    }
