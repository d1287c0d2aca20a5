"""The page: paste an article, read the analysis."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from typing import Any

import gradio as gr
from gradio.events import api
from gradio.themes import Default, colors

from ..model.analyzer import Analyzer
from ..model.codebook import Codebook
from ..model.errors import DiplotoneError
from .config import ServeConfig
from .limits import check_text
from .pool import AnalyzerPool
from .samples import SAMPLES, read_sample
from .view import render_analysis, render_problem, render_welcome

TITLE = "Diplotone"

CLAIM = """# Diplotone
Paste diplomatic news. It says, sentence by sentence, how it sounds and who stands where toward whom, with the evidence.
"""

PAGE_EVENTS = 4
"""Requests from the page that are handed to the pool at once; further ones see their place in the queue."""


def build_page(pool: AnalyzerPool, codebook: Codebook, config: ServeConfig) -> gr.Blocks:
    """Return the page; it is mounted, never launched."""

    async def show(text: str) -> str:
        try:
            checked = check_text(text, config.max_chars)
            return await pool.run(partial(_rendered, text=checked))
        except DiplotoneError as error:
            return render_problem(str(error), codebook)

    async def analyze(text: str) -> dict[str, Any]:
        """Read one article: its tone, its sentences, and who stands where toward whom.

        Args:
            text: The article in English, as it stands.
        """
        try:
            checked = check_text(text, config.max_chars)
            return await pool.run(lambda analyzer: analyzer.analyze(checked).as_dict())
        except DiplotoneError as error:
            raise gr.Error(str(error), print_exception=False) from error

    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3_600, 3_600)) as page:
        gr.Markdown(CLAIM, elem_id="claim")
        article = gr.Textbox(
            label="Article",
            placeholder="Paste an article, a communiqué or a statement in English; Shift+Enter analyzes it",
            lines=8,
            max_lines=14,
            elem_id="article",
            autofocus=True,
        )
        with gr.Row(elem_id="actions"):
            run = gr.Button("Analyze", variant="primary", elem_id="analyze", scale=0, min_width=140)
            clear = gr.Button("Clear", elem_id="clear", scale=0, min_width=90)
            gr.Markdown("or try an invented article:", elem_id="samples-lead")
            samples = {title: gr.Button(title, size="sm", scale=0, min_width=140) for title in SAMPLES}
        # The template must stay "${value}": it is filled in after parsing, so that braces in an article are
        # plain text. Inside "{{...}}" they would be run.
        result = gr.HTML(
            render_welcome(codebook),
            elem_id="result",
            html_template="${value}",
            js_on_load=_resource("page.js"),
            apply_default_css=False,  # the style of running text, which frames tables
        )

        event = {"fn": show, "inputs": article, "outputs": result, "api_visibility": "private"}
        for start in (run.click, article.submit):
            start(**event, js=_clip(config.max_chars))
        for title, button in samples.items():
            button.click(
                partial(read_sample, title), outputs=article, api_visibility="private", show_progress="hidden"
            ).then(**event)
        clear.click(
            lambda: ("", render_welcome(codebook)), outputs=[article, result], api_visibility="private"
        )  # fmt: skip
        api(analyze, api_name="analyze")
    page.queue(max_size=config.max_waiting, api_open=False, default_concurrency_limit=PAGE_EVENTS)
    return page


def theme() -> Default:
    """Return the theme, with the fonts that every machine has."""
    return Default(
        primary_hue=colors.blue,
        neutral_hue=colors.slate,
        font=["ui-sans-serif", "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "monospace"],
    )


def stylesheet() -> str:
    """Return the style of the page."""
    return _resource("page.css")


def _rendered(analyzer: Analyzer, *, text: str) -> str:
    gazetteer = analyzer.gazetteer
    return render_analysis(
        text,
        analyzer.analyze(text),
        analyzer.codebook,
        lambda code: gazetteer[code].name if code in gazetteer else code,
    )


def _clip(max_chars: int) -> str:
    """JavaScript that sends of a text that is too long just enough for the server to see it.

    A JavaScript length counts UTF-16 units, up to two to a character.
    """
    return f"(text) => [(text ?? '').slice(0, {2 * (max_chars + 1)})]"


def _resource(name: str) -> str:
    return files("diplotone.serve").joinpath(name).read_text(encoding="utf-8")
