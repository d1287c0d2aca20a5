"""The page: paste an article, read the analysis; compare, score archives, label, look at the model."""

from __future__ import annotations

import logging
from functools import partial
from importlib.resources import files

import gradio as gr
from gradio.themes import Base, Default, colors
from starlette.concurrency import run_in_threadpool

from ..model.analysis import Analysis
from ..model.analyzer import Analyzer
from ..model.brief import as_html
from ..model.errors import DiplotoneError
from .compare_tab import render_compare_tab
from .config import ServeConfig
from .correcting import Given
from .gradio_calls import offer_functions
from .ingest import KINDS
from .label_types import LabelError
from .labels import LabelStore
from .labels_view import render_labels_tab
from .login import Login
from .metrics import Metrics
from .model_view import render_card, render_figures
from .page_api import keep
from .reading import Reading
from .retrain_view import render_model_tab
from .samples import SAMPLES, read_sample
from .shortage import FAULT, shortage
from .tabs import render_archive_tab, render_drop, render_who
from .view import render_analysis, render_problem, render_welcome
from .wording import names_of
from .workspace import Workspace

logger = logging.getLogger(__name__)

TITLE = "Diplotone"

CLAIM = """# Diplotone
Paste diplomatic news. It says, sentence by sentence, how it sounds and who stands where toward whom, with the evidence.
"""

PAGE_EVENTS = 4
"""Requests from the page that are handed to the pool at once; further ones see their place in the queue."""

SESSIONS_KEPT = 16
"""Visitors of whom Gradio keeps the last text and its result in memory, which it would of ten thousand. Only requests
that are under way need it."""

EVERYWHERE = "talk.js"
"""How a part of the page talks to the service; each part has its own copy."""


def build_page(
    reading: Reading,
    analyzer: Analyzer,
    store: LabelStore,
    workspace: Workspace,
    config: ServeConfig,
    login: Login,
    metrics: Metrics,
) -> gr.Blocks:
    """Return the page; it is mounted, never launched.

    Args:
        reading: Reads the texts.
        analyzer: Asked only for its release, codebook and names of actors.
        store: The labels.
        workspace: Where results are kept for their downloads.
        config: Limits.
        login: Who may write.
        metrics: Where labels are counted.
    """
    codebook, name_of = analyzer.codebook, names_of(analyzer)
    welcome = render_welcome(codebook, config.share_days)

    def kept(text: str, analysis: Analysis) -> str | None:
        """The token of the result; none where the disk is full: it is shown all the same, without downloads."""
        try:
            return keep(workspace, text, analysis, as_html(analysis, codebook, name_of))
        except OSError as error:
            logger.error("a result cannot be kept for its downloads: %s", error)
            return None

    def given(analysis: Analysis) -> Given:
        """The labels that people gave; none where they cannot be read just now."""
        try:
            return store.given(sentence.text for sentence in analysis.sentences)
        except LabelError as error:
            logger.error("%s", error)
            return {}

    def rendered(text: str, analysis: Analysis) -> str:
        return render_analysis(
            text,
            analysis,
            codebook,
            name_of,
            token=kept(text, analysis),
            given=given(analysis),
            share_days=config.share_days,
        )

    async def show(text: str) -> str:
        try:
            checked = reading.checked(text)
            analysis = await reading.analysis(checked)
            return await run_in_threadpool(rendered, checked, analysis)
        except DiplotoneError as error:
            return render_problem(str(error), codebook)
        except Exception as error:  # Gradio would print it with the words of the exception
            logger.exception("a fault in reading a text from the page")
            return render_problem(shortage(error) or FAULT, codebook)

    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3_600, 3_600)) as page:
        gr.Markdown(CLAIM, elem_id="claim")
        if config.login != "none":
            _html(render_who(), "who", "who.js")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Analyze", id="analyze"):
                article = gr.Textbox(
                    label="Article",
                    placeholder="Paste an article, a communiqué or a statement in English, or drop a file here;"
                    " Shift+Enter analyzes it",
                    lines=8,
                    max_lines=14,
                    elem_id="article",
                    autofocus=True,
                )
                _html(
                    render_drop(tuple(KINDS), config.max_file_bytes, config.fetch_urls),
                    "drop",
                    "drop.js",
                    "reopen.js",
                )
                with gr.Row(elem_id="actions"):
                    run = gr.Button("Analyze", variant="primary", elem_id="analyze", scale=0, min_width=140)
                    clear = gr.Button("Clear", elem_id="clear", scale=0, min_width=90)
                    gr.Markdown("or try an invented article:", elem_id="samples-lead")
                    samples = {
                        title: gr.Button(title, size="sm", scale=0, min_width=140) for title in SAMPLES
                    }
                result = _html(
                    welcome,
                    "result",
                    "page.js",
                    "precedents.js",
                    "filters.js",
                    "correct.js",
                    "exchange.js",
                    "share.js",
                )
            with gr.Tab("Compare", id="compare"):
                _html(render_compare_tab(analyzer.ladder.rungs), "comparing", "compare.js")
            with gr.Tab("Archive", id="archive"):
                _html(render_archive_tab(config), "archive", "archive.js", "put_up.js")
            with gr.Tab("Labels", id="labels"):
                _html(render_labels_tab(codebook), "labelling", "labels.js", "settle.js")
            with gr.Tab("Model", id="model"):
                figures, card = render_figures(analyzer.release, codebook), render_card(analyzer.release)
                _html(render_model_tab(figures, card), "model-tab", "model.js")

        event = {"fn": show, "inputs": article, "outputs": result, "api_visibility": "private"}
        for start in (run.click, article.submit):
            start(**event, js=_clip(config.max_chars))
        for title, button in samples.items():
            button.click(
                partial(read_sample, title), outputs=article, api_visibility="private", show_progress="hidden"
            ).then(**event)
        clear.click(
            lambda: ("", welcome), outputs=[article, result], api_visibility="private"
        )  # fmt: skip
        offer_functions(reading, store, login, metrics)
    page.queue(max_size=config.max_waiting, api_open=False, default_concurrency_limit=PAGE_EVENTS)
    page.state_session_capacity = SESSIONS_KEPT
    return page


def theme() -> Base:
    """Return the theme, with the fonts that every machine has."""
    return Default(
        primary_hue=colors.blue,
        neutral_hue=colors.slate,
        font=["ui-sans-serif", "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "monospace"],
    ).set(  # Gradio's own blues are too pale to be read on white, or under white
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
    )


def stylesheet() -> str:
    """Return the style of the page."""
    return "".join(map(_resource, ("page.css", "forms.css", "compare.css", "model.css")))


def _html(value: str, name: str, *scripts: str) -> gr.HTML:
    """A part of the page that is ours.

    The template must stay "${value}": it is filled in after parsing, so that braces in an article are plain
    text. Inside "{{...}}" they would be run.
    """
    return gr.HTML(
        value,
        elem_id=name,
        html_template="${value}",
        js_on_load="\n".join(map(_resource, (EVERYWHERE, *scripts))) if scripts else None,
        apply_default_css=False,  # the style of running text, which frames tables
    )


def _clip(max_chars: int) -> str:
    """JavaScript that sends of a text that is too long just enough for the server to see it.

    A JavaScript length counts UTF-16 units, up to two to a character.
    """
    return f"(text) => [(text ?? '').slice(0, {2 * (max_chars + 1)})]"


def _resource(name: str) -> str:
    return files("diplotone.serve").joinpath(name).read_text(encoding="utf-8")
