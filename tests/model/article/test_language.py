from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diplotone.model.article.language import why_unscored


@pytest.mark.parametrize(
    "sentence",
    [
        "Iran frees two sailors",
        "Kyiv slams Minsk",
        "Lula visits Buenos Aires",
        "Rodrigo de la Madrid visits Los Angeles",
        "Chad Wolf met Michael Jordan in Jordan.",
        "TURKEY SLAMS US OVER SYRIA STRIKES",
        "President von der Leyen met Prince Mohammed bin Salman.",
        "We won’t yield.",
        "Élysée backs Orbán plan",
    ],
)
def test_english_passes(sentence: str) -> None:
    assert why_unscored(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("", "no words"),
        ("*** 1234 —", "no words"),
        ("Korean War.", "too short to judge: 2 of at least 3 words"),
        ("Der Minister wird nicht nach Moskau reisen und auch keine Gespräche führen.", "German"),
        ("Le ministre n'est pas dans la capitale avec les autres.", "French"),
        ("El presidente no puede continuar en el cargo a partir de este momento.", "Spanish"),
        ("Министр не поедет в Киев на этой неделе.", "Cyrillic script"),
        ("大统领府表示欢迎。", "Chinese script"),
        ("قال الوزير إن المحادثات فشلت.", "Arabic script"),
    ],
)
def test_what_cannot_be_judged_has_a_reason(sentence: str, reason: str) -> None:
    assert reason in (why_unscored(sentence) or "")


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    assert why_unscored(text) is None or why_unscored(text)
