from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diplotone.model.article.actors import Gazetteer
from diplotone.model.article.sentences import Sentence, split
from diplotone.model.errors import ConfigError

GAZETTEER = Gazetteer.load()


def found(text: str) -> list[tuple[str, str]]:
    return [(m.text, m.code) for sentence in GAZETTEER.find(text, split(text)) for m in sentence]


def codes(text: str) -> list[str]:
    return [code for _, code in found(text)]


# ------------------------------------------------------------------------------------------ spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Seoul welcomed Pyongyang's offer.", [("Seoul", "KOR"), ("Pyongyang", "PRK")]),
        ("The Russian foreign minister sighed.", [("Russian foreign minister", "RUS")]),
        (
            "Russian Foreign Minister Ivan Petrov met U.S. Secretary of State Jane Doe.",
            [("Russian Foreign Minister Ivan Petrov", "RUS"), ("U.S. Secretary of State Jane Doe", "USA")],
        ),
        ("Polish troops left, Kyiv officials said.", [("Polish troops", "POL"), ("Kyiv officials", "UKR")]),
        ("China's foreign ministry denied it.", [("China's foreign ministry", "CHN")]),
        ("China's drones crossed the strait.", [("China", "CHN")]),
        ("The Government of Pakistan agreed.", [("Government of Pakistan", "PAK")]),
        ("The people of Fiji rejoiced.", [("Fiji", "FJI")]),
        ("A senior Omani official spoke.", [("senior Omani official", "OMN")]),
        ("EU foreign policy chief Eva Roth left.", [("EU foreign policy chief Eva Roth", "EU")]),
        ("Hamas fighters and Yemen's Houthis fired.", [("Hamas fighters", "HAMAS"), ("Houthis", "HOUTHI")]),
        ("South Korean President Moon Jae-in spoke.", [("South Korean President Moon Jae-in", "KOR")]),
        ("Moon Jae-in spoke. Moon's office agreed.", [("Moon Jae-in", "KOR"), ("Moon", "KOR")]),
        ("The US ambassador to the UN resigned.", [("US ambassador to the UN", "USA")]),
        ("The European Union (EU) met.", [("European Union (EU)", "EU")]),
        ("Iraq's Saddam Hussein fell.", [("Iraq's Saddam Hussein", "IRQ")]),
        ("US-led sanctions on the Burmese hurt.", [("US", "USA"), ("Burmese", "MMR")]),
        ("The White House and the Kremlin talked.", [("White House", "USA"), ("Kremlin", "RUS")]),
        ("He came from the U.S.", [("U.S.", "USA")]),
    ],
)
def test_the_mention_carries_its_role(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_longest_name_wins() -> None:
    text = (
        "Equatorial Guinea, Papua New Guinea, Guinea-Bissau, Guinea, Niger, Nigeria, South Sudan, Sudan, Dominica, "
        "the Dominican Republic, the Democratic Republic of the Congo and North Macedonia voted."
    )
    expected = ["GNQ", "PNG", "GNB", "GIN", "NER", "NGA", "SSD", "SDN", "DMA", "DOM", "COD", "MKD"]
    assert codes(text) == expected


# ---------------------------------------------------------------------------------------- context


@pytest.mark.parametrize(
    "text",
    [
        "Talks in Moscow went on.",
        "They flew to Geneva and went back to Kabul.",
        "The envoys arrived in Tehran.",
        "Shells fell near Kyiv and outside Damascus.",
        "The Tehran-born singer lives in Havana.",
        "Kyiv residents queued on the streets of Baghdad.",
        "He was born in Lima, in the capital, Quito or in Oslo.",
        "The Beijing Olympics and the Paris Agreement were discussed.",
        "She lives in Kyiv, Minsk and Riga.",
    ],
)
def test_a_capital_can_be_a_mere_place(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Moscow said no.", "RUS"),
        ("Pressure from Washington grew.", "USA"),
        ("The deal suits Beijing.", "CHN"),
        ("They sent a note to Beijing.", "CHN"),
        ("Anger at Ankara grew.", "TUR"),
        ("They moved closer to Moscow.", "RUS"),
        ("In Moscow's view it is over.", "RUS"),
        ("Tehran-backed gunmen came.", "IRN"),
    ],
)
def test_a_capital_is_its_government_otherwise(text: str, code: str) -> None:
    assert codes(text) == [code]


