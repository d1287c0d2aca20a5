"""The functions of the HTTP interface for programs that speak Gradio: the same checks, answers and words.

Records and labels come and go as JSON text. Gradio takes whatever looks like the description of a file for a file, in
what it is sent and in what it answers, and fetches it, and so does its client; what stands in a text is left alone.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr
from gradio.events import api
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from ..model.errors import DiplotoneError, RecordError
from .api import ScoreRequest, as_json, in_words
from .label_api import LabelsAnswer, LabelsQuery, LabelsRequest, SavedAnswer, page_of_labels, store_labels
from .label_types import StoreFailed
from .labels import LabelStore
from .login import Login, LoginNeeded
from .metrics import Metrics
from .reading import Reading
from .shortage import FAULT, shortage

logger = logging.getLogger(__name__)


def offer_functions(reading: Reading, store: LabelStore, login: Login, metrics: Metrics) -> None:
    """Add the functions to the page that is being built.

    Args:
        reading: Reads the texts.
        store: The labels.
        login: Who may write.
        metrics: Where labels are counted.
    """

    async def analyze(text: str) -> dict[str, Any]:
        """Read one article: its tone, its sentences, and who stands where toward whom.

        Args:
            text: The article in English, as it stands.
        """
        with _told():
            return await run_in_threadpool((await reading.analysis(text)).as_dict)

    async def compare(before: str, after: str) -> dict[str, Any]:
        """Set two statements side by side: sentences aligned, and the shift of tone.

        Args:
            before: The earlier statement.
            after: The later one.
        """
        with _told():
            found, _ = await reading.comparison(before, after)
            return await run_in_threadpool(found.as_dict)

    async def score(rows: str) -> str:
        """Score sentences and pairs of actors in them; JSON text, as POST /v1/score answers.

        Args:
            rows: JSON text: a list of records, [{"text": "...", "pairs": [{"source": "...", "target": "..."}]}].
        """
        with _told():
            request = ScoreRequest.model_validate({"records": _parsed(rows, "rows")})
            scored = await reading.scores(request.rows())
            return (await run_in_threadpool(as_json, {"records": scored})).decode()

    def list_labels(before: int | None = None, limit: int = 50, annotator: str | None = None) -> str:
        """List labels, the latest first; JSON text, as GET /v1/labels answers.

        Args:
            before: Only labels with smaller ids, to turn pages.
            limit: At most so many.
            annotator: Only this person's.
        """
        with _told():
            query = LabelsQuery.model_validate({"before": before, "limit": limit, "annotator": annotator})
            return _answer(LabelsAnswer, page_of_labels(store, query))

    def add_labels(
        request: gr.Request, labels: str, annotator: str | None = None, release: str | None = None
    ) -> str:
        """Give labels; JSON text, as POST /v1/labels answers. Needs the login where there is one.

        Args:
            request: Whose login it is.
            labels: JSON text: a list of labels, [{"text": "...", "task": "tone", "new": "critical"}].
            annotator: Who labels; where people log in it is always the name of the login.
            release: The release whose labels are corrected.
        """
        with _told():
            if request.request is None:  # Gradio has lost whose call it is
                raise LoginNeeded
            who = login.writer(request.request)
            given = {"annotator": annotator, "release": release, "labels": _parsed(labels, "labels")}
            return _answer(
                SavedAnswer, store_labels(store, LabelsRequest.model_validate(given), who, metrics)
            )

    api(analyze, api_name="analyze")
    api(compare, api_name="compare")
    api(score, api_name="score")
    api(list_labels, api_name="list_labels")
    api(add_labels, api_name="add_labels")


def _parsed(text: object, name: str) -> Any:
    """What stands in JSON text."""
    if not isinstance(text, str):
        raise RecordError(f'{name}: must be JSON text, such as \'[{{"text": "..."}}]\'')
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(
            f'{name}: is not JSON: {error}; give text such as \'[{{"text": "..."}}]\''
        ) from None


def _answer(form: type[BaseModel], answer: dict[str, Any]) -> str:
    return form.model_validate(answer).model_dump_json()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Make a refusal one that Gradio hands on, in the words that HTTP would have."""
    try:
        yield
    except ValidationError as error:
        words = in_words(error.errors())
    except StoreFailed as error:
        logger.error("%s", error)
        words = str(error)
    except DiplotoneError as error:
        words = str(error)
    except Exception as error:
        logger.exception("a fault in answering a program")
        words = shortage(error) or FAULT
    else:
        return
    whole = words.encode("utf-8", "replace").decode()  # half characters would break the answer
    raise gr.Error(whole, print_exception=False)
