from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diplotone.model.article.sentences import split


def pieces(text: str) -> list[str]:
    return [text[s.start : s.end] for s in split(text)]


def kinds(text: str) -> list[tuple[str, str]]:
    return [(s.kind, text[s.start : s.end]) for s in split(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        [
            "Amb. K. Ivanova met Gen. Osei at 9 a.m. Monday in Washington, D.C.",
            "The talks (p. 4) dragged on.",
        ],
        ["Sen. T. Brook, R-Ariz., voted no.", "So did H.E. Mr. Tan and Min. Diallo."],
        ["The U.S. President left.", "He flew to the U.K.", "On Tuesday he was back in the U.S."],
        ["See No. 5, Art. 7 and pp. 3-4.", "He said no.", "They cited para. IV of the pact."],
        ["It cost 4.5 million.", "It was worth 3.2 billion in Jan. 2020."],
        ['"We want peace.', 'We will not wait," Mr. Abara said.'],
        ["“Our ships stay.", "They will not move.”", "That was all."],
        [
            '"Why now?" President Quispe asked.',
            '"Never!" Tan shouted.',
            '"Is it so?"',
            "The hall was silent.",
        ],
        ["The pact ... was never signed.", "Well...", "They tried again."],
        ["Officials met at 5 p.m.", "Nobody spoke.", "They left at 7 p.m. GMT."],
        ["Talks ended at 6 p.m. (1700 UTC) on Friday.", "[They resume today.]"],
        ["He holds a Ph.D. in law.", "World War I.", "The end."],
        ["Is Oslo ready?", "Yes!", "What now?!", "(Nothing yet.)", "Go."],
        ["The firm, Salt & Co. of Riga, e.g. its chairman, agreed.", "Smith Inc. did too."],
        ["The claim was made.[12]", "Others followed."],
        ["The envoy v. the court: a long story.", "It ended in St. Gallen."],
    ],
)
def test_splits_between_these_and_nowhere_else(sentences: list[str]) -> None:
    assert pieces(" ".join(sentences)) == sentences


def test_a_headline_ends_with_its_line() -> None:
    assert kinds("Lima recalls envoy\n\nPeru said so on Monday.") == [
        ("headline", "Lima recalls envoy"),
        ("body", "Peru said so on Monday."),
    ]
    assert pieces("Lima recalls envoy\nQuito is calm about it\nPeru said so.")[0] == "Lima recalls envoy"


def test_wrapped_lines_are_one_sentence() -> None:
    text = (
        "The two ministers agreed on Monday to reopen the northern\n"
        "crossing, which had been closed since the storm, and to let\n"
        "Peruvian lorries pass without a permit until the end of May.\n"
        "Nothing else was said.\n"
    )
    assert [piece.count("\n") for piece in pieces(text)] == [2, 0]


def test_windows_line_ends_and_separators_are_line_ends() -> None:
    assert pieces("Lima recalls envoy\r\nIt said so.\u2028Nobody minds.") == [
        "Lima recalls envoy",
        "It said so.",
        "Nobody minds.",
    ]


def test_furniture_has_a_kind_of_its_own() -> None:
    text = """Accra and Lomé reopen bridge
By Ama Serwaa, Coast Wire
Friday, March 5, 2021 9:15 AM GMT
FILE - In this May 2, 2019, photo, lorries wait at the bridge.
ACCRA, Ghana (CW) — The bridge is open. Lorries queue.
(Coast Wire) - Toll is paid in coins.
• No lorries above ten tonnes
1. Pay at the gate.
"""
    assert [kind for kind, _ in kinds(text)] == [
        "headline",
        "byline",
        "dateline",
        "caption",
        "dateline",
        "body",
        "body",
        "dateline",
        "body",
        "bullet",
        "bullet",
    ]
    assert ("dateline", "ACCRA, Ghana (CW) —") in kinds(text)


def test_speakers_of_a_transcript_are_apart_from_their_words() -> None:
    text = "THE PRESIDENT: Good day. Sit down.\n\nQ    Sir, why now?\n\nMR. ODOM: No.\n\nQ And then?"
    assert kinds(text) == [
        ("speaker", "THE PRESIDENT:"),
        ("body", "Good day."),
        ("body", "Sit down."),
        ("speaker", "Q"),
        ("body", "Sir, why now?"),
        ("speaker", "MR. ODOM:"),
        ("body", "No."),
        ("speaker", "Q"),
        ("body", "And then?"),
    ]


def test_a_headline_with_a_colon_is_no_speaker() -> None:
    assert kinds("BREAKING: Fiji frees two sailors") == [("headline", "BREAKING: Fiji frees two sailors")]


def test_the_number_of_a_paragraph_stays_with_it() -> None:
    assert pieces("182.\tAllow me to welcome Tonga. It is new here.") == [
        "182.\tAllow me to welcome Tonga.",
        "It is new here.",
    ]


def test_nothing_gives_nothing() -> None:
    assert split("") == split(" \n\t\u2003 ") == ()


news = st.lists(
    st.sampled_from(
        [
            "Mr.",
            "U.S.",
            "a.m.",
            "Oslo",
            "said",
            "no",
            "The",
            "\n",
            "\n\n",
            " ",
            "  ",
            '"',
            "“",
            "”",
            "'",
            "’",
            ".",
            "...",
            "…",
            "?",
            "!",
            "(",
            ")",
            "p.",
            "5",
            "•",
            "-",
            "—",
            "Q",
            "A:",
            "THE PRESIDENT:",
            "By",
            ":",
            "\r\n",
        ]
    ),
    max_size=60,
).map(" ".join)


@given(st.one_of(st.text(max_size=300), st.text(alphabet=st.characters(codec=None), max_size=100), news))
def test_pieces_and_gaps_give_the_text_back(text: str) -> None:
    position = 0
    for sentence in split(text):
        assert position <= sentence.start < sentence.end <= len(text)
        assert not text[position : sentence.start].strip()
        assert text[sentence.start : sentence.end] == text[sentence.start : sentence.end].strip()
        position = sentence.end
    assert not text[position:].strip()


def test_lone_surrogates_are_characters() -> None:
    assert pieces("Oslo \ud800 said so. Riga agreed \udfff.") == [
        "Oslo \ud800 said so.",
        "Riga agreed \udfff.",
    ]


@pytest.mark.parametrize(
    "unit",
    [
        "Oslo said on Monday that it agreed. ",
        ".",
        '"',
        "A. ",
        "word ",
        "(",
        "a\n",
        "SEOUL, ",
        "A B C: ",
        "...",
        "1. ",
    ],
)
def test_time_grows_with_the_length_only(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    started = time.perf_counter()
    split(text)
    assert time.perf_counter() - started < 5  # a loose bound; something quadratic takes minutes