@pytest.mark.parametrize(
    "text",
    [
        "He ate turkey with us and asked who it was for, no more.",
        "Chad Wolf called Michael Jordan and Nikki Holland.",
        "They sailed the South China Sea, the Indian Ocean and the Jordan River.",
        "Turkish Airlines and American Airlines fly from New Mexico.",
        "She lives in Washington state and reads The Washington Post.",
        "French fries, a guinea pig and a German shepherd were there.",
        "The Korean Peninsula is cold.",
        "He speaks Russian and wrote it in French.",
        "Syrian rebels and the Venezuelan opposition met pro-Russian separatists.",
        "It cost US$300.",
        "Atlanta, Georgia, counted its votes for the Republican.",
        "NO and NA are codes, and so is NOR.",
        "A Cuban-American author sang.",
    ],
)
def test_what_only_looks_like_an_actor_is_none(text: str) -> None:
    assert codes(text) == []


def test_homographs_are_settled_by_the_article() -> None:
    assert codes("Georgia thanked Armenia.") == ["GEO", "ARM"]
    assert codes("Congo thanked Chad.") == ["COD", "TCD"]
    assert codes("Brazzaville spoke. Congo thanked Chad.") == ["COG", "COG", "TCD"]
    assert codes("The Soviet Union replied. Moscow was angry.") == ["SUN", "SUN"]


def test_headlines_in_capitals() -> None:
    assert found("TURKEY SLAMS US OVER SYRIA STRIKES") == [("TURKEY", "TUR"), ("US", "USA"), ("SYRIA", "SYR")]
    assert codes("LET US TELL WHO WINS") == []
    assert codes("WHO CHIEF WARNS IRAN") == ["WHO", "IRN"]


def test_headlines_in_title_case_hold_no_names_to_swallow() -> None:
    assert found("Iranian Minister Says Talks With Oman Have Failed") == [
        ("Iranian Minister", "IRN"),
        ("Oman", "OMN"),
    ]


# -------------------------------------------------------------------------------------- stand-ins


def test_the_north_is_north_korea_once_that_is_named() -> None:
    text = "North Korea and South Korea talked. Sanctions on the North remain; the South agreed."
    assert codes(text) == ["PRK", "KOR", "PRK", "KOR"]
    assert codes("North Korea spoke. The North and South signed.") == ["PRK", "PRK", "KOR"]
    assert codes("The wind came from the North, and the South was dry.") == []
    assert codes("North Korea sent a ship to the North Atlantic.") == ["PRK"]


def test_one_expression_may_stand_for_two() -> None:
    text = "The two Koreas agreed."
    (mentions,) = GAZETTEER.find(text, split(text))
    assert [(m.text, m.code) for m in mentions] == [("two Koreas", "KOR"), ("two Koreas", "PRK")]
    assert len({(m.start, m.end) for m in mentions}) == 1


def test_north_and_south_korea_are_two() -> None:
    assert found("North and South Korea agreed.") == [("North", "PRK"), ("South Korea", "KOR")]


def test_the_bloc_is_the_eu_unless_another_is_about() -> None:
    assert codes("The EU met. Fiji praised the bloc.") == ["EU", "FJI", "EU"]
    assert codes("The EU met ASEAN. Fiji praised the bloc.") == ["EU", "ASEAN", "FJI"]


def test_a_family_name_needs_the_full_one_unless_it_is_plain() -> None:
    assert codes("Kim and Park smiled.") == []
    assert codes("Kim Jong Un came. Kim smiled.") == ["PRK", "PRK"]
    assert codes("Putin called Merkel.") == ["RUS", "DEU"]
    assert codes("President Carter came.") == ["USA"]
    assert codes("Melania Trump wore blue. A Trump Tower tenant sued.") == []


