from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.article.exchange import Exchange

EXCHANGE = Exchange()


@pytest.fixture
def exchange():
    return EXCHANGE


def _told(exchange, text, mapping, *parts):
    found = exchange.apply(
        text, mapping, [(text.index(part), text.index(part) + len(part)) for part in parts]
    )
    return found.text, [found.text[slice(*span)] for span in found.spans]


def test_names_adjectives_and_capitals_are_exchanged_in_kind(exchange):
    text = "The United States told an Iranian envoy that Tehran must leave the Ukrainian army alone."
    told, parts = _told(
        exchange,
        text,
        {"USA": "PER", "IRN": "BRA", "UKR": "EGY"},
        "United States",
        "Iranian envoy",
        "Tehran",
        "the Ukrainian army",
    )
    assert told == "Peru told a Brazilian envoy that Brasília must leave the Egyptian army alone."
    assert parts == ["Peru", "Brazilian envoy", "Brasília", "the Egyptian army"]


def test_two_states_can_take_each_others_place(exchange):
    told, parts = _told(exchange, "Seoul thanked Hanoi.", {"KOR": "VNM", "VNM": "KOR"}, "Seoul", "Hanoi")
    assert told == "Hanoi thanked Seoul."
    assert parts == ["Hanoi", "Seoul"]


def test_the_longest_name_is_the_one_that_is_meant(exchange):
    assert exchange.codes("Papua New Guinea warned Niger and Nigeria.") == ("PNG", "NER", "NGA")


def test_states_that_are_not_named_in_the_mapping_stay(exchange):
    assert _told(exchange, "Fiji warned Tonga.", {"FJI": "MLI"})[0] == "Mali warned Tonga."


def test_a_state_without_the_form_that_is_needed_is_refused(exchange):
    lacking = next(code for code, state in exchange.states.items() if not state.seats)
    assert exchange.apply("Seoul was pleased.", {"KOR": lacking}) is None


@settings(deadline=None)
@given(st.lists(st.sampled_from(EXCHANGE.replacements), min_size=2, max_size=2, unique=True))
def test_there_and_back_names_the_same_states(pair):
    one, other = pair
    text = f"Envoys of {EXCHANGE.states[one].name} waited at the gate."
    there = EXCHANGE.apply(text, {one: other})
    assert there is not None
    assert EXCHANGE.codes(there.text)[0] == other
    back = EXCHANGE.apply(there.text, {other: one})
    assert back is not None
    assert back.text == text


@settings(deadline=None)
@given(st.sampled_from(EXCHANGE.replacements))
def test_whoever_takes_a_place_is_known_there(code):
    text = "Envoys of Belgium told Belgian judges that Belgians and Brussels would wait."
    told = EXCHANGE.apply(text, {"BEL": code})
    assert told is not None
    assert set(EXCHANGE.codes(told.text)) == {code}


@settings(deadline=None)
@given(st.text(), st.integers(0, 30), st.integers(0, 30))
def test_spans_stay_inside_any_text(noise, start, length):
    text = f"{noise} The United States and an Iranian {noise} Kyiv"
    start = min(start, len(text) - 1)
    span = (start, min(start + length + 1, len(text)))
    found = EXCHANGE.apply(text, {"USA": "PER", "IRN": "BRA", "UKR": "EGY"}, [span])
    assert found is not None
    ((a, b),) = found.spans
    assert 0 <= a <= b <= len(found.text)


def test_only_what_is_sure_is_exchanged_unless_all_is_asked_for(exchange):
    text = "NORWAY QUARRELS: a Norway-based body of the European Union met Norway."
    mapping = {"NOR": "FJI", "EU": "FJI"}
    assert exchange.apply(text, mapping).text == text.replace("met Norway", "met Fiji")
    found = Exchange(sure_only=False).apply(text, mapping)
    assert found is not None
    assert (found.text, found.n) == ("FIJI QUARRELS: a Fiji-based body of Fiji met Fiji.", 4)


def test_a_name_stands_where_a_form_is_lacking_if_that_is_asked_for():
    every = Exchange(sure_only=False)
    assert every.apply("A Norwegian envoy left.", {"NOR": "NATO"}) is None
    found = every.apply("A Norwegian envoy left.", {"NOR": "HAMAS"}, or_name=True)
    assert found is not None
    assert found.text == "A Hamas envoy left."
