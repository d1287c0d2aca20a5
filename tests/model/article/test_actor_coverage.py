"""Who the file of actors knows, and that names of two senses are told apart."""

from __future__ import annotations

import pytest

from diplotone.model.article.actor_file import read_actor_file
from diplotone.model.article.actors import Gazetteer
from diplotone.model.article.sentences import split
from diplotone.model.article.words import word_set

FILE = read_actor_file()
GAZETTEER = Gazetteer(FILE)

UN_MEMBERS = word_set(
    """
AFG ALB DZA AND AGO ATG ARG ARM AUS AUT AZE BHS BHR BGD BRB BLR BEL BLZ BEN BTN BOL BIH BWA BRA BRN BGR BFA BDI
CPV KHM CMR CAN CAF TCD CHL CHN COL COM COG COD CRI CIV HRV CUB CYP CZE PRK DNK DJI DMA DOM ECU EGY SLV GNQ ERI
EST SWZ ETH FJI FIN FRA GAB GMB GEO DEU GHA GRC GRD GTM GIN GNB GUY HTI HND HUN ISL IND IDN IRN IRQ IRL ISR ITA
JAM JPN JOR KAZ KEN KIR KWT KGZ LAO LVA LBN LSO LBR LBY LIE LTU LUX MDG MWI MYS MDV MLI MLT MHL MRT MUS MEX FSM
MDA MCO MNG MNE MAR MOZ MMR NAM NRU NPL NLD NZL NIC NER NGA MKD NOR OMN PAK PLW PAN PNG PRY PER PHL POL PRT QAT
KOR ROU RUS RWA KNA LCA VCT WSM SMR STP SAU SEN SRB SYC SLE SGP SVK SVN SLB SOM ZAF SSD ESP LKA SDN SUR SWE CHE
SYR TJK THA TLS TGO TON TTO TUN TUR TKM TUV UGA UKR ARE GBR TZA USA URY UZB VUT VEN VNM YEM ZMB ZWE
"""
)
BESIDES = ["TWN", "PSE", "XKX", "VAT", "ESH"]


def codes(text: str) -> list[str]:
    return [m.code for found in GAZETTEER.find(text, split(text)) for m in found]


def kind(wanted: str) -> list[str]:
    return [actor.code for actor in FILE.actors.values() if actor.kind == wanted]


def test_every_member_of_the_un_and_some_besides_are_states() -> None:
    assert len(UN_MEMBERS) == 193
    assert {*UN_MEMBERS, *BESIDES} <= set(kind("state"))


@pytest.mark.parametrize("code", sorted([*UN_MEMBERS, *BESIDES]))
def test_a_state_is_found_by_its_own_name(code: str) -> None:
    name = FILE.actors[code].name
    assert codes(f"Observers said {name} rejected the offer.") == [code]


def test_organisations_movements_and_states_that_are_no_more() -> None:
    assert len(kind("organisation")) >= 80
    assert len(kind("movement")) >= 60
    historical = [FILE.actors[code] for code in kind("historical")]
    assert {"SUN", "YUG", "DDR", "CSK"} <= {actor.code for actor in historical}
    assert all(actor.years and actor.years[0] < actor.years[1] for actor in historical)


@pytest.mark.parametrize("code", [*kind("organisation"), *kind("movement"), *kind("historical")])
def test_all_others_are_found_by_their_own_names(code: str) -> None:
    assert code in codes(f"Observers said {FILE.actors[code].name} had rejected the offer.")


def test_leaders_are_dated_and_of_known_actors() -> None:
    assert len(FILE.leaders) >= 250
    for leader in FILE.leaders:
        assert leader.code in FILE.actors
        assert leader.last_year is None or leader.first_year <= leader.last_year, leader.names


@pytest.mark.parametrize(
    ("seat", "code"),
    [
        ("The Kremlin", "RUS"),
        ("The White House", "USA"),
        ("The Pentagon", "USA"),
        ("Foggy Bottom", "USA"),
        ("The Blue House", "KOR"),
        ("The Élysée", "FRA"),
        ("The Elysee", "FRA"),
        ("The Quai d'Orsay", "FRA"),
        ("Downing Street", "GBR"),
        ("Brussels", "EU"),
        ("Zhongnanhai", "CHN"),
    ],
)
def test_seats_of_power(seat: str, code: str) -> None:
    assert codes(f"{seat} rejected the offer.") == [code]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Georgia accused Russia of creeping annexation.", ["GEO", "RUS"]),
        ("Voters in Atlanta, Georgia, chose a senator.", []),
        ("Jordan recalled its envoy.", ["JOR"]),
        ("Michael Jordan retired.", []),
        ("Chad closed the crossing.", ["TCD"]),
        ("Chad Wolf resigned.", []),
        ("Turkey recalled its envoy.", ["TUR"]),
        ("Guinea, Guinea-Bissau and Equatorial Guinea signed.", ["GIN", "GNB", "GNQ"]),
        ("Papua New Guinea signed.", ["PNG"]),
        ("Niger expelled the envoy of Nigeria.", ["NER", "NGA"]),
        ("The Nigerien junta met the Nigerian president.", ["NER", "NGA"]),
        ("The Democratic Republic of Congo accused the Republic of the Congo.", ["COD", "COG"]),
        ("North Korea answered South Korea.", ["PRK", "KOR"]),
        ("Dominica thanked the Dominican Republic.", ["DMA", "DOM"]),
        ("Ships crossed the South China Sea and the Indian Ocean.", []),
        ("Washington state sued.", []),
        ("Washington protested.", ["USA"]),
        ("The minister praised the Paris Agreement.", []),
        ("Turkish Airlines cancelled its flights.", []),
        ("Acme USA sued the city.", []),
        ("An Italian singer and a French novelist won.", []),
        ("The Royal Saudi Air Force flew.", ["SAU"]),
        ("Prosecutor Cyrus R. Vance resigned.", []),
    ],
)
def test_homographs_are_decided_by_the_words_around(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Peru met Chile. Both countries agreed.", ["PER", "CHL", "CHL", "PER"]),
        ("Peru and Chile said that the two neighbours agreed.", ["PER", "CHL", "CHL", "PER"]),
        ("Peru, Chile and Brazil met. Both countries agreed.", ["PER", "CHL", "BRA"]),
        (
            "Peru met Chile. Peru met Brazil, Brazil left. Both countries agreed.",
            ["PER", "CHL", "PER", "BRA", "BRA"],
        ),
        ("Unrest spread in Peru. Chile spoke. Both countries agreed.", ["PER", "CHL"]),
        ("The League of Nations met. The League failed.", ["LON", "LON"]),
        ("The League failed.", []),
    ],
)
def test_safe_anaphora_and_no_other(text: str, expected: list[str]) -> None:
    assert codes(text) == expected
