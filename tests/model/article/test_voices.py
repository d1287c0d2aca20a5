from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diplotone.model.article.actors import Gazetteer
from diplotone.model.article.quotations import quotations
from diplotone.model.article.sentences import split
from diplotone.model.article.voices import attribute

GAZETTEER = Gazetteer.load()


def voices(text: str) -> list[tuple[str, str | None]]:
    sentences = split(text)
    return [(v.kind, v.speaker) for v in attribute(text, sentences, GAZETTEER.find(text, sentences))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Oslo signed the pact.", ("narrator", None)),
        ("Oslo said it had signed the pact.", ("reported", "NOR")),
        ("The pact is signed, Oslo said.", ("reported", "NOR")),
        ("The pact is signed, said the Norwegian foreign minister.", ("reported", "NOR")),
        ("According to the Fijian navy, the ship sank.", ("reported", "FJI")),
        ("Putin's office announced that talks would resume.", ("reported", "RUS")),
        ("The Kremlin spokesman, Ivan Petrov, said that talks had failed.", ("reported", "RUS")),
        ("Moscow rejects the claims of Kyiv, a diplomat said.", ("reported", None)),
        ("Officials said the ship sank.", ("reported", None)),
        ("Experts say Oslo signs in the hopes it will be paid by Riga.", ("reported", None)),
        ("The crash was reported on Monday.", ("narrator", None)),
        ("Oslo's minister denied that Riga's claim was true.", ("reported", "NOR")),
        ('"It is false," said the Kenyan minister.', ("quote", "KEN")),
        ("“It is false,” the Kenyan minister said on Friday evening in Lima.", ("quote", "KEN")),
        ('Fiji said: "We will never give up these islands."', ("quote", "FJI")),
        ('Fiji said the deal was "fair" and could be signed within weeks.', ("reported", "FJI")),
        ("Iran's sailors' wages rose on the states' order.", ("narrator", None)),
    ],
)
def test_who_speaks(text: str, expected: tuple[str, str | None]) -> None:
    assert voices(text) == [expected]


def test_a_quotation_over_several_sentences_has_one_speaker() -> None:
    text = '"We want peace. We will not wait for it," the Kenyan president said. "It is time. Let us go."'
    assert voices(text) == [("quote", "KEN")] * 4


def test_a_pronoun_is_the_one_who_spoke_before() -> None:
    text = 'Fiji said the deal was dead. "They lied," it added. Nobody answered.'
    assert voices(text) == [("reported", "FJI"), ("quote", "FJI"), ("narrator", None)]


def test_a_new_paragraph_keeps_no_speaker() -> None:
    assert voices('Fiji said the deal was dead.\n\n"They lied," he added.')[1] == ("quote", None)


def test_an_unclosed_quotation_ends_with_its_paragraph() -> None:
    text = '"We want peace. We mean it.\n\nThe hall was silent. Nobody left.'
    assert [kind for kind, _ in voices(text)] == ["quote", "quote", "narrator", "narrator"]


def test_turns_of_a_transcript_are_quotes() -> None:
    text = "President of Fiji: Good day to all. Oslo said no.\n\nQ  Why is it so?"
    assert voices(text) == [
        ("narrator", None),
        ("quote", "FJI"),
        ("quote", "FJI"),
        ("narrator", None),
        ("quote", None),
    ]


def test_apostrophes_are_no_quotation_marks() -> None:
    assert quotations("Iran's rulers' men didn't rest in the '90s.") == ()
    text = "He called it 'a mean and useless pact' again."
    assert [text[start:end] for start, end in quotations(text)] == ["'a mean and useless pact'"]


MARKS = st.lists(
    st.sampled_from(['"', "“", "”", "'", "’", "‘", " ", "\n", "\n\n", "Fiji", "said", "x.", "Oslo,", "«"])
)


@given(st.one_of(st.text(max_size=200), MARKS.map("".join)))
def test_any_text_has_a_voice_for_each_sentence(text: str) -> None:
    sentences = split(text)
    assert len(attribute(text, sentences, GAZETTEER.find(text, sentences))) == len(sentences)
    position = 0
    for start, end in quotations(text):
        assert position <= start < end <= len(text)
        position = end
