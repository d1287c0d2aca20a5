"""The ladder: which phrases are found, where, on which rung, and what is denied."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.article.ladder import Ladder
from diplotone.model.article.ladder_file import named
from diplotone.model.errors import ConfigError

LADDER = Ladder.load()


def _found(text):
    return [(m.text, m.rung) for m in LADDER.find(text)]


def test_the_ladder_has_its_rungs_in_order_and_phrases_on_each():
    heights = [rung.height for rung in LADDER.rungs]
    assert heights == sorted(heights, reverse=True)
    assert 9 <= len(heights) <= 12
    assert heights[0] > 0 > heights[-1]
    assert len(LADDER.phrases) >= 220
    for rung in LADDER.rungs:
        assert rung.gloss.endswith(".")
        assert sum(phrase.rung == rung for phrase in LADDER.phrases) >= 15
    assert all(phrase.means.endswith(".") for phrase in LADDER.phrases)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The talks were warm and fraternal.", [("warm and fraternal", "fraternal")]),
        ("They had a frank and constructive exchange.", [("frank and constructive", "frank")]),
        ("The council takes note with concern of it.", [("takes note with concern", "concerned")]),
        ("The council takes note of it.", [("takes note", "noncommittal")]),
        ("Oslo regrets the decision.", [("regrets", "regretting")]),
        ("Oslo deplores the decision.", [("deplores", "rejecting")]),
        ("Oslo strongly condemned the raid.", [("strongly condemned", "condemning")]),
        (
            "Delhi summoned the acting Pakistani envoy.",
            [("summoned the acting Pakistani envoy", "protesting")],
        ),
        ("Delhi summoned the U.S. ambassador.", [("summoned the U.S. ambassador", "protesting")]),
        ("Paris recalled its ambassador.", [("recalled its ambassador", "breaking")]),
        ("It may use all necessary measures.", [("all necessary measures", "threatening")]),
        ("There will be severe consequences.", [("severe consequences", "threatening")]),
        ("They issued a démarche.", [("issued a démarche", "protesting")]),
        ("It voiced “grave concern” at the move.", [("voiced “grave concern", "concerned")]),
        ("An all-weather friendship.", [("all-weather friendship", "fraternal")]),
        ("CHINA CONDEMNS THE VISIT", [("CONDEMNS", "condemning")]),
        ("Minister Strongly Condemns Border Raid", [("Strongly Condemns", "condemning")]),
        ("It took\nnote of the letter.", [("took\nnote", "noncommittal")]),
        ("He recalled the summer when the ambassador sang.", []),
        ("Frank Miller and Ann Frank met.", []),
        ("Frank talks were held.", [("Frank", "frank")]),
        ("It took. Note the date.", []),
        ("It will take, note well, a year.", []),
        ("", []),
    ],
)
def test_phrases_and_their_rungs(text, found):
    assert _found(text) == found


@pytest.mark.parametrize("form", ["regret", "regrets", "regretted", "regretting"])
def test_every_form_of_a_verb_is_found(form):
    (found,) = LADDER.find(f"They {form} it.")
    assert (found.phrase, found.rung, found.height) == ("regret", "regretting", -3)


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("Oslo did not condemn the raid.", [True]),
        ("Oslo didn't condemn the raid.", [True]),
        ("Oslo didn’t even condemn the raid.", [True]),
        ("Oslo has never publicly condemned the raid.", [True]),
        ("Oslo refused to condemn the raid.", [True]),
        ("Oslo stopped short of condemning the raid.", [True]),
        ("There was no condemnation.", [True]),
        ("Nor did it condemn the raid.", [True]),
        ("The raid was not condemned.", [True]),
        ("Oslo condemned the raid.", [False]),
        ("Oslo not only condemned the raid.", [False]),
        ("Oslo did not fail to condemn the raid.", [False]),
        ("Oslo will no doubt condemn the raid.", [False]),
        ("Not so long ago, Oslo condemned the raid.", [False]),
        ("It did not help that Oslo condemned the raid.", [False]),
        ("Oslo did not condemn the raid but regretted it.", [True, False]),
        ("Oslo will not stand idly by.", [False]),
    ],
)
def test_what_is_denied_is_marked(text, negated):
    assert [m.negated for m in LADDER.find(text)] == negated


def test_only_the_sentence_is_searched_and_offsets_are_the_articles():
    text = "Oslo condemned it. Riga regretted it. Oslo condemned it."
    (found,) = LADDER.find(text, 19, 37)
    assert (found.text, text[found.start : found.end]) == ("regretted", "regretted")


_SPELLINGS = [
    " ".join("Baltic" if word == "*" else word for word in spelling)
    for phrase in LADDER.phrases
    for spelling in phrase.spellings
]


@settings(max_examples=200, deadline=None)
@given(
    pieces=st.lists(
        st.one_of(
            st.sampled_from(_SPELLINGS), st.text(max_size=8), st.sampled_from(["not", ". ", "-", "’t"])
        ),
        max_size=12,
    )
)
def test_offsets_hold_and_phrases_never_overlap(pieces):
    text = " ".join(pieces)
    last = 0
    for found in LADDER.find(text):
        assert text[found.start : found.end] == found.text
        assert last <= found.start < found.end <= len(text)
        last = found.end


@settings(max_examples=200, deadline=None)
@given(phrase=st.sampled_from(LADDER.phrases), data=st.data())
def test_every_declared_spelling_is_found_whole(phrase, data):
    spelling = " ".join(
        "Baltic" if word == "*" else word for word in data.draw(st.sampled_from(phrase.spellings))
    )
    (found,) = LADDER.find(spelling)
    assert (found.text, found.rung) == (spelling, phrase.rung.name)
    assert found.means == phrase.means


def test_a_declared_phrase_has_a_name():
    assert named("take~ note with deep/grave (*) concern") == "take note with deep concern"


MINIMAL = """
version = "1"
[inflection]
doubling = ["x"]
irregular = { go = ["goes"] }
[negation]
deniers = ["not"]
fillers = ["the"]
cancels = ["only"]
[[rungs]]
name = "up"
height = 1
gloss = "Up."
phrases = [{ say = "praise~", means = "Praise." }]
[[rungs]]
name = "down"
height = -1
gloss = "Down."
phrases = [{ say = "blame~", means = "Blame." }]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("blame~", "praised", '"praised" is a spelling of "praise" (up) and of "praised" (down)'),
        ("height = -1", "height = 2", "height is 2; it must be below the 1"),
        ("height = -1", 'height = "low"', "height is 'low'; it must be a int"),
        ("blame~", "(*)", "leaves no word of its own"),
        ("blame~", "bla~me", 'cannot read "bla~me"'),
        ('means = "Blame."', 'meaning = "Blame."', "needed are exactly say, means"),
        ("version", "ver", "needed are exactly version, inflection, negation, rungs"),
        ("[[rungs]]", "[[rungs", "not valid TOML"),
    ],
)
def test_a_faulty_file_is_refused_with_the_place(tmp_path, old, new, message):
    path = tmp_path / "ladder.toml"
    path.write_text(MINIMAL)
    assert [m.rung for m in Ladder.load(path).find("They praised and blamed.")] == ["up", "down"]
    path.write_text(MINIMAL.replace(old, new))
    with pytest.raises(ConfigError) as raised:
        Ladder.load(path)
    assert message in str(raised.value)
    assert str(raised.value).startswith(str(path))
