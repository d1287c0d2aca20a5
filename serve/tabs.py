"""The parts of the page beside the analysis, as they are before anything happens in them."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ..model.codebook import Codebook, Task
from . import palette
from .config import ServeConfig
from .labels import LONGEST_NAME
from .markup import element

KEYS = {"tone": "12345", "sentiment": "qwe"}
"""The key of each label, in codebook order."""


def render_who() -> str:
    """Return the place that says who is logged in; who.js fills it in."""
    return str(element("div", class_="diplotone who", role="status"))


def render_drop(endings: Sequence[str], max_bytes: int, fetch_urls: bool = False) -> str:
    """Return the control that takes a file, or an address too; a file may be dropped on the text above."""
    return str(
        element(
            "div",
            element(
                "label",
                "Read a file",
                element("input", type="file", accept=",".join(endings), class_="file"),
                class_="file-label",
            ),
            element(
                "span",
                f" {', '.join(ending[1:] for ending in endings)}; up to {_megabytes(max_bytes)} ",
                class_="quiet",
            ),
            _address() if fetch_urls else None,
            element("span", class_="file-status", role="status"),
            class_="diplotone drop",
        )
    )


def _address() -> Markup:
    return element(
        "form",
        element(
            "input",
            type="url",
            name="address",
            required=True,
            placeholder="https://",
            aria_label="Address of an article",
        ),
        element("button", "Fetch it", type="submit"),
        class_="address",
    )


def render_compare_tab() -> str:
    """Return the form for two texts."""
    return str(
        element(
            "div",
            element("p", "Two statements side by side: what was added, dropped, and how the tone shifts."),
            element(
                "form",
                element(
                    "div",
                    _text("a", "The earlier text"),
                    _text("b", "The later text"),
                    class_="two-texts",
                ),
                element("button", "Compare", type="submit", class_="primary"),
            ),
            element("p", class_="problem", role="alert"),
            element("div", class_="comparison", aria_live="polite"),
            class_="diplotone compare",
        )
    )


def _text(name: str, title: str) -> Markup:
    return element("label", title, element("textarea", name=name, rows=8, required=True), class_="field")


def render_archive_tab(config: ServeConfig) -> str:
    """Return the form that takes an archive, and the places for its progress and result."""
    return str(
        element(
            "div",
            element("h2", "Score an archive"),
            element(
                "p",
                "A CSV, JSONL or Parquet file with a text in each row, in a column ",
                element("code", "text"),
                "; ",
                element("code", "date"),
                " (ISO 8601) gives the trend, ",
                element("code", "id"),
                f" names the rows. Up to {config.max_archive_rows:,} texts and"
                f" {_megabytes(config.max_archive_bytes)}. The result is removed"
                f" {_minutes(config.keep_files_s)} after its last use.",
            ),
            element(
                "label",
                "Choose a file",
                element("input", type="file", accept=".csv,.jsonl,.ndjson,.parquet", class_="file"),
                class_="file-label",
            ),
            element("p", class_="problem", role="alert"),
            element(
                "div",
                element("progress", max=1, value=0, aria_label="Texts scored"),
                element("span", class_="progress-words", role="status"),
                element("button", "Stop", type="button", class_="stop"),
                class_="progress",
                hidden=True,
            ),
            element("div", class_="result"),
            class_="diplotone archive-tab",
        )
    )


def _megabytes(n: int) -> str:
    return f"{n / 1_000_000:g} MB"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"


def render_labels_tab(codebook: Codebook) -> str:
    """Return the place where sentences are labelled, and where the labels given are listed."""
    return str(
        element(
            "div",
            palette.style(codebook),
            element("h2", "Label sentences"),
            element(
                "label",
                "Your name or initials",
                element("input", name="annotator", maxlength=LONGEST_NAME, autocomplete="username"),
                class_="field annotator",
            ),
            element("p", class_="problem", role="alert"),
            _desk(codebook),
            element("p", class_="desk-status", role="status"),
            element(
                "details",
                element("summary", "Put sentences up for labelling"),
                element(
                    "form",
                    element(
                        "label",
                        "One sentence a line; those of which the release is least sure come first",
                        element("textarea", name="sentences", rows=5),
                        class_="field",
                    ),
                    element("button", "Put them up", type="submit"),
                    class_="queue",
                ),
                class_="fold",
            ),
            element(
                "details",
                element("summary", "Import and export"),
                element(
                    "p",
                    "Labels that stand: ",
                    element(
                        "a", "JSONL", href="v1/labels/export?form=jsonl", download=True, class_="download"
                    ),
                    element("a", "CSV", href="v1/labels/export?form=csv", download=True, class_="download"),
                    element(
                        "a",
                        "Label Studio",
                        href="v1/labels/export?form=label-studio",
                        download=True,
                        class_="download",
                    ),
                    class_="downloads",
                ),
                element(
                    "label",
                    "Import records (.jsonl, .csv) or Label Studio's .json under your name",
                    element("input", type="file", accept=".jsonl,.csv,.json", class_="file import"),
                    class_="file-label",
                ),
                element("p", class_="import-status", role="status"),
                class_="fold",
            ),
            element("h2", "Labels given"),
            element("p", class_="annotators quiet"),
            element("div", class_="contradictions"),
            element("div", class_="given-list"),
            element("button", "Show more", type="button", class_="more-labels", hidden=True),
            class_="diplotone labels-tab",
        )
    )


def _desk(codebook: Codebook) -> Markup:
    return element(
        "section",
        element("blockquote", class_="to-label", tabindex=-1),
        *(_row(codebook[name], keys) for name, keys in KEYS.items()),
        element(
            "div",
            element("button", "Save ", element("kbd", "Enter"), type="button", class_="primary save"),
            element("button", "Skip ", element("kbd", "s"), type="button", class_="skip"),
            element("button", "Undo the last ", element("kbd", "u"), type="button", class_="undo-last"),
            class_="form-actions",
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
        *(
            element(
                "label",
                element("input", type="radio", name=f"desk-{task.name}", value=label.name, data_key=key),
                element("kbd", key),
                " ",
                palette.mark(task, label.name),
                f" {label.name}",
                class_=f"choice {palette.css_class(task, label.name)}",
                title=label.definition,
            )
            for label, key in zip(task.labels, keys, strict=False)
        ),
        data_task=task.name,
    )
