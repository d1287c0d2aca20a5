"""Two statements side by side, on a release that knows nothing: form, offsets, edits, ladder steps."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.analyzer import load
from diplotone.model.article.edited import pieces
from diplotone.model.errors import TextError

BEFORE = "The Council met on Monday. It expresses concern at the closure of the strait. The crew is well."
AFTER = (
    "The Council met on Thursday. It strongly condemns the closure of the strait. Sanctions follow now. "
    "It did not condemn Lima."
)


@pytest.fixture(scope="module")
def analyzer(tiny_release):
    return load(tiny_release)


def test_what_was_added_dropped_and_reworded(analyzer):
    comparison = analyzer.compare(BEFORE, AFTER)
    assert [(c.before, c.after) for c in comparison.sentences][:2] == [(0, 0), (1, 1)]
    assert comparison.aligned == 2
    (edit,) = comparison.sentences[0].edits
    assert edit.before is not None
    assert edit.after is not None
    assert (edit.before.text, edit.after.text) == ("Monday", "Thursday")
    assert BEFORE[edit.before.start : edit.before.end] == "Monday"
    assert AFTER[edit.after.start : edit.after.end] == "Thursday"


def test_the_step_on_the_ladder(analyzer):
    changes = analyzer.compare(BEFORE, AFTER).sentences
    assert changes[1].rung_before is not None
    assert changes[1].rung_after is not None
    assert (changes[1].rung_before.rung, changes[1].rung_after.rung) == ("concerned", "condemning")
    assert changes[1].steps == -3
    back = analyzer.compare(AFTER, BEFORE).sentences
    assert back[1].steps == 3
    (denied,) = [c for c in changes if c.after == 3]
    assert denied.rung_after is None
    assert changes[0].steps is None


def test_every_sentence_has_become_something_and_is_counted(analyzer):
    comparison = analyzer.compare(BEFORE, AFTER)
    kinds = [change.kind for change in comparison.sentences]
    assert kinds[:2] == ["reworded", "reworded"]
    assert sorted(kinds[2:]) == ["added", "added", "dropped"]
    assert (comparison.aligned, comparison.dropped, comparison.added) == (2, 1, 2)
    with_commas = analyzer.compare(BEFORE, BEFORE.replace("The crew is well.", "The crew, is well!"))
    assert [change.kind for change in with_commas.sentences] == ["same"] * 3


def test_phrases_of_one_text_alone(analyzer):
    comparison = analyzer.compare(BEFORE, AFTER)
    (dropped,) = comparison.phrases_dropped
    assert (dropped.phrase, dropped.rung, dropped.height) == ("express concern", "concerned", -2)
    assert (dropped.negated, dropped.sentences) == (False, (1,))
    assert dropped.means
    assert dropped.gloss
    added = [(phrase.phrase, phrase.negated, phrase.sentences) for phrase in comparison.phrases_added]
    assert added == [("strongly condemn", False, (1,)), ("condemn", True, (3,))]
    back = analyzer.compare(AFTER, BEFORE)
    assert (back.phrases_dropped, back.phrases_added) == (
        comparison.phrases_added,
        comparison.phrases_dropped,
    )


def test_a_phrase_that_is_denied_now_was_dropped(analyzer):
    said, denied = "Oslo condemns the raid. Oslo condemns it again.", "Oslo does not condemn the raid."
    comparison = analyzer.compare(said, denied)
    assert [(p.phrase, p.negated, p.sentences) for p in comparison.phrases_dropped] == [
        ("condemn", False, (0, 1))
    ]
    assert [(p.phrase, p.negated) for p in comparison.phrases_added] == [("condemn", True)]


def test_a_text_against_itself_changes_nothing(analyzer):
    comparison = analyzer.compare(BEFORE, BEFORE)
    assert (comparison.phrases_dropped, comparison.phrases_added) == ((), ())
    assert comparison.aligned == len(comparison.before.sentences) == len(comparison.sentences)
    for change in comparison.sentences:
        assert not change.edits
        assert change.similarity == pytest.approx(1)
        assert change.tone_shift in (None, 0.0)
    assert comparison.tone_shift in (None, 0.0)


def test_the_shift_is_the_difference_of_the_parts(analyzer, eight_rows):
    one = " ".join(row["text"] for row in eight_rows)
    other = " ".join(row["text"] for row in eight_rows[::-1][:6])
    comparison = analyzer.compare(one, other)
    before, after = comparison.before.tone.value, comparison.after.tone.value
    if before is None or after is None:
        assert comparison.tone_shift is None
        assert "has no tone index" in (comparison.reason or "")
    else:
        assert comparison.tone_shift == pytest.approx(after - before)
        assert comparison.low <= comparison.tone_shift <= comparison.high


def test_a_comparison_is_json(analyzer):
    plain = json.loads(json.dumps(analyzer.compare(BEFORE, AFTER).as_dict()))
    assert set(plain) == {
        "before", "after", "sentences", "aligned", "phrases_dropped", "phrases_added",
        "tone_shift", "low", "high", "reason",
    }  # fmt: skip
    assert plain["after"]["sentences"][1]["text"] == "It strongly condemns the closure of the strait."


def test_an_empty_text_is_refused(analyzer):
    with pytest.raises(TextError, match="the text is empty"):
        analyzer.compare(BEFORE, " ")


@settings(max_examples=25, deadline=None)
@given(texts=st.tuples(*[st.text(min_size=1, max_size=60).filter(str.strip)] * 2))
def test_any_two_texts_are_compared_and_edits_stand_where_they_say(analyzer, texts):
    comparison = analyzer.compare(*texts)
    for side, text, analysis in zip(
        ("before", "after"), texts, (comparison.before, comparison.after), strict=True
    ):
        ids = [getattr(c, side) for c in comparison.sentences if getattr(c, side) is not None]
        assert ids == [s.id for s in analysis.sentences]
        for change in comparison.sentences:
            fragments = [getattr(edit, side) for edit in change.edits]
            for piece in filter(None, fragments):
                assert text[piece.start : piece.end] == piece.text
            if (number := getattr(change, side)) is not None:
                cut = list(pieces(analysis.sentences[number], fragments))
                assert "".join(words for words, _ in cut) == analysis.sentences[number].text
                assert [words for words, differs in cut if differs] == [p.text for p in fragments if p]


def test_a_sentence_of_very_many_words_is_replaced_as_a_whole(analyzer):
    long = " ".join(["herring"] * 2_500)
    (change,) = analyzer.compare(long + " sold", long + " bought").sentences
    assert len(change.edits) == 1
    assert change.edits[0].before.text.endswith("sold")
