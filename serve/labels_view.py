"""The tab on which sentences and pairs are labelled, and disagreements settled, before anything happens in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from markupsafe import Markup

from ..model.codebook import Codebook, Task
from . import palette
from .label_api import MOST_TAKEN
from .label_types import LONGEST_NAME, LONGEST_NOTE
from .markup import element
from .view import meanings

KEYS = {"tone": "12345", "sentiment": "qwe", "stance": "123", "act": "abcdefghijklmnopq"}
"""The key of each label, in codebook order; "s" and "u" skip and undo."""

EXPORTS = (
    ("Labels that stand", "all", ("jsonl", "csv", "label-studio")),
    ("Those that two people gave alike or somebody settled", "checked", ("jsonl", "csv")),
    ("Those that somebody settled", "settled", ("jsonl", "csv")),
    (
        "The whole history, to read: who said what, when, about which release, and what was taken back",
        "all",
        ("history-jsonl", "history-csv"),
    ),
)
FORMS = {
    "jsonl": "JSONL",
    "csv": "CSV",
    "label-studio": "Label Studio",
    "history-jsonl": "JSONL",
    "history-csv": "CSV",
}


def render_labels_tab(codebook: Codebook) -> str:
    """Return the tab; labels.js and settle.js fill it."""
    return str(
        element(
            "div",
            palette.style(codebook),
            element("h2", "Label sentences and pairs"),
            element(
                "label",
                "Your name or initials",
                element("input", name="annotator", maxlength=LONGEST_NAME, autocomplete="username"),
                class_="field annotator",
            ),
            _choice_of_work(),
            element("p", class_="problem", role="alert"),
            _desk(codebook),
            element("p", class_="desk-status", role="status"),
            _put_up(),
            _settling(codebook),
            _import_and_export(),
            element("h2", "Labels given"),
            element("p", class_="annotators quiet"),
            element(
                "label",
                element("input", type="checkbox", class_="everybody"),
                " Show everybody's, not yours alone: your second opinions are blind only while you do not look",
                class_="choice",
            ),
            element("div", class_="given-list"),
            element("button", "Show more", type="button", class_="more-labels", hidden=True),
            class_="diplotone labels-tab",
        )
    )


def _choice_of_work() -> Markup:
    def group(legend: str, name: str, *choices: tuple[str, str]) -> Markup:
        return element(
            "fieldset",
            element("legend", legend),
            *(
                element(
                    "label",
                    element("input", type="radio", name=name, value=value, checked=n == 0),
                    words,
                    class_="choice",
                )
                for n, (value, words) in enumerate(choices)
            ),
        )

    return element(
        "div",
        group(
            "What",
            "level",
            ("sentence", "Sentences: tone and sentiment"),
            ("pair", "Pairs of actors: stance and act"),
        ),
        group(
            "Which",
            "second",
            ("", "What was put up, that most worth labelling first"),
            ("true", "Second opinions, blind: what one other person has labelled"),
        ),
        class_="choice-of-work",
    )


def _desk(codebook: Codebook) -> Markup:
    return element(
        "section",
        element("blockquote", class_="to-label", tabindex=-1),
        element("p", class_="which-pair", hidden=True),
        *(_row(codebook[name], keys) for name, keys in KEYS.items()),
        element(
            "div",
            element("button", "Save ", element("kbd", "Enter"), type="button", class_="primary save"),
            element("button", "Skip ", element("kbd", "s"), type="button", class_="skip"),
            element("button", "Undo the last ", element("kbd", "u"), type="button", class_="undo-last"),
            class_="form-actions",
        ),
        *(
            element(
                "details",
                element("summary", f"What the labels of {task.name} mean"),
                *meanings(task),
                class_="meanings",
                data_level=task.level,
            )
            for task in codebook
        ),
        class_="desk",
        hidden=True,
        aria_label="The sentence to label",
    )


def _row(task: Task, keys: str) -> Markup:
    """The labels as radio buttons with their keys; what each means is one click away."""
    return element(
        "fieldset",
        element("legend", task.question),
        *_radios(task, f"desk-{task.name}", keys),
        data_task=task.name,
        data_level=task.level,
    )


def _radios(task: Task, name: str, keys: str = "") -> Iterator[Markup]:
    for label, key in zip_longest(task.labels, keys[: len(task)]):
        yield element(
            "label",
            element("input", type="radio", name=name, value=label.name, data_key=key),
            element("kbd", key) if key else None,
            " ",
            palette.mark(task, label.name),
            f" {label.name}",
            class_=f"choice {palette.css_class(task, label.name)}",
            title=label.definition,
        )


def _put_up() -> Markup:
    return element(
        "details",
        element("summary", "Put sentences up for labelling"),
        element(
            "form",
            element(
                "label",
                "One sentence a line; those of which the release is least sure, and no two alike, come first",
                element("textarea", name="sentences", rows=5),
                class_="field",
            ),
            element("button", "Put them up", type="submit"),
            class_="queue",
        ),
        element(
            "form",
            element(
                "label",
                "Or so many of an archive, those most worth labelling",
                element("input", name="n", type="number", min=1, max=MOST_TAKEN, value=50, required=True),
                class_="field annotator",
            ),
            element(
                "label",
                "Choose an archive (.csv, .jsonl, .parquet)",
                element("input", type="file", accept=".csv,.jsonl,.ndjson,.parquet", class_="file archive"),
                class_="file-label",
            ),
            element("span", class_="take-status", role="status"),
            element(
                "p", "An archive that was scored has a button for this beside its result.", class_="quiet"
            ),
            class_="take",
        ),
        class_="fold",
    )


def _settling(codebook: Codebook) -> Markup:
    """Where two labels stand side by side, and a third person says which holds."""
    return element(
        "details",
        element("summary", "Settle disagreements ", element("span", class_="n-disputes")),
        element("div", class_="agreement"),
        element(
            "form",
            element("h3", class_="dispute-title", tabindex=-1),
            element("blockquote", class_="disputed"),
            element("p", class_="disputed-pair", hidden=True),
            element("ol", class_="opinions"),
            *(
                element(
                    "fieldset",
                    element("legend", f"What holds? {task.question}"),
                    *_radios(task, f"settle-{task.name}"),
                    data_task=task.name,
                    hidden=True,
                )
                for task in codebook
            ),
            element(
                "label",
                "Why, if it should be kept",
                element("input", name="note", maxlength=LONGEST_NOTE, autocomplete="off"),
                class_="field",
            ),
            element(
                "div",
                element("button", "Settle it", type="submit", class_="primary"),
                element("button", "Later", type="button", class_="later"),
                class_="form-actions",
            ),
            element(
                "p",
                "It is stored with your name and the time, beside the labels given, which stay as they are. Taking it"
                " back, in the list below, opens the question again.",
                class_="quiet",
            ),
            class_="dispute",
            hidden=True,
            novalidate=True,
        ),
        element("p", class_="settle-status", role="status"),
        element("p", class_="settle-problem", role="alert"),
        class_="settling fold",
    )


def _import_and_export() -> Markup:
    return element(
        "details",
        element("summary", "Import and export"),
        *(
            element(
                "p",
                f"{title}: ",
                *(
                    element(
                        "a",
                        FORMS[form],
                        href=f"v1/labels/export?form={form}&which={which}",
                        download=True,
                        class_="download",
                    )
                    for form in forms
                ),
                class_="downloads",
            )
            for title, which, forms in EXPORTS
        ),
        element("p", class_="left-out quiet", role="status"),
        element(
            "label",
            "Import records (.jsonl, .csv) or Label Studio's .json under your name",
            element("input", type="file", accept=".jsonl,.csv,.json", class_="file import"),
            class_="file-label",
        ),
        element("p", class_="import-status", role="status"),
        element("div", class_="import-details"),
        class_="exports fold",
    )
