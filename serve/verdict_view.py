"""The verdict on a retrained release, for the page: outcome, why, what was compared, what changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from .markup import Child, element, join
from .retraining import MOST_SENTENCES
from .verdict_rows import HEADS, compared_rows

OUTCOMES = {
    "promote": "Better: the new release is better than the one in use, and nothing that matters is worse.",
    "refuse": "Worse: the new release is worse than the one in use.",
    "undecided": "Undecided: the new release is neither shown to be better nor to be worse.",
}
PLACES = (("corrections", "Your labels that were held out"), ("test", "The project's own test sentences"))
UNSURE = "not sure"


def render_verdict(verdict: Mapping[str, Any]) -> Markup:
    """Return a verdict as `diplotone-train` wrote it: outcome, reasons, figures and, where there is one, difference."""
    outcome = str(verdict["outcome"])
    return join(
        element(
            "p", element("b", OUTCOMES.get(outcome, outcome)), class_="verdict-words", data_outcome=outcome
        ),
        element("ul", *(element("li", reason) for reason in verdict["reasons"]), class_="reasons"),
        element(
            "div",
            _table(HEADS, compared_rows(verdict), called="The two releases side by side"),
            class_="side-by-side",
        ),
        *(_place(verdict[key], title) for key, title in PLACES),
        _difference(verdict.get("difference")),
        _notes(verdict.get("notes", ())),
    )


def _place(figures: Mapping[str, Any], title: str) -> Markup:
    tasks = {task: row for task, row in figures["tasks"].items() if row["n"]}
    if not tasks:
        return element("p", f"{title}: none.", class_="quiet")
    return element(
        "details",
        element("summary", f"{title}: {figures['sentences']:,}, by label"),
        _table(
            ("", "labels", "in use", "new", "difference", "95 % interval"),
            (row for task, found in tasks.items() for row in _task_rows(task, found)),
        ),
        class_="fold",
    )


def _task_rows(task: str, found: Mapping[str, Any]) -> Iterator[tuple[Child, ...]]:
    yield (element("b", f"{task}, {found['figure']}"), *_compared(found))
    for label, row in found["classes"].items():
        yield (f"{label}, F1", *_compared(row))


def _compared(row: Mapping[str, Any]) -> tuple[Child, ...]:
    low, high = row["interval"]
    return (
        f"{row['n']:,}",
        f"{row['current']:.3f}",
        f"{row['candidate']:.3f}",
        _signed(row["difference"]),
        f"{_signed(low)} to {_signed(high)}",
    )


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _difference(found: Mapping[str, Any] | None) -> Markup | None:
    """What changes in the sentences that the retraining was given to compare."""
    if not found:
        return None
    n, largest = found["n_sentences"], found["largest"]
    which = "labelled or put up for labelling"
    if n >= MOST_SENTENCES:
        which += f" (of those put up at most {MOST_SENTENCES:,}, of which the release is least sure)"
    words = f"Of the {n:,} sentences that are {which}, {found['n_changed']:,} would get another label"
    if not largest:
        return element("p", f"{words}.")
    return element(
        "details",
        element("summary", f"{words}; {_largest_words(found['n_changed'], len(largest))}"),
        _table(
            ("sentence", "question", "in use", "new"),
            ((row["text"], row["task"], row["before"] or UNSURE, row["after"] or UNSURE) for row in largest),
        ),
        class_="fold difference",
    )


def _largest_words(n_changed: int, n_shown: int) -> str:
    if n_changed > n_shown:
        return f"these are the {n_shown} largest changes"
    return "this is the change" if n_shown == 1 else "these are the changes, the largest first"


def _notes(notes: Sequence[str]) -> Markup | None:
    """What the training says of itself: how many sentences, only the last layer, other labels, data not at hand."""
    if not notes:
        return None
    return element(
        "div",
        element("p", "How it was made:"),
        element("ul", *(element("li", note) for note in notes)),
        class_="notes",
    )


def _table(heads: tuple[str, ...], rows: Iterator[tuple[Child, ...]], called: str = "Figures") -> Markup:
    def row(cells: tuple[Child, ...]) -> Markup:
        first, *others = cells
        return element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in others))

    return element(
        "div",
        element(
            "table",
            element("thead", element("tr", *(element("th", head, scope="col") for head in heads))),
            element("tbody", *map(row, rows)),
        ),
        class_="scroll-x",
        tabindex=0,
        role="region",
        aria_label=called,
    )
