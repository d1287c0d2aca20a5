"""What if the states were exchanged?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from diplotone.model.errors import TextError
from diplotone.serve.exchange import exchange, exchanged_text
from diplotone.serve.exchange_view import render_exchange


@pytest.mark.parametrize(
    ("text", "one", "other", "exchanged"),
    [
        ("Norway accused Latvia.", "NOR", "LVA", "Latvia accused Norway."),
        ("The Norwegian navy left Riga.", "NOR", "LVA", "The Latvian navy left Oslo."),
        ("NORWAY AND LATVIA QUARREL", "NOR", "LVA", "LATVIA AND NORWAY QUARREL"),
        ("Norwayland is no Norway's friend.", "NOR", "LVA", "Norwayland is no Latvia's friend."),
        ("The United States accused China.", "USA", "CHN", "China accused the United States."),
        ("China met the United States.", "USA", "CHN", "The United States met China."),
        ("THE UNITED STATES MET CHINA", "USA", "CHN", "CHINA MET THE UNITED STATES"),
        ("The UN urged Norway on.", "UN", "NOR", "Norway urged the United Nations on."),
        ("A Norwegian envoy met Hamas.", "NOR", "HAMAS", "A Hamas envoy met Norway."),
        (
            "A Peruvian envoy left for the Iran-Peru talks.",
            "PER",
            "IRN",
            "An Iranian envoy left for the Peru-Iran talks.",
        ),
        ("Papua New Guinea met Guinea.", "GIN", "NOR", "Papua New Guinea met Norway."),
    ],
)
def test_like_stands_for_like(text, one, other, exchanged):
    assert exchanged_text(text, one, other)[0] == exchanged


def test_twice_is_as_before():
    text = "Norway accused Latvia. The Latvian envoy left Oslo for Riga."
    once, n = exchanged_text(text, "NOR", "LVA")
    assert n == 5
    assert exchanged_text(once, "NOR", "LVA")[0] == text


def test_a_reader_of_words_changes_nothing(analyzer):
    text = "Norway accused Latvia of theft. Latvia thanked Norway for the ship. They met in Suva."
    found = exchange(analyzer, text, "NOR", "LVA")
    assert (found.changed, found.n_compared) == ((), 3)
    html = render_exchange(found, analyzer.codebook, str)
    assert "No label changed in 3 sentences" in html


def test_a_reader_of_names_is_found_out(analyzer, monkeypatch):
    genuine = type(analyzer)._guess
    monkeypatch.setattr(
        analyzer,
        "_guess",
        lambda name, text: genuine(analyzer, name, "bombed" if text.startswith("Norway") else text),
        raising=False,
    )
    found = exchange(
        analyzer, "Norway met Latvia on Monday. They met in Suva. It was a day in May.", "NOR", "LVA"
    )
    assert found.changed is not None
    assert [(s.id, sorted(s.before)) for s in found.changed] == [(0, ["sentiment", "tone"])]
    assert "1 of 3 sentences got another label" in render_exchange(found, analyzer.codebook, str)


def reading_otherwise(analyzer, monkeypatch, task: str, start: str, cue: str) -> None:
    """Lets the analyzer read a cue into one task of sentences that begin with a name."""
    genuine = type(analyzer)._guess

    def guess(name, text):
        return genuine(analyzer, name, cue if name == task and text.startswith(start) else text)

    monkeypatch.setattr(analyzer, "_guess", guess, raising=False)


TALKS = "Norway met Latvia on Monday. Chad met Norway for talks in May. It was a day in May."


@pytest.mark.parametrize(
    ("task", "cue", "became"), [("stance", "thanked", "supportive"), ("act", "bombed", "ASSAULT")]
)
def test_another_stance_or_act_alone_is_a_change(analyzer, monkeypatch, task, cue, became):
    reading_otherwise(analyzer, monkeypatch, task, "Latvia met", cue)
    found = exchange(analyzer, TALKS, "NOR", "LVA")
    assert found.changed is not None
    assert [(s.id, s.before) for s in found.changed] == [(0, {})]
    assert {pair.ends for pair in found.changed[0].pairs} == {("NOR", "LVA"), ("LVA", "NOR")}
    assert {dyad.ends for dyad in found.dyads if dyad.is_changed} == {("NOR", "LVA"), ("LVA", "NOR")}
    html = render_exchange(found, analyzer.codebook, str)
    assert "1 of 3 sentences got another label or relation, and 2 relations over the whole article" in html
    assert "No label changed" not in html
    assert became in html.partition("changed-sentences")[2].partition("</ol>")[0]


def test_a_relation_with_a_third_actor_is_compared_too(analyzer, monkeypatch):
    reading_otherwise(analyzer, monkeypatch, "stance", "Chad met Latvia", "accused")
    found = exchange(analyzer, TALKS, "NOR", "LVA")
    assert found.changed is not None
    assert [sentence.id for sentence in found.changed] == [1]
    changed = {dyad.ends: dyad for dyad in found.dyads if dyad.is_changed}
    assert set(changed) == {("TCD", "NOR"), ("NOR", "TCD")}
    before, after = changed["TCD", "NOR"].before, changed["TCD", "NOR"].after
    assert before is not None
    assert after is not None
    assert (before.stance, after.stance) == ("neutral", "opposed")
    pairs = {pair.ends: pair for pair in found.changed[0].pairs}
    now = pairs["TCD", "NOR"].after
    assert now is not None
    assert (now.source.code, now.target.code) == ("TCD", "LVA")
    table = render_exchange(found, analyzer.codebook, str).partition("exchanged-dyads")[2]
    assert table.index("TCD") < table.index("opposed")
    assert table.count("<tr>") == 4 + 1  # those between the two are shown in any case


def test_what_stands_for_both_is_not_exchanged_and_compared_with_itself(analyzer):
    text = "The two Koreas agreed on Monday. South Korea praised Japan. It was a day in May."
    found = exchange(analyzer, text, "PRK", "KOR")
    assert found.text.startswith("The two Koreas agreed on Monday. North Korea praised")
    assert found.changed == ()
    assert {("PRK", "KOR"), ("KOR", "JPN")} <= {dyad.ends for dyad in found.dyads}
    assert not any(dyad.is_changed for dyad in found.dyads)


def test_a_relation_found_once_alone_is_shown(analyzer):
    found = exchange(analyzer, TALKS, "NOR", "LVA")
    assert not any(dyad.is_changed for dyad in found.dyads)
    gone = replace(found.dyads[0], after=None)
    html = render_exchange(replace(found, dyads=(gone, *found.dyads[1:])), analyzer.codebook, str)
    assert "No label changed in 3 sentences, but 1 relation over the whole article did." in html
    assert "none found" in html


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [("NOR", "NOR", "the same"), ("NOR", "X", "no actor"), ("CHN", "USA", "neither")],
)
def test_what_cannot_be_exchanged_is_told(analyzer, one, other, words):
    with pytest.raises(TextError, match=words):
        exchange(analyzer, "Fiji met Tonga on Monday.", one, other)
