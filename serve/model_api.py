"""What the Model tab asks for while it is open: its parts as HTML, and how far retrainings are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from ..model.errors import ReleaseError
from ..model.release import read_pointer
from .model_view import render_card, render_figures
from .pool import AnalyzerPool
from .retrain_view import (
    progress_words,
    render_notice,
    render_outcomes,
    render_plan,
    render_way_back,
)
from .retraining import MOST_AT_ONCE, Retraining, Retrainings


def build_model_router(
    pool: AnalyzerPool, retrainings: Retrainings, notice: Callable[[], str | None], *, allowed: bool
) -> APIRouter:
    """Return the route of the Model tab.

    Args:
        pool: Whose release answers.
        retrainings: All of them.
        notice: Says what is to be known of the release that answers, or None.
        allowed: Whether the release may be changed here.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/page/model")
    def parts(release: str = "", plan: bool = True) -> dict[str, Any]:
        found, now = retrainings.all(), pool.analyzers[0].release
        shown = {
            "notice": render_notice(notice()),
            "outcome": render_outcomes(found, now.label, allowed=allowed),
            "way-back": render_way_back(_history(), allowed=allowed),
        }
        if release != now.label:  # large, and the same as long as the release is
            shown["figures"] = render_figures(now, now.codebook)
            shown["card"] = render_card(now)
        answer = {
            "release": now.label,
            "parts": shown,
            "room": sum(one.is_alive for one in found) < MOST_AT_ONCE,
            "running": _how_far(found, "running"),
            "waiting": _how_far(found, "waiting"),
        }
        if plan:  # which reads all labels
            planned = retrainings.plan()
            shown["plan"] = render_plan(planned)
            answer["possible"] = planned.problem is None
        return answer

    return router


def _how_far(found: list[Retraining], state: str) -> dict[str, Any] | None:
    one = next((one for one in found if one.state == state), None)
    return one and {"id": one.id, "words": progress_words(one), "step": one.step, "steps": one.steps}


def _history() -> tuple[str, ...]:
    try:
        return read_pointer()
    except ReleaseError:  # the next promotion mends it
        return ()
