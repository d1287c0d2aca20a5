"""The form in which a reader says what is right, and what has been said of a sentence before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from ..model.analysis import PairAnalysis, SentenceAnalysis
from ..model.codebook import Codebook, Task
from ..model.records import Span
from . import palette
from .label_types import LONGEST_NAME, LONGEST_NOTE, Label
from .markup import element

NOTHING_CHOSEN = "choose a label"

Given = Mapping[str, Sequence[Label]]
"""Text of a sentence -> the labels that stand."""


def sentence_button(sentence: SentenceAnalysis) -> Markup:
    """Return the control that opens the form for tone and sentiment of a sentence."""
    return element(
        "button",
        "Correct this sentence",
        type="button",
        class_="correct",
        data_level="sentence",
        data_tone=sentence.tone.label or "",
        data_sentiment=sentence.sentiment.label or "",
    )


def pair_button(pair: PairAnalysis, sentence: SentenceAnalysis, words: str) -> Markup:
    """Return the control that opens the form for stance and act of a pair."""
    return element(
        "button",
        "Correct",
        element("span", f" the relation {words}", class_="only-heard"),
        type="button",
        class_="correct",
        data_level="pair",
        data_pair=words,
        data_source=_span((pair.source.start, pair.source.end), sentence),
        data_target=_span((pair.target.start, pair.target.end), sentence),
        data_stance=pair.stance.label or "",
        data_act=pair.act.label or "",
    )


def missing_pair_button(sentence: SentenceAnalysis) -> Markup | None:
    """Return the control that adds a relation which was not found; None without two actors."""
    if len({(m.start, m.end) for m in sentence.mentions}) < 2:
        return None
    mentions = [
        [f"{m.text} ({m.code})", _span((m.start, m.end), sentence)]
        for m in sorted(sentence.mentions, key=lambda m: m.start)
    ]
    return element(
        "button",
        "Add a relation",
        type="button",
        class_="correct",
        data_level="new",
        data_mentions=json.dumps(mentions, ensure_ascii=False),
    )


def _span(span: Span, sentence: SentenceAnalysis) -> str:
    """A span of the article as one of the sentence, as JSON."""
    return json.dumps([span[0] - sentence.start, span[1] - sentence.start])


def given_before(text: str, labels: Sequence[Label]) -> Markup:
    """Return the list of labels that people gave a sentence; page.js adds those given now."""
    items = (
        element(
            "li",
            element("span", "✎ ", aria_hidden="true"),
            f"{label.item.task}{_words(label, text)}: ",
            element("s", label.old) if label.old and label.old != label.new else None,
            " " if label.old and label.old != label.new else None,
            element("b", label.new),
            element(
                "span",
                f" by {label.annotator}{', to settle it' if label.settles else ''}, {_when(label)} UTC ",
                class_="quiet",
            ),
            element("button", "Undo", type="button", class_="undo", data_label=label.id),
        )
        for label in labels
    )
    return element("ul", *items, class_="given", aria_label="Labels that people gave")


def _when(label: Label) -> str:
    return label.made[:16].replace("T", " ")


def _words(label: Label, text: str) -> str:
    if label.item.target is None:
        return ""
    target = text[slice(*label.item.target)]
    return f" of {text[slice(*label.item.source)]} → {target}" if label.item.source else f" toward {target}"


def form(codebook: Codebook) -> Markup:
    """Return the one form of the page, hidden until a control opens it (correct.js fills it in).

    What the release reads is chosen when it opens, and stored only where somebody chooses another label or ticks
    that it is right; where the release gives no label, none is chosen.
    """
    return element(
        "form",
        element("h3", "Correct", class_="correction-title", tabindex=-1),
        element(
            "div",
            _select("source", "Source", ()),
            _select("target", "Target", ()),
            class_="ends",
            hidden=True,
        ),
        *(_choices(task) for task in codebook),
        element(
            "label",
            "Note, if any",
            element("input", name="note", maxlength=LONGEST_NOTE, autocomplete="off"),
            class_="field",
        ),
        element(
            "label",
            "Your name or initials",
            element(
                "input", name="annotator", maxlength=LONGEST_NAME, required=True, autocomplete="username"
            ),
            class_="field",
        ),
        element(
            "div",
            element("button", "Save", type="submit", class_="primary"),
            element("button", "Cancel", type="button", class_="cancel"),
            class_="form-actions",
        ),
        element("p", class_="form-error", role="alert"),
        element(
            "p",
            "It is stored on this service with your name, the time and the release, and can be undone.",
            class_="quiet",
        ),
        class_="correction",
        hidden=True,
        novalidate=True,
    )


def _choices(task: Task) -> Markup:
    """Few labels as radio buttons, the many acts as a list to choose from; and the tick for what is right."""
    title = task.name.capitalize()
    if len(task) > 7:
        options = [(label.name, f"{label.mark} {label.name}: {label.definition}") for label in task.labels]
        choices = [_select(task.name, title, [("", NOTHING_CHOSEN), *options])]
    else:
        choices = [element("legend", title), *_radios(task)]
    return element("fieldset", *choices, _tick(task), data_task=task.name, hidden=True)


def _tick(task: Task) -> Markup:
    """What the release reads, in words, and the control that says of it that it is right."""
    return element(
        "div",
        element("span", class_="reading-of quiet", id=f"reading-of-{task.name}"),
        element(
            "label",
            element(
                "input",
                type="checkbox",
                name=f"right-{task.name}",
                aria_describedby=f"reading-of-{task.name}",
            ),
            "Right as it is",
            class_="choice right",
        ),
        class_="as-it-is",
    )


def _radios(task: Task) -> Iterator[Markup]:
    for label in task.labels:
        yield element(
            "label",
            element("input", type="radio", name=task.name, value=label.name),
            palette.mark(task, label.name),
            " ",
            label.name,
            class_=f"choice {palette.css_class(task, label.name)}",
            title=label.definition,
        )


def _select(name: str, title: str, options: Sequence[tuple[str, str]]) -> Markup:
    return element(
        "label",
        title,
        element(
            "select",
            *(element("option", words, value=value) for value, words in options),
            name=name,
        ),
        class_="field",
    )