# ------------------------------------------------------------------------------------ the file


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "President Obama and President Hu opened the talks.",
            [("President Obama", "USA"), ("President Hu", "CHN")],
        ),
        (
            "Norway and Prime Minister Modi signed it.",
            [("Norway", "NOR"), ("Prime Minister Modi", "IND")],
        ),
        ("Secretary of State Rusk flew to Bonn.", [("Secretary of State Rusk", "USA")]),
    ],
)
def test_a_title_belongs_to_the_name_after_it(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_who_has_changed_office_is_told_by_the_article() -> None:
    assert codes("Rutte thanked the allies.") == ["NATO"]
    assert codes("The Dutch voted. Rutte thanked them.") == ["NLD", "NLD"]


def test_actors_can_be_asked_for() -> None:
    assert GAZETTEER["NOR"].name == "Norway"
    assert GAZETTEER["NAM"].kind == "state"
    assert GAZETTEER["SUN"].years == (1922, 1991)
    assert "Kabul" in GAZETTEER["AFG"].seats
    assert "HAMAS" in GAZETTEER
    by_kind = {
        kind: sum(actor.kind == kind for actor in GAZETTEER) for kind in ("state", "organisation", "movement")
    }
    assert by_kind["state"] >= 197
    assert by_kind["organisation"] >= 80
    assert by_kind["movement"] >= 60


def test_no_word_is_the_code_of_norway_or_namibia() -> None:
    for actor in GAZETTEER:
        assert not {"NO", "NA"} & {*actor.also, *actor.adjectives, *actor.people, *actor.seats, *actor.short}


FIJI = '[states.FJI]\nname = "Fiji"\n'


@pytest.mark.parametrize(
    ("toml", "part"),
    [
        ("", "holds no actors"),
        ("[states", "not valid TOML"),
        (FIJI + '[states.ATL]\nname = "Fiji"\n', '"Fiji" stands for FJI and for ATL'),
        (FIJI + '[movements.FJI]\nname = "Free Fiji"\n', "the code is taken by Fiji"),
        ("[states.FJI]\nalso = []\n", "states.FJI: lacks name"),
        (FIJI + 'nick = "F"\n', "unknown nick; known are name"),
        (FIJI + 'also = "Viti"\n', "must be a list of texts"),
        ('[states.fji]\nname = "Fiji"\n', "a code is of capitals"),
        ("x = 1\n" + FIJI, "unknown x"),
        (FIJI + '[[stand_ins]]\nwords = ["isle"]\ncodes = ["TON"]\n', "no actor has the code TON"),
        (
            'leaders = [{ code = "TON", names = ["J. Doe"], from = 2001 }]\n' + FIJI,
            "no actor has the code TON",
        ),
        (FIJI + "years = [1990]\n", "it must be [first, last]"),
    ],
)
def test_a_faulty_file_is_refused_with_its_place(tmp_path: Path, toml: str, part: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Gazetteer.load(path)
    assert "mine.toml" in str(caught.value)
    assert part in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Gazetteer.load(tmp_path / "none.toml")


def test_two_senses_may_be_declared(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        FIJI + '[states.ATL]\nname = "Atlantis"\nalso = ["Fiji"]\n'
        '[[homographs]]\nform = ["Fiji"]\nusual = "FJI"\nelse = "ATL"\ncues = ["deep"]\n',
        encoding="utf-8",
    )
    gazetteer = Gazetteer.load(path)
    text = "Fiji, deep down, sang."
    assert gazetteer.find(text, split(text))[0][0].code == "ATL"


# -------------------------------------------------------------------------------------- any text

WORDS = st.sampled_from(
    [
        "the",
        "North",
        "South",
        "Korea",
        "Korean",
        "Koreas",
        "two",
        "US",
        "U.S.",
        "Russian",
        "Foreign",
        "Minister",
        "'s",
        "’s",
        "in",
        "to",
        "and",
        "of",
        "Kyiv",
        "Washington",
        "(",
        ")",
        "EU",
        "bloc",
        "President",
        "Kim",
        "Jong",
        "Un",
        "Obama",
        "-",
        ".",
        ",",
        "ambassador",
        "Yemen",
        "Houthis",
        "rebels",
        "Georgia",
        "Iran",
        "\n",
    ]
)


@given(
    st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=40).map(" ".join), st.lists(WORDS).map("".join))
)
def test_mentions_lie_in_their_sentence_and_apart(text: str) -> None:
    sentences = split(text)
    for sentence, mentions in zip(sentences, GAZETTEER.find(text, sentences), strict=True):
        spans = sorted({(m.start, m.end) for m in mentions})
        assert all(sentence.start <= start < end <= sentence.end for start, end in spans)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))
        assert all(m.text == text[m.start : m.end] and m.code in GAZETTEER for m in mentions)


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_any_characters_can_be_searched(text: str) -> None:
    GAZETTEER.find(text, [Sentence(0, len(text), "body")] if text else [])


@pytest.mark.parametrize(
    "unit", ["Iran, ", "Kyiv ", "U.S. ", "Korean, North Korea said ", "the South ", "Moon "]
)
def test_time_grows_with_the_length_only(unit: str) -> None:
    text = unit * (50_000 // len(unit))
    started = time.perf_counter()
    GAZETTEER.find(text, [Sentence(0, len(text.rstrip()), "body")])
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "text",
    [
        "The night train between Tbilisi and Baku was cancelled.",
        "From Tbilisi to Baku, ministers are revising their budgets.",
        "Vienna, where the talks are held, was shrouded in fog.",
        "Nairobi's hotels were fully booked for the summit.",
        "The Doha talks broke off on Sunday.",
        "The two ships collided off Manila in heavy rain.",
        "The chargé d'affaires was summoned to Madrid over the insult.",
    ],
)
def test_a_capital_that_is_only_a_place_is_no_actor(text):
    assert codes(text) == []


def test_ties_between_capitals_are_between_governments():
    assert codes("Ties between Tbilisi and Baku have rarely been closer.") == ["GEO", "AZE"]
