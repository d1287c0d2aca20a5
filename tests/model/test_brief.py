"""The brief: self-contained, escaped, and holding what a reader files it for."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.analysis import Dyad, Judgement, Mention, SentenceAnalysis, ToneIndex, Voice
from diplotone.model.analyzer import load
from diplotone.model.brief import MOST_EVIDENCE, as_html

ARTICLE = "Suva praised Apia for the deal. <script>alert('x')</script> Quito deplores it. Oslo slept & Riga did not."
VOID = {"meta"}


class _Page(HTMLParser):
    """Collects tags and text, and minds that every element is closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open, self.words = [], [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def analyzer(tiny_release):
    return load(tiny_release)


@pytest.fixture(scope="module")
def analysis(analyzer):
    return analyzer.analyze(ARTICLE)


def test_it_has_its_parts_and_needs_nothing_else(analysis, codebook):
    page = _Page(as_html(analysis, codebook))
    for part in ("Tone of the article", "Who stands where", "Strongest sentences", "Caveats", "Provenance"):
        assert part in page.text
    assert analysis.provenance.release in page.text
    assert analysis.provenance.text_sha256 in page.text
    assert analysis.tone.formula in page.text or (analysis.tone.reason or "") in page.text
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not any(name in ("src", "href") or name.startswith("on") for name, _ in page.attributes)
    assert "@media print" in as_html(analysis, codebook)


def _with_dyad(analysis, text):
    mention = Mention(start=0, end=4, text="Suva", code="FJI", kind="state")
    sure = Judgement(label="hostile", probabilities={"hostile": 1.0})
    sentences = tuple(
        SentenceAnalysis(
            id=n,
            start=0,
            end=len(text),
            text=text,
            kind="body",
            voice=Voice(kind="reported", speaker=text),
            sentiment=sure,
            tone=sure,
            mentions=(mention,),
            pairs=(),
        )
        for n in range(5)
    )
    dyad = Dyad(
        source=text,
        target="WSM",
        stance="opposed",
        mean=-0.9,
        low=-1.0,
        high=-0.8,
        n=5,
        acts={text: 5},
        evidence=(0, 1, 2, 3, 4),
    )
    return replace(analysis, sentences=sentences, dyads=(dyad,))


def test_a_dyad_stands_with_its_evidence(analysis, codebook):
    html = as_html(
        _with_dyad(analysis, "Suva shelled Apia."), codebook, lambda code: {"WSM": "Samoa"}.get(code, code)
    )
    dyads = html.split("Strongest sentences")[0]
    assert dyads.count("Suva shelled Apia. <span") == MOST_EVIDENCE
    assert "and sentences 3, 4" in dyads
    assert "Samoa" in dyads


@settings(max_examples=50, deadline=None)
@given(text=st.text(alphabet="<>&\"'/ =abscript\x00é", min_size=1, max_size=60))
def test_whatever_is_in_the_article_stays_text(analysis, codebook, text):
    plain = _Page(as_html(_with_dyad(analysis, "Suva shelled Apia."), codebook))
    page = _Page(as_html(_with_dyad(analysis, text), codebook, lambda code: code + text))
    assert page.tags == plain.tags
    assert page.attributes == plain.attributes


def test_the_index_stands_with_its_interval_and_sum(analysis, codebook):
    index = ToneIndex(
        value=-0.4, low=-0.6, high=-0.2, n=9, total=10, formula="sum < 9", label="critical", reason=None
    )
    page = _Page(as_html(replace(analysis, tone=index), codebook))
    assert "-0.40" in page.text
    assert "critical" in page.text
    assert "interval -0.60 to -0.20. sum < 9" in page.text
    assert "9 of 10 sentences count in the index" in page.text


def test_an_article_with_a_script_shows_it_as_text(analysis, codebook):
    text = "<script>alert(1)</script><b onclick=x>"
    page = _Page(as_html(_with_dyad(analysis, text), codebook))
    assert text in page.text


def test_an_article_of_which_nothing_was_judged_says_so(analyzer, codebook):
    page = _Page(
        as_html(analyzer.analyze("Los ministros se reunieron ayer en la capital para hablar."), codebook)
    )
    assert "Not judged" in page.text
    assert "0 of 1 sentences count in the index" in page.text
    assert "No sentence leans to either side." in page.text
