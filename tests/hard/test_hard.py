"""The hard tests in short: every part, with few turns. `make hard` has the long form."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.records import check_rows

KEYS = [
    "text",
    "pairs",
    "tone",
    "sentiment",
    "id",
    "source",
    "target",
    "stance",
    "act",
    "hard",
    "split",
    "mine",
]

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def importable():
    """The parts start processes of their own as `tests.hard`; here they are imported by that name too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield


def check(figures) -> None:
    assert figures, "nothing of this name happens"
    broken = [f"{f.what}: {f.found} (promised: {f.promise})" for f in figures if f.kept is False]
    assert not broken, "\n".join(broken)
    if untried := [f"{f.what}: {f.found}" for f in figures if f.kept is None]:
        pytest.skip("; ".join(untried))


def test_bad_input_is_refused_in_words():
    from tests.hard import bad_input

    check(bad_input.run(400, seed=7))


ANY_TEXT = st.text(alphabet=st.characters(), max_size=300)  # half characters too
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.sampled_from(["Oslo", "hostile"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT | st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(text=ANY_TEXT)
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(text):
    from tests.hard import bad_input

    bad_input._read_article(text)


@given(row=st.dictionaries(st.sampled_from(KEYS), ANY_VALUE, max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_row_is_a_record_or_refused_in_words(codebook, row):
    report = check_rows([row], codebook)
    assert report.faults or report.records
    assert all(0 < len(fault.message) < 1_000 for fault in report.faults)


def test_answers_are_as_described():
    pytest.importorskip("schemathesis", reason="needs the dev extra")
    from tests.hard import openapi

    check(openapi.run(2, seed=7))


def test_a_crowd_is_served_or_told_to_wait():
    from tests.hard import load

    check(load.run(soak_s=4, ramp_s=5, clients=40))


@pytest.mark.parametrize(
    "what",
    [
        "port taken",
        "kill -9",
        "damaged",
        "full",
        "home that is read-only",
        "grow",
        "memory of",
        "memory runs out",
        "for its memory",
    ],
)
def test_faults_of_the_machine_lose_nothing(what):
    from tests.hard import faults

    check(faults.run(1, seed=7, only=what))


def test_nothing_leaves_this_machine():
    if importlib.util.find_spec("torch") is None:
        pytest.skip("needs the train extra")
    from tests.hard import air_gap

    check(air_gap.run())
