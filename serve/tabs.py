"""The parts of the page beside the analysis, as they are before anything happens in them."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from .config import ServeConfig
from .markup import element


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
                element("span", class_="progress-words", tabindex=-1),
                element("button", "Stop", type="button", class_="stop"),
                class_="progress",
                hidden=True,
            ),
            # Apart from the words that are seen: those change all the time, and all of it would be read out.
            element("p", class_="progress-said only-heard", role="status"),
            element("div", class_="result"),
            class_="diplotone archive-tab",
        )
    )


def _megabytes(n: int) -> str:
    return f"{n / 1_000_000:g} MB"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"
