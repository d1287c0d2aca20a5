"""The page's HTML: what it says, and that no article can become a part of it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from diplotone.model.article.index import label_of_mean
from diplotone.serve.markup import element, join
from diplotone.serve.samples import SAMPLES, read_sample
from diplotone.serve.view import render_analysis, render_problem, render_welcome
from diplotone.serve.wording import interval, signed

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> {{constructor}} ${alert(3)} \"'&amp; said Oslo."
)


class Outline(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("br", "hr", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def show(analyzer, text: str) -> Outline:
    html = render_analysis(
        text, analyzer.analyze(text), analyzer.codebook, lambda code: analyzer.gazetteer[code].name
    )
    outline = Outline(html)
    assert outline.open == []
    return outline


def test_an_article_cannot_become_markup(analyzer):
    outline = show(analyzer, f"{HOSTILE} Oslo accused Riga of theft. {HOSTILE}")
    assert {"script", "img"}.isdisjoint(tag for tag, _ in outline.tags)
    assert not [key for _, attributes in outline.tags for key in attributes if key.startswith("on")]
    assert "<script>alert(1)</script>" in outline.text
    assert "{{constructor}} ${alert(3)} \"'&amp;" in outline.text


def test_a_message_cannot_become_markup(codebook):
    assert "script" not in {tag for tag, _ in Outline(render_problem(HOSTILE, codebook)).tags}


def test_attributes_are_escaped():
    assert str(element("a", "<", title='"><b>')) == '<a title="&#34;&gt;&lt;b&gt;">&lt;</a>'
    assert str(join("<", None, 3)) == "&lt;3"


def article_part(html: str) -> Outline:
    """The article alone, without the details beside it."""
    return Outline('<div class="article"' + html.partition('<div class="article"')[2].partition("<aside")[0])


@pytest.mark.parametrize("title", SAMPLES)
def test_a_sample_keeps_its_words_and_its_paragraphs(analyzer, title):
    text = read_sample(title)
    analysis = analyzer.analyze(text)
    article = article_part(render_analysis(text, analysis, analyzer.codebook, str))
    tags = [tag for tag, _ in article.tags]
    assert tags.count("p") == text.strip().count("\n\n") + 1
    shown = "".join(article.text.split())
    for sentence in analysis.sentences:
        assert "".join(sentence.text.split()) in shown
    classes = [(attributes.get("class") or "").split() for _, attributes in article.tags]
    assert sum("sentence" in names for names in classes) == len(analysis.sentences)
    assert 150 <= len(text.split()) <= 300


def test_every_word_of_the_text_is_shown_once_in_the_article(analyzer):
    text = "Oslo accused Riga.\nRiga denied it!   (No comment) \n\n\n--\n\nTalks go on in Suva. "
    html = render_analysis(text, analyzer.analyze(text), analyzer.codebook, str)
    article = article_part(html).text
    for word in ("accused", "denied", "comment", "Talks"):
        assert article.count(word) == 1


def test_colour_is_never_the_only_sign(analyzer):
    outline = show(analyzer, "Oslo accused Riga of theft. Riga thanked Oslo for the ship. They met in Suva.")
    marks = [a for tag, a in outline.tags if tag == "span" and "mark" in (a.get("class") or "").split()]
    assert len(marks) > 3
    assert "critical: " in outline.text  # read aloud before the sentence
    assert "−" in outline.text


def test_the_summary_states_index_interval_and_coverage(analyzer):
    analysis = analyzer.analyze(read_sample("A summit thaw"))
    outline = show(analyzer, read_sample("A summit thaw"))
    assert "95 % interval" in outline.text
    assert f"{analysis.tone.n} of {analysis.tone.total} sentences" in outline.text
    assert analysis.tone.formula in outline.text
    assert analysis.provenance.release in outline.text


def test_only_one_sentence_is_a_tab_stop(analyzer):
    outline = show(analyzer, read_sample("A border crisis"))
    stops = [a["tabindex"] for _, a in outline.tags if "sentence" in (a.get("class") or "").split()]
    assert stops.count("0") == 1


def test_the_phrases_of_a_sentence_stand_on_their_rungs(analyzer):
    outline = show(analyzer, "Oslo condemned Riga. Riga did not condemn Oslo. They met in Suva on Monday.")
    assert outline.text.count("On the diplomatic ladder") == 2
    (rung,) = analyzer.analyze("Oslo condemned Riga.").sentences[0].rungs
    assert f"“condemned”: {rung.means}Rung −{-rung.height}, {rung.rung}: {rung.gloss}" in outline.text
    assert "“condemn” denied: " in outline.text


def test_why_there_are_no_precedents_is_said(analyzer):
    assert (
        "Precedents none: words@0123456789ab holds no labelled sentences"
        in show(analyzer, "Oslo met Riga.").text
    )


def test_dyads_name_actors_and_evidence(analyzer):
    outline = show(
        analyzer, "Norway accused Latvia of theft. Latvia thanked Norway. Norway condemned Latvia."
    )
    assert "Who stands where toward whom" in outline.text
    assert "Norway → " in outline.text
    assert "Evidence: " in outline.text


def test_each_direction_is_set_against_the_other(analyzer):
    text = "Norway accused Latvia of theft. Norway thanked Latvia. Latvia thanked Norway. They met."
    there, back = sorted(analyzer.analyze(text).dyads, key=lambda dyad: -dyad.n)
    shown = show(analyzer, text).text
    for dyad in (there, back):
        assert f"{signed(dyad.asymmetry.difference)} against the other direction" in shown
    assert f"95 % interval {interval(there.asymmetry.low, there.asymmetry.high)}" in shown


def test_evidence_that_points_both_ways_is_called_so(analyzer):
    quarrel = (
        "Norway accused Latvia of theft on Monday. Norway thanked Latvia for the ship on Friday. They met."
    )
    assert show(analyzer, quarrel).text.count("points both ways") == 2
    assert "points both ways" not in show(analyzer, quarrel.replace("thanked", "accused")).text


def in_short(analyzer, text: str) -> str:
    """What stands in short, each white space one blank."""
    html = render_analysis(
        text, analyzer.analyze(text), analyzer.codebook, lambda code: analyzer.gazetteer[code].name
    )
    part = html.partition('<section class="in-short">')[2].partition("</section>")[0]
    return " ".join(Outline(f"<div>{part}</div>").text.split())


QUARREL = "Norway accused Latvia of theft. Norway condemned Latvia. Latvia condemned Norway."


def test_in_short_it_says_how_it_sounds_and_who_stands_where(analyzer):
    index = analyzer.analyze(QUARREL).tone
    words = in_short(analyzer, QUARREL)
    assert f"{index.label}: {signed(index.value)} on a scale from −1, hostile, to +1, conciliatory" in words
    assert f"95 % interval reaches from {interval(index.low, index.high)}" in words
    assert "Norway is opposed to Latvia (3 sentences)" in words
    assert words.index("The tone is") < words.index("is opposed to")
    thanks = "Latvia thanked Norway for the ship."
    both_ways = in_short(analyzer, QUARREL.replace("Latvia condemned Norway.", thanks))
    assert "Norway is neutral toward Latvia (3 sentences, pointing both ways)" in both_ways


def test_in_short_the_interval_is_put_into_words(analyzer):
    mixed = "Oslo bombed Riga at dawn. Riga released the sailors of Oslo. They met in Suva."
    index, tone = analyzer.analyze(mixed).tone, analyzer.codebook["tone"]
    low, high = (label_of_mean(bound * tone.scores[-1], tone) for bound in (index.low, index.high))
    assert low != high
    assert f"that is from {low} to {high}." in in_short(analyzer, mixed)
    same = "Oslo accused Riga of theft. Oslo accused Riga of arson. Oslo accused Riga of spying."
    assert "critical throughout" in in_short(analyzer, same)


def test_in_short_at_most_five_are_told_and_the_rest_counted(analyzer):
    actors = ["Norway", "Latvia", "Chad", "Niger", "Fiji"]
    text = " ".join(f"{a} accused {b} of theft." for a in actors for b in actors if a < b)
    words = in_short(analyzer, text)
    assert words.count(" is opposed to ") == 5
    assert "15 relations more" in words
    plain = text.replace("accused", "met").replace(" of theft", " for talks")  # which take no side
    assert in_short(analyzer, plain).count(" is neutral toward ") == 3


def test_in_short_too_little_is_called_so(analyzer):
    words = in_short(analyzer, "Oslo has a fine harbour in the south.")
    assert "Too little was found to say how it sounds as a whole: 1 of 1 sentences could be scored" in words
    assert "Too little was found to say who stands where toward whom." in words
    assert "No other relation was found" in in_short(analyzer, QUARREL)
    assert in_short(analyzer, "Hm. Yes. No.") == ""


def test_in_short_names_are_text(analyzer):
    html = render_analysis(QUARREL, analyzer.analyze(QUARREL), analyzer.codebook, lambda code: f"<i>{code}")
    assert "<i>NOR" not in html
    assert "&lt;i&gt;NOR is opposed to &lt;i&gt;LVA" in html


def test_the_form_leaves_room_for_no_answer(analyzer):
    outline = show(analyzer, "Oslo accused Riga of theft.")
    names = [a.get("name") for tag, a in outline.tags if tag == "input" and a.get("type") == "checkbox"]
    assert [name for name in names if name] == ["right-sentiment", "right-tone", "right-stance", "right-act"]
    options = [a["value"] for tag, a in outline.tags if tag == "option"]
    assert options[0] == ""
    assert options[1:] == list(analyzer.codebook["act"].names)
    assert not [
        a for tag, a in outline.tags if tag == "input" and a.get("type") == "radio" and "checked" in a
    ]


def test_many_dyads_are_folded_up_and_none_is_lost(analyzer):
    actors = ["Norway", "Latvia", "Chad", "Niger", "Fiji"]
    text = " ".join(f"{a} accused {b} of theft." for a in actors for b in actors if a < b)
    outline = show(analyzer, text)
    cards = [a for tag, a in outline.tags if tag == "li" and a.get("class") == "dyad"]
    assert len(cards) == len(analyzer.analyze(text).dyads) == 20
    assert "14 more" in outline.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Die Minister trafen sich am Montag in der Hauptstadt und sprachen über den Vertrag. Der Kanzler"
            " sagte, dass die Gespräche nicht einfach seien und auch noch dauern werden.",
            "does not seem to be English",
        ),
        ("Министры встретились в понедельник в столице.", "does not seem to be English"),
        ("Hm. Yes. No.", "Nothing could be scored"),
    ],
    ids=["german", "russian", "too short"],
)
def test_what_cannot_be_judged_is_said_once_and_clearly(analyzer, text, words):
    outline = show(analyzer, text)
    assert outline.text.count(words) == 1
    assert any(a.get("role") == "alert" for _, a in outline.tags)
    assert "Tone of the article" not in outline.text


def test_too_few_sentences_have_no_index_but_a_reason(analyzer):
    outline = show(analyzer, "Oslo accused Riga of theft.")
    assert "no index" in outline.text
    assert "at least 3" in outline.text


def test_the_welcome_explains_every_tone(codebook):
    text = Outline(render_welcome(codebook)).text
    for label in codebook["tone"].labels:
        assert label.name in text
        assert label.definition in text


def test_nothing_is_loaded_from_elsewhere(analyzer, codebook):
    for outline in (show(analyzer, read_sample("A routine trade day")), Outline(render_welcome(codebook))):
        assert not [a for _, a in outline.tags if {"src", "href", "xlink:href"} & set(a)]
