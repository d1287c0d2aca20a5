"""The Model tab's upper half: retrain, how far it is, what came of it, and which release is in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from .markup import element, join
from .retraining import SENTENCES, Plan, Retraining
from .verdict_view import render_verdict

PHASES = {
    "starting": "Starting",
    "preparing": "Preparing the sentences",
    "training": "Training",
    "writing": "Writing the release and measuring it",
    "judging": "Comparing it with the release in use",
    "ended": "Ending",
}


def render_model_tab(figures: str, card: str) -> str:
    """Return the tab with the figures and the card of the release that answers; model.js fills in the rest."""
    first = {"figures": Markup(figures), "card": Markup(card)}
    return str(
        element(
            "div",
            _part("notice", None),
            element(
                "section",
                element("h2", "Retrain with your labels"),
                _part("plan", None),
                element("button", "Retrain", type="button", class_="primary start", disabled=True),
                element("p", class_="problem", role="alert"),
                element("p", class_="done", role="status"),
                *(_progress(which) for which in ("running", "waiting")),
                _part("outcome", None),
                class_="retraining",
            ),
            _part("way-back", None),
            element(
                "section",
                element("h2", "Releases that are kept"),
                element("p", "Looking …", class_="releases-status", role="status"),
                element("div", class_="releases"),
                class_="kept-releases",
            ),
            element(
                "dialog",
                element("p", class_="question", id="model-question"),
                element(
                    "form",
                    element("button", "Yes", value="yes", class_="primary yes"),
                    element("button", "No", value="no"),
                    method="dialog",
                    class_="form-actions",
                ),
                class_="confirm",
                aria_labelledby="model-question",
            ),
            *(_part(name, found) for name, found in first.items()),
            class_="diplotone model-tab",
        )
    )


def _part(name: str, content: Markup | None) -> Markup:
    return element("div", content, data_part=name)


def _progress(which: str) -> Markup:
    return element(
        "div",
        element("progress", max=1, aria_label="Steps of training") if which == "running" else None,
        element("span", class_="progress-words", role="status"),
        element("button", "Cancel", type="button", class_="stop"),
        class_=f"progress {which}",
        hidden=True,
    )


def render_plan(plan: Plan) -> str:
    """Return what a retraining would learn from and what is to be known of it, or why it cannot be started."""
    lines = []
    if plan.sentences:
        few = "sentence" if plan.sentences == 1 else "sentences"
        learnt = "would be learnt"
        if plan.held_out:
            learnt = (
                f"are given: about {plan.held_out:,} are held out to judge by, the others would be learnt"
            )
        lines.append(
            f"{plan.sentences:,} labelled {few} {learnt}, mixed with the project's own so that little is forgotten."
            " It runs beside this page, which you can close, and changes nothing by itself."
        )
        lines += _left_out(plan)
    lines += plan.notes
    return str(
        join(
            *(element("p", line) for line in lines),
            element("p", f"It cannot be started: {plan.problem}", class_="cannot") if plan.problem else None,
        )
    )


def _left_out(found: Plan | Retraining) -> Iterator[str]:
    """What a retraining does not learn, and why."""
    if found.left_out:
        yield f"Left out: {_n_labels(found.left_out)} about which annotators disagree (see the Labels tab)."
    if found.unknown:
        yield (
            f"Left out: {_n_labels(found.unknown)} that the codebook of the release in use does not have; the store"
            " keeps them."
        )


def _n_labels(n: int) -> str:
    return "1 label" if n == 1 else f"{n:,} labels"


def progress_words(found: Retraining) -> str:
    """Return how far a retraining is, in words."""
    if found.state == "waiting":
        words = "Another one waits for its turn"
        return words if found.seconds_left is None else f"{words}, in about {_duration(found.seconds_left)}"
    words = PHASES.get(str(found.phase), str(found.phase))
    if found.steps:
        words += f": step {found.step or 0:,} of {found.steps:,}"
    if found.seconds_left is not None:
        words += f", about {_duration(found.seconds_left)} left"
    return words


def _duration(seconds: float) -> str:
    """About so long: what is read aloud at every change is not to change at every look."""
    return f"{max(1, round(seconds / 10)) * 10} s" if seconds < 90 else f"{round(seconds / 60)} min"


def render_outcomes(found: Sequence[Retraining], label: str, *, allowed: bool) -> str:
    """Return what came of the retraining that was over last, and the last verdict; nothing before any.

    Args:
        found: All of them, the latest first.
        label: The release that answers, which need not be put into use once more.
        allowed: Whether the release may be changed here.
    """
    over = [one for one in found if not one.is_alive]
    judged = [one for one in over[1:] if one.verdict] if over and not over[0].verdict else []
    return str(join(*(_outcome(one, label, allowed) for one in (*over[:1], *judged[:1]))))


def _outcome(over: Retraining, label: str, allowed: bool) -> Markup:
    title = element("h3", f"The retraining of {over.asked[:16].replace('T', ', ')} UTC")
    if over.verdict:
        left_out = join(*(element("p", line) for line in _left_out(over)))
        next_step = _what_next(over, over.verdict, label) if allowed else None
        return element("div", title, left_out, render_verdict(over.verdict), next_step, class_="outcome")
    words = (
        f"It failed: {over.problem}" if over.state == "failed" else "It was cancelled; nothing has changed."
    )
    return element("div", title, element("p", words), class_="outcome")


def _what_next(over: Retraining, verdict: Mapping[str, Any], label: str) -> Markup:
    made, outcome = verdict["candidate"], verdict["outcome"]
    if made == label:
        return element("p", f"{made} is in use.")
    but = {
        "refuse": " Its verdict is to refuse it.",
        "undecided": " It is not shown to be better.",
    }.get(outcome, "")
    stale = verdict["current"] != label
    if stale:
        but += f" It was judged against {verdict['current']}, and {label} is in use now."
    return join(
        element(
            "p",
            f"It was judged against {verdict['current']}, and {label} is in use now. To have it judged against that,"
            f" retrain once more, or run diplotone-train verdict {over.run} --sentences {over.folder / SENTENCES}",
            class_="stale",
        )
        if stale
        else None,
        element(
            "button",
            "Put into use",
            type="button",
            class_="promote",
            data_candidate=over.id,
            data_anyway=outcome == "refuse" or stale,
            data_question=f"Put {made} into use?{but} Everybody who uses this service gets its answers; you can go"
            " back.",
        ),
    )


def render_way_back(history: Sequence[str], *, allowed: bool) -> str:
    """Return the way back to the release that was in use before; nothing where there is none.

    Args:
        history: Names of the releases that were in use, the current one last.
        allowed: Whether the release may be changed here.
    """
    if len(history) < 2 or not allowed:
        return ""
    before, current = history[-2:]
    return str(
        element(
            "p",
            f"In use is {current}; before it, it was {before}. ",
            element(
                "button",
                "Go back",
                type="button",
                class_="rollback",
                data_question=f"Take {current} out of use and go back to {before}?",
            ),
            class_="way-back",
        )
    )


def render_notice(notice: str | None) -> str:
    """Return what is to be known of the release that answers; nothing where all is as it should be."""
    if notice is None:
        return ""
    return str(element("div", f"{notice[:1].upper()}{notice[1:]}.", class_="notice", role="alert"))
