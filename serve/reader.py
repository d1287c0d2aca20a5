"""The article with its sentences coloured, what is known of each, and the table of all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from ..model.analysis import Judgement, Mention, PairAnalysis, SentenceAnalysis
from ..model.codebook import Codebook, Task
from . import correcting, palette, precedents_view
from .label_types import Label
from .markup import arrow, element, join
from .wording import NameOf, counted, kind_words, voice_words

_BLANK_LINE = re.compile(r"(?:\r\n|[\r\n])[^\S\r\n]*[\r\n]")


def article(text: str, sentences: tuple[SentenceAnalysis, ...], codebook: Codebook) -> Markup:
    """Return the text in its own paragraphs, each sentence a control that opens its details.

    Only the first sentence is a tab stop; from there the arrow keys go on (page.js), since an article of a
    hundred sentences would otherwise be a hundred tab stops.
    """
    paragraphs: list[list[Markup]] = [[]]
    position = 0
    for sentence in sentences:
        gap = text[position : sentence.start]
        if not gap.strip() and _BLANK_LINE.search(gap):
            paragraphs.append([])
        else:
            paragraphs[-1].append(_gap(gap))
        paragraphs[-1].append(_sentence(sentence, codebook["tone"]))
        position = sentence.end
    paragraphs[-1].append(_gap(text[position:]))
    return element(
        "div",
        *(element("p", *paragraph) for paragraph in paragraphs if any(paragraph)),
        class_="article",
        role="group",
        aria_label="The article; arrow keys go from sentence to sentence",
    )


def _gap(gap: str) -> Markup:
    """What stands between two sentences: as a rule white space, of which a line break is kept."""
    if gap.strip():
        return element("span", gap)
    return element("br") if "\n" in gap else join(gap)


def _sentence(sentence: SentenceAnalysis, tone: Task) -> Markup:
    label = sentence.tone.label
    return element(
        "span",
        palette.mark(tone, label),
        element("span", f"{label or 'unscored'}: ", class_="only-heard"),
        sentence.text,
        class_=f"sentence {palette.css_class(tone, label)}",
        role="button",
        tabindex=0 if sentence.id == 0 else -1,
        aria_pressed="false",
        data_sentence=sentence.id,
        data_tone=label or "unscored",
        data_sentiment=sentence.sentiment.label or "unscored",
        data_voice=sentence.voice.kind,
    )


def details(
    sentences: tuple[SentenceAnalysis, ...],
    codebook: Codebook,
    name_of: NameOf,
    given: correcting.Given,
) -> Markup:
    """Return the panel that shows one sentence at a time; all are there, hidden until selected.

    They are no template elements: the page is updated in place, and what is inside a template would stay
    as it was.
    """
    return element(
        "aside",
        element(
            "p",
            "Select a sentence to see its labels, their probabilities, who speaks, and which actors it relates.",
            class_="detail-hint",
        ),
        *(_detail(sentence, codebook, name_of, given.get(sentence.text, ())) for sentence in sentences),
        correcting.form(codebook),
        class_="details",
        aria_label="The selected sentence",
    )


def _detail(
    sentence: SentenceAnalysis, codebook: Codebook, name_of: NameOf, given: Sequence[Label]
) -> Markup:
    heading = f"{kind_words(sentence).capitalize()} {sentence.id}"
    return element(
        "section",
        element("div", element("h3", heading), element("button", "×", **_CLOSE), class_="detail-head"),
        element("blockquote", _with_actors(sentence)),
        element("p", "Voice: ", voice_words(sentence.voice, name_of), class_="voice"),
        _probabilities("Tone", codebook["tone"], sentence.tone),
        _probabilities("Sentiment", codebook["sentiment"], sentence.sentiment),
        correcting.sentence_button(sentence),
        _actors(sentence, name_of),
        _pairs(sentence, codebook, name_of),
        correcting.missing_pair_button(sentence),
        precedents_view.rungs(sentence.rungs),
        precedents_view.place(sentence.precedents),
        correcting.given_before(sentence.text, given),
        class_="detail",
        data_of=sentence.id,
        hidden=True,
    )


_CLOSE = {"type": "button", "class_": "close", "aria_label": "Close the details"}


def _with_actors(sentence: SentenceAnalysis) -> Markup:
    parts: list[str | Markup] = []
    position = sentence.start
    for mention in sorted(sentence.mentions, key=lambda m: (m.start, -m.end)):
        if mention.start < position:  # inside another one: shown in the list of actors all the same
            continue
        parts.append(sentence.text[position - sentence.start : mention.start - sentence.start])
        inner = sentence.text[mention.start - sentence.start : mention.end - sentence.start]
        parts.append(element("mark", inner, class_="actor", title=mention.code))
        position = mention.end
    parts.append(sentence.text[position - sentence.start :])
    return join(*parts)


def _probabilities(title: str, task: Task, judgement: Judgement) -> Markup:
    if not judgement.probabilities:
        return element("p", element("b", title), " unscored: ", judgement.reason, class_="unscored-reason")
    rows = (
        element(
            "tr",
            element("th", palette.mark(task, name), " ", name, scope="row"),
            element(
                "td",
                element("span", class_=f"bar {palette.css_class(task, name)}", style=f"width:{p:.1%}"),
                class_="bar-cell",
            ),
            element("td", f"{p:.2f}", class_="number"),
            class_="likeliest" if name == judgement.label else None,
        )
        for name, p in judgement.probabilities.items()
    )
    verdict = judgement.label or f"unscored: {judgement.reason}"
    return element(
        "table",
        element("caption", element("b", title), " ", verdict),
        element("tbody", *rows),
        class_="probabilities",
    )


def _actors(sentence: SentenceAnalysis, name_of: NameOf) -> Markup | None:
    if not sentence.mentions:
        return element("p", element("b", "Actors"), " none found", class_="actors")
    found: dict[str, list[Mention]] = {}
    for mention in sentence.mentions:
        found.setdefault(mention.code, []).append(mention)
    items = (
        element(
            "li",
            name_of(code),
            element("span", f" {code}", class_="code"),
            element(
                "span", " as ", ", ".join(dict.fromkeys(f"“{m.text}”" for m in mentions)), class_="quiet"
            ),
        )
        for code, mentions in found.items()
    )
    return join(element("p", element("b", "Actors")), element("ul", *items, class_="actors"))


def _pairs(sentence: SentenceAnalysis, codebook: Codebook, name_of: NameOf) -> Markup | None:
    pairs = sentence.pairs
    if not pairs:
        return element("p", element("b", "Relations"), " none that is sure enough", class_="relations")
    items = (
        element(
            "li",
            arrow(name_of(pair.source.code), name_of(pair.target.code)),
            element(
                "span",
                palette.chip(codebook["stance"], pair.stance),
                " ",
                palette.chip(codebook["act"], pair.act),
                " ",
                correcting.pair_button(pair, sentence, _in_words(pair, name_of)),
                class_="chips",
            ),
        )
        for pair in pairs
    )
    return join(element("p", element("b", "Relations")), element("ul", *items, class_="relations"))


def _in_words(pair: PairAnalysis, name_of: NameOf) -> str:
    return f"{name_of(pair.source.code)} → {name_of(pair.target.code)}"


def table(sentences: tuple[SentenceAnalysis, ...], codebook: Codebook, name_of: NameOf) -> Markup:
    """Return all sentences as a table, folded up until it is wanted."""
    heads = ("#", "Sentence", "Tone", "Sentiment", "Voice", "Actors", "Relations")
    return element(
        "details",
        element("summary", f"{counted(len(sentences), 'sentence')} as a table"),
        element(
            "div",
            element(
                "table",
                element("thead", element("tr", *(element("th", head, scope="col") for head in heads))),
                element("tbody", *(_row(sentence, codebook, name_of) for sentence in sentences)),
                class_="sentences",
            ),
            class_="scroll-x",
            tabindex=0,
            role="region",
            aria_label="Table of sentences",
        ),
        class_="fold",
    )


def _row(sentence: SentenceAnalysis, codebook: Codebook, name_of: NameOf) -> Markup:
    return element(
        "tr",
        element("td", sentence_link(sentence.id), class_="number"),
        element("td", " ".join(sentence.text.split()), class_="text"),
        element("td", palette.chip(codebook["tone"], sentence.tone)),
        element("td", palette.chip(codebook["sentiment"], sentence.sentiment)),
        element("td", voice_words(sentence.voice, name_of)),
        element("td", ", ".join(dict.fromkeys(name_of(m.code) for m in sentence.mentions)) or "–"),
        element("td", *_relations_in_short(sentence, codebook, name_of)),
    )


def _relations_in_short(sentence: SentenceAnalysis, codebook: Codebook, name_of: NameOf) -> Iterator[Markup]:
    for pair in sentence.pairs:
        yield element(
            "div",
            palette.mark(codebook["stance"], pair.stance.label),
            " ",
            arrow(name_of(pair.source.code), name_of(pair.target.code)),
            f" {pair.act.label or ''}",
        )


def sentence_link(number: int) -> Markup:
    """Return the number of a sentence, the id that JSON and CSV give it too, as a control that selects it."""
    return element(
        "button", number, type="button", class_="to-sentence", data_sentence=number,
        aria_label=f"Go to sentence {number}",
    )  # fmt: skip
